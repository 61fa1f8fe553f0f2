// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/grade.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Physical values as types of their own. Counts of time, frequency and memory are integers (fs,
/// Hz, bytes), so that nothing is lost; the others are doubles in the unit their member names.
///
/// Text: a decimal number, an optional space and a unit: "100 ns", "1.5625 pJ", "1.28 GS/s",
/// "64 KiB". The printed form is the shortest one that reads back to the same value.
namespace pimvp::core {

struct frequency {
    std::uint64_t hz = 0;
};
struct duration {
    std::uint64_t fs = 0;
};
struct byte_size {
    std::uint64_t bytes = 0;
};
struct bandwidth {
    std::uint64_t bytes_per_second = 0;
};
struct energy {
    double joules = 0.0;
};
struct power {
    double watts = 0.0;
};
struct area {
    double mm2 = 0.0;
};
struct voltage {
    double volts = 0.0;
};

/// `field` is the only member, `name` what a message calls it, `unit` what `field` counts.
template <class T>
struct quantity_traits {
    static constexpr bool is_quantity = false;
};

namespace detail {
template <class T, class Rep, Rep T::*Field>
struct quantity_base {
    static constexpr bool is_quantity = true;
    using rep = Rep;
    static constexpr Rep T::*field = Field;
};
}  // namespace detail

template <>
struct quantity_traits<frequency>
    : detail::quantity_base<frequency, std::uint64_t, &frequency::hz> {
    static constexpr std::string_view name = "frequency", unit = "Hz";
};
template <>
struct quantity_traits<duration> : detail::quantity_base<duration, std::uint64_t, &duration::fs> {
    static constexpr std::string_view name = "duration", unit = "fs";
};
template <>
struct quantity_traits<byte_size>
    : detail::quantity_base<byte_size, std::uint64_t, &byte_size::bytes> {
    static constexpr std::string_view name = "size", unit = "B";
};
template <>
struct quantity_traits<bandwidth>
    : detail::quantity_base<bandwidth, std::uint64_t, &bandwidth::bytes_per_second> {
    static constexpr std::string_view name = "bandwidth", unit = "B/s";
};
template <>
struct quantity_traits<energy> : detail::quantity_base<energy, double, &energy::joules> {
    static constexpr std::string_view name = "energy", unit = "J";
};
template <>
struct quantity_traits<power> : detail::quantity_base<power, double, &power::watts> {
    static constexpr std::string_view name = "power", unit = "W";
};
template <>
struct quantity_traits<area> : detail::quantity_base<area, double, &area::mm2> {
    static constexpr std::string_view name = "area", unit = "mm2";
};
template <>
struct quantity_traits<voltage> : detail::quantity_base<voltage, double, &voltage::volts> {
    static constexpr std::string_view name = "voltage", unit = "V";
};

template <class T>
constexpr bool is_quantity = quantity_traits<T>::is_quantity;
template <class T>
using if_quantity = std::enable_if_t<is_quantity<T>, int>;

/// The number inside, in the quantity's own unit.
template <class T, if_quantity<T> = 0>
constexpr auto raw(T q) {
    return q.*quantity_traits<T>::field;
}

template <class T, if_quantity<T> = 0>
constexpr bool operator==(T a, T b) {
    return raw(a) == raw(b);
}
template <class T, if_quantity<T> = 0>
constexpr bool operator!=(T a, T b) {
    return raw(a) != raw(b);
}
template <class T, if_quantity<T> = 0>
constexpr bool operator<(T a, T b) {
    return raw(a) < raw(b);
}
template <class T, if_quantity<T> = 0>
constexpr bool operator<=(T a, T b) {
    return raw(a) <= raw(b);
}
template <class T, if_quantity<T> = 0>
constexpr bool operator>(T a, T b) {
    return raw(a) > raw(b);
}
template <class T, if_quantity<T> = 0>
constexpr bool operator>=(T a, T b) {
    return raw(a) >= raw(b);
}
template <class T, if_quantity<T> = 0>
constexpr T operator+(T a, T b) {
    return T{raw(a) + raw(b)};
}
template <class T, if_quantity<T> = 0>
constexpr T operator-(T a, T b) {
    return T{raw(a) - raw(b)};
}
template <class T, if_quantity<T> = 0>
constexpr T operator*(T a, typename quantity_traits<T>::rep factor) {
    return T{raw(a) * factor};
}

/// Seconds as a double, for reports and for multiplying with power.
constexpr double seconds(duration d) {
    return static_cast<double>(d.fs) * 1e-15;
}
constexpr energy operator*(power p, duration d) {
    return {p.watts * seconds(d)};
}

/// n periods of f, rounded once to the nearest fs from n * 10^15 / hz; never n rounded periods.
/// Throws internal_error if f is 0 or the result exceeds 2^64 - 1 fs (5.1 simulated hours).
duration cycles(frequency f, std::uint64_t n);
/// Time to move `bytes` at rate b, rounded up to whole fs. Throws internal_error as cycles() does.
duration transfer_time(bandwidth b, std::uint64_t bytes);

/// Reads text into `out`. Returns what is wrong, empty if nothing; `out` changes only on success.
std::string parse_into(std::string_view text, frequency& out);
std::string parse_into(std::string_view text, duration& out);
std::string parse_into(std::string_view text, byte_size& out);
std::string parse_into(std::string_view text, bandwidth& out);
std::string parse_into(std::string_view text, energy& out);
std::string parse_into(std::string_view text, power& out);
std::string parse_into(std::string_view text, area& out);
std::string parse_into(std::string_view text, voltage& out);

std::string to_string(frequency q);
std::string to_string(duration q);
std::string to_string(byte_size q);
std::string to_string(bandwidth q);
std::string to_string(energy q);
std::string to_string(power q);
std::string to_string(area q);
std::string to_string(voltage q);

/// Reads one quantity; throws user_error that names what is wrong and the units allowed.
template <class T, if_quantity<T> = 0>
T parse(std::string_view text);

// Plain numbers and words with the same strictness: decimal (or 0x...) integers without leading
// zeros, `true` / `false`, no trailing characters.
std::string parse_into(std::string_view text, bool& out);
std::string parse_into(std::string_view text, std::int64_t& out);
std::string parse_into(std::string_view text, std::uint64_t& out);
std::string parse_into(std::string_view text, double& out);
std::string parse_into(std::string_view text, float& out);
std::string parse_into(std::string_view text, std::string& out);
std::string to_string(bool value);
std::string to_string(double value);  ///< shortest that reads back
std::string to_string(float value);   ///< shortest that reads back

struct card_value;  // card.h

namespace detail {
std::string_view card_text(const card_value& card);
source card_source(const card_value& card);
[[noreturn]] void throw_bad_quantity(const std::string& problem);
[[noreturn]] void throw_bad_card(const card_value& card, const std::string& problem);

/// Card text to T; a card of another dimension is a contradiction inside the library.
template <class T>
T value_of(const card_value& card) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        std::uint64_t whole = 0;
        const std::string problem = parse_into(card_text(card), whole);
        if (!problem.empty()) throw_bad_card(card, problem);
        if (static_cast<std::uint64_t>(static_cast<T>(whole)) != whole) {
            throw_bad_card(card, "too large for the parameter it is the default of");
        }
        return static_cast<T>(whole);
    } else {
        T value{};
        const std::string problem = parse_into(card_text(card), value);
        if (!problem.empty()) throw_bad_card(card, problem);
        return value;
    }
}
}  // namespace detail

template <class T, if_quantity<T>>
T parse(std::string_view text) {
    T value;
    const std::string problem = parse_into(text, value);
    if (!problem.empty()) detail::throw_bad_quantity(problem);
    return value;
}

/// A parameter of the hardware: a value together with where it comes from. The default comes from a
/// card; whoever overrides it without a source makes it `assumed`, "set by the user".
///
/// \code
///     core::graded<core::energy> conversion = cards::isaac::adc_conversion;  // card header
///     ledger.event("adc", "conversion", "8b", conversion, core::in_array);
/// \endcode
template <class T>
struct graded {
    T value{};
    source origin;

    graded() = default;
    graded(T v, source from)
        : value(v),
          origin(std::move(from)) {}
    /// The unit of the card must fit T: anything else throws internal_error naming the card.
    graded(const card_value& card)  // NOLINT(google-explicit-constructor)
        : value(detail::value_of<T>(card)),
          origin(detail::card_source(card)) {}

    void set(T v) {
        value = v;
        origin = set_by_the_user();
    }

    friend bool operator==(const graded& a, const graded& b) {
        return a.value == b.value && a.origin == b.origin;
    }
    friend bool operator!=(const graded& a, const graded& b) { return !(a == b); }
};

/// 100_ns, 2_GHz, 64_KiB: for ranges and tests. Hardware numbers live in cards.
inline namespace literals {
constexpr duration operator""_fs(unsigned long long n) {
    return {n};
}
constexpr duration operator""_ps(unsigned long long n) {
    return {n * 1'000};
}
constexpr duration operator""_ns(unsigned long long n) {
    return {n * 1'000'000};
}
constexpr duration operator""_us(unsigned long long n) {
    return {n * 1'000'000'000};
}
constexpr duration operator""_ms(unsigned long long n) {
    return {n * 1'000'000'000'000};
}
constexpr duration operator""_s(unsigned long long n) {
    return {n * 1'000'000'000'000'000};
}
constexpr frequency operator""_Hz(unsigned long long n) {
    return {n};
}
constexpr frequency operator""_kHz(unsigned long long n) {
    return {n * 1'000};
}
constexpr frequency operator""_MHz(unsigned long long n) {
    return {n * 1'000'000};
}
constexpr frequency operator""_GHz(unsigned long long n) {
    return {n * 1'000'000'000};
}
constexpr byte_size operator""_B(unsigned long long n) {
    return {n};
}
constexpr byte_size operator""_KiB(unsigned long long n) {
    return {n << 10U};
}
constexpr byte_size operator""_MiB(unsigned long long n) {
    return {n << 20U};
}
constexpr byte_size operator""_GiB(unsigned long long n) {
    return {n << 30U};
}
constexpr bandwidth operator""_MBps(unsigned long long n) {
    return {n * 1'000'000};
}
constexpr bandwidth operator""_GBps(unsigned long long n) {
    return {n * 1'000'000'000};
}
constexpr energy operator""_J(long double n) {
    return {static_cast<double>(n)};
}
constexpr power operator""_W(long double n) {
    return {static_cast<double>(n)};
}
constexpr area operator""_mm2(long double n) {
    return {static_cast<double>(n)};
}
constexpr voltage operator""_V(long double n) {
    return {static_cast<double>(n)};
}
}  // namespace literals

}  // namespace pimvp::core
