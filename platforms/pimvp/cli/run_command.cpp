// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>
#include <pimvp/core/text_table.h>
#include <pimvp/runner/execute.h>
#include <pimvp/runner/program_file.h>
#include <pimvp/runner/record.h>

#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

namespace pimvp::cli {
namespace {

constexpr int mismatch = 3;

struct run_options {
    design_options design;
    simulation_words simulation;
    std::string out, program, save, restore;
    std::vector<std::string> trace_also;
};

void print_layers(const runner::workload& work, const runner::run_outcome& outcome) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    const char* differ = outcome.exact ? "mismatches" : "deviations";
    text_table table{{"layer"},          {"kind"},        {"MACs", right},   {differ, right},
                     {"latency", right}, {"busy", right}, {"energy", right}, {"share", right}};
    const double all = outcome.energy.dynamic_j;
    for (const runner::layer_result& layer : outcome.layers) {
        table.row({layer.name, layer.kind + (layer.on_host ? " (host)" : ""),
                   core::grouped(layer.macs), core::grouped(layer.mismatches),
                   core::si(core::to_seconds(layer.latency_fs), "s"),
                   layer.utilisation ? core::percent(*layer.utilisation) : "",
                   core::si(layer.energy_j, "J"), core::percent(layer.energy_j / all)});
    }
    table.rule();
    table.row({"total", "", core::grouped(work.network.macs()), core::grouped(outcome.mismatches),
               core::si(core::to_seconds(outcome.latency_fs), "s"), "", core::si(all, "J"),
               core::percent(1.0)});
    std::cout << table.text() << '\n';
}

void print_totals(const runner::run_outcome& outcome) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    text_table table{{"per inference"}, {"", right}, {""}};
    table.row({"images", core::grouped(outcome.images)});
    if (outcome.top1) table.row({"top-1", core::percent(*outcome.top1, 2)});
    if (outcome.top5) table.row({"top-5", core::percent(*outcome.top5, 2)});
    if (outcome.agreement) {
        table.row({"top-1 as the float network", core::percent(*outcome.agreement, 2)});
    }
    if (outcome.kl) table.row({"KL(float || integer)", fmt::format("{:.5f} nat", *outcome.kl)});
    if (outcome.sqnr_db) {
        table.row({"signal to quantisation noise", fmt::format("{:.1f} dB", *outcome.sqnr_db)});
    }
    table.rule();
    table.row({"latency", core::si(core::to_seconds(outcome.latency_fs), "s"),
               "idle machine, doorbell to interrupt"});
    if (outcome.stream) {
        table.row({"interval", core::si(outcome.stream->interval_s, "s"),
                   std::to_string(outcome.stream->in_flight) + " in flight, " +
                       fmt::format("{:.4g} inferences/s", 1.0 / outcome.stream->interval_s)});
    }
    table.row(
        {"load", core::si(core::to_seconds(outcome.load_fs), "s"),
         outcome.load_bytes == 0 ? "none: restored" : "once, " + core::si(outcome.load_j, "J")});
    table.row({"utilisation", core::percent(outcome.utilisation, 2),
               "of " + core::si(outcome.machine.peak_ops_per_s, "op/s") + " on " +
                   fmt::format("{:.1f} mm2", outcome.machine.area_mm2)});
    table.rule();
    for (const auto& [name, joules] : outcome.energy.by_component_j) {
        if (joules <= 0.0) continue;
        table.row({name, core::si(joules, "J"), core::percent(joules / outcome.energy.dynamic_j)});
    }
    table.rule();
    table.row({"dynamic", core::si(outcome.energy.dynamic_j, "J")});
    table.row({"static", core::si(outcome.energy.static_j, "J"), "over the latency"});
    table.row({"energy", core::si(outcome.energy.total_j, "J")});
    if (outcome.stream) {
        table.row(
            {"static in a stream", core::si(outcome.stream->static_j, "J"), "over the interval"});
    }
    for (const auto& domain : outcome.energy.domains) {
        if (domain.headline) continue;
        const std::string streamed =
            outcome.stream ? ", " + core::si(outcome.stream->apart_j.at(domain.name), "J") +
                                 " over the interval"
                           : "";
        table.row(
            {domain.name, core::si(domain.joules, "J"), "static, apart from the above" + streamed});
    }
    if (outcome.chip) {
        table.row({"chip", core::si(outcome.chip->total_j, "J"),
                   core::si(outcome.chip->static_j, "J") + " of it static, over an interval of " +
                       core::si(outcome.chip->interval_s, "s")});
    }
    std::cout << table.text() << "\nThe energy rests on numbers that are";
    for (const auto& [grade, share] : outcome.energy.grade_shares()) {
        std::cout << "  " << grade << ' ' << core::percent(share);
    }
    std::cout << '\n';
}

}  // namespace

int run_command(const arguments& words) {
    namespace po = boost::program_options;
    run_options chosen;
    runner::workload_options& data = chosen.design.workload;
    po::options_description all("options");
    add_design_options(all, chosen.design);
    add_input_options(all, data);
    add_simulation_options(all, chosen.simulation);
    all.add_options()("program", po::value(&chosen.program),
                      "program image by pimvp map --out, instead of a network")(
        "save", po::value(&chosen.save), "writes the loaded board to a file, then runs")(
        "restore", po::value(&chosen.restore), "begins with a board that --save wrote, no LOAD")(
        "out", po::value(&chosen.out), "folder for run.json, host.json, outputs.npy")(
        "trace", "trace.json in --out, for Perfetto: layers, converters, mesh, jobs")(
        "trace-also", po::value(&chosen.trace_also)->composing(),
        "name with * and ?: further tracks, such as board.npu.chip0.tile3*")(
        "quiet,q", "no tables, no progress")("dump-config", "print the complete platform and end");
    po::variables_map seen;
    if (!parse(words, all, "pimvp run [options]", seen)) return 0;

    runner::execute_options options = options_of(chosen.simulation, data);
    if (!chosen.save.empty() && !chosen.restore.empty()) {
        throw core::user_error("--save", "would write again what --restore reads: leave one out");
    }
    options.save = chosen.save;
    options.restore = chosen.restore;
    options.trace_also = chosen.trace_also;
    const bool trace = seen.count("trace") != 0;
    if (!trace && !chosen.trace_also.empty()) {
        throw core::user_error("--trace-also", "adds tracks to a trace: write --trace, too");
    }
    if (trace && chosen.out.empty()) {
        throw core::user_error("--trace", "needs --out DIR, where trace.json goes");
    }
    if (!chosen.program.empty()) {
        for (const char* other : {"network", "calibrate", "calibrator", "per-tensor", "equalise",
                                  "bias-correction", "bits"}) {
            if (seen.count(other) == 0 || seen[other].defaulted()) continue;
            throw core::user_error("--" + std::string(other),
                                   "goes with a network, --program has its own: leave one out");
        }
    }
    const runner::platform target =
        runner::load_platform(chosen.design.platform, chosen.design.overrides);
    if (seen.count("dump-config") != 0) {
        std::cout << core::dump(target.params);
        return 0;
    }
    runner::mapped program;
    runner::workload work;
    if (chosen.program.empty()) {
        work = runner::load_workload(data, true);
        program = runner::map_to(
            work.network, target,
            chosen.restore.empty() ? runner::mapping_of::program : runner::mapping_of::placement);
    } else {
        runner::program_file file = runner::read_program(chosen.program);
        work = runner::load_inputs(file.network, data);
        program = runner::map_from(std::move(file), target);
    }
    std::optional<runner::record_folder> folder;
    if (!chosen.out.empty()) folder.emplace(chosen.out);

    const bool quiet = seen.count("quiet") != 0;
    options.progress = progress_line(quiet);
    std::ofstream trace_file;
    if (trace) {
        trace_file.open(folder->path() + "/trace.json");
        if (!trace_file) throw core::user_error("--trace", "trace.json cannot be written");
        options.trace = &trace_file;
    }
    const runner::run_outcome outcome = runner::execute(work, program, options);
    if (trace) {
        trace_file.close();
        if (!trace_file) throw core::user_error("--trace", "not everything could be written");
    }
    const auto record = runner::run_record(work, program, options, outcome);
    if (folder) folder->write(record, outcome);
    if (!quiet) {
        std::cout << title_of(work.network) << " on " << target.name << ", "
                  << program.placement.tiles
                  << (program.placement.tiles == 1 ? " tile\n\n" : " tiles\n\n");
        print_layers(work, outcome);
        print_totals(outcome);
    }
    return outcome.exact && outcome.mismatches != 0 ? mismatch : 0;
}

}  // namespace pimvp::cli
