// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/file.h>
#include <pimvp/core/text_table.h>
#include <pimvp/runner/platform.h>

#include <iostream>

namespace pimvp::cli {
namespace {

/// 3, 4, 5, 9 as "3-5 9".
std::string ranges(const std::vector<std::uint32_t>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        if (!text.empty()) text += ' ';
        text += std::to_string(numbers[i]);
        if (last != i) text += '-' + std::to_string(numbers[last]);
        i = last + 1;
    }
    return text;
}

}  // namespace

int map_command(const arguments& words) {
    design_options chosen;
    boost::program_options::options_description all("options");
    add_design_options(all, chosen);
    std::string out;
    all.add_options()("out", boost::program_options::value(&out),
                      "file for the program image, for run --program");
    boost::program_options::variables_map seen;
    if (!parse(words, all, "pimvp map [options]", seen)) return 0;
    const runner::platform target = runner::load_platform(chosen.platform, chosen.overrides);
    const runner::workload work = runner::load_workload(chosen.workload, false);
    const runner::mapped made =
        runner::map_to(work.network, target,
                       out.empty() ? runner::mapping_of::placement : runner::mapping_of::file);
    if (!out.empty()) core::write_file(out, made.image.data(), made.image.size());

    using core::text_table;
    constexpr auto right = text_table::align::right;
    text_table table{{"layer"},
                     {"kind"},
                     {"MACs", right},
                     {"windows", right},
                     {"blocks", right},
                     {"copies", right},
                     {"crossbars", right},
                     {"IMAs", right},
                     {"conversions", right},
                     {"tiles"}};
    std::uint64_t macs = 0, conversions = 0, imas = 0;
    for (const isaac_like::layer_placement& layer : made.placement.layers) {
        const nn::node& node = work.network.nodes[layer.node];
        table.row(
            {node.name, std::string(to_string(node.kind)), core::grouped(layer.macs),
             core::grouped(layer.windows),
             layer.arrays == 0
                 ? ""
                 : std::to_string(layer.row_blocks) + " x " + std::to_string(layer.column_blocks),
             std::to_string(layer.copies), core::grouped(layer.arrays * layer.copies),
             core::grouped(layer.imas), core::grouped(layer.conversions), ranges(layer.tiles)});
        macs += layer.macs;
        conversions += layer.conversions;
        imas += layer.imas;
    }
    table.rule();
    table.row({"total", "", core::grouped(macs), "", "", "", core::grouped(made.placement.arrays),
               core::grouped(imas), core::grouped(conversions),
               std::to_string(made.placement.tiles) + " on " +
                   std::to_string(made.placement.chips) +
                   (made.placement.chips == 1 ? " chip" : " chips")});
    std::cout << title_of(work.network) << " on " << target.name << "\n\n" << table.text();
    const core::duration cycle = made.target.isaac().tile.ima.crossbar.cycle.value;
    std::cout << "\nThe crossbars take "
              << core::si(core::to_seconds(made.placement.interval_cycles * cycle.fs), "s")
              << " for an image of a stream.\n";
    if (!out.empty()) {
        std::cout << '\n' << out << ": " << core::grouped(made.image.size()) << " bytes\n";
    }
    return 0;
}

}  // namespace pimvp::cli
