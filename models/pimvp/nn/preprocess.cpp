// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/preprocess.h>

#include <pimvp/core/document.h>

#include <cmath>

namespace pimvp::nn {

namespace {

/// Entry of a list that holds one number a channel, one for all, or none.
double entry(const std::vector<double>& list, std::size_t channel, double otherwise) {
    if (list.empty()) return otherwise;
    return list.size() == 1 ? list[0] : list[channel];
}

}  // namespace

void preprocess_params::validate(core::diagnostics& found) const {
    for (std::size_t i = 0; i < std.size(); ++i) {
        if (!(std::fabs(std[i]) > 0.0) || !std::isfinite(std[i])) {
            found.error("std[" + std::to_string(i) + "]", "must be finite and not 0");
        }
    }
    for (std::size_t i = 0; i < mean.size(); ++i) {
        if (!std::isfinite(mean[i])) {
            found.error("mean[" + std::to_string(i) + "]", "must be finite");
        }
    }
    if (mean.size() > 1 && std.size() > 1 && mean.size() != std.size()) {
        found.error("std", "has " + std::to_string(std.size()) + " numbers, mean has " +
                               std::to_string(mean.size()) + ": give one a channel");
    }
}

preprocess_params load_preprocess(const std::string& path) {
    return core::read_yaml<preprocess_params>(core::read_text_file(path), path);
}

preprocessor::preprocessor(const preprocess_params& params, const shape& input)
    : m_params(params),
      m_input(input) {
    if (input.size() != 4 || input[0] != 1) {
        throw core::user_error("preprocess: the network's input is " + to_string(input) +
                               ", not 1xCxHxW; give its input as float32 .npy instead");
    }
    const auto channels = static_cast<std::size_t>(input[1]);
    for (const auto* list : {&params.mean, &params.std}) {
        if (list->size() > 1 && list->size() != channels) {
            throw core::user_error(std::string("preprocess: ") +
                                   (list == &params.mean ? "mean" : "std") + " has " +
                                   std::to_string(list->size()) + " numbers, the network has " +
                                   std::to_string(channels) + " channels");
        }
    }
    if (params.channel_order == preprocess_params::order::bgr && channels != 3) {
        throw core::user_error("preprocess: channel_order bgr needs 3 channels, the network has " +
                               std::to_string(channels) + "; use rgb");
    }
    m_tables.resize(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const double mean = entry(params.mean, c, 0.0);
        const double deviation = entry(params.std, c, 1.0);
        for (std::size_t pixel = 0; pixel < 256; ++pixel) {
            m_tables[c][pixel] =
                static_cast<float>((static_cast<double>(pixel) * params.scale - mean) / deviation);
        }
    }
}

void preprocessor::check(const npy_array& images, std::size_t index) const {
    const bool nhwc = m_params.layout == preprocess_params::image_layout::nhwc;
    const shape& dims = images.dims();
    shape wanted = nhwc ? shape{m_input[2], m_input[3], m_input[1]}
                        : shape{m_input[1], m_input[2], m_input[3]};
    shape image(dims.empty() ? dims.begin() : dims.begin() + 1, dims.end());
    const bool grey = m_input[1] == 1 && image == shape{m_input[2], m_input[3]};
    if (images.type() != npy_type::u8) {
        throw core::user_error(images.name() + ": holds " + std::string(to_string(images.type())) +
                               ", preprocessing takes uint8 images; leave --preprocess out for "
                               "float32 network inputs");
    }
    if (image != wanted && !grey) {
        throw core::user_error(images.name() + ": images of " + to_string(image) +
                               ", the network takes " + to_string(wanted) + " (" +
                               (nhwc ? "layout nhwc" : "layout nchw") +
                               "); resize the images or correct the layout");
    }
    if (index >= static_cast<std::size_t>(dims[0])) {
        throw core::user_error(images.name() + ": has " + std::to_string(dims[0]) +
                               " images, image " + std::to_string(index) + " does not exist");
    }
}

float_tensor preprocessor::operator()(const npy_array& images, std::size_t index) const {
    check(images, index);
    const std::size_t channels = m_tables.size();
    const std::size_t pixels = static_cast<std::size_t>(m_input[2] * m_input[3]);
    const bool nhwc = m_params.layout == preprocess_params::image_layout::nhwc;
    const bool reversed = m_params.channel_order == preprocess_params::order::bgr;
    const std::uint8_t* image = images.bytes().data() + index * channels * pixels;
    float_tensor result{m_input, std::vector<float>(channels * pixels)};
    for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t from = reversed ? channels - 1 - c : c;
        const std::uint8_t* pixel = image + (nhwc ? from : from * pixels);
        const std::size_t step = nhwc ? channels : 1;
        float* to = result.data.data() + c * pixels;
        for (std::size_t i = 0; i < pixels; ++i) to[i] = m_tables[c][pixel[i * step]];
    }
    return result;
}

}  // namespace pimvp::nn
