// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/loading.h>

#include <pimvp/core/bytes.h>

#include <cstring>
#include <string>
#include <utility>

namespace pimvp::isaac_like {
namespace {

[[noreturn]] void refuse(std::uint64_t offset, std::string text) {
    throw accel::job_fault{accel::error_code::bad_program, offset, std::move(text)};
}

accel::section_entry find_section(const accel::program_reader& image, std::uint32_t kind,
                                  const std::string& name) {
    const accel::section_entry* found = nullptr;
    for (const accel::section_entry& s : image.sections()) {
        if (s.kind != kind) continue;
        if (found != nullptr) refuse(s.offset, "section " + name + " stands twice");
        found = &s;
    }
    if (found == nullptr) refuse(0, "section " + name + " is missing");
    return *found;
}

std::vector<std::uint8_t> read_section(accel::program_reader& image,
                                       const accel::section_entry& section) {
    constexpr std::uint64_t most = 1ULL << 28;
    if (section.bytes > most) refuse(section.offset, "a section is too large");
    std::vector<std::uint8_t> bytes(section.bytes);
    image.read(section.offset, bytes.data(), bytes.size());
    return bytes;
}

/// Whether a RUN binds what the io section describes.
bool describes(const std::vector<accel::tensor_descriptor>& tensors,
               const spatial_program& program) {
    std::size_t index = 0;
    const auto matches = [&](const io_tensor& t, accel::tensor_role role) {
        if (index >= tensors.size()) return false;
        const accel::tensor_descriptor& d = tensors[index++];
        return d.role == static_cast<std::uint32_t>(role) &&
               d.bytes == t.elements() * t.element_bytes;
    };
    bool good = true;
    for (const auto& t : program.inputs) good &= matches(t, accel::tensor_role::input);
    for (const auto& t : program.outputs) good &= matches(t, accel::tensor_role::output);
    return good && index == tensors.size();
}

}  // namespace

loadable_program read_program(accel::program_reader& image, const reram::tile_limits& limits,
                              const noc::node_map& nodes) {
    const accel::section_entry tensors =
        find_section(image, static_cast<std::uint32_t>(accel::section_kind::tensors), "tensors");
    const accel::section_entry io =
        find_section(image, static_cast<std::uint32_t>(section_kind::io), "io");
    const accel::section_entry tiles =
        find_section(image, static_cast<std::uint32_t>(section_kind::tiles), "tiles");
    const accel::section_entry cells =
        find_section(image, static_cast<std::uint32_t>(section_kind::cells), "cells");

    loadable_program read;
    read.cells = cells.offset;
    const std::vector<std::uint8_t> tensor_bytes = read_section(image, tensors);
    read.tensors.resize(tensor_bytes.size() / sizeof(accel::tensor_descriptor));
    if (!read.tensors.empty()) {
        std::memcpy(read.tensors.data(), tensor_bytes.data(),
                    read.tensors.size() * sizeof(accel::tensor_descriptor));
    }
    try {
        const std::vector<std::uint8_t> io_bytes = read_section(image, io);
        read.program = decode_program(read.tensors, io_bytes, read_section(image, tiles), limits,
                                      nodes, cells.bytes);
    } catch (const core::format_error& error) {
        refuse(error.offset(), error.what());
    }
    return read;
}

spatial_program decode_program(const std::vector<accel::tensor_descriptor>& tensors,
                               const std::vector<std::uint8_t>& io,
                               const std::vector<std::uint8_t>& tiles,
                               const reram::tile_limits& limits, const noc::node_map& nodes,
                               std::uint64_t cells_bytes) {
    spatial_program program;
    decode_io(io, limits, program);
    decode_tiles(tiles, limits, program);
    validate(program, nodes, cells_bytes);
    if (!describes(tensors, program)) {
        throw core::format_error(0, "the tensors are not those of the io section");
    }
    return program;
}

}  // namespace pimvp::isaac_like
