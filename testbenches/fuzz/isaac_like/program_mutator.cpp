// SPDX-License-Identifier: Apache-2.0
// How fuzz_program's inputs are changed: within a section, in whole words or whole records, and
// packed again with a header, sizes and a hash that are right, so that damage gets past the
// container.
#include <fuzz/isaac_like/small_machine.h>

#include <pimvp/accel/job.h>
#include <pimvp/core/bytes.h>
#include <pimvp/core/setup.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/isaac_like/spatial_program.h>
#include <pimvp/mapping/program_image.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace pimvp;
using section_list = std::vector<mapping::section>;

const isaac_like::isaac_like_params& params() {
    static const board::board_params board = [] {
        core::simulation_setup();
        return fuzz::small_board();
    }();
    return fuzz::accelerator_of(board);
}

/// The sections of an image; none if its container is broken.
section_list unpack(const std::uint8_t* data, std::size_t size) {
    section_list sections;
    accel::program_header header;
    if (size < sizeof(header)) return sections;
    std::memcpy(&header, data, sizeof(header));
    try {
        accel::check_header(header, size, isaac_like::family_id, isaac_like::config_hash(params()));
        std::vector<accel::section_entry> table(header.sections);
        if (table.empty()) return sections;
        std::memcpy(table.data(), data + sizeof(header),
                    table.size() * sizeof(accel::section_entry));
        accel::check_sections(header, table);
        for (const accel::section_entry& s : table) {
            sections.push_back({s.kind, {data + s.offset, data + s.offset + s.bytes}});
        }
    } catch (const accel::job_fault&) {
        sections.clear();
    }
    return sections;
}

mapping::section* section_of(section_list& sections, isaac_like::section_kind kind) {
    for (mapping::section& s : sections) {
        if (s.kind == static_cast<std::uint32_t>(kind)) return &s;
    }
    return nullptr;
}

class mutator {
public:
    explicit mutator(unsigned seed)
        : m_random(seed) {}

    void change(section_list& sections) {
        mapping::section* const io = section_of(sections, isaac_like::section_kind::io);
        mapping::section* const tiles = section_of(sections, isaac_like::section_kind::tiles);
        const std::size_t way = below(8);
        if (io != nullptr && tiles != nullptr && way < 2 && change_records(*io, *tiles)) return;
        if (io != nullptr && tiles != nullptr && way < 5) {
            rename(io->bytes, tiles->bytes);
            return;
        }
        mapping::section& any = tiles != nullptr && chance(70) ? *tiles : pick(sections);
        if (way == 7) {
            const std::size_t before = any.bytes.size();
            any.bytes.resize(before + 64);
            any.bytes.resize(LLVMFuzzerMutate(any.bytes.data(), before, any.bytes.size()));
            return;
        }
        for (std::size_t words = 1 + below(3); words != 0; --words) change_word(any.bytes);
    }

    [[nodiscard]] bool chance(unsigned percent) { return below(100) < percent; }

    /// What a RUN binds, as the io section says.
    static void describe_tensors(section_list& sections) {
        const mapping::section* const io = section_of(sections, isaac_like::section_kind::io);
        if (io == nullptr) return;
        isaac_like::spatial_program program;
        try {
            isaac_like::decode_io(io->bytes, limits(), program);
        } catch (const core::format_error&) {
            return;
        }
        core::byte_writer table;
        const auto put = [&table](const isaac_like::io_tensor& t, accel::tensor_role role) {
            table.put(accel::tensor_descriptor{static_cast<std::uint32_t>(role), t.element_bytes,
                                               t.elements() * t.element_bytes});
        };
        for (const auto& t : program.inputs) put(t, accel::tensor_role::input);
        for (const auto& t : program.outputs) put(t, accel::tensor_role::output);
        for (mapping::section& s : sections) {
            if (s.kind == static_cast<std::uint32_t>(accel::section_kind::tensors)) {
                s.bytes = table.bytes();
            }
        }
    }

private:
    static reram::tile_limits limits() {
        const isaac_like::machine machine = isaac_like::machine_of(params());
        return machine.limits(machine.chips);
    }

    std::size_t below(std::size_t n) { return n == 0 ? 0 : m_random() % n; }
    template <class T>
    T& pick(std::vector<T>& from) {
        return from[below(from.size())];
    }

    static std::uint32_t word(const std::vector<std::uint8_t>& bytes, std::size_t index) {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
        return value;
    }

    /// A value that means something: small, on a border, or one that stands elsewhere.
    std::uint32_t other_value(const std::vector<std::uint8_t>& bytes, std::uint32_t value) {
        constexpr std::uint32_t borders[] = {0xFFFFFFFFU, 0x7FFFFFFFU, 0x80000000U, 1U << 14,
                                             1U << 16,    1U << 20,    255,         256};
        switch (below(6)) {
        case 0:
            return static_cast<std::uint32_t>(below(10));
        case 1:
            return value + 1;
        case 2:
            return value - 1;
        case 3:
            return value ^ (1U << below(32));
        case 4:
            return borders[below(std::size(borders))];
        default:
            return word(bytes, below(bytes.size() / 4));
        }
    }

    void change_word(std::vector<std::uint8_t>& bytes) {
        if (bytes.size() < 4) return;
        const std::size_t index = below(bytes.size() / 4);
        const std::uint32_t value = other_value(bytes, word(bytes, index));
        std::memcpy(bytes.data() + index * sizeof(value), &value, sizeof(value));
    }

    /// Every word of one value becomes another in both sections: extents and numbers that several
    /// records must agree on.
    void rename(std::vector<std::uint8_t>& io, std::vector<std::uint8_t>& tiles) {
        if (tiles.size() < 4) return;
        const std::uint32_t from = word(tiles, below(tiles.size() / 4));
        const std::uint32_t to = other_value(tiles, from);
        const unsigned share = chance(50) ? 100 : 50;
        for (std::vector<std::uint8_t>* bytes : {&io, &tiles}) {
            for (std::size_t i = 0; i < bytes->size() / 4; ++i) {
                if (word(*bytes, i) != from || !chance(share)) continue;
                std::memcpy(bytes->data() + i * sizeof(to), &to, sizeof(to));
            }
        }
    }

    template <class T>
    void change_list(std::vector<T>& list, const std::vector<T>& others) {
        switch (list.empty() ? 0 : below(4)) {
        case 0:
            if (!others.empty()) list.push_back(others[below(others.size())]);
            break;
        case 1:
            list.erase(list.begin() + static_cast<std::ptrdiff_t>(below(list.size())));
            break;
        case 2:
            std::swap(pick(list), pick(list));
            break;
        default:
            list.push_back(pick(list));
            break;
        }
    }

    /// Adds, drops, doubles or moves records; false if the sections cannot be read.
    bool change_records(mapping::section& io, mapping::section& tiles) {
        isaac_like::spatial_program program;
        try {
            isaac_like::decode_io(io.bytes, limits(), program);
            isaac_like::decode_tiles(tiles.bytes, limits(), program);
        } catch (const core::format_error&) {
            return false;
        }
        if (program.tiles.empty() || program.inputs.empty()) return false;
        reram::tile_program& tile = pick(program.tiles);
        const reram::tile_program other = pick(program.tiles);
        if (tile.stages.empty() || other.stages.empty()) return false;
        reram::stage_record& stage = pick(tile.stages);
        const reram::stage_record& model = other.stages[below(other.stages.size())];
        switch (below(15)) {
        case 0:
            change_list(program.tiles, program.tiles);
            break;
        case 1:
            change_list(tile.stages, other.stages);
            break;
        case 2:
            change_list(tile.buffers, other.buffers);
            break;
        case 3:
            change_list(tile.crossbars, other.crossbars);
            break;
        case 4:
            change_list(stage.routes, model.routes);
            break;
        case 5:
            change_list(stage.imas, model.imas);
            break;
        case 6:
            change_list(stage.segments, model.segments);
            break;
        case 7:
            change_list(stage.row_blocks, model.row_blocks);
            break;
        case 8:
            change_list(pick(program.inputs).routes, model.routes);
            break;
        case 9:
            change_list(program.outputs, program.outputs);
            break;
        case 10:
            change_list(stage.bias, model.bias);
            stage.multipliers.resize(stage.bias.size(), 0x3A000000U);
            break;
        case 11:
            stage.share.row_step += static_cast<std::uint32_t>(below(2));
            stage.share.first_row = static_cast<std::uint32_t>(below(2));
            stage.share.first_column = static_cast<std::uint32_t>(below(2));
            stage.share.columns += static_cast<std::uint32_t>(below(2));
            break;
        case 12:
            change_list(tile.feeders, other.feeders);
            break;
        case 13:
            change_list(tile.readers, other.readers);
            break;
        default:
            stage.kind = model.kind;
            break;
        }
        io.bytes = encode_io(program);
        tiles.bytes = encode_tiles(program);
        return true;
    }

    std::minstd_rand m_random;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    mutator random(seed);
    section_list sections = unpack(data, size);
    if (sections.empty() || random.chance(3)) return LLVMFuzzerMutate(data, size, max_size);
    random.change(sections);
    if (random.chance(90)) mutator::describe_tensors(sections);
    const std::vector<std::uint8_t> image = mapping::build_program_image(
        isaac_like::family_id, isaac_like::config_hash(params()), {}, sections);
    if (image.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::memcpy(data, image.data(), image.size());
    return image.size();
}
