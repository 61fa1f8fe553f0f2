// SPDX-License-Identifier: Apache-2.0
// Do accelerators on one board, and programs on one accelerator, leave each other alone?
#include <platform/isaac_like/isaac_bench.h>
#include <support/child.h>

#include <algorithm>
#include <map>

using namespace pimvp;
using isaac_like_test::exact_work;
using isaac_like_test::isaac_bench;

namespace {

constexpr std::size_t images = 4;

/// What one accelerator did.
struct account {
    std::uint64_t mismatches = 0;
    std::vector<std::uint64_t> counts;
    std::vector<std::uint64_t> end_ps;  ///< of each run, since the first one was fetched
};

/// Runs the work of all `names` at once.
std::map<std::string, account> run_together(core::coding_style style,
                                            const std::vector<std::string>& names,
                                            const std::map<std::string, exact_work>& works) {
    isaac_bench b(style, names);
    std::map<std::string, account> accounts;
    std::map<std::string, board::loaded_program> programs;
    std::map<std::string, std::vector<board::submitted_run>> runs;
    std::map<std::string, std::uint64_t> start_ps;
    std::size_t most_at_once = 0;
    b.run([&] {
        for (const std::string& name : names) {
            programs[name] = b.device(name).load(b.image(works.at(name).network));
        }
        for (std::size_t i = 0; i < images; ++i) {
            for (const std::string& name : names) {
                runs[name].push_back(
                    b.device(name).submit(programs[name], {works.at(name).inputs[i]}));
            }
        }
        for (const std::string& name : names) {
            if (b.unit(name).jobs_in_flight() > 1) ++most_at_once;
        }
        for (std::size_t i = 0; i < images; ++i) {
            for (const std::string& name : names) {
                const board::run_result result = b.device(name).collect(runs[name][i]);
                account& a = accounts[name];
                if (result.outputs.at(0) != works.at(name).outputs[i]) ++a.mismatches;
                start_ps.try_emplace(name, result.start_ps);
                a.end_ps.push_back(result.end_ps - start_ps[name]);
            }
        }
        for (const std::string& name : names) b.device(name).unload(programs[name]);
    });
    CHECK(most_at_once == names.size());
    for (auto& [name, a] : accounts) {
        for (const char* counter : {"conversions", "multiplies", "windows", "arrays_written"}) {
            a.counts.push_back(b.counted(counter, name));
        }
    }
    return accounts;
}

/// Counts are those of each accelerator alone. The only thing they share is the bus: a transaction
/// may wait for one of the other accelerator, and everything behind it shifts by as much, up to the
/// next edge of the mesh's clock; so may the start, from which the ends are counted.
void check_two_accelerators(core::coding_style style) {
    constexpr std::uint64_t longest_wait_ps = 1000;
    const std::map<std::string, exact_work> works{{"left", exact_work(1, images)},
                                                  {"right", exact_work(2, images)}};
    std::map<std::string, std::vector<std::uint64_t>> alone;
    for (const std::string name : {"left", "right"}) {
        alone[name] = support::in_child([&] {
            const account a = run_together(style, {name}, works).at(name);
            std::vector<std::uint64_t> numbers = a.end_ps;
            numbers.insert(numbers.end(), a.counts.begin(), a.counts.end());
            return numbers;
        });
    }
    for (const auto& [name, a] : run_together(style, {"left", "right"}, works)) {
        CAPTURE(name);
        const std::vector<std::uint64_t>& expected = alone[name];
        REQUIRE(expected.size() == images + a.counts.size());
        CHECK(a.mismatches == 0);
        CHECK(a.counts.front() > 0);
        CHECK(std::equal(a.counts.begin(), a.counts.end(), expected.begin() + images));
        for (std::size_t i = 0; i < images; ++i) {
            const std::uint64_t later = std::max(a.end_ps[i], expected[i]);
            CHECK(later - std::min(a.end_ps[i], expected[i]) <= longest_wait_ps);
        }
    }
}

void check_two_programs(core::coding_style style) {
    isaac_bench b(style);
    const exact_work first(1), second(2), third(3);
    isaac_like::placement placed;
    const auto image = b.image(first.network, 0, &placed);
    b.run([&] {
        board::device& npu = b.device();
        const auto a = npu.load(image);
        const auto c = npu.load(b.image(second.network, placed.tiles));
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 2);
        const auto interleave = [&](const board::loaded_program& p, const exact_work& of_p,
                                    const board::loaded_program& q, const exact_work& of_q) {
            std::vector<board::submitted_run> runs;
            for (std::size_t i = 0; i < of_p.inputs.size(); ++i) {
                runs.push_back(npu.submit(p, {of_p.inputs[i]}));
                runs.push_back(npu.submit(q, {of_q.inputs[i]}));
            }
            CHECK(b.unit().jobs_in_flight() > 2);
            for (std::size_t i = 0; i < runs.size(); ++i) {
                const exact_work& work = i % 2 == 0 ? of_p : of_q;
                CHECK(npu.collect(runs[i]).outputs.at(0) == work.outputs[i / 2]);
            }
        };
        interleave(a, first, c, second);
        npu.unload(a);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
        b.check_runs(c, second);
        const auto d = npu.load(b.image(third.network));  // where `a` was
        interleave(c, second, d, third);
        npu.unload(c);
        npu.unload(d);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 0);
    });
}

/// RUN, FENCE and UNLOAD stand in the ring together: what is still computed for nobody when the
/// outputs are there must not outlive its program.
void check_unload_behind_a_run(core::coding_style style, bool of_the_input) {
    isaac_bench b(style);
    const exact_work work(isaac_like_test::sampling_network(1, of_the_input), 2);
    const auto image = b.image(work.network);
    b.run([&] {
        board::device& npu = b.device();
        for (int round = 0; round < 3; ++round) {
            const auto program = npu.load(image);
            const auto first = npu.submit(program, {work.inputs[0]});
            const auto second = npu.submit(program, {work.inputs[1]});
            pimvp_ticket ticket = 0;
            REQUIRE(pimvp_fence_async(&npu.driver(), &ticket) == PIMVP_OK);
            REQUIRE(pimvp_unload_async(&npu.driver(), program.handle, &ticket) == PIMVP_OK);
            REQUIRE(pimvp_wait(&npu.driver(), ticket, nullptr) == PIMVP_OK);
            CHECK(npu.collect(first).outputs.at(0) == work.outputs[0]);
            CHECK(npu.collect(second).outputs.at(0) == work.outputs[1]);
            CHECK(b.unit().pending().empty());
        }
    });
}

/// Pixels nobody reads leave no trace in the eDRAM.
void check_edram_is_empty(core::coding_style style, bool of_the_input) {
    isaac_bench b(style);
    const exact_work work(isaac_like_test::sampling_network(1, of_the_input), 3);
    b.run([&] {
        const auto program = b.device().load(b.image(work.network));
        b.check_runs(program, work);
        isaac_bench::wait_fs(1'000'000'000'000);  // of one run after the other
        for (const auto& chip : b.unit().chips()) {
            for (const auto& tile : chip->tiles) CHECK(tile->edram().occupied() == 0);
        }
    });
}

}  // namespace

TEST_CASE("isaac_like.sharing.two_accelerators_do_not_see_each_other_lt", "[platform]") {
    check_two_accelerators(core::coding_style::lt);
}
TEST_CASE("isaac_like.sharing.two_accelerators_do_not_see_each_other_at", "[platform]") {
    check_two_accelerators(core::coding_style::at);
}
TEST_CASE("isaac_like.sharing.two_programs_interleave_and_one_is_replaced_lt", "[platform]") {
    check_two_programs(core::coding_style::lt);
}
TEST_CASE("isaac_like.sharing.two_programs_interleave_and_one_is_replaced_at", "[platform]") {
    check_two_programs(core::coding_style::at);
}
TEST_CASE("isaac_like.sharing.unload_waits_for_inputs_nobody_reads_lt", "[platform]") {
    check_unload_behind_a_run(core::coding_style::lt, true);
}
TEST_CASE("isaac_like.sharing.unload_waits_for_inputs_nobody_reads_at", "[platform]") {
    check_unload_behind_a_run(core::coding_style::at, true);
}
TEST_CASE("isaac_like.sharing.unload_waits_for_windows_nobody_reads_lt", "[platform]") {
    check_unload_behind_a_run(core::coding_style::lt, false);
}
TEST_CASE("isaac_like.sharing.unload_waits_for_windows_nobody_reads_at", "[platform]") {
    check_unload_behind_a_run(core::coding_style::at, false);
}
TEST_CASE("isaac_like.sharing.inputs_nobody_reads_leave_the_edram_lt", "[platform]") {
    check_edram_is_empty(core::coding_style::lt, true);
}
TEST_CASE("isaac_like.sharing.windows_nobody_reads_leave_the_edram_at", "[platform]") {
    check_edram_is_empty(core::coding_style::at, false);
}
