// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/text_table.h>
#include <pimvp/nn/precision_text.h>
#include <pimvp/runner/quantising.h>

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <iostream>

namespace pimvp::cli {
namespace {

/// "8 per channel"
std::string weights_text(const nn::node& node) {
    if (!node.is_matrix()) return {};
    return std::to_string(node.weights.type().bits) + " per " +
           (node.weight_scales.size() == 1 ? "tensor" : "channel");
}

std::string decibels(double value) {
    return std::isfinite(value) ? fmt::format("{:.1f} dB", value) : "exact";
}

std::string share(const std::optional<double>& value) {
    if (!value) return {};
    return *value == 0.0 ? "0" : fmt::format("{:.3g} %", *value * 100.0);
}

/// One row: what a layer gives, what its integers mean and what they miss.
void add_row(core::text_table& table, const std::string& layer, const std::string& kind,
             const std::string& weights, const nn::value& output,
             const nn::layer_study::figures& seen) {
    const nn::tensor_type& type = output.type;
    table.row({layer, kind, nn::to_string(output.dims), weights, share(seen.clipped_weights),
               std::to_string(type.bits), fmt::format("{:.6g}", type.scale),
               std::to_string(type.zero_point), share(seen.clipped_activations),
               decibels(seen.own_sqnr_db), decibels(seen.sqnr_db)});
}

void print_layers(const nn::network& network, const runner::quantise_report& report) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    text_table table{{"layer"},          {"kind"},
                     {"output"},         {"weight bits"},
                     {"clipped", right}, {"value bits", right},
                     {"scale", right},   {"zero point", right},
                     {"clipped", right}, {"S/N alone", right},
                     {"S/N", right}};
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const nn::value& input = network.values[network.inputs[i]];
        add_row(table, input.name, "input", {}, input, report.inputs[i]);
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const nn::node& node = network.nodes[i];
        add_row(table, node.name, std::string(to_string(node.kind)), weights_text(node),
                network.values[node.output], report.layers[i]);
    }
    std::cout << table.text();
}

void print_closeness(const std::string& on, const runner::closeness& near) {
    std::cout << fmt::format("on {} {} inputs: KL(float || integer) {:.5f} nat, S/N {}, ",
                             near.inputs, on, near.kl,
                             near.sqnr_db ? decibels(*near.sqnr_db) : "exact")
              << "top-1 as the float network " << core::percent(near.agreement, 2);
    if (near.top1) {
        std::cout << ", right " << core::percent(*near.top1, 2) << " (float "
                  << core::percent(*near.float_top1, 2) << ')';
    }
    std::cout << '\n';
}

// --- precision of the inputs, group by group -----------------------------------------------------

/// An option that takes one of some words.
template <class Enum>
boost::program_options::typed_value<std::string>* word(const std::string& option,
                                                       const nn::word_list<Enum>& words,
                                                       Enum& value) {
    return boost::program_options::value<std::string>()->notifier(
        [option, &words, &value](const std::string& given) {
            std::vector<std::string> known;
            for (const auto& [name, meaning] : words) {
                known.emplace_back(name);
                if (name != given) continue;
                value = meaning;
                return;
            }
            throw core::user_error("--" + option, core::quoted(given) + " is not known" +
                                                      core::did_you_mean(given, known));
        });
}

void add_precision_options(boost::program_options::options_description& all,
                           nn::precision_goal& goal) {
    namespace po = boost::program_options;
    nn::precision_rule& rule = goal.rule;
    all.add_options()("redy", word("redy", nn::policy_words(), rule.policy),
                      "also calibrate the precision of streamed inputs: fixed, msb_skip, lsb_drop, "
                      "threshold, rescale or plane_skip")(
        "redy-budget", po::value<double>()->notifier([&goal](double nats) {
            if (!(nats >= 0.0) || nats > 1e3) {
                throw core::user_error("--redy-budget", "must be 0 .. 1000 nats");
            }
            goal.budget = nats;
        }),
        "divergence it may cost, nats; default 0.02")(
        "redy-group", po::value<std::string>()->notifier([&rule](const std::string& text) {
            rule.group_size = static_cast<std::uint32_t>(
                whole_number("--redy-group", text, 1, nn::largest_group));
        }),
        "elements of a group: rows of a crossbar; default 128")(
        "redy-order", word("redy-order", nn::order_words(), rule.order),
        "of a window's elements: channel_first or kernel_first")(
        "redy-rounding", word("redy-rounding", nn::rounding_words(), rule.rounding),
        "of dropped LSBs: half_even, half_up or floor")(
        "redy-statistic", word("redy-statistic", nn::statistic_words(), rule.statistic),
        "that thresholds judge: maximum, mean, variance or peak_to_mean")(
        "redy-widths", po::value<std::string>()->notifier([&rule](const std::string& text) {
            rule.widths = nn::parse_widths("--redy-widths", text);
        }),
        "numbers of planes that may be streamed, as 0,2,4,8; default all");
}

std::string numbers_text(const nn::layer_precision& numbers) {
    std::string text = "drop " + std::to_string(numbers.drop);
    if (numbers.keep != 0) text += ", keep " + std::to_string(numbers.keep);
    for (std::size_t i = 0; i < numbers.thresholds.size(); ++i) {
        text += (i == 0 ? ", one more from " : ", ") + std::to_string(numbers.thresholds[i]);
    }
    return text;
}

void print_quality(const std::string& on, const runner::cut_quality& seen) {
    std::cout << fmt::format(
        "on {} {} inputs: {:.3f} bits, KL(static || cut) {:.5f} nat, top-1 as "
        "static {}",
        seen.inputs, on, seen.average_bits, seen.kl, core::percent(seen.agreement, 2));
    if (seen.top1) {
        std::cout << ", right " << core::percent(*seen.top1, 2) << " (static "
                  << core::percent(*seen.whole_top1, 2) << ')';
    }
    std::cout << '\n';
}

void print_precision(const nn::network& network, const runner::precision_study& study) {
    using core::text_table;
    constexpr auto right = text_table::align::right;
    const nn::precision_plan& plan = study.calibrated.plan;
    text_table table{{"layer"},
                     {"numbers"},
                     {"average bits", right},
                     {"of all groups", right},
                     {"KL alone, nat", right}};
    for (const nn::layer_calibration& layer : study.calibrated.layers) {
        table.row({network.nodes[layer.node].name, numbers_text(layer.numbers),
                   fmt::format("{:.3f}", nn::average_planes(layer.planes)),
                   core::percent(layer.share, 1), fmt::format("{:.5f}", layer.alone)});
    }
    std::cout << "inputs cut by " << to_string(plan.rule.policy) << ", groups of "
              << plan.rule.group_size << ", " << to_string(plan.rule.order) << ", rounding "
              << to_string(plan.rule.rounding) << "\n\n"
              << table.text() << '\n';
    std::cout << fmt::format("budget {:.5g} nat, reached with its margin {:.5f} nat\n", plan.budget,
                             study.calibrated.bound);
    print_quality("calibration", study.on_calibration);
    if (study.on_inputs) print_quality("other", *study.on_inputs);
}

/// What goes on, overwritten in place; null if nobody watches.
std::function<void(const std::string&)> status_line(bool quiet) {
    if (quiet || isatty(STDERR_FILENO) == 0) return {};
    return [](const std::string& text) { std::cerr << "\r\033[K" << text << std::flush; };
}

}  // namespace

int quantize_command(const arguments& words) {
    namespace po = boost::program_options;
    runner::workload_options source;
    std::string out, report_file;
    po::options_description all("options");
    all.add_options()("help,h", "this text")(
        "network", po::value(&source.network)->required(),
        "float network (with --redy also an integer one): name or FILE.onnx");
    add_quantise_options(all, source);
    nn::precision_goal goal;
    add_precision_options(all, goal);
    std::string threads;
    all.add_options()("threads", po::value(&threads)->default_value(threads_here()),
                      "that calibrate a precision; results do not depend on it")(
        "out", po::value(&out)->required(), "the integer network, an .onnx file")(
        "report", po::value(&report_file), "file for the table as JSON")(
        "input", po::value(&source.input), "inputs to compare with the float network on (.npy)")(
        "labels", po::value(&source.labels), "classes of these inputs (.npy)")(
        "images", po::value(&source.images), "the first N inputs, or those from A to B: A-B")(
        "quiet,q", "no table");
    po::variables_map seen;
    if (!parse(words, all, "pimvp quantize --network NAME|FILE.onnx --out FILE.onnx [options]",
               seen)) {
        return 0;
    }
    const bool quiet = seen.count("quiet") != 0;
    const bool cuts = seen.count("redy") != 0;
    for (const char* option : {"redy-budget", "redy-group", "redy-order", "redy-rounding",
                               "redy-statistic", "redy-widths"}) {
        if (!cuts && seen.count(option) != 0) {
            throw core::user_error(std::string("--") + option, "needs --redy POLICY");
        }
    }
    constexpr std::uint64_t most_threads = 256;
    goal.threads = static_cast<unsigned>(whole_number("--threads", threads, 1, most_threads));
    goal.progress = status_line(quiet);
    const runner::quantised_work made = runner::quantise_to(
        out, source, cuts ? std::optional<nn::precision_goal>(goal) : std::nullopt);
    if (cuts && goal.progress) goal.progress("");
    if (quiet && report_file.empty()) return 0;
    std::optional<runner::quantise_report> report;
    if (made.work.floating) report = runner::study(made);
    if (!report_file.empty()) {
        core::write_file(report_file, runner::report_record(made, report).dump(2) + "\n");
    }
    if (quiet) return 0;
    std::cout << made.work.network.name << " in integers, written to " << out << "\n\n";
    if (report) {
        print_layers(made.work.network, *report);
        std::cout << '\n';
        print_closeness("calibration", report->on_calibration);
        if (report->on_inputs) print_closeness("other", *report->on_inputs);
    }
    if (report && made.precision) std::cout << '\n';
    if (made.precision) print_precision(made.work.network, *made.precision);
    return 0;
}

}  // namespace pimvp::cli
