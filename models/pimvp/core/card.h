// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/grade.h>
#include <pimvp/core/quantity.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::core {

/// One number of a technology card, compiled in from YAML by `pimvp_card_compiler`.
struct card_value {
    std::string_view name;    ///< key in the card, a C++ name
    std::string_view text;    ///< as written: "1.5625 pJ"; what graded<T> reads
    double value = 0.0;       ///< in `unit`
    std::string_view unit;    ///< J, W, mm2, V, fs, Hz, B, B/s, or 1 for a plain number
    std::string_view source;  ///< citation
    grade g = grade::unverified;
    std::string_view note = {};  ///< caveat, may be empty
};

/// A whole card. The values live in the generated header.
struct card_view {
    std::string_view name;
    std::string_view description;
    const card_value* first = nullptr;
    std::size_t count = 0;

    [[nodiscard]] constexpr const card_value* begin() const { return first; }
    [[nodiscard]] constexpr const card_value* end() const { return first + count; }
    [[nodiscard]] constexpr std::size_t size() const { return count; }
};

/// Reads a card file and returns the text of its header for `room`. All errors are collected:
/// throws user_error. `file_name` is what messages and the header's first line say.
///
/// A card is YAML:
/// \code
///     card: isaac
///     description: ISAAC at 32 nm
///     values:
///       adc_conversion: {value: 1.5625 pJ, grade: derived, source: "ISAAC, ISCA 2016, Table I"}
/// \endcode
/// `note` is optional; keys become `pimvp::<room>::cards::<card>::<key>`; an entry without `source`
/// or `grade` is an error.
std::string compile_card(std::string_view yaml, const std::string& file_name,
                         const std::string& room);

/// All cards as an aligned table (`pimvp list cards`); rooms give them by their own `all_cards()`.
std::string cards_table(const std::vector<card_view>& cards);
/// The same as a markdown section per card, for the generated reference.
std::string cards_markdown(const std::vector<card_view>& cards);

}  // namespace pimvp::core
