// SPDX-License-Identifier: Apache-2.0
// Do the statistics say what is there, counted once more the slow way?
#include "naive.h"

#include <support/catch.h>
#include <support/random.h>

#include <pimvp/nn/executor.h>
#include <pimvp/nn/inspection.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

using namespace pimvp::nn;

namespace {

/// The smallest width that holds a value, by trying all.
std::size_t width_of(int value, bool is_signed) {
    if (value == 0) return 0;
    for (std::size_t bits = 1;; ++bits) {
        const int high = is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
        const int low = is_signed ? -(1 << (bits - 1)) : 0;
        if (low <= value && value <= high) return bits;
    }
}

/// An element of the input of group g; the zero point outside of the map.
int input_at(const integer_tensor& input, int channel, int y, int x) {
    const auto height = static_cast<int>(input.dims()[2]);
    const auto width = static_cast<int>(input.dims()[3]);
    if (y < 0 || x < 0 || y >= height || x >= width) return input.type().zero_point;
    return input.at(static_cast<std::size_t>((channel * height + y) * width + x));
}

/// The elements of one window in im2col order.
std::vector<int> window_of(const node& n, const integer_tensor& input, int group, int y, int x) {
    const int channels = static_cast<int>(input.dims()[1]) / n.groups;
    const window& w = n.geometry;
    std::vector<int> elements;
    for (int c = 0; c < channels; ++c) {
        for (int ky = 0; ky < w.kernel_h; ++ky) {
            for (int kx = 0; kx < w.kernel_w; ++kx) {
                elements.push_back(input_at(input, group * channels + c,
                                            y * w.stride_h - w.pad_top + ky * w.dilation_h,
                                            x * w.stride_w - w.pad_left + kx * w.dilation_w));
            }
        }
    }
    return elements;
}

}  // namespace

TEST_CASE("nn.inspection.groups_need_the_bits_of_their_greediest_element", "[nn]") {
    support::generator random;
    for (int round = 0; round < 60; ++round) {
        const network net = naive::random_convolution(random, {});
        const node& n = net.nodes[0];
        const value& in = net.values[net.inputs[0]];
        const auto group_size = static_cast<std::size_t>(random.between(1, 20));
        executor reference(net);
        inspection seen(net, group_size);
        std::vector<std::uint64_t> expected(static_cast<std::size_t>(in.type.bits) + 1, 0);
        value_histogram outputs(net.values[n.output].type);
        for (int run = 0; run < 2; ++run) {
            const integer_tensor input = naive::random_tensor(random, in.dims, in.type);
            reference.run({input});
            seen.add(reference);
            const shape& out = net.values[n.output].dims;
            for (int g = 0; g < n.groups; ++g) {
                for (int y = 0; y < out[2]; ++y) {
                    for (int x = 0; x < out[3]; ++x) {
                        const std::vector<int> elements = window_of(n, input, g, y, x);
                        for (std::size_t first = 0; first < elements.size(); first += group_size) {
                            std::size_t most = 0;
                            const std::size_t end = std::min(first + group_size, elements.size());
                            for (std::size_t e = first; e < end; ++e) {
                                most = std::max(most, width_of(elements[e], in.type.is_signed));
                            }
                            ++expected[most];
                        }
                    }
                }
            }
            for (std::size_t i = 0; i < element_count(out); ++i) {
                const int integer = reference.value(n.output).at(i);
                ++outputs.counts[static_cast<std::size_t>(integer - outputs.lowest)];
            }
        }
        CHECK(seen.runs() == 2);
        CHECK(seen.inputs_of(0).counts == expected);
        CHECK(seen.outputs_of(0).counts == outputs.counts);
    }
}

TEST_CASE("nn.inspection.weights_are_counted_per_output_and_per_input", "[nn]") {
    support::generator random;
    for (int round = 0; round < 60; ++round) {
        naive::convolution_limits limits;
        limits.weight_bits = 3;  // so that values repeat
        const network net = naive::random_convolution(random, limits);
        const node& n = net.nodes[0];
        const weight_profile profile = profile_weights(n);
        const auto outputs = static_cast<std::size_t>(n.weights.dims()[0]);
        const std::size_t inputs = n.weights.size() / outputs;
        const std::size_t per_group = outputs / static_cast<std::size_t>(n.groups);
        std::set<int> all;
        std::vector<std::set<int>> by_output(outputs);
        std::vector<std::set<int>> by_input(inputs * static_cast<std::size_t>(n.groups));
        std::uint64_t zeros = 0;
        for (std::size_t w = 0; w < n.weights.size(); ++w) {
            const int weight = n.weights.at(w);
            all.insert(weight);
            by_output[w / inputs].insert(weight);
            by_input[w / inputs / per_group * inputs + w % inputs].insert(weight);
            zeros += weight == 0 ? 1 : 0;
        }
        const auto mean = [](const std::vector<std::set<int>>& sets) {
            std::size_t sum = 0;
            for (const auto& s : sets) sum += s.size();
            return static_cast<double>(sum) / static_cast<double>(sets.size());
        };
        const auto most = [](const std::vector<std::set<int>>& sets) {
            std::size_t largest = 0;
            for (const auto& s : sets) largest = std::max(largest, s.size());
            return largest;
        };
        CHECK(profile.count == n.weights.size());
        CHECK(profile.zeros == zeros);
        CHECK(profile.unique == all.size());
        CHECK(profile.unique_per_output == mean(by_output));
        CHECK(profile.most_per_output == most(by_output));
        CHECK(profile.unique_per_input == mean(by_input));
        CHECK(profile.most_per_input == most(by_input));
        CHECK(profile.values.total() == n.weights.size());
        CHECK(profile.values.share(0) ==
              static_cast<double>(zeros) / static_cast<double>(n.weights.size()));
    }
}

TEST_CASE("nn.inspection.fully_connected_layers_have_one_window", "[nn]") {
    node n;
    n.name = "fc";
    n.kind = op_kind::fully_connected;
    tensor_type weight;
    weight.is_signed = true;
    n.weights = integer_tensor({3, 5}, weight);
    n.weight_scales = {1.0F};
    n.multipliers.assign(3, 1.0F);
    const network net = naive::single(n, {{"x", {1, 5}, {}}}, {"y", {1, 3}, {}});
    executor reference(net);
    integer_tensor x({1, 5}, {});
    x.set(1, 3);
    x.set(4, 200);
    reference.run({x});
    inspection seen(net, 2);
    seen.add(reference);
    // {0, 3} {0, 0} {200}
    CHECK(seen.inputs_of(0).counts == std::vector<std::uint64_t>{1, 0, 1, 0, 0, 0, 0, 0, 1});
    CHECK(seen.inputs_of(0).mean_bits() == Approx(10.0 / 3.0));
    CHECK(profile_weights(net.nodes[0]).zeros == 15);
    CHECK(value_histogram().share(0) == 0.0);
}
