// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/onnx/constant.h>
#include <pimvp/onnx/reporter.h>

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Private to the room: the file as a checked graph, before any operator is understood.
namespace pimvp::onnx::detail {

/// One node of the file.
struct source_node {
    const ::onnx::NodeProto* proto = nullptr;
    std::string name;  ///< unique; the file's own name, or derived from the first output

    [[nodiscard]] const std::string& op() const { return proto->op_type(); }
    /// "node 'conv1' (Conv)"
    [[nodiscard]] std::string where() const;
    /// Name of input i, empty if absent.
    [[nodiscard]] std::string input(int index) const {
        return index < proto->input_size() ? proto->input(index) : std::string();
    }
    [[nodiscard]] bool has_input(int index) const { return !input(index).empty(); }
};

/// A graph input that a user feeds.
struct source_input {
    std::string name;
    int data_type = 0;
    nn::shape dims;  ///< batch 1 in place of a dynamic batch
};

/// A graph output; what the file declares of its shape, -1 for what it leaves open.
struct source_output {
    std::string name;
    bool has_shape = false;
    nn::shape dims;
};

/// The nodes that the outputs depend on, in topological order, with every name resolved.
struct source_graph {
    std::int64_t opset = 0;
    std::vector<source_node> nodes;
    std::vector<source_input> inputs;
    std::vector<source_output> outputs;
    std::unordered_map<std::string, constant> initialisers;
    /// How many live nodes (and outputs) read a tensor.
    std::unordered_map<std::string, std::size_t> uses;
    std::unordered_map<std::string, std::string> metadata;
};

/// Checks versions, names, order and completeness of the model. `model` must outlive the result.
source_graph read_graph(const ::onnx::ModelProto& model, const reporter& report,
                        external_data& files);

/// Parses the bytes with limits; refuses what is no ONNX model.
void parse_model(std::string_view bytes, ::onnx::ModelProto& model, const reporter& report);

/// Refuses operators the import does not know, all of them at once.
void refuse_unknown_operators(const source_graph& graph, const reporter& report);

/// Typed access to the attributes of a node. What nobody asked for is refused by finish(), so that
/// an attribute with a meaning unknown to us cannot be passed over.
class attributes {
public:
    attributes(const source_node& node, const reporter& report);

    [[nodiscard]] bool has(std::string_view name) const;
    std::int64_t integer(std::string_view name, std::int64_t otherwise,
                         std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                         std::int64_t high = std::numeric_limits<std::int64_t>::max());
    /// A finite number.
    float real(std::string_view name, float otherwise);
    std::string text(std::string_view name, const std::string& otherwise);
    std::vector<std::int64_t> integers(std::string_view name);
    std::vector<float> reals(std::string_view name);
    const ::onnx::TensorProto* tensor(std::string_view name);
    /// Declares attributes without influence on the result of an inference.
    void ignore(std::initializer_list<std::string_view> names);
    void finish() const;

private:
    const ::onnx::AttributeProto* take(std::string_view name,
                                       ::onnx::AttributeProto::AttributeType type);

    const source_node& m_node;
    const reporter& m_report;
    std::vector<bool> m_taken;
};

}  // namespace pimvp::onnx::detail
