// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/context.h>

#include <exception>
#include <functional>
#include <optional>
#include <systemc>

namespace support {

namespace detail {
/// Keeps the bench's module open until run(), so that members of derived benches are its children.
struct open_module {
    explicit open_module(const char* name)
        : m_open_name(std::in_place, name) {}
    std::optional<sc_core::sc_module_name> m_open_name;
};
}  // namespace detail

/// A test bench: a module whose test body runs in one SC_THREAD under a simulated-time budget.
///
/// Blocks under test are members of a derived struct, built with the `context` of the bench; the
/// constructor of the derived struct binds them. `wait()` works in the body. A failed REQUIRE is
/// reported once, any exception of the body leaves run(), and a body that does not end within the
/// budget fails the test instead of blocking it. One bench per process.
///
/// **Example**
/// \code
///     struct memory_bench : support::bench {
///         bus::memory dut{"dut", context, {}};
///         bus::initiator_port cpu{"cpu", context};
///         memory_bench() { cpu.bind(dut.in); }
///     };
///     memory_bench b;
///     b.run(sc_time(1, SC_US), [&] { CHECK(b.cpu.write32(0, 1) == tlm::TLM_OK_RESPONSE); });
/// \endcode
class bench : private detail::open_module, public sc_core::sc_module {
public:
    pimvp::core::context context;

    explicit bench(const pimvp::core::context_options& options = {}, const char* name = "bench");
    explicit bench(pimvp::core::coding_style style);
    ~bench() override;

    /// Runs `body` from time 0 and then everything else that has events up to the end of the body.
    /// Throws what the body throws; throws std::runtime_error if it does not end within `budget`.
    void run(const sc_core::sc_time& budget, std::function<void()> body);

    const char* kind() const override { return "bench"; }

private:
    void thread();

    std::function<void()> m_body;
    std::exception_ptr m_thrown;
    bool m_finished = false;
};

}  // namespace support
