// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// Memory that copies and folded constants may take, against the memory of the file's own: a file
/// of a few bytes must not describe gigabytes.
constexpr std::size_t budget_base = std::size_t{256} << 20U;
constexpr std::size_t budget_factor = 16;

}  // namespace

bool op_graph::is_integer() const {
    return std::any_of(tensors.begin(), tensors.end(),
                       [](const tensor& t) { return t.integers.has_value(); });
}

bool op_graph::is_output(tensor_id id) const {
    return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
}

void check_dims(const nn::shape& dims, const std::string& where, const reporter& report) {
    constexpr std::size_t max_elements = std::size_t{1} << 31;
    std::size_t count = 1;
    for (const std::int64_t dim : dims) {
        if (dim < 1) {
            report.fail(where,
                        "has shape " + nn::to_string(dims) + ": every dimension must be 1 or more");
        }
        if (static_cast<std::uint64_t>(dim) > max_elements / count) {
            report.fail(where, "has shape " + nn::to_string(dims) +
                                   ", more than 2^31 elements; use smaller inputs");
        }
        count *= static_cast<std::size_t>(dim);
    }
    if (dims.size() == 4 && (dims[2] > max_extent || dims[3] > max_extent)) {
        report.fail(where, "has shape " + nn::to_string(dims) + "; maps of up to " +
                               std::to_string(max_extent) + " x " + std::to_string(max_extent) +
                               " are supported");
    }
    if (dims.size() > 8) {
        report.fail(where, "has " + std::to_string(dims.size()) + " axes; supported: at most 8");
    }
}

op_reader::op_reader(const source_graph& source, const reporter& report)
    : m_source(source),
      m_report(report),
      m_budget(budget_base) {
    for (const auto& [name, value] : source.initialisers) {
        m_symbols.emplace(name, operand{value, std::nullopt});
        m_budget += value.bytes() * budget_factor;
    }
}

op_graph op_reader::read() {
    m_graph.metadata = m_source.metadata;
    for (const source_input& input : m_source.inputs) {
        const std::string where = "input " + core::quoted(input.name);
        check_dims(input.dims, where, m_report);
        const auto type = to_element(input.data_type);
        const bool integers = type == element::u8 || type == element::i8 || type == element::u16 ||
                              type == element::i16;
        if (m_source.uses.count(input.name) == 0) {
            m_graph.notes.push_back(where + " is used by no node and was left out");
            continue;
        }
        if (!integers && type != element::f32) {
            m_report.fail(where, "has element type " + element_name(input.data_type) +
                                     "; supported: float32, or uint8, int8, uint16, int16");
        }
        const tensor_id id =
            new_tensor(input.name, input.dims, integers ? type : std::optional<element>());
        m_graph.inputs.push_back(id);
        m_symbols.emplace(input.name, id);
    }
    if (m_graph.inputs.empty()) {
        m_report.fail({}, "no output depends on an input of the graph; there is nothing to run");
    }
    for (const source_node& node : m_source.nodes) read_node(node);
    for (const source_output& output : m_source.outputs) {
        const std::string where = "output " + core::quoted(output.name);
        const symbol& found = m_symbols.at(output.name);
        if (std::holds_alternative<unavailable>(found)) {
            m_report.fail(where, std::get<unavailable>(found).why);
        }
        if (std::holds_alternative<operand>(found)) {
            m_report.fail(where, "is a constant; remove it from the outputs");
        }
        const tensor_id id = std::get<tensor_id>(found);
        const nn::shape& dims = dims_of(id);
        bool same = !output.has_shape || output.dims.size() == dims.size();
        for (std::size_t axis = 1; same && axis < output.dims.size(); ++axis) {
            same = output.dims[axis] <= 0 || output.dims[axis] == dims[axis];
        }
        if (!same) {
            m_report.fail(where, "is declared as " + nn::to_string(output.dims) +
                                     " but the nodes give " + nn::to_string(dims) +
                                     "; export the model again, or run shape inference on it");
        }
        m_graph.outputs.push_back(id);
        m_graph.output_names.push_back(output.name);
        ++m_graph.tensors[id].uses;
    }
    return std::move(m_graph);
}

const std::unordered_map<std::string, op_reader::handler>& op_reader::handlers() {
    static const std::unordered_map<std::string, handler> table = {
        {"Add", &op_reader::read_add},
        {"AveragePool", &op_reader::read_average_pool},
        {"BatchNormalization", &op_reader::read_batch_normalization},
        {"Clip", &op_reader::read_clip},
        {"Concat", &op_reader::read_concat},
        {"Conv", &op_reader::read_conv},
        {"DequantizeLinear", &op_reader::read_dequantize},
        {"Dropout", &op_reader::read_dropout},
        {"Flatten", &op_reader::read_flatten},
        {"Gemm", &op_reader::read_gemm},
        {"GlobalAveragePool", &op_reader::read_global_average_pool},
        {"Identity", &op_reader::read_identity},
        {"MatMul", &op_reader::read_matmul},
        {"MaxPool", &op_reader::read_max_pool},
        {"Pad", &op_reader::read_pad},
        {"QLinearAdd", &op_reader::read_qlinear_add},
        {"QLinearConv", &op_reader::read_qlinear_conv},
        {"QLinearMatMul", &op_reader::read_qlinear_matmul},
        {"QuantizeLinear", &op_reader::read_quantize},
        {"Relu", &op_reader::read_relu},
        {"Reshape", &op_reader::read_reshape},
        {"Squeeze", &op_reader::read_squeeze},
        {"Unsqueeze", &op_reader::read_unsqueeze}};
    return table;
}

void op_reader::read_node(const source_node& node) {
    bind_unavailable(node, 0, "an optional output");  // until the operator says better
    if (fold(node)) return;
    const auto found = handlers().find(node.op());
    if (found == handlers().end()) {
        fail(node,
             "is supported on constants only, and its input is computed; export the model "
             "with this operator folded or replaced");
    }
    (this->*found->second)(node);
}

const op_reader::symbol& op_reader::symbol_of(const source_node& node, int index) const {
    const std::string name = node.input(index);
    if (name.empty()) {
        fail(node, "lacks input " + std::to_string(index) + "; export the model again");
    }
    const symbol& found = m_symbols.at(name);
    if (std::holds_alternative<unavailable>(found)) fail(node, std::get<unavailable>(found).why);
    return found;
}

bool op_reader::is_constant(const source_node& node, int index) const {
    return std::holds_alternative<operand>(symbol_of(node, index));
}

tensor_id op_reader::tensor_of(const source_node& node, int index) const {
    const symbol& found = symbol_of(node, index);
    if (std::holds_alternative<operand>(found)) {
        fail(node, "its input " + core::quoted(node.input(index)) +
                       " is a constant where a computed tensor is expected; fold the constants of "
                       "the model (onnxsim), or swap the inputs");
    }
    return std::get<tensor_id>(found);
}

const operand& op_reader::constant_of(const source_node& node, int index, const char* what) const {
    const symbol& found = symbol_of(node, index);
    if (std::holds_alternative<tensor_id>(found)) {
        fail(node, "its " + std::string(what) + " " + core::quoted(node.input(index)) +
                       " is computed at run time; it must be a constant in the file");
    }
    return std::get<operand>(found);
}

std::vector<float> op_reader::reals_of(const source_node& node, int index, const char* what) const {
    std::vector<float> values = constant_of(node, index, what).reals();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            fail(node, "element " + std::to_string(i) + " of its " + what + " " +
                           core::quoted(node.input(index)) +
                           " is NaN or infinite; train or export the model again");
        }
    }
    return values;
}

float op_reader::scalar_of(const source_node& node, int index, const char* what) const {
    const operand& value = constant_of(node, index, what);
    if (value.data.size() != 1) {
        fail(node, "its " + std::string(what) + " has shape " + nn::to_string(value.dims()) +
                       "; one number is expected");
    }
    return value.reals()[0];
}

std::vector<std::int64_t> op_reader::integers_of(const source_node& node, int index,
                                                 const char* what) const {
    const operand& value = constant_of(node, index, what);
    constexpr std::size_t most = 4096;
    if (is_real(value.data.type()) || value.quant || value.data.size() > most) {
        fail(node, "its " + std::string(what) + " must be a short list of integers");
    }
    return value.data.integers();
}

tensor_id op_reader::new_tensor(std::string name, nn::shape dims, std::optional<element> integers) {
    tensor made;
    made.name = std::move(name);
    made.dims = std::move(dims);
    made.integers = integers;
    m_graph.tensors.push_back(std::move(made));
    return m_graph.tensors.size() - 1;
}

operation op_reader::start(const source_node& node, op kind) const {
    operation step;
    step.kind = kind;
    step.name = node.name;
    step.where = node.where();
    return step;
}

tensor_id op_reader::emit(operation&& step, std::string output_name, nn::shape dims,
                          std::optional<element> integers) {
    check_dims(dims, "output of " + step.where, m_report);
    for (const tensor_id input : step.inputs) ++m_graph.tensors[input].uses;
    step.output = new_tensor(std::move(output_name), std::move(dims), integers);
    m_graph.tensors[step.output].producer = m_graph.operations.size();
    m_graph.operations.push_back(std::move(step));
    return m_graph.tensors.size() - 1;
}

void op_reader::finish(const source_node& node, operation&& step, nn::shape dims) {
    const std::optional<element> integers = m_graph.tensors[step.inputs[0]].integers;
    bind(node, 0, emit(std::move(step), node.proto->output(0), std::move(dims), integers));
}

void op_reader::bind(const source_node& node, int output, symbol value) {
    if (output >= node.proto->output_size()) fail(node, "has no output; export the model again");
    const std::string& name = node.proto->output(output);
    if (!name.empty()) m_symbols.insert_or_assign(name, std::move(value));
}

void op_reader::bind_unavailable(const source_node& node, int from_output, const std::string& why) {
    for (int i = from_output; i < node.proto->output_size(); ++i) {
        const std::string& name = node.proto->output(i);
        if (name.empty()) continue;
        m_symbols.insert_or_assign(
            name, unavailable{core::quoted(name) + " is " + why + " of " + node.where() +
                              ", which is not supported; remove what reads it"});
    }
}

void op_reader::check_inputs(const source_node& node, int least, int most) const {
    const int have = node.proto->input_size();
    if (have < least || have > most) {
        fail(node, "has " + std::to_string(have) + " inputs; " +
                       (least == most ? std::to_string(least)
                                      : std::to_string(least) + " to " + std::to_string(most)) +
                       " are expected");
    }
    if (node.proto->output_size() == 0) fail(node, "has no output; export the model again");
}

void op_reader::check_real(const source_node& node, tensor_id id) const {
    if (m_graph.tensors[id].integers) {
        fail(node, "its input " + core::quoted(m_graph.tensors[id].name) +
                       " holds integers; put a DequantizeLinear before it");
    }
}

void op_reader::charge(const source_node& node, std::size_t bytes) {
    if (bytes > m_budget) {
        fail(node,
             "with it the constants of the model take far more memory than the file holds; "
             "the file is damaged, or repeats its weights too often");
    }
    m_budget -= bytes;
}

}  // namespace pimvp::onnx::detail
