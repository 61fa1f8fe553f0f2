// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/engine.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace pimvp::accel {

/// The program_reader a LOAD hands to its engine: header and section table are read and checked on
/// construction, the rest as the engine asks.
class image_reader final : public program_reader {
public:
    /// Moves bytes from memory; throws job_fault or job_aborted.
    using fetch_function = std::function<void(std::uint64_t address, void* to, std::size_t bytes)>;

    /// `address`, `length`: the image as the job names it. Throws what check_header(),
    /// check_sections() and `fetch` throw.
    image_reader(fetch_function fetch, std::function<bool()> aborted, std::uint64_t address,
                 std::uint64_t length, std::uint32_t family, const hash256& config_hash);

    [[nodiscard]] const program_header& header() const override { return m_header; }
    [[nodiscard]] const std::vector<section_entry>& sections() const override { return m_sections; }
    void read(std::uint64_t offset, void* to, std::size_t bytes) override;
    [[nodiscard]] bool aborted() const override { return m_aborted(); }

private:
    fetch_function m_fetch;
    std::function<bool()> m_aborted;
    std::uint64_t m_address;
    program_header m_header;
    std::vector<section_entry> m_sections;
};

}  // namespace pimvp::accel
