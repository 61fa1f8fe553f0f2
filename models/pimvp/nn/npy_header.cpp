// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/npy.h>

#include <pimvp/core/diagnostics.h>

#include <cstring>
#include <optional>

namespace pimvp::nn {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_header = 64 * 1024;  // version 1.0's limit; ours for all
constexpr std::size_t max_rank = 32;           // NumPy's own

struct type_name {
    npy_type type;
    std::string_view name;
    std::string_view code;  ///< without byte order
    std::size_t bytes;
};

constexpr type_name types[] = {
    {npy_type::u8, "uint8", "u1", 1},    {npy_type::i8, "int8", "i1", 1},
    {npy_type::u16, "uint16", "u2", 2},  {npy_type::i16, "int16", "i2", 2},
    {npy_type::i32, "int32", "i4", 4},   {npy_type::i64, "int64", "i8", 8},
    {npy_type::f32, "float32", "f4", 4}, {npy_type::f64, "float64", "f8", 8},
};

const type_name& entry(npy_type type) {
    return types[static_cast<std::size_t>(type)];
}

/// The dictionary of the header: a Python literal of which only this form occurs.
class header_parser {
public:
    header_parser(std::string_view text, const std::string& name)
        : m_text(text),
          m_name(name) {}

    npy_header parse() {
        npy_header header;
        std::optional<std::string_view> descr;
        std::optional<bool> fortran;
        bool has_shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string_view key = quoted_text();
            expect(':');
            if (key == "descr" && !descr) {
                skip_space();
                if (peek() == '[') fail_type("a structured type");
                descr = quoted_text();
            } else if (key == "fortran_order" && !fortran) {
                fortran = boolean();
            } else if (key == "shape" && !has_shape) {
                header.dims = tuple();
                has_shape = true;
            } else {
                fail("key " + core::quoted(key) + " is unknown or occurs twice");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_space();
        if (m_at != m_text.size()) fail("text follows the closing brace");
        if (!descr || !fortran || !has_shape) {
            fail("'descr', 'fortran_order' and 'shape' are all needed");
        }
        header.type = type_of(*descr);
        if (*fortran) {
            throw core::user_error(m_name +
                                   ": the array is in Fortran order; save it in C order: "
                                   "np.save(path, np.ascontiguousarray(array))");
        }
        return header;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw core::user_error(m_name + ": broken .npy header at byte " + std::to_string(m_at) +
                               " of its dictionary: " + what + "; save the array again");
    }
    [[noreturn]] void fail_type(const std::string& what) const {
        throw core::user_error(m_name + ": " + what +
                               " cannot be read; convert with .astype(...) to uint8, int8, uint16, "
                               "int16, int32, int64, float32 or float64, little-endian");
    }
    [[nodiscard]] char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
    void skip_space() {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' ||
                                        m_text[m_at] == '\t' || m_text[m_at] == '\r')) {
            ++m_at;
        }
    }
    bool accept(char c) {
        skip_space();
        if (peek() != c || m_at == m_text.size()) return false;
        ++m_at;
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail(std::string("expected '") + c + "'");
    }
    std::string_view quoted_text() {
        skip_space();
        const char quote = peek();
        if (quote != '\'' && quote != '"') fail("expected a quoted word");
        const std::size_t begin = ++m_at;
        const std::size_t end = m_text.find(quote, begin);
        if (end == std::string_view::npos) fail("a quote is not closed");
        m_at = end + 1;
        return m_text.substr(begin, end - begin);
    }
    bool boolean() {
        skip_space();
        for (const bool truth : {true, false}) {
            const std::string_view word = truth ? "True" : "False";
            if (m_text.substr(m_at, word.size()) == word) {
                m_at += word.size();
                return truth;
            }
        }
        fail("expected True or False");
    }
    shape tuple() {
        shape dims;
        expect('(');
        while (!accept(')')) {
            if (dims.size() == max_rank) fail("more than 32 dimensions");
            dims.push_back(dimension());
            if (!accept(',')) {
                expect(')');
                if (dims.size() == 1) fail("a tuple of one number needs a comma");
                break;
            }
        }
        return dims;
    }
    std::int64_t dimension() {
        skip_space();
        std::int64_t number = 0;
        const std::size_t begin = m_at;
        while (peek() >= '0' && peek() <= '9') {
            if (number > (std::int64_t{1} << 50)) fail("a dimension exceeds 2^50");
            number = number * 10 + (peek() - '0');
            ++m_at;
        }
        if (m_at == begin) fail("expected a dimension: a number, 0 or more");
        if (peek() == 'L') ++m_at;  // Python 2 wrote long integers so
        return number;
    }
    [[nodiscard]] npy_type type_of(std::string_view descr) const {
        const std::string shown = "element type " + core::quoted(descr);
        if (descr.size() != 3) fail_type(shown);
        const char order = descr[0];
        for (const type_name& type : types) {
            if (descr.substr(1) != type.code) continue;
            if (order == '<' || (type.bytes == 1 && order == '|')) return type.type;
        }
        fail_type(shown);
    }

    std::string_view m_text;
    const std::string& m_name;
    std::size_t m_at = 0;
};

std::size_t little_endian(std::string_view bytes) {
    std::size_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        number = number << 8U | static_cast<std::uint8_t>(bytes[i]);
    }
    return number;
}

}  // namespace

std::string_view to_string(npy_type type) {
    return entry(type).name;
}
std::size_t element_bytes(npy_type type) {
    return entry(type).bytes;
}

npy_header parse_npy_header(std::string_view head, std::size_t file_bytes,
                            const std::string& name) {
    const auto fail = [&name](const std::string& what) {
        throw core::user_error(name + ": " + what);
    };
    if (head.substr(0, magic.size()) != magic) {
        fail("is not a .npy file (NumPy's magic bytes are missing); write it with np.save");
    }
    if (head.size() < 10) fail("is truncated within its .npy header; save the array again");
    const int major = static_cast<std::uint8_t>(head[6]);
    if (major < 1 || major > 3) {
        fail(".npy format version " + std::to_string(major) +
             " is not known (1, 2, 3 are); save with a common NumPy");
    }
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    const std::size_t text_at = 8 + length_bytes;
    if (head.size() < text_at) fail("is truncated within its .npy header; save the array again");
    const std::size_t length = little_endian(head.substr(8, length_bytes));
    if (length > max_header || length > file_bytes - text_at || length > head.size() - text_at) {
        fail("its .npy header claims " + std::to_string(length) +
             " bytes, more than the file or 64 KiB; save the array again");
    }
    npy_header header = header_parser(head.substr(text_at, length), name).parse();
    header.data_offset = text_at + length;

    const std::size_t available = file_bytes - header.data_offset;
    const std::size_t size = element_bytes(header.type);
    std::size_t needed = size;
    bool empty = false;
    for (const std::int64_t dim : header.dims) {
        if (dim == 0) {
            empty = true;
        } else if (static_cast<std::uint64_t>(dim) > (available + size) / needed) {
            needed = available + 1;  // more than there is, without overflow
        } else {
            needed *= static_cast<std::size_t>(dim);
        }
    }
    if (empty) needed = element_count(header.dims);  // 0, or throws for absurd other dimensions
    if (needed != available) {
        fail("shape " + to_string(header.dims) + " of " + std::string(to_string(header.type)) +
             " does not fit the " + std::to_string(available) + " bytes of data; the file is " +
             (needed > available ? "truncated" : "longer than it says") +
             ": copy or save it again");
    }
    return header;
}

std::vector<std::uint8_t> npy_bytes(npy_type type, const shape& dims, const void* elements) {
    std::string text = "{'descr': '";
    text += element_bytes(type) == 1 ? '|' : '<';
    text += entry(type).code;
    text += "', 'fortran_order': False, 'shape': (";
    for (std::size_t i = 0; i < dims.size(); ++i) {
        text += std::to_string(dims[i]);
        if (i + 1 < dims.size()) text += ", ";
    }
    text += dims.size() == 1 ? ",), }" : "), }";
    constexpr std::size_t alignment = 64;
    const std::size_t text_at = 10;
    while ((text_at + text.size() + 1) % alignment != 0) text += ' ';
    text += '\n';

    std::vector<std::uint8_t> file(magic.begin(), magic.end());
    file.push_back(1);
    file.push_back(0);
    file.push_back(static_cast<std::uint8_t>(text.size() & 0xFFU));
    file.push_back(static_cast<std::uint8_t>(text.size() >> 8U));
    file.insert(file.end(), text.begin(), text.end());
    const auto* data = static_cast<const std::uint8_t*>(elements);
    file.insert(file.end(), data, data + element_count(dims) * element_bytes(type));
    return file;
}

}  // namespace pimvp::nn
