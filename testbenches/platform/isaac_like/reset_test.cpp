// SPDX-License-Identifier: Apache-2.0
// Does RESET, `rst` or ABORT in any phase of a job leave a machine that computes correctly?
#include <platform/isaac_like/isaac_bench.h>
#include <support/random.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <map>
#include <string>

using namespace pimvp;
using isaac_like_test::exact_work;
using isaac_like_test::isaac_bench;

namespace {

constexpr unsigned even_moments = 64, random_moments = 16;

enum class way { ctrl_reset, rst_line };

/// An image that stands in memory, and how long the phases take undisturbed.
struct disturbed {
    isaac_bench& b;
    const exact_work& work;
    isaac_like::placement placed;
    const std::vector<std::uint8_t> image;
    std::uint64_t address = 0;
    std::uint64_t load_fs = 0, run_fs = 0;  ///< from the first doorbell to the last interrupt

    disturbed(isaac_bench& bench, const exact_work& what)
        : b(bench),
          work(what),
          image(bench.image(what.network, 0, &placed)) {
        // all kinds of messages are under way: between chips, partial sums between tiles
        REQUIRE(placed.tiles > bench.params.mesh.tiles());
        REQUIRE(std::any_of(placed.layers.begin(), placed.layers.end(), [](const auto& layer) {
            return layer.row_blocks > layer.tiles.size() && layer.tiles.size() > 1;
        }));
    }

    /// Measures an undisturbed LOAD and RUNs of all images.
    board::loaded_program measure() {
        address = b.board.host().memory().allocate(image.size());
        b.board.host().place_memory(address, image.data(), image.size());
        b.device().start();
        std::uint64_t start = core::now_fs();
        const board::loaded_program program = b.device().load(image);
        load_fs = core::now_fs() - start;
        start = core::now_fs();
        b.check_runs(program, work);
        run_fs = core::now_fs() - start;
        return program;
    }
    /// Moments from 0 to `whole_fs`, and some at random.
    [[nodiscard]] std::vector<std::uint64_t> moments(std::uint64_t whole_fs) const {
        support::generator random;
        std::vector<std::uint64_t> all;
        for (unsigned i = 0; i < even_moments; ++i) all.push_back(whole_fs / even_moments * i);
        for (unsigned i = 0; i < random_moments; ++i) all.push_back(random.below(whole_fs));
        return all;
    }
    /// Rings the doorbell for a LOAD and lets `fs` pass.
    void load_for(std::uint64_t fs) {
        pimvp_ticket ticket = 0;
        REQUIRE(pimvp_load_async(&b.device().driver(), address, image.size(), &ticket) == PIMVP_OK);
        isaac_bench::wait_fs(fs);
    }
    /// Starts up to `runs` RUNs and stops when `fs` have passed since the first doorbell.
    void run_for(const board::loaded_program& program, std::size_t runs, std::uint64_t fs) {
        std::uint64_t end = 0;
        for (std::size_t i = 0; i < runs && (i == 0 || core::now_fs() < end); ++i) {
            static_cast<void>(b.device().submit(program, {work.inputs[i]}));
            if (i == 0) end = core::now_fs() + fs;
        }
        if (core::now_fs() < end) isaac_bench::wait_fs(end - core::now_fs());
    }
};

void check_registers(isaac_bench& b) {
    for (const std::uint32_t offset :
         {PIMVP_COMMON_CTRL, PIMVP_COMMON_STATUS, PIMVP_COMMON_IRQ_STATUS, PIMVP_COMMON_IRQ_ENABLE,
          PIMVP_COMMON_ERR_CODE, PIMVP_COMMON_ERR_JOB_TAG, PIMVP_COMMON_ERR_ADDR_LO,
          PIMVP_COMMON_RING_BASE_LO, PIMVP_COMMON_RING_BASE_HI, PIMVP_COMMON_RING_SIZE,
          PIMVP_COMMON_RING_HEAD, PIMVP_COMMON_RING_TAIL, PIMVP_COMMON_ABORT_HEAD,
          PIMVP_COMMON_RESIDENT, PIMVP_COMMON_IN_FLIGHT, PIMVP_COMMON_JOBS_DONE_LO,
          PIMVP_COMMON_BYTES_READ_LO, PIMVP_COMMON_BYTES_WRITTEN_LO}) {
        CAPTURE(offset);
        CHECK(b.get(offset) == 0);
    }
    CHECK_FALSE(b.device().irq.read());
    CHECK(b.unit().resident().empty());
    CHECK(b.unit().pending().empty());
}

void reset(isaac_bench& b, way how) {
    if (how == way::ctrl_reset) {
        b.device().reset();
        check_registers(b);
        return;
    }
    pimvp_device& driver = b.device().driver();
    b.board.reset_line("npu").write(true);
    isaac_bench::wait_fs(5'000'000);
    b.board.reset_line("npu").write(false);
    isaac_bench::wait_fs(5'000'000);
    check_registers(b);
    REQUIRE(pimvp_start(&driver, driver.ring, driver.jobs, driver.tensors) == PIMVP_OK);
}

void check_load_and_run(disturbed& d) {
    const board::loaded_program program = d.b.device().load(d.image);
    d.b.check_runs(program, d.work);
    d.b.device().unload(program);
}

void reset_everywhere(core::coding_style style, way how, const std::string& quantiser = {}) {
    isaac_bench b(style, {"npu"}, quantiser);
    const exact_work work(1, 3);
    disturbed d(b, work);
    std::map<std::size_t, unsigned> runs_in_flight;
    b.run([&] {
        b.device().unload(d.measure());
        for (const std::uint64_t moment : d.moments(d.load_fs)) {
            CAPTURE(moment);
            b.device().start();
            d.load_for(moment);
            reset(b, how);
            b.check_home();
            check_load_and_run(d);
        }
        std::size_t runs = 0;
        for (const std::uint64_t moment : d.moments(d.run_fs)) {
            CAPTURE(moment);
            d.run_for(b.device().load(d.image), 1 + runs++ % work.inputs.size(), moment);
            ++runs_in_flight[b.unit().jobs_in_flight()];
            reset(b, how);
            b.check_home();
            check_load_and_run(d);
        }
    });
    for (std::size_t runs = 1; runs <= work.inputs.size(); ++runs) CHECK(runs_in_flight[runs] > 5);
}

void abort_everywhere(core::coding_style style) {
    isaac_bench b(style);
    const exact_work work(1, 3);
    disturbed d(b, work);
    std::map<std::size_t, unsigned> runs_in_flight;
    std::map<std::uint32_t, unsigned> loaded;
    b.run([&] {
        const board::loaded_program program = d.measure();
        std::size_t runs = 0;
        for (const std::uint64_t moment : d.moments(d.run_fs)) {
            CAPTURE(moment);
            d.run_for(program, 1 + runs++ % work.inputs.size(), moment);
            ++runs_in_flight[b.unit().jobs_in_flight()];
            b.device().abort();
            CHECK(b.get(PIMVP_COMMON_IN_FLIGHT) == 0);
            CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
            CHECK(b.unit().pending().empty());
            b.check_home();
            b.check_runs(program, work);
        }
        b.device().unload(program);
        for (const std::uint64_t moment : d.moments(d.load_fs)) {
            CAPTURE(moment);
            d.load_for(moment);
            b.device().abort();
            // resident if and only if the LOAD had retired
            const std::uint32_t dropped = b.get(PIMVP_COMMON_ABORT_HEAD);
            const std::uint32_t expected = dropped == b.get(PIMVP_COMMON_RING_HEAD) ? 1 : 0;
            CHECK(b.get(PIMVP_COMMON_RESIDENT) == expected);
            ++loaded[expected];
            b.check_home();
            if (expected == 1) b.device().reset();
            check_load_and_run(d);
        }
    });
    for (std::size_t runs = 1; runs <= work.inputs.size(); ++runs) CHECK(runs_in_flight[runs] > 5);
    CHECK(loaded[0] > even_moments / 2);
}

}  // namespace

TEST_CASE("isaac_like.reset.by_register_in_every_phase_lt", "[platform]") {
    reset_everywhere(core::coding_style::lt, way::ctrl_reset);
}
TEST_CASE("isaac_like.reset.by_register_in_every_phase_at", "[platform]") {
    reset_everywhere(core::coding_style::at, way::ctrl_reset);
}
TEST_CASE("isaac_like.reset.by_line_in_every_phase_lt", "[platform]") {
    reset_everywhere(core::coding_style::lt, way::rst_line, "interval: variable, group_size: 32");
}
TEST_CASE("isaac_like.reset.by_line_in_every_phase_at", "[platform]") {
    reset_everywhere(core::coding_style::at, way::rst_line, "interval: variable, group_size: 32");
}
TEST_CASE("isaac_like.abort.in_every_phase_keeps_programs_lt", "[platform]") {
    abort_everywhere(core::coding_style::lt);
}
TEST_CASE("isaac_like.abort.in_every_phase_keeps_programs_at", "[platform]") {
    abort_everywhere(core::coding_style::at);
}
