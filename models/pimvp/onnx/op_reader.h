// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/onnx/index_map.h>
#include <pimvp/onnx/op_graph.h>
#include <pimvp/onnx/source_graph.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

/// Private to the room.
namespace pimvp::onnx::detail {

/// Understands the operators of a source graph, one node after the other.
class op_reader {
public:
    op_reader(const source_graph& source, const reporter& report);
    op_graph read();

private:
    /// A name that the import knows but cannot give a value: an optional output of an operator.
    struct unavailable {
        std::string why;
    };
    /// Elements of a tensor in another order, some of them, or some repeatedly: what Transpose and
    /// Slice leave. It becomes operations when somebody needs the elements in their order.
    struct arranged {
        tensor_id root = no_tensor;
        std::shared_ptr<const std::vector<std::uint32_t>> from;  ///< element i is from[i] of root
        nn::shape dims;
        std::string name, where;  ///< of the node that made it
        std::string output;       ///< name of the tensor
        std::shared_ptr<tensor_id> resolved = std::make_shared<tensor_id>(no_tensor);
    };
    /// Integers of a tensor as indices: what Cast leaves.
    struct indices {
        tensor_id of = no_tensor;
    };
    /// What the host makes of a tensor. Only an output of the graph may be one.
    struct finished {
        tensor_id scores = no_tensor;
        nn::host_step step;
    };
    using symbol = std::variant<tensor_id, operand, arranged, indices, finished, unavailable>;
    using handler = void (op_reader::*)(const source_node&);

    void read_node(const source_node& node);
    static const std::unordered_map<std::string, handler>& handlers();

    // op_reader.cpp: names, tensors, operations
    const symbol& symbol_of(const source_node& node, int index) const;
    [[nodiscard]] bool is_constant(const source_node& node, int index) const;
    tensor_id tensor_of(const source_node& node, int index);
    [[nodiscard]] nn::shape shape_of(const source_node& node, int index) const;
    const operand& constant_of(const source_node& node, int index, const char* what) const;
    /// The constant as float32; refuses NaN and infinity.
    std::vector<float> reals_of(const source_node& node, int index, const char* what) const;
    float scalar_of(const source_node& node, int index, const char* what) const;
    std::vector<std::int64_t> integers_of(const source_node& node, int index, const char* what,
                                          std::size_t most = 4096) const;
    [[nodiscard]] const nn::shape& dims_of(tensor_id id) const { return m_graph.tensors[id].dims; }
    tensor_id new_tensor(std::string name, nn::shape dims, std::optional<element> integers);
    operation start(const source_node& node, op kind) const;
    /// Appends the operation with a new output tensor of these dimensions.
    tensor_id emit(operation&& step, std::string output_name, nn::shape dims,
                   std::optional<element> integers);
    /// emit() for the first output of a node that keeps the kind of number of its input.
    void finish(const source_node& node, operation&& step, nn::shape dims);
    void bind(const source_node& node, int output, symbol value);
    void bind_unavailable(const source_node& node, int from_output, const std::string& why);
    /// finish() for a function of every element of input `index`: an arrangement moves behind it.
    void finish_elementwise(const source_node& node, int index, operation&& step,
                            std::optional<element> integers);
    [[nodiscard]] std::optional<element> integers_at(const source_node& node, int index) const;
    void check_form(const source_node& node) const;
    void drop_unread();
    void check_real(const source_node& node, tensor_id id) const;
    [[noreturn]] void fail(const source_node& node, const std::string& message) const {
        m_report.fail(node.where(), message);
    }
    /// Charges the memory that a folded or copied constant takes.
    void charge(const std::string& where, std::size_t bytes);
    void charge(const source_node& node, std::size_t bytes) { charge(node.where(), bytes); }

    // op_reader_matrix.cpp
    void read_conv(const source_node& node);
    void read_gemm(const source_node& node);
    void read_matmul(const source_node& node);
    void read_batch_normalization(const source_node& node);
    /// Input 0, and the weights' inputs in the order in which it holds them.
    tensor_id matrix_input(const source_node& node, operation& step);
    /// Checks weights, bias and input against each other; returns the output's shape.
    nn::shape shape_conv(const source_node& node, operation& step, attributes& attrs);
    nn::shape shape_matrix(const source_node& node, const operation& step);
    void check_bias(const source_node& node, const operation& step) const;
    /// A constant of K x N as weights of N outputs and K inputs.
    operand as_weights(const source_node& node, const operand& matrix);

    // op_reader_window.cpp
    void read_global_pool(const source_node& node);
    void read_reduce(const source_node& node);
    void read_max_pool(const source_node& node);
    void read_average_pool(const source_node& node);
    /// The whole map as the window; gives the shape of the output.
    nn::shape shape_global(const source_node& node, operation& step) const;
    nn::shape shape_average(const source_node& node, operation& step, attributes& attrs) const;
    std::vector<std::int64_t> pads_of_all_axes(const source_node& node,
                                               const std::vector<std::int64_t>& pads,
                                               std::size_t rank) const;
    void read_pad(const source_node& node);
    /// Strides, dilations, pads and extents; returns the output's height and width.
    nn::shape read_window(const source_node& node, attributes& attrs, const nn::shape& in,
                          operation& step, bool pooling) const;

    // op_reader_shape.cpp
    void read_relu(const source_node& node);
    void read_clip(const source_node& node);
    void read_concat(const source_node& node);
    void read_identity(const source_node& node);
    void read_dropout(const source_node& node);
    void read_flatten(const source_node& node);
    void read_reshape(const source_node& node);
    void read_squeeze(const source_node& node);
    void read_unsqueeze(const source_node& node);
    void read_sum(const source_node& node);
    void finish_concat(const source_node& node, operation&& step,
                       const std::vector<tensor_id>& inputs, std::size_t axis);
    void finish_reshape(const source_node& node, const nn::shape& dims);
    std::vector<std::int64_t> axes_of(const source_node& node, attributes& attrs) const;

    // op_reader_arrange.cpp
    void read_transpose(const source_node& node);
    void read_slice(const source_node& node);
    void read_split(const source_node& node);
    void read_gather(const source_node& node);
    /// The part of `map` of input 0 as output `output`.
    void arrange(const source_node& node, int output, index_map&& map);
    arranged rearranged(const source_node& node, index_map&& map);
    void settle(const source_node& node, int output, arranged&& view);
    tensor_id resolve(const arranged& view);
    std::optional<std::vector<std::uint32_t>> channels_of(const arranged& view) const;
    tensor_id emit_select(const arranged& view, std::vector<std::uint32_t> channels, nn::shape from,
                          nn::shape to);
    tensor_id emit_reshape(const arranged& view, tensor_id from);
    arranged view_of(const source_node& node, int index);
    tensor_id before_reshapes(tensor_id id);

    // op_reader_function.cpp
    void read_function(const source_node& node);
    void read_prelu(const source_node& node);
    void read_arithmetic(const source_node& node);
    void read_cast(const source_node& node);
    void read_softmax(const source_node& node);
    void affine_of_constant(const source_node& node, int constant_index);
    void subtract(const source_node& node);
    std::vector<float> broadcast(const source_node& node, const std::vector<float>& values,
                                 const nn::shape& dims, const nn::shape& to) const;
    void finish_function(const source_node& node, int index, nn::scalar_function steps);
    /// Orders the inputs of a product; gives the shape of a sum or product.
    nn::shape shape_product(const source_node& node, operation& step) const;
    bool fuse_product(const source_node& node);
    std::optional<nn::scalar_function> function_between(tensor_id argument, tensor_id result) const;
    [[nodiscard]] std::size_t readers_of(tensor_id id) const;

    // op_reader_quant.cpp
    void read_quantize(const source_node& node);
    void read_dequantize(const source_node& node);
    void read_qlinear_conv(const source_node& node);
    void read_qlinear_matmul(const source_node& node);
    void read_qlinear_product(const source_node& node);
    void read_qlinear_function(const source_node& node);
    void read_qlinear_pool(const source_node& node);
    void read_qlinear_concat(const source_node& node);
    quantisation quantisation_of(const source_node& node, int scale, int zero_point,
                                 std::optional<element> type, const nn::shape& dims,
                                 std::int64_t axis) const;
    [[noreturn]] void refuse_float(const source_node& node, int index) const;
    tensor_id dequantised(const source_node& node, int tensor, int scale, int zero_point);
    void finish_quantised(const source_node& node, operation&& step, nn::shape dims, int scale,
                          int zero_point);
    operand quantised_operand(const source_node& node, int data, int scale, int zero_point,
                              std::int64_t axis, const char* what) const;

    // fold.cpp: operators on constants and shapes alone
    bool fold(const source_node& node);
    void fold_constant(const source_node& node);
    void fold_shape(const source_node& node);
    void fold_cast(const source_node& node);
    void fold_concat(const source_node& node);
    void fold_arithmetic(const source_node& node);
    void fold_constant_of_shape(const source_node& node);

    const source_graph& m_source;
    const reporter& m_report;
    op_graph m_graph;
    std::unordered_map<std::string, symbol> m_symbols;
    std::unordered_map<tensor_id, tensor_id> m_stored;  ///< before_reshapes(): repeated quantisers
    std::size_t m_budget;
};

}  // namespace pimvp::onnx::detail
