// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::report {

/// How many bits of its inputs the crossbars of a layer were driven with.
struct recorded_precision {
    std::uint64_t input_bits = 0;
    double average_bits = 0.0;
    std::vector<double> histogram;  ///< share of the groups that streamed 0, 1 .. input_bits planes
};

/// A layer of a recorded run.
struct recorded_layer {
    std::string name, kind;
    bool on_host = false;
    std::uint64_t macs = 0, mismatches = 0, deviations = 0;
    double latency_s = 0.0;
    double energy_j = 0.0;  ///< events, per inference
    std::optional<double> utilisation;
    std::optional<recorded_precision> precision;
    std::map<std::string, double> by_component_j;  ///< energy_j, in parts
    std::map<std::string, std::uint64_t> counts;   ///< over all inferences
};

/// A run.json, read: what comparisons and reports show. Members are as docs/guide/program.md
/// describes the keys of the same name; absent values were null.
struct recorded_run {
    std::string label;  ///< what a table calls it

    std::string version, platform, network, network_sha256, integers_sha256, config_hash;
    std::string coding_style, weights, fidelity;
    std::uint64_t seed = 0;
    std::optional<std::string> policy;
    double average_bits = 0.0;

    std::uint64_t images = 0, mismatches = 0, deviations = 0;
    bool exact = true;
    std::optional<double> top1, top5, kl, sqnr_db, agreement;

    double load_s = 0.0, load_j = 0.0;
    double inference_s = 0.0;
    std::optional<double> interval_s;
    std::uint64_t in_flight = 1;

    double total_j = 0.0, dynamic_j = 0.0, static_j = 0.0, off_chip_j = 0.0;
    std::optional<double> stream_total_j;
    std::map<std::string, double> apart_static_j, by_component_j, by_envelope_j, grades;
    double area_mm2 = 0.0, peak_ops_per_s = 0.0, utilisation = 0.0;
    std::map<std::string, std::uint64_t> counts;
    std::vector<recorded_layer> layers;

    /// Analog-to-digital conversions of one inference.
    [[nodiscard]] double conversions() const;
    /// Of an envelope; 0 for one that is not named.
    [[nodiscard]] double envelope_j(const std::string& name) const;
};

/// Conversions among counts by "component.event.variant".
std::uint64_t conversions_in(const std::map<std::string, std::uint64_t>& counts);

/// Reads the record of a run: run.json itself or the folder it lies in, named PATH or LABEL=PATH.
/// Without a label the run is called after its folder (a file of another name: after the file).
/// Throws core::user_error with file, key, cause and way out for anything it does not understand.
recorded_run read_run(const std::string& argument);

/// The same for several, whose labels must differ.
std::vector<recorded_run> read_runs(const std::vector<std::string>& arguments);

/// LABEL=REST in two, or no label. A label has letters, digits and _ - . and begins with no dot: it
/// serves as the name of a folder.
struct labelled {
    std::string label, rest;
};
labelled split_label(const std::string& argument);

}  // namespace pimvp::report
