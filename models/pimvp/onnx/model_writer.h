// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

/// Private to the room.
namespace pimvp::onnx::detail {

/// Builds the protobuf model of a network; the table in export.h says how.
class model_writer {
public:
    explicit model_writer(const nn::network& net);
    std::string write();

private:
    // model_writer.cpp: the frame
    void check() const;
    void write_inputs();
    void write_outputs();
    /// Gives the name of the step's result.
    std::string write_host_step(const nn::host_step& step, const std::string& scores,
                                std::unordered_set<std::string>& taken);
    void write_metadata();
    void metadata(const std::string& key, const std::string& text);
    ::onnx::NodeProto& node(const char* op, const std::string& name,
                            const std::vector<std::string>& inputs, const std::string& output);
    static void attribute(::onnx::NodeProto& node, const char* name, std::int64_t value);
    static void attribute(::onnx::NodeProto& node, const char* name,
                          const std::vector<std::int64_t>& values);
    [[nodiscard]] const std::string& name_of(nn::value_id id) const { return m_names[id]; }
    [[nodiscard]] const nn::tensor_type& type_of(nn::value_id id) const {
        return m_net.values[id].type;
    }

    /// Names of initialisers, written when first asked for.
    std::string scale_of(nn::value_id id);
    std::string zero_point_of(nn::value_id id);
    std::string zero_point(const nn::tensor_type& type, int value);
    std::string scalar(float value);
    std::string shape_constant(const nn::shape& dims);
    std::string floats(const std::string& name, const std::vector<float>& values);
    std::string int64s(const std::string& name, const std::vector<std::int64_t>& values);
    std::string int32s(const std::string& name, const std::vector<std::int64_t>& values);
    std::string integers(const std::string& name, const nn::integer_tensor& tensor);
    std::string integer_constant(const nn::tensor_type& type, int value);
    bool claim(const std::string& name) { return m_initialisers.insert(name).second; }

    // model_writer_nodes.cpp: one operation each
    void write_node(const nn::node& n);
    void write_qlinear(const nn::node& n);
    void write_wide_matrix(const nn::node& n);
    void write_joined(const nn::node& n, const char* op);
    void write_average(const nn::node& n);
    void write_lookup(const nn::node& n);
    void write_window(::onnx::NodeProto& proto, const nn::node& n, bool kernel) const;
    /// `name` as reals: a DequantizeLinear for this reader.
    std::string dequantised(nn::value_id id, const std::string& reader);
    /// Reals to the integers of a value, clipped where its type is narrower than its storage.
    /// `file_scale`: size of a step in these reals; else the value's scale.
    void quantised(const std::string& reals, const std::string& node_name, nn::value_id to,
                   std::optional<float> file_scale = {});
    /// Name for the integers before a Clip to `to`'s bits; the value's own name without one.
    std::string before_clip(nn::value_id to) const;
    void clip_integers(const std::string& from, nn::value_id to, const std::string& result);
    [[nodiscard]] bool narrow(nn::value_id id) const;
    [[nodiscard]] bool wide(nn::value_id id) const { return type_of(id).bits > 8; }

    const nn::network& m_net;
    std::vector<std::string> m_names;  ///< of each value, unique
    ::onnx::ModelProto m_model;
    ::onnx::GraphProto& m_graph;
    std::unordered_set<std::string> m_initialisers;
    bool m_wide = false;  ///< a type above 8 bits occurs
};

}  // namespace pimvp::onnx::detail
