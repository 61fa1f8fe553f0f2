// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace support {

/// Runs `body` in a child process and returns its numbers: for tests that compare two simulations,
/// as SystemC elaborates once a process. Call it before this process makes modules. Throws
/// std::runtime_error if the body threw; its CHECKs are lost, so let it return what it saw.
std::vector<std::uint64_t> in_child(const std::function<std::vector<std::uint64_t>()>& body);

}  // namespace support
