// SPDX-License-Identifier: Apache-2.0
// Does every mistake of software end in its error code, and does the machine go on afterwards?
#include <platform/accel/accel_bench.h>

#include <functional>
#include <limits>

using namespace pimvp;
using namespace sc_core;
using accel::error_code;
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

struct bad_job_row {
    const char* what;
    std::function<pimvp_job(accel_bench&, std::uint64_t handle)> make;
    error_code expected;
    std::uint64_t address;  ///< ERR_ADDR; any = not checked
    bool has_record;        ///< the job is understood far enough to get one
};

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

/// The image of a good program with some bytes changed.
pimvp_job spoiled_load(accel_bench& b, std::size_t at, std::uint8_t value) {
    pimvp_job made = b.load_job(copies(8), accel_bench::images + 0x2000);
    b.place(accel_bench::images + 0x2000 + at, {value});
    return made;
}

pimvp_job spoiled_run(accel_bench& b, std::uint64_t handle,
                      const std::function<void(pimvp_tensor&)>& spoil) {
    pimvp_job made = b.run_job(handle, copies(100));
    pimvp_tensor entry{};
    b.ram.dump(made.address + 32, &entry, sizeof entry);
    spoil(entry);
    b.ram.load(made.address + 32, &entry, sizeof entry);
    return made;
}

const std::vector<bad_job_row>& bad_jobs() {
    static const std::vector<bad_job_row> rows{
        {"unknown version",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.job(PIMVP_JOB_FENCE);
             j.version = 9;
             return j;
         },
         error_code::bad_version, any, false},
        {"unknown opcode",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.job(PIMVP_JOB_FENCE);
             j.opcode = 77;
             return j;
         },
         error_code::bad_job, any, false},
        {"reserved byte",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.job(PIMVP_JOB_FENCE);
             j.reserved1[0] = 1;
             return j;
         },
         error_code::bad_job, any, false},
        {"RUN of a handle nobody has",
         [](accel_bench& b, std::uint64_t) { return b.run_job(4711, copies(100)); },
         error_code::bad_handle, any, true},
        {"UNLOAD of a handle nobody has",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.job(PIMVP_JOB_UNLOAD);
             j.handle = 4711;
             return j;
         },
         error_code::bad_handle, 0, true},
        {"image with a wrong magic",
         [](accel_bench& b, std::uint64_t) { return spoiled_load(b, 0, 0); },
         error_code::bad_program, 0, true},
        {"image of a later format",
         [](accel_bench& b, std::uint64_t) {
             return spoiled_load(b, 4, accel::program_format_version + 1);
         },
         error_code::bad_version, 4, true},
        {"image of another family",
         [](accel_bench& b, std::uint64_t) { return spoiled_load(b, 8, 0); },
         error_code::config_mismatch, 8, true},
        {"image of another configuration",
         [](accel_bench& b, std::uint64_t) { return spoiled_load(b, 24, 0); },
         error_code::config_mismatch, 24, true},
        {"image with a reserved byte",
         [](accel_bench& b, std::uint64_t) { return spoiled_load(b, 127, 1); },
         error_code::bad_program, 88, true},
        {"section that leaves the image",
         [](accel_bench& b, std::uint64_t) { return spoiled_load(b, 128 + 24 + 22, 1); },
         error_code::bad_program, 128 + 24, true},
        {"contents the engine refuses",
         [](accel_bench& b, std::uint64_t) { return spoiled_load(b, 128 + 24 + 16, 8); },
         error_code::bad_program, 320, true},
        {"image that is longer than the job says",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.load_job(copies(8), accel_bench::images + 0x2000);
             j.length -= 1;
             return j;
         },
         error_code::bad_program, 16, true},
        {"image where no memory is",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.load_job(copies(8), accel_bench::images + 0x2000);
             j.address = accel_bench::unmapped;
             return j;
         },
         error_code::bus_error, accel_bench::unmapped, true},
        {"tensor table where no memory is",
         [](accel_bench& b, std::uint64_t handle) {
             pimvp_job j = b.run_job(handle, copies(100));
             j.address = accel_bench::unmapped;
             return j;
         },
         error_code::bus_error, accel_bench::unmapped, true},
        {"one tensor too few",
         [](accel_bench& b, std::uint64_t handle) {
             pimvp_job j = b.run_job(handle, copies(100));
             j.length = 32;
             return j;
         },
         error_code::bad_tensor_table, any, true},
        {"tensor of another role",
         [](accel_bench& b, std::uint64_t handle) {
             return spoiled_run(b, handle, [](pimvp_tensor& t) { t.role = 0; });
         },
         error_code::bad_tensor_table, any, true},
        {"tensor of another size",
         [](accel_bench& b, std::uint64_t handle) {
             return spoiled_run(b, handle, [](pimvp_tensor& t) { t.bytes = 99; });
         },
         error_code::bad_tensor_table, any, true},
        {"tensor with a stride",
         [](accel_bench& b, std::uint64_t handle) {
             return spoiled_run(b, handle, [](pimvp_tensor& t) { t.stride = 512; });
         },
         error_code::bad_tensor_table, any, true},
        {"output where no memory is",
         [](accel_bench& b, std::uint64_t handle) {
             return spoiled_run(b, handle,
                                [](pimvp_tensor& t) { t.address = accel_bench::unmapped; });
         },
         error_code::bus_error, accel_bench::unmapped, true},
        {"record where no memory is",
         [](accel_bench& b, std::uint64_t handle) {
             pimvp_job j = b.run_job(handle, copies(100));
             j.record = accel_bench::unmapped;
             return j;
         },
         error_code::bus_error, accel_bench::unmapped, false},
        {"LOAD whose record is where no memory is",
         [](accel_bench& b, std::uint64_t) {
             pimvp_job j = b.load_job(copies(8), accel_bench::images + 0x2000);
             j.record = accel_bench::unmapped;
             return j;
         },
         error_code::bus_error, accel_bench::unmapped, false},
    };
    return rows;
}

void every_bad_job(core::coding_style style) {
    accel_bench b(style);
    b.run(budget(), [&] {
        const auto program = copies(100, 0x77);
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        const std::uint64_t handle = b.record(0).handle;
        for (const bad_job_row& row : bad_jobs()) {
            INFO(row.what);
            // a good run before, the bad job, a good run behind it, all at once
            const std::uint32_t first = b.tail;
            b.push(b.run_job(handle, program, 4));
            const pimvp_job bad = row.make(b, handle);
            b.push(bad);
            b.push(b.run_job(handle, program, 8));
            b.doorbell();
            std::uint32_t seen = 0;
            while ((seen & PIMVP_COMMON_IRQ_STATUS_ERROR_MASK) == 0) seen |= b.wait_irq();
            CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<std::uint32_t>(row.expected));
            CHECK(b.get(PIMVP_COMMON_ERR_JOB_TAG) == bad.tag);
            if (row.address != any) CHECK(b.get64(PIMVP_COMMON_ERR_ADDR_LO) == row.address);
            CHECK(b.get(PIMVP_COMMON_RING_HEAD) == first + 1);
            CHECK((b.get(PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_HALTED_MASK) != 0);
            CHECK(b.output_is_right(program, 4));
            CHECK(b.record(first + 1).status ==
                  (row.has_record ? static_cast<std::uint32_t>(row.expected) : 0xFFFFFFFF));
            wait(10, SC_US);  // it stays halted
            CHECK(b.get(PIMVP_COMMON_RING_HEAD) == first + 1);

            b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_RESUME_MASK);
            CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
            b.wait_retired(first + 2);
            CHECK(b.get(PIMVP_COMMON_RING_HEAD) == first + 3);
            CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
            CHECK(b.output_is_right(program, 8));
            CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
            CHECK(b.dut.programs() == 1);
        }
    });
    b.check_clean();
}

}  // namespace

TEST_CASE("accel.faults.every_bad_job_has_its_code_and_is_skipped_lt", "[accel][protocol]") {
    every_bad_job(core::coding_style::lt);
}

TEST_CASE("accel.faults.every_bad_job_has_its_code_and_is_skipped_at", "[accel][protocol]") {
    every_bad_job(core::coding_style::at);
}

TEST_CASE("accel.faults.no_capacity_leaves_residents_alone", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(50, 1);
        b.start_ring();
        for (unsigned i = 0; i < 3; ++i) {
            b.push(b.load_job(program, accel_bench::images + i * 0x1000));
        }
        b.doorbell();
        b.wait_retired(2);
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::no_capacity));
        CHECK(b.get(PIMVP_COMMON_ERR_JOB_TAG) == 102);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 2);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_RESUME_MASK);
        pimvp_job unload = b.job(PIMVP_JOB_UNLOAD);
        unload.handle = b.record(0).handle;
        b.push(unload);
        b.push(b.load_job(program, accel_bench::images + 0x2000));
        b.doorbell();
        b.wait_retired(4);
        CHECK(b.record(4).status == 0);
        CHECK(b.dut.resident() ==
              std::vector<std::uint64_t>{b.record(1).handle, b.record(4).handle});
    });
    b.check_clean();
}

TEST_CASE("accel.faults.unload_with_runs_in_flight_is_busy", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto program = copies(1000, 1);
        b.start_ring();
        b.push(b.load_job(program));
        b.doorbell();
        b.wait_retired(0);
        b.push(b.run_job(b.record(0).handle, program));
        pimvp_job unload = b.job(PIMVP_JOB_UNLOAD);
        unload.handle = b.record(0).handle;
        b.push(unload);
        b.doorbell();
        while (b.get(PIMVP_COMMON_ERR_CODE) == 0) b.wait_irq();
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::handle_busy));
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 2);  // the run itself was not disturbed
        CHECK(b.output_is_right(program));
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
    });
    b.check_clean();
}

TEST_CASE("accel.faults.bad_ring_registers_and_doorbells", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto refused = [&b](const char* what) {
            INFO(what);
            CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::bad_ring));
            CHECK((b.get(PIMVP_COMMON_IRQ_STATUS) & PIMVP_COMMON_IRQ_STATUS_ERROR_MASK) != 0);
            b.set(PIMVP_COMMON_CTRL,
                  PIMVP_COMMON_CTRL_RESUME_MASK |
                      (b.get(PIMVP_COMMON_CTRL) & PIMVP_COMMON_CTRL_ENABLE_MASK));
            b.set(PIMVP_COMMON_IRQ_STATUS, 0xFFFFFFFF);
            CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        };
        b.set(PIMVP_COMMON_RING_TAIL, 1);
        refused("doorbell before ENABLE");
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
        refused("size 0");
        b.set(PIMVP_COMMON_RING_SIZE, 3);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
        refused("size 3");
        b.set(PIMVP_COMMON_RING_SIZE, 16);
        b.set(PIMVP_COMMON_RING_BASE_LO, 32);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
        refused("base not aligned");
        b.start_ring();
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        b.set(PIMVP_COMMON_RING_TAIL, 17);
        refused("overflow");
        CHECK(b.get(PIMVP_COMMON_RING_TAIL) == 0);
        b.set(PIMVP_COMMON_RING_TAIL, 0xFFFFFFFF);
        refused("backwards");
        // a ring in unmapped memory is found when the first job is fetched
        b.set(PIMVP_COMMON_CTRL, 0);
        b.set(PIMVP_COMMON_RING_BASE_HI, static_cast<std::uint32_t>(accel_bench::unmapped >> 32));
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
        b.set(PIMVP_COMMON_RING_TAIL, 1);
        b.wait_irq();
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::bus_error));
        CHECK(b.get64(PIMVP_COMMON_ERR_ADDR_LO) == (accel_bench::unmapped & ~0xFFFFFFFFULL));
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
        b.correct_run();
    });
    b.check_clean();
}

TEST_CASE("accel.faults.the_first_error_stays", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        b.start_ring();
        pimvp_job bad = b.job(PIMVP_JOB_FENCE);
        bad.opcode = 0;
        b.push(bad);
        bad.version = 7;
        bad.tag = 555;
        b.push(bad);
        b.doorbell();
        b.wait_irq();
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::bad_job));
        b.set(PIMVP_COMMON_RING_TAIL, 400);  // a second mistake
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::bad_job));
        CHECK(b.get(PIMVP_COMMON_ERR_JOB_TAG) == 100);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_RESUME_MASK);
        wait(10, SC_US);
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<unsigned>(error_code::bad_version));
        CHECK(b.get(PIMVP_COMMON_ERR_JOB_TAG) == 555);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 1);
    });
    b.check_clean();
}

TEST_CASE("accel.faults.runs_in_flight_behind_a_fault_retire_after_resume", "[accel][protocol]") {
    accel_bench b;
    b.run(budget(), [&] {
        const auto slow = copies(1000, 1);
        const auto fast = copies(10, 2);
        b.start_ring();
        b.push(b.load_job(slow));
        b.push(b.load_job(fast, accel_bench::images + 0x1000));
        b.doorbell();
        b.wait_retired(1);
        pimvp_job first = b.run_job(b.record(0).handle, slow);
        pimvp_tensor output{};
        b.ram.dump(first.address + 32, &output, sizeof output);
        output.address = accel_bench::unmapped;  // known only when the run ends
        b.ram.load(first.address + 32, &output, sizeof output);
        b.push(first);
        b.push(b.run_job(b.record(1).handle, fast, 4));
        b.doorbell();
        while (b.get(PIMVP_COMMON_ERR_CODE) == 0) b.wait_irq();
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == 2);
        CHECK(b.output_is_right(fast, 4));
        CHECK(b.record(3).status == 0xFFFFFFFF);
        b.set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_RESUME_MASK);
        b.wait_retired(3);
        CHECK(b.record(3).status == 0);
    });
    b.check_clean();
}
