// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mapping/views.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/network.h>
#include <pimvp/reram/activation_observer.h>

#include <cstdint>
#include <vector>

namespace pimvp::runner {

/// Compares every pixel the tiles deliver with the reference executor's run of the same input.
///
/// **Limits** One inference at a time: the reference must hold the values of the one under way.
class comparison final : public reram::activation_observer {
public:
    comparison(const nn::network& network, const nn::executor& reference);
    void delivered(const reram::observed_pixel& pixel) override;

    /// Per node of the network.
    [[nodiscard]] const std::vector<std::uint64_t>& mismatches() const { return m_mismatches; }
    [[nodiscard]] const std::vector<std::uint64_t>& compared() const { return m_compared; }

private:
    const nn::network& m_network;
    const nn::executor& m_reference;
    std::vector<mapping::value_view> m_views;
    std::vector<std::uint64_t> m_mismatches, m_compared;
};

}  // namespace pimvp::runner
