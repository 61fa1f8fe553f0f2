// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/workload.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/nn/layer_bits.h>
#include <pimvp/nn/npy.h>
#include <pimvp/nn/preprocess.h>
#include <pimvp/onnx/import.h>
#include <pimvp/runner/zoo/zoo.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

namespace pimvp::runner {
namespace {

namespace fs = std::filesystem;

/// Where shipped networks may stand: beside the installed program, or in the sources.
std::vector<fs::path> network_folders() {
    std::vector<fs::path> folders;
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (!failed) folders.push_back(program.parent_path() / PIMVP_DATADIR_FROM_BIN / "networks");
    folders.emplace_back(PIMVP_SOURCE_NETWORKS);
    return folders;
}

/// network.yaml in the folder of a shipped network that shares what belongs to another one.
struct network_description {
    std::string data;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.required("data", p.data,
                   "The shipped network whose images, labels, calibration inputs and preprocessing "
                   "it shares.");
    }
};

/// Where the data of a shipped network stand: in its own folder or in the one its network.yaml
/// names.
fs::path data_folder(const shipped_network& network) {
    const fs::path description = fs::path(network.folder) / "network.yaml";
    if (!fs::exists(description)) return network.folder;
    const std::string file = description.string();
    const auto wanted = core::read_yaml<network_description>(core::read_text_file(file), file);
    std::vector<std::string> known;
    for (const shipped_network& each : shipped_networks()) {
        if (each.name == wanted.data) return each.folder;
        known.push_back(each.name);
    }
    throw core::user_error(file + ": data", "unknown network " + core::quoted(wanted.data) +
                                                core::did_you_mean(wanted.data, known));
}

/// Fills in what a shipped network brings along.
void complete(workload_options& options) {
    const std::string name = options.network;
    if (name.find('/') != std::string::npos || fs::path(name).extension() == ".onnx") return;
    std::vector<std::string> known;
    for (const shipped_network& each : shipped_networks()) {
        known.push_back(each.name);
        if (each.name != name) continue;
        options.network = (fs::path(each.folder) / "model.onnx").string();
        const fs::path here = data_folder(each);
        const bool own_input = options.input.empty();
        if (options.calibrate.empty()) options.calibrate = (here / "calibrate.npy").string();
        if (options.preprocess.empty()) options.preprocess = (here / "preprocess.yaml").string();
        if (own_input) {
            options.input = (here / "images.npy").string();
            if (options.labels.empty()) options.labels = (here / "labels.npy").string();
        }
        return;
    }
    known.insert(known.end(), zoo::names().begin(), zoo::names().end());
    throw core::user_error("--network", "unknown network " + core::quoted(name) +
                                            core::did_you_mean(name, known) +
                                            "; a file ends in .onnx");
}

std::size_t number(const std::string& option, std::string_view text) {
    std::size_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) {
        throw core::user_error(option, core::quoted(text) + " is no count: use N or A-B");
    }
    return value;
}

struct image_range {
    std::size_t first = 0, count = 0;
};

image_range selected(const std::string& option, const std::string& text, std::size_t rows) {
    if (text.empty()) return {0, rows};
    const std::size_t dash = text.find('-');
    const std::size_t first = dash == std::string::npos ? 0 : number(option, text.substr(0, dash));
    const std::size_t last = dash == std::string::npos ? number(option, text)
                                                       : number(option, text.substr(dash + 1)) + 1;
    if (last <= first || last > rows) {
        throw core::user_error(option, "selects " + core::quoted(text) + ", but there are " +
                                           std::to_string(rows) + " inputs (0-" +
                                           std::to_string(rows == 0 ? 0 : rows - 1) + ")");
    }
    return {first, last - first};
}

/// The rows of an .npy file as inputs of a network.
std::vector<std::vector<nn::float_tensor>> read_inputs(const std::string& path,
                                                       const std::string& option,
                                                       const std::string& images,
                                                       const std::string& preprocess,
                                                       const nn::shape& dims, image_range& range) {
    nn::npy_reader file(path);
    range = selected(option, images, file.rows());
    const nn::npy_array rows = file.read_rows(range.first, range.count);
    std::vector<std::vector<nn::float_tensor>> inputs;
    if (!preprocess.empty()) {
        const nn::preprocessor prepare(nn::load_preprocess(preprocess), dims);
        for (std::size_t i = 0; i < range.count; ++i) inputs.push_back({prepare(rows, i)});
        return inputs;
    }
    nn::shape want = dims;
    want[0] = static_cast<std::int64_t>(range.count);
    if (rows.type() != nn::npy_type::f32) {
        throw core::user_error(path, std::string("holds ") + std::string(to_string(rows.type())) +
                                         ", the network takes float32: convert it, or describe raw "
                                         "uint8 images with --preprocess FILE.yaml");
    }
    if (rows.dims() != want) {
        throw core::user_error(path, "rows of " + nn::to_string(rows.dims()) +
                                         " do not fit the network's input " + nn::to_string(dims) +
                                         " (one row an inference)");
    }
    const std::vector<float> all = rows.as<float>();
    const std::size_t each = nn::element_count(dims);
    for (std::size_t i = 0; i < range.count; ++i) {
        const auto from = all.begin() + static_cast<std::ptrdiff_t>(i * each);
        inputs.push_back({{dims, {from, from + static_cast<std::ptrdiff_t>(each)}}});
    }
    return inputs;
}

std::vector<std::int64_t> read_labels(const std::string& path, const image_range& range) {
    const std::vector<std::int64_t> all = nn::read_npy(path).as_integers();
    if (all.size() < range.first + range.count) {
        throw core::user_error(path, "holds " + std::to_string(all.size()) +
                                         " labels, needed are " +
                                         std::to_string(range.first + range.count));
    }
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(range.first);
    return {from, from + static_cast<std::ptrdiff_t>(range.count)};
}

void add_inputs(workload& to, const workload_options& options) {
    if (options.input.empty()) {
        throw core::user_error("--input", "is missing: give inputs as FILE.npy");
    }
    const nn::shape& dims = to.network.values[to.network.inputs.at(0)].dims;
    image_range range;
    to.inputs =
        read_inputs(options.input, "--images", options.images, options.preprocess, dims, range);
    if (!options.labels.empty()) to.labels = read_labels(options.labels, range);
}

const nn::shape& dims_of(const nn::integer_tensor& tensor) {
    return tensor.dims();
}
const nn::shape& dims_of(const nn::float_tensor& tensor) {
    return tensor.dims;
}

nn::input_set read_calibration(const workload_options& options, const nn::shape& dims) {
    image_range range;
    return read_inputs(options.calibrate, "--calibrate-images", options.calibrate_images,
                       options.preprocess, dims, range);
}

workload zoo_workload(const workload_options& options, bool with_inputs) {
    workload made;
    made.network = zoo::build(options.network, options.seed);
    if (with_inputs && !options.input.empty()) {
        add_inputs(made, options);
    } else if (with_inputs) {
        constexpr std::size_t endless = 1'000'000;
        const image_range range =
            selected("--images", options.images.empty() ? "1" : options.images, endless);
        for (std::size_t i = 0; i < range.count; ++i) {
            made.inputs.push_back({zoo::image(made.network, options.seed, range.first + i)});
        }
    }
    return made;
}

}  // namespace

std::vector<shipped_network> shipped_networks() {
    std::map<std::string, std::string> found;
    for (const fs::path& folder : network_folders()) {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(folder, failed)) {
            if (fs::exists(entry.path() / "model.onnx")) {
                found.emplace(entry.path().filename().string(),
                              entry.path().lexically_normal().string());
            }
        }
    }
    std::vector<shipped_network> networks;
    for (const auto& [name, folder] : found) networks.push_back({name, folder});
    return networks;
}

std::vector<known_network> known_networks() {
    const auto describe = [](const std::string& name, const auto& network,
                             const std::string& origin) {
        known_network known{name, network.macs(), 0, origin};
        for (const auto& n : network.nodes) {
            if (n.is_matrix()) known.weights += nn::element_count(dims_of(n.weights));
        }
        return known;
    };
    std::vector<known_network> all;
    for (const shipped_network& each : shipped_networks()) {
        const onnx::imported file = onnx::import_file(each.folder + "/model.onnx");
        all.push_back(file.is_integer() ? describe(each.name, *file.integer, each.folder)
                                        : describe(each.name, *file.floating, each.folder));
    }
    for (const std::string& name : zoo::names()) {
        all.push_back(
            describe(name, zoo::outline(name), "synthetic; " + std::string(zoo::variant(name))));
    }
    return all;
}

workload load_workload(const workload_options& given, bool with_inputs, quantising_data* kept) {
    if (zoo::is_member(given.network)) {
        workload made = zoo_workload(given, with_inputs);
        if (kept != nullptr && !given.calibrate.empty()) {
            kept->calibration =
                read_calibration(given, made.network.values[made.network.inputs.at(0)].dims);
        }
        return made;
    }
    workload_options options = given;
    complete(options);
    onnx::imported file = onnx::import_file(options.network);
    workload made;
    if (file.inputs.size() != 1 || !file.inputs[0].is_float) {
        throw core::user_error(options.network, "needs exactly one input of float32");
    }
    const nn::shape dims = file.inputs[0].dims;
    if (file.is_integer()) {
        made.network = std::move(*file.integer);
        if (kept != nullptr && !options.calibrate.empty()) {
            kept->calibration = read_calibration(options, dims);
        }
    } else {
        if (options.calibrate.empty()) {
            throw core::user_error(options.network,
                                   "is a float network: give inputs to calibrate its integers on "
                                   "with --calibrate FILE.npy");
        }
        made.floating = std::move(file.floating);
        if (!options.bits.empty()) options.flow.integers.bits = nn::load_bits(options.bits);
        nn::input_set calibration = read_calibration(options, dims);
        nn::quantised result = nn::quantise(*made.floating, calibration, options.flow);
        made.network = std::move(result.integers);
        made.made = quantising{options.flow, calibration.size()};
        if (kept != nullptr) *kept = {std::move(calibration), std::move(result.equalised)};
    }
    if (options.network != given.network) {  // a shipped one: known by its name, not its file's
        made.network.name = given.network;
    }
    if (with_inputs) add_inputs(made, options);
    return made;
}

workload load_inputs(nn::network network, const workload_options& options) {
    workload made;
    made.network = std::move(network);
    add_inputs(made, options);
    return made;
}

}  // namespace pimvp::runner
