// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/file.h>
#include <pimvp/core/text_table.h>
#include <pimvp/runner/quantising.h>

#include <fmt/format.h>

#include <cmath>
#include <iostream>

namespace pimvp::cli {
namespace {

/// "8 per channel"
std::string weights_text(const nn::node& node) {
    if (!node.is_matrix()) return {};
    return std::to_string(node.weights.type().bits) + " per " +
           (node.weight_scales.size() == 1 ? "tensor" : "channel");
}

std::string decibels(double value) {
    return std::isfinite(value) ? fmt::format("{:.1f} dB", value) : "exact";
}

std::string share(const std::optional<double>& value) {
    if (!value) return {};
    return *value == 0.0 ? "0" : fmt::format("{:.3g} %", *value * 100.0);
}

/// One row: what a layer gives, what its integers mean and what they miss.
void add_row(core::text_table& table, const std::string& layer, const std::string& kind,
             const std::string& weights, const nn::value& output,
             const nn::layer_study::figures& seen) {
    const nn::tensor_type& type = output.type;
    table.row({layer, kind, nn::to_string(output.dims), weights, share(seen.clipped_weights),
               std::to_string(type.bits), fmt::format("{:.6g}", type.scale),
               std::to_string(type.zero_point), share(seen.clipped_activations),
               decibels(seen.own_sqnr_db), decibels(seen.sqnr_db)});
}

void print_layers(const nn::network& network, const runner::quantise_report& report) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    text_table table{{"layer"},          {"kind"},
                     {"output"},         {"weight bits"},
                     {"clipped", right}, {"value bits", right},
                     {"scale", right},   {"zero point", right},
                     {"clipped", right}, {"S/N alone", right},
                     {"S/N", right}};
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const nn::value& input = network.values[network.inputs[i]];
        add_row(table, input.name, "input", {}, input, report.inputs[i]);
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const nn::node& node = network.nodes[i];
        add_row(table, node.name, std::string(to_string(node.kind)), weights_text(node),
                network.values[node.output], report.layers[i]);
    }
    std::cout << table.text();
}

void print_closeness(const std::string& on, const runner::closeness& near) {
    std::cout << fmt::format("on {} {} inputs: KL(float || integer) {:.5f} nat, S/N {}, ",
                             near.inputs, on, near.kl,
                             near.sqnr_db ? decibels(*near.sqnr_db) : "exact")
              << "top-1 as the float network " << core::percent(near.agreement, 2);
    if (near.top1) {
        std::cout << ", right " << core::percent(*near.top1, 2) << " (float "
                  << core::percent(*near.float_top1, 2) << ')';
    }
    std::cout << '\n';
}

}  // namespace

int quantize_command(const arguments& words) {
    namespace po = boost::program_options;
    runner::workload_options source;
    std::string out, report_file;
    po::options_description all("options");
    all.add_options()("help,h", "this text")("network", po::value(&source.network)->required(),
                                             "float network: shipped name or FILE.onnx");
    add_quantise_options(all, source);
    all.add_options()("out", po::value(&out)->required(), "the integer network, an .onnx file")(
        "report", po::value(&report_file), "file for the table as JSON")(
        "input", po::value(&source.input), "inputs to compare with the float network on (.npy)")(
        "labels", po::value(&source.labels), "classes of these inputs (.npy)")(
        "images", po::value(&source.images), "the first N inputs, or those from A to B: A-B")(
        "quiet,q", "no table");
    po::variables_map seen;
    if (!parse(words, all, "pimvp quantize --network NAME|FILE.onnx --out FILE.onnx [options]",
               seen)) {
        return 0;
    }
    const runner::quantised_work made = runner::quantise_to(out, source);
    const bool quiet = seen.count("quiet") != 0;
    if (quiet && report_file.empty()) return 0;
    const runner::quantise_report report = runner::study(made);
    if (!report_file.empty()) {
        core::write_file(report_file, runner::report_record(made, report).dump(2) + "\n");
    }
    if (quiet) return 0;
    std::cout << made.work.network.name << " in integers, written to " << out << "\n\n";
    print_layers(made.work.network, report);
    std::cout << '\n';
    print_closeness("calibration", report.on_calibration);
    if (report.on_inputs) print_closeness("other", *report.on_inputs);
    return 0;
}

}  // namespace pimvp::cli
