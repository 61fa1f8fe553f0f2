// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>
#include <pimvp/onnx/op_graph.h>
#include <pimvp/onnx/reporter.h>

#include <string>
#include <vector>

/// Private to the room.
namespace pimvp::onnx::detail {

/// A float graph as a network. Values carry the names of the file.
nn::float_network lower_float(const op_graph& graph, const reporter& report);

/// What an integer graph becomes; notes go to the user.
struct integer_result {
    nn::network net;
    std::vector<bool> float_inputs, float_outputs;  ///< which ends are float32 in the file
    std::vector<std::string> input_names;           ///< of the graph, one per network input
    std::vector<std::string> notes;
};
integer_result lower_integer(const op_graph& graph, const reporter& report);

/// Helper tensors of export_bytes() start with it.
constexpr const char* helper_prefix = "pimvp/";

/// Undoes what export_bytes() adds around matrix nodes: sign changes and reshapes whose tensors
/// carry the prefix of helpers.
void remove_helpers(nn::network& net);

/// Zeros a Pad put around a map, waiting for the window behind it.
struct pending_pad {
    int top = 0, left = 0, bottom = 0, right = 0;

    [[nodiscard]] bool any() const { return (top | left | bottom | right) != 0; }
    void add(const nn::window& w) {
        top += w.pad_top;
        left += w.pad_left;
        bottom += w.pad_bottom;
        right += w.pad_right;
    }
};

/// Moves the padding into the window of the operation; refuses where that changes the result. Also
/// without padding it leaves an overhang only where the result depends on it.
/// `zero_is_least`: no element of the map is below real zero.
void merge_padding(const pending_pad& pad, bool zero_is_least, const operation& step,
                   nn::window& geometry, bool& count_include_pad, const reporter& report);

/// Weights or bias as finite float32.
std::vector<float> finite_reals(const operand& value, const operation& step, const char* what,
                                const reporter& report);

}  // namespace pimvp::onnx::detail
