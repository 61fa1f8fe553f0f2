// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/workload.h>

#include <pimvp/nn/network.h>

#include <string>

namespace pimvp::runner {

/// Calibrates and quantises the float network that `source` names and writes its integers to `path`
/// as ONNX that other engines run too (onnx/export.h), whole or not at all. Returns what was
/// written.
///
/// The same source gives the same bytes on every host. Throws core::user_error if `path` does not
/// end in .onnx or is the float file itself, and if the network has integers already.
nn::network quantise_to(const std::string& path, const workload_options& source);

}  // namespace pimvp::runner
