// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/bytes.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::core {

/// A module with state of its own that outlives a job: what a checkpoint of its machine holds.
///
/// A machine finds the savable modules in its object tree, by hierarchical name: nothing is
/// registered. It is saved and restored between jobs only, so that what is under way (messages,
/// processes, reservations) needs no words, and goes on at the simulated time of the save, so that
/// absolute times stay true.
///
/// **Example**
/// \code
///     class scratch_pad : public sc_core::sc_module, public core::savable {
///         void save(core::byte_writer& to) const override {
///             if (!m_words.empty()) to.put_list(m_words);
///         }
///         void restore(core::byte_reader& from) override {
///             m_words.clear();
///             if (!from.at_end()) m_words = from.get_list<std::uint32_t>("words");
///         }
///     };
/// \endcode
class savable {
public:
    /// What the module still does, as words behind its name ("waits for ..."); empty: it can be
    /// saved now.
    [[nodiscard]] virtual std::string busy() const { return {}; }
    /// A module as after power-on may write nothing.
    virtual void save(byte_writer& to) const = 0;
    /// Becomes what save() wrote, to the last byte. Called while nothing is busy, parents before
    /// their children. Throws format_error on anything malformed.
    virtual void restore(byte_reader& from) = 0;

protected:
    ~savable() = default;
};

/// A checkpoint file, little-endian:
///
/// ```
/// checkpoint_header
/// configuration       a `path = value` line a parameter, see core::canonical()
/// sections            { u32 bytes of the name, u32 0, u64 bytes of the state, name, state } ...
/// SHA-256             of all bytes before it
/// ```
/// The digest tells damage, not malice: readers of sections check what they read.
struct checkpoint_header {
    static constexpr std::uint32_t magic_word = 0x4B434D50U;  ///< "PMCK"
    static constexpr std::uint32_t current_version = 1;       ///< only grows

    std::uint32_t magic = magic_word;
    std::uint32_t format_version = current_version;
    std::uint64_t total_bytes = 0;  ///< of the whole file
    std::uint64_t time_fs = 0;      ///< simulated time of the save
    std::uint32_t configuration_bytes = 0;
    std::uint32_t sections = 0;
};
static_assert(sizeof(checkpoint_header) == 32, "file format");

/// Puts a checkpoint together in memory.
class checkpoint_writer {
public:
    checkpoint_writer(std::string_view configuration, std::uint64_t time_fs);

    /// A section with the state of `part`; none if it writes nothing.
    void add(std::string_view name, const savable& part);
    /// The file. Nothing can be added afterwards.
    [[nodiscard]] const std::vector<std::uint8_t>& finish();

private:
    checkpoint_header m_header;
    byte_writer m_file;
};

/// Reads one; the bytes must outlive it.
class checkpoint_reader {
public:
    /// Throws format_error if this is no checkpoint, is one of another version, ends early or is
    /// damaged.
    checkpoint_reader(const void* data, std::size_t bytes);

    [[nodiscard]] std::uint64_t time_fs() const { return m_header.time_fs; }
    [[nodiscard]] std::string_view configuration() const { return m_configuration; }
    /// State by name, sorted.
    [[nodiscard]] const std::map<std::string, byte_reader>& sections() const { return m_sections; }
    /// Empty if there is none of this name.
    [[nodiscard]] byte_reader section(const std::string& name) const;

private:
    checkpoint_header m_header;
    std::string_view m_configuration;
    std::map<std::string, byte_reader> m_sections;
};

}  // namespace pimvp::core
