// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <pimvp/onnx/op_table.h>

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

bool operation::is_uniform() const {
    const auto alike = [](const std::vector<double>& values) {
        return std::all_of(values.begin(), values.end(),
                           [&](double value) { return value == values.front(); });
    };
    return alike(scale) && alike(shift);
}

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
        tensor_id id = no_tensor;
        if (const auto* behind = std::get_if<finished>(&found)) {
            id = behind->scores;
            m_graph.host_steps.push_back(behind->step);
            m_graph.host_steps.back().output = m_graph.outputs.size();
            m_graph.host_steps.back().result = output.name;
        } else if (const auto* view = std::get_if<arranged>(&found)) {
            id = resolve(*view);
        } else if (std::holds_alternative<tensor_id>(found)) {
            id = std::get<tensor_id>(found);
        } else {
            m_report.fail(where, "is a Cast of integers; remove it from the outputs");
        }
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
    drop_unread();
    return std::move(m_graph);
}

/// Removes the operations whose results nobody reads: what later nodes took the place of.
void op_reader::drop_unread() {
    std::vector<bool> live(m_graph.operations.size(), true);
    for (std::size_t i = live.size(); i-- > 0;) {
        live[i] = m_graph.tensors[m_graph.operations[i].output].uses != 0;
        if (live[i]) continue;
        for (const tensor_id input : m_graph.operations[i].inputs) --m_graph.tensors[input].uses;
    }
    std::vector<operation> kept;
    for (std::size_t i = 0; i < live.size(); ++i) {
        if (!live[i]) continue;
        m_graph.tensors[m_graph.operations[i].output].producer = kept.size();
        kept.push_back(std::move(m_graph.operations[i]));
    }
    m_graph.operations = std::move(kept);
}

/// The node against its operator's form in the opset of the file.
void op_reader::check_form(const source_node& node) const {
    const op_form& form = *find_op(node.proto->domain(), node.op(), m_source.opset).form;
    const int have = node.proto->input_size();
    if (have < form.least_inputs || have > form.most_inputs) {
        fail(node, "has " + std::to_string(have) + " inputs; " +
                       (form.least_inputs == form.most_inputs
                            ? std::to_string(form.least_inputs)
                            : std::to_string(form.least_inputs) + " to " +
                                  std::to_string(form.most_inputs)) +
                       " are expected in opset " + std::to_string(m_source.opset));
    }
    if (node.proto->output_size() == 0) fail(node, "has no output; export the model again");
    for (const auto& attribute : node.proto->attribute()) {
        if (std::find(form.attributes.begin(), form.attributes.end(), attribute.name()) ==
            form.attributes.end()) {
            fail(node, "attribute " + core::quoted(attribute.name()) + " does not exist in opset " +
                           std::to_string(m_source.opset) + "; export the model again");
        }
    }
}

const std::unordered_map<std::string, op_reader::handler>& op_reader::handlers() {
    static const std::unordered_map<std::string, handler> table = {
        {"Abs", &op_reader::read_function},
        {"Add", &op_reader::read_arithmetic},
        {"AveragePool", &op_reader::read_average_pool},
        {"BatchNormalization", &op_reader::read_batch_normalization},
        {"Cast", &op_reader::read_cast},
        {"Celu", &op_reader::read_function},
        {"Clip", &op_reader::read_clip},
        {"Concat", &op_reader::read_concat},
        {"Conv", &op_reader::read_conv},
        {"DequantizeLinear", &op_reader::read_dequantize},
        {"Div", &op_reader::read_arithmetic},
        {"Dropout", &op_reader::read_dropout},
        {"Elu", &op_reader::read_function},
        {"Exp", &op_reader::read_function},
        {"Flatten", &op_reader::read_flatten},
        {"Gather", &op_reader::read_gather},
        {"Gemm", &op_reader::read_gemm},
        {"GlobalAveragePool", &op_reader::read_global_pool},
        {"GlobalMaxPool", &op_reader::read_global_pool},
        {"HardSigmoid", &op_reader::read_function},
        {"HardSwish", &op_reader::read_function},
        {"Identity", &op_reader::read_identity},
        {"LeakyRelu", &op_reader::read_function},
        {"LogSoftmax", &op_reader::read_softmax},
        {"MatMul", &op_reader::read_matmul},
        {"MaxPool", &op_reader::read_max_pool},
        {"Mish", &op_reader::read_function},
        {"Mul", &op_reader::read_arithmetic},
        {"Neg", &op_reader::read_function},
        {"PRelu", &op_reader::read_prelu},
        {"Pad", &op_reader::read_pad},
        {"QLinearAdd", &op_reader::read_qlinear_product},
        {"QLinearAveragePool", &op_reader::read_qlinear_pool},
        {"QLinearConcat", &op_reader::read_qlinear_concat},
        {"QLinearConv", &op_reader::read_qlinear_conv},
        {"QLinearGlobalAveragePool", &op_reader::read_qlinear_pool},
        {"QLinearLeakyRelu", &op_reader::read_qlinear_function},
        {"QLinearMatMul", &op_reader::read_qlinear_matmul},
        {"QLinearMul", &op_reader::read_qlinear_product},
        {"QLinearSigmoid", &op_reader::read_qlinear_function},
        {"QuantizeLinear", &op_reader::read_quantize},
        {"ReduceMax", &op_reader::read_reduce},
        {"ReduceMean", &op_reader::read_reduce},
        {"Relu", &op_reader::read_relu},
        {"Reshape", &op_reader::read_reshape},
        {"Selu", &op_reader::read_function},
        {"Sigmoid", &op_reader::read_function},
        {"Slice", &op_reader::read_slice},
        {"Softmax", &op_reader::read_softmax},
        {"Softplus", &op_reader::read_function},
        {"Softsign", &op_reader::read_function},
        {"Split", &op_reader::read_split},
        {"Squeeze", &op_reader::read_squeeze},
        {"Sub", &op_reader::read_arithmetic},
        {"Sum", &op_reader::read_sum},
        {"Tanh", &op_reader::read_function},
        {"ThresholdedRelu", &op_reader::read_function},
        {"Transpose", &op_reader::read_transpose},
        {"Unsqueeze", &op_reader::read_unsqueeze}};
    return table;
}

void op_reader::read_node(const source_node& node) {
    check_form(node);
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

tensor_id op_reader::tensor_of(const source_node& node, int index) {
    const symbol& found = symbol_of(node, index);
    const std::string what = "its input " + core::quoted(node.input(index)) + " is ";
    if (std::holds_alternative<operand>(found)) {
        fail(node, what +
                       "a constant where a computed tensor is expected; fold the constants of "
                       "the model (onnxsim), or swap the inputs");
    }
    if (std::holds_alternative<indices>(found)) {
        fail(node, what + "integers that a Cast made; supported: a Gather from a constant table");
    }
    if (const auto* behind = std::get_if<finished>(&found)) {
        fail(node, what + "the result of node " + core::quoted(behind->step.name) +
                       ", a Softmax, which the host computes behind the last layer; end the model "
                       "there");
    }
    if (const auto* view = std::get_if<arranged>(&found)) return resolve(*view);
    return std::get<tensor_id>(found);
}

nn::shape op_reader::shape_of(const source_node& node, int index) const {
    const symbol& found = symbol_of(node, index);
    if (const auto* value = std::get_if<operand>(&found)) return value->dims();
    if (const auto* view = std::get_if<arranged>(&found)) return view->dims;
    if (const auto* cast = std::get_if<indices>(&found)) return dims_of(cast->of);
    if (const auto* behind = std::get_if<finished>(&found)) return dims_of(behind->scores);
    return dims_of(std::get<tensor_id>(found));
}

std::optional<element> op_reader::integers_at(const source_node& node, int index) const {
    const symbol& found = symbol_of(node, index);
    if (const auto* view = std::get_if<arranged>(&found)) {
        return m_graph.tensors[view->root].integers;
    }
    if (const auto* id = std::get_if<tensor_id>(&found)) return m_graph.tensors[*id].integers;
    return std::nullopt;
}

const operand& op_reader::constant_of(const source_node& node, int index, const char* what) const {
    const symbol& found = symbol_of(node, index);
    const auto* value = std::get_if<operand>(&found);
    if (value == nullptr) {
        fail(node, "its " + std::string(what) + " " + core::quoted(node.input(index)) +
                       " is computed at run time; it must be a constant in the file");
    }
    return *value;
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
                                                 const char* what, std::size_t most) const {
    const operand& value = constant_of(node, index, what);
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

void op_reader::finish_elementwise(const source_node& node, int index, operation&& step,
                                   std::optional<element> integers) {
    const auto* view = std::get_if<arranged>(&symbol_of(node, index));
    if (view == nullptr) {
        step.inputs = {tensor_of(node, index)};
        nn::shape dims = dims_of(step.inputs[0]);
        bind(node, 0, emit(std::move(step), node.proto->output(0), std::move(dims), integers));
        return;
    }
    arranged behind = *view;
    step.inputs = {view->root};
    nn::shape dims = dims_of(view->root);
    behind.root =
        emit(std::move(step), node.proto->output(0) + "#stored", std::move(dims), integers);
    behind.name = node.name + "/order";
    behind.where = node.where();
    behind.output = node.proto->output(0);
    behind.resolved = std::make_shared<tensor_id>(no_tensor);
    bind(node, 0, std::move(behind));
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

void op_reader::check_real(const source_node& node, tensor_id id) const {
    if (m_graph.tensors[id].integers) {
        fail(node, "its input " + core::quoted(m_graph.tensors[id].name) +
                       " holds integers; put a DequantizeLinear before it");
    }
}

void op_reader::charge(const std::string& where, std::size_t bytes) {
    if (bytes > m_budget) {
        m_report.fail(
            where,
            "with it the constants of the model take far more memory than the file holds; "
            "the file is damaged, or repeats its weights too often");
    }
    m_budget -= bytes;
}

}  // namespace pimvp::onnx::detail
