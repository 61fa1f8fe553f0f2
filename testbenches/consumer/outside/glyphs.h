// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <string>
#include <vector>

/// The shipped network glyphs, some of its images, and what it must make of them.
struct glyphs {
    pimvp::nn::network network;
    std::vector<pimvp::nn::integer_tensor> inputs;
    std::vector<pimvp::nn::integer_tensor> outputs;  ///< of the integer reference

    /// `folder`: networks/glyphs below pimvp_DATA_DIR.
    glyphs(const std::string& folder, std::size_t images);
};
