// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// Shape arithmetic is short; longer lists are weights and are never computed with here.
constexpr std::size_t max_list = 1 << 16;

std::size_t count_of(const nn::shape& dims, std::size_t from, std::size_t to) {
    std::size_t count = 1;
    for (std::size_t axis = from; axis < to; ++axis) count *= static_cast<std::size_t>(dims[axis]);
    return count;
}

}  // namespace

bool op_reader::fold(const source_node& node) {
    using folder = void (op_reader::*)(const source_node&);
    static const std::unordered_map<std::string, folder> always = {
        {"Constant", &op_reader::fold_constant}, {"Shape", &op_reader::fold_shape}};
    static const std::unordered_map<std::string, folder> constants_only = {
        {"Add", &op_reader::fold_arithmetic},
        {"Cast", &op_reader::fold_cast},
        {"Concat", &op_reader::fold_concat},
        {"ConstantOfShape", &op_reader::fold_constant_of_shape},
        {"Div", &op_reader::fold_arithmetic},
        {"Mul", &op_reader::fold_arithmetic},
        {"Sub", &op_reader::fold_arithmetic}};
    if (const auto found = always.find(node.op()); found != always.end()) {
        (this->*found->second)(node);
        return true;
    }
    const auto found = constants_only.find(node.op());
    if (found == constants_only.end() || node.proto->input_size() == 0) return false;
    for (int i = 0; i < node.proto->input_size(); ++i) {
        if (node.has_input(i) && !is_constant(node, i)) return false;
    }
    (this->*found->second)(node);
    return true;
}

void op_reader::fold_constant(const source_node& node) {
    attributes attrs(node, m_report);
    constant value;
    if (const auto* proto = attrs.tensor("value"); proto != nullptr) {
        external_data none;
        value = constant(*proto, node.where(), m_report, none);
    } else if (attrs.has("value_int")) {
        value = constant::of_integers({}, {attrs.integer("value_int", 0)});
    } else if (attrs.has("value_ints")) {
        const std::vector<std::int64_t> values = attrs.integers("value_ints");
        value = constant::of_integers({static_cast<std::int64_t>(values.size())}, values);
    } else if (attrs.has("value_float")) {
        value = constant::of_reals({}, {attrs.real("value_float", 0.0F)});
    } else if (attrs.has("value_floats")) {
        const std::vector<float> values = attrs.reals("value_floats");
        value = constant::of_reals({static_cast<std::int64_t>(values.size())}, values);
    } else {
        fail(node, "holds no numbers; supported: value, value_int(s), value_float(s)");
    }
    attrs.finish();
    m_budget += value.bytes() * 16;
    bind(node, 0, operand{std::move(value), std::nullopt});
}

void op_reader::fold_shape(const source_node& node) {
    const nn::shape dims = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(dims.size());
    attributes attrs(node, m_report);
    const auto bound = [&](const char* name, std::int64_t otherwise) {
        std::int64_t at = attrs.integer(name, otherwise);
        if (at < 0) at += rank;
        return std::min(std::max<std::int64_t>(at, 0), rank);
    };
    const std::int64_t first = bound("start", 0);
    const std::int64_t last = std::max(first, bound("end", rank));
    attrs.finish();
    const std::vector<std::int64_t> part(dims.begin() + first, dims.begin() + last);
    bind(node, 0, operand{constant::of_integers({last - first}, part), std::nullopt});
}

void op_reader::fold_cast(const source_node& node) {
    attributes attrs(node, m_report);
    const std::int64_t number = attrs.integer("to", 0, 0, 1000);
    attrs.ignore({"saturate"});
    attrs.finish();
    const std::optional<element> to = to_element(static_cast<int>(number));
    if (!to) fail(node, "casts to " + element_name(static_cast<int>(number)) + "; not supported");
    const operand& from = constant_of(node, 0, "input");
    charge(node, from.data.size() * sizeof(std::int64_t));
    constant value;
    if (is_real(*to)) {
        value = constant::of_reals(from.dims(), from.reals());
    } else if (from.quant) {
        fail(node, "casts dequantised weights to integers; not supported");
    } else {
        std::vector<std::int64_t> values = from.data.integers();
        if (*to == element::boolean) {
            for (std::size_t i = 0; i < values.size(); ++i) values[i] = from.data.real(i) != 0.0;
        }
        value = constant::of_integers(from.dims(), values, *to);
    }
    bind(node, 0, operand{std::move(value), std::nullopt});
}

void op_reader::fold_concat(const source_node& node) {
    attributes attrs(node, m_report);
    const operand& first = constant_of(node, 0, "input");
    const auto rank = static_cast<std::int64_t>(first.dims().size());
    std::int64_t axis = attrs.integer("axis", 1, -rank, rank - 1);
    attrs.finish();
    if (axis < 0) axis += rank;
    const auto at = static_cast<std::size_t>(axis);
    nn::shape dims = first.dims();
    const std::size_t outer = count_of(dims, 0, at);
    const std::size_t width = element_bytes(first.data.type());
    dims[at] = 0;
    for (int i = 0; i < node.proto->input_size(); ++i) {
        const operand& part = constant_of(node, i, "input");
        nn::shape other = part.dims();
        bool fits =
            other.size() == dims.size() && part.data.type() == first.data.type() && !part.quant;
        for (std::size_t a = 0; fits && a < dims.size(); ++a) fits = a == at || other[a] == dims[a];
        if (!fits) {
            fail(node, "joins constants of shapes " + nn::to_string(first.dims()) + " and " +
                           nn::to_string(other) + "; types and all axes but one must agree");
        }
        dims[at] += other[at];
        charge(node, part.data.bytes());
    }
    std::string bytes;
    for (std::size_t o = 0; o < outer; ++o) {
        for (int i = 0; i < node.proto->input_size(); ++i) {
            const operand& part = constant_of(node, i, "input");
            const std::size_t chunk = count_of(part.dims(), at, part.dims().size()) * width;
            bytes.append(part.data.data() + o * chunk, chunk);
        }
    }
    bind(node, 0, operand{constant(std::move(dims), first.data.type(), std::move(bytes)), {}});
}

void op_reader::fold_arithmetic(const source_node& node) {
    attributes(node, m_report).finish();
    const operand& a = constant_of(node, 0, "input");
    const operand& b = constant_of(node, 1, "input");
    const std::size_t count = std::max(a.data.size(), b.data.size());
    const bool fits = (a.dims() == b.dims() || a.data.size() == 1 || b.data.size() == 1) &&
                      count <= max_list && a.data.size() != 0 && b.data.size() != 0 &&
                      a.data.type() == b.data.type() && !a.quant && !b.quant;
    if (!fits) {
        fail(node, "computes with constants of shapes " + nn::to_string(a.dims()) + " and " +
                       nn::to_string(b.dims()) +
                       "; supported: equal shapes and types, up to 65536 elements, or one element");
    }
    const nn::shape& dims =
        a.data.size() >= b.data.size() && a.dims().size() >= b.dims().size() ? a.dims() : b.dims();
    const auto at = [](const operand& value, std::size_t i) {
        return value.data.size() == 1 ? 0 : i;
    };
    const char which = node.op()[0];
    charge(node, count * sizeof(std::int64_t));
    if (is_real(a.data.type())) {
        std::vector<float> values(count);
        const std::vector<float> left = a.reals();
        const std::vector<float> right = b.reals();
        for (std::size_t i = 0; i < count; ++i) {
            const float x = left[at(a, i)];
            const float y = right[at(b, i)];
            values[i] = which == 'A' ? x + y : which == 'S' ? x - y : which == 'M' ? x * y : x / y;
        }
        bind(node, 0, operand{constant::of_reals(dims, values), std::nullopt});
        return;
    }
    constexpr std::int64_t bound = std::int64_t{1} << 31;
    std::vector<std::int64_t> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t x = a.data.integer(at(a, i));
        const std::int64_t y = b.data.integer(at(b, i));
        if (x > bound || x < -bound || y > bound || y < -bound || (which == 'D' && y == 0)) {
            fail(node, "computes " + std::to_string(x) + " and " + std::to_string(y) +
                           ", which no shape needs");
        }
        values[i] = which == 'A' ? x + y : which == 'S' ? x - y : which == 'M' ? x * y : x / y;
    }
    bind(node, 0, operand{constant::of_integers(dims, values, a.data.type()), std::nullopt});
}

void op_reader::fold_constant_of_shape(const source_node& node) {
    attributes attrs(node, m_report);
    const auto* proto = attrs.tensor("value");
    attrs.finish();
    external_data none;
    const constant value = proto == nullptr ? constant::of_reals({1}, {0.0F})
                                            : constant(*proto, node.where(), m_report, none);
    const nn::shape dims = integers_of(node, 0, "shape");
    std::size_t count = 1;
    for (const std::int64_t dim : dims) {
        const bool fits = dim >= 0 && (count == 0 || static_cast<std::uint64_t>(dim) <=
                                                         (std::size_t{1} << 31) / count);
        if (!fits || dims.size() > 8)
            fail(node, "makes a constant of shape " + nn::to_string(dims));
        count *= static_cast<std::size_t>(dim);
    }
    if (value.size() != 1) fail(node, "its value must be one number");
    charge(node, count * element_bytes(value.type()));
    std::string bytes;
    bytes.reserve(count * element_bytes(value.type()));
    for (std::size_t i = 0; i < count; ++i) {
        bytes.append(value.data(), element_bytes(value.type()));
    }
    bind(node, 0, operand{constant(dims, value.type(), std::move(bytes)), std::nullopt});
}

}  // namespace pimvp::onnx::detail
