// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/quantity.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// How a visitor of describe() sees one value without knowing its C++ type.
namespace pimvp::core {

/// Inclusive bounds of a number or quantity; {} is everything the type holds.
template <class T>
struct range {
    T low;
    T high;
    bool open = false;  ///< no bounds to check or print

    constexpr range()
        : low{},
          high{},
          open(true) {}
    constexpr range(T lowest, T highest)
        : low(lowest),
          high(highest) {}
};

/// The type a range of a member bounds: T of graded<T>, T of optional<T>, else T itself.
template <class T>
struct bounded {
    using type = T;
};
template <class T>
struct bounded<graded<T>> {
    using type = T;
};
template <class T>
struct bounded<std::optional<T>> {
    using type = typename bounded<T>::type;
};
template <class T>
using range_of = range<typename bounded<T>::type>;

/// A value inside a parameter struct.
class parameter_leaf {
public:
    virtual ~parameter_leaf() = default;
    /// "integer", "energy", "one of counter, own_adc"
    [[nodiscard]] virtual std::string type_name() const = 0;
    /// "2 .. 256", empty if unbounded.
    [[nodiscard]] virtual std::string range_text() const { return {}; }
    /// Reads back to the same value.
    [[nodiscard]] virtual std::string print() const = 0;
    /// Sets the value; returns what is wrong, or "" on success. No change unless successful.
    virtual std::string parse(std::string_view text) = 0;
    /// Whether the text is printed and expected as a string (quotes are kept).
    [[nodiscard]] virtual bool is_text() const { return false; }
    /// Where a graded value comes from; null for plain ones.
    [[nodiscard]] virtual source* origin() { return nullptr; }
};

namespace detail {

template <class T>
std::string number_type_name() {
    if constexpr (std::is_same_v<T, bool>) {
        return "true or false";
    } else if constexpr (std::is_integral_v<T>) {
        return "integer";
    } else if constexpr (std::is_floating_point_v<T>) {
        return "number";
    } else if constexpr (is_quantity<T>) {
        return std::string(quantity_traits<T>::name);
    } else {
        static_assert(std::is_same_v<T, std::string>, "a type describe() cannot show");
        return "text";
    }
}

template <class T>
std::string print_value(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
        return value;
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        return std::to_string(value);
    } else {
        return to_string(value);
    }
}

template <class T>
std::string parse_value(std::string_view text, T& out) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        using wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
        wide value = 0;
        std::string problem = parse_into(text, value);
        if (!problem.empty()) return problem;
        if (value < static_cast<wide>(std::numeric_limits<T>::min()) ||
            value > static_cast<wide>(std::numeric_limits<T>::max())) {
            return std::string(text) + " is out of range, allowed " +
                   std::to_string(std::numeric_limits<T>::min()) + " .. " +
                   std::to_string(std::numeric_limits<T>::max());
        }
        out = static_cast<T>(value);
        return {};
    } else {
        return parse_into(text, out);
    }
}

/// A plain value: integer, floating point, bool, text, quantity.
template <class T>
class plain_leaf final : public parameter_leaf {
public:
    plain_leaf(T& value, const range<T>& allowed)
        : m_value(value),
          m_allowed(allowed) {}

    [[nodiscard]] std::string type_name() const override { return number_type_name<T>(); }
    [[nodiscard]] std::string range_text() const override {
        if (m_allowed.open) return {};
        return print_value(m_allowed.low) + " .. " + print_value(m_allowed.high);
    }
    [[nodiscard]] std::string print() const override { return print_value(m_value); }
    std::string parse(std::string_view text) override {
        T value{};
        std::string problem = parse_value(text, value);
        if (!problem.empty()) return problem;
        if (!m_allowed.open && (value < m_allowed.low || m_allowed.high < value)) {
            return print_value(value) + " is out of range, allowed " + range_text();
        }
        m_value = value;
        return {};
    }
    [[nodiscard]] bool is_text() const override { return std::is_same_v<T, std::string>; }

private:
    T& m_value;
    range<T> m_allowed;
};

/// A graded value: its number, and the origin that an override changes.
template <class T>
class graded_leaf final : public parameter_leaf {
public:
    graded_leaf(graded<T>& value, const range<T>& allowed)
        : m_graded(value),
          m_plain(value.value, allowed) {}

    [[nodiscard]] std::string type_name() const override { return m_plain.type_name(); }
    [[nodiscard]] std::string range_text() const override { return m_plain.range_text(); }
    [[nodiscard]] std::string print() const override { return m_plain.print(); }
    std::string parse(std::string_view text) override {
        const T before = m_graded.value;
        std::string problem = m_plain.parse(text);
        if (problem.empty() && !(m_graded.value == before)) m_graded.origin = set_by_the_user();
        return problem;
    }
    [[nodiscard]] source* origin() override { return &m_graded.origin; }

private:
    graded<T>& m_graded;
    plain_leaf<T> m_plain;
};

/// A value that may be absent: written `none`.
template <class T>
class optional_leaf final : public parameter_leaf {
public:
    optional_leaf(std::optional<T>& value, const range<T>& allowed)
        : m_value(value),
          m_allowed(allowed) {}

    [[nodiscard]] std::string type_name() const override {
        return number_type_name<T>() + " or none";
    }
    [[nodiscard]] std::string range_text() const override {
        T unused{};
        return plain_leaf<T>(unused, m_allowed).range_text();
    }
    [[nodiscard]] std::string print() const override {
        return m_value ? print_value(*m_value) : "none";
    }
    std::string parse(std::string_view text) override {
        if (text == "none") {
            m_value.reset();
            return {};
        }
        T value{};
        std::string problem = plain_leaf<T>(value, m_allowed).parse(text);
        if (problem.empty()) m_value = value;
        return problem;
    }

private:
    std::optional<T>& m_value;
    range<T> m_allowed;
};

/// The words of an enumeration.
template <class E>
class choice_leaf final : public parameter_leaf {
public:
    using names = std::vector<std::pair<std::string_view, E>>;
    choice_leaf(E& value, names choices)
        : m_value(value),
          m_choices(std::move(choices)) {}

    [[nodiscard]] std::string type_name() const override { return "one of " + listed(); }
    [[nodiscard]] std::string print() const override {
        for (const auto& [name, value] : m_choices) {
            if (value == m_value) return std::string(name);
        }
        return "?";
    }
    std::string parse(std::string_view text) override {
        for (const auto& [name, value] : m_choices) {
            if (name == text) {
                m_value = value;
                return {};
            }
        }
        return "'" + std::string(text) + "' is not one of: " + listed();
    }

private:
    [[nodiscard]] std::string listed() const {
        std::string all;
        for (const auto& choice : m_choices) {
            if (!all.empty()) all += ", ";
            all += choice.first;
        }
        return all;
    }
    E& m_value;
    names m_choices;
};

template <class T>
struct leaf_of {
    using type = plain_leaf<T>;
};
template <class T>
struct leaf_of<graded<T>> {
    using type = graded_leaf<T>;
};
template <class T>
struct leaf_of<std::optional<T>> {
    using type = optional_leaf<T>;
};

/// Whether T is one value (and not a struct with a describe() of its own).
template <class T>
constexpr bool is_leaf =
    std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || is_quantity<T>;
template <class T>
constexpr bool is_leaf<graded<T>> = true;
template <class T>
constexpr bool is_leaf<std::optional<T>> = true;

}  // namespace detail

}  // namespace pimvp::core
