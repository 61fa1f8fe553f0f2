// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/zoo/zoo.h>

#include <pimvp/runner/zoo/networks.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/random.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pimvp::runner::zoo {
namespace {

struct member {
    const char* name;
    value_id (*layers)(builder&);
    const char* variant;
};

constexpr member members[] = {
    {"vgg9", vgg9, "CIFAR-10, 32 x 32: 64-64-128-128-256-256, two hidden layers of 1024"},
    {"vgg11", vgg11, "torchvision, 224 x 224"},
    {"vgg16", vgg16, "torchvision, 224 x 224"},
    {"alexnet", alexnet, "torchvision (one tower), 224 x 224"},
    {"squeezenet", squeezenet,
     "v1.0, 227 x 227, last convolution padded as in the paper's release"},
    {"googlenet", googlenet, "the paper's, 224 x 224, without response normalisation"},
    {"resnet18", resnet18, "torchvision, 224 x 224"},
    {"resnet34", resnet34, "torchvision, 224 x 224"},
    {"resnet50", resnet50, "v1, 224 x 224: the stride is in the first 1x1 of a stage"},
    {"mobilenet_v1", mobilenet_v1, "width 1.0, 224 x 224"},
    {"mobilenet_v2", mobilenet_v2, "torchvision, width 1.0, 224 x 224"},
};

const member& find(std::string_view name) {
    for (const member& each : members) {
        if (each.name == name) return each;
    }
    throw core::user_error("the zoo has no network " + core::quoted(name) +
                           core::did_you_mean(name, names()));
}

nn::network make(std::string_view name, std::uint64_t seed, builder::contents what) {
    const member& found = find(name);
    builder b(found.name, seed, what);
    return b.finish(found.layers(b));
}

/// Noise on a grid of `cell` pixels, interpolated between its points: adds -128 .. 127 in 1/64 to
/// each pixel of an extent x extent plane.
void add_octave(core::random_stream& noise, std::size_t extent, std::size_t cell,
                std::vector<int>& plane) {
    const std::size_t points = (extent + cell - 1) / cell + 1;
    std::vector<std::uint32_t> grid(points * points);
    noise.fill(grid.data(), grid.size());
    const auto at = [&](std::size_t y, std::size_t x) {
        return static_cast<int>(grid[y * points + x] >> 24U) - 128;
    };
    const auto whole = static_cast<int>(cell);
    for (std::size_t y = 0; y < extent; ++y) {
        const auto fy = static_cast<int>(y % cell);
        for (std::size_t x = 0; x < extent; ++x) {
            const auto fx = static_cast<int>(x % cell);
            const std::size_t gy = y / cell;
            const std::size_t gx = x / cell;
            const int top = at(gy, gx) * (whole - fx) + at(gy, gx + 1) * fx;
            const int bottom = at(gy + 1, gx) * (whole - fx) + at(gy + 1, gx + 1) * fx;
            plane[y * extent + x] += 64 * (top * (whole - fy) + bottom * fy) / (whole * whole);
        }
    }
}

/// Octaves of equal strength: the power falls with the square of the frequency. Mean 0,
/// deviation 1.
std::vector<double> cloud(core::random_stream& noise, std::size_t extent) {
    std::vector<int> plane(extent * extent, 0);
    for (const std::size_t cell : {64U, 32U, 16U, 8U, 4U, 2U})
        add_octave(noise, extent, cell, plane);
    double sum = 0.0;
    double squares = 0.0;
    for (const double v : plane) {
        sum += v;
        squares += v * v;
    }
    const auto count = static_cast<double>(plane.size());
    const double mean = sum / count;
    const double deviation = std::sqrt(squares / count - mean * mean);
    std::vector<double> even;
    even.reserve(plane.size());
    for (const int v : plane) even.push_back((v - mean) / deviation);
    return even;
}

}  // namespace

const std::vector<std::string>& names() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> list;
        for (const member& each : members) list.emplace_back(each.name);
        return list;
    }();
    return all;
}

bool is_member(std::string_view name) {
    return std::find(names().begin(), names().end(), name) != names().end();
}

std::string_view variant(std::string_view name) {
    return find(name).variant;
}

nn::network build(std::string_view name, std::uint64_t seed) {
    return make(name, seed, builder::contents::weights);
}

nn::network outline(std::string_view name) {
    return make(name, 0, builder::contents::zeros);
}

nn::float_tensor image(const nn::network& network, std::uint64_t seed, std::uint64_t index) {
    const nn::value& input = network.values[network.inputs.at(0)];
    const auto channels = static_cast<std::size_t>(input.dims[1]);
    const auto extent = static_cast<std::size_t>(input.dims[2]);
    core::random_stream noise(seed, "zoo/image/" + std::to_string(index));
    const std::vector<double> brightness = cloud(noise, extent);
    nn::float_tensor made{input.dims, {}};
    made.data.reserve(channels * extent * extent);
    const float low =
        static_cast<float>(input.type.lowest() - input.type.zero_point) * input.type.scale;
    const float high =
        static_cast<float>(input.type.highest() - input.type.zero_point) * input.type.scale;
    for (std::size_t c = 0; c < channels; ++c) {
        const std::vector<double> colour = cloud(noise, extent);
        for (std::size_t i = 0; i < colour.size(); ++i) {
            constexpr double share = 0.95, rest = 0.3122498999199199;  // squares add up to 1
            const double real = image_deviation * (share * brightness[i] + rest * colour[i]);
            made.data.push_back(std::clamp(static_cast<float>(real), low, high));
        }
    }
    return made;
}

}  // namespace pimvp::runner::zoo
