// SPDX-License-Identifier: Apache-2.0
// Any bytes as a checkpoint: as they are, and behind a header and with a digest that fit. What is
// accepted must be written again with the same state in the same sections.
#include <pimvp/core/checkpoint.h>
#include <pimvp/core/sha256.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace core = pimvp::core;

namespace {

struct state final : core::savable {
    std::vector<std::uint8_t> bytes;

    explicit state(core::byte_reader from) {
        const std::size_t size = from.remaining();
        const std::uint8_t* data = from.get_bytes(size, "state");
        bytes.assign(data, data + size);
    }
    void save(core::byte_writer& to) const override { to.put_bytes(bytes.data(), bytes.size()); }
    void restore(core::byte_reader&) override {}
};

std::map<std::string, std::vector<std::uint8_t>> states_in(const core::checkpoint_reader& file) {
    std::map<std::string, std::vector<std::uint8_t>> states;
    for (const auto& [name, section] : file.sections()) {
        state part(section);
        if (!part.bytes.empty()) states.emplace(name, std::move(part.bytes));
    }
    return states;
}

void try_to_read(const void* data, std::size_t bytes) {
    try {
        const core::checkpoint_reader file(data, bytes);
        core::checkpoint_writer again(file.configuration(), file.time_fs());
        for (const auto& [name, section] : file.sections()) again.add(name, state(section));
        const std::vector<std::uint8_t>& copy = again.finish();
        const core::checkpoint_reader reread(copy.data(), copy.size());
        if (states_in(reread) == states_in(file) && reread.time_fs() == file.time_fs() &&
            reread.configuration() == file.configuration()) {
            return;
        }
        std::fputs("the copy says something else\n", stderr);
        std::abort();
    } catch (const core::format_error&) {
        // the answer to bad input
    }
}

}  // namespace

/// The first eight bytes: of the configuration, sections.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    try_to_read(data, bytes);
    core::checkpoint_header header;
    constexpr std::size_t words = sizeof header.configuration_bytes + sizeof header.sections;
    if (bytes < words) return 0;
    header.total_bytes = sizeof header + bytes - words + sizeof(core::sha256_digest);
    std::memcpy(&header.configuration_bytes, data, sizeof header.configuration_bytes);
    std::memcpy(&header.sections, data + sizeof header.configuration_bytes, sizeof header.sections);
    core::byte_writer forged;
    forged.put(header);
    forged.put_bytes(data + words, bytes - words);
    forged.put(core::sha256(forged.bytes()));
    try_to_read(forged.bytes().data(), forged.size());
    return 0;
}
