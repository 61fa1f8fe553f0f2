// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/text_table.h>
#include <pimvp/runner/quantising.h>

#include <fmt/format.h>

#include <iostream>

namespace pimvp::cli {
namespace {

/// "8 bits per channel"
std::string weights_text(const nn::node& node) {
    if (!node.is_matrix()) return {};
    return std::to_string(node.weights.type().bits) + " bits per " +
           (node.weight_scales.size() == 1 ? "tensor" : "channel");
}

/// One row: what a layer takes, what it gives and what its integers mean.
void add_row(core::text_table& table, const std::string& layer, const std::string& kind,
             const std::string& input, const std::string& weights, const nn::value& output) {
    const nn::tensor_type& type = output.type;
    table.row({layer, kind, input, nn::to_string(output.dims), weights,
               fmt::format("{}int{}", type.is_signed ? "" : "u", type.bits),
               fmt::format("{:.6g}", type.scale), std::to_string(type.zero_point)});
}

void print_layers(const nn::network& network) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    text_table table{{"layer"},   {"kind"},   {"input"},        {"output"},
                     {"weights"}, {"values"}, {"scale", right}, {"zero point", right}};
    for (const nn::value_id id : network.inputs) {
        add_row(table, network.values[id].name, "input", {}, {}, network.values[id]);
    }
    for (const nn::node& node : network.nodes) {
        std::string taken;
        for (const nn::value_id id : node.inputs) {
            taken += (taken.empty() ? "" : " + ") + nn::to_string(network.values[id].dims);
        }
        add_row(table, node.name, std::string(to_string(node.kind)), taken, weights_text(node),
                network.values[node.output]);
    }
    std::cout << table.text();
}

}  // namespace

int quantize_command(const arguments& words) {
    namespace po = boost::program_options;
    runner::workload_options source;
    std::string out;
    po::options_description all("options");
    all.add_options()("help,h", "this text")("network", po::value(&source.network)->required(),
                                             "float network: shipped name or FILE.onnx")(
        "calibrate", po::value(&source.calibrate),
        "inputs that show the ranges of its values (.npy); a shipped network has its own")(
        "preprocess", po::value(&source.preprocess), "how uint8 images become inputs (.yaml)")(
        "out", po::value(&out)->required(), "the integer network, an .onnx file")("quiet,q",
                                                                                  "no table");
    po::variables_map seen;
    if (!parse(words, all, "pimvp quantize --network NAME|FILE.onnx --out FILE.onnx [options]",
               seen)) {
        return 0;
    }
    const nn::network network = runner::quantise_to(out, source);
    if (seen.count("quiet") == 0) {
        std::cout << network.name << " in integers, written to " << out << "\n\n";
        print_layers(network);
    }
    return 0;
}

}  // namespace pimvp::cli
