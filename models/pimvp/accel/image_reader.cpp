// SPDX-License-Identifier: Apache-2.0
#include <pimvp/accel/image_reader.h>

#include <pimvp/accel/job.h>

#include <utility>

namespace pimvp::accel {

image_reader::image_reader(fetch_function fetch, std::function<bool()> aborted,
                           std::uint64_t address, std::uint64_t length, std::uint32_t family,
                           const hash256& config_hash)
    : m_fetch(std::move(fetch)),
      m_aborted(std::move(aborted)),
      m_address(address) {
    m_fetch(m_address, &m_header, sizeof m_header);
    check_header(m_header, length, family, config_hash);
    m_sections.resize(m_header.sections);
    if (!m_sections.empty()) {
        m_fetch(m_address + sizeof m_header, m_sections.data(),
                m_sections.size() * sizeof(section_entry));
    }
    check_sections(m_header, m_sections);
}

void image_reader::read(std::uint64_t offset, void* to, std::size_t bytes) {
    if (m_aborted()) throw job_aborted{};
    if (offset > m_header.total_bytes || bytes > m_header.total_bytes - offset) {
        throw job_fault{error_code::bad_program, offset, "the program refers beyond its image"};
    }
    if (bytes != 0) m_fetch(m_address + offset, to, bytes);
}

}  // namespace pimvp::accel
