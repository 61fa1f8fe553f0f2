// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <support/catch.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace support {

/// Random data for tests. The seed is fixed (PIMVP_TEST_SEED overrides it) and printed by Catch2
/// with every failure of the TEST_CASE that owns the generator.
class generator {
public:
    /// `stream` tells generators of one test apart.
    explicit generator(std::uint64_t stream = 0);

    [[nodiscard]] std::uint64_t seed() const { return m_seed; }
    std::uint64_t next();
    /// 0 .. n - 1, n > 0.
    std::uint64_t below(std::uint64_t n);
    /// low .. high, both included.
    std::int64_t between(std::int64_t low, std::int64_t high);
    bool chance(unsigned percent) { return below(100) < percent; }
    std::vector<std::uint8_t> bytes(std::size_t count);

private:
    std::uint64_t m_seed;
    std::uint64_t m_state;
    Catch::ScopedMessage m_message;
};

}  // namespace support
