// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/diagnostics.h>

#include <string>

/// Private to the room.
namespace pimvp::onnx::detail {

/// Refuses a file: every message names it, the place in it, the cause and the way out.
struct reporter {
    std::string file;

    [[noreturn]] void fail(const std::string& where, const std::string& message) const {
        throw core::user_error(where, message, {file, 0, 0});
    }
};

}  // namespace pimvp::onnx::detail
