// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/fingerprint.h>

#include <pimvp/core/bytes.h>
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

}  // namespace

std::string fingerprint(const network& net) {
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

}  // namespace pimvp::nn
