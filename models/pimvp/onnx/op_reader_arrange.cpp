// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// Elements a select may name one by one: as many here as when the file written of it is read.
constexpr std::size_t max_picks = std::size_t{1} << 22;

std::size_t bytes_of(std::size_t elements) {
    return elements * sizeof(std::uint32_t);
}

bool is_identity(const std::vector<std::uint32_t>& from, std::size_t elements) {
    if (from.size() != elements) return false;
    for (std::size_t i = 0; i < elements; ++i) {
        if (from[i] != i) return false;
    }
    return true;
}

}  // namespace

/// The tensor as it was before the reshapes that lead to it. Quantisers between them are repeated
/// on it; those in the file remain for other readers, or go.
tensor_id op_reader::before_reshapes(tensor_id id) {
    constexpr std::size_t longest = 64;
    std::vector<tensor_id> between;  // results of quantisers, the last one first
    tensor_id root = id;             // behind the topmost quantiser that has no reshape above
    std::size_t repeated = 0;        // so many of them stand behind a reshape
    for (tensor_id at = id; between.size() < longest;) {
        const std::size_t producer = m_graph.tensors[at].producer;
        if (producer >= m_graph.operations.size()) break;
        const operation& before = m_graph.operations[producer];
        if (before.kind == op::reshape) {
            root = before.inputs[0];
            repeated = between.size();
        } else if (before.kind == op::quantise || before.kind == op::dequantise) {
            between.push_back(at);
        } else {
            break;
        }
        at = before.inputs[0];
    }
    for (std::size_t i = repeated; i-- > 0;) {
        const auto [known, is_new] = m_stored.emplace(between[i], no_tensor);
        if (is_new) {
            operation copy = m_graph.operations[m_graph.tensors[between[i]].producer];
            copy.name += "/stored";
            copy.inputs = {root};
            nn::shape dims = dims_of(root);
            const std::optional<element> integers = m_graph.tensors[between[i]].integers;
            const std::string name = m_graph.tensors[between[i]].name;
            known->second = emit(std::move(copy), name.empty() ? name : name + "#stored",
                                 std::move(dims), integers);
        }
        root = known->second;
    }
    return root;
}

/// Input `index` as elements of the tensor that the reshapes before it started from.
op_reader::arranged op_reader::view_of(const source_node& node, int index) {
    const symbol& found = symbol_of(node, index);
    if (const auto* view = std::get_if<arranged>(&found)) return *view;
    arranged whole;
    const tensor_id id = std::get<tensor_id>(found);
    whole.dims = dims_of(id);
    whole.root = before_reshapes(id);
    return whole;
}

void op_reader::arrange(const source_node& node, int output, index_map&& map) {
    const symbol& found = symbol_of(node, 0);
    if (const auto* value = std::get_if<operand>(&found)) {
        operand part = *value;
        if (part.quant && !part.quant->per_tensor()) {
            charge(node, part.data.size() * sizeof(float));
            part = operand{constant::of_reals(part.dims(), part.reals()), std::nullopt};
        }
        charge(node, map.from.size() * element_bytes(part.data.type()));
        part.data = part.data.picked(map);
        bind(node, output, std::move(part));
        return;
    }
    settle(node, output, rearranged(node, std::move(map)));
}

/// The part of `map` of input 0, a computed tensor.
op_reader::arranged op_reader::rearranged(const source_node& node, index_map&& map) {
    if (!std::holds_alternative<arranged>(symbol_of(node, 0))) tensor_of(node, 0);  // or refuses
    arranged view = view_of(node, 0);
    if (view.from) {
        for (std::uint32_t& at : map.from) at = (*view.from)[at];
    }
    view.from = std::make_shared<const std::vector<std::uint32_t>>(std::move(map.from));
    view.dims = std::move(map.dims);
    view.resolved = std::make_shared<tensor_id>(no_tensor);
    return view;
}

/// Binds the view: as operations where one does, else it waits for what is done to it next.
void op_reader::settle(const source_node& node, int output, arranged&& view) {
    check_dims(view.dims, "output of " + node.where(), m_report);
    view.name = output == 0 ? node.name : node.name + "/" + std::to_string(output);
    view.where = node.where();
    view.output = output < node.proto->output_size() ? node.proto->output(output) : std::string();
    view.resolved = std::make_shared<tensor_id>(no_tensor);
    const nn::shape& root = dims_of(view.root);
    nn::shape like_root = view.dims;
    if (root.size() == view.dims.size() && root.size() >= 2) like_root[1] = root[1];
    charge(node, view.from->size());  // for the time it takes to look at all of them
    const bool direct = like_root == root && channels_of(view).has_value();
    const bool unchanged = is_identity(*view.from, nn::element_count(root));
    if (direct || unchanged) {
        bind(node, output, resolve(view));
        return;
    }
    bind(node, output, std::move(view));
}

/// The channel of the root each channel of the view is, if it consists of whole channels.
std::optional<std::vector<std::uint32_t>> op_reader::channels_of(const arranged& view) const {
    const nn::shape& root = dims_of(view.root);
    if (root.size() < 2 || root[0] != 1) return std::nullopt;
    const std::size_t plane = nn::element_count({root.begin() + 2, root.end()});
    const std::vector<std::uint32_t>& from = *view.from;
    if (from.size() % plane != 0) return std::nullopt;
    std::vector<std::uint32_t> channels;
    for (std::size_t at = 0; at < from.size(); at += plane) {
        if (from[at] % plane != 0) return std::nullopt;
        for (std::size_t i = 1; i < plane; ++i) {
            if (from[at + i] != from[at] + i) return std::nullopt;
        }
        channels.push_back(static_cast<std::uint32_t>(from[at] / plane));
    }
    return channels;
}

tensor_id op_reader::emit_reshape(const arranged& view, tensor_id from) {
    operation step;
    step.kind = op::reshape;
    step.name = view.name;
    step.where = view.where;
    step.inputs = {from};
    return emit(std::move(step), view.output, view.dims, m_graph.tensors[from].integers);
}

/// The channels of the root, seen as `from`; then a reshape where the view has other dimensions
/// than `to`.
tensor_id op_reader::emit_select(const arranged& view, std::vector<std::uint32_t> channels,
                                 nn::shape from, nn::shape to) {
    if (channels.size() > max_picks) {
        m_report.fail(view.where, "picks " + std::to_string(channels.size()) +
                                      " single elements of its input; supported: up to " +
                                      std::to_string(max_picks) + ", or whole channels");
    }
    const std::optional<element> integers = m_graph.tensors[view.root].integers;
    tensor_id source = view.root;
    if (from != dims_of(source)) {
        arranged flat = view;
        flat.name += "/flat";
        flat.output += "#flat";
        flat.dims = std::move(from);
        source = emit_reshape(flat, source);
    }
    operation step;
    step.kind = op::select;
    step.where = view.where;
    step.inputs = {source};
    step.channels = std::move(channels);
    const bool last = to == view.dims;
    step.name = last ? view.name : view.name + "/select";
    const tensor_id selected =
        emit(std::move(step), last ? view.output : view.output + "#select", to, integers);
    return last ? selected : emit_reshape(view, selected);
}

/// The tensor whose elements lie as the view says. What is no choice of whole channels is one of
/// single elements.
tensor_id op_reader::resolve(const arranged& view) {
    tensor_id& resolved = *view.resolved;
    if (resolved != no_tensor) return resolved;
    charge(view.where, bytes_of(view.from->size()));
    const nn::shape root = dims_of(view.root);
    const std::size_t elements = nn::element_count(root);
    if (is_identity(*view.from, elements)) {
        resolved = root == view.dims ? view.root : emit_reshape(view, view.root);
    } else if (auto channels = channels_of(view)) {
        nn::shape to = root;
        to[1] = static_cast<std::int64_t>(channels->size());
        resolved = emit_select(view, std::move(*channels), root, std::move(to));
    } else {
        resolved = emit_select(view, *view.from, {1, static_cast<std::int64_t>(elements)},
                               {1, static_cast<std::int64_t>(view.from->size())});
    }
    return resolved;
}

void op_reader::read_transpose(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    attributes attrs(node, m_report);
    const std::vector<std::int64_t> perm = attrs.integers("perm");
    attrs.finish();
    std::vector<std::size_t> order(in.size());
    std::iota(order.rbegin(), order.rend(), std::size_t{0});
    if (!perm.empty()) {
        std::vector<std::int64_t> sorted = perm;
        std::sort(sorted.begin(), sorted.end());
        bool fits = perm.size() == in.size();
        for (std::size_t i = 0; fits && i < in.size(); ++i) {
            fits = sorted[i] == static_cast<std::int64_t>(i);
        }
        if (!fits) {
            fail(node, "perm " + nn::to_string(perm) + " is no order of the axes of " +
                           nn::to_string(in));
        }
        std::transform(perm.begin(), perm.end(), order.begin(),
                       [](std::int64_t axis) { return static_cast<std::size_t>(axis); });
    }
    if (!is_constant(node, 0)) {
        charge(node, bytes_of(nn::element_count(in)));
        arrange(node, 0, transposed(in, order));
        return;
    }
    const operand& from = constant_of(node, 0, "input");
    charge(node, from.data.bytes());
    operand value{from.data.transposed(order), from.quant};
    if (value.quant && !value.quant->per_tensor()) {
        const auto axis = static_cast<std::size_t>(from.quant->axis);
        value.quant->axis =
            static_cast<int>(std::find(order.begin(), order.end(), axis) - order.begin());
    }
    bind(node, 0, std::move(value));
}

void op_reader::read_slice(const source_node& node) {
    const bool as_inputs = m_source.opset >= 10;
    attributes attrs(node, m_report);
    const auto list = [&](int input, const char* name) {
        if (!as_inputs) return attrs.integers(name);
        return node.has_input(input) ? integers_of(node, input, name) : std::vector<std::int64_t>();
    };
    const std::vector<std::int64_t> starts = list(1, "starts");
    const std::vector<std::int64_t> ends = list(2, "ends");
    std::vector<std::int64_t> axes = list(3, "axes");
    std::vector<std::int64_t> steps = as_inputs ? list(4, "steps") : std::vector<std::int64_t>();
    attrs.finish();
    const nn::shape in = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(in.size());
    if (axes.empty()) {
        axes.resize(starts.size());
        std::iota(axes.begin(), axes.end(), std::int64_t{0});
    }
    if (steps.empty()) steps.assign(starts.size(), 1);
    if (ends.size() != starts.size() || axes.size() != starts.size() ||
        steps.size() != starts.size()) {
        fail(node, "has " + std::to_string(starts.size()) + " starts, " +
                       std::to_string(ends.size()) + " ends, " + std::to_string(axes.size()) +
                       " axes and " + std::to_string(steps.size()) +
                       " steps; there must be as many of each");
    }
    std::vector<axis_range> ranges;
    for (const std::int64_t dim : in) ranges.push_back({0, 1, dim});
    std::vector<bool> seen(in.size(), false);
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || seen[static_cast<std::size_t>(axis)]) {
            fail(node, "slices along axis " + std::to_string(axes[i]) + " of " + nn::to_string(in) +
                           ", which does not exist or is named twice");
        }
        const auto at = static_cast<std::size_t>(axis);
        seen[at] = true;
        const std::int64_t extent = in[at];
        const std::int64_t step = steps[i];
        if (step == 0 || step > max_extent || step < -max_extent) {
            fail(node, "has step " + std::to_string(step) + "; supported: 1 to " +
                           std::to_string(max_extent) + " forwards or backwards");
        }
        const auto bound = [&](std::int64_t value, std::int64_t low, std::int64_t high) {
            if (value < 0) value = value < -extent ? -1 : value + extent;
            return std::min(std::max(value, low), high);
        };
        axis_range& range = ranges[at];
        range.step = step;
        if (step > 0) {
            range.first = bound(starts[i], 0, extent);
            range.count = (bound(ends[i], 0, extent) - range.first + step - 1) / step;
        } else {
            range.first = bound(starts[i], -1, extent - 1);
            range.count = (range.first - bound(ends[i], -1, extent - 1) - step - 1) / -step;
        }
        range.count = std::max<std::int64_t>(0, range.count);
    }
    nn::shape out;
    for (const axis_range& range : ranges) out.push_back(range.count);
    if (!is_constant(node, 0)) check_dims(out, "output of " + node.where(), m_report);
    charge(node, bytes_of(nn::element_count(out)));
    arrange(node, 0, sliced(in, ranges));
}

void op_reader::read_split(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(in.size());
    attributes attrs(node, m_report);
    std::int64_t axis = attrs.integer("axis", 0, -rank, rank - 1);
    if (axis < 0) axis += rank;
    const auto at = static_cast<std::size_t>(axis);
    const std::int64_t extent = in.at(at);
    std::vector<std::int64_t> sizes = attrs.integers("split");
    if (node.has_input(1)) sizes = integers_of(node, 1, "list of sizes");
    const auto outputs = static_cast<std::int64_t>(node.proto->output_size());
    if (sizes.empty()) {
        const std::int64_t parts = attrs.integer("num_outputs", outputs, outputs, outputs);
        if (m_source.opset < 18 && extent % parts != 0) {
            fail(node, "splits " + std::to_string(extent) + " elements into " +
                           std::to_string(parts) + " equal parts");
        }
        const std::int64_t size = (extent + parts - 1) / parts;
        for (std::int64_t i = 0; i < parts; ++i) {
            sizes.push_back(std::min(size, extent - std::min(extent, i * size)));
        }
    } else {
        attrs.integer("num_outputs", outputs, outputs, outputs);
    }
    attrs.finish();
    std::int64_t sum = 0;
    bool fits = static_cast<std::int64_t>(sizes.size()) == outputs;
    for (const std::int64_t size : sizes) {
        fits = fits && size >= 1 && size <= extent - sum;
        if (fits) sum += size;
    }
    if (!fits || sum != extent) {
        fail(node, "splits axis " + std::to_string(axis) + " of " + nn::to_string(in) + " into " +
                       std::to_string(outputs) + " outputs of sizes " + nn::to_string(sizes) +
                       "; they must be 1 or more and add up to the axis");
    }
    charge(node, bytes_of(nn::element_count(in)));
    std::int64_t first = 0;
    for (int i = 0; i < node.proto->output_size(); ++i) {
        std::vector<axis_range> ranges;
        for (const std::int64_t dim : in) ranges.push_back({0, 1, dim});
        ranges[at] = {first, 1, sizes[static_cast<std::size_t>(i)]};
        first += ranges[at].count;
        arrange(node, i, sliced(in, ranges));
    }
}

void op_reader::read_gather(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(in.size());
    attributes attrs(node, m_report);
    std::int64_t axis = attrs.integer("axis", 0, -rank, rank - 1);
    attrs.finish();
    if (axis < 0) axis += rank;
    if (const auto* by = std::get_if<indices>(&symbol_of(node, 1))) {
        constexpr std::int64_t most = 1 << 16;
        if (rank != 1 || in[0] > most || !is_constant(node, 0)) {
            fail(node, "picks computed indices from " + nn::to_string(in) +
                           "; supported: a constant list of up to 65536 numbers");
        }
        const tensor_id integers = by->of;
        operation step = start(node, op::table);
        step.inputs = {integers};
        step.reals = reals_of(node, 0, "table");
        nn::shape dims = dims_of(integers);
        bind(node, 0, emit(std::move(step), node.proto->output(0), std::move(dims), std::nullopt));
        return;
    }
    const nn::shape picks_dims = constant_of(node, 1, "list of indices").dims();
    std::vector<std::int64_t> picks = integers_of(node, 1, "list of indices", max_picks);
    const auto at = static_cast<std::size_t>(axis);
    for (std::int64_t& pick : picks) {
        if (pick < -in[at] || pick >= in[at]) {
            fail(node, "index " + std::to_string(pick) + " is outside an axis of " +
                           std::to_string(in[at]));
        }
        if (pick < 0) pick += in[at];
    }
    nn::shape out = in;
    out.erase(out.begin() + axis);
    out.insert(out.begin() + axis, picks_dims.begin(), picks_dims.end());
    if (out.size() > 8) fail(node, "gives more than 8 axes");
    if (!is_constant(node, 0)) check_dims(out, "output of " + node.where(), m_report);
    const std::size_t rest =
        nn::element_count(in) / static_cast<std::size_t>(std::max<std::int64_t>(in[at], 1));
    charge(node, bytes_of(rest) * picks.size());
    arrange(node, 0, gathered(in, at, picks, picks_dims));
}

}  // namespace pimvp::onnx::detail
