// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/sha256.h>

#include <pimvp/core/diagnostics.h>

#include <openssl/evp.h>

namespace pimvp::core {

sha256_digest sha256(const void* data, std::size_t bytes) {
    sha256_digest digest{};
    unsigned size = 0;
    if (EVP_Digest(data, bytes, digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
        size != digest.size()) {
        throw internal_error("libcrypto has no SHA-256");
    }
    return digest;
}

std::string to_hex(const sha256_digest& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * digest.size());
    for (const std::uint8_t byte : digest) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

}  // namespace pimvp::core
