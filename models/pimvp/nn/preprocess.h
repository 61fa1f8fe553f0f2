// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/npy.h>
#include <pimvp/nn/tensor.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace pimvp::nn {

/// How raw uint8 images become the input of a network, as `--preprocess FILE.yaml` says it:
///
///     layout: nhwc            # of the images: nhwc | nchw; N x H x W (grey) is fine for both
///     channel_order: bgr      # of the network; the images are RGB
///     scale: 1.0
///     mean: [104, 117, 123]   # per channel of the network, or one number for all
///     std: [1, 1, 1]
///
/// input = (pixel * scale - mean) / std, computed in double and rounded once to float32.
struct preprocess_params {
    enum class image_layout { nhwc, nchw };
    enum class order { rgb, bgr };

    image_layout layout = image_layout::nhwc;
    order channel_order = order::rgb;
    double scale = 1.0;
    std::vector<double> mean;  ///< empty = 0
    std::vector<double> std;   ///< empty = 1

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.choice("layout", p.layout, {{"nhwc", image_layout::nhwc}, {"nchw", image_layout::nchw}},
                 "Axes of the raw images.");
        v.choice("channel_order", p.channel_order, {{"rgb", order::rgb}, {"bgr", order::bgr}},
                 "Channel order of the network; the images are RGB.");
        v.member("scale", p.scale, {-1e6, 1e6}, "Factor of a pixel 0 .. 255, before mean and std.");
        v.list("mean", p.mean, "Subtracted: one number a channel, or one for all.");
        v.list("std", p.std, "Divisor: one number a channel, or one for all.");
    }
    void validate(core::diagnostics& found) const;
};

/// Reads a description from a YAML file; throws core::user_error with everything wrong in it.
preprocess_params load_preprocess(const std::string& path);

/// Turns raw images into network inputs.
class preprocessor {
public:
    /// `input`: shape of the network's input, 1 x C x H x W. Throws core::user_error if the
    /// description does not fit it.
    preprocessor(const preprocess_params& params, const shape& input);

    /// Image `index` of `images` (uint8; rows along the first axis). Throws core::user_error if
    /// type, rank or size do not fit.
    [[nodiscard]] float_tensor operator()(const npy_array& images, std::size_t index) const;

private:
    void check(const npy_array& images, std::size_t index) const;

    preprocess_params m_params;
    shape m_input;
    std::vector<std::array<float, 256>> m_tables;  // per channel of the network
};

}  // namespace pimvp::nn
