// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace core {

/// Has the name and path of a header of the package, and nothing else in common with it.
struct context {
    int words = 16;
};

}  // namespace core
