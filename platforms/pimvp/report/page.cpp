// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/page.h>

#include <pimvp/report/charts.h>
#include <pimvp/report/html.h>
#include <pimvp/report/measures.h>

#include <pimvp/core/text_table.h>

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace pimvp::report {

namespace assets {
std::string_view embedded(std::string_view file);
}  // namespace assets

namespace {

using runs_t = std::vector<recorded_run>;
using cell = html_table::cell;

std::string paragraph(const std::string& words, const char* style = "") {
    return element("p", {{"class", style}}, escaped(words)) + "\n";
}

std::string section(const char* id, const char* title, const std::string& content) {
    return "<section id=\"" + std::string(id) + "\">" + element("h2", title) + "\n" + content +
           "</section>\n";
}

/// Baseline and what is compared with it: colours of runs.
std::string run_colour(std::size_t run, std::size_t runs) {
    if (runs == 1) return colour(0);
    return run == 0 ? "#97a3b0" : colour(run - 1);
}

std::string run_legend(const runs_t& runs) {
    if (runs.size() == 1) return "";
    std::vector<legend_entry> entries;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        entries.push_back({runs[i].label, run_colour(i, runs.size())});
    }
    return legend(entries);
}

/// "-12.3 %" of a change; a true minus sign.
std::string change_text(double quotient) {
    const double percent = 100.0 * (quotient - 1.0);
    if (std::abs(percent) < 0.05) return "unchanged";
    return fmt::format("{}{:.1f} %", percent < 0.0 ? "−" : "+", std::abs(percent));
}

/// Layers of all runs by name, in the order of the first.
std::vector<std::string> layer_names(const runs_t& runs) {
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const recorded_run& run : runs) {
        for (const recorded_layer& layer : run.layers) {
            if (seen.insert(layer.name).second) names.push_back(layer.name);
        }
    }
    return names;
}

const recorded_layer* layer_named(const recorded_run& run, const std::string& name) {
    const auto found = std::find_if(run.layers.begin(), run.layers.end(),
                                    [&](const recorded_layer& l) { return l.name == name; });
    return found == run.layers.end() ? nullptr : &*found;
}

std::string labels_of(const runs_t& runs, const char* between) {
    std::string all;
    for (const recorded_run& run : runs) all += (all.empty() ? "" : between) + run.label;
    return all;
}

// ---- what ran -----------------------------------------------------------------------------------

std::string tiles(const runs_t& runs) {
    if (runs.size() > 2) return "";
    std::string all;
    for (const measure& each : measures()) {
        const bool shown = each.headline && (each.of(runs.back()) || each.of(runs.front()));
        if (!shown) continue;
        const auto value = each.of(runs.back());
        std::string words = element("span", escaped(each.title)) +
                            element("b", escaped(value ? each.text(*value) : "–"));
        if (runs.size() == 2) {
            const auto quotient = ratio(value, each.of(runs.front()));
            if (each.has_ratio && quotient) {
                const bool same = std::abs(*quotient - 1.0) < 5e-4;
                const char* style = same ? "" : *quotient < 1.0 ? "better" : "worse";
                words += element("span", {{"class", style}},
                                 escaped(change_text(*quotient) +
                                         (same ? "" : " against " + runs.front().label)));
            } else if (const auto before = each.of(runs.front())) {
                words += element("span", escaped(each.text(*before) + " in " + runs.front().label));
            }
        }
        all += element("div", {{"class", "tile"}}, words) + "\n";
    }
    return element("div", {{"class", "tiles"}}, "\n" + all) + "\n";
}

std::string hash_text(const std::string& hash) {
    constexpr std::size_t shown = 12;
    return hash.substr(0, shown);
}

std::string what_ran(const runs_t& runs) {
    std::vector<html_table::column> columns{{""}};
    for (const recorded_run& run : runs) columns.push_back({run.label});
    html_table table(columns);
    const auto row = [&](const char* title, auto value, auto hint) {
        std::vector<cell> cells{{title}};
        for (const recorded_run& run : runs) cells.push_back({value(run), hint(run)});
        table.row(std::move(cells));
    };
    const auto none = [](const recorded_run&) { return std::string(); };
    using run = const recorded_run&;
    row(
        "platform", [](run r) { return r.platform; }, none);
    row(
        "configuration", [](run r) { return hash_text(r.config_hash); },
        [](run r) { return "hash over all parameters: " + r.config_hash; });
    row(
        "precision policy", [](run r) { return r.policy ? *r.policy : "all bits, always"; }, none);
    row(
        "network", [](run r) { return r.network; }, [](run r) { return r.network_sha256; });
    row(
        "its integers", [](run r) { return hash_text(r.integers_sha256); },
        [](run r) { return r.integers_sha256; });
    row(
        "weights", [](run r) { return r.weights; }, none);
    row(
        "images", [](run r) { return core::grouped(r.images); }, none);
    row(
        "fidelity", [](run r) { return r.fidelity; }, none);
    row(
        "coding style, seed", [](run r) { return r.coding_style + ", " + std::to_string(r.seed); },
        none);
    row(
        "pimvp", [](run r) { return r.version; }, none);
    return table.markup();
}

std::string header(const runs_t& runs, const std::string& title,
                   const std::vector<std::pair<const char*, const char*>>& contents) {
    const recorded_run& first = runs.front();
    std::string lead = core::grouped(first.images) +
                       (first.images == 1 ? " image, " : " images, ") + first.weights +
                       " weights. Energy and counts are per inference.";
    if (runs.size() > 1) lead += " " + first.label + " is what the others are compared with.";
    std::string links;
    for (const auto& [id, words] : contents) {
        links += element("a", {{"href", "#" + std::string(id)}}, words);
    }
    return element("header", element("h1", escaped(title)) + paragraph(lead, "lead") +
                                 element("nav", links)) +
           "\n";
}

// ---- totals -------------------------------------------------------------------------------------

std::string results(const runs_t& runs) {
    std::vector<html_table::column> columns{{""}};
    for (const recorded_run& run : runs) {
        columns.push_back({run.label, true});
        if (columns.size() > 2) columns.push_back({"change", true});
    }
    html_table table(columns);
    const auto row = [&](const std::string& title, auto of, auto text, bool has_ratio) {
        std::vector<cell> cells{{title}};
        const std::optional<double> base = of(runs.front());
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const std::optional<double> value = of(runs[i]);
            cells.push_back({value ? text(*value) : "–"});
            if (i == 0) continue;
            const auto quotient = has_ratio ? ratio(value, base) : std::nullopt;
            cell change{quotient ? change_text(*quotient) : ""};
            change.is_better = quotient && *quotient < 1.0 - 5e-4;
            change.is_worse = quotient && *quotient > 1.0 + 5e-4;
            cells.push_back(std::move(change));
        }
        table.row(std::move(cells));
    };
    const auto joules = [](double v) { return core::si(v, "J"); };
    for (const measure& each : measures()) row(each.long_title, each.of, each.text, each.has_ratio);
    std::set<std::string> apart;
    for (const recorded_run& run : runs) {
        for (const auto& part : run.apart_static_j) apart.insert(part.first);
    }
    for (const std::string& name : apart) {
        row(
            "static, apart from the above: " + name,
            [&name](const recorded_run& run) -> std::optional<double> {
                const auto found = run.apart_static_j.find(name);
                if (found == run.apart_static_j.end()) return std::nullopt;
                return found->second;
            },
            joules, true);
    }
    row(
        "loading the program, once",
        [](const recorded_run& run) -> std::optional<double> { return run.load_j; }, joules, true);
    return table.markup();
}

const std::vector<std::pair<const char*, const char*>>& grade_colours() {
    static const std::vector<std::pair<const char*, const char*>> all{
        {"published", "#0072b2"}, {"secondary", "#56b4e9"}, {"code", "#009e73"},
        {"derived", "#8fd0bb"},   {"assumed", "#e69f00"},   {"unverified", "#d55e00"}};
    return all;
}

std::string grades(const runs_t& runs) {
    bar_chart chart;
    chart.title = "share of the energy";
    chart.unit = "%";
    chart.shows_sums = false;
    std::vector<legend_entry> entries;
    for (const auto& [grade, fill] : grade_colours()) {
        const bool used = std::any_of(runs.begin(), runs.end(), [name = grade](const auto& run) {
            return run.grades.count(name) != 0;
        });
        if (used) entries.push_back({grade, fill});
    }
    for (const recorded_run& run : runs) {
        bar_chart::bar bar;
        for (const auto& [grade, fill] : grade_colours()) {
            const auto found = run.grades.find(grade);
            if (found == run.grades.end()) continue;
            bar.segments.push_back(
                {found->second, fill, std::string(grade) + " " + core::percent(found->second)});
        }
        chart.groups.push_back({run.label, {bar}});
    }
    return paragraph(
               "How good are the numbers that the energy rests on: read in the paper, derived "
               "from it, or assumed.",
               "note") +
           legend(entries) + chart.markup();
}

// ---- energy -------------------------------------------------------------------------------------

/// Components by energy in any of the runs, the largest first; those without any left out.
std::vector<std::string> components_of(const runs_t& runs) {
    std::map<std::string, double> largest;
    for (const recorded_run& run : runs) {
        for (const auto& [name, joules] : run.by_component_j) {
            if (joules > 0.0) largest[name] = std::max(largest[name], joules);
        }
    }
    std::vector<std::string> names;
    for (const auto& part : largest) names.push_back(part.first);
    std::stable_sort(names.begin(), names.end(),
                     [&](const auto& a, const auto& b) { return largest[a] > largest[b]; });
    return names;
}

double part_of(const std::map<std::string, double>& parts, const std::string& name) {
    const auto found = parts.find(name);
    return found == parts.end() ? 0.0 : found->second;
}

std::string energy_by_component(const runs_t& runs) {
    bar_chart chart;
    chart.title = "energy of an inference";
    chart.unit = "J";
    for (const std::string& name : components_of(runs)) {
        bar_chart::group group{name, {}};
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const double joules = part_of(runs[i].by_component_j, name);
            group.bars.push_back({{{joules, run_colour(i, runs.size()),
                                    runs[i].label + ", " + name + ": " + core::si(joules, "J") +
                                        ", " + core::percent(joules / runs[i].dynamic_j)}}});
        }
        chart.groups.push_back(std::move(group));
    }
    return run_legend(runs) + chart.markup();
}

constexpr std::size_t named_components = 6;  // in the stacks of layers; the rest together
constexpr const char* rest_fill = "#c8cfd6";

bar_chart::bar energy_bar(const recorded_layer& layer, const std::vector<std::string>& components,
                          const std::string& run) {
    bar_chart::bar bar;
    double rest = layer.energy_j;
    const auto segment = [&](const std::string& name, double joules, const char* fill) {
        bar.segments.push_back(
            {joules, fill, layer.name + ", " + run + ", " + name + ": " + core::si(joules, "J")});
    };
    for (std::size_t c = 0; c < std::min(named_components, components.size()); ++c) {
        const double joules = part_of(layer.by_component_j, components[c]);
        segment(components[c], joules, colour(c));
        rest -= joules;
    }
    if (components.size() > named_components) {
        segment("other components", std::max(0.0, rest), rest_fill);
    }
    bar.mark = layer.energy_j;
    return bar;
}

/// A group a layer, a bar a run.
template <class Bar>
bar_chart by_layer(const runs_t& runs, const char* title, const char* unit, const Bar& bar_of) {
    bar_chart chart;
    chart.title = title;
    chart.unit = unit;
    for (const std::string& name : layer_names(runs)) {
        bar_chart::group group{name, {}};
        bool any = false;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const recorded_layer* layer = layer_named(runs[i], name);
            group.bars.push_back(layer == nullptr ? bar_chart::bar{} : bar_of(*layer, i));
            any = any || !group.bars.back().segments.empty();
        }
        if (any) chart.groups.push_back(std::move(group));
    }
    return chart;
}

std::string energy_by_layer(const runs_t& runs) {
    const std::vector<std::string> components = components_of(runs);
    std::vector<legend_entry> entries;
    for (std::size_t c = 0; c < std::min(named_components, components.size()); ++c) {
        entries.push_back({components[c], colour(c)});
    }
    if (components.size() > named_components) entries.push_back({"other components", rest_fill});
    const bar_chart chart = by_layer(runs, "energy of an inference", "J",
                                     [&](const recorded_layer& layer, std::size_t run) {
                                         return energy_bar(layer, components, runs[run].label);
                                     });
    std::string note = "What moves between layers and memory belongs to none of them.";
    if (runs.size() > 1) note = "Bars from above: " + labels_of(runs, ", ") + ". " + note;
    return paragraph(note, "note") + legend(entries) + chart.markup();
}

// ---- time ---------------------------------------------------------------------------------------

std::string latency_by_layer(const runs_t& runs) {
    const bar_chart chart = by_layer(
        runs, "first window to last delivered pixel", "s",
        [&](const recorded_layer& layer, std::size_t run) -> bar_chart::bar {
            return {
                {{layer.latency_s, run_colour(run, runs.size()),
                  layer.name + ", " + runs[run].label + ": " + core::si(layer.latency_s, "s")}}};
        });
    return paragraph(
               "Layers overlap: each begins as soon as its first window is there, so the "
               "bars do not add up to the latency.",
               "note") +
           run_legend(runs) + chart.markup();
}

std::string utilisation_by_layer(const runs_t& runs) {
    const bar_chart chart = by_layer(
        runs, "share of a layer's time in which its crossbars are read", "%",
        [&](const recorded_layer& layer, std::size_t run) -> bar_chart::bar {
            if (!layer.utilisation) return {};
            return {
                {{*layer.utilisation, run_colour(run, runs.size()),
                  layer.name + ", " + runs[run].label + ": " + core::percent(*layer.utilisation)}}};
        });
    std::string sums;
    for (const recorded_run& run : runs) {
        sums += (sums.empty() ? "" : "; ") + run.label + " " + core::percent(run.utilisation, 2) +
                " of " + core::si(run.peak_ops_per_s, "op/s");
    }
    return paragraph("Of the whole machine: " + sums + ".", "note") + run_legend(runs) +
           chart.markup();
}

// ---- precision ----------------------------------------------------------------------------------

std::string precision_by_layer(const runs_t& runs) {
    std::vector<std::size_t> cutting;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (runs[i].policy) cutting.push_back(i);
    }
    if (cutting.empty()) {
        return paragraph("No quantiser is there: every group of inputs streams all its bits.");
    }
    std::string charts;
    for (const std::string& name : layer_names(runs)) {
        histogram_chart chart;
        std::string averages;
        chart.title = name;
        for (const std::size_t i : cutting) {
            const recorded_layer* layer = layer_named(runs[i], name);
            if (layer == nullptr || !layer->precision) continue;
            chart.all.push_back(
                {layer->precision->histogram, run_colour(i, runs.size()), runs[i].label});
            averages += fmt::format("{}{:.2f}", averages.empty() ? "average " : ", ",
                                    layer->precision->average_bits);
        }
        if (chart.all.empty()) continue;
        charts += element("figure", element("h3", {{"title", name}}, escaped(name)) +
                                        element("p", averages + " bits") + chart.markup()) +
                  "\n";
    }
    std::string note = "Share of the groups of a layer's inputs that streamed 0, 1, 2 … bits.";
    std::string names;
    for (const std::size_t i : cutting) names += (names.empty() ? "" : ", ") + runs[i].label;
    if (cutting.size() < runs.size())
        note += " The other runs stream all bits. Shown: " + names + ".";
    return paragraph(note, "note") + (cutting.size() > 1 ? run_legend(runs) : "") +
           element("div", {{"class", "small"}}, "\n" + charts) + "\n";
}

// ---- layers in numbers --------------------------------------------------------------------------

std::string layers_in_numbers(const runs_t& runs) {
    double most_j = 0.0, most_s = 0.0;
    for (const recorded_run& run : runs) {
        for (const recorded_layer& layer : run.layers) {
            most_j = std::max(most_j, layer.energy_j);
            most_s = std::max(most_s, layer.latency_s);
        }
    }
    scale joules = scale_for(most_j, "J"), seconds = scale_for(most_s, "s");
    ++joules.decimals;
    std::vector<html_table::column> columns{{"layer"}, {"kind"}};
    if (runs.size() > 1) columns.push_back({"run"});
    for (const std::string& title :
         {std::string("MACs"), "latency, " + seconds.unit, std::string("busy, %"),
          "energy, " + joules.unit, std::string("share, %"), std::string("conversions"),
          std::string("bits"), std::string("differ")}) {
        columns.push_back({title, true});
    }
    html_table table(columns);
    for (const std::string& name : layer_names(runs)) {
        bool first = true;
        for (const recorded_run& run : runs) {
            const recorded_layer* layer = layer_named(run, name);
            if (layer == nullptr) continue;
            std::vector<cell> cells{{first ? shortened(name, 34) : "", name},
                                    {first ? layer->kind + (layer->on_host ? " (host)" : "") : ""}};
            if (runs.size() > 1) cells.push_back({run.label});
            const auto images = static_cast<double>(run.images);
            const auto conversions = static_cast<double>(conversions_in(layer->counts)) / images;
            cells.push_back({core::grouped(layer->macs)});
            cells.push_back({seconds.number(layer->latency_s)});
            cells.push_back(
                {layer->utilisation ? fmt::format("{:.1f}", 100.0 * *layer->utilisation) : ""});
            cells.push_back({joules.number(layer->energy_j)});
            cells.push_back({fmt::format("{:.1f}", 100.0 * layer->energy_j / run.dynamic_j)});
            cells.push_back({conversions == 0.0 ? ""
                                                : core::grouped(static_cast<unsigned long long>(
                                                      std::llround(conversions)))});
            cells.push_back(
                {layer->precision ? fmt::format("{:.2f}", layer->precision->average_bits) : ""});
            cells.push_back({core::grouped(layer->mismatches + layer->deviations)});
            table.row(std::move(cells));
            first = false;
        }
    }
    return table.markup();
}

// ---- study --------------------------------------------------------------------------------------

std::string hint_of(const study_point& point) {
    std::string hint = point.label;
    if (point.average_bits) hint += fmt::format(", {:.2f} bits", *point.average_bits);
    if (point.kl) hint += fmt::format(", KL {:.4f}", *point.kl);
    if (point.top1) hint += ", top-1 " + core::percent(*point.top1);
    if (point.images) hint += fmt::format(", {:.0f} images", *point.images);
    for (const auto& [envelope, joules] : point.energy_j) {
        hint += ", " + envelope + " " + core::si(joules, "J");
    }
    return hint;
}

/// Fills the chart with the points that have both values; empty if there are none.
template <class X, class Y>
std::string curve(const study& from, point_chart chart, const X& x_of, const Y& y_of) {
    const std::string what = chart.y_title.substr(0, chart.y_title.find(" ("));
    const std::string heading = what + " against " + chart.x_title;
    for (std::size_t i = 0; i < from.series.size(); ++i) {
        const study_series& series = from.series[i];
        point_chart::series shown{series.name, colour(i), series.is_static, {}};
        for (const study_point& point : series.points) {
            const std::optional<double> x = x_of(point), y = y_of(point);
            if (x && y) shown.points.push_back({*x, *y, hint_of(point)});
        }
        if (!shown.points.empty()) chart.all.push_back(std::move(shown));
    }
    const std::string drawn = chart.markup();
    if (drawn.empty()) return "";
    return element("figure", element("h3", escaped(heading)) + drawn) + "\n";
}

std::string curves_of(const study& from) {
    const auto bits = [](const study_point& p) { return p.average_bits; };
    const auto kl = [](const study_point& p) { return p.kl; };
    const auto top1 = [](const study_point& p) { return p.top1; };
    const auto lower = point_chart::better::lower, higher = point_chart::better::higher;
    std::string charts =
        curve(from, {"average bits", "divergence (nat)", "", "", lower, true, {}}, bits, kl) +
        curve(from, {"average bits", "top-1", "", "%", higher, false, {}}, bits, top1);
    const std::pair<const char*, const char*> envelopes[] = {
        {"array", "array energy"},
        {"tile_dynamic", "tile dynamic energy"},
        {"chip", "chip energy"}};
    for (const auto& envelope : envelopes) {
        const auto energy = [key = envelope.first](const study_point& p) -> std::optional<double> {
            const auto found = p.energy_j.find(key);
            if (found == p.energy_j.end()) return std::nullopt;
            return found->second;
        };
        charts += curve(from, {envelope.second, "divergence (nat)", "J", "", lower, true, {}},
                        energy, kl);
    }
    std::vector<legend_entry> entries;
    for (std::size_t i = 0; i < from.series.size(); ++i) {
        entries.push_back(
            {from.series[i].name + (from.series[i].is_static ? " (static)" : ""), colour(i)});
    }
    return paragraph("Network " + from.network +
                         ". Dashed lines and hollow points: bits fixed before the run. Lines join "
                         "the points that no other one of their series beats.",
                     "note") +
           legend(entries) + element("div", {{"class", "pair"}}, "\n" + charts) + "\n";
}

std::string title_for(const runs_t& runs) {
    const std::string& network = runs.front().network;
    if (runs.size() == 1) return network + " on " + runs.front().platform;
    return network + ": " + labels_of(runs, ", ");
}

}  // namespace

std::string page(const std::vector<recorded_run>& runs, const std::optional<study>& curves) {
    const std::string title = title_for(runs);
    std::vector<std::pair<const char*, const char*>> contents{
        {"results", "Results"},          {"components", "Components"},
        {"layers", "Energy of layers"},  {"latency", "Latency"},
        {"utilisation", "Utilisation"},  {"precision", "Precision"},
        {"numbers", "Layers in numbers"}};
    if (curves) contents.insert(contents.end() - 1, {"curves", "Curves"});
    std::string body = header(runs, title, contents) + tiles(runs);
    body += section("ran", "What ran", what_ran(runs));
    body += section("results", "Results", results(runs) + grades(runs));
    body += section("components", "Energy by component", energy_by_component(runs));
    body += section("layers", "Energy by layer", energy_by_layer(runs));
    body += section("latency", "Latency by layer", latency_by_layer(runs));
    body += section("utilisation", "Utilisation by layer", utilisation_by_layer(runs));
    body += section("precision", "Bits streamed", precision_by_layer(runs));
    if (curves)
        body += section("curves", "Precision against divergence and energy", curves_of(*curves));
    body += section("numbers", "Layers in numbers", layers_in_numbers(runs));
    body += element("footer", escaped("Made by pimvp " + runs.front().version +
                                      " from the records of its runs; every energy is a count of "
                                      "simulated events times the energy of one, and the counts "
                                      "stand in run.json."));
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
           element("title", escaped(title + " – pimvp")) + "\n<style>\n" +
           std::string(assets::embedded("style.css")) + "</style></head>\n<body><main>\n" + body +
           "</main></body></html>\n";
}

}  // namespace pimvp::report
