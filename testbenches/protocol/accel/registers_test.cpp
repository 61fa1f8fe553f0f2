// SPDX-License-Identifier: Apache-2.0
// Do the registers behave as described, and is the interrupt the level it should be?
#include <platform/accel/accel_bench.h>

#include <pimvp/core/clock.h>

using namespace pimvp;
using namespace sc_core;
using support::accel_bench;

namespace {

/// A program that copies `bytes` bytes at the accelerator's 1 ns a byte.
support::copy_program copies(std::uint64_t bytes, std::uint8_t key = 0) {
    support::copy_program program;
    program.bytes = bytes;
    program.key = key;
    return program;
}

sc_time budget() {
    return {50, SC_MS};
}

}  // namespace

TEST_CASE("accel.registers.identify_the_accelerator", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        CHECK(b.get(PIMVP_COMMON_ID) == PIMVP_COMMON_ID_RESET);
        CHECK(b.get(PIMVP_COMMON_VERSION) == PIMVP_COMMON_VERSION_RESET);
        CHECK(b.get(PIMVP_COMMON_FAMILY) == support::copy_family);
        CHECK(b.get(PIMVP_COMMON_CAPABILITIES) == b.dut.params().jobs_in_flight);
        CHECK(b.get(PIMVP_COMMON_CONFIG_HASH(0)) == 0xC0C0C0C0);
        CHECK(b.get(PIMVP_COMMON_CONFIG_HASH(7)) == 0xC0C0C0C0);
        CHECK(b.get(PIMVP_COMMON_STATUS) == 0);
    });
    b.check_clean();
}

TEST_CASE("accel.registers.wrong_accesses_are_answered", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        std::uint8_t bytes[16] = {};
        std::uint32_t word = 0;
        CHECK(b.cpu.read(accel_bench::regs, bytes, 2) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(b.cpu.read(accel_bench::regs, bytes, 16) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(b.cpu.read(accel_bench::regs + 2, bytes, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(b.cpu.read32(accel_bench::regs + 0xFFC, word) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(b.cpu.write32(accel_bench::regs + PIMVP_COMMON_RING_HEAD, 1) ==
              tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(b.cpu.write32(accel_bench::regs + PIMVP_COMMON_ERR_CODE, 1) ==
              tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
    });
    b.check_clean();
}

TEST_CASE("accel.registers.debug_access_changes_nothing", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        b.start_ring();
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        b.wait_retired(0);
        const sc_time before = sc_time_stamp();
        std::uint32_t head = 0;
        CHECK(b.cpu.debug_read(accel_bench::regs + PIMVP_COMMON_RING_HEAD, &head, 4) == 4);
        CHECK(head == 1);
        CHECK(sc_time_stamp() == before);
    });
    b.check_clean();
}

TEST_CASE("accel.irq.is_the_level_of_status_and_enable", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        b.start_ring();
        b.set(PIMVP_COMMON_IRQ_ENABLE, 0);
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        wait(10, SC_US);
        const std::uint32_t seen = b.get(PIMVP_COMMON_IRQ_STATUS);
        CHECK(seen ==
              (PIMVP_COMMON_IRQ_STATUS_JOB_DONE_MASK | PIMVP_COMMON_IRQ_STATUS_RING_EMPTY_MASK));
        CHECK_FALSE(b.irq.read());
        b.set(PIMVP_COMMON_IRQ_ENABLE, PIMVP_COMMON_IRQ_ENABLE_JOB_DONE_MASK);
        wait(SC_ZERO_TIME);
        wait(SC_ZERO_TIME);
        CHECK(b.irq.read());
        b.set(PIMVP_COMMON_IRQ_STATUS, PIMVP_COMMON_IRQ_STATUS_RING_EMPTY_MASK);
        wait(SC_ZERO_TIME);
        wait(SC_ZERO_TIME);
        CHECK(b.irq.read());  // another bit was cleared
        b.set(PIMVP_COMMON_IRQ_STATUS, PIMVP_COMMON_IRQ_STATUS_JOB_DONE_MASK);
        wait(SC_ZERO_TIME);
        wait(SC_ZERO_TIME);
        CHECK_FALSE(b.irq.read());
        CHECK(b.get(PIMVP_COMMON_IRQ_STATUS) == 0);
    });
    b.check_clean();
}

TEST_CASE("accel.irq.a_set_in_the_same_instant_wins_over_a_clear", "[accel][protocol]") {
    // The same work again and again, with a W1C aimed 1 fs before, at and 1 fs after the set.
    accel_bench b;
    b.run(budget(), [&] {
        b.start_ring();
        const auto start = [&b] {
            b.push(b.job(PIMVP_JOB_FENCE));
            b.doorbell();
            return sc_time_stamp();
        };
        const sc_time first_doorbell = start();
        wait(b.irq.posedge_event());
        const sc_time latency = sc_time_stamp() - first_doorbell;
        b.wait_irq();

        const sc_time before_write = sc_time_stamp();
        b.set(PIMVP_COMMON_IRQ_STATUS, 0);
        const sc_time access = sc_time_stamp() - before_write;
        REQUIRE(access < latency);

        const sc_time femtosecond = sc_time::from_value(1);
        const auto cleared_at = [&](const sc_time& after_doorbell) {
            const sc_time doorbell = start();
            wait(after_doorbell - access);
            b.set(PIMVP_COMMON_IRQ_STATUS, PIMVP_COMMON_IRQ_STATUS_JOB_DONE_MASK);
            REQUIRE(sc_time_stamp() == doorbell + after_doorbell);
            const bool stays =
                (b.get(PIMVP_COMMON_IRQ_STATUS) & PIMVP_COMMON_IRQ_STATUS_JOB_DONE_MASK) != 0;
            wait(10, SC_US);
            b.set(PIMVP_COMMON_IRQ_STATUS, 0xFFFFFFFF);
            return stays;
        };
        CHECK(cleared_at(latency - femtosecond));
        CHECK(cleared_at(latency));
        CHECK_FALSE(cleared_at(latency + femtosecond));
    });
    b.check_clean();
}

TEST_CASE("accel.order.outputs_then_head_then_irq", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(200, 0x11);
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        b.push(b.run_job(b.record(0).handle, program));
        b.set(PIMVP_COMMON_IRQ_STATUS, 0xFFFFFFFF);
        b.doorbell();
        std::uint32_t head = 0;
        while (head != 2) {
            REQUIRE_FALSE(b.irq.read());
            wait(sc_time(1, SC_NS), b.irq.posedge_event());
            b.cpu.debug_read(accel_bench::regs + PIMVP_COMMON_RING_HEAD, &head, 4);
        }
        CHECK(b.output_is_right(program));
        CHECK(b.record(1).status == 0);
        CHECK(b.irq.read());
    });
    b.check_clean();
}

TEST_CASE("accel.counters.count_jobs_bytes_and_time", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(200);
        b.start_ring();
        CHECK(b.get64(PIMVP_COMMON_BUSY_TIME_LO) == 0);
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        b.push(b.run_job(b.record(0).handle, program));
        const std::uint64_t read_before = b.get64(PIMVP_COMMON_BYTES_READ_LO);
        const std::uint64_t written_before = b.get64(PIMVP_COMMON_BYTES_WRITTEN_LO);
        const std::uint64_t busy_before = b.get64(PIMVP_COMMON_BUSY_TIME_LO);
        b.doorbell();
        const sc_time doorbell = sc_time_stamp();
        wait(b.irq.posedge_event());
        const std::uint64_t busy_fs = (sc_time_stamp() - doorbell).value();
        CHECK(b.get64(PIMVP_COMMON_JOBS_DONE_LO) == 2);
        CHECK(b.get64(PIMVP_COMMON_BYTES_READ_LO) - read_before == 64 + 2 * 32 + 200);
        CHECK(b.get64(PIMVP_COMMON_BYTES_WRITTEN_LO) - written_before == 200 + 32);
        const std::uint64_t busy_ps = b.get64(PIMVP_COMMON_BUSY_TIME_LO) - busy_before;
        CHECK(busy_ps * 1000 <= busy_fs + 1000);
        CHECK(busy_ps * 1000 + 1000 >= busy_fs);
        wait(1, SC_US);  // idle time does not count
        CHECK(b.get64(PIMVP_COMMON_BUSY_TIME_LO) - busy_before == busy_ps);
        const std::uint64_t now_ps = b.get64(PIMVP_COMMON_TIME_LO);
        CHECK(now_ps == sc_time_stamp().value() / 1000);
        const pimvp_record record = b.record(1);
        CHECK(record.start_ps == doorbell.value() / 1000);
        CHECK(record.end_ps > record.start_ps + 200'000);
        CHECK(record.end_ps < now_ps);
    });
    b.check_clean();
}

TEST_CASE("accel.power.jobs_wait_for_the_clock_and_for_the_supply", "[accel][protocol]") {
    enum : std::uint32_t { on, clock_gated, off, no_state };
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(200);
        const auto refused = [&](std::uint32_t state) {
            return b.cpu.write32(accel_bench::regs + PIMVP_COMMON_POWER, state) ==
                   tlm::TLM_COMMAND_ERROR_RESPONSE;
        };
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        CHECK(refused(off));  // a job is in flight
        b.wait_retired(0);
        CHECK(refused(no_state));
        CHECK(b.get(PIMVP_COMMON_POWER) == on);

        // without a clock a doorbell waits, and nothing is forgotten
        b.set(PIMVP_COMMON_POWER, clock_gated);
        b.push(b.run_job(b.record(0).handle, program));
        b.doorbell();
        wait(100, SC_US);
        CHECK(b.get(PIMVP_COMMON_IN_FLIGHT) == 0);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 1);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
        CHECK(refused(off));  // a job is waiting
        b.set(PIMVP_COMMON_POWER, on);
        b.wait_retired(1);
        CHECK(b.record(1).status == 0);

        // off forgets programs; back on, the first job waits for the supply: not a moment earlier
        b.set(PIMVP_COMMON_POWER, off);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 0);
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        b.set(PIMVP_COMMON_POWER, on);
        const sc_time switched = sc_time_stamp();
        b.wait_retired(2);
        const sc_time up = core::to_time(b.dut.params().power_up.value);
        CHECK(b.record(2).start_ps == (switched + up).value() / 1000);

        // a detour does not shorten it
        b.set(PIMVP_COMMON_POWER, off);
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        b.set(PIMVP_COMMON_POWER, on);
        const sc_time again = sc_time_stamp();
        b.set(PIMVP_COMMON_POWER, clock_gated);
        b.set(PIMVP_COMMON_POWER, on);
        b.wait_retired(3);
        CHECK(b.record(3).start_ps == (again + up).value() / 1000);

        // RESET switches on at once
        b.set(PIMVP_COMMON_POWER, off);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
        wait(1, SC_US);
        CHECK(b.get(PIMVP_COMMON_POWER) == on);
        b.start_ring();
        b.push(b.job(PIMVP_JOB_FENCE));
        b.doorbell();
        const sc_time doorbell = sc_time_stamp();
        wait(b.irq.posedge_event());
        CHECK(sc_time_stamp() - doorbell < up);
    });
    b.check_clean();
}
