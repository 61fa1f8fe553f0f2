// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/constant.h>

#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

template <class T>
T load(const char* data, std::size_t index) {
    T value;
    std::memcpy(&value, data + index * sizeof(T), sizeof(T));
    return value;
}

/// Calls use(value) with the element in its own type (binary16 as float, bool as uint8).
template <class Use>
auto visit(element type, const char* data, std::size_t index, Use use) {
    switch (type) {
    case element::f32:
        return use(load<float>(data, index));
    case element::f64:
        return use(load<double>(data, index));
    case element::f16:
        return use(half_to_float(load<std::uint16_t>(data, index)));
    case element::bf16:
        return use(bfloat_to_float(load<std::uint16_t>(data, index)));
    case element::u8:
    case element::boolean:
        return use(load<std::uint8_t>(data, index));
    case element::i8:
        return use(load<std::int8_t>(data, index));
    case element::u16:
        return use(load<std::uint16_t>(data, index));
    case element::i16:
        return use(load<std::int16_t>(data, index));
    case element::i32:
        return use(load<std::int32_t>(data, index));
    case element::u32:
        return use(load<std::uint32_t>(data, index));
    case element::u64:
        return use(load<std::uint64_t>(data, index));
    case element::i64:
        break;
    }
    return use(load<std::int64_t>(data, index));
}

std::int64_t truncate(double value) {
    constexpr double bound = 9223372036854774784.0;  // the largest double below 2^63
    if (std::isnan(value)) return 0;
    if (value > bound) return std::numeric_limits<std::int64_t>::max();
    if (value < -bound) return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(value);
}

template <class T>
void append(std::string& bytes, T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.append(raw, sizeof(T));
}

/// Bytes of `value` as element `type`; false if it does not fit.
bool append_integer(std::string& bytes, element type, std::int64_t value) {
    const auto fits = [&](std::int64_t low, std::int64_t high) {
        return value >= low && value <= high;
    };
    switch (type) {
    case element::boolean:
        append(bytes, static_cast<std::uint8_t>(value != 0));
        return true;
    case element::u8:
        append(bytes, static_cast<std::uint8_t>(value));
        return fits(0, 255);
    case element::i8:
        append(bytes, static_cast<std::int8_t>(value));
        return fits(-128, 127);
    case element::u16:
    case element::f16:
    case element::bf16:
        append(bytes, static_cast<std::uint16_t>(value));
        return fits(0, 65535);
    case element::i16:
        append(bytes, static_cast<std::int16_t>(value));
        return fits(-32768, 32767);
    case element::i32:
        append(bytes, static_cast<std::int32_t>(value));
        return fits(std::numeric_limits<std::int32_t>::min(),
                    std::numeric_limits<std::int32_t>::max());
    case element::u32:
        append(bytes, static_cast<std::uint32_t>(value));
        return fits(0, std::numeric_limits<std::uint32_t>::max());
    case element::u64:
    case element::i64:
        append(bytes, value);
        return true;
    case element::f32:
    case element::f64:
        break;
    }
    return false;
}

/// The typed field that holds elements of this type, as bytes.
std::string typed_bytes(const ::onnx::TensorProto& proto, element type, const std::string& where,
                        const reporter& report) {
    std::string bytes;
    bool fits = true;
    switch (type) {
    case element::f32:
        for (const float v : proto.float_data()) append(bytes, v);
        return bytes;
    case element::f64:
        for (const double v : proto.double_data()) append(bytes, v);
        return bytes;
    case element::i64:
        for (const std::int64_t v : proto.int64_data()) append(bytes, v);
        return bytes;
    case element::u32:
    case element::u64:
        for (const std::uint64_t v : proto.uint64_data()) {
            fits = append_integer(bytes, type, static_cast<std::int64_t>(v)) && fits;
        }
        break;
    default:
        for (const std::int32_t v : proto.int32_data()) {
            fits = append_integer(bytes, type, v) && fits;
        }
        break;
    }
    if (!fits) {
        report.fail(where, "an element does not fit " + element_name(type) +
                               "; the file is damaged or was written wrongly");
    }
    return bytes;
}

}  // namespace

std::optional<element> to_element(int data_type) {
    switch (data_type) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 16:
        return static_cast<element>(data_type);
    default:
        return std::nullopt;
    }
}

std::string element_name(int data_type) {
    static const char* const names[] = {"undefined",  "float32", "uint8",  "int8",   "uint16",
                                        "int16",      "int32",   "int64",  "string", "bool",
                                        "float16",    "float64", "uint32", "uint64", "complex64",
                                        "complex128", "bfloat16"};
    constexpr int known = static_cast<int>(sizeof(names) / sizeof(names[0]));
    if (data_type >= 0 && data_type < known) return names[data_type];
    return "type number " + std::to_string(data_type);
}

std::size_t element_bytes(element e) {
    switch (e) {
    case element::u8:
    case element::i8:
    case element::boolean:
        return 1;
    case element::u16:
    case element::i16:
    case element::f16:
    case element::bf16:
        return 2;
    case element::f32:
    case element::i32:
    case element::u32:
        return 4;
    case element::i64:
    case element::u64:
    case element::f64:
        break;
    }
    return 8;
}

float half_to_float(std::uint16_t half) {
    const bool negative = (half & 0x8000U) != 0;
    const unsigned exponent = (half >> 10U) & 31U;
    const unsigned fraction = half & 1023U;
    float value = 0.0F;
    if (exponent == 31) {
        value = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
    } else if (exponent == 0) {
        value = std::ldexp(static_cast<float>(fraction), -24);
    } else {
        value = std::ldexp(static_cast<float>(fraction + 1024U), static_cast<int>(exponent) - 25);
    }
    return negative ? -value : value;
}

float bfloat_to_float(std::uint16_t bfloat) {
    const std::uint32_t bits = std::uint32_t{bfloat} << 16U;
    float value = 0.0F;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

constant::constant(const ::onnx::TensorProto& proto, const std::string& where,
                   const reporter& report, external_data& files) {
    if (proto.has_segment()) report.fail(where, "is a segment of a tensor; save it in one piece");
    const std::optional<element> type = to_element(proto.data_type());
    if (!type) {
        report.fail(where, "has element type " + element_name(proto.data_type()) +
                               "; supported: float32, float64, float16, bfloat16, bool and the "
                               "integers of 8 to 64 bits");
    }
    m_type = *type;
    constexpr std::size_t max_elements = std::size_t{1} << 31;
    constexpr int max_rank = 16;
    if (proto.dims_size() > max_rank) {
        report.fail(where, "has " + std::to_string(proto.dims_size()) + " axes; at most " +
                               std::to_string(max_rank) + " are supported");
    }
    m_size = 1;
    for (const std::int64_t dim : proto.dims()) {
        m_dims.push_back(dim);
        if (dim < 0) report.fail(where, "has the negative dimension " + std::to_string(dim));
        if (m_size != 0 && static_cast<std::uint64_t>(dim) > max_elements / m_size) {
            report.fail(where, "declares more than 2^31 elements; the file cannot hold them");
        }
        m_size *= static_cast<std::size_t>(dim);
    }
    std::size_t have = 0;
    if (proto.data_location() == ::onnx::TensorProto::EXTERNAL || proto.external_data_size() != 0) {
        m_owner = std::make_shared<const std::string>(files.read(proto, bytes(), where, report));
        m_data = m_owner->data();
        have = m_owner->size();
    } else if (proto.has_raw_data()) {
        m_data = proto.raw_data().data();
        have = proto.raw_data().size();
    } else {
        m_owner = std::make_shared<const std::string>(typed_bytes(proto, m_type, where, report));
        m_data = m_owner->data();
        have = m_owner->size();
    }
    if (have != bytes()) {
        report.fail(where, "declares shape " + nn::to_string(m_dims) + " (" +
                               std::to_string(m_size) + " elements of " + element_name(m_type) +
                               ", " + std::to_string(bytes()) + " bytes) but holds " +
                               std::to_string(have) + " bytes; the file is damaged or truncated");
    }
}

constant::constant(nn::shape dims, element type, std::string bytes)
    : m_dims(std::move(dims)),
      m_type(type),
      m_size(bytes.size() / element_bytes(type)),
      m_owner(std::make_shared<const std::string>(std::move(bytes))) {
    m_data = m_owner->data();
}

constant constant::of_integers(nn::shape dims, const std::vector<std::int64_t>& values,
                               element type) {
    std::string bytes;
    bytes.reserve(values.size() * element_bytes(type));
    for (const std::int64_t value : values) append_integer(bytes, type, value);
    return {std::move(dims), type, std::move(bytes)};
}

constant constant::of_reals(nn::shape dims, const std::vector<float>& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return {std::move(dims), element::f32, std::move(bytes)};
}

std::int64_t constant::integer(std::size_t index) const {
    return visit(m_type, m_data, index, [](auto value) -> std::int64_t {
        if constexpr (std::is_floating_point_v<decltype(value)>) {
            return truncate(value);
        } else {
            return static_cast<std::int64_t>(value);
        }
    });
}

double constant::real(std::size_t index) const {
    return visit(m_type, m_data, index, [](auto value) { return static_cast<double>(value); });
}

std::vector<std::int64_t> constant::integers() const {
    std::vector<std::int64_t> values(m_size);
    for (std::size_t i = 0; i < m_size; ++i) values[i] = integer(i);
    return values;
}

std::vector<float> constant::reals() const {
    std::vector<float> values(m_size);
    if (m_type == element::f32) {
        if (m_size != 0) std::memcpy(values.data(), m_data, m_size * sizeof(float));
        return values;
    }
    for (std::size_t i = 0; i < m_size; ++i) values[i] = static_cast<float>(real(i));
    return values;
}

constant constant::reshaped(nn::shape dims) const {
    constant other = *this;
    other.m_dims = std::move(dims);
    return other;
}

constant constant::transposed(const std::vector<std::size_t>& order) const {
    const std::size_t rank = m_dims.size();
    nn::shape dims(rank);
    std::vector<std::size_t> strides(rank, 1);  // of this, by its axes
    for (std::size_t axis = rank; axis-- > 1;) {
        strides[axis - 1] = strides[axis] * static_cast<std::size_t>(m_dims[axis]);
    }
    for (std::size_t axis = 0; axis < rank; ++axis) dims[axis] = m_dims[order[axis]];
    const std::size_t width = element_bytes(m_type);
    std::string bytes(this->bytes(), '\0');
    std::vector<std::int64_t> position(rank, 0);
    std::size_t from = 0;
    for (std::size_t to = 0; to < m_size; ++to) {
        std::memcpy(bytes.data() + to * width, m_data + from * width, width);
        for (std::size_t axis = rank; axis-- > 0;) {
            from += strides[order[axis]];
            if (++position[axis] < dims[axis]) break;
            from -= strides[order[axis]] * static_cast<std::size_t>(dims[axis]);
            position[axis] = 0;
        }
    }
    return {std::move(dims), m_type, std::move(bytes)};
}

constant constant::picked(const index_map& map) const {
    const std::size_t width = element_bytes(m_type);
    std::string bytes(map.from.size() * width, '\0');
    for (std::size_t i = 0; i < map.from.size(); ++i) {
        std::memcpy(bytes.data() + i * width, m_data + map.from[i] * width, width);
    }
    return {map.dims, m_type, std::move(bytes)};
}

std::vector<float> operand::reals() const {
    if (!quant) return data.reals();
    const std::size_t count = data.size();
    std::vector<float> values(count);
    std::size_t inner = 1;
    std::size_t along = 1;
    if (!quant->per_tensor()) {
        const auto axis = static_cast<std::size_t>(quant->axis);
        along = quant->scales.size();
        for (std::size_t a = axis + 1; a < dims().size(); ++a) {
            inner *= static_cast<std::size_t>(dims()[a]);
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = i / inner % along;
        values[i] =
            static_cast<float>(data.integer(i) - quant->zero_points[at]) * quant->scales[at];
    }
    return values;
}

}  // namespace pimvp::onnx::detail
