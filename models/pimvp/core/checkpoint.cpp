// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/checkpoint.h>

#include <pimvp/core/sha256.h>

#include <algorithm>

namespace pimvp::core {
namespace {

struct section_header {
    std::uint32_t name_bytes = 0;
    std::uint32_t reserved = 0;  ///< must be 0
    std::uint64_t bytes = 0;
};
static_assert(sizeof(section_header) == 16, "file format");

std::string_view get_text(byte_reader& from, std::size_t bytes, const char* what) {
    return {reinterpret_cast<const char*>(from.get_bytes(bytes, what)), bytes};
}

}  // namespace

checkpoint_writer::checkpoint_writer(std::string_view configuration, std::uint64_t time_fs) {
    m_header.time_fs = time_fs;
    m_header.configuration_bytes = static_cast<std::uint32_t>(configuration.size());
    m_file.put(m_header);
    m_file.put_bytes(configuration.data(), configuration.size());
}

void checkpoint_writer::add(std::string_view name, const savable& part) {
    const std::size_t begin = m_file.size();
    section_header section;
    section.name_bytes = static_cast<std::uint32_t>(name.size());
    m_file.put(section);
    m_file.put_bytes(name.data(), name.size());
    const std::size_t state = m_file.size();
    part.save(m_file);
    section.bytes = m_file.size() - state;
    if (section.bytes == 0) {
        m_file.bytes().resize(begin);
    } else {
        m_file.put_at(begin, section);
        ++m_header.sections;
    }
}

const std::vector<std::uint8_t>& checkpoint_writer::finish() {
    m_header.total_bytes = m_file.size() + sizeof(sha256_digest);
    m_file.put_at(0, m_header);
    m_file.put(sha256(m_file.bytes()));
    return m_file.bytes();
}

checkpoint_reader::checkpoint_reader(const void* data, std::size_t bytes) {
    const auto refuse = [](const std::string& what) { throw format_error(0, what); };
    byte_reader from(data, bytes);
    if (bytes < sizeof m_header) refuse("too short for a checkpoint");
    m_header = from.get<checkpoint_header>("header");
    if (m_header.magic != checkpoint_header::magic_word) refuse("not a checkpoint");
    if (m_header.format_version != checkpoint_header::current_version) {
        refuse("format version " + std::to_string(m_header.format_version) +
               ", this program reads " + std::to_string(checkpoint_header::current_version));
    }
    if (m_header.total_bytes != bytes || bytes < sizeof m_header + sizeof(sha256_digest)) {
        refuse(std::to_string(bytes) + " bytes, written were " +
               std::to_string(m_header.total_bytes));
    }
    const std::size_t end = bytes - sizeof(sha256_digest);
    const auto* digest = static_cast<const std::uint8_t*>(data) + end;
    const sha256_digest seen = sha256(data, end);
    if (!std::equal(seen.begin(), seen.end(), digest)) refuse("damaged: its SHA-256 differs");

    from = byte_reader(data, end);
    from.get_bytes(sizeof m_header, "header");
    m_configuration = get_text(from, m_header.configuration_bytes, "configuration");
    for (std::uint32_t i = 0; i < m_header.sections; ++i) {
        const auto section = from.get<section_header>("section");
        if (section.reserved != 0) from.fail("section: reserved bytes are not 0");
        const std::string name(get_text(from, section.name_bytes, "name of a section"));
        const byte_reader state(from.get_bytes(section.bytes, "section"), section.bytes);
        if (!m_sections.emplace(name, state).second) from.fail("section '" + name + "' twice");
    }
    if (!from.at_end()) from.fail("bytes left over behind the sections");
}

byte_reader checkpoint_reader::section(const std::string& name) const {
    const auto found = m_sections.find(name);
    return found == m_sections.end() ? byte_reader(nullptr, 0) : found->second;
}

}  // namespace pimvp::core
