// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/quantising.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/sha256.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/metrics.h>
#include <pimvp/onnx/export.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace pimvp::runner {
namespace {

using json = nlohmann::ordered_json;

/// Empty if there is no such file.
std::string sha256_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    return core::sha256_hex(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::optional<double> finite(double value) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

json or_null(const std::optional<double>& value) {
    return value ? json(*value) : json(nullptr);
}

closeness closeness_of(const nn::deviation& apart) {
    return {apart.count(), apart.kl(), finite(apart.sqnr_db()), apart.agreement(), {}, {}};
}

closeness on_inputs(const workload& work) {
    const nn::network& net = work.network;
    nn::float_executor real(*work.floating);
    nn::executor reference(net);
    nn::deviation apart;
    nn::accuracy right, float_right;
    for (std::size_t i = 0; i < work.inputs.size(); ++i) {
        real.run(work.inputs[i]);
        reference.run({nn::quantise(work.inputs[i][0], net.values[net.inputs[0]].type)});
        const std::vector<float>& wanted = real.value(work.floating->outputs[0]).data;
        const std::vector<float> got = nn::dequantise(reference.value(net.outputs[0])).data;
        apart.add(wanted, got);
        if (work.labels.empty()) continue;
        right.add(got, work.labels[i]);
        float_right.add(wanted, work.labels[i]);
    }
    closeness result = closeness_of(apart);
    if (!work.labels.empty()) {
        result.top1 = right.top1();
        result.float_top1 = float_right.top1();
    }
    return result;
}

json closeness_record(const closeness& near) {
    return {{"inputs", near.inputs},
            {"kl", near.kl},
            {"sqnr_db", or_null(near.sqnr_db)},
            {"agreement", near.agreement},
            {"top1", or_null(near.top1)},
            {"float_top1", or_null(near.float_top1)}};
}

json layer_record(const std::string& name, const std::string& kind, const nn::value& output,
                  const nn::layer_study::figures& seen) {
    return {{"name", name},
            {"kind", kind},
            {"activation_bits", output.type.bits},
            {"scale", output.type.scale},
            {"zero_point", output.type.zero_point},
            {"clipped_activations", seen.clipped_activations},
            {"weight_bits", nullptr},
            {"clipped_weights", or_null(seen.clipped_weights)},
            {"sqnr_db", or_null(finite(seen.sqnr_db))},
            {"own_sqnr_db", or_null(finite(seen.own_sqnr_db))}};
}

}  // namespace

quantised_work quantise_to(const std::string& path, const workload_options& source,
                           const std::optional<nn::precision_goal>& goal) {
    if (std::filesystem::path(path).extension() != ".onnx") {
        throw core::user_error(
            "--out", core::quoted(path) +
                         " must end in .onnx: that is how --network tells a file from a name");
    }
    quantised_work made;
    made.work = load_workload(source, !source.input.empty(), &made.data);
    if (!made.work.floating && !goal) {
        throw core::user_error(source.network,
                               "is an integer network already: run it as it is, or quantise its "
                               "float original");
    }
    const std::string& read =
        made.work.floating ? made.work.floating->sha256 : made.work.network.sha256;
    if (!read.empty() && sha256_of(path) == read) {
        throw core::user_error("--out", core::quoted(path) + " is the " +
                                            (made.work.floating ? "float" : "integer") +
                                            " network, which would be lost: choose another name");
    }
    if (goal) {
        if (made.data.calibration.empty()) {
            throw core::user_error(source.network,
                                   "has integers already: give inputs to calibrate their precision "
                                   "on with --calibrate FILE.npy");
        }
        made.precision = plan_precision(made.work, made.data.calibration, *goal);
    }
    onnx::export_file(made.work.network, path);
    return made;
}

quantise_report study(const quantised_work& made) {
    const workload& work = made.work;
    nn::layer_study watch(made.data.equalised ? *made.data.equalised : *work.floating,
                          work.network);
    for (const auto& input : made.data.calibration) watch.add(input);
    quantise_report report;
    for (std::size_t i = 0; i < work.network.inputs.size(); ++i) {
        report.inputs.push_back(watch.of_input(i));
    }
    for (std::size_t i = 0; i < work.network.nodes.size(); ++i) {
        report.layers.push_back(watch.of(i));
    }
    report.on_calibration = closeness_of(watch.scores());
    if (!work.inputs.empty()) report.on_inputs = on_inputs(work);
    return report;
}

json flow_record(const quantising& made) {
    const nn::quantise_flow& flow = made.flow;
    json layers = json::object();
    for (const auto& [name, bits] : flow.integers.bits.layers) {
        layers[name] = json::object();
        if (bits.weights) layers[name]["weights"] = *bits.weights;
        if (bits.activations) layers[name]["activations"] = *bits.activations;
    }
    return {{"calibrator", flow.ranges.text()},
            {"calibration_inputs", made.calibration_inputs},
            {"weight_scales", flow.integers.per_channel ? "per channel" : "per tensor"},
            {"equalise", flow.equalise},
            {"bias_correction", flow.bias_correction},
            {"bits",
             {{"weights", flow.integers.bits.weights},
              {"activations", flow.integers.bits.activations},
              {"layers", layers}}}};
}

json report_record(const quantised_work& made, const std::optional<quantise_report>& report) {
    const nn::network& net = made.work.network;
    json record = {{"schema", 1},
                   {"network",
                    {{"name", net.name},
                     {"sha256", made.work.floating ? made.work.floating->sha256 : net.sha256},
                     {"integers_sha256", nn::integers_fingerprint(net)}}},
                   {"precision", made.work.made ? flow_record(*made.work.made) : json(nullptr)}};
    if (report) {
        json layers = json::array();
        for (std::size_t i = 0; i < net.inputs.size(); ++i) {
            const nn::value& input = net.values[net.inputs[i]];
            layers.push_back(layer_record(input.name, "input", input, report->inputs[i]));
        }
        for (std::size_t i = 0; i < net.nodes.size(); ++i) {
            const nn::node& n = net.nodes[i];
            layers.push_back(layer_record(n.name, std::string(to_string(n.kind)),
                                          net.values[n.output], report->layers[i]));
            if (n.is_matrix()) layers.back()["weight_bits"] = n.weights.type().bits;
        }
        record["on_calibration"] = closeness_record(report->on_calibration);
        record["on_inputs"] =
            report->on_inputs ? closeness_record(*report->on_inputs) : json(nullptr);
        record["layers"] = layers;
    }
    if (made.precision) record["redy"] = precision_record(net, *made.precision);
    return record;
}

}  // namespace pimvp::runner
