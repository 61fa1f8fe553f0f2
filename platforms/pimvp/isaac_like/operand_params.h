// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/parameters.h>

#include <cstdint>

namespace pimvp::isaac_like {

/// The widths a machine is built for. 0: that of each layer, so that narrow weights take few cells
/// and narrow inputs few cycles. Else every weight and input takes as many cells and cycles as the
/// machine's operands; narrower ones are extended, wider ones refused.
struct operand_params {
    std::uint32_t weight_bits = 0;
    std::uint32_t input_bits = 0;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("weight_bits", p.weight_bits, {0, 16},
                 "Bits a weight takes in the arrays; 0 = as many as the layer's weights have.");
        v.member("input_bits", p.input_bits, {0, 16},
                 "Bits an input streams; 0 = as many as the layer's inputs have.");
    }
};

}  // namespace pimvp::isaac_like
