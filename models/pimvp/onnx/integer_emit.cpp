// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/integer_lowering.h>

#include <pimvp/nn/arithmetic.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

namespace pimvp::onnx::detail {

nn::value_id integer_lowering::new_value(std::string name, nn::shape dims,
                                         const nn::tensor_type& type) {
    m_net.values.push_back({std::move(name), std::move(dims), type});
    m_producer.push_back(std::numeric_limits<std::size_t>::max());
    return static_cast<nn::value_id>(m_net.values.size() - 1);
}

nn::value_id integer_lowering::append(nn::node&& node, std::string output_name, nn::shape dims,
                                      const nn::tensor_type& type) {
    node.output = new_value(std::move(output_name), std::move(dims), type);
    m_producer[node.output] = m_net.nodes.size();
    m_net.nodes.push_back(std::move(node));
    return static_cast<nn::value_id>(m_net.values.size() - 1);
}

std::vector<nn::tensor_type> integer_lowering::clip_types(const nn::tensor_type& type, int low,
                                                          int high,
                                                          const std::string& where) const {
    if (low == type.lowest() && high == type.highest()) return {type};
    for (int bits = 1; bits < type.bits; ++bits) {
        nn::tensor_type narrow = type;
        narrow.bits = bits;
        if (low == narrow.lowest() && high == narrow.highest() && type.zero_point >= low &&
            type.zero_point <= high) {
            return {narrow};
        }
    }
    // A type saturates at both ends of its range, so moving its zero point clips one end.
    const int above = high - type.zero_point;  // steps above real zero
    const int below = low - type.zero_point;
    if (above < 0 || below > 0) {
        m_report.fail(where,
                      "clips to a range without zero, which integers with a zero point "
                      "inside their range cannot express; clip to a range around zero");
    }
    std::vector<nn::tensor_type> types;
    if (high != type.highest()) {
        types.push_back(type);
        types.back().zero_point = type.highest() - above;
    }
    if (low != type.lowest()) {
        types.push_back(type);
        types.back().zero_point = type.lowest() - below;
    }
    if (types.back() != type) types.push_back(type);
    return types;
}

std::string integer_lowering::fresh_name(const std::string& wish) const {
    // Names of the file are unique; what is derived from them only needs to differ from those.
    return wish + "#" + std::to_string(m_net.values.size());
}

namespace {

nn::node requantise_node(std::string name, nn::value_id from) {
    nn::node node;
    node.name = std::move(name);
    node.kind = nn::op_kind::requantise;
    node.inputs = {from};
    return node;
}

}  // namespace

float integer_lowering::true_scale(const flow& from, float scale, const target& to) const {
    if (from.kind != flow::form::pending || from.rescale == 1.0) return scale;
    const auto derived = static_cast<float>(static_cast<double>(scale) * from.rescale);
    const auto found = m_graph.metadata.find("pimvp.scale.value." + to.value);
    if (found == m_graph.metadata.end()) return derived;
    const float told = std::strtof(found->second.c_str(), nullptr);
    if (!(told > 0.0F) || told / static_cast<float>(from.rescale) != scale) {
        m_report.fail(to.where, "metadata 'pimvp.scale.value." + to.value +
                                    "' = " + core::quoted(found->second) +
                                    " contradicts the scale of its QuantizeLinear");
    }
    return told;
}

/// Bounds are reals of the file, in which a step of `type` has the size `scale_of_file`.
std::vector<nn::tensor_type> integer_lowering::types_for(const flow& from,
                                                         const nn::tensor_type& type,
                                                         float scale_of_file,
                                                         const target& to) const {
    if (!from.clipped()) return {type};
    nn::tensor_type file_type = type;
    file_type.scale = scale_of_file;
    const int low = std::isinf(from.low) ? type.lowest() : nn::quantise(from.low, file_type);
    const int high = std::isinf(from.high) ? type.highest() : nn::quantise(from.high, file_type);
    return clip_types(type, low, high, from.where.empty() ? to.where : from.where);
}

nn::value_id integer_lowering::complete(flow&& from, const nn::tensor_type& wanted,
                                        const target& to) {
    if (from.pad.any()) {
        m_report.fail(to.where,
                      "quantises the result of a Pad; supported behind a Pad are Conv, "
                      "MaxPool and AveragePool");
    }
    if (from.kind == flow::form::border) return complete_border(from, wanted, to);
    const bool view = from.kind == flow::form::view;
    nn::tensor_type type = wanted;
    type.scale = true_scale(from, wanted.scale, to);
    const std::vector<nn::tensor_type> types = types_for(from, type, wanted.scale, to);
    const nn::shape dims = view ? m_net.values[from.id].dims : from.dims;
    const auto value_name = [&](bool final) { return final ? to.value : fresh_name(to.value); };
    nn::value_id last = from.id;
    std::size_t next = 0;
    if (!view) {
        nn::node& node = from.step;
        if (node.is_matrix()) {
            const auto outputs = static_cast<std::size_t>(node.weights.dims()[0]);
            const float input_scale = m_net.values[node.inputs[0]].type.scale;
            for (std::size_t o = 0; o < outputs; ++o) {
                const float weight_scale =
                    node.weight_scales[node.weight_scales.size() == 1 ? 0 : o];
                node.multipliers.push_back((input_scale * weight_scale) / type.scale);
            }
        }
        for (const float real : from.reals) node.table.push_back(nn::quantise(real, types[0]));
        last = append(std::move(node), value_name(types.size() == 1 && from.tail.empty()), dims,
                      types[0]);
        next = 1;
    } else if (types.size() == 1 && types[0] == m_net.values[from.id].type) {
        next = 1;  // nothing changes but perhaps the dimensions
    }
    for (; next < types.size(); ++next) {
        const bool final = next + 1 == types.size() && from.tail.empty();
        std::string name = from.clipped() ? from.clip_name : to.node;
        if (next > 0) name = fresh_name(name);
        last = append(requantise_node(std::move(name), last), value_name(final), dims, types[next]);
    }
    for (std::size_t i = 0; i < from.tail.size(); ++i) {
        const tail_step& step = from.tail[i];
        nn::node node;
        node.name = step.name;
        node.kind = step.kind;
        node.geometry = step.geometry;
        node.channels = step.channels;
        node.inputs = {last};
        const nn::tensor_type same = m_net.values[last].type;
        last = append(std::move(node), value_name(i + 1 == from.tail.size()), step.dims, same);
    }
    return last;
}

nn::value_id integer_lowering::complete_border(const flow& from, const nn::tensor_type& type,
                                               const target& to) {
    const tensor& input = m_graph.tensors[m_graph.inputs[from.input]];
    const std::vector<nn::tensor_type> types = types_for(from, type, type.scale, to);
    const bool plain = types.size() == 1 && from.tail.empty();
    nn::value_id& id = m_inputs[from.input];
    if (!m_input_known[from.input]) {
        id = new_value(plain ? to.value : fresh_name(input.name), input.dims, types[0]);
        m_input_known[from.input] = true;
        m_result.float_inputs[from.input] = true;
    } else if (m_net.values[id].type != types[0]) {
        m_report.fail(to.where, "quantises the graph input " + core::quoted(input.name) +
                                    " in another way than an earlier QuantizeLinear; quantise it "
                                    "once");
    }
    if (plain) return id;
    // What follows is a view of the quantised input: the remaining clips and the tail.
    flow rest;
    rest.kind = flow::form::view;
    rest.id = id;
    rest.tail = from.tail;
    if (types.size() > 1) {
        rest.low = from.low;
        rest.high = from.high;
        rest.clip_name = from.clip_name;
    }
    return complete(std::move(rest), types.size() > 1 ? type : types[0], to);
}

}  // namespace pimvp::onnx::detail
