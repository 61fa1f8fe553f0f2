// SPDX-License-Identifier: Apache-2.0
#include <support/random.h>

#include <cstdlib>

namespace support {

namespace {
std::uint64_t session_seed() {
    const char* text = std::getenv("PIMVP_TEST_SEED");
    return text == nullptr ? 20160618U : std::strtoull(text, nullptr, 0);
}
}  // namespace

generator::generator(std::uint64_t stream)
    : m_seed(session_seed()),
      m_state(m_seed + stream * 0xD1342543DE82EF95U),
      m_message(Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
                << "PIMVP_TEST_SEED=" << m_seed << " stream " << stream) {}

std::uint64_t generator::next() {  // splitmix64
    m_state += 0x9E3779B97F4A7C15U;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

std::uint64_t generator::below(std::uint64_t n) {
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    std::uint64_t value = next();
    while (value >= limit) value = next();
    return value % n;
}

std::int64_t generator::between(std::int64_t low, std::int64_t high) {
    const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t offset = span == 0 ? next() : below(span);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

std::vector<std::uint8_t> generator::bytes(std::size_t count) {
    std::vector<std::uint8_t> data(count);
    for (auto& byte : data) byte = static_cast<std::uint8_t>(next() >> 56U);
    return data;
}

}  // namespace support
