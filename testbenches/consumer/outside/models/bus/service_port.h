// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bus {

/// Has the name and path of a header of the package, and nothing else in common with it.
constexpr int bytes_per_word = 4;

}  // namespace bus
