// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/quantity.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>
#include <vector>

namespace pimvp::core {

namespace {

__extension__ using u128 = unsigned __int128;

constexpr std::uint64_t u64_max = std::numeric_limits<std::uint64_t>::max();

/// A unit is 10^exponent * 2^shift of the quantity's own unit.
struct unit_entry {
    std::string_view name;
    int exponent;
    unsigned shift = 0;
    bool printed = true;  ///< false: another spelling, only read
};
using unit_list = std::vector<unit_entry>;

/// Units from the smallest to the largest. Of the type's name only overload resolution is used.
const unit_list& units(frequency) {
    static const unit_list list{{"Hz", 0},
                                {"kHz", 3},
                                {"MHz", 6},
                                {"GHz", 9},
                                {"S/s", 0, 0, false},
                                {"kS/s", 3, 0, false},
                                {"MS/s", 6, 0, false},
                                {"GS/s", 9, 0, false}};
    return list;
}
const unit_list& units(duration) {
    static const unit_list list{{"fs", 0},
                                {"ps", 3},
                                {"ns", 6},
                                {"us", 9},
                                {"\u00b5s", 9, 0, false},
                                {"\u03bcs", 9, 0, false},
                                {"ms", 12},
                                {"s", 15}};
    return list;
}
const unit_list& units(byte_size) {
    static const unit_list list{
        {"B", 0, 0}, {"KiB", 0, 10}, {"MiB", 0, 20}, {"GiB", 0, 30}, {"TiB", 0, 40}};
    return list;
}
const unit_list& units(bandwidth) {
    static const unit_list list{{"B/s", 0},
                                {"kB/s", 3},
                                {"MB/s", 6},
                                {"GB/s", 9},
                                {"TB/s", 12},
                                {"KiB/s", 0, 10, false},
                                {"MiB/s", 0, 20, false},
                                {"GiB/s", 0, 30, false}};
    return list;
}
const unit_list& units(energy) {
    static const unit_list list{{"aJ", -18},
                                {"fJ", -15},
                                {"pJ", -12},
                                {"nJ", -9},
                                {"uJ", -6},
                                {"\u00b5J", -6, 0, false},
                                {"\u03bcJ", -6, 0, false},
                                {"mJ", -3},
                                {"J", 0}};
    return list;
}
const unit_list& units(power) {
    static const unit_list list{{"fW", -15},
                                {"pW", -12},
                                {"nW", -9},
                                {"uW", -6},
                                {"\u00b5W", -6, 0, false},
                                {"\u03bcW", -6, 0, false},
                                {"mW", -3},
                                {"W", 0},
                                {"kW", 3}};
    return list;
}
const unit_list& units(area) {
    static const unit_list list{
        {"nm2", -12}, {"um2", -6},         {"\u00b5m2", -6, 0, false}, {"\u03bcm2", -6, 0, false},
        {"mm2", 0},   {"cm2", 2, 0, false}};
    return list;
}
const unit_list& units(voltage) {
    static const unit_list list{{"uV", -6}, {"mV", -3}, {"V", 0}, {"kV", 3}};
    return list;
}

std::string listed(const unit_list& list) {
    std::string text;
    for (const unit_entry& unit : list) {
        if (static_cast<unsigned char>(unit.name.front()) >= 0x80U) continue;
        if (!text.empty()) text += ", ";
        text += unit.name;
    }
    return text;
}

/// digits * 10^exponent, without leading or trailing zeros ("" is zero).
struct decimal {
    bool negative = false;
    std::string digits;
    int exponent = 0;

    void normalise() {
        digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
        while (!digits.empty() && digits.back() == '0') {
            digits.pop_back();
            ++exponent;
        }
        if (digits.empty()) exponent = 0;
    }
    /// Power of ten of the first digit.
    [[nodiscard]] int magnitude() const { return exponent + static_cast<int>(digits.size()) - 1; }
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes the number off the front of `text`; nothing if there is none.
std::optional<decimal> take_decimal(std::string_view& text) {
    decimal number;
    std::size_t at = 0;
    if (at < text.size() && (text[at] == '-' || text[at] == '+'))
        number.negative = text[at++] == '-';
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) number.digits += text[at++];
    if (at == first) return std::nullopt;
    if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
        ++at;
        while (at < text.size() && is_digit(text[at])) {
            number.digits += text[at++];
            --number.exponent;
        }
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        std::size_t end = at + 1;
        if (end < text.size() && (text[end] == '-' || text[end] == '+')) ++end;
        if (end < text.size() && is_digit(text[end])) {
            const std::size_t sign = text[at + 1] == '+' ? 1 : 0;
            int power = 0;
            const auto parsed =
                std::from_chars(text.data() + at + 1 + sign, text.data() + text.size(), power);
            if (parsed.ec != std::errc() || std::abs(power) > 1000) return std::nullopt;
            number.exponent += power;
            at = static_cast<std::size_t>(parsed.ptr - text.data());
        }
    }
    if (number.digits.size() > 400) return std::nullopt;
    number.normalise();
    text.remove_prefix(at);
    return number;
}

/// Number and unit of "1.5 pJ"; returns what is wrong.
std::string split(std::string_view text, std::string_view what, const unit_list& list,
                  decimal& number, const unit_entry*& unit) {
    const std::string article = what.front() == 'e' || what.front() == 'a' ? "an " : "a ";
    const std::string kind = article + std::string(what);
    const std::string way_out = ", write a number and one of: " + listed(list);
    std::string_view rest = text;
    const std::optional<decimal> taken = take_decimal(rest);
    if (!taken) return core::quoted(text) + " is not " + kind + way_out;
    number = *taken;
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    if (rest.empty())
        return core::quoted(text) + " is not " + kind + ": the unit is missing" + way_out;
    for (const unit_entry& candidate : list) {
        if (candidate.name == rest) {
            unit = &candidate;
            return {};
        }
    }
    return core::quoted(text) + " is not " + kind + ": unknown unit " + core::quoted(rest) +
           way_out;
}

/// number * 10^exponent * 2^shift as a whole number; nothing if it is not one or too large.
std::optional<std::uint64_t> whole(const decimal& number, int exponent, unsigned shift,
                                   bool& too_large) {
    too_large = false;
    if (number.digits.empty()) return 0;
    int power = number.exponent + exponent;
    // A fraction can only be whole after a shift by `shift` bits if it has that few decimals.
    if (number.digits.size() > 24 || power > 20) {
        too_large = power + static_cast<int>(number.digits.size()) > 20;
        return std::nullopt;
    }
    u128 value = 0;
    for (const char digit : number.digits) value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > (~u128{0} >> shift)) {
        too_large = true;
        return std::nullopt;
    }
    value <<= shift;
    for (; power < 0; ++power) {
        if (value % 10 != 0) return std::nullopt;
        value /= 10;
    }
    for (; power > 0; --power) {
        if (value > u64_max) break;
        value *= 10;
    }
    if (value > u64_max) {
        too_large = true;
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(value);
}

std::optional<double> real(const decimal& number, int exponent) {
    const std::string text = (number.negative ? "-" : "") +
                             (number.digits.empty() ? "0" : number.digits) + "e" +
                             std::to_string(number.exponent + exponent);
    double value = 0.0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec == std::errc::result_out_of_range) return std::nullopt;
    return value;
}

template <class T>
std::string parse_quantity(std::string_view text, T& out) {
    using traits = quantity_traits<T>;
    decimal number;
    const unit_entry* unit = nullptr;
    std::string problem = split(text, traits::name, units(T{}), number, unit);
    if (!problem.empty()) return problem;
    const bool is_zero = number.digits.empty();
    if (number.negative && !is_zero && !std::is_same_v<T, voltage>) {
        return core::quoted(text) + " is negative, a " + std::string(traits::name) +
               " is 0 or more";
    }
    if constexpr (std::is_integral_v<typename traits::rep>) {
        bool too_large = false;
        const auto value = whole(number, unit->exponent, unit->shift, too_large);
        if (!value) {
            return core::quoted(text) +
                   (too_large ? " is too large, at most " + to_string(T{u64_max}) + " is possible"
                              : " is not a whole number of " + std::string(traits::unit));
        }
        out = T{*value};
    } else {
        const auto value = real(number, unit->exponent);
        if (!value) return core::quoted(text) + " is beyond what a double holds";
        out = T{*value};
    }
    return {};
}

/// digits * 10^exponent written without an exponent.
std::string plain(const decimal& number) {
    std::string text = number.digits;
    if (number.exponent >= 0) {
        text.append(static_cast<std::size_t>(number.exponent), '0');
    } else {
        const auto decimals = static_cast<std::size_t>(-number.exponent);
        if (text.size() <= decimals) text.insert(0, decimals - text.size() + 1, '0');
        text.insert(text.size() - decimals, 1, '.');
    }
    return (number.negative ? "-" : "") + text;
}

decimal digits_of(double value) {
    char buffer[64];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
    return take_decimal(text).value_or(decimal{});
}

decimal digits_of(std::uint64_t value) {
    decimal number;
    number.digits = std::to_string(value);
    number.normalise();
    return number;
}

template <class T>
std::string print_quantity(T q) {
    const std::string own(quantity_traits<T>::unit);
    decimal number = digits_of(raw(q));
    if (number.digits.empty()) return "0 " + own;
    const unit_entry* best = nullptr;
    for (const unit_entry& unit : units(T{})) {
        if (unit.printed && (best == nullptr || unit.exponent <= number.magnitude())) best = &unit;
    }
    const int lead = number.magnitude() - best->exponent;
    if (lead < -3 || lead > 24) {
        number.exponent = number.magnitude();
        std::string mantissa = number.digits;
        if (mantissa.size() > 1) mantissa.insert(1, 1, '.');
        return (number.negative ? "-" : "") + mantissa + "e" + std::to_string(number.exponent) +
               " " + own;
    }
    number.exponent -= best->exponent;
    return plain(number) + " " + std::string(best->name);
}

template <class Real>
std::string print_real(Real value) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end.ptr};
}

/// Digits of an integer after sign and base; returns what is wrong.
std::string parse_magnitude(std::string_view text, std::string_view digits, std::uint64_t& out) {
    int base = 10;
    if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        base = 16;
        digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits[0] == '0' &&
               std::all_of(digits.begin(), digits.end(), is_digit)) {
        return core::quoted(text) +
               " has leading zeros: write it without (or 0x... for hexadecimal)";
    }
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || parsed.ptr != digits.data() + digits.size() ||
        parsed.ec == std::errc::invalid_argument) {
        return core::quoted(text) + " is not an integer";
    }
    if (parsed.ec == std::errc::result_out_of_range) {
        return core::quoted(text) + " is too large for a 64-bit integer";
    }
    out = value;
    return {};
}

template <class Real>
std::string parse_real(std::string_view text, Real& out) {
    std::string_view rest = text;
    const auto number = take_decimal(rest);
    if (!number || !rest.empty()) return core::quoted(text) + " is not a number";
    Real value = 0;
    const char* first = text.data() + (text.front() == '+' ? 1 : 0);
    const auto parsed = std::from_chars(first, text.data() + text.size(), value);
    if (parsed.ec != std::errc()) return core::quoted(text) + " is beyond what the parameter holds";
    out = value;
    return {};
}

}  // namespace

duration cycles(frequency f, std::uint64_t n) {
    if (f.hz == 0) throw internal_error("cycles of a clock of 0 Hz");
    const u128 scaled = u128{n} * 1'000'000'000'000'000U + f.hz / 2;
    const u128 fs = scaled / f.hz;
    if (fs > u64_max) {
        throw internal_error(std::to_string(n) + " cycles of " + to_string(f) +
                             " exceed the simulated time that 64 bits of fs hold");
    }
    return {static_cast<std::uint64_t>(fs)};
}

duration transfer_time(bandwidth b, std::uint64_t bytes) {
    if (b.bytes_per_second == 0) throw internal_error("a transfer at 0 B/s");
    const u128 scaled = u128{bytes} * 1'000'000'000'000'000U + (b.bytes_per_second - 1);
    const u128 fs = scaled / b.bytes_per_second;
    if (fs > u64_max) {
        throw internal_error(std::to_string(bytes) + " bytes at " + to_string(b) +
                             " exceed the simulated time that 64 bits of fs hold");
    }
    return {static_cast<std::uint64_t>(fs)};
}

std::string parse_into(std::string_view text, frequency& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, duration& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, byte_size& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, bandwidth& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, energy& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, power& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, area& out) {
    return parse_quantity(text, out);
}
std::string parse_into(std::string_view text, voltage& out) {
    return parse_quantity(text, out);
}

std::string to_string(frequency q) {
    return print_quantity(q);
}
std::string to_string(duration q) {
    return print_quantity(q);
}
std::string to_string(bandwidth q) {
    return print_quantity(q);
}
std::string to_string(energy q) {
    return print_quantity(q);
}
std::string to_string(power q) {
    return print_quantity(q);
}
std::string to_string(area q) {
    return print_quantity(q);
}
std::string to_string(voltage q) {
    return print_quantity(q);
}

std::string to_string(byte_size q) {
    const unit_entry* best = nullptr;
    for (const unit_entry& unit : units(q)) {
        const bool divides = (q.bytes & ((std::uint64_t{1} << unit.shift) - 1)) == 0;
        if (best == nullptr || (q.bytes != 0 && divides)) best = &unit;
    }
    return std::to_string(q.bytes >> best->shift) + " " + std::string(best->name);
}

std::string parse_into(std::string_view text, bool& out) {
    if (text != "true" && text != "false") return core::quoted(text) + " is not true or false";
    out = text == "true";
    return {};
}

std::string parse_into(std::string_view text, std::uint64_t& out) {
    if (!text.empty() && text.front() == '-') {
        return core::quoted(text) + " is negative, 0 or more is allowed";
    }
    return parse_magnitude(text, text, out);
}

std::string parse_into(std::string_view text, std::int64_t& out) {
    const bool negative = !text.empty() && text.front() == '-';
    std::uint64_t magnitude = 0;
    std::string problem = parse_magnitude(text, text.substr(negative ? 1 : 0), magnitude);
    if (!problem.empty()) return problem;
    const std::uint64_t limit = (std::uint64_t{1} << 63U) - (negative ? 0 : 1);
    if (magnitude > limit) return core::quoted(text) + " is too large for a 64-bit integer";
    out =
        negative ? static_cast<std::int64_t>(~magnitude + 1) : static_cast<std::int64_t>(magnitude);
    return {};
}

std::string parse_into(std::string_view text, double& out) {
    return parse_real(text, out);
}
std::string parse_into(std::string_view text, float& out) {
    return parse_real(text, out);
}

std::string parse_into(std::string_view text, std::string& out) {
    out = std::string(text);
    return {};
}

std::string to_string(bool value) {
    return value ? "true" : "false";
}
std::string to_string(double value) {
    return print_real(value);
}
std::string to_string(float value) {
    return print_real(value);
}

namespace detail {

void throw_bad_quantity(const std::string& problem) {
    throw user_error(problem);
}

}  // namespace detail

}  // namespace pimvp::core
