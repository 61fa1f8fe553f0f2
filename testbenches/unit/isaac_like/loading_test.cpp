// SPDX-License-Identifier: Apache-2.0
// Does a loader take what the mapper wrote, and refuse programs whose runs would never end or reach
// beyond what they own?
#include <fuzz/isaac_like/small_machine.h>
#include <support/catch.h>

#include <pimvp/accel/image_reader.h>
#include <pimvp/core/bytes.h>
#include <pimvp/core/document.h>
#include <pimvp/isaac_like/loading.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/reram/pixel_set.h>

#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace pimvp;
using Catch::Matchers::Contains;

struct fixture {
    board::board_params board = fuzz::small_board();
    const isaac_like::isaac_like_params& params = fuzz::accelerator_of(board);
    isaac_like::machine machine = isaac_like::machine_of(params);
    reram::tile_limits limits = machine.limits(machine.chips);
    noc::node_map nodes = machine.nodes(machine.chips);

    [[nodiscard]] isaac_like::loadable_program read(const std::vector<std::uint8_t>& image) const {
        accel::image_reader reader(
            [&image](std::uint64_t address, void* to, std::size_t bytes) {
                std::memcpy(to, image.data() + address, bytes);
            },
            [] { return false; }, 0, image.size(), isaac_like::family_id,
            isaac_like::config_hash(params));
        return isaac_like::read_program(reader, limits, nodes);
    }

    /// Why a program is refused; empty if it is not.
    [[nodiscard]] std::string problem(const isaac_like::spatial_program& program) const {
        isaac_like::spatial_program read;
        try {
            isaac_like::decode_io(encode_io(program), limits, read);
            isaac_like::decode_tiles(encode_tiles(program), limits, read);
            validate(read, nodes, std::uint64_t{1} << 30);
        } catch (const core::format_error& error) {
            return error.what();
        }
        return {};
    }
};

/// Tiles so small that buffers get capacities, and a program for them.
struct crowded : fixture {
    isaac_like::spatial_program good;

    crowded() {
        machine.edram_bytes = 512;
        good = isaac_like::place(fuzz::residual_network(), machine).program;
        REQUIRE(problem(good).empty());
    }
};

/// Lets all routes know who reads at their ends.
void tell_readers(isaac_like::spatial_program& program) {
    const auto tell = [](std::vector<reram::route>& routes,
                         std::vector<reram::window_reader>& known, std::uint32_t node,
                         std::uint32_t tensor, const std::vector<reram::window_reader>& readers) {
        for (reram::route& r : routes) {
            if (r.node != node || r.tensor != tensor) continue;
            r.first_reader = static_cast<std::uint32_t>(known.size());
            r.readers = static_cast<std::uint32_t>(readers.size());
            known.insert(known.end(), readers.begin(), readers.end());
        }
    };
    for (const reram::tile_program& reading : program.tiles) {
        for (std::uint32_t b = 0; b < reading.buffers.size(); ++b) {
            const std::vector<reram::window_reader> readers = reram::readers_of(reading, b);
            const std::uint32_t tensor = reading.buffers[b].tensor;
            for (isaac_like::io_tensor& in : program.inputs) {
                tell(in.routes, in.readers, reading.node, tensor, readers);
            }
            for (reram::tile_program& maker : program.tiles) {
                for (reram::stage_record& s : maker.stages) {
                    tell(s.routes, maker.readers, reading.node, tensor, readers);
                }
            }
        }
    }
}

/// The first stage of a kind, in the first tile that has one.
reram::stage_record& stage_of(isaac_like::spatial_program& program, reram::stage_kind kind) {
    for (reram::tile_program& tile : program.tiles) {
        for (reram::stage_record& s : tile.stages) {
            if (s.kind == static_cast<std::uint32_t>(kind)) return s;
        }
    }
    throw std::runtime_error("no such stage");
}

/// A buffer of a bounded capacity, and its tile.
struct bounded_buffer {
    reram::tile_program& tile;
    std::uint32_t index;
    [[nodiscard]] reram::tensor_buffer& record() const { return tile.buffers[index]; }
};

std::vector<bounded_buffer> bounded_buffers(isaac_like::spatial_program& program) {
    std::vector<bounded_buffer> found;
    for (reram::tile_program& tile : program.tiles) {
        for (std::uint32_t b = 0; b < tile.buffers.size(); ++b) {
            if (tile.buffers[b].capacity != 0) found.push_back({tile, b});
        }
    }
    return found;
}

/// All routes of a program.
std::vector<reram::route*> routes_of(isaac_like::spatial_program& program) {
    std::vector<reram::route*> routes;
    for (isaac_like::io_tensor& in : program.inputs) {
        for (reram::route& r : in.routes) routes.push_back(&r);
    }
    for (reram::tile_program& tile : program.tiles) {
        for (reram::stage_record& s : tile.stages) {
            for (reram::route& r : s.routes) routes.push_back(&r);
        }
    }
    return routes;
}

/// Gives a buffer another capacity, which all who fill it know.
void bound(isaac_like::spatial_program& program, const bounded_buffer& buffer,
           std::uint32_t capacity, std::uint32_t grain) {
    buffer.record().capacity = capacity;
    buffer.record().grain = grain;
    for (reram::route* r : routes_of(program)) {
        if (r->node == buffer.tile.node && r->tensor == buffer.record().tensor) {
            r->capacity = capacity;
        }
    }
}

/// The first segment of a role and the stage it stands in.
std::pair<reram::stage_record*, reram::output_segment*> segment_of(
    isaac_like::spatial_program& program, reram::segment_role role) {
    for (reram::tile_program& tile : program.tiles) {
        for (reram::stage_record& s : tile.stages) {
            for (reram::output_segment& g : s.segments) {
                if (g.role == static_cast<std::uint32_t>(role)) return {&s, &g};
            }
        }
    }
    throw std::runtime_error("no such segment");
}

}  // namespace

TEST_CASE("isaac_like.loading.reads_what_the_mapper_wrote") {
    const fixture f;
    isaac_like::placement placed;
    const std::vector<std::uint8_t> image = isaac_like::map_network(
        fuzz::residual_network(), f.machine, isaac_like::config_hash(f.params), &placed);
    const isaac_like::loadable_program read = f.read(image);
    CHECK(encode_io(read.program) == encode_io(placed.program));
    CHECK(encode_tiles(read.program) == encode_tiles(placed.program));
    CHECK(read.tensors.size() == 2);
    CHECK(read.cells % 64 == 0);
}

TEST_CASE("isaac_like.loading.seeds_of_the_fuzzer_are_current") {
    const fixture f;
    for (const auto& [name, image] : fuzz::good_images(f.params)) {
        INFO("build make_program_seeds and run it for testbenches/fuzz/seeds/program");
        const std::string seed = core::read_text_file(PIMVP_PROGRAM_SEEDS "/" + name + ".bin");
        CHECK(std::vector<std::uint8_t>(seed.begin(), seed.end()) == image);
    }
    bool has_capacity = false, has_copies = false;
    for (const reram::tile_program& tile :
         f.read(fuzz::good_images(f.params).at("tight")).program.tiles) {
        for (const reram::tensor_buffer& b : tile.buffers) has_capacity |= b.capacity != 0;
        for (const reram::stage_record& s : tile.stages) has_copies |= !s.share.is_all();
    }
    CHECK(has_capacity);
    CHECK(has_copies);
}

TEST_CASE("isaac_like.loading.broken_rules_are_named") {
    using program = isaac_like::spatial_program;
    using reram::stage_kind;
    const fixture f;
    const program good = isaac_like::place(fuzz::residual_network(), f.machine).program;
    REQUIRE(f.problem(good).empty());
    const auto refused = [&](const std::function<void(program&)>& damage) {
        program damaged = good;
        damage(damaged);
        return f.problem(damaged);
    };

    SECTION("a stage without crossbars has none") {
        CHECK_THAT(refused([](program& p) {
                       stage_of(p, stage_kind::add).imas.push_back({77, 1, 1, {0}, {}});
                   }),
                   Contains("belong to matrix stages"));
        CHECK_THAT(refused([](program& p) {
                       stage_of(p, stage_kind::max_pool).segments.push_back({0, 1, 0, 2, 0, 1});
                   }),
                   Contains("belong to matrix stages"));
    }
    SECTION("a sum takes the pixel it is at") {
        CHECK_THAT(refused([](program& p) { stage_of(p, stage_kind::add).window.pad_top = 9; }),
                   Contains("one output pixel per input pixel"));
    }
    SECTION("a scope has a place in the ledger") {
        CHECK_THAT(refused([](program& p) { stage_of(p, stage_kind::matrix).scope = 1U << 16; }),
                   Contains("scope"));
    }
    SECTION("a layer has one matrix stage a tile") {
        CHECK_THAT(refused([](program& p) {
                       for (reram::tile_program& tile : p.tiles) {
                           for (reram::stage_record& s : tile.stages) s.layer = 1;
                       }
                   }),
                   Contains("shares its layer"));
    }
    SECTION("channels are made once") {
        CHECK_THAT(refused([](program& p) {
                       reram::stage_record& s = stage_of(p, stage_kind::matrix);
                       s.segments.assign(2, {0, 4, 0, 0, 0, 0});
                   }),
                   Contains("channels made twice"));
    }
    SECTION("partial sums are of the same windows as their home's") {
        CHECK_THAT(refused([](program& p) {
                       segment_of(p, reram::segment_role::partial).first->window.output_h = 1;
                       tell_readers(p);
                   }),
                   Contains("partial sums expected and sent differ"));
    }
    SECTION("partial sums count windows like their home") {
        CHECK_THAT(refused([](program& p) {
                       reram::stage_window& w =
                           segment_of(p, reram::segment_role::partial).first->window;
                       w.output_w *= w.output_h;
                       w.output_h = 1;
                       tell_readers(p);
                   }),
                   Contains("partial sums expected and sent differ"));
    }
    SECTION("kernels do not keep the loader busy for long") {
        CHECK_THAT(refused([](program& p) {
                       reram::stage_record& s = stage_of(p, stage_kind::max_pool);
                       s.window.kernel_h = s.window.output_h = s.window.output_w = 1U << 14;
                       s.window.kernel_w = 1U << 14;
                       tell_readers(p);
                   }),
                   Contains("take too long"));
    }
    SECTION("a message to a tile is no longer than a machine allows") {
        CHECK_THAT(refused([](program& p) {
                       p.inputs[0].run = p.inputs[0].width = 1U << 14;
                       p.inputs[0].channels = 8;
                   }),
                   Contains("too many pixels in a message"));
    }
    SECTION("makers know who reads, and so what to send") {
        CHECK_THAT(refused([](program& p) { ++p.inputs[0].readers[0].window.pad_top; }),
                   Contains("makers know other readers"));
        CHECK_THAT(refused([](program& p) { p.inputs[0].routes[0].readers = 0; }),
                   Contains("makers know other readers"));
        CHECK_THAT(refused([](program& p) { p.inputs[0].routes[0].first_reader = 1U << 30; }),
                   Contains("route: out of range"));
        CHECK_THAT(refused([](program& p) { p.inputs[0].readers[0].share.row_step = 0; }),
                   Contains("its share of the windows lies outside"));
    }
    SECTION("no stage waits for itself") {
        CHECK_THAT(refused([](program& p) {
                       reram::stage_record s = stage_of(p, stage_kind::max_pool);
                       reram::tile_program& tile = p.tiles[0];
                       s.kind = static_cast<std::uint32_t>(stage_kind::requantise);
                       s.layer = 999;
                       s.input = static_cast<std::uint32_t>(tile.buffers.size());
                       s.window = {};
                       s.share = {};
                       s.first_channel = 0;
                       s.channels = 1;
                       s.routes = {{tile.node, 999, 0, 1, 0}};
                       tile.buffers.push_back({999, 1, 1, 0, 1, 1, 0});
                       tile.stages.push_back(s);
                       tell_readers(p);
                   }),
                   Contains("circle"));
    }
    SECTION("activations fit a computer") {
        CHECK_THAT(refused([](program& p) {
                       p.inputs[0].height = 1U << 14;
                       p.inputs[0].width = 1U << 14;
                       p.inputs[0].channels = 4;
                   }),
                   Contains("1 GiB"));
    }
}

TEST_CASE("isaac_like.loading.buffers_hold_the_windows_of_their_readers") {
    crowded f;
    const std::size_t buffers = bounded_buffers(f.good).size();
    REQUIRE(buffers > 1);
    const isaac_like::held_by_reader held = held_pixels(f.good);
    for (std::size_t i = 0; i < buffers; ++i) {
        isaac_like::spatial_program p = f.good;
        const bounded_buffer buffer = bounded_buffers(p)[i];
        const std::uint32_t least = isaac_like::held_in(buffer.tile, buffer.index, held);
        CAPTURE(i, least);
        for (std::uint32_t grain = 1; grain <= 3; ++grain) {
            bound(p, buffer, least + grain - 1, grain);
            CHECK(f.problem(p).empty());
            if (least == 1) continue;
            bound(p, buffer, least + grain - 2, grain);
            CHECK_THAT(f.problem(p), Contains("tensor " + std::to_string(buffer.record().tensor)) &&
                                         Contains("a buffer too small for its windows"));
        }
        bound(p, buffer, least, 0);
        CHECK_THAT(f.problem(p), Contains("room is told in steps within the capacity"));
        bound(p, buffer, least, least + 1);
        CHECK_THAT(f.problem(p), Contains("room is told in steps within the capacity"));
    }
}

TEST_CASE("isaac_like.loading.those_who_fill_a_buffer_know_its_capacity") {
    crowded f;
    for (std::size_t i = 0; i < routes_of(f.good).size(); ++i) {
        isaac_like::spatial_program p = f.good;
        CAPTURE(i);
        routes_of(p)[i]->capacity += 1;
        CHECK_THAT(f.problem(p), Contains("a route does not know the capacity of its buffer"));
    }
    const auto refused = [&](const std::function<void(bounded_buffer&)>& damage) {
        isaac_like::spatial_program p = f.good;
        bounded_buffer buffer = bounded_buffers(p)[0];
        damage(buffer);
        return f.problem(p);
    };
    const std::string untold = "room in a buffer is not told to those who fill it";
    CHECK_THAT(refused([](bounded_buffer& b) { b.tile.feeders.erase(b.tile.feeders.begin()); }),
               Contains(untold));
    CHECK_THAT(refused([](bounded_buffer& b) {
                   b.tile.feeders.push_back({b.index, b.tile.node});  // which does not fill it
               }),
               Contains(untold));
    CHECK_THAT(refused([](bounded_buffer& b) { b.tile.feeders.push_back(b.tile.feeders[0]); }),
               Contains("room in a buffer is told twice"));
    const std::string nobody = "no such node, or no buffer with a capacity";
    CHECK_THAT(refused([](bounded_buffer& b) { b.tile.feeders[0].node = 1U << 16; }),
               Contains(nobody));
    CHECK_THAT(refused([](bounded_buffer& b) { b.tile.feeders[0].buffer = 1U << 16; }),
               Contains(nobody));
}
