// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <cstdint>
#include <string>
#include <vector>

/// How networks of the zoo are written down. Internal to the zoo.
namespace pimvp::runner::zoo {

using nn::value_id;

/// Of the pixels of an image, as real numbers: 58 of 255 steps.
constexpr double image_deviation = 58.0 / (255.0 * 0.226);

/// What follows a layer; it becomes the type of the layer's output.
enum class activation { none, relu, relu6 };

/// A square window.
struct sliding {
    int kernel = 1, stride = 1, pad = 0;
    bool ceil = false;  ///< pools: a last partial window counts
};

/// Real numbers of a value: a normal curve, cut off at 0 behind a ReLU.
struct spread {
    double mean = 0.0, deviation = 1.0;  ///< of the curve
    bool cut = false;

    /// Mean and variance of the numbers themselves.
    struct moments {
        double mean, variance;
    };
    [[nodiscard]] moments of_numbers() const;
};

/// Adds layer after layer to an integer network, and fills it with weights whose sums keep the
/// spreads that trained networks have.
class builder {
public:
    enum class contents { weights, zeros };

    builder(std::string name, std::uint64_t seed, contents what);

    value_id input(int channels, int extent);
    value_id conv(const std::string& name, value_id from, int outputs, const sliding& window,
                  activation then = activation::relu, int groups = 1);
    value_id depthwise(const std::string& name, value_id from, int stride, activation then);
    /// A map is flattened first.
    value_id fully_connected(const std::string& name, value_id from, int outputs,
                             activation then = activation::relu);
    value_id max_pool(const std::string& name, value_id from, const sliding& window);
    value_id global_average(const std::string& name, value_id from);
    value_id add(const std::string& name, value_id a, value_id b, activation then);
    value_id concat(const std::string& name, const std::vector<value_id>& from);

    [[nodiscard]] int channels(value_id id) const;
    nn::network finish(value_id output);

private:
    value_id make_value(const std::string& name, nn::shape dims, const nn::tensor_type& type,
                        const spread& numbers);
    nn::node& make_node(const std::string& name, nn::op_kind kind, std::vector<value_id> from);
    value_id finish_matrix(nn::node& n, nn::shape weights, nn::shape output, activation then);
    void fill(nn::node& n, nn::shape dims, const spread& target);
    [[nodiscard]] nn::shape slide(value_id from, int outputs, const sliding& window,
                                  nn::window& geometry) const;

    const std::uint64_t m_seed;
    const contents m_contents;
    nn::network m_net;
    std::vector<spread> m_spreads;  ///< per value
};

}  // namespace pimvp::runner::zoo
