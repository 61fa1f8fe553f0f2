// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/recorded_run.h>

#include <pimvp/report/json_place.h>

#include <pimvp/core/diagnostics.h>

#include <cstring>
#include <filesystem>
#include <set>

namespace pimvp::report {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t known_schema = 1;
constexpr const char* label_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";

std::map<std::string, double> amounts(const json_place& from) {
    std::map<std::string, double> all;
    for (const auto& [key, value] : from.members()) all[key] = value.amount();
    return all;
}

std::map<std::string, std::uint64_t> counted(const json_place& from) {
    std::map<std::string, std::uint64_t> all;
    for (const auto& [key, value] : from.members()) all[key] = value.whole();
    return all;
}

/// A number or null; the key must be there.
std::optional<double> real_or_null(const json_place& from) {
    if (from.is_null()) return std::nullopt;
    return from.real();
}

std::optional<double> amount_or_null(const json_place& from) {
    if (from.is_null()) return std::nullopt;
    return from.amount();
}

std::optional<double> share_or_null(const json_place& from) {
    if (from.is_null()) return std::nullopt;
    return from.share();
}

recorded_precision precision_of(const json_place& from) {
    recorded_precision read;
    read.input_bits = from["input_bits"].whole();
    read.average_bits = from["average_bits"].amount();
    for (const json_place& share : from["histogram"].elements()) {
        read.histogram.push_back(share.share());
    }
    if (read.histogram.size() != read.input_bits + 1) {
        from["histogram"].refuse("has " + std::to_string(read.histogram.size()) +
                                 " shares, not one each for 0 to " +
                                 std::to_string(read.input_bits) + " bits");
    }
    return read;
}

recorded_layer layer_of(const json_place& from) {
    recorded_layer read;
    read.name = from["name"].text();
    read.kind = from["kind"].text();
    const std::string on = from["on"].text();
    if (on != "host" && on != "accelerator") from["on"].refuse("is neither host nor accelerator");
    read.on_host = on == "host";
    read.macs = from["macs"].whole();
    read.mismatches = from["mismatches"].whole();
    read.deviations = from["deviations"].whole();
    read.latency_s = from["latency_s"].amount();
    read.energy_j = from["energy_j"].amount();
    read.utilisation = amount_or_null(from["utilisation"]);
    if (const auto precision = from.find("precision")) read.precision = precision_of(*precision);
    read.by_component_j = amounts(from["by_component_j"]);
    read.counts = counted(from["counts"]);
    return read;
}

void read_identity(const json_place& from, recorded_run& run) {
    run.version = from["pimvp_version"].text();
    run.platform = from["platform"].text();
    run.network = from["network"]["name"].text();
    run.network_sha256 = from["network"]["sha256"].text();
    run.integers_sha256 = from["network"]["integers_sha256"].text();
    run.config_hash = from["config_hash"].text();
    run.seed = from["seed"].whole();
    run.coding_style = from["coding_style"].text();
    run.weights = from["weights"].text();
    run.fidelity = from["fidelity"].text();
    const json_place precision = from["precision"];
    if (const auto policy = precision.find("policy")) run.policy = policy->text();
    run.average_bits = precision["average_bits"].amount();
}

void read_results(const json_place& from, recorded_run& run) {
    run.images = from["images"].whole();
    if (run.images == 0) from["images"].refuse("is 0, and nothing can be said per inference");
    run.exact = from["exact"].flag();
    run.mismatches = from["mismatches"].whole();
    run.deviations = from["deviations"].whole();
    run.top1 = share_or_null(from["top1"]);
    run.top5 = share_or_null(from["top5"]);
    run.kl = real_or_null(from["kl"]);
    run.sqnr_db = real_or_null(from["sqnr_db"]);
    run.agreement = share_or_null(from["agreement"]);
}

void read_energy(const json_place& from, recorded_run& run) {
    run.total_j = from["total_j"].amount();
    run.dynamic_j = from["dynamic_j"].amount();
    run.static_j = from["static_j"].amount();
    run.off_chip_j = from["off_chip_j"].amount();
    run.apart_static_j = amounts(from["apart_static_j"]);
    if (const auto stream = from.find("stream")) {
        run.stream_total_j = (*stream)["total_j"].amount();
    }
    run.by_component_j = amounts(from["by_component_j"]);
    run.by_envelope_j = amounts(from["by_envelope_j"]);
    run.grades = amounts(from["grades"]);
}

recorded_run run_of(const json_place& from) {
    const std::uint64_t schema = from["schema"].whole();
    if (schema != known_schema) {
        from["schema"].refuse("is " + std::to_string(schema) + ", known is " +
                              std::to_string(known_schema));
    }
    recorded_run run;
    read_identity(from, run);
    read_results(from["results"], run);
    run.load_s = from["load"]["time_s"].amount();
    run.load_j = from["load"]["energy_j"].amount();
    const json_place latency = from["latency"];
    run.inference_s = latency["inference_s"].amount();
    run.interval_s = amount_or_null(latency["interval_s"]);
    run.in_flight = latency["in_flight"].whole();
    read_energy(from["energy"], run);
    run.area_mm2 = from["area_mm2"].amount();
    run.peak_ops_per_s = from["peak_ops_per_s"].amount();
    run.utilisation = from["utilisation"].amount();
    run.counts = counted(from["counts"]);
    for (const json_place& layer : from["layers"].elements()) run.layers.push_back(layer_of(layer));
    return run;
}

/// The name of the folder or file, with _ for what a label may not hold.
std::string label_for(const fs::path& file) {
    const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
    std::string label =
        file.filename() == "run.json" ? folder.filename().string() : file.stem().string();
    for (char& c : label) {
        if (std::strchr(label_letters, c) == nullptr) c = '_';
    }
    return label.empty() ? "run" : label;
}

}  // namespace

double recorded_run::conversions() const {
    return static_cast<double>(conversions_in(counts)) / static_cast<double>(images);
}

double recorded_run::envelope_j(const std::string& name) const {
    const auto found = by_envelope_j.find(name);
    return found == by_envelope_j.end() ? 0.0 : found->second;
}

std::uint64_t conversions_in(const std::map<std::string, std::uint64_t>& counts) {
    std::uint64_t sum = 0;
    for (const auto& [name, count] : counts) {
        if (name.rfind("adc.conversion", 0) == 0) sum += count;
    }
    return sum;
}

labelled split_label(const std::string& argument) {
    const std::size_t end = argument.find_first_not_of(label_letters);
    const bool has_label = end != std::string::npos && end != 0 && argument[end] == '=' &&
                           argument.front() != '.' && end + 1 != argument.size();
    if (!has_label) return {"", argument};
    return {argument.substr(0, end), argument.substr(end + 1)};
}

recorded_run read_run(const std::string& argument) {
    const labelled named = split_label(argument);
    fs::path file = named.rest;
    if (fs::is_directory(file)) file /= "run.json";
    const auto document = read_json(file.string());
    recorded_run run =
        run_of({document, file.string(), "name a run.json that this pimvp run --out has written"});
    run.label = named.label.empty() ? label_for(file) : named.label;
    return run;
}

std::vector<recorded_run> read_runs(const std::vector<std::string>& arguments) {
    std::vector<recorded_run> runs;
    std::set<std::string> labels;
    for (const std::string& argument : arguments) {
        runs.push_back(read_run(argument));
        if (labels.insert(runs.back().label).second) continue;
        throw core::user_error(
            argument, "is called " + core::quoted(runs.back().label) +
                          " like another record: write LABEL=" + split_label(argument).rest);
    }
    return runs;
}

}  // namespace pimvp::report
