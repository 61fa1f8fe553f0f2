// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace pimvp::nn {

/// Dimensions of a tensor, outermost first (activations: N, C, H, W with N = 1; or N, features).
using shape = std::vector<std::int64_t>;

/// Product of the dimensions; 1 for a scalar. Throws core::user_error if it exceeds 2^40 or if a
/// dimension is negative.
std::size_t element_count(const shape& dims);

/// "1x3x224x224"
std::string to_string(const shape& dims);

/// How the integers of a tensor are stored and what they mean: real = scale * (integer -
/// zero_point).
struct tensor_type {
    int bits = 8;            ///< 1 .. 16 significant bits
    bool is_signed = false;  ///< two's complement if true
    float scale = 1.0F;      ///< real value of one step, > 0
    int zero_point = 0;      ///< integer that stands for real zero, lowest() .. highest()

    [[nodiscard]] int lowest() const { return is_signed ? -(1 << (bits - 1)) : 0; }
    [[nodiscard]] int highest() const {
        return is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
    }
    /// Bytes an element takes in memory: 1 up to 8 bits, 2 above.
    [[nodiscard]] std::size_t bytes() const { return bits <= 8 ? 1 : 2; }

    friend bool operator==(const tensor_type& a, const tensor_type& b) {
        return a.bits == b.bits && a.is_signed == b.is_signed && a.scale == b.scale &&
               a.zero_point == b.zero_point;
    }
    friend bool operator!=(const tensor_type& a, const tensor_type& b) { return !(a == b); }
};

/// The integers of one tensor, densely packed in ONNX (row-major) order.
///
/// The alternative in use follows the type: u8/i8 up to 8 bits, u16/i16 above.
class integer_tensor {
public:
    using storage = std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>,
                                 std::vector<std::uint16_t>, std::vector<std::int16_t>>;

    integer_tensor() = default;
    /// All elements zero.
    integer_tensor(shape dims, const tensor_type& type);
    /// These elements. Preconditions: as many as `dims` say, in the alternative of `type`.
    integer_tensor(shape dims, const tensor_type& type, storage data);

    [[nodiscard]] const shape& dims() const { return m_dims; }
    [[nodiscard]] const tensor_type& type() const { return m_type; }
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] int at(std::size_t index) const;
    /// Precondition: type().lowest() <= value <= type().highest().
    void set(std::size_t index, int value);

    [[nodiscard]] const storage& data() const { return m_data; }
    [[nodiscard]] storage& data() { return m_data; }
    /// The elements as little-endian bytes, size() * type().bytes() of them.
    [[nodiscard]] const std::uint8_t* bytes() const;
    [[nodiscard]] std::uint8_t* bytes();
    [[nodiscard]] std::size_t byte_count() const { return size() * m_type.bytes(); }

    /// The same integers under other dimensions (equal element count).
    [[nodiscard]] integer_tensor reshaped(shape dims) const;

private:
    shape m_dims;
    tensor_type m_type;
    storage m_data;
};

/// A dense float32 tensor in ONNX order.
struct float_tensor {
    shape dims;
    std::vector<float> data;
};

/// Number of positions in which a and b differ (values, not types); all of them if sizes differ.
std::size_t count_mismatches(const integer_tensor& a, const integer_tensor& b);

}  // namespace pimvp::nn
