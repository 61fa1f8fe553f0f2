// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/source_graph.h>

#include <algorithm>
#include <queue>
#include <unordered_set>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// Valid UTF-8 without control characters: names end up in tables, JSON and file names.
bool is_clean(const std::string& text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80        ? 1
                                   : lead >> 5U == 6  ? 2
                                   : lead >> 4U == 14 ? 3
                                   : lead >> 3U == 30 ? 4
                                                      : 0;
        if (length == 0 || lead < 0x20 || lead == 0x7F || i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) >> 6U) != 2) return false;
        }
        if ((length == 2 && lead < 0xC2) || (length == 4 && lead > 0xF4)) return false;
        const auto second = static_cast<unsigned char>(length > 2 ? text[i + 1] : 0xA0);
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
            return false;
        }
        i += length;
    }
    return text.size() <= 4096;
}

class graph_reader {
public:
    graph_reader(const ::onnx::ModelProto& model, const reporter& report, external_data& files)
        : m_model(model),
          m_proto(model.graph()),
          m_report(report),
          m_files(files) {}

    source_graph read() {
        read_versions();
        for (const auto& entry : m_model.metadata_props()) {
            m_graph.metadata[entry.key()] = entry.value();
        }
        read_initialisers();
        read_inputs();
        name_nodes();
        read_outputs();
        sort_nodes();
        return std::move(m_graph);
    }

private:
    void read_versions() {
        constexpr std::int64_t oldest = 7;
        constexpr std::int64_t newest = 21;
        for (const auto& import : m_model.opset_import()) {
            if (import.domain().empty() || import.domain() == "ai.onnx") {
                m_graph.opset = import.version();
            }
        }
        if (m_graph.opset == 0) {
            m_report.fail({}, "declares no opset of the ONNX operators; export the model again");
        }
        if (m_graph.opset < oldest || m_graph.opset > newest) {
            m_report.fail({}, "uses opset " + std::to_string(m_graph.opset) + "; supported: " +
                                  std::to_string(oldest) + " to " + std::to_string(newest) +
                                  ": export with opset 13, or use onnx.version_converter");
        }
    }

    void check_name(const std::string& name, const std::string& what) const {
        if (!is_clean(name)) {
            m_report.fail(what + " " + core::quoted(name),
                          "its name is no valid UTF-8 text without control characters of at most "
                          "4096 bytes; rename it");
        }
    }

    void read_initialisers() {
        if (m_proto.sparse_initializer_size() != 0) {
            m_report.fail({}, "holds sparse initialisers; export the model with dense weights");
        }
        for (const auto& proto : m_proto.initializer()) {
            check_name(proto.name(), "initialiser");
            const std::string where = "initialiser " + core::quoted(proto.name());
            if (proto.name().empty()) m_report.fail(where, "has no name; export the model again");
            if (!m_graph.initialisers
                     .emplace(proto.name(), constant(proto, where, m_report, m_files))
                     .second) {
                m_report.fail(where, "the name occurs twice; rename one of them");
            }
        }
    }

    void read_inputs() {
        for (const auto& info : m_proto.input()) {
            check_name(info.name(), "input");
            const std::string where = "input " + core::quoted(info.name());
            if (info.name().empty()) m_report.fail(where, "has no name; export the model again");
            if (m_graph.initialisers.count(info.name()) != 0) continue;  // a default value
            if (!m_input_names.insert(info.name()).second) {
                m_report.fail(where, "the name occurs twice; rename one of them");
            }
            if (!info.has_type() || !info.type().has_tensor_type()) {
                m_report.fail(where, "is no tensor; supported: dense tensors");
            }
            const auto& type = info.type().tensor_type();
            if (!type.has_shape()) {
                m_report.fail(where, "has no shape; export the model with fixed input shapes");
            }
            source_input input{info.name(), type.elem_type(), {}};
            for (int axis = 0; axis < type.shape().dim_size() && axis < 9; ++axis) {
                input.dims.push_back(read_dimension(type.shape().dim(axis), axis, where));
            }
            if (input.dims.empty() || input.dims.size() > 8) {
                m_report.fail(where, "has " + std::to_string(type.shape().dim_size()) +
                                         " axes; supported: 1 to 8, the first is the batch");
            }
            m_graph.inputs.push_back(std::move(input));
        }
    }

    std::int64_t read_dimension(const ::onnx::TensorShapeProto_Dimension& dim, int axis,
                                const std::string& where) const {
        if (dim.has_dim_value() && dim.dim_value() > 0) return dim.dim_value();
        if (axis == 0) return 1;
        m_report.fail(
            where,
            "axis " + std::to_string(axis) + " has no fixed size" +
                (dim.has_dim_param() ? " (" + core::quoted(dim.dim_param()) + ")" : std::string()) +
                "; only the batch may be dynamic: export with a fixed input shape");
    }

    void read_outputs() {
        if (m_proto.output_size() == 0) m_report.fail({}, "the graph has no output");
        std::unordered_set<std::string> names;
        for (const auto& info : m_proto.output()) {
            check_name(info.name(), "output");
            const std::string where = "output " + core::quoted(info.name());
            if (!names.insert(info.name()).second) {
                m_report.fail(where, "the name occurs twice; rename one of them");
            }
            source_output output;
            output.name = info.name();
            const auto& type = info.type().tensor_type();
            output.has_shape = info.has_type() && info.type().has_tensor_type() && type.has_shape();
            if (output.has_shape) {
                for (const auto& dim : type.shape().dim()) {
                    output.dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
                }
            }
            if (m_producer.count(output.name) == 0 && m_input_names.count(output.name) == 0) {
                m_report.fail(where, "is produced by no node; export the model again");
            }
            m_graph.outputs.push_back(std::move(output));
        }
    }

    void name_nodes() {
        std::unordered_map<std::string, int> seen;
        for (const auto& node : m_proto.node()) ++seen[node.name()];
        std::unordered_set<std::string> used;
        m_all.reserve(static_cast<std::size_t>(m_proto.node_size()));
        for (const auto& node : m_proto.node()) {
            source_node entry{&node, node.name()};
            const int index = static_cast<int>(m_all.size());
            check_name(node.name(), "node");
            check_name(node.op_type(), "operator");
            check_name(node.domain(), "domain");
            const std::string& first = node.output_size() != 0 ? node.output(0) : node.name();
            if (entry.name.empty() || seen[entry.name] > 1) entry.name = first;
            while (!used.insert(entry.name).second) entry.name += "_" + std::to_string(index);
            for (const std::string& output : node.output()) {
                if (output.empty()) continue;
                check_name(output, "tensor");
                if (m_graph.initialisers.count(output) != 0 || m_input_names.count(output) != 0 ||
                    !m_producer.emplace(output, index).second) {
                    m_report.fail(entry.where(), "its output " + core::quoted(output) +
                                                     " is the name of another tensor; rename it");
                }
            }
            m_all.push_back(std::move(entry));
        }
    }

    /// The name nearest to a missing one, as a question.
    std::string suggestion(const std::string& missing) const {
        constexpr std::size_t many = 4096;  // comparing with more would take long
        std::vector<std::string> names;
        for (const auto& [name, index] : m_producer) names.push_back(name);
        for (const auto& [name, value] : m_graph.initialisers) names.push_back(name);
        names.insert(names.end(), m_input_names.begin(), m_input_names.end());
        if (names.size() > many || missing.size() > 256) return {};
        std::sort(names.begin(), names.end());
        const std::string near = core::nearest(missing, names);
        return near.empty() ? std::string() : ", did you mean " + core::quoted(near) + "?";
    }

    /// Keeps what the outputs need and orders it; the file's own order where it is a valid one.
    void sort_nodes() {
        std::vector<bool> live(m_all.size(), false);
        std::vector<int> open;
        const auto need = [&](const std::string& name) {
            const auto producer = m_producer.find(name);
            if (producer == m_producer.end()) return;
            const auto index = static_cast<std::size_t>(producer->second);
            if (!live[index]) open.push_back(producer->second);
            live[index] = true;
        };
        for (const source_output& output : m_graph.outputs) need(output.name);
        while (!open.empty()) {
            const source_node& node = m_all[static_cast<std::size_t>(open.back())];
            open.pop_back();
            for (const std::string& input : node.proto->input()) need(input);
        }

        std::vector<int> missing(m_all.size(), 0);
        std::vector<std::vector<int>> readers(m_all.size());
        std::priority_queue<int, std::vector<int>, std::greater<>> ready;
        std::size_t wanted = 0;
        for (std::size_t i = 0; i < m_all.size(); ++i) {
            if (!live[i]) continue;
            ++wanted;
            for (const std::string& input : m_all[i].proto->input()) {
                if (input.empty()) continue;
                ++m_graph.uses[input];
                const auto producer = m_producer.find(input);
                if (producer != m_producer.end()) {
                    ++missing[i];
                    readers[static_cast<std::size_t>(producer->second)].push_back(
                        static_cast<int>(i));
                } else if (m_graph.initialisers.count(input) == 0 &&
                           m_input_names.count(input) == 0) {
                    m_report.fail(m_all[i].where(), "its input " + core::quoted(input) +
                                                        " is produced by no node and is no "
                                                        "initialiser or input of the graph" +
                                                        suggestion(input));
                }
            }
            if (missing[i] == 0) ready.push(static_cast<int>(i));
        }
        for (const source_output& output : m_graph.outputs) ++m_graph.uses[output.name];
        while (!ready.empty()) {
            const auto index = static_cast<std::size_t>(ready.top());
            ready.pop();
            m_graph.nodes.push_back(m_all[index]);
            for (const int reader : readers[index]) {
                if (--missing[static_cast<std::size_t>(reader)] == 0) ready.push(reader);
            }
        }
        if (m_graph.nodes.size() == wanted) return;
        for (std::size_t i = 0; i < m_all.size(); ++i) {
            if (live[i] && missing[i] > 0) {
                m_report.fail(m_all[i].where(),
                              "depends on its own output: the graph has a cycle; unroll it");
            }
        }
    }

    const ::onnx::ModelProto& m_model;
    const ::onnx::GraphProto& m_proto;
    const reporter& m_report;
    external_data& m_files;
    source_graph m_graph;
    std::vector<source_node> m_all;
    std::unordered_map<std::string, int> m_producer;
    std::unordered_set<std::string> m_input_names;
};

}  // namespace

std::string source_node::where() const {
    return "node " + core::quoted(name) + " (" +
           (op().empty() ? std::string("no operator") : op().substr(0, 64)) + ")";
}

source_graph read_graph(const ::onnx::ModelProto& model, const reporter& report,
                        external_data& files) {
    return graph_reader(model, report, files).read();
}

}  // namespace pimvp::onnx::detail
