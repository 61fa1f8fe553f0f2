// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/npy.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace pimvp::nn {

namespace {

template <class T>
std::vector<std::int64_t> widen(const npy_array& array) {
    const std::vector<T> elements = array.as<T>();
    return {elements.begin(), elements.end()};
}

}  // namespace

npy_array::npy_array(std::string name, npy_type type, shape dims, std::vector<std::uint8_t> bytes)
    : m_name(std::move(name)),
      m_type(type),
      m_dims(std::move(dims)),
      m_bytes(std::move(bytes)) {}

void npy_array::require(npy_type wanted) const {
    if (m_type == wanted) return;
    throw core::user_error(m_name + ": holds " + std::string(to_string(m_type)) + ", but " +
                           std::string(to_string(wanted)) +
                           " is needed; convert it: np.save(path, array.astype(np." +
                           std::string(to_string(wanted)) + "))");
}

void npy_array::copy_to(void* elements) const {
    if (!m_bytes.empty()) std::memcpy(elements, m_bytes.data(), m_bytes.size());
}

std::vector<std::int64_t> npy_array::as_integers() const {
    switch (m_type) {
    case npy_type::u8:
        return widen<std::uint8_t>(*this);
    case npy_type::i8:
        return widen<std::int8_t>(*this);
    case npy_type::u16:
        return widen<std::uint16_t>(*this);
    case npy_type::i16:
        return widen<std::int16_t>(*this);
    case npy_type::i32:
        return widen<std::int32_t>(*this);
    case npy_type::i64:
        return as<std::int64_t>();
    case npy_type::f32:
    case npy_type::f64:
        break;
    }
    require(npy_type::i64);
    return {};
}

float_tensor npy_array::as_float_tensor() const {
    return {m_dims, as<float>()};
}

npy_reader::npy_reader(const std::string& path)
    : m_path(path) {
    std::error_code failure;
    const bool regular = std::filesystem::is_regular_file(path, failure);
    const std::uintmax_t bytes = regular ? std::filesystem::file_size(path, failure) : 0;
    if (!regular || failure) {
        throw core::user_error(path + (std::filesystem::exists(path, failure)
                                           ? ": is not a regular file; give a .npy file"
                                           : ": no such file; check the path"));
    }
    m_file.open(path, std::ios::binary);
    std::string head(std::min<std::uintmax_t>(bytes, 12 + 64 * 1024), '\0');
    m_file.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (!m_file) throw core::user_error(path + ": cannot be read; check its permissions");
    m_header = parse_npy_header(head, bytes, path);
}

std::size_t npy_reader::rows() const {
    return dims().empty() ? 1 : static_cast<std::size_t>(dims()[0]);
}

npy_array npy_reader::read_rows(std::size_t first, std::size_t count) {
    if (first > rows() || count > rows() - first) {
        throw core::user_error(m_path + ": has " + std::to_string(rows()) + " rows, not rows " +
                               std::to_string(first) + " .. " + std::to_string(first + count) +
                               " - 1");
    }
    shape part = dims();
    if (!part.empty()) part[0] = 1;
    const std::size_t row_bytes = element_count(part) * element_bytes(type());
    if (!part.empty()) part[0] = static_cast<std::int64_t>(count);
    std::vector<std::uint8_t> bytes(rows() == 0 ? 0 : count * row_bytes);
    m_file.clear();
    m_file.seekg(static_cast<std::streamoff>(m_header.data_offset + first * row_bytes));
    m_file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!m_file) throw core::user_error(m_path + ": cannot be read; did it change meanwhile?");
    return {m_path, type(), std::move(part), std::move(bytes)};
}

npy_array npy_reader::read_all() {
    return read_rows(0, rows());
}

npy_array read_npy(const std::string& path) {
    return npy_reader(path).read_all();
}

npy_array parse_npy(std::string_view file, const std::string& name) {
    npy_header header = parse_npy_header(file, file.size(), name);
    const std::string_view data = file.substr(header.data_offset);
    return {name, header.type, std::move(header.dims), {data.begin(), data.end()}};
}

void write_npy(const std::string& path, npy_type type, const shape& dims, const void* elements) {
    const std::vector<std::uint8_t> bytes = npy_bytes(type, dims, elements);
    core::write_file(path, bytes.data(), bytes.size());
}

void write_npy(const std::string& path, const float_tensor& tensor) {
    write_npy(path, tensor.dims, tensor.data);
}

void write_npy(const std::string& path, const integer_tensor& tensor) {
    const bool is_signed = tensor.type().is_signed;
    const npy_type type = tensor.type().bytes() == 1 ? (is_signed ? npy_type::i8 : npy_type::u8)
                                                     : (is_signed ? npy_type::i16 : npy_type::u16);
    write_npy(path, type, tensor.dims(), tensor.bytes());
}

}  // namespace pimvp::nn
