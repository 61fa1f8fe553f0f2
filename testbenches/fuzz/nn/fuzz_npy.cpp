// SPDX-License-Identifier: Apache-2.0
// .npy files: any bytes are either an array that fits the file, or a user_error that says why not.
#include <pimvp/nn/npy.h>

#include <pimvp/core/diagnostics.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string file(reinterpret_cast<const char*>(data), size);
    try {
        const pimvp::nn::npy_array array = pimvp::nn::parse_npy(file, "fuzz.npy");
        const bool fits =
            array.bytes().size() <= size && pimvp::nn::element_count(array.dims()) == array.size();
        if (!fits) std::abort();
    } catch (const pimvp::core::user_error& error) {
        if (std::string(error.what()).empty()) std::abort();
    }
    return 0;
}
