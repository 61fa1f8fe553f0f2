// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/precision.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace pimvp::nn {

/// A plan as YAML; read_precision_plan() gives an equal one.
std::string to_text(const precision_plan& plan);

/// Strict: unknown, duplicate, missing and mistyped keys and numbers that no network could take
/// throw core::user_error, all of them with line and column. `name` stands for the text in
/// messages.
precision_plan read_precision_plan(std::string_view text, const std::string& name);

/// "0,2,4,8" as the set of widths that precision_rule has. Throws core::user_error naming `option`.
std::uint32_t parse_widths(const std::string& option, const std::string& text);
/// The widths in it up to `most`.
std::string widths_text(std::uint32_t widths, int most = 16);

}  // namespace pimvp::nn
