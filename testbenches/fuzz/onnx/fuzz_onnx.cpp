// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ONNX file: refused with a user_error, or a network that is valid, and that can be
// written and read again if it is an integer one.
#include <pimvp/core/diagnostics.h>
#include <pimvp/onnx/export.h>
#include <pimvp/onnx/import.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    pimvp::onnx::imported file;
    try {
        file = pimvp::onnx::import_bytes(bytes, "fuzz.onnx");
    } catch (const pimvp::core::user_error&) {
        return 0;
    }
    if (!file.integer) return 0;
    std::string written;
    try {
        written = pimvp::onnx::export_bytes(*file.integer);
    } catch (const pimvp::core::user_error&) {
        return 0;  // a bias beyond int32, for instance
    }
    const pimvp::onnx::imported again = pimvp::onnx::import_bytes(written, "again.onnx");
    if (!again.integer || again.integer->outputs.size() != file.integer->outputs.size()) abort();
    return 0;
}
