// SPDX-License-Identifier: Apache-2.0
// Does ABORT, RESET or `rst` at any moment of a job leave a machine that works?
#include <platform/accel/accel_bench.h>

#include <pimvp/core/clock.h>

#include <functional>
#include <map>
#include <utility>

using namespace pimvp;
using namespace sc_core;
using support::accel_bench;

namespace {

sc_time budget() {
    return {500, SC_MS};
}

support::copy_program long_program() {
    support::copy_program program;
    program.bytes = 400;
    program.key = 0x3C;
    program.has_state = 1;
    program.load_fs = 300'000'000;  // 300 ns of programming
    return program;
}

/// Rings the doorbell for a LOAD and, when it has retired, for two RUNs: the work that is
/// disturbed. Ends early when the ring no longer answers as expected.
void disturbed_work(accel_bench& b) {
    const auto program = long_program();
    b.start_ring();
    b.push(b.load_job(program, accel_bench::images, 2500));
    b.doorbell();
    b.wait_retired(0);
    const std::uint64_t handle = b.record(0).handle;
    b.push(b.run_job(handle, program, 0));
    b.push(b.run_job(handle, program, 2));
    b.push(b.job(PIMVP_JOB_FENCE));
    b.doorbell();
}

/// Time of the whole undisturbed work from the first doorbell on.
sc_time duration_of_work(accel_bench& b) {
    const sc_time start = sc_time_stamp();
    disturbed_work(b);
    b.wait_retired(3);
    CHECK(b.output_is_right(long_program(), 0));
    CHECK(b.output_is_right(long_program(), 2));
    return sc_time_stamp() - start;
}

/// Does `stop` at `moments` instants spread over the work, each time followed by a correct run.
void disturb(accel_bench& b, unsigned moments, const std::function<void(unsigned)>& stop) {
    b.run(budget(), [&] {
        const sc_time whole = duration_of_work(b);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
        wait(1, SC_US);
        std::map<std::pair<std::size_t, std::size_t>, unsigned> phases;  // programs, jobs in flight
        for (unsigned i = 0; i <= moments; ++i) {
            INFO("moment " << i << " of " << moments);
            // the work runs beside us: it is driven without register accesses of its own
            const auto program = long_program();
            b.start_ring();
            b.push(b.load_job(program, accel_bench::images, 2500));
            b.doorbell();
            const sc_time at = core::from_fs(whole.value() / moments * i);
            const sc_time end = sc_time_stamp() + at;
            while (sc_time_stamp() < end && b.get(PIMVP_COMMON_RING_HEAD) == 0) wait(30, SC_NS);
            if (sc_time_stamp() < end) {
                const std::uint64_t handle = b.record(0).handle;
                b.push(b.run_job(handle, program, 0));
                b.push(b.run_job(handle, program, 2));
                b.push(b.job(PIMVP_JOB_FENCE));
                b.doorbell();
                if (sc_time_stamp() < end) wait(end - sc_time_stamp());
            }
            ++phases[{b.dut.resident().size(), b.dut.jobs_in_flight()}];
            stop(i);
            REQUIRE(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        }
        const auto hits = [&phases](std::size_t programs, std::size_t jobs) {
            return phases[{programs, jobs}];
        };
        CHECK(hits(0, 1) > 5);                            // during the LOAD
        CHECK(hits(1, 0) > 0);                            // idle, program resident
        CHECK(hits(1, 1) + hits(1, 2) + hits(1, 3) > 5);  // during the RUNs
        wait(10, SC_US);
    });
    b.check_clean();
}

void wait_aborted(accel_bench& b) {
    const sc_time start = sc_time_stamp();
    while ((b.get(PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_ABORTING_MASK) != 0) {
        REQUIRE(sc_time_stamp() - start < sc_time(1, SC_US));  // bounded
    }
}

void check_after_reset(accel_bench& b) {
    CHECK(b.get(PIMVP_COMMON_RESIDENT) == 0);
    CHECK(b.dut.programs() == 0);
    CHECK(b.get(PIMVP_COMMON_IN_FLIGHT) == 0);
    CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 0);
    CHECK(b.get(PIMVP_COMMON_RING_TAIL) == 0);
    CHECK(b.get(PIMVP_COMMON_RING_SIZE) == 0);
    CHECK(b.get(PIMVP_COMMON_IRQ_STATUS) == 0);
    CHECK(b.get(PIMVP_COMMON_IRQ_ENABLE) == 0);
    CHECK(b.get(PIMVP_COMMON_CTRL) == 0);
    CHECK(b.get64(PIMVP_COMMON_JOBS_DONE_LO) == 0);
    CHECK(b.get64(PIMVP_COMMON_BYTES_READ_LO) == 0);
    CHECK(b.get64(PIMVP_COMMON_BYTES_WRITTEN_LO) == 0);
    CHECK_FALSE(b.irq.read());
    b.correct_run();
}

void reset_everywhere(core::coding_style style) {
    accel_bench b(style);
    disturb(b, 60, [&b](unsigned i) {
        if (i % 2 == 0) {
            b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
        } else {
            b.rst.write(true);
            wait(5, SC_NS);
            b.set(PIMVP_COMMON_IRQ_ENABLE, 3);  // has no effect while rst is high
            b.rst.write(false);
            wait(5, SC_NS);
        }
        wait_aborted(b);
        check_after_reset(b);
    });
}

void abort_everywhere(core::coding_style style) {
    accel_bench b(style);
    disturb(b, 60, [&b](unsigned) {
        const std::uint32_t before = b.tail;
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_ABORT_MASK);
        wait_aborted(b);
        CHECK((b.get(PIMVP_COMMON_IRQ_STATUS) & PIMVP_COMMON_IRQ_STATUS_ABORT_DONE_MASK) != 0);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == before);
        CHECK(b.get(PIMVP_COMMON_IN_FLIGHT) == 0);
        const std::uint32_t dropped_from = b.get(PIMVP_COMMON_ABORT_HEAD);
        // a program stays if and only if its LOAD had retired
        const std::size_t expected = dropped_from > 0 ? 1 : 0;
        CHECK(b.dut.programs() == expected);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == expected);
        // the ring goes on where it is
        const auto program = long_program();
        if (expected == 1) {
            b.push(b.run_job(b.record(0).handle, program, 8));
            b.doorbell();
            b.wait_retired(before);
            CHECK(b.record(before).status == 0);
            CHECK(b.output_is_right(program, 8));
            pimvp_job unload = b.job(PIMVP_JOB_UNLOAD);
            unload.handle = b.record(0).handle;
            b.push(unload);
            b.doorbell();
            b.wait_retired(before + 1);
        }
        wait(5, SC_US);
        b.correct_run();
    });
}

}  // namespace

TEST_CASE("accel.reset.in_every_phase_then_a_correct_run_lt", "[accel][protocol]") {
    reset_everywhere(core::coding_style::lt);
}

TEST_CASE("accel.reset.in_every_phase_then_a_correct_run_at", "[accel][protocol]") {
    reset_everywhere(core::coding_style::at);
}

TEST_CASE("accel.abort.in_every_phase_keeps_programs_lt", "[accel][protocol]") {
    abort_everywhere(core::coding_style::lt);
}

TEST_CASE("accel.abort.in_every_phase_keeps_programs_at", "[accel][protocol]") {
    abort_everywhere(core::coding_style::at);
}

TEST_CASE("accel.reset.waits_for_an_engine_that_does_not_look", "[accel][protocol]") {
    support::copy_params params;
    params.looks_for_abort = false;
    accel_bench b(core::coding_style::lt, params);
    b.run(budget(), [&] {
        auto program = long_program();
        program.load_fs = 20'000'000'000;  // 20 us
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        wait(5, SC_US);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
        CHECK((b.get(PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_ABORTING_MASK) != 0);
        // software may already set the next ring up; its jobs start when the load has ended
        program.load_fs = 0;
        b.start_ring();
        b.push(b.load_job(program, accel_bench::images + 0x4000));
        b.doorbell();
        const sc_time start = sc_time_stamp();
        b.wait_retired(0);
        CHECK(sc_time_stamp() - start > sc_time(14, SC_US));
        CHECK(b.record(0).status == 0);
        CHECK(b.dut.programs() == 1);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
    });
    b.check_clean();
}

TEST_CASE("accel.reset.held_high_keeps_everything_still", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        b.rst.write(true);
        wait(10, SC_NS);
        b.start_ring();
        b.push(b.job(PIMVP_JOB_FENCE));
        b.set(PIMVP_COMMON_RING_TAIL, 1);
        wait(10, SC_US);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 0);
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        CHECK((b.get(PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_ENABLED_MASK) == 0);
        b.rst.write(false);
        wait(10, SC_NS);
        check_after_reset(b);
    });
    b.check_clean();
}

TEST_CASE("accel.abort.clears_an_error_and_drops_what_is_behind_it", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        b.start_ring();
        pimvp_job bad = b.job(PIMVP_JOB_FENCE);
        bad.size = 1;
        b.push(bad);
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        b.wait_irq();
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) != 0);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_ABORT_MASK);
        wait_aborted(b);
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        CHECK(b.get(PIMVP_COMMON_ABORT_HEAD) == 0);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 2);
        CHECK(b.record(1).status == 0xFFFFFFFF);
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        b.wait_retired(2);
        CHECK(b.record(2).status == 0);
    });
    b.check_clean();
}
