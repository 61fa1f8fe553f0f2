// SPDX-License-Identifier: Apache-2.0
// Changes ONNX files where changes reach the importer: operators, inputs, attributes, shapes, types
// and tensors of a file that stays well formed. One time in four, bytes as usual.
#include <onnx/onnx_pb.h>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr const char* operators[] = {"Add",
                                     "AveragePool",
                                     "BatchNormalization",
                                     "Cast",
                                     "Clip",
                                     "Concat",
                                     "Constant",
                                     "Conv",
                                     "ConvTranspose",
                                     "DequantizeLinear",
                                     "Div",
                                     "Dropout",
                                     "Expand",
                                     "Flatten",
                                     "Gather",
                                     "Gemm",
                                     "GlobalAveragePool",
                                     "GlobalMaxPool",
                                     "HardSigmoid",
                                     "HardSwish",
                                     "Identity",
                                     "LeakyRelu",
                                     "MatMul",
                                     "MaxPool",
                                     "Mul",
                                     "Pad",
                                     "QLinearAdd",
                                     "QLinearConv",
                                     "QLinearMatMul",
                                     "QuantizeLinear",
                                     "ReduceMean",
                                     "Relu",
                                     "Reshape",
                                     "Shape",
                                     "Sigmoid",
                                     "Slice",
                                     "Softmax",
                                     "Split",
                                     "Squeeze",
                                     "Sub",
                                     "Tanh",
                                     "Transpose",
                                     "Unsqueeze"};
constexpr const char* attribute_names[] = {"alpha",
                                           "auto_pad",
                                           "axes",
                                           "axis",
                                           "beta",
                                           "ceil_mode",
                                           "count_include_pad",
                                           "dilations",
                                           "epsilon",
                                           "group",
                                           "kernel_shape",
                                           "keepdims",
                                           "max",
                                           "min",
                                           "mode",
                                           "perm",
                                           "pads",
                                           "split",
                                           "strides",
                                           "to",
                                           "transA",
                                           "transB",
                                           "value",
                                           "value_ints"};
constexpr const char* words[] = {"",         "NOTSET",  "SAME_UPPER", "SAME_LOWER", "VALID",
                                 "constant", "reflect", "edge",       "wrap"};
constexpr std::int64_t integers[] = {-2,
                                     -1,
                                     0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     7,
                                     8,
                                     16,
                                     127,
                                     128,
                                     255,
                                     65535,
                                     65536,
                                     INT_MAX,
                                     INT_MIN,
                                     std::numeric_limits<std::int64_t>::max(),
                                     std::numeric_limits<std::int64_t>::min()};
constexpr float floats[] = {0.0F,
                            -0.0F,
                            1.0F,
                            -1.0F,
                            0.5F,
                            1e-30F,
                            3e38F,
                            -3e38F,
                            std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()};

class mutator {
public:
    explicit mutator(unsigned seed)
        : m_random(seed) {}

    bool chance(unsigned one_in) { return below(one_in) == 0; }

    void change(onnx::ModelProto& model) {
        onnx::GraphProto& graph = *model.mutable_graph();
        gather_names(graph);
        const std::size_t changes = 1 + below(3);
        for (std::size_t i = 0; i < changes; ++i) {
            switch (below(8)) {
            case 0:
                if (model.opset_import_size() != 0) {
                    model.mutable_opset_import(0)->set_version(
                        static_cast<std::int64_t>(below(26)));
                }
                break;
            case 1:
                rearrange(graph);
                break;
            case 2:
                if (graph.initializer_size() != 0) {
                    change_tensor(*graph.mutable_initializer(at(graph.initializer_size())));
                }
                break;
            case 3:
                if (graph.input_size() != 0)
                    change_shape(*graph.mutable_input(at(graph.input_size())));
                break;
            case 4:
                if (graph.output_size() != 0) {
                    graph.mutable_output(at(graph.output_size()))->set_name(name());
                }
                break;
            default:
                if (graph.node_size() != 0) change_node(*graph.mutable_node(at(graph.node_size())));
            }
        }
    }

private:
    std::size_t below(std::size_t end) { return m_random() % end; }
    int at(int size) { return static_cast<int>(below(static_cast<std::size_t>(size))); }
    template <class T, std::size_t N>
    T one_of(const T (&choices)[N]) {
        return choices[below(N)];
    }
    std::int64_t integer() { return chance(3) ? one_of(integers) : static_cast<int>(below(9)) - 1; }

    void gather_names(const onnx::GraphProto& graph) {
        m_names = {""};
        for (const auto& each : graph.input()) m_names.push_back(each.name());
        for (const auto& each : graph.initializer()) m_names.push_back(each.name());
        for (const auto& each : graph.node()) {
            m_names.insert(m_names.end(), each.output().begin(), each.output().end());
        }
    }
    const std::string& name() { return m_names[below(m_names.size())]; }

    void rearrange(onnx::GraphProto& graph) {
        if (graph.node_size() == 0) return;
        const int chosen = at(graph.node_size());
        switch (below(4)) {
        case 0:
            graph.mutable_node()->DeleteSubrange(chosen, 1);
            break;
        case 1:
            graph.mutable_node()->SwapElements(chosen, at(graph.node_size()));
            break;
        default: {  // the node again, between what it gave and those who read it
            onnx::NodeProto& copy = *graph.add_node();
            copy = graph.node(chosen);
            if (copy.output_size() == 0 || copy.input_size() == 0) break;
            const std::string fresh = copy.output(0) + "_" + std::to_string(below(100));
            copy.set_input(0, copy.output(0));
            copy.set_output(0, fresh);
            for (int i = chosen + 1; i + 1 < graph.node_size(); ++i) {
                for (auto& input : *graph.mutable_node(i)->mutable_input()) {
                    if (input == copy.input(0)) input = fresh;
                }
            }
            for (int i = graph.node_size() - 1; i > chosen + 1; --i) {
                graph.mutable_node()->SwapElements(i, i - 1);
            }
        }
        }
    }

    void change_node(onnx::NodeProto& node) {
        switch (below(7)) {
        case 0:
            node.set_op_type(one_of(operators));
            break;
        case 1:
            if (node.input_size() != 0) node.set_input(at(node.input_size()), name());
            break;
        case 2:
            if (chance(2) || node.input_size() == 0) {
                node.add_input(name());
            } else {
                node.mutable_input()->RemoveLast();
            }
            break;
        case 3:
            if (node.output_size() != 0 && chance(2)) {
                node.set_output(at(node.output_size()), name());
            } else {
                node.add_output(node.name() + "_more");
            }
            break;
        case 4:
            add_attribute(node);
            break;
        default:
            if (node.attribute_size() == 0) return add_attribute(node);
            if (chance(8)) {
                node.mutable_attribute()->DeleteSubrange(at(node.attribute_size()), 1);
            } else {
                change_attribute(*node.mutable_attribute(at(node.attribute_size())));
            }
        }
    }

    void add_attribute(onnx::NodeProto& node) {
        onnx::AttributeProto& added = *node.add_attribute();
        added.set_name(one_of(attribute_names));
        constexpr onnx::AttributeProto::AttributeType types[] = {
            onnx::AttributeProto::INT, onnx::AttributeProto::INTS, onnx::AttributeProto::FLOAT,
            onnx::AttributeProto::STRING, onnx::AttributeProto::TENSOR};
        added.set_type(one_of(types));
        const std::size_t values = below(5);
        for (std::size_t i = 0; i < values; ++i) added.add_ints(integer());
        change_attribute(added);
    }

    void change_attribute(onnx::AttributeProto& attribute) {
        switch (attribute.type()) {
        case onnx::AttributeProto::INT:
            return attribute.set_i(integer());
        case onnx::AttributeProto::FLOAT:
            return attribute.set_f(one_of(floats));
        case onnx::AttributeProto::STRING:
            return attribute.set_s(one_of(words));
        case onnx::AttributeProto::TENSOR:
            return change_tensor(*attribute.mutable_t());
        default:
            if (attribute.ints_size() == 0 || chance(6)) return attribute.add_ints(integer());
            if (chance(6)) return attribute.mutable_ints()->RemoveLast();
            return attribute.set_ints(at(attribute.ints_size()), integer());
        }
    }

    void change_tensor(onnx::TensorProto& tensor) {
        switch (below(5)) {
        case 0:
            tensor.set_data_type(static_cast<int>(below(24)));
            break;
        case 1:
            if (tensor.dims_size() == 0 || chance(4)) return tensor.add_dims(integer());
            tensor.set_dims(at(tensor.dims_size()), integer());
            break;
        case 2:
            if (tensor.dims_size() != 0) tensor.mutable_dims()->RemoveLast();
            break;
        case 3: {
            std::string& bytes = *tensor.mutable_raw_data();
            if (bytes.empty()) {
                bytes.resize(below(65));
            } else if (chance(3)) {
                bytes.resize(below(2 * bytes.size()));
            } else if (bytes.size() >= sizeof(float)) {
                const float value = one_of(floats);
                std::memcpy(&bytes[below(bytes.size() - sizeof(float) + 1)], &value, sizeof(value));
            }
            break;
        }
        default:
            if (tensor.int64_data_size() == 0) return tensor.add_int64_data(integer());
            tensor.set_int64_data(at(tensor.int64_data_size()), integer());
        }
    }

    void change_shape(onnx::ValueInfoProto& value) {
        onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
        onnx::TensorShapeProto& shape = *type.mutable_shape();
        if (chance(5)) return type.set_elem_type(static_cast<int>(below(24)));
        if (shape.dim_size() == 0 || chance(6)) return shape.add_dim()->set_dim_value(integer());
        if (chance(6)) return shape.mutable_dim()->RemoveLast();
        onnx::TensorShapeProto::Dimension& dim = *shape.mutable_dim(at(shape.dim_size()));
        if (chance(4)) return dim.set_dim_param("N");
        dim.set_dim_value(integer());
    }

    std::minstd_rand m_random;
    std::vector<std::string> m_names;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    mutator random(seed);
    onnx::ModelProto model;
    if (random.chance(4) || size > INT_MAX || !model.ParseFromArray(data, static_cast<int>(size))) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    random.change(model);
    const std::size_t bytes = model.ByteSizeLong();
    if (bytes > max_size || !model.SerializeToArray(data, static_cast<int>(bytes))) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    return bytes;
}
