// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/runner/firmware.h>

#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/sha256.h>
#include <pimvp/core/text_table.h>
#include <pimvp/cpu/gdb_stub.h>
#include <pimvp/runner/record.h>

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

namespace pimvp::cli {
namespace {

constexpr int mismatch = 3, software_failed = 4;

struct vp_options {
    std::string board, elf, print, serial, limit, quantum, style, out;
    std::vector<std::string> overrides, networks, loads, debuggers;
    runner::workload_options data;
};

/// FILE@ADDRESS
runner::firmware_blob blob_of(const std::string& text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string::npos) {
        throw core::user_error("--load " + text, "names no address: FILE@ADDRESS");
    }
    runner::firmware_blob blob;
    blob.name = text;
    const std::string problem = core::parse_into(text.substr(at + 1), blob.address);
    if (!problem.empty()) throw core::user_error("--load " + text, problem);
    blob.bytes = core::read_file(text.substr(0, at), std::uint64_t{1} << 30U);
    return blob;
}

/// PORT[@CPU], the first core if none is named; says on which port it waits.
void add_debugger(const std::string& text, const runner::platform& target,
                  std::vector<std::unique_ptr<cpu::gdb_stub>>& stubs,
                  runner::firmware_options& options) {
    const std::size_t at = text.find('@');
    if (target.params.cpus.empty()) return;  // refused with a better reason
    const std::string name =
        at == std::string::npos ? target.params.cpus.begin()->first : text.substr(at + 1);
    if (target.params.cpus.count(name) == 0) {
        throw core::user_error("--gdb " + text, "the board has no core " + core::quoted(name));
    }
    if (options.debuggers.count(name) != 0) {
        throw core::user_error("--gdb " + text, core::quoted(name) + " has a debugger already");
    }
    cpu::gdb_stub::options chosen;
    chosen.port = static_cast<std::uint16_t>(whole_number("--gdb", text.substr(0, at), 0, 65535));
    stubs.push_back(std::make_unique<cpu::gdb_stub>(chosen));
    options.debuggers[name] = stubs.back().get();
    std::cerr << name << " waits for gdb: target remote :" << stubs.back()->port() << std::endl;
}

/// What a board looks like to software; nothing is simulated.
std::string printed(const runner::platform& target, const std::string& what) {
    core::context context;
    const board::board platform("board", context, target.params, runner::known_iss());
    if (what == "map") return platform.map_text();
    if (what == "header") return platform.map_header();
    if (what == "device-tree") return platform.device_tree();
    throw core::user_error("--print",
                           core::quoted(what) + " is none of map, header and device-tree");
}

void print_outcome(const runner::firmware_outcome& outcome) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    std::cout << '\n' << outcome.map << '\n';
    text_table cores{{{"core"}, {"instructions", right}, {"cycles", right}, {"CPI", right}}};
    for (const auto& [name, core] : outcome.cores) {
        const auto instructions = static_cast<double>(core.instructions);
        cores.row({name, core::grouped(core.instructions), core::grouped(core.cycles),
                   core.instructions == 0
                       ? ""
                       : fmt::format("{:.2f}", static_cast<double>(core.cycles) / instructions)});
    }
    std::cout << cores.text() << '\n';
    if (!outcome.networks.empty()) {
        text_table networks{{{"network"},
                             {"on"},
                             {"inferences", right},
                             {"outputs", right},
                             {"mismatches", right}}};
        for (const auto& each : outcome.networks) {
            networks.row({each.name, each.accelerator, core::grouped(each.inferences),
                          core::grouped(each.elements),
                          core::grouped(each.mismatches) + (each.exact ? "" : " deviations")});
        }
        std::cout << networks.text() << '\n';
    }
    std::cout << "ended with code " << outcome.code << " after "
              << core::si(core::to_seconds(outcome.end_fs), "s") << ", "
              << core::si(outcome.energy.total_j, "J") << '\n';
}

}  // namespace

int vp_command(const arguments& words) {
    namespace po = boost::program_options;
    vp_options chosen;
    po::options_description all("options");
    all.add_options()("help,h", "this text")("board", po::value(&chosen.board)->required(),
                                             "board document (.yaml)")(
        "set", po::value(&chosen.overrides)->composing(), "path=value: changes the document")(
        "elf", po::value(&chosen.elf), "firmware: a RISC-V executable")(
        "print", po::value(&chosen.print),
        "map, header (C) or device-tree of the board, and nothing else")(
        "network", po::value(&chosen.networks)->composing(),
        "NAME[@ACCELERATOR]: programs, inputs and room for outputs are placed for the firmware; "
        "several times for several networks")("load", po::value(&chosen.loads)->composing(),
                                              "FILE@ADDRESS: bytes placed in memory")(
        "gdb", po::value(&chosen.debuggers)->composing(),
        "PORT[@CPU]: the core waits for gdb on this port of this computer; 0 picks one")(
        "uart", po::value(&chosen.serial),
        "file for what the UART writes, instead of the terminal")(
        "quantum", po::value(&chosen.quantum)->default_value("10 us"),
        "how far a core runs ahead of simulated time; 0 s = exact")(
        "coding-style", po::value(&chosen.style)->default_value("lt"), "lt or at")(
        "max-sim-time", po::value(&chosen.limit), "gives up after that simulated time: 10 ms")(
        "out", po::value(&chosen.out), "folder for vp.json")(
        "trace", "trace.json in --out, for Perfetto")("quiet,q", "no tables");
    add_input_options(all, chosen.data);
    add_quantise_options(all, chosen.data);
    po::positional_options_description positions;
    positions.add("board", 1);
    po::variables_map seen;
    if (!parse(words, all, "pimvp vp BOARD.yaml --elf FIRMWARE.elf [options]", seen, positions)) {
        return 0;
    }
    runner::platform target = runner::load_platform(chosen.board, chosen.overrides);
    if (!chosen.print.empty()) {
        std::cout << printed(target, chosen.print);
        return 0;
    }
    if (chosen.elf.empty()) throw core::user_error("--elf", "names no firmware to run");
    const bool trace = seen.count("trace") != 0;
    if (trace && chosen.out.empty()) {
        throw core::user_error("--trace", "needs --out DIR, where trace.json goes");
    }
    const std::string elf = core::read_file(chosen.elf, std::uint64_t{1} << 30U);
    const cpu::elf_program firmware = cpu::read_elf(elf, chosen.elf);

    runner::firmware_options options;
    options.context.style = style_of(chosen.style);
    options.context.quantum_fs = duration_of("--quantum", chosen.quantum).fs;
    if (!chosen.limit.empty()) {
        options.limit_fs = duration_of("--max-sim-time", chosen.limit).fs;
    }
    for (const std::string& each : chosen.loads) options.blobs.push_back(blob_of(each));
    std::vector<runner::firmware_network> networks =
        runner::map_for_firmware(chosen.networks, chosen.data, target);
    std::optional<runner::record_folder> folder;
    if (!chosen.out.empty()) folder.emplace(chosen.out);
    std::ofstream serial, trace_file;
    if (!chosen.serial.empty()) {
        serial.open(chosen.serial, std::ios::binary);
        if (!serial) throw core::user_error("--uart " + chosen.serial, "cannot be written");
    }
    options.serial = chosen.serial.empty() ? &std::cout : &serial;
    if (trace) {
        trace_file.open(folder->path() + "/trace.json");
        if (!trace_file) throw core::user_error("--trace", "trace.json cannot be written");
        options.trace = &trace_file;
    }
    std::vector<std::unique_ptr<cpu::gdb_stub>> stubs;
    for (const std::string& each : chosen.debuggers) add_debugger(each, target, stubs, options);
    const runner::firmware_outcome outcome =
        runner::run_firmware(target, firmware, std::move(networks), options);
    if (folder) {
        const auto record =
            runner::firmware_record(target, core::sha256_hex(elf), options, outcome);
        core::write_file(folder->path() + "/vp.json", record.dump(2) + "\n");
    }
    std::cout.flush();
    const auto complete = [](std::ofstream& file, const std::string& option) {
        if (!file.is_open()) return;
        file.close();
        if (!file) throw core::user_error(option, "not everything could be written");
    };
    complete(serial, "--uart " + chosen.serial);
    complete(trace_file, "--trace");
    if (seen.count("quiet") == 0) print_outcome(outcome);
    if (outcome.code != 0) return software_failed;
    for (const auto& each : outcome.networks) {
        if (each.exact && each.mismatches != 0) return mismatch;
    }
    return 0;
}

}  // namespace pimvp::cli
