// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/workload.h>

#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pimvp::runner {

/// What one inference takes and what must come out of it.
struct expectation {
    std::vector<std::vector<std::uint8_t>> inputs;  ///< per network input: its integers as bytes
    const nn::executor* reference = nullptr;        ///< holds every layer's integers
    std::vector<float> float_scores;  ///< first output of the float network, where it is known
};

/// The expectations of a workload's inferences, in order; prepared ahead of the simulation by other
/// threads. What they say does not depend on the number of threads.
///
/// **Limits** At most `held` inferences exist at a time: release() those that are through. The
/// workload must outlive the expectations. What preparing an inference throws, of() throws.
///
/// **Example**
/// \code
///     expectations expected(work, {}, 4, 2);  // four at a time, one thread beside the caller's
///     run(expected.of(0).inputs);
///     expected.release(0);
/// \endcode
class expectations {
public:
    /// `threads`: 1 prepares in of(); more prepare ahead on threads - 1 others, as far as this
    /// computer has them.
    /// `precision`: how the machine cuts inputs of convolutions.
    expectations(const workload& work, const nn::network_precision& precision, std::size_t held,
                 unsigned threads);
    ~expectations();
    expectations(const expectations&) = delete;
    expectations& operator=(const expectations&) = delete;

    /// Waits until inference `index` is prepared. Preconditions: index < number of inputs, and all
    /// below index + 1 - held are released.
    const expectation& of(std::size_t index);
    /// Inference `index` is through. In order.
    void release(std::size_t index);

private:
    struct slot;
    struct workers;

    [[nodiscard]] slot& slot_of(std::size_t index) { return *m_slots[index % m_slots.size()]; }
    void begin(std::size_t index);
    void prepare(slot& into, std::size_t index) const;

    const workload& m_work;
    std::vector<std::unique_ptr<slot>> m_slots;
    std::unique_ptr<workers> m_workers;  // goes first: it waits for what uses the slots
};

}  // namespace pimvp::runner
