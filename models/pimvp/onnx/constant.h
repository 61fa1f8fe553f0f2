// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>
#include <pimvp/onnx/external_data.h>
#include <pimvp/onnx/index_map.h>
#include <pimvp/onnx/reporter.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Private to the room.
namespace pimvp::onnx::detail {

/// Element types of ONNX (TensorProto.DataType) that the import can read.
enum class element {
    f32 = 1,
    u8 = 2,
    i8 = 3,
    u16 = 4,
    i16 = 5,
    i32 = 6,
    i64 = 7,
    boolean = 9,
    f16 = 10,
    f64 = 11,
    u32 = 12,
    u64 = 13,
    bf16 = 16
};
/// The number as an element, nothing if the import cannot read that type.
std::optional<element> to_element(int data_type);
/// "int8", "string", "complex64" ...
std::string element_name(int data_type);
inline std::string element_name(element e) {
    return element_name(static_cast<int>(e));
}
std::size_t element_bytes(element e);
inline bool is_real(element e) {
    return e == element::f32 || e == element::f16 || e == element::f64 || e == element::bf16;
}

/// A tensor whose elements are known: an initialiser, or the result of folding. Cheap to copy: the
/// elements are shared, and those of an initialiser stay where protobuf put them.
class constant {
public:
    constant() = default;
    /// Refuses unreadable types and sizes that contradict the dimensions. `proto` must outlive the
    /// constant. `files`: where data outside the model lie.
    constant(const ::onnx::TensorProto& proto, const std::string& where, const reporter& report,
             external_data& files);
    static constant of_integers(nn::shape dims, const std::vector<std::int64_t>& values,
                                element type = element::i64);
    static constant of_reals(nn::shape dims, const std::vector<float>& values);
    /// `bytes` holds the elements, little-endian.
    constant(nn::shape dims, element type, std::string bytes);

    [[nodiscard]] const nn::shape& dims() const { return m_dims; }
    [[nodiscard]] element type() const { return m_type; }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] const char* data() const { return m_data; }
    [[nodiscard]] std::size_t bytes() const { return m_size * element_bytes(m_type); }

    /// Truncates reals towards zero as Cast does; out of range: the nearest bound. NaN: 0.
    [[nodiscard]] std::int64_t integer(std::size_t index) const;
    [[nodiscard]] double real(std::size_t index) const;
    [[nodiscard]] std::vector<std::int64_t> integers() const;
    [[nodiscard]] std::vector<float> reals() const;

    /// The same elements; the caller has checked that the counts agree.
    [[nodiscard]] constant reshaped(nn::shape dims) const;
    /// Axis i of the result is axis order[i] of this.
    [[nodiscard]] constant transposed(const std::vector<std::size_t>& order) const;

    /// The elements that the map names; the caller has checked that they exist.
    [[nodiscard]] constant picked(const index_map& map) const;

private:
    nn::shape m_dims;
    element m_type = element::f32;
    std::size_t m_size = 0;
    const char* m_data = nullptr;
    std::shared_ptr<const std::string> m_owner;
};

/// Scales and zero points of QuantizeLinear and DequantizeLinear: one, or one per index of `axis`.
struct quantisation {
    element type = element::u8;
    std::vector<float> scales;
    std::vector<int> zero_points;  ///< as many as scales
    int axis = 0;                  ///< meaningful if there is more than one scale

    [[nodiscard]] bool per_tensor() const { return scales.size() == 1; }
};

/// A constant as an operator meets it: plain, or integers behind a DequantizeLinear.
struct operand {
    constant data;
    std::optional<quantisation> quant;

    [[nodiscard]] const nn::shape& dims() const { return data.dims(); }
    /// (integer - zero point) * scale, or the numbers themselves, as float32.
    [[nodiscard]] std::vector<float> reals() const;
};

/// IEEE binary16 to binary32, exactly.
float half_to_float(std::uint16_t half);
/// bfloat16 to binary32, exactly: its upper half.
float bfloat_to_float(std::uint16_t bfloat);

}  // namespace pimvp::onnx::detail
