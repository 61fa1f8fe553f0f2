// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_table.h>
#include <pimvp/onnx/source_graph.h>

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace pimvp::onnx::detail {

namespace {

constexpr int max_nesting = 32;  // of protobuf messages; a graph without sub-graphs needs 7

/// A reason that helps more than "does not parse", if the first bytes give one away.
std::string guess_kind(std::string_view bytes) {
    const auto starts = [&](std::string_view with) { return bytes.substr(0, with.size()) == with; };
    if (starts("PK\x03\x04")) return "; it looks like a zip or PyTorch file: export it to ONNX";
    if (starts("\x93NUMPY")) return "; it is a NumPy array: give the .onnx file";
    if (starts("\x89HDF")) return "; it is an HDF5 (Keras) file: export it to ONNX";
    if (starts("version https://git-lfs")) return "; it is a Git LFS pointer: run git lfs pull";
    if (bytes.size() > 8 && bytes.substr(4, 4) == "TFL3") {
        return "; it is a TensorFlow Lite file: export it to ONNX";
    }
    return "; it may be truncated: compare its size with the original";
}

}  // namespace

void parse_model(std::string_view bytes, ::onnx::ModelProto& model, const reporter& report) {
    if (bytes.empty()) report.fail({}, "the file is empty; give an ONNX model");
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        report.fail({}, "the file has more than 2 GiB, which no ONNX file has");
    }
    const int size = static_cast<int>(bytes.size());
    google::protobuf::io::CodedInputStream stream(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), size);
    stream.SetTotalBytesLimit(size);
    stream.SetRecursionLimit(max_nesting);
    if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
        report.fail({}, "is no readable ONNX model" + guess_kind(bytes));
    }
    if (!model.has_graph() ||
        (model.graph().node_size() == 0 && model.graph().output_size() == 0)) {
        report.fail({}, "holds no graph" + guess_kind(bytes));
    }
}

void refuse_unknown_operators(const source_graph& graph, const reporter& report) {
    constexpr std::size_t most = 20;
    core::diagnostics found;
    bool unknown = false;
    for (const source_node& node : graph.nodes) {
        const std::string& domain = node.proto->domain();
        const bool standard = domain.empty() || domain == "ai.onnx";
        const op_lookup known = find_op(domain, node.op(), graph.opset);
        if (known.form != nullptr) continue;
        std::string why = "operator " + core::quoted(node.op()) +
                          (standard ? "" : " of domain " + core::quoted(domain));
        if (known.since != 0) {
            why += " exists since opset " + std::to_string(known.since) + ", the file says " +
                   std::to_string(graph.opset) + "; export the model again";
        } else {
            const std::string_view reason = standard ? reason_to_refuse(node.op()) : "";
            why += " is not supported" + (reason.empty() ? "" : ": " + std::string(reason));
            unknown = true;
        }
        found.error(node.where(), why, {report.file, 0, 0});
        if (found.list().size() == most) break;
    }
    if (unknown) {
        std::string names;
        for (const std::string& name : known_ops()) names += (names.empty() ? "" : ", ") + name;
        found.error("",
                    "supported are " + names +
                        "; export the model without the others, or cut it before them "
                        "(onnx.utils.extract_model)",
                    {report.file, 0, 0});
    }
    found.throw_if_errors();
}

}  // namespace pimvp::onnx::detail
