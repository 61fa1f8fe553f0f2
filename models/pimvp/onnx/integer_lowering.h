// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/onnx/lowering.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

/// Private to the room.
namespace pimvp::onnx::detail {

/// A step that commutes with rounding to integers (the largest element, another shape), waiting
/// for the QuantizeLinear behind it.
struct tail_step {
    nn::op_kind kind = nn::op_kind::reshape;
    std::string name;
    nn::window geometry;
    nn::shape dims;                       ///< of the result
    std::vector<std::uint32_t> channels;  ///< select
};

/// What a tensor of the file is while its group (dequantise -> operator -> quantise) is collected.
struct integer_flow {
    enum class form {
        none,
        integers,  ///< a value of the network
        view,      ///< the reals that a value stands for
        border,    ///< a float input of the graph
        pending    ///< the reals an operator gives before they are quantised
    };
    form kind = form::none;
    nn::value_id id = 0;          ///< integers, view
    std::size_t input = 0;        ///< border: index of the graph input
    float declared_scale = 1.0F;  ///< view: the DequantizeLinear's; differs from the value's only
                                  ///< where an average counts in steps (see export.h)
    nn::node step;                ///< pending: all but output, multipliers and table
    std::vector<float> reals;     ///< pending lookup: the table before it is quantised
    nn::shape dims;               ///< pending: of the operator's own result
    std::string where;            ///< pending: for messages
    double rescale = 1.0;         ///< pending: real size of what the file calls 1.0
    pending_pad pad;
    float low = -std::numeric_limits<float>::infinity();  ///< clipped to low .. high
    float high = std::numeric_limits<float>::infinity();
    std::string clip_name;  ///< node that clips; empty if none
    std::vector<tail_step> tail;

    [[nodiscard]] bool clipped() const { return !clip_name.empty(); }
};

/// Builds the integer network. Every QuantizeLinear completes a group.
class integer_lowering {
public:
    integer_lowering(const op_graph& graph, const reporter& report);
    integer_result lower();

private:
    using flow = integer_flow;
    /// What a completed group is called.
    struct target {
        std::string value, node, where;
    };
    struct completed {
        nn::tensor_type type;
        nn::value_id id = 0;
    };

    // integer_lowering.cpp
    void lower(const operation& step);
    void lower_dequantise(const operation& step);
    void lower_quantise(const operation& step);
    void lower_join(const operation& step);
    void lower_table(const operation& step);
    void append_lookup(const operation& step, nn::value_id from, std::vector<float> reals);
    void lower_average_pool(const operation& step);
    void lower_max_pool(const operation& step);
    void lower_move(const operation& step);
    void lower_clip(const operation& step);
    void lower_pad(const operation& step);
    void clip_integers(const operation& step, const flow& from);
    void finish_outputs();
    /// The type of a graph input that holds integers: what the first DequantizeLinear behind says.
    nn::tensor_type input_type(tensor_id id, element kind) const;
    /// The flow of a tensor for its reader. A pending group has one reader, so it moves out.
    flow take(tensor_id id, const std::string& where);
    void add_tail(const operation& step, flow from, tail_step tail);
    /// The flow of an input as a view without clip, tail and (unless allowed) padding.
    flow view_of(const operation& step, std::size_t index, bool padding_allowed);
    [[noreturn]] void refuse_unquantised(const std::string& where, const flow& from) const;

    // integer_matrix.cpp
    void lower_matrix(const operation& step);
    void lower_affine(const operation& step);
    void affine_on_view(const operation& step, const flow& from);
    nn::integer_tensor integer_weights(const operation& step) const;
    std::vector<std::int64_t> integer_bias(const operation& step, const std::vector<double>& steps);
    std::vector<double> accumulator_steps(const flow& pending) const;
    std::int64_t to_steps(double real, double step, const std::string& where);
    void report_rounding(const std::string& where);

    // integer_emit.cpp
    nn::value_id new_value(std::string name, nn::shape dims, const nn::tensor_type& type);
    nn::value_id append(nn::node&& node, std::string output_name, nn::shape dims,
                        const nn::tensor_type& type);
    /// The types a result passes on its way to `type` so that it is clipped to low .. high (as
    /// integers of `type`); the last one is the final type.
    std::vector<nn::tensor_type> clip_types(const nn::tensor_type& type, int low, int high,
                                            const std::string& where) const;
    /// Completes a group: the value that holds it as integers of `type`, named `name`.
    nn::value_id complete(flow&& from, const nn::tensor_type& type, const target& to);
    nn::value_id complete_border(const flow& from, const nn::tensor_type& type, const target& to);
    /// The true scale where the file counts in steps of an average's input.
    float true_scale(const flow& from, float scale, const target& to) const;
    std::vector<nn::tensor_type> types_for(const flow& from, const nn::tensor_type& type,
                                           float scale_of_file, const target& to) const;
    std::string fresh_name(const std::string& wish) const;

    const op_graph& m_graph;
    const reporter& m_report;
    integer_result m_result;
    nn::network& m_net;
    std::vector<flow> m_flows;
    std::vector<nn::value_id> m_inputs;  ///< value of each graph input, once known
    std::vector<bool> m_input_known;
    std::unordered_map<tensor_id, completed> m_completed;  ///< groups quantised so far
    std::vector<std::size_t> m_producer;  ///< node of each value; past the end for inputs
    std::size_t m_table_entries = 0;      ///< of all lookups so far
    std::vector<std::string> m_rounded;   ///< where a float bias was already reported
};

}  // namespace pimvp::onnx::detail
