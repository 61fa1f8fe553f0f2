// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/integer_lowering.h>

#include <pimvp/nn/arithmetic.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

nn::tensor_type storage_type(element kind) {
    nn::tensor_type type;
    type.bits = element_bytes(kind) == 1 ? 8 : 16;
    type.is_signed = kind == element::i8 || kind == element::i16;
    return type;
}

nn::tensor_type type_of(const quantisation& quant, const std::string& where,
                        const reporter& report) {
    nn::tensor_type type = storage_type(quant.type);
    type.scale = quant.scales[0];
    type.zero_point = quant.zero_points[0];
    if (type.zero_point < type.lowest() || type.zero_point > type.highest()) {
        report.fail(where, "has zero point " + std::to_string(type.zero_point) + " outside " +
                               std::to_string(type.lowest()) + " .. " +
                               std::to_string(type.highest()));
    }
    return type;
}

std::string describe(float scale, int zero_point) {
    char text[64];
    std::snprintf(text, sizeof text, "scale %.9g, zero point %d", static_cast<double>(scale),
                  zero_point);
    return text;
}

}  // namespace

integer_lowering::integer_lowering(const op_graph& graph, const reporter& report)
    : m_graph(graph),
      m_report(report),
      m_net(m_result.net),
      m_flows(graph.tensors.size()),
      m_inputs(graph.inputs.size(), 0),
      m_input_known(graph.inputs.size(), false) {
    m_result.float_inputs.assign(graph.inputs.size(), false);
}

integer_result integer_lowering::lower() {
    for (std::size_t i = 0; i < m_graph.inputs.size(); ++i) {
        const tensor_id id = m_graph.inputs[i];
        const tensor& input = m_graph.tensors[id];
        flow& start = m_flows[id];
        start.kind = flow::form::border;
        start.input = i;
        m_result.input_names.push_back(input.name);
        if (!input.integers) continue;
        start.kind = flow::form::integers;
        start.id = new_value(input.name, input.dims, input_type(id, *input.integers));
        m_inputs[i] = start.id;
        m_input_known[i] = true;
    }
    for (const operation& step : m_graph.operations) lower(step);
    finish_outputs();
    m_net.host_steps = m_graph.host_steps;
    for (std::size_t i = 0; i < m_inputs.size(); ++i) {
        if (!m_input_known[i]) {
            m_report.fail("input " + core::quoted(m_result.input_names[i]),
                          "is never quantised; put a QuantizeLinear behind it");
        }
        m_net.inputs.push_back(m_inputs[i]);
    }
    remove_helpers(m_net);
    m_result.notes.insert(m_result.notes.begin(), m_graph.notes.begin(), m_graph.notes.end());
    return std::move(m_result);
}

nn::tensor_type integer_lowering::input_type(tensor_id id, element kind) const {
    // Operations are in topological order: one pass sees every way from the input.
    std::vector<bool> same(m_graph.tensors.size(), false);
    same[id] = true;
    for (const operation& step : m_graph.operations) {
        const bool reads = std::any_of(step.inputs.begin(), step.inputs.end(),
                                       [&](tensor_id input) { return same[input]; });
        if (!reads) continue;
        if (step.kind == op::dequantise) return type_of(step.quant, step.where, m_report);
        same[step.output] = m_graph.tensors[step.output].integers.has_value();
    }
    return storage_type(kind);
}

void integer_lowering::lower(const operation& step) {
    switch (step.kind) {
    case op::convolution:
    case op::fully_connected:
        lower_matrix(step);
        return;
    case op::affine:
        lower_affine(step);
        return;
    case op::add:
    case op::multiply:
    case op::concat:
        lower_join(step);
        return;
    case op::average_pool:
        lower_average_pool(step);
        return;
    case op::max_pool:
        lower_max_pool(step);
        return;
    case op::clip:
        lower_clip(step);
        return;
    case op::reshape:
    case op::select:
        lower_move(step);
        return;
    case op::function:
    case op::table:
        lower_table(step);
        return;
    case op::pad:
        lower_pad(step);
        return;
    case op::quantise:
        lower_quantise(step);
        return;
    case op::dequantise:
        lower_dequantise(step);
        return;
    }
}

void integer_lowering::refuse_unquantised(const std::string& where, const flow& from) const {
    if (from.kind == flow::form::border) {
        m_report.fail(where, "reads the float input " +
                                 core::quoted(m_result.input_names[from.input]) +
                                 " of an integer graph; quantise it first (QuantizeLinear, "
                                 "DequantizeLinear)");
    }
    m_report.fail(where, "reads the result of " + from.where +
                             " before it is quantised; put QuantizeLinear and DequantizeLinear "
                             "between them");
}

integer_flow integer_lowering::take(tensor_id id, const std::string& where) {
    flow& from = m_flows[id];
    if (from.kind != flow::form::pending) return from;
    if (m_graph.tensors[id].uses > 1) {
        m_report.fail(where, "is one of several readers of the result of " + from.where +
                                 " before it is quantised; put QuantizeLinear and "
                                 "DequantizeLinear between them");
    }
    return std::move(from);
}

integer_flow integer_lowering::view_of(const operation& step, std::size_t index,
                                       bool padding_allowed) {
    const tensor_id source = step.inputs[index];
    if (m_flows[source].kind != flow::form::view) {
        refuse_unquantised(step.where, m_flows[source]);
    }
    flow from = m_flows[source];
    if (from.pad.any() && (!padding_allowed || from.clipped() || !from.tail.empty())) {
        m_report.fail(step.where,
                      "reads the result of a Pad; supported directly behind a Pad are "
                      "Conv, MaxPool and AveragePool");
    }
    const nn::tensor_type type = m_net.values[from.id].type;
    const bool in_steps = step.kind == op::average_pool && !from.clipped();
    if (!in_steps && from.declared_scale != type.scale) {
        m_report.fail(step.where, "reads " + core::quoted(m_net.values[from.id].name) + " with " +
                                      describe(from.declared_scale, type.zero_point) +
                                      " but it was quantised with " +
                                      describe(type.scale, type.zero_point) +
                                      "; use the same scale and zero point on both sides");
    }
    if (from.clipped() || !from.tail.empty()) {
        const std::string& name = m_graph.tensors[source].name;
        const target to{name.empty() ? fresh_name(step.name) : name, step.name, step.where};
        flow whole;
        whole.kind = flow::form::view;
        whole.declared_scale = from.declared_scale;
        whole.id = complete(std::move(from), type, to);
        m_flows[source] = whole;  // other readers use the same value
        return whole;
    }
    return from;
}

void integer_lowering::lower_dequantise(const operation& step) {
    flow view = m_flows[step.inputs[0]];
    const nn::tensor_type& type = m_net.values[view.id].type;
    const nn::tensor_type declared = type_of(step.quant, step.where, m_report);
    if (declared.zero_point != type.zero_point) {
        m_report.fail(step.where, "reads " + core::quoted(m_net.values[view.id].name) + " with " +
                                      describe(declared.scale, declared.zero_point) +
                                      " but it was quantised with " +
                                      describe(type.scale, type.zero_point) +
                                      "; use the same scale and zero point on both sides");
    }
    view.kind = flow::form::view;
    view.declared_scale = declared.scale;
    m_flows[step.output] = std::move(view);
}

void integer_lowering::lower_quantise(const operation& step) {
    const tensor_id source = step.inputs[0];
    const nn::tensor_type type = type_of(step.quant, step.where, m_report);
    const tensor& out = m_graph.tensors[step.output];
    flow& to = m_flows[step.output];
    to.kind = flow::form::integers;
    if (const auto found = m_completed.find(source); found != m_completed.end()) {
        if (found->second.type != type) {
            m_report.fail(step.where,
                          "quantises a tensor in another way than an earlier "
                          "QuantizeLinear; quantise it once");
        }
        to.id = found->second.id;
        return;
    }
    flow& from = m_flows[source];
    if (from.kind == flow::form::view && from.declared_scale != m_net.values[from.id].type.scale) {
        view_of(step, 0, false);  // refuses
    }
    const bool once = from.kind == flow::form::pending;
    flow taken = once ? std::move(from) : from;
    to.id = complete(std::move(taken), type, {out.name, step.name, step.where});
    if (once) m_completed[source] = {type, to.id};
}

void integer_lowering::lower_join(const operation& step) {
    const tensor& out = m_graph.tensors[step.output];
    flow pending;
    pending.kind = flow::form::pending;
    pending.where = step.where;
    pending.dims = out.dims;
    nn::node& node = pending.step;
    node.name = step.name;
    node.kind = step.kind == op::add        ? nn::op_kind::add
                : step.kind == op::multiply ? nn::op_kind::multiply
                                            : nn::op_kind::concat;
    if (!out.integers) {
        for (std::size_t i = 0; i < step.inputs.size(); ++i) {
            node.inputs.push_back(view_of(step, i, false).id);
        }
        m_flows[step.output] = std::move(pending);
        return;
    }
    nn::tensor_type type;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        const flow& from = m_flows[step.inputs[i]];
        const nn::tensor_type& other = m_net.values[from.id].type;
        if (from.pad.any()) m_report.fail(step.where, "reads the result of a Pad");
        if (i == 0) type = other;
        if (other.scale != type.scale || other.zero_point != type.zero_point) {
            m_report.fail(step.where, "joins integers of " + describe(type.scale, type.zero_point) +
                                          " and of " + describe(other.scale, other.zero_point) +
                                          "; requantise them alike, or join them as reals between "
                                          "DequantizeLinear and QuantizeLinear");
        }
        type.bits = std::max(type.bits, other.bits);
        node.inputs.push_back(from.id);
    }
    flow& to = m_flows[step.output];
    to.kind = flow::form::integers;
    to.id = append(std::move(node), out.name, out.dims, type);
}

/// A function of reals between DequantizeLinear and QuantizeLinear, or a table of reals that
/// integers pick from.
void integer_lowering::lower_table(const operation& step) {
    if (step.kind == op::function) {
        const nn::value_id from = view_of(step, 0, false).id;
        const nn::tensor_type& type = m_net.values[from].type;
        std::vector<float> reals;
        for (int x = type.lowest(); x <= type.highest(); ++x) {
            reals.push_back(nn::evaluate(step.function, nn::dequantise(x, type)));
        }
        append_lookup(step, from, std::move(reals));
        return;
    }
    const flow& from = m_flows[step.inputs[0]];
    if (from.pad.any()) m_report.fail(step.where, "reads the result of a Pad");
    const nn::tensor_type& type = m_net.values[from.id].type;
    const auto size = static_cast<int>(step.reals.size());
    if (type.highest() >= size || type.lowest() < -size) {
        m_report.fail(step.where, "picks from " + std::to_string(size) +
                                      " numbers by integers from " + std::to_string(type.lowest()) +
                                      " to " + std::to_string(type.highest()) +
                                      "; the table needs an entry for each of them");
    }
    std::vector<float> reals;
    for (int x = type.lowest(); x <= type.highest(); ++x) {
        reals.push_back(step.reals[static_cast<std::size_t>(x < 0 ? x + size : x)]);
    }
    append_lookup(step, from.id, std::move(reals));
}

void integer_lowering::append_lookup(const operation& step, nn::value_id from,
                                     std::vector<float> reals) {
    constexpr std::size_t most_entries = std::size_t{1} << 25U;
    m_table_entries += reals.size();
    if (m_table_entries > most_entries) {
        m_report.fail(step.where,
                      "with it the tables of the functions have more than 2^25 entries; quantise "
                      "the inputs of functions to fewer bits");
    }
    flow pending;
    pending.kind = flow::form::pending;
    pending.where = step.where;
    pending.dims = m_graph.tensors[step.output].dims;
    pending.step.name = step.name;
    pending.step.kind = nn::op_kind::lookup;
    pending.step.inputs = {from};
    pending.reals = std::move(reals);
    m_flows[step.output] = std::move(pending);
}

void integer_lowering::lower_average_pool(const operation& step) {
    const flow from = view_of(step, 0, true);
    const nn::tensor_type& type = m_net.values[from.id].type;
    flow pending;
    pending.kind = flow::form::pending;
    pending.where = step.where;
    pending.dims = m_graph.tensors[step.output].dims;
    pending.rescale = static_cast<double>(type.scale) / static_cast<double>(from.declared_scale);
    nn::node& node = pending.step;
    node.name = step.name;
    node.kind = nn::op_kind::average_pool;
    node.geometry = step.geometry;
    node.count_include_pad = step.count_include_pad;
    merge_padding(from.pad, true, step, node.geometry, node.count_include_pad, m_report);
    node.inputs = {from.id};
    m_flows[step.output] = std::move(pending);
}

void integer_lowering::add_tail(const operation& step, flow from, tail_step tail) {
    const tensor& out = m_graph.tensors[step.output];
    constexpr std::size_t longest = 64;
    if (from.kind != flow::form::integers) {
        if (from.tail.size() == longest) {
            m_report.fail(step.where,
                          "is the 65th operator in a row without a QuantizeLinear; "
                          "quantise in between");
        }
        from.tail.push_back(std::move(tail));
        m_flows[step.output] = std::move(from);
        return;
    }
    nn::node node;
    node.name = step.name;
    node.kind = tail.kind;
    node.geometry = tail.geometry;
    node.channels = tail.channels;
    node.inputs = {from.id};
    const nn::tensor_type same = m_net.values[from.id].type;
    flow& to = m_flows[step.output];
    to.kind = flow::form::integers;
    to.id = append(std::move(node), out.name, out.dims, same);
}

void integer_lowering::lower_max_pool(const operation& step) {
    flow from = take(step.inputs[0], step.where);
    tail_step tail{
        nn::op_kind::max_pool, step.name, step.geometry, m_graph.tensors[step.output].dims, {}};
    if (from.pad.any()) {
        const nn::tensor_type& type = m_net.values[from.id].type;
        bool ignored = false;
        merge_padding(from.pad, type.zero_point == type.lowest(), step, tail.geometry, ignored,
                      m_report);
        from.pad = {};
    }
    add_tail(step, std::move(from), std::move(tail));
}

void integer_lowering::lower_move(const operation& step) {
    flow from = take(step.inputs[0], step.where);
    if (from.pad.any()) {
        m_report.fail(step.where,
                      "reads the result of a Pad; supported directly behind a Pad are "
                      "Conv, MaxPool and AveragePool");
    }
    const nn::op_kind kind = step.kind == op::select ? nn::op_kind::select : nn::op_kind::reshape;
    add_tail(step, std::move(from),
             {kind, step.name, {}, m_graph.tensors[step.output].dims, step.channels});
}

void integer_lowering::lower_clip(const operation& step) {
    flow from = take(step.inputs[0], step.where);
    if (from.kind == flow::form::integers) {
        clip_integers(step, from);
        return;
    }
    const auto within = [&](float bound) { return std::min(std::max(bound, step.low), step.high); };
    from.low = within(from.low);
    from.high = within(from.high);
    if (from.pad.any()) {
        m_report.fail(step.where,
                      "reads the result of a Pad; supported directly behind a Pad are "
                      "Conv, MaxPool and AveragePool");
    }
    if (std::isfinite(from.low) || std::isfinite(from.high)) from.clip_name = step.name;
    m_flows[step.output] = std::move(from);
}

void integer_lowering::clip_integers(const operation& step, const flow& from) {
    nn::value& value = m_net.values[from.id];
    const std::string& name = m_graph.tensors[step.output].name;
    const auto low = static_cast<float>(value.type.lowest());
    const auto high = static_cast<float>(value.type.highest());
    const int from_low = static_cast<int>(std::min(std::max(step.low, low), high));
    const int from_high = static_cast<int>(std::min(std::max(step.high, low), high));
    std::vector<nn::tensor_type> types = clip_types(value.type, from_low, from_high, step.where);
    flow& to = m_flows[step.output];
    to = from;
    if (types.size() == 1 && types[0] == value.type) return;
    // Nobody else reads the producer and it saturates: then it does so to fewer bits itself.
    const std::size_t producer = m_producer[from.id];
    bool saturates = m_graph.tensors[step.inputs[0]].uses == 1 &&
                     m_graph.tensors[step.inputs[0]].name == value.name && types.size() == 1;
    if (producer < m_net.nodes.size()) {
        const nn::op_kind kind = m_net.nodes[producer].kind;
        saturates = saturates && kind != nn::op_kind::max_pool && kind != nn::op_kind::reshape &&
                    kind != nn::op_kind::select;
    } else {
        const auto input = std::find(m_inputs.begin(), m_inputs.end(), from.id) - m_inputs.begin();
        saturates = saturates && m_result.float_inputs[static_cast<std::size_t>(input)];
    }
    if (saturates) {
        value.type = types[0];
        value.name = name;
        return;
    }
    nn::value_id last = from.id;
    const nn::shape dims = value.dims;
    for (std::size_t i = 0; i < types.size(); ++i) {
        nn::node node;
        node.name = i == 0 ? step.name : fresh_name(step.name);
        node.kind = nn::op_kind::requantise;
        node.inputs = {last};
        last = append(std::move(node), i + 1 == types.size() ? name : fresh_name(name), dims,
                      types[i]);
    }
    to.id = last;
}

void integer_lowering::lower_pad(const operation& step) {
    flow from = m_flows[step.inputs[0]].kind == flow::form::integers ? m_flows[step.inputs[0]]
                                                                     : view_of(step, 0, true);
    if (from.kind == flow::form::integers) {
        const nn::value& value = m_net.values[from.id];
        if (step.low != static_cast<float>(value.type.zero_point)) {
            m_report.fail(step.where, "pads integers with " + std::to_string(step.low) +
                                          "; only the zero point " +
                                          std::to_string(value.type.zero_point) + " of " +
                                          core::quoted(value.name) + " is supported");
        }
    }
    from.pad.add(step.geometry);
    m_flows[step.output] = std::move(from);
}

void integer_lowering::finish_outputs() {
    for (std::size_t i = 0; i < m_graph.outputs.size(); ++i) {
        const tensor_id id = m_graph.outputs[i];
        const std::string where = "output " + core::quoted(m_graph.output_names[i]);
        const flow& from = m_flows[id];
        if (from.pad.any()) m_report.fail(where, "is the result of a Pad");
        if (from.kind == flow::form::integers) {
            m_net.outputs.push_back(from.id);
            m_result.float_outputs.push_back(false);
            continue;
        }
        operation reader;
        reader.where = where;
        reader.name = m_graph.output_names[i];
        reader.inputs = {id};
        m_net.outputs.push_back(view_of(reader, 0, false).id);
        m_result.float_outputs.push_back(true);
    }
}

integer_result lower_integer(const op_graph& graph, const reporter& report) {
    return integer_lowering(graph, report).lower();
}

}  // namespace pimvp::onnx::detail
