// SPDX-License-Identifier: Apache-2.0
#include "conformance_suite.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/onnx/import.h>
#include <pimvp/onnx/op_table.h>

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace conformance {

namespace {

namespace nn = pimvp::nn;

const std::filesystem::path suite = "/usr/share/libonnx-testdata/data/node";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// One test of the suite as its files say.
struct files {
    ::onnx::ModelProto model;
    std::vector<::onnx::TensorProto> inputs, outputs;
};

bool read_tensors(const std::filesystem::path& folder, const std::string& kind, int count,
                  std::vector<::onnx::TensorProto>& to) {
    for (int i = 0; i < count; ++i) {
        const std::string bytes = read_file(folder / (kind + "_" + std::to_string(i) + ".pb"));
        to.emplace_back();
        if (bytes.empty() || !to.back().ParseFromString(bytes)) return false;
    }
    return true;
}

bool read(const std::string& name, files& test) {
    if (!test.model.ParseFromString(read_file(suite / name / "model.onnx"))) return false;
    // Operators unchanged since an older opset come with its number.
    for (auto& opset : *test.model.mutable_opset_import()) {
        if (opset.domain().empty()) opset.set_version(std::max<std::int64_t>(opset.version(), 7));
    }
    const auto data = suite / name / "test_data_set_0";
    return read_tensors(data, "input", test.model.graph().input_size(), test.inputs) &&
           read_tensors(data, "output", test.model.graph().output_size(), test.outputs);
}

/// The elements of a tensor, or of one of `runs` equal parts along its first axis. All types that
/// cross the border fit into double.
std::vector<double> elements(const ::onnx::TensorProto& tensor, std::int64_t run,
                             std::int64_t runs) {
    std::vector<double> all;
    const std::string& raw = tensor.raw_data();
    const auto take = [&](auto sample) {
        using type = decltype(sample);
        for (std::size_t at = 0; at + sizeof(type) <= raw.size(); at += sizeof(type)) {
            type value;
            std::memcpy(&value, raw.data() + at, sizeof(type));
            all.push_back(static_cast<double>(value));
        }
    };
    switch (tensor.data_type()) {
    case ::onnx::TensorProto::FLOAT:
        take(float{});
        break;
    case ::onnx::TensorProto::DOUBLE:
        take(double{});
        break;
    case ::onnx::TensorProto::UINT8:
        take(std::uint8_t{});
        break;
    case ::onnx::TensorProto::INT8:
        take(std::int8_t{});
        break;
    case ::onnx::TensorProto::UINT16:
        take(std::uint16_t{});
        break;
    case ::onnx::TensorProto::INT16:
        take(std::int16_t{});
        break;
    default:
        break;
    }
    const auto part = static_cast<std::ptrdiff_t>(all.size()) / runs;
    return {all.begin() + run * part, all.begin() + (run + 1) * part};
}

/// The model with inputs from `fed` on as initialisers, for a batch of one if it is cut.
::onnx::ModelProto prepare(const files& test, int fed, bool cut) {
    ::onnx::ModelProto model = test.model;
    auto& graph = *model.mutable_graph();
    const auto to_one = [](::onnx::ValueInfoProto& info) {
        auto& shape = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
        if (shape.dim_size() != 0) shape.mutable_dim(0)->set_dim_value(1);
    };
    for (int i = 0; i < graph.input_size(); ++i) {
        if (i < fed) {
            if (cut) to_one(*graph.mutable_input(i));
            continue;
        }
        *graph.add_initializer() = test.inputs[static_cast<std::size_t>(i)];
        graph.mutable_initializer(graph.initializer_size() - 1)->set_name(graph.input(i).name());
    }
    for (auto& info : *graph.mutable_output()) {
        if (cut) to_one(info);
    }
    return model;
}

/// All outputs of one run, as the file's user gets them.
std::vector<std::vector<double>> run(const pimvp::onnx::imported& file,
                                     const std::vector<std::vector<double>>& inputs) {
    std::vector<std::vector<double>> outputs;
    if (file.floating) {
        const nn::float_network& net = *file.floating;
        std::vector<nn::float_tensor> tensors;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            tensors.push_back({net.values[net.inputs[i]].dims, {}});
            for (const double x : inputs[i]) tensors[i].data.push_back(static_cast<float>(x));
        }
        nn::float_executor executor(net);
        executor.run(tensors);
        for (std::size_t i = 0; i < net.outputs.size(); ++i) {
            const std::vector<float> reals = executor.output(i).data;
            outputs.emplace_back(reals.begin(), reals.end());
        }
        return outputs;
    }
    const nn::network& net = *file.integer;
    std::vector<nn::integer_tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const nn::value& value = net.values[net.inputs[i]];
        tensors.emplace_back(value.dims, value.type);
        for (std::size_t k = 0; k < inputs[i].size(); ++k) {
            const auto real = static_cast<float>(inputs[i][k]);
            tensors[i].set(k, file.inputs[i].is_float ? nn::quantise(real, value.type)
                                                      : static_cast<int>(inputs[i][k]));
        }
    }
    nn::executor executor(net);
    executor.run(tensors);
    for (std::size_t i = 0; i < net.outputs.size(); ++i) {
        outputs.emplace_back();
        if (file.outputs[i].is_float) {
            const std::vector<float> reals = executor.output(i).data;
            outputs.back().assign(reals.begin(), reals.end());
            continue;
        }
        const nn::integer_tensor& integers = executor.value(net.outputs[i]);
        for (std::size_t k = 0; k < integers.size(); ++k) outputs.back().push_back(integers.at(k));
    }
    return outputs;
}

/// What differs; empty if nothing does. Tolerances are those of ONNX's own runner.
std::string difference(const std::vector<double>& got, const std::vector<double>& expected,
                       bool exact) {
    constexpr double relative = 1e-3;
    constexpr double absolute = 1e-7;
    if (got.size() != expected.size()) {
        return std::to_string(got.size()) + " elements, not " + std::to_string(expected.size());
    }
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double slack = exact ? 0.0 : absolute + relative * std::fabs(expected[i]);
        if (!(std::fabs(got[i] - expected[i]) <= slack)) {
            return "element " + std::to_string(i) + " is " + std::to_string(got[i]) + ", not " +
                   std::to_string(expected[i]);
        }
    }
    return {};
}

/// The message without file and node, which stand beside it, and without the list of what is
/// supported.
std::string reason_of(const pimvp::core::user_error& error) {
    std::string text = error.list().front().message;
    text = text.substr(0, text.find('\n'));
    return text;
}

outcome attempt(const std::string& name, const files& test, int fed, bool cut) {
    outcome result;
    result.name = name;
    const ::onnx::ModelProto model = prepare(test, fed, cut);
    pimvp::onnx::imported file;
    try {
        file = pimvp::onnx::import_bytes(model.SerializeAsString(), name);
    } catch (const pimvp::core::user_error& error) {
        result.reason = reason_of(error);
        return result;
    }
    const std::int64_t runs = cut ? test.outputs[0].dims(0) : 1;
    for (std::int64_t r = 0; r < runs; ++r) {
        std::vector<std::vector<double>> inputs;
        for (const auto& end : file.inputs) {
            for (int i = 0; i < fed; ++i) {
                if (model.graph().input(i).name() == end.name) {
                    inputs.push_back(elements(test.inputs[static_cast<std::size_t>(i)], r, runs));
                }
            }
        }
        const std::vector<std::vector<double>> got = run(file, inputs);
        for (std::size_t o = 0; o < got.size(); ++o) {
            result.reason =
                difference(got[o], elements(test.outputs[o], r, runs), !file.outputs[o].is_float);
            if (result.reason.empty()) continue;
            result.result = verdict::wrong;
            return result;
        }
    }
    result.result = verdict::passed;
    return result;
}

/// "test_relu" -> Relu. Functions spelt out as several nodes count for the operator they spell.
std::string operator_of(const std::string& name, const files& test) {
    const auto& graph = test.model.graph();
    constexpr const char* expanded = "_expanded";
    if (name.find(expanded) == std::string::npos) {
        std::string op = graph.node_size() == 0 ? "" : graph.node(graph.node_size() - 1).op_type();
        return op;
    }
    files whole;
    const std::string short_name = name.substr(0, name.rfind(expanded));
    const bool found = std::filesystem::exists(suite / short_name) && read(short_name, whole);
    return (found ? operator_of(short_name, whole) : short_name) + " (spelt out)";
}

outcome run_test(const std::string& name) {
    files test;
    outcome result;
    result.name = name;
    if (!read(name, test)) {
        result.operator_name = operator_of(name, test);
        result.reason = "its data are no tensors";
        return result;
    }
    const int inputs = test.model.graph().input_size();
    const bool has_batch =
        !test.outputs.empty() && test.outputs[0].dims_size() > 1 && test.outputs[0].dims(0) > 1;
    std::vector<std::pair<int, bool>> ways = {{inputs, false}};
    if (inputs > 1) ways.emplace_back(1, false);
    if (has_batch) ways.emplace_back(inputs, true);
    if (has_batch && inputs > 1) ways.emplace_back(1, true);
    std::string first_reason;
    for (const auto& [fed, cut] : ways) {
        result = attempt(name, test, fed, cut);
        if (result.result != verdict::refused) break;
        // The way in which a network would hold the operator has the reason that matters.
        if (fed == 1 || first_reason.empty()) {
            if (!cut) first_reason = result.reason;
        }
    }
    if (result.result == verdict::refused) result.reason = first_reason;
    result.operator_name = operator_of(name, test);
    return result;
}

}  // namespace

bool is_installed() {
    return std::filesystem::exists(suite);
}

std::vector<outcome> run_suite() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(suite)) {
        if (std::filesystem::exists(entry.path() / "model.onnx")) {
            names.insert(entry.path().filename().string());
        }
    }
    std::vector<outcome> outcomes;
    for (const std::string& name : names) outcomes.push_back(run_test(name));
    return outcomes;
}

std::string table(const std::vector<outcome>& outcomes) {
    struct row {
        int passed = 0, total = 0;
        std::map<std::string, std::vector<std::string>> refused;  ///< tests by reason
    };
    std::map<std::string, row> rows;
    int passed = 0;
    for (const outcome& each : outcomes) {
        row& of = rows[each.operator_name];
        ++of.total;
        if (each.result == verdict::passed) {
            ++of.passed;
            ++passed;
        } else {
            of.refused[each.reason].push_back(each.name.substr(std::strlen("test_")));
        }
    }
    std::string inside;
    std::string outside;
    for (const auto& [name, of] : rows) {
        const std::vector<std::string> known = pimvp::onnx::detail::known_ops();
        const std::string op = name.substr(0, name.find(' '));
        if (!std::binary_search(known.begin(), known.end(), op)) {
            std::string reason(pimvp::onnx::detail::reason_to_refuse(op));
            if (reason.empty()) reason = "no layer of the networks here";
            outside += "| " + name + " | " + std::to_string(of.total) + " | " + reason + " |\n";
            continue;
        }
        inside += "| " + name + " | " + std::to_string(of.passed) + " of " +
                  std::to_string(of.total) + " | ";
        std::string separator;
        for (const auto& [reason, tests] : of.refused) {
            inside += separator;
            separator = "<br>";
            for (std::size_t i = 0; i < tests.size(); ++i) inside += (i ? ", " : "") + tests[i];
            inside += ": " + reason;
        }
        inside += separator.empty() ? "– |\n" : " |\n";
    }
    return "# ONNX operator tests\n\n"
           "The node tests of ONNX 1.12 (Debian `libonnx-testdata`) through import and reference\n"
           "executors: " +
           std::to_string(passed) + " of " + std::to_string(outcomes.size()) +
           " pass, none computes something else, the others are refused with\n"
           "the reason given. Inputs that a network holds as weights are weights; a batch is cut "
           "into runs of one\n"
           "where an operator takes one image only. Float results agree within rtol 1e-3, atol "
           "1e-7 (ONNX's own\n"
           "runner), integers exactly. Written by `unit_onnx onnx.conformance.write_the_table`; a "
           "test compares.\n\n"
           "## Operators of the import\n\n"
           "| operator | tests passed | refused: why |\n|---|---|---|\n" +
           inside + "\n## Others\n\n| operator | tests | why |\n|---|---|---|\n" + outside;
}

}  // namespace conformance
