// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "catalogue.h"

#include <string>
#include <vector>

namespace pimvp::docs {

/// The markdown for a marker's words:
///
///     parameters ROOM.STRUCT [GROUP=PAGE.md ...]   a group described on another page is one row
///     card ROOM.CARD
///     registers BANK                               as the register compiler wrote it
///     statistics ROOM.MODEL
///     energy ROOM.MODEL [without ROOM.MODEL ...]   events and power domains, without its parts'
///     memory_map PLATFORM
///     example NAME [PART]                          the shown parts of docs/examples/NAME (.cpp)
///     file PATH                                    a text file, from docs/examples
///
/// Throws core::user_error for anything else.
std::string table(const catalogue& library, const std::vector<std::string>& words);

}  // namespace pimvp::docs
