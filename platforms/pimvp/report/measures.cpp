// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/measures.h>

#include <pimvp/core/text_table.h>

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pimvp::report {

namespace {

using json = nlohmann::ordered_json;
using value = std::optional<double>;

std::string seconds(double v) {
    return core::si(v, "s");
}
std::string joules(double v) {
    return core::si(v, "J");
}
std::string square_millimetres(double v) {
    return fmt::format("{:.1f} mm²", v);
}
std::string bits(double v) {
    return fmt::format("{:.2f}", v);
}
std::string nats(double v) {
    return fmt::format("{:.5f}", v);
}
std::string accuracy(double v) {
    return core::percent(v, 2);
}
std::string whole(double v) {
    return core::grouped(static_cast<unsigned long long>(std::llround(v)));
}

json or_null(const value& v) {
    return v ? json(*v) : json(nullptr);
}

bool same_network(const std::vector<recorded_run>& runs) {
    return std::all_of(runs.begin(), runs.end(), [&](const recorded_run& run) {
        return run.network == runs.front().network && run.images == runs.front().images;
    });
}

}  // namespace

const std::vector<measure>& measures() {
    using run = const recorded_run&;
    static const std::vector<measure> all{
        {"latency", "latency, idle machine", "inference_s",
         [](run r) -> value { return r.inference_s; }, seconds, true, true},
        {"interval", "interval in a stream", "interval_s", [](run r) { return r.interval_s; },
         seconds, true, true},
        {"energy", "energy", "total_j", [](run r) -> value { return r.total_j; }, joules, true,
         true},
        {"array", "of it in arrays: ADC, DAC, crossbar, S&H, S+A", "array_j",
         [](run r) -> value { return r.envelope_j("array"); }, joules, true, false},
        {"tile dynamic", "of it in tiles", "tile_dynamic_j",
         [](run r) -> value { return r.envelope_j("tile_dynamic"); }, joules, true, false},
        {"chip", "of it on chips", "chip_j", [](run r) -> value { return r.envelope_j("chip"); },
         joules, true, false},
        {"off chip", "of it off chip", "off_chip_j", [](run r) -> value { return r.off_chip_j; },
         joules, true, false},
        {"area", "area", "area_mm2", [](run r) -> value { return r.area_mm2; }, square_millimetres,
         true, false},
        {"conversions", "conversions, analog to digital", "conversions",
         [](run r) -> value { return r.conversions(); }, whole, true, false},
        {"bits", "average bits streamed", "average_bits",
         [](run r) -> value { return r.average_bits; }, bits, true, true},
        {"mismatches", "mismatches with the reference", "mismatches",
         [](run r) -> value { return static_cast<double>(r.mismatches); }, whole, false, false},
        {"deviations", "deviations by analog effects", "deviations",
         [](run r) -> value { return static_cast<double>(r.deviations); }, whole, false, false},
        {"KL", "divergence from the float network, nat", "kl", [](run r) { return r.kl; }, nats,
         false, false},
        {"top-1", "top-1", "top1", [](run r) { return r.top1; }, accuracy, false, true},
    };
    return all;
}

std::optional<double> ratio(const value& of, const value& base) {
    if (!of || !base || *base == 0.0) return std::nullopt;
    return *of / *base;
}

core::text_table comparison_table(const std::vector<recorded_run>& runs) {
    constexpr auto right = core::text_table::align::right;
    const bool one_network = same_network(runs);
    std::vector<core::text_table::column> columns{{"platform"}};
    if (!one_network) columns.insert(columns.end(), {{"network"}, {"images", right}});
    for (const measure& each : measures()) columns.push_back({each.title, right});
    core::text_table table(columns);
    for (const recorded_run& run : runs) {
        std::vector<std::string> row{run.label};
        if (!one_network) row.insert(row.end(), {run.network, core::grouped(run.images)});
        for (const measure& each : measures()) {
            const value seen = each.of(run);
            row.push_back(seen ? each.text(*seen) : "");
        }
        table.row(std::move(row));
    }
    table.rule();
    for (std::size_t i = 1; i < runs.size(); ++i) {
        std::vector<std::string> row{runs[i].label + " / " + runs.front().label};
        row.resize(one_network ? 1 : 3);
        for (const measure& each : measures()) {
            const value quotient =
                each.has_ratio ? ratio(each.of(runs[i]), each.of(runs.front())) : std::nullopt;
            row.push_back(quotient ? fmt::format("{:.3f}", *quotient) : "");
        }
        table.row(std::move(row));
    }
    return table;
}

nlohmann::ordered_json comparison_record(const std::vector<recorded_run>& runs) {
    json record{{"schema", 1}, {"pimvp_version", runs.front().version}};
    json rows = json::array();
    for (const recorded_run& run : runs) {
        json row{{"name", run.label},      {"platform", run.platform},
                 {"network", run.network}, {"integers_sha256", run.integers_sha256},
                 {"weights", run.weights}, {"config_hash", run.config_hash},
                 {"images", run.images}};
        json ratios = json::object();
        for (const measure& each : measures()) {
            row[each.key] = or_null(each.of(run));
            if (each.has_ratio) {
                ratios[each.key] = or_null(ratio(each.of(run), each.of(runs.front())));
            }
        }
        row["mismatches"] = run.mismatches;
        row["deviations"] = run.deviations;
        row["to_first"] = ratios;
        rows.push_back(std::move(row));
    }
    record["platforms"] = rows;
    return record;
}

}  // namespace pimvp::report
