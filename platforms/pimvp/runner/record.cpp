// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/record.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/parameters.h>
#include <pimvp/isaac_like/precision.h>
#include <pimvp/nn/npy.h>
#include <pimvp/runner/fidelity.h>
#include <pimvp/runner/quantising.h>

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace pimvp::runner {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

json or_null(const std::optional<double>& value) {
    return value ? json(*value) : json(nullptr);
}

json sorted(const std::map<std::string, double>& values) {
    json object = json::object();
    for (const auto& [key, value] : values) object[key] = value;
    return object;
}

json counted(const std::map<std::string, std::uint64_t>& values) {
    json object = json::object();
    for (const auto& [key, value] : values) {
        if (value != 0) object[key] = value;
    }
    return object;
}

/// Static energy outside of the headline, by domain.
json apart_of(const core::energy_report& energy) {
    json apart = json::object();
    for (const core::domain_energy& domain : energy.domains) {
        if (!domain.headline) apart[domain.name] = domain.joules;
    }
    return apart;
}

/// What the crossbars of a layer were driven with.
json precision_of(const layer_result& layer) {
    if (!layer.precision) return nullptr;
    return {{"input_bits", layer.precision->input_bits},
            {"average_bits", layer.precision->average_bits},
            {"histogram", layer.precision->histogram}};
}

/// Bits of the widest integers, and how they were made, if they were.
json precision_of(const workload& work, const mapped& program, const run_outcome& outcome) {
    const nn::network& net = work.network;
    int weight_bits = 0, activation_bits = 0;
    for (const nn::value& v : net.values) activation_bits = std::max(activation_bits, v.type.bits);
    for (const nn::node& n : net.nodes) {
        if (n.is_matrix()) weight_bits = std::max(weight_bits, n.weights.type().bits);
    }
    json precision = {{"weight_bits", weight_bits}, {"activation_bits", activation_bits}};
    precision["flow"] = work.made ? flow_record(*work.made) : json(nullptr);
    const reram::quantiser_params& quantiser = program.target.isaac().tile.quantiser;
    const bool cuts = quantiser.is_there();
    precision["policy"] =
        cuts ? json(nn::to_string(isaac_like::rule_of(quantiser).policy)) : json(nullptr);
    precision["average_bits"] = outcome.average_bits;
    return precision;
}

}  // namespace

nlohmann::ordered_json run_record(const workload& work, const mapped& program,
                                  const execute_options& options, const run_outcome& outcome) {
    const nn::network& net = work.network;
    const double latency = core::to_seconds(outcome.latency_fs);
    const core::energy_report& energy = outcome.energy;
    json record;
    record["schema"] = 1;
    record["pimvp_version"] = PIMVP_VERSION;
    record["platform"] = program.target.name;
    record["network"] = {
        {"name", net.name}, {"sha256", net.sha256}, {"integers_sha256", program.fingerprint}};
    record["config_hash"] = core::config_hash(program.target.params);
    record["seed"] = options.context.seed;
    record["coding_style"] = core::to_string(options.context.style);
    record["quantum_s"] = core::to_seconds(options.context.quantum_fs);
    record["weights"] = net.weights;
    record["fidelity"] = fidelity_of(program.target.isaac().tile.ima, options.context.seed);
    record["precision"] = precision_of(work, program, outcome);
    record["results"] = {{"images", outcome.images},
                         {"exact", outcome.exact},
                         {"mismatches", outcome.exact ? outcome.mismatches : 0},
                         {"deviations", outcome.exact ? 0 : outcome.mismatches},
                         {"top1", or_null(outcome.top1)},
                         {"top5", or_null(outcome.top5)},
                         {"perplexity", nullptr},
                         {"kl", or_null(outcome.kl)},
                         {"sqnr_db", or_null(outcome.sqnr_db)},
                         {"agreement", or_null(outcome.agreement)}};
    record["load"] = {{"time_s", core::to_seconds(outcome.load_fs)},
                      {"energy_j", outcome.load_j},
                      {"bytes", outcome.load_bytes}};
    record["latency"] = {{"inference_s", latency},
                         {"interval_s", nullptr},
                         {"throughput_per_s", nullptr},
                         {"in_flight", 1}};
    json stream = nullptr;
    if (outcome.stream) {
        const stream_result& steady = *outcome.stream;
        record["latency"]["interval_s"] = steady.interval_s;
        record["latency"]["throughput_per_s"] = 1.0 / steady.interval_s;
        record["latency"]["in_flight"] = steady.in_flight;
        stream = {{"total_j", energy.dynamic_j + steady.static_j},
                  {"static_j", steady.static_j},
                  {"apart_static_j", sorted(steady.apart_j)}};
    }
    json chip = nullptr;
    if (outcome.chip) {
        chip = {{"total_j", outcome.chip->total_j},
                {"static_j", outcome.chip->static_j},
                {"interval_s", outcome.chip->interval_s}};
    }
    record["energy"] = {{"total_j", energy.total_j},
                        {"dynamic_j", energy.dynamic_j},
                        {"static_j", energy.static_j},
                        {"off_chip_j", energy.off_chip_j},
                        {"apart_static_j", apart_of(energy)},
                        {"stream", stream},
                        {"chip", chip},
                        {"by_component_j", sorted(energy.by_component_j)},
                        {"by_envelope_j", sorted(energy.by_envelope_j)},
                        {"grades", sorted(energy.grade_shares())}};
    record["edp_js"] = energy.total_j * latency;
    const isaac_like::machine_figures& machine = outcome.machine;
    record["area_mm2"] = machine.area_mm2;
    record["technology"] = {{"node_nm", machine.node_nm},
                            {"vdd_v", or_null(machine.vdd_v)},
                            {"clock_hz", machine.clock_hz}};
    record["peak_ops_per_s"] = machine.peak_ops_per_s;
    record["utilisation"] = outcome.utilisation;
    record["counts"] = counted(energy.counts);
    json layers = json::array();
    for (const layer_result& layer : outcome.layers) {
        layers.push_back({{"name", layer.name},
                          {"kind", layer.kind},
                          {"on", layer.on_host ? "host" : "accelerator"},
                          {"macs", layer.macs},
                          {"mismatches", outcome.exact ? layer.mismatches : 0},
                          {"deviations", outcome.exact ? 0 : layer.mismatches},
                          {"latency_s", core::to_seconds(layer.latency_fs)},
                          {"energy_j", layer.energy_j},
                          {"utilisation", or_null(layer.utilisation)},
                          {"precision", precision_of(layer)},
                          {"by_component_j", sorted(layer.by_component_j)},
                          {"counts", counted(layer.counts)}});
    }
    record["layers"] = layers;
    return record;
}

nlohmann::ordered_json firmware_record(const platform& target, const std::string& firmware_sha256,
                                       const firmware_options& options,
                                       const firmware_outcome& outcome) {
    json record;
    record["schema"] = 1;
    record["pimvp_version"] = PIMVP_VERSION;
    record["platform"] = target.name;
    record["firmware_sha256"] = firmware_sha256;
    record["config_hash"] = core::config_hash(target.params);
    record["coding_style"] = core::to_string(options.context.style);
    record["quantum_s"] = core::to_seconds(options.context.quantum_fs);
    record["exit_code"] = outcome.code;
    record["time_s"] = core::to_seconds(outcome.end_fs);
    json cores = json::object();
    for (const auto& [name, core] : outcome.cores) {
        cores[name] = {{"instructions", core.instructions},
                       {"cycles", core.cycles},
                       {"by_class", core.by_class}};
    }
    record["cpus"] = cores;
    json networks = json::array();
    for (const network_result& each : outcome.networks) {
        networks.push_back({{"name", each.name},
                            {"sha256", each.sha256},
                            {"integers_sha256", each.integers_sha256},
                            {"accelerator", each.accelerator},
                            {"inferences", each.inferences},
                            {"elements", each.elements},
                            {"mismatches", each.exact ? each.mismatches : 0},
                            {"deviations", each.exact ? 0 : each.mismatches}});
    }
    record["networks"] = networks;
    const core::energy_report& energy = outcome.energy;
    record["energy"] = {{"total_j", energy.total_j},
                        {"dynamic_j", energy.dynamic_j},
                        {"static_j", energy.static_j},
                        {"apart_static_j", apart_of(energy)},
                        {"by_component_j", sorted(energy.by_component_j)},
                        {"grades", sorted(energy.grade_shares())}};
    record["counts"] = counted(energy.counts);
    return record;
}

record_folder::record_folder(std::string path)
    : m_path(std::move(path)) {
    std::error_code failed;
    m_made = fs::create_directories(m_path, failed);
    const fs::path probe = fs::path(m_path) / ".pimvp_probe";
    const bool writable = !failed && std::ofstream(probe).good();
    const std::string cause = failed ? failed.message() : std::strerror(errno);
    if (!writable) {
        throw core::user_error("--out " + m_path,
                               "cannot be written (" + cause + "): name another folder");
    }
    fs::remove(probe, failed);
}

record_folder::~record_folder() {
    std::error_code not_empty;
    if (m_made) fs::remove(m_path, not_empty);
}

void record_folder::write(const nlohmann::ordered_json& record, const run_outcome& outcome) const {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    json host;
    host["cpu_s"] = seconds(used.ru_utime) + seconds(used.ru_stime);
    host["peak_memory_bytes"] = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    nn::shape dims = outcome.output_dims;
    dims[0] = static_cast<std::int64_t>(outcome.images);
    const fs::path here = m_path;
    nn::write_npy((here / "outputs.npy").string(), dims, outcome.outputs);
    core::write_file(here / "host.json", host.dump(2) + "\n");
    core::write_file(here / "run.json", record.dump(2) + "\n");
}

}  // namespace pimvp::runner
