// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/metrics.h>
#include <pimvp/nn/network.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace pimvp::nn {

/// What quantisation costs, layer by layer: where in a network accuracy is lost.
///
/// Runs the float network and its integers side by side and compares every value.
///
/// **Limits** One thread. Holds the integer weights twice.
///
/// **Example**
/// \code
///     nn::layer_study study(net, integers);
///     for (const nn::float_tensor& image : images) study.add({image});
///     const double worst = study.of(0).own_sqnr_db;
/// \endcode
class layer_study {
public:
    /// `integers` made of `net` by quantise(); both must outlive the study.
    layer_study(const float_network& net, const network& integers);
    ~layer_study();
    layer_study(const layer_study&) = delete;
    layer_study& operator=(const layer_study&) = delete;

    /// One inference.
    void add(const std::vector<float_tensor>& inputs);

    struct figures {
        /// Share of the output's float elements that lie beyond its integers by more than half a
        /// step.
        double clipped_activations = 0.0;
        std::optional<double> clipped_weights;  ///< the same of the weights
        double sqnr_db = 0.0;                   ///< of the output, after all layers before it
        double own_sqnr_db = 0.0;               ///< of the output on exact inputs, once quantised
    };
    /// Of a node of the integer network.
    [[nodiscard]] figures of(std::size_t node) const;
    /// Share of a network input's elements that are clipped, and its signal to noise.
    [[nodiscard]] figures of_input(std::size_t input) const;
    /// The first output of the network against the float one's.
    [[nodiscard]] const deviation& scores() const { return m_scores; }

private:
    struct watched;

    [[nodiscard]] static figures figures_of(const watched& layer);

    const network& m_network;
    float_executor m_real;
    executor m_integers;
    std::vector<value_id> m_real_of;                 // per integer value
    std::vector<std::unique_ptr<watched>> m_layers;  // inputs, then nodes
    deviation m_scores;
};

}  // namespace pimvp::nn
