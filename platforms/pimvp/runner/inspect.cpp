// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/inspect.h>

#include <pimvp/runner/expectations.h>

#include <pimvp/nn/fingerprint.h>

#include <utility>

namespace pimvp::runner {

network_statistics inspect(const workload& work, const inspect_options& options) {
    const nn::network& net = work.network;
    nn::inspection seen(net, options.group_size);
    expectations expected(work, {}, 1, options.threads);
    for (std::size_t i = 0; i < work.inputs.size(); ++i) {
        seen.add(*expected.of(i).reference);
        expected.release(i);
        if (options.progress) options.progress(i + 1, work.inputs.size());
    }
    network_statistics result;
    result.images = seen.runs();
    for (std::uint32_t i = 0; i < net.nodes.size(); ++i) {
        layer_statistics layer;
        layer.node = i;
        if (net.nodes[i].is_matrix()) layer.weights = nn::profile_weights(net.nodes[i]);
        layer.outputs = seen.outputs_of(i);
        layer.inputs = seen.inputs_of(i);
        result.layers.push_back(std::move(layer));
    }
    return result;
}

nlohmann::ordered_json inspect_record(const workload& work, const network_statistics& seen) {
    using json = nlohmann::ordered_json;
    const nn::network& net = work.network;
    const auto histogram = [](const nn::value_histogram& h) {
        return json{{"lowest", h.lowest}, {"counts", h.counts}};
    };
    json record;
    record["schema"] = 1;
    record["network"] = {
        {"name", net.name}, {"sha256", net.sha256}, {"integers_sha256", nn::fingerprint(net)}};
    record["weights"] = net.weights;
    record["images"] = seen.images;
    record["layers"] = json::array();
    for (const layer_statistics& layer : seen.layers) {
        const nn::node& n = net.nodes[layer.node];
        const nn::tensor_type& type = net.values[n.output].type;
        json entry{{"name", n.name},
                   {"kind", to_string(n.kind)},
                   {"output", net.values[n.output].dims},
                   {"macs", net.macs(n)},
                   {"output_zero_share", layer.outputs.share(type.zero_point)},
                   {"output_histogram", histogram(layer.outputs)}};
        if (layer.weights) {
            const nn::weight_profile& w = *layer.weights;
            entry["weights"] = {{"count", w.count},
                                {"zeros", w.zeros},
                                {"unique", w.unique},
                                {"unique_per_output_mean", w.unique_per_output},
                                {"unique_per_output_max", w.most_per_output},
                                {"unique_per_input_mean", w.unique_per_input},
                                {"unique_per_input_max", w.most_per_input},
                                {"histogram", histogram(w.values)}};
            entry["input_groups"] = {{"size", layer.inputs.group_size},
                                     {"mean_bits", layer.inputs.mean_bits()},
                                     {"groups_by_bits", layer.inputs.counts}};
        }
        record["layers"].push_back(std::move(entry));
    }
    return record;
}

}  // namespace pimvp::runner
