// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/gdb_protocol.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace pimvp::cpu {
namespace {

constexpr std::size_t longest_transfer = 0x4000;
constexpr unsigned first_float = register_number::f0, floats = 32;
constexpr unsigned integer_registers = register_number::pc + 1;

const char* const malformed = "E01";
const char* const unreachable = "E02";
const char* const ok = "OK";

std::optional<std::uint64_t> number_of(std::string_view hex) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    if (hex.empty() || problem != std::errc{} || end != hex.data() + hex.size()) {
        return std::nullopt;
    }
    return value;
}

std::string hex_bytes(const std::uint8_t* bytes, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
    return text;
}

std::optional<std::vector<std::uint8_t>> bytes_of(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto one = number_of(hex.substr(i, 2));
        if (!one) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(*one));
    }
    return bytes;
}

/// What stands before and behind the first `mark`.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text,
                                                                   char mark) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    return std::pair{text.substr(0, at), text.substr(at + 1)};
}

bool begins(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

struct named_csr {
    const char* name;
    unsigned number;
};
constexpr named_csr float_csrs[] = {{"fflags", 0x001}, {"frm", 0x002}, {"fcsr", 0x003}};
constexpr named_csr machine_csrs[] = {{"mstatus", 0x300}, {"misa", 0x301},     {"mie", 0x304},
                                      {"mtvec", 0x305},   {"mscratch", 0x340}, {"mepc", 0x341},
                                      {"mcause", 0x342},  {"mtval", 0x343},    {"mip", 0x344},
                                      {"mcycle", 0xB00},  {"minstret", 0xB02}, {"mhartid", 0xF14}};

}  // namespace

// ---- framing -----------------------------------------------------------------------------------

void gdb_framing::feed(std::string_view bytes) {
    for (const char each : bytes) byte(static_cast<unsigned char>(each));
}

std::optional<gdb_framing::event> gdb_framing::next() {
    if (m_events.empty()) return std::nullopt;
    event first = std::move(m_events.front());
    m_events.pop_front();
    return first;
}

void gdb_framing::byte(unsigned char next) {
    constexpr unsigned char interrupt = 0x03, escape = '}', escape_bit = 0x20;
    const auto digit = [](unsigned char c) -> std::optional<unsigned> {
        const char text[] = {static_cast<char>(c), 0};
        const auto value = number_of(text);
        if (!value) return std::nullopt;
        return static_cast<unsigned>(*value);
    };
    switch (m_state) {
    case state::outside:
        if (next == '$') {
            m_text.clear();
            m_sum = 0;
            m_too_long = false;
            m_state = state::inside;
        } else if (next == interrupt) {
            m_events.push_back({event_kind::interrupt, {}});
        } else if (next == '+') {
            m_events.push_back({event_kind::acknowledged, {}});
        } else if (next == '-') {
            m_events.push_back({event_kind::refused, {}});
        }
        return;
    case state::inside:
        if (next == '#') {
            m_state = state::checksum_high;
            return;
        }
        m_sum += next;
        if (next == escape) {
            m_state = state::escaped;
            return;
        }
        break;
    case state::escaped:
        m_sum += next;
        next ^= escape_bit;
        m_state = state::inside;
        break;
    case state::checksum_high:
    case state::checksum_low: {
        const auto value = digit(next);
        if (!value) {
            finish(false);
        } else if (m_state == state::checksum_high) {
            m_expected = *value << 4U;
            m_state = state::checksum_low;
        } else {
            finish((m_sum & 0xFFU) == (m_expected | *value) && !m_too_long);
        }
        return;
    }
    }
    m_too_long = m_too_long || m_text.size() >= longest;
    if (!m_too_long) m_text += static_cast<char>(next);
}

void gdb_framing::finish(bool sound) {
    m_state = state::outside;
    m_events.push_back({sound ? event_kind::packet : event_kind::damaged,
                        sound ? std::exchange(m_text, {}) : std::string()});
}

std::string gdb_framing::packet(std::string_view text) {
    std::string framed = "$";
    unsigned sum = 0;
    const auto put = [&](char c) {
        framed += c;
        sum += static_cast<unsigned char>(c);
    };
    for (const char c : text) {
        if (c == '$' || c == '#' || c == '}' || c == '*') {
            put('}');
            put(static_cast<char>(c ^ 0x20));
        } else {
            put(c);
        }
    }
    return framed + fmt::format("#{:02x}", sum & 0xFFU);
}

// ---- packets -----------------------------------------------------------------------------------

gdb_session::answer gdb_session::handle(const std::string& packet) {
    if (packet.empty()) return {"", {}};
    const std::string_view rest = std::string_view(packet).substr(1);
    switch (packet[0]) {
    case '?':
        return {stopped(stop_reason::requested), {}};
    case 'g':
        return {registers(), {}};
    case 'G':
        return {write_registers(rest) ? ok : malformed, {}};
    case 'p':
        return {one_register(rest), {}};
    case 'P':
        return {write_one_register(rest) ? ok : malformed, {}};
    case 'm':
        return {memory(rest), {}};
    case 'M':
        return {write_memory(rest, false), {}};
    case 'X':
        return {write_memory(rest, true), {}};
    case 'Z':
    case 'z':
        return {breakpoint(rest, packet[0] == 'Z'), {}};
    case 'c':
    case 'C':
    case 's':
    case 'S':
        return go_on(packet);
    case 'D':
        return {ok, debug_agent::action::detach};
    case 'k':
        return {std::nullopt, debug_agent::action::detach};
    case 'H':
    case 'T':
        return {ok, {}};
    case 'v':
        if (packet == "vCont?") return {"vCont;c;C;s;S", {}};
        if (begins(packet, "vCont;")) return go_on(std::string_view(packet).substr(6));
        if (begins(packet, "vKill")) return {ok, debug_agent::action::detach};
        return {"", {}};
    case 'q':
    case 'Q':
        return {query(packet), {}};
    default:
        return {"", {}};
    }
}

std::string gdb_session::query(const std::string& packet) {
    if (begins(packet, "qSupported")) {
        return fmt::format(
            "PacketSize={:x};qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+",
            longest_transfer);
    }
    if (packet == "QStartNoAckMode") {
        m_quiet = true;
        return ok;
    }
    if (packet == "qC") return "QC1";
    if (packet == "qfThreadInfo") return "m1";
    if (packet == "qsThreadInfo") return "l";
    if (begins(packet, "qAttached")) return "1";
    if (begins(packet, "qSymbol")) return ok;
    constexpr std::string_view features = "qXfer:features:read:target.xml:";
    if (begins(packet, features)) {
        const auto place = split(std::string_view(packet).substr(features.size()), ',');
        if (!place) return malformed;
        const auto offset = number_of(place->first), length = number_of(place->second);
        if (!offset || !length) return malformed;
        const std::string text = description();
        if (*offset >= text.size()) return "l";
        const std::string part =
            text.substr(static_cast<std::size_t>(*offset), static_cast<std::size_t>(*length));
        return (*offset + part.size() == text.size() ? "l" : "m") + part;
    }
    return "";
}

gdb_session::answer gdb_session::go_on(std::string_view packet) {
    if (packet.empty()) return {malformed, {}};
    const char how = packet[0];
    if (how != 'c' && how != 'C' && how != 's' && how != 'S') return {malformed, {}};
    std::string_view from = packet.substr(1);
    if (how == 'C' || how == 'S') {  // a signal, which means nothing to us
        const auto behind = split(from, ';');
        from = behind ? behind->second : std::string_view();
    }
    if (!from.empty() && from[0] != ':' && from[0] != ';') {
        const auto address = number_of(from);
        if (!address) return {malformed, {}};
        m_target.write_register(register_number::pc, *address);
    }
    return {std::nullopt,
            how == 'c' || how == 'C' ? debug_agent::action::run : debug_agent::action::step};
}

std::string gdb_session::stopped(stop_reason why) {
    switch (why) {
    case stop_reason::breakpoint:
    case stop_reason::ebreak:
        return "T05swbreak:;";
    case stop_reason::requested:
        return "S02";
    default:
        return "S05";
    }
}

std::string gdb_session::ended(int code) {
    return fmt::format("W{:02x}", static_cast<unsigned>(code) & 0xFFU);
}

// ---- registers ---------------------------------------------------------------------------------

unsigned gdb_session::register_bytes(unsigned number) const {
    const bool is_float = number >= first_float && number < first_float + floats;
    return is_float ? 8 : m_target.xlen() / 8;
}

std::string gdb_session::hex_of(unsigned number) {
    const std::uint64_t value = m_target.read_register(number);
    std::uint8_t bytes[8];
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    return hex_bytes(bytes, register_bytes(number));
}

std::string gdb_session::registers() {
    std::string text;
    for (unsigned i = 0; i < integer_registers; ++i) text += hex_of(i);
    return text;
}

namespace {
std::uint64_t value_of(const std::uint8_t* bytes, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
}
}  // namespace

bool gdb_session::write_registers(std::string_view hex) {
    const auto bytes = bytes_of(hex);
    const std::size_t width = m_target.xlen() / 8;
    if (!bytes || bytes->size() < integer_registers * width) return false;
    for (unsigned i = 0; i < integer_registers; ++i) {
        m_target.write_register(i, value_of(bytes->data() + i * width, width));
    }
    return true;
}

std::string gdb_session::one_register(std::string_view number) {
    constexpr std::uint64_t last = register_number::csr0 + 4095;
    const auto which = number_of(number);
    if (!which || *which > last) return malformed;
    return hex_of(static_cast<unsigned>(*which));
}

bool gdb_session::write_one_register(std::string_view text) {
    constexpr std::uint64_t last = register_number::csr0 + 4095;
    const auto parts = split(text, '=');
    if (!parts) return false;
    const auto which = number_of(parts->first);
    const auto bytes = bytes_of(parts->second);
    if (!which || *which > last || !bytes || bytes->empty() || bytes->size() > 8) return false;
    m_target.write_register(static_cast<unsigned>(*which), value_of(bytes->data(), bytes->size()));
    return true;
}

// ---- memory and breakpoints --------------------------------------------------------------------

std::string gdb_session::memory(std::string_view text) {
    const auto parts = split(text, ',');
    if (!parts) return malformed;
    const auto address = number_of(parts->first), bytes = number_of(parts->second);
    if (!address || !bytes) return malformed;
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(*bytes, longest_transfer / 2));
    const std::vector<std::uint8_t> got = m_target.read_memory(*address, wanted);
    return got.empty() && wanted != 0 ? unreachable : hex_bytes(got.data(), got.size());
}

std::string gdb_session::write_memory(std::string_view text, bool binary) {
    const auto head = split(text, ':');
    if (!head) return malformed;
    const auto place = split(head->first, ',');
    if (!place) return malformed;
    const auto address = number_of(place->first), count = number_of(place->second);
    const auto bytes =
        binary ? std::optional(std::vector<std::uint8_t>(head->second.begin(), head->second.end()))
               : bytes_of(head->second);
    if (!address || !count || !bytes || bytes->size() != *count) return malformed;
    return bytes->empty() || m_target.write_memory(*address, *bytes) ? ok : unreachable;
}

std::string gdb_session::breakpoint(std::string_view text, bool on) {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return "";  // no watchpoints
    const auto kind = split(text, ',');
    if (!kind) return malformed;
    const auto address = number_of(kind->second.substr(0, kind->second.find(',')));
    if (!address) return malformed;
    m_target.set_breakpoint(*address, on);
    return ok;
}

// ---- what a core looks like --------------------------------------------------------------------

std::string gdb_session::description() const {
    const unsigned width = m_target.xlen();
    std::string text = fmt::format(
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
        "<target version=\"1.0\"><architecture>riscv:rv{}</architecture>"
        "<feature name=\"org.gnu.gdb.riscv.cpu\">",
        width);
    const auto reg = [&text](const std::string& name, unsigned bits, unsigned number,
                             const char* type) {
        text += fmt::format("<reg name=\"{}\" bitsize=\"{}\" regnum=\"{}\" type=\"{}\"/>", name,
                            bits, number, type);
    };
    for (unsigned i = 0; i < register_number::pc; ++i) {
        reg("x" + std::to_string(i), width, i,
            i == 1 ? "code_ptr" : (i >= 2 && i <= 4 ? "data_ptr" : "int"));
    }
    reg("pc", width, register_number::pc, "code_ptr");
    text += "</feature>";
    if (m_target.floating()) {
        text += "<feature name=\"org.gnu.gdb.riscv.fpu\">";
        for (unsigned i = 0; i < floats; ++i) {
            reg("f" + std::to_string(i), 64, first_float + i, "ieee_double");
        }
        for (const auto& [name, number] : float_csrs) {
            reg(name, width, register_number::csr(number), "int");
        }
        text += "</feature>";
    }
    text += "<feature name=\"org.gnu.gdb.riscv.csr\">";
    for (const auto& [name, number] : machine_csrs) {
        reg(name, width, register_number::csr(number), "int");
    }
    return text + "</feature></target>";
}

}  // namespace pimvp::cpu
