// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/import.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/sha256.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/precision_text.h>
#include <pimvp/onnx/lowering.h>
#include <pimvp/onnx/op_reader.h>
#include <pimvp/onnx/source_graph.h>

#include <filesystem>
#include <utility>

namespace pimvp::onnx {

namespace {

std::string stem(const std::string& path) {
    const std::string name = std::filesystem::path(path).stem().string();
    return name.empty() ? path : name;
}

/// The room of networks does not know the file: its findings get the name in front.
template <class Network>
void validate(const Network& net, const detail::reporter& report) {
    try {
        net.validate();
    } catch (const core::user_error& error) {
        core::diagnostics found;
        for (core::diagnostic finding : error.list()) {
            finding.mark.file = report.file;
            found.add(std::move(finding));
        }
        throw core::user_error(found);
    }
}

std::vector<endpoint> endpoints(const detail::op_graph& graph,
                                const std::vector<detail::tensor_id>& ids,
                                const std::vector<std::string>& names,
                                const std::vector<bool>& is_float) {
    std::vector<endpoint> ends;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ends.push_back({names[i], graph.tensors[ids[i]].dims, is_float[i]});
    }
    return ends;
}

}  // namespace

namespace {

/// Of the model, and of the tensors beside it if there are any.
std::string identity(std::string_view bytes, const detail::external_data& files) {
    if (files.digests().empty()) return core::sha256_hex(bytes);
    std::vector<std::uint8_t> all;
    const core::sha256_digest model = core::sha256(bytes);
    all.insert(all.end(), model.begin(), model.end());
    for (const core::sha256_digest& tensor : files.digests()) {
        all.insert(all.end(), tensor.begin(), tensor.end());
    }
    return core::sha256_hex(all);
}

constexpr const char* precision_key = "pimvp.precision";

imported import_model(std::string_view bytes, const std::string& name,
                      detail::external_data files) {
    const detail::reporter report{name};
    ::onnx::ModelProto model;
    detail::parse_model(bytes, model, report);
    const detail::source_graph source = detail::read_graph(model, report, files);
    detail::refuse_unknown_operators(source, report);
    const detail::op_graph graph = detail::op_reader(source, report).read();

    imported result;
    result.opset = source.opset;
    result.ir_version = model.ir_version();
    result.producer = model.producer_name();
    if (!model.producer_version().empty()) result.producer += " " + model.producer_version();
    const auto synthetic = source.metadata.find("pimvp.weights");
    const auto label = [&](auto& net) {
        net.name = stem(name);
        net.sha256 = identity(bytes, files);
        if (synthetic != source.metadata.end()) net.weights = synthetic->second;
        validate(net, report);
    };
    const auto plan = source.metadata.find(precision_key);
    if (graph.is_integer()) {
        detail::integer_result lowered = detail::lower_integer(graph, report);
        if (plan != source.metadata.end()) {
            const std::string place = name + ": metadata '" + precision_key + "'";
            lowered.net.precision = nn::read_precision_plan(plan->second, place);
            nn::check_plan_belongs(lowered.net, place);
        }
        label(lowered.net);
        result.inputs = endpoints(graph, graph.inputs, lowered.input_names, lowered.float_inputs);
        result.outputs = endpoints(graph, graph.outputs, graph.output_names, lowered.float_outputs);
        result.notes = std::move(lowered.notes);
        result.integer = std::move(lowered.net);
        return result;
    }
    if (plan != source.metadata.end()) {
        report.fail(std::string("metadata '") + precision_key + "'",
                    "cuts inputs of integers, but the network is a float one: remove it");
    }
    nn::float_network net = detail::lower_float(graph, report);
    label(net);
    std::vector<std::string> input_names;
    for (const detail::tensor_id id : graph.inputs) input_names.push_back(graph.tensors[id].name);
    result.inputs =
        endpoints(graph, graph.inputs, input_names, std::vector<bool>(graph.inputs.size(), true));
    result.outputs = endpoints(graph, graph.outputs, graph.output_names,
                               std::vector<bool>(graph.outputs.size(), true));
    result.notes = graph.notes;
    result.floating = std::move(net);
    return result;
}

}  // namespace

imported import_bytes(std::string_view bytes, const std::string& name) {
    return import_model(bytes, name, {});
}

imported import_file(const std::string& path) {
    constexpr std::uint64_t most = (std::uint64_t{1} << 31U) - 1;  // of a protobuf message
    return import_model(core::read_file(path, most), path, detail::external_data(path));
}

}  // namespace pimvp::onnx
