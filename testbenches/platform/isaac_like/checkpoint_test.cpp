// SPDX-License-Identifier: Apache-2.0
// Does a RUN on a restored machine equal the next RUN of the machine that was saved: outputs,
// times, counts, energy?
#include <platform/isaac_like/isaac_bench.h>
#include <support/child.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

using namespace pimvp;
using isaac_like_test::exact_work;
using isaac_like_test::isaac_bench;
using numbers = std::vector<std::uint64_t>;

namespace {

/// A file of this test, gone afterwards.
struct scratch_file {
    std::string path = std::filesystem::temp_directory_path() /
                       ("pimvp_isaac_checkpoint_test_" + std::to_string(getpid()));
    ~scratch_file() { std::filesystem::remove(path); }
};

constexpr std::size_t images = 3;

/// What is resident when the machine is saved, by accelerator.
struct resident_work {
    std::string accelerator;
    exact_work work;
};

/// Runs everything alone and then together; what it took.
numbers go_on(isaac_bench& b, const std::vector<resident_work>& works) {
    numbers seen{core::now_fs()};
    const core::activity before = b.context.ledger().snapshot(core::now_fs());
    std::vector<board::loaded_program> programs;
    std::vector<board::submitted_run> runs;
    for (const resident_work& r : works) {
        std::size_t nth = 0;  // of this accelerator's programs
        for (const resident_work& other : works) {
            if (&other == &r) break;
            nth += other.accelerator == r.accelerator ? 1U : 0U;
        }
        programs.push_back(b.device(r.accelerator).programs().at(nth));
        const board::run_result alone =
            b.device(r.accelerator).run(programs.back(), {r.work.inputs[0]});
        seen.push_back(alone.outputs.at(0) == r.work.outputs[0] ? 1 : 0);
        for (const std::uint64_t time : {alone.doorbell_fs, alone.interrupt_fs, alone.end_ps}) {
            seen.push_back(time);
        }
    }
    for (std::size_t i = 1; i < images; ++i) {
        for (std::size_t w = 0; w < works.size(); ++w) {
            runs.push_back(
                b.device(works[w].accelerator).submit(programs[w], {works[w].work.inputs[i]}));
        }
    }
    for (std::size_t n = 0; n < runs.size(); ++n) {
        const resident_work& r = works[n % works.size()];
        const board::run_result result = b.device(r.accelerator).collect(runs[n]);
        seen.push_back(result.outputs.at(0) == r.work.outputs[1 + n / works.size()] ? 1 : 0);
        seen.push_back(result.end_ps);
    }
    const core::activity spent = b.context.ledger().snapshot(core::now_fs()).since(before);
    const core::energy_report report = b.context.ledger().price(spent);
    for (const auto& [event, count] : report.counts) seen.push_back(count);
    std::uint64_t energy = 0;
    std::memcpy(&energy, &report.total_j, sizeof energy);
    seen.push_back(energy);
    seen.push_back(core::now_fs());
    return seen;
}

void wait_until_idle(const isaac_bench& b) {
    while (!b.board.busy().empty()) isaac_bench::wait_fs(10'000'000'000);
}

/// With `used`, programs have run, and one of each accelerator is gone, before the save.
void check(core::coding_style style, const std::vector<std::string>& accelerators,
           std::size_t programs_each, bool used, const std::string& quantiser = {}) {
    const scratch_file file;
    std::vector<resident_work> works;
    for (const std::string& name : accelerators) {
        for (std::size_t i = 0; i < programs_each; ++i) {
            works.push_back({name, exact_work(works.size() + 1, images)});
        }
    }
    const numbers expected = support::in_child([&] {
        isaac_bench b(style, accelerators, quantiser);
        numbers seen;
        b.run([&] {
            for (const std::string& name : accelerators) {
                std::uint32_t first_tile = 0;
                board::device& device = b.device(name);
                if (used) {  // makes the numbers of handles and programs differ
                    const exact_work gone(99, 1);
                    const auto program = device.load(b.image(gone.network));
                    b.check_runs(program, gone, name);
                    device.unload(program);
                }
                for (const resident_work& r : works) {
                    if (r.accelerator != name) continue;
                    isaac_like::placement placed;
                    const auto image = b.image(r.work.network, first_tile, &placed);
                    first_tile += placed.tiles;
                    const auto program = device.load(image);
                    if (used) b.check_runs(program, r.work, name);
                }
            }
            wait_until_idle(b);
            b.board.save(file.path);
            seen = go_on(b, works);
        });
        return seen;
    });
    isaac_bench b(style, accelerators, quantiser);
    numbers seen;
    b.run([&] {
        b.board.restore(file.path);
        seen = go_on(b, works);
    });
    for (std::size_t w = 0; w < works.size(); ++w) CHECK(seen.at(1 + 4 * w) == 1);
    CHECK(seen == expected);
    CHECK(b.counted("arrays_written") == 0);  // nothing was programmed by a LOAD
}

}  // namespace

TEST_CASE("isaac_like.checkpoint.one_program_runs_at_once_lt", "[platform]") {
    check(core::coding_style::lt, {"npu"}, 1, false);
}
TEST_CASE("isaac_like.checkpoint.one_program_runs_at_once_at", "[platform]") {
    check(core::coding_style::at, {"npu"}, 1, false);
}
TEST_CASE("isaac_like.checkpoint.a_used_machine_with_two_programs_lt", "[platform]") {
    check(core::coding_style::lt, {"npu"}, 2, true);
}
TEST_CASE("isaac_like.checkpoint.a_used_machine_with_two_programs_at", "[platform]") {
    check(core::coding_style::at, {"npu"}, 2, true);
}
TEST_CASE("isaac_like.checkpoint.two_accelerators_lt", "[platform]") {
    check(core::coding_style::lt, {"left", "right"}, 1, true);
}
TEST_CASE("isaac_like.checkpoint.two_accelerators_at", "[platform]") {
    check(core::coding_style::at, {"left", "right"}, 1, true);
}

TEST_CASE("isaac_like.checkpoint.tiles_with_quantisers", "[platform]") {
    check(core::coding_style::at, {"npu"}, 1, true, "group_size: 32, interval: variable");
}

/// Outputs are there, but pixels that nobody reads are still under way.
TEST_CASE("isaac_like.checkpoint.work_for_nobody_is_work", "[platform]") {
    const scratch_file file;
    isaac_bench b(core::coding_style::lt);
    const exact_work work(isaac_like_test::sampling_network(1, false), 1);
    b.run([&] {
        const auto program = b.device().load(b.image(work.network));
        CHECK(b.board.busy().empty());
        b.check_runs(program, work);
        CHECK_THAT(b.board.busy(), Catch::Contains("npu still computes what no output needs"));
        CHECK_THROWS_AS(b.board.save(file.path), core::user_error);
        CHECK_FALSE(std::filesystem::exists(file.path));
        wait_until_idle(b);
        b.board.save(file.path);
    });
}

/// A program is unloaded from a restored machine and another one takes its place.
TEST_CASE("isaac_like.checkpoint.a_restored_program_can_be_replaced", "[platform]") {
    const scratch_file file;
    const exact_work first(1), second(2);
    support::in_child([&] {
        isaac_bench b(core::coding_style::lt);
        b.run([&] {
            static_cast<void>(b.device().load(b.image(first.network)));
            b.board.save(file.path);
        });
        return numbers{};
    });
    isaac_bench b(core::coding_style::at);  // and in the other coding style
    b.run([&] {
        b.board.restore(file.path);
        const board::loaded_program restored = b.device().programs().at(0);
        CHECK_THROWS_WITH(b.device().load(b.image(second.network)), Catch::Contains("no_capacity"));
        b.device().resume();
        b.check_runs(restored, first);
        b.device().unload(restored);
        const auto next = b.device().load(b.image(second.network));
        CHECK(next.handle > restored.handle);
        b.check_runs(next, second);
    });
}
