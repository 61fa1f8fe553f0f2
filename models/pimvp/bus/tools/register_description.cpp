// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/tools/register_description.h>

#include <pimvp/core/document.h>

#include <algorithm>
#include <set>

namespace pimvp::bus {

namespace {
bool is_name(const std::string& text) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && lower(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return lower(c) || digit(c) || c == '_'; });
}

bool parse_bit(std::string_view text, unsigned& bit) {
    if (text.empty() || text.size() > 2) return false;
    bit = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        bit = bit * 10 + static_cast<unsigned>(c - '0');
    }
    return bit < 32;
}

class checker {
public:
    checker(const bank_description& bank, core::diagnostics& found)
        : m_bank(bank),
          m_found(found) {}

    void run() {
        if (!is_name(m_bank.bank)) not_a_name("bank", m_bank.bank);
        const std::string& base = m_bank.base;
        if (!base.empty() && std::count(base.begin(), base.end(), '/') != 1) {
            m_found.error("base", "is room/bank, for instance accel/common");
        }
        for (std::size_t i = 0; i < m_bank.registers.size(); ++i) {
            check(m_bank.registers[i], "registers[" + std::to_string(i) + "]");
        }
        overlaps();
    }

private:
    void not_a_name(const std::string& path, const std::string& name) {
        m_found.error(path, core::quoted(name) +
                                " is not a name: lower-case letters, digits and _, a letter first");
    }
    void take(const std::string& path, const std::string& name) {
        if (!m_names.insert(name).second) {
            m_found.error(path, "the name " + name + " would be generated twice: rename one");
        }
    }

    /// It ends up in C comments and in cells of a table.
    void sentence(const std::string& path, const std::string& text) {
        if (text.find("*/") == std::string::npos &&
            text.find_first_of("|\n") == std::string::npos) {
            return;
        }
        m_found.error(path + ".description", "must not contain */, | or a line break");
    }

    void check(const register_description& r, const std::string& path) {
        sentence(path, r.description);
        if (!is_name(r.name)) not_a_name(path + ".name", r.name);
        take(path + ".name", r.name);
        const unsigned unit = r.width / 8;
        if (r.offset % unit != 0) {
            m_found.error(path + ".offset", "must be a multiple of " + std::to_string(unit));
        }
        if (r.width == 32 && r.reset > 0xFFFFFFFFU) {
            m_found.error(path + ".reset", "does not fit 32 bits");
        }
        if (r.width == 64 && (!r.fields.empty() || r.count != 1 || r.rights == access::w1c)) {
            m_found.error(path, "a 64-bit register has no fields, no count and is not w1c");
        }
        if (r.width == 64) {
            take(path + ".name", r.name + "_lo");
            take(path + ".name", r.name + "_hi");
        }
        std::uint32_t used = 0;
        for (std::size_t i = 0; i < r.fields.size(); ++i) {
            const field_description& field = r.fields[i];
            const std::string at = path + ".fields[" + std::to_string(i) + "]";
            if (!is_name(field.name)) not_a_name(at + ".name", field.name);
            take(at + ".name", r.name + "_" + field.name);
            sentence(at, field.description);
            field_description parsed = field;
            if (!parsed.parse_bits()) {
                m_found.error(at + ".bits",
                              core::quoted(field.bits) +
                                  " is neither a bit \"3\" nor a range \"7:4\", 0 .. 31");
                continue;
            }
            if ((used & parsed.mask()) != 0) {
                m_found.error(at + ".bits", "overlaps another field of " + r.name);
            }
            used |= parsed.mask();
        }
        if (!r.fields.empty() && (r.reset & ~std::uint64_t{used}) != 0) {
            m_found.error(path + ".reset", "sets bits outside of the fields");
        }
    }

    void overlaps() {
        for (std::size_t i = 0; i < m_bank.registers.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const register_description& a = m_bank.registers[i];
                const register_description& b = m_bank.registers[j];
                if (a.offset < b.offset + b.bytes() && b.offset < a.offset + a.bytes()) {
                    m_found.error("registers[" + std::to_string(i) + "].offset",
                                  a.name + " overlaps " + b.name + ": move one of them");
                }
            }
        }
    }

    const bank_description& m_bank;
    core::diagnostics& m_found;
    std::set<std::string> m_names;
};
}  // namespace

bool field_description::parse_bits() {
    const std::string_view text = bits;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        if (!parse_bit(text, m_low)) return false;
        m_high = m_low;
        return true;
    }
    return parse_bit(text.substr(0, colon), m_high) && parse_bit(text.substr(colon + 1), m_low) &&
           m_high >= m_low;
}

access register_description::access_of(const field_description& field) const {
    for (const access a : {access::ro, access::rw, access::wo, access::w1c}) {
        if (field.access_text == to_string(a)) return a;
    }
    return rights;
}

std::uint32_t register_description::mask(access which) const {
    if (fields.empty()) return which == rights ? 0xFFFFFFFFU : 0U;
    std::uint32_t bits = 0;
    for (const field_description& field : fields) {
        if (access_of(field) == which) bits |= field.mask();
    }
    return bits;
}

void bank_description::validate(core::diagnostics& found) const {
    checker(*this, found).run();
}

bank_description read_bank(std::string_view yaml, const std::string& file_name) {
    auto bank = core::read_yaml<bank_description>(yaml, file_name);
    for (register_description& r : bank.registers) {
        for (field_description& field : r.fields) field.parse_bits();
    }
    std::sort(bank.registers.begin(), bank.registers.end(),
              [](const auto& a, const auto& b) { return a.offset < b.offset; });
    return bank;
}

}  // namespace pimvp::bus
