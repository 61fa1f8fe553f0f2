// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

/// The container every program travels in: a position-independent image in memory, little-endian.
///
/// ```
/// offset 0            program_header
/// header_bytes        section_entry x sections
/// 64-byte aligned     payload of each section, in the order of the table
/// ```
/// What the sections hold is the family's business, but for those of accel::section_kind.
namespace pimvp::accel {

constexpr std::uint32_t program_magic = 0x50564D50U;  ///< "PMVP"
constexpr std::uint16_t program_format_version = 4;   ///< only grows

using hash256 = std::array<std::uint8_t, 32>;

struct program_header {
    std::uint32_t magic = program_magic;
    std::uint16_t format_version = program_format_version;
    std::uint16_t header_bytes = 128;
    std::uint32_t family = 0;  ///< register FAMILY of the accelerator it was mapped for
    std::uint32_t sections = 0;
    std::uint64_t total_bytes = 0;  ///< of the whole image
    hash256 config_hash{};          ///< of the parameters the mapper saw; the loader compares
    hash256 network_hash{};         ///< nn::fingerprint of the network, for people and records
    std::array<std::uint8_t, 40> reserved{};  ///< must be 0
};
static_assert(sizeof(program_header) == 128, "file format");

struct section_entry {
    std::uint32_t kind = 0;
    std::uint32_t reserved = 0;  ///< must be 0
    std::uint64_t offset = 0;    ///< from the start of the image, multiple of 64
    std::uint64_t bytes = 0;
};
static_assert(sizeof(section_entry) == 24, "file format");

enum class section_kind : std::uint32_t {
    tensors = 1,
    network = 2  ///< its integers as an ONNX file, for people and tools: no accelerator reads it
    // family kinds start at 256
};

enum class tensor_role : std::uint32_t { input = 0, output = 1, state = 2 };

/// One tensor a RUN must name, in the order of its tensor table (section `tensors`).
struct tensor_descriptor {
    std::uint32_t role = 0;  ///< tensor_role
    std::uint32_t element_bytes = 1;
    std::uint64_t bytes = 0;  ///< dense size in memory, ONNX order
};
static_assert(sizeof(tensor_descriptor) == 16, "file format");

/// The header of a program image; no sections and no hashes if it is too short for one.
program_header header_in(const std::vector<std::uint8_t>& image);

/// The tensors a RUN of a program image binds, for whoever prepares one. Empty if the image has no
/// such section or is damaged: the accelerator judges it.
std::vector<tensor_descriptor> tensors_in(const std::vector<std::uint8_t>& image);

}  // namespace pimvp::accel
