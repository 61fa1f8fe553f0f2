// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/file.h>
#include <pimvp/core/text_table.h>
#include <pimvp/runner/inspect.h>

#include <fmt/format.h>
#include <iostream>
#include <string>

namespace pimvp::cli {
namespace {

void print(const runner::workload& work, const runner::network_statistics& seen) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    text_table table{{"layer"},
                     {"kind"},
                     {"output"},
                     {"MACs", right},
                     {"weights", right},
                     {"zero", right},
                     {"unique", right},
                     {"per output", right},
                     {"per input", right},
                     {"input bits", right},
                     {"output zero", right}};
    std::uint64_t weights = 0, zeros = 0;
    for (const runner::layer_statistics& layer : seen.layers) {
        const nn::node& n = work.network.nodes[layer.node];
        const nn::value& out = work.network.values[n.output];
        std::vector<std::string> row{
            n.name, std::string(to_string(n.kind)), nn::to_string(out.dims), "", "", "", "", "", "",
            ""};
        if (layer.weights) {
            const nn::weight_profile& w = *layer.weights;
            row = {row[0],
                   row[1],
                   row[2],
                   core::grouped(work.network.macs(n)),
                   core::grouped(w.count),
                   core::percent(static_cast<double>(w.zeros) / static_cast<double>(w.count)),
                   std::to_string(w.unique),
                   fmt::format("{:.1f}", w.unique_per_output),
                   fmt::format("{:.1f}", w.unique_per_input),
                   fmt::format("{:.2f}", layer.inputs.mean_bits())};
            weights += w.count;
            zeros += w.zeros;
        }
        row.push_back(core::percent(layer.outputs.share(out.type.zero_point)));
        table.row(std::move(row));
    }
    table.rule();
    table.row({"total", "", "", core::grouped(work.network.macs()), core::grouped(weights),
               weights == 0
                   ? ""
                   : core::percent(static_cast<double>(zeros) / static_cast<double>(weights))});
    std::cout << work.network.name << ", " << work.network.weights << " weights, " << seen.images
              << (seen.images == 1 ? " image\n\n" : " images\n\n") << table.text()
              << "\nunique: different weights in a layer, per output (mean), per input (mean).\n"
                 "input bits: the mean that groups of inputs need, see pimvp inspect --help.\n";
}

}  // namespace

int inspect_command(const arguments& words) {
    namespace po = boost::program_options;
    runner::workload_options source;
    std::string out, group, threads;
    po::options_description all("options");
    all.add_options()("help,h", "this text");
    add_network_options(all, source);
    add_input_options(all, source);
    all.add_options()("group", po::value(&group)->default_value("128"),
                      "elements of an im2col window that share their bits, 1 to 65536")(
        "threads", po::value(&threads)->default_value(threads_here()), "of this computer")(
        "out", po::value(&out), "file for all of it, histograms included (.json)")(
        "quiet,q", "no table, no progress");
    po::variables_map seen;
    if (!parse(words, all, "pimvp inspect [options]", seen)) return 0;
    runner::inspect_options options;
    options.group_size = whole_number("--group", group, 1, 1U << 16U);
    options.threads = static_cast<unsigned>(whole_number("--threads", threads, 1, 256));
    const bool quiet = seen.count("quiet") != 0;
    options.progress = progress_line(quiet);

    const runner::workload work = runner::load_workload(source, true);
    const runner::network_statistics statistics = runner::inspect(work, options);
    if (!out.empty()) {
        core::write_file(out, runner::inspect_record(work, statistics).dump(1) + "\n");
    }
    if (!quiet) print(work, statistics);
    return 0;
}

}  // namespace pimvp::cli
