// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/processor.h>

#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <thread>
#include <utility>

namespace pimvp::cli {

namespace po = boost::program_options;

namespace {

/// An option that takes on or off.
po::typed_value<std::string>* on_off(const std::string& name, bool& value) {
    return po::value<std::string>()
        ->default_value(value ? "on" : "off")
        ->notifier([name, &value](const std::string& word) {
            if (word != "on" && word != "off") {
                throw core::user_error("--" + name, core::quoted(word) + " is neither on nor off");
            }
            value = word == "on";
        });
}

void limit_kernels(const std::string& word) {
    using core::instruction_set;
    const std::pair<const char*, instruction_set> known[] = {
        {"best", core::best_instruction_set()},
        {"portable", instruction_set::portable},
        {"avx2", instruction_set::avx2},
        {"avx512", instruction_set::avx512}};
    for (const auto& [name, set] : known) {
        if (word != name) continue;
        if (!core::processor_has(set)) {
            throw core::user_error("--kernels", "this processor has no " + word + ": use best");
        }
        core::limit_instruction_set(set);
        return;
    }
    throw core::user_error("--kernels",
                           core::quoted(word) + " is none of best, portable, avx2 and avx512");
}

}  // namespace

void add_quantise_options(po::options_description& all, runner::workload_options& w) {
    nn::quantise_flow& flow = w.flow;
    all.add_options()("calibrate", po::value(&w.calibrate),
                      "inputs to calibrate a float network on (.npy); a shipped one has its own")(
        "calibrate-images", po::value(&w.calibrate_images),
        "the first N of these, or those from A to B: A-B")(
        "calibrator",
        po::value<std::string>()
            ->default_value(flow.ranges.text())
            ->notifier(
                [&flow](const std::string& word) { flow.ranges = nn::range_rule::parse(word); }),
        "ranges of its values: min-max, percentile:P, mse or entropy")(
        "per-tensor",
        po::bool_switch()->notifier([&flow](bool yes) { flow.integers.per_channel = !yes; }),
        "one weight scale a layer, not one an output channel")(
        "equalise", on_off("equalise", flow.equalise), "weights between layers: on or off")(
        "bias-correction", on_off("bias-correction", flow.bias_correction),
        "of the mean error: on or off")("bits", po::value(&w.bits),
                                        "bits of single layers (.yaml); 8 everywhere else")(
        "preprocess", po::value(&w.preprocess), "how uint8 images become inputs (.yaml)");
}

void add_network_options(po::options_description& all, runner::workload_options& chosen) {
    all.add_options()("network", po::value(&chosen.network)->default_value("glyphs"),
                      "shipped network, one of the zoo (list networks), or FILE.onnx");
    add_quantise_options(all, chosen);
}

void add_input_options(po::options_description& all, runner::workload_options& chosen) {
    all.add_options()("input", po::value(&chosen.input), "inputs, a row an inference (.npy)")(
        "labels", po::value(&chosen.labels), "classes of the inputs (.npy)")(
        "images", po::value(&chosen.images), "the first N inputs, or those from A to B: A-B");
}

void add_design_options(po::options_description& all, design_options& chosen) {
    all.add_options()("help,h", "this text")(
        "platform", po::value(&chosen.platform)->default_value(chosen.platform),
        "preset or FILE.yaml")("set", po::value(&chosen.overrides)->composing(),
                               "path=value, overrides the platform");
    add_network_options(all, chosen.workload);
}

void add_simulation_options(po::options_description& all, simulation_words& chosen) {
    all.add_options()("coding-style", po::value(&chosen.style)->default_value(chosen.style),
                      "lt or at")("check", po::value(&chosen.check)->default_value(chosen.check),
                                  "layers or outputs")(
        "in-flight", po::value(&chosen.in_flight)->default_value(chosen.in_flight),
        "inferences that stream together; 0 = what the machine takes")(
        "threads", po::value(&chosen.threads)->default_value(threads_here()),
        "of this computer; results do not depend on them")(
        "kernels", po::value(&chosen.kernels)->default_value(chosen.kernels),
        "inner loops: best, portable, avx2 or avx512; results do not depend on them")(
        "seed", po::value(&chosen.seed)->default_value(chosen.seed), "of all random streams")(
        "max-sim-time", po::value(&chosen.limit), "gives up after that simulated time: 10 ms");
}

runner::execute_options options_of(const simulation_words& chosen, runner::workload_options& data) {
    runner::execute_options options;
    data.seed = options.context.seed =
        whole_number("--seed", chosen.seed, 0, std::numeric_limits<std::uint64_t>::max());
    options.in_flight =
        static_cast<std::uint32_t>(whole_number("--in-flight", chosen.in_flight, 0, 1U << 16U));
    options.threads = static_cast<unsigned>(whole_number("--threads", chosen.threads, 1, 256));
    limit_kernels(chosen.kernels);
    options.context.style = style_of(chosen.style);
    if (chosen.check != "layers" && chosen.check != "outputs") {
        throw core::user_error("--check",
                               core::quoted(chosen.check) + " is neither layers nor outputs");
    }
    options.check_layers = chosen.check == "layers";
    if (!chosen.limit.empty()) {
        options.limit_fs = duration_of("--max-sim-time", chosen.limit).fs;
    }
    return options;
}

std::string threads_here() {
    return std::to_string(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
}

std::function<void(std::size_t, std::size_t)> progress_line(bool quiet) {
    if (quiet || isatty(STDERR_FILENO) == 0) return {};
    return [](std::size_t done, std::size_t all) {
        std::cerr << "\r\033[K" << (done == all ? "" : "image ");
        if (done != all) std::cerr << done << " of " << all << std::flush;
    };
}

std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t low,
                           std::uint64_t high) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
        throw core::user_error(option, core::quoted(text) + " is no whole number from " +
                                           std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

core::duration duration_of(const std::string& option, const std::string& text) {
    core::duration parsed{};
    const std::string problem = core::parse_into(text, parsed);
    if (!problem.empty()) throw core::user_error(option, problem);
    return parsed;
}

core::coding_style style_of(const std::string& word) {
    if (word == "lt") return core::coding_style::lt;
    if (word == "at") return core::coding_style::at;
    throw core::user_error("--coding-style", core::quoted(word) + " is neither lt nor at");
}

namespace {

po::parsed_options parsed(const arguments& words, const po::options_description& all,
                          const po::positional_options_description& positions) {
    return po::command_line_parser(words)
        .options(all)
        .positional(positions)
        .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
        .run();
}

}  // namespace

bool parse(const arguments& words, const po::options_description& all, const std::string& usage,
           po::variables_map& seen, const po::positional_options_description& positions) {
    try {
        po::store(parsed(words, all, positions), seen);
        if (seen.count("help") != 0) {
            std::cout << "usage: " << usage << "\n\n" << all;
            return false;
        }
        po::notify(seen);
    } catch (const po::error& problem) {
        throw core::user_error(std::string(problem.what()) + "; see " +
                               usage.substr(0, usage.find(' ', 6)) + " --help");
    }
    return true;
}

arguments words_without(const arguments& words, const po::options_description& all,
                        const po::positional_options_description& positions,
                        const std::set<std::string>& left_out) {
    arguments kept;
    for (const po::option& each : parsed(words, all, positions).options) {
        if (left_out.count(each.string_key) != 0) continue;
        kept.insert(kept.end(), each.original_tokens.begin(), each.original_tokens.end());
    }
    return kept;
}

std::string title_of(const nn::network& network) {
    return network.name +
           (network.weights == "trained" ? "" : " (" + network.weights + " weights)");
}

}  // namespace pimvp::cli
