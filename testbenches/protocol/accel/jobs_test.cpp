// SPDX-License-Identifier: Apache-2.0
// Are jobs started, overlapped and retired as the ring promises, in LT as in AT?
#include <platform/accel/accel_bench.h>

#include <vector>

using namespace pimvp;
using namespace sc_core;
using support::accel_bench;

namespace {

support::copy_program copies(std::uint64_t bytes, std::uint8_t key = 0) {
    support::copy_program program;
    program.bytes = bytes;
    program.key = key;
    return program;
}

sc_time budget() {
    return {50, SC_MS};
}

/// What the host can see of a scenario.
struct seen_times {
    std::vector<std::uint64_t> start, end;  ///< ps, by job
    std::uint64_t bytes_read = 0, bytes_written = 0;
};

/// Two loads, three runs in flight, fence, unload.
seen_times scenario(core::coding_style style) {
    accel_bench b(style);
    seen_times seen;
    b.run(budget(), [&] {
        const auto large = copies(1500, 0x21);
        const auto small = copies(20, 0x42);
        b.start_ring();
        b.push(b.load_job(large, accel_bench::images, 3000));
        b.push(b.load_job(small, accel_bench::images + 0x4000));
        b.doorbell();
        b.wait_retired(1);
        const std::uint64_t large_handle = b.record(0).handle;
        const std::uint64_t small_handle = b.record(1).handle;
        CHECK(large_handle != small_handle);
        b.push(b.run_job(large_handle, large, 0));
        b.push(b.run_job(small_handle, small, 2));
        b.push(b.run_job(small_handle, small, 4));
        b.push(b.job(PIMVP_JOB_FENCE));
        pimvp_job unload = b.job(PIMVP_JOB_UNLOAD);
        unload.handle = large_handle;
        b.push(unload);
        b.doorbell();
        b.wait_retired(6);
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        CHECK(b.output_is_right(large, 0));
        CHECK(b.output_is_right(small, 2));
        CHECK(b.output_is_right(small, 4));
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
        CHECK(b.get(PIMVP_COMMON_IN_FLIGHT) == 0);
        CHECK((b.get(PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_BUSY_MASK) == 0);
        for (std::uint32_t i = 0; i < 7; ++i) {
            CHECK(b.record(i).status == 0);
            CHECK(b.record(i).tag == 100 + i);
            seen.start.push_back(b.record(i).start_ps);
            seen.end.push_back(b.record(i).end_ps);
        }
        seen.bytes_read = b.get64(PIMVP_COMMON_BYTES_READ_LO);
        seen.bytes_written = b.get64(PIMVP_COMMON_BYTES_WRITTEN_LO);
    });
    b.check_clean();
    return seen;
}

void check_scenario(core::coding_style style) {
    constexpr std::uint64_t job = 64, record = 32, tensor = 32;
    constexpr std::uint64_t header = 128 + 3 * 24, program = sizeof(support::copy_program);
    const seen_times seen = scenario(style);
    CHECK(seen.end.at(3) < seen.end.at(2));     // the short run overlapped the long one before it
    CHECK(seen.end.at(5) >= seen.end.at(2));    // the fence came after the long run
    CHECK(seen.start.at(6) >= seen.end.at(5));  // and the UNLOAD after the fence
    // the same counts in LT and AT
    CHECK(seen.bytes_read ==
          7 * job + 2 * (header + program) + 3000 + 3 * 2 * tensor + 1500 + 2 * 20);
    CHECK(seen.bytes_written == 7 * record + 1500 + 2 * 20);
}

}  // namespace

TEST_CASE("accel.jobs.whole_life_of_programs_lt", "[accel][protocol]") {
    check_scenario(core::coding_style::lt);
}

TEST_CASE("accel.jobs.whole_life_of_programs_at", "[accel][protocol]") {
    check_scenario(core::coding_style::at);
}

namespace {

/// A DMA transfer of one burst on an idle bus, by the formulas of dma, router and memory.
core::duration transfer(const accel_bench& b, std::uint64_t bytes) {
    const auto& dma = b.dut.params().dma;
    const auto& bus = b.bus.params();
    const auto& ram = b.ram.params();
    return dma.setup.value + bus.latency.value + core::transfer_time(bus.bandwidth.value, bytes) +
           ram.latency.value + core::transfer_time(ram.bandwidth.value, bytes);
}

void check_fence_time(core::coding_style style) {
    accel_bench b(style);
    b.run(budget(), [&] {
        b.start_ring();
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        const auto expected = transfer(b, PIMVP_JOB_BYTES) + b.dut.params().job_decode.value +
                              transfer(b, PIMVP_RECORD_BYTES);
        const auto head = [&b] {
            std::uint32_t value = 0;
            b.cpu.debug_read(accel_bench::regs + PIMVP_COMMON_RING_HEAD, &value, sizeof value);
            return value;
        };
        wait(sc_time::from_value(expected.fs - 1));
        CHECK(head() == 0);
        CHECK_FALSE(b.irq.read());
        wait(sc_time::from_value(1));
        for (int delta = 0; delta < 5; ++delta) wait(SC_ZERO_TIME);
        CHECK(head() == 1);
        CHECK(b.irq.read());
    });
    b.check_clean();
}

}  // namespace

TEST_CASE("accel.jobs.fence_takes_fetch_decode_and_record_lt", "[accel][timing]") {
    check_fence_time(core::coding_style::lt);
}

TEST_CASE("accel.jobs.fence_takes_fetch_decode_and_record_at", "[accel][timing]") {
    check_fence_time(core::coding_style::at);
}

TEST_CASE("accel.jobs.retire_in_order_although_they_end_out_of_order", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto large = copies(2000);
        const auto small = copies(10);
        b.start_ring();
        b.push(b.load_job(large));
        b.push(b.load_job(small, accel_bench::images + 0x1000));
        b.doorbell();
        b.wait_retired(1);
        b.push(b.run_job(b.record(0).handle, large, 0));
        b.push(b.run_job(b.record(1).handle, small, 2));
        b.doorbell();
        bool short_one_waited = false;
        while (b.get(PIMVP_COMMON_RING_HEAD) < 4) {
            const bool done = b.output_is_right(small, 2);
            const std::uint32_t head = b.get(PIMVP_COMMON_RING_HEAD);
            if (done && head == 2) short_one_waited = true;
            if (head == 2) CHECK(b.record(3).status == 0xFFFFFFFF);
            wait(50, SC_NS);
        }
        CHECK(short_one_waited);
        CHECK(b.record(3).end_ps < b.record(2).end_ps);
    });
    b.check_clean();
}

TEST_CASE("accel.jobs.more_runs_than_workers_wait_for_one", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(500, 9);
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        for (unsigned i = 0; i < 6; ++i) b.push(b.run_job(b.record(0).handle, program, 2 * i));
        const sc_time start = sc_time_stamp();
        b.doorbell();
        b.wait_retired(6);
        for (unsigned i = 0; i < 6; ++i) CHECK(b.output_is_right(program, 2 * i));
        // two workers, 500 ns a copy: three rounds at least, never six
        CHECK(sc_time_stamp() - start > sc_time(1500, SC_NS));
        CHECK(sc_time_stamp() - start < sc_time(3000, SC_NS));
    });
    b.check_clean();
}

TEST_CASE("accel.jobs.state_is_kept_between_runs", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        auto program = copies(16);
        program.has_state = 1;
        b.start_ring();
        b.place(accel_bench::data + 0x1F00, {0});
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        for (unsigned i = 0; i < 3; ++i) {
            b.push(b.run_job(b.record(0).handle, program, 0));
            b.doorbell();
            b.wait_retired(1 + i);
        }
        CHECK(b.bytes_at(accel_bench::data + 0x1F00, 1).at(0) == 3);
    });
    b.check_clean();
}

TEST_CASE("accel.jobs.the_ring_wraps", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(32, 1);
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        const std::uint64_t handle = b.record(0).handle;
        for (std::uint32_t i = 1; i < 3 * accel_bench::slots; ++i) {
            b.push(b.run_job(handle, program, i % 6));
            b.doorbell();
            b.wait_retired(i);
            REQUIRE(b.output_is_right(program, i % 6));
        }
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 3 * accel_bench::slots);
    });
    b.check_clean();
}

TEST_CASE("accel.jobs.a_stopped_ring_drains_and_starts_again", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(1000, 3);
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        const std::uint64_t handle = b.record(0).handle;
        b.push(b.run_job(handle, program));
        b.doorbell();
        wait(400, SC_NS);
        b.set(PIMVP_COMMON_CTRL, 0);                              // in the middle of the run
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);  // too early
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(accel::error_code::bad_ring));
        CHECK((b.get(PIMVP_COMMON_CTRL) & PIMVP_COMMON_CTRL_ENABLE_MASK) == 0);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESUME_MASK);
        wait(10, SC_US);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 2);
        CHECK(b.output_is_right(program));
        b.start_ring();
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 0);
        b.push(b.run_job(handle, program, 2));
        b.doorbell();
        b.wait_retired(0);
        CHECK(b.output_is_right(program, 2));
    });
    b.check_clean();
}
