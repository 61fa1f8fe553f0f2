// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace pimvp::core {

/// A binary image that does not say what it should; carries the offending offset.
class format_error : public std::runtime_error {
public:
    format_error(std::uint64_t offset, const std::string& what)
        : std::runtime_error(what),
          m_offset(offset) {}
    [[nodiscard]] std::uint64_t offset() const { return m_offset; }

private:
    std::uint64_t m_offset;
};

/// Appends little-endian values to a byte vector (pimvp runs on little-endian hosts only).
class byte_writer {
public:
    template <class T>
    void put(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
        m_bytes.insert(m_bytes.end(), from, from + sizeof(T));
    }
    template <class T>
    void put_list(const std::vector<T>& values) {
        static_assert(std::is_trivially_copyable_v<T>);
        put(static_cast<std::uint32_t>(values.size()));
        put_bytes(values.data(), values.size() * sizeof(T));
    }
    /// Over what was put there before.
    template <class T>
    void put_at(std::size_t position, const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        std::memcpy(m_bytes.data() + position, &value, sizeof(T));
    }
    void put_bytes(const void* from, std::size_t bytes) {
        const auto* begin = static_cast<const std::uint8_t*>(from);
        m_bytes.insert(m_bytes.end(), begin, begin + bytes);
    }
    void align(std::size_t to) { m_bytes.resize((m_bytes.size() + to - 1) / to * to, 0); }

    [[nodiscard]] std::size_t size() const { return m_bytes.size(); }
    [[nodiscard]] std::vector<std::uint8_t>& bytes() { return m_bytes; }

private:
    std::vector<std::uint8_t> m_bytes;
};

/// Reads little-endian values from bytes of unknown origin. Every read is checked against the end
/// and every list against what can still follow, so a hostile length never allocates.
class byte_reader {
public:
    byte_reader(const void* data, std::size_t bytes)
        : m_data(static_cast<const std::uint8_t*>(data)),
          m_size(bytes) {}

    template <class T>
    T get(const char* what) {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        require(sizeof(T), what);
        std::memcpy(&value, m_data + m_position, sizeof(T));
        m_position += sizeof(T);
        return value;
    }
    /// Element count of a list whose elements take at least `element_bytes` each.
    std::uint32_t get_count(std::size_t element_bytes, const char* what) {
        const auto count = get<std::uint32_t>(what);
        if (element_bytes != 0 && count > remaining() / element_bytes) {
            throw format_error(m_position, std::string(what) + ": list of " +
                                               std::to_string(count) + " exceeds the image");
        }
        return count;
    }
    template <class T>
    std::vector<T> get_list(const char* what) {
        const std::uint32_t count = get_count(sizeof(T), what);
        std::vector<T> values(count);
        if (count != 0) std::memcpy(values.data(), m_data + m_position, count * sizeof(T));
        m_position += count * sizeof(T);
        return values;
    }
    /// So many bytes where they stand.
    const std::uint8_t* get_bytes(std::size_t bytes, const char* what) {
        require(bytes, what);
        const std::uint8_t* at = m_data + m_position;
        m_position += bytes;
        return at;
    }
    [[nodiscard]] std::size_t position() const { return m_position; }
    [[nodiscard]] std::size_t remaining() const { return m_size - m_position; }
    [[nodiscard]] bool at_end() const { return m_position == m_size; }

    [[noreturn]] void fail(const std::string& what) const { throw format_error(m_position, what); }

private:
    void require(std::size_t bytes, const char* what) const {
        if (bytes > remaining()) {
            throw format_error(m_position, std::string(what) + ": the image ends early");
        }
    }

    const std::uint8_t* m_data;
    std::size_t m_size;
    std::size_t m_position = 0;
};

}  // namespace pimvp::core
