// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/spatial_program.h>

#include <pimvp/core/bytes.h>

#include <utility>

namespace pimvp::isaac_like {
namespace {

void put(core::byte_writer& to, const std::vector<io_tensor>& tensors) {
    to.put(static_cast<std::uint32_t>(tensors.size()));
    for (const io_tensor& t : tensors) {
        to.put(t.tensor);
        to.put(t.channels);
        to.put(t.height);
        to.put(t.width);
        to.put(t.element_bytes);
        to.put(t.run);
        to.put_list(t.readers);
        to.put_list(t.routes);
    }
}

std::vector<io_tensor> get_tensors(core::byte_reader& from, const reram::tile_limits& limits) {
    std::vector<io_tensor> tensors;
    const std::uint32_t count = from.get_count(32, "I/O tensors");
    for (std::uint32_t i = 0; i < count; ++i) {
        io_tensor t;
        t.tensor = from.get<std::uint32_t>("I/O tensor");
        t.channels = from.get<std::uint32_t>("channels");
        t.height = from.get<std::uint32_t>("height");
        t.width = from.get<std::uint32_t>("width");
        t.element_bytes = from.get<std::uint32_t>("element bytes");
        t.run = from.get<std::uint32_t>("run");
        t.readers = from.get_list<reram::window_reader>("readers");
        t.routes = from.get_list<reram::route>("routes");
        if (t.channels < 1 || t.height < 1 || t.width < 1 || t.channels > (1U << 20) ||
            t.height > (1U << 14) || t.width > (1U << 14) || t.elements() > (1ULL << 30) ||
            (t.element_bytes != 1 && t.element_bytes != 2) || t.run < 1 || t.run > t.width) {
            from.fail("I/O tensor: shape out of range");
        }
        constexpr std::uint64_t most_packet = 1U << 16U;  // isaac_like_params::input_packet
        if (t.run > 1 && std::uint64_t{t.run} * t.channels * t.element_bytes > most_packet) {
            from.fail("I/O tensor: too many pixels in a message");
        }
        reram::validate(t.readers);
        reram::validate(t.routes, t.readers.size(), limits);
        for (const reram::route& r : t.routes) {
            if (r.from_channel >= t.channels || r.channels > t.channels - r.from_channel) {
                from.fail("I/O tensor: a route carries channels it does not have");
            }
        }
        tensors.push_back(std::move(t));
    }
    return tensors;
}

}  // namespace

std::vector<std::uint8_t> encode_io(const spatial_program& program) {
    core::byte_writer to;
    to.put(program.chips);
    put(to, program.inputs);
    put(to, program.outputs);
    return std::move(to.bytes());
}

std::vector<std::uint8_t> encode_tiles(const spatial_program& program) {
    core::byte_writer to;
    to.put(static_cast<std::uint32_t>(program.tiles.size()));
    for (const reram::tile_program& tile : program.tiles) {
        const std::vector<std::uint8_t> bytes = encode(tile);
        to.put(static_cast<std::uint32_t>(bytes.size()));
        to.put_bytes(bytes.data(), bytes.size());
    }
    return std::move(to.bytes());
}

void decode_io(const std::vector<std::uint8_t>& bytes, const reram::tile_limits& limits,
               spatial_program& program) {
    core::byte_reader from(bytes.data(), bytes.size());
    program.chips = from.get<std::uint32_t>("chips");
    program.inputs = get_tensors(from, limits);
    program.outputs = get_tensors(from, limits);
    if (!from.at_end()) from.fail("I/O section: bytes left over");
}

void decode_tiles(const std::vector<std::uint8_t>& bytes, const reram::tile_limits& limits,
                  spatial_program& program) {
    core::byte_reader from(bytes.data(), bytes.size());
    const std::uint32_t tiles = from.get_count(4, "tiles");
    for (std::uint32_t i = 0; i < tiles; ++i) {
        const std::vector<std::uint8_t> tile = from.get_list<std::uint8_t>("tile program");
        program.tiles.push_back(reram::decode_tile_program(tile.data(), tile.size(), limits));
    }
    if (!from.at_end()) from.fail("tile section: bytes left over");
}

}  // namespace pimvp::isaac_like
