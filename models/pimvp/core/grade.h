// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pimvp::core {

/// How much a number may be trusted, best first.
enum class grade {
    published,  ///< read in the paper's own text or table
    secondary,  ///< read in another source, which is named
    code,       ///< read in a public repository, a fact about that repository
    derived,    ///< computed or measured from published numbers or first principles
    assumed,    ///< a modelling choice that fills a gap; overridable
    unverified  ///< recollected; never printed as a published number
};

constexpr std::array<grade, 6> all_grades{grade::published, grade::secondary, grade::code,
                                          grade::derived,   grade::assumed,   grade::unverified};

constexpr std::string_view to_string(grade g) {
    constexpr std::array<std::string_view, 6> names{"published", "secondary", "code",
                                                    "derived",   "assumed",   "unverified"};
    return names[static_cast<std::size_t>(g)];
}

/// The grade of that name, or nothing.
constexpr std::optional<grade> grade_from(std::string_view name) {
    for (const grade g : all_grades) {
        if (to_string(g) == name) return g;
    }
    return std::nullopt;
}

/// The weaker of two: a result is worth no more than its weakest input.
constexpr grade worse(grade a, grade b) {
    return a < b ? b : a;
}

/// Where a number comes from: the citation ("ISAAC, ISCA 2016, Table I") and its grade.
struct source {
    std::string text;
    grade g = grade::unverified;

    friend bool operator==(const source& a, const source& b) {
        return a.g == b.g && a.text == b.text;
    }
    friend bool operator!=(const source& a, const source& b) { return !(a == b); }
};

/// "[derived] ISAAC, ISCA 2016, Table I"
std::string to_string(const source& origin);

inline source published(std::string text) {
    return {std::move(text), grade::published};
}
inline source secondary(std::string text) {
    return {std::move(text), grade::secondary};
}
inline source from_code(std::string text) {
    return {std::move(text), grade::code};
}
inline source derived(std::string text) {
    return {std::move(text), grade::derived};
}
inline source assumed(std::string text) {
    return {std::move(text), grade::assumed};
}

/// The origin of every graded value a user overrides without naming a source.
inline source set_by_the_user() {
    return {"set by the user", grade::assumed};
}

}  // namespace pimvp::core
