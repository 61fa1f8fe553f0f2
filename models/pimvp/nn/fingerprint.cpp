// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/fingerprint.h>

#include <pimvp/core/bytes.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/sha256.h>

namespace pimvp::nn {
namespace {

void put(core::byte_writer& to, const tensor_type& type) {
    to.put(type.bits);
    to.put(static_cast<int>(type.is_signed));
    to.put(type.scale);
    to.put(type.zero_point);
}

void put(core::byte_writer& to, const node& n) {
    to.put(static_cast<int>(n.kind));
    to.put_list(n.inputs);
    to.put(n.output);
    const window& w = n.geometry;
    for (const int each :
         {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.pad_top, w.pad_left, w.pad_bottom,
          w.pad_right, w.dilation_h, w.dilation_w, n.groups, static_cast<int>(n.count_include_pad),
          w.overhang_bottom, w.overhang_right}) {
        to.put(each);
    }
    put(to, n.weights.type());
    to.put_list(n.weights.dims());
    to.put(core::sha256(n.weights.bytes(), n.weights.byte_count()));
    to.put_list(n.weight_scales);
    to.put_list(n.bias);
    to.put_list(n.multipliers);
    to.put_list(n.table);
    to.put_list(n.channels);
}

void put(core::byte_writer& to, const precision_plan& plan) {
    const precision_rule& rule = plan.rule;
    for (const int each : {static_cast<int>(rule.policy), static_cast<int>(rule.statistic),
                           static_cast<int>(rule.rounding), static_cast<int>(rule.order)}) {
        to.put(each);
    }
    to.put(rule.widths);
    to.put(rule.group_size);
    for (const auto& [name, layer] : plan.layers) {
        to.put(core::sha256(name.data(), name.size()));
        to.put(layer.drop);
        to.put(layer.keep);
        to.put_list(layer.thresholds);
    }
}

}  // namespace

std::string integers_fingerprint(const network& net) {
    core::byte_writer text;
    for (const value& v : net.values) {
        text.put_list(v.dims);
        put(text, v.type);
    }
    for (const node& n : net.nodes) put(text, n);
    text.put_list(net.inputs);
    text.put_list(net.outputs);
    for (const host_step& step : net.host_steps) {
        text.put(static_cast<int>(step.kind));
        text.put(static_cast<std::uint64_t>(step.output));
        text.put(step.axis);
    }
    return core::sha256_hex(text.bytes());
}

std::string fingerprint(const network& net) {
    std::string integers = integers_fingerprint(net);
    if (!net.precision) return integers;
    core::byte_writer text;
    text.put(core::sha256(integers.data(), integers.size()));
    put(text, *net.precision);
    return core::sha256_hex(text.bytes());
}

void check_plan_belongs(const network& net, const std::string& file) {
    if (!net.precision) return;
    const std::string integers = integers_fingerprint(net);
    if (net.precision->network == integers) return;
    throw core::user_error(
        "precision.network",
        "the plan was made for integers " + core::quoted(net.precision->network) + ", these are '" +
            integers +
            "': make it anew with pimvp quantize --redy, or run the network that "
            "it belongs to",
        {file, 0, 0});
}

}  // namespace pimvp::nn
