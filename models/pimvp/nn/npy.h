// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// NumPy's .npy files (format versions 1.0, 2.0, 3.0), little-endian, C order.
///
/// Reading is strict and safe on hostile files: every error is a core::user_error that names the
/// file, what is wrong and the way out, and never more memory is allocated than the file is long.
///
/// **Source** NumPy enhancement proposal 1 and `numpy.lib.format`.
namespace pimvp::nn {

/// The element types that are read and written.
enum class npy_type { u8, i8, u16, i16, i32, i64, f32, f64 };
/// NumPy's name: "uint8" ... "float64".
std::string_view to_string(npy_type type);
std::size_t element_bytes(npy_type type);

/// What the text in front of the data says.
struct npy_header {
    npy_type type = npy_type::u8;
    shape dims;
    std::size_t data_offset = 0;  ///< of the first element in the file
};

/// Parses the beginning of a file of `file_bytes` bytes, of which `head` holds the first ones, and
/// checks that the data behind it is exactly what the shape needs. `name` is used in messages.
npy_header parse_npy_header(std::string_view head, std::size_t file_bytes, const std::string& name);

namespace detail {
template <class T>
constexpr npy_type npy_type_of() {
    if constexpr (std::is_same_v<T, std::uint8_t>)
        return npy_type::u8;
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return npy_type::i8;
    else if constexpr (std::is_same_v<T, std::uint16_t>)
        return npy_type::u16;
    else if constexpr (std::is_same_v<T, std::int16_t>)
        return npy_type::i16;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return npy_type::i32;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return npy_type::i64;
    else if constexpr (std::is_same_v<T, float>)
        return npy_type::f32;
    else {
        static_assert(std::is_same_v<T, double>, "no .npy element type");
        return npy_type::f64;
    }
}
}  // namespace detail

/// An array read from a file, or rows of one.
class npy_array {
public:
    npy_array(std::string name, npy_type type, shape dims, std::vector<std::uint8_t> bytes);

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] npy_type type() const { return m_type; }
    [[nodiscard]] const shape& dims() const { return m_dims; }
    [[nodiscard]] std::size_t size() const { return m_bytes.size() / element_bytes(m_type); }
    [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return m_bytes; }

    /// The elements; throws core::user_error if they are of another type (nothing is converted).
    template <class T>
    [[nodiscard]] std::vector<T> as() const {
        require(detail::npy_type_of<T>());
        std::vector<T> elements(size());
        copy_to(elements.data());
        return elements;
    }
    /// The elements of any integer type, for labels and token ids; throws for floats.
    [[nodiscard]] std::vector<std::int64_t> as_integers() const;
    /// float32 only.
    [[nodiscard]] float_tensor as_float_tensor() const;

private:
    void require(npy_type wanted) const;
    void copy_to(void* elements) const;

    std::string m_name;
    npy_type m_type;
    shape m_dims;
    std::vector<std::uint8_t> m_bytes;
};

/// A file whose rows (along the first axis) are read when asked for: data sets larger than memory.
class npy_reader {
public:
    /// Opens and checks the file.
    explicit npy_reader(const std::string& path);

    [[nodiscard]] const std::string& path() const { return m_path; }
    [[nodiscard]] npy_type type() const { return m_header.type; }
    [[nodiscard]] const shape& dims() const { return m_header.dims; }
    /// Extent of the first axis; 1 for a scalar.
    [[nodiscard]] std::size_t rows() const;
    /// Rows first .. first + count - 1, which must exist; dims()[0] of the result is `count`.
    [[nodiscard]] npy_array read_rows(std::size_t first, std::size_t count);
    [[nodiscard]] npy_array read_all();

private:
    std::string m_path;
    std::ifstream m_file;
    npy_header m_header;
};

/// A whole file.
npy_array read_npy(const std::string& path);
/// A whole file that is already in memory; `name` is used in messages.
npy_array parse_npy(std::string_view file, const std::string& name);

/// The bytes of a version 1.0 file, data aligned to 64 bytes as NumPy does.
std::vector<std::uint8_t> npy_bytes(npy_type type, const shape& dims, const void* elements);
/// Writes a file completely or not at all (a temporary beside it is renamed); throws
/// core::user_error if that fails.
void write_npy(const std::string& path, npy_type type, const shape& dims, const void* elements);

template <class T>
void write_npy(const std::string& path, const shape& dims, const std::vector<T>& elements) {
    write_npy(path, detail::npy_type_of<T>(), dims, elements.data());
}
void write_npy(const std::string& path, const float_tensor& tensor);
void write_npy(const std::string& path, const integer_tensor& tensor);

}  // namespace pimvp::nn
