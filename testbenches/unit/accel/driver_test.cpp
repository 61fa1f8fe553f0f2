// SPDX-License-Identifier: Apache-2.0
// Does the C driver speak to the device as documented? Against a device made of plain memory.
#include <support/catch.h>

#include <pimvp/accel/common_regs_c.h>
#include <pimvp/accel/driver/pimvp_driver.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace {

/// Registers as a map, work memory as host memory: the driver uses plain pointers.
struct fake_device {
    std::map<std::uint32_t, std::uint32_t> registers{
        {PIMVP_COMMON_ID, PIMVP_COMMON_ID_RESET},
        {PIMVP_COMMON_VERSION, PIMVP_COMMON_VERSION_RESET},
        {PIMVP_COMMON_FAMILY, 0x1234}};
    std::vector<std::pair<std::uint32_t, std::uint32_t>> writes;
    std::function<int()> on_wait = [] { return 1; };
    unsigned barriers = 0;
    alignas(64) std::uint64_t memory[2048] = {};
    pimvp_device device{};

    [[nodiscard]] std::uint64_t work() const {
        return reinterpret_cast<std::uintptr_t>(static_cast<const void*>(memory));
    }
    [[nodiscard]] pimvp_hooks hooks() {
        return {this,
                [](void* self, std::uint32_t offset) {
                    return static_cast<fake_device*>(self)->registers[offset];
                },
                [](void* self, std::uint32_t offset, std::uint32_t value) {
                    auto* fake = static_cast<fake_device*>(self);
                    fake->writes.emplace_back(offset, value);
                    if (offset != PIMVP_COMMON_IRQ_STATUS) fake->registers[offset] = value;
                },
                [](void* self) { ++static_cast<fake_device*>(self)->barriers; },
                [](void* self) { return static_cast<fake_device*>(self)->on_wait(); }};
    }
    int probe() {
        const pimvp_hooks h = hooks();
        return pimvp_probe(&device, &h, nullptr);
    }
    [[nodiscard]] pimvp_job job(std::uint32_t slot) const {
        pimvp_job found{};
        std::memcpy(&found, &memory[slot * 8], sizeof found);
        return found;
    }
    /// What the accelerator does when a job retires.
    void retire(std::uint32_t slot, std::uint32_t status, std::uint64_t handle = 0) {
        const pimvp_job j = job(slot);
        const pimvp_record record{j.tag, status, handle, 1, 2};
        std::memcpy(reinterpret_cast<void*>(static_cast<std::uintptr_t>(j.record)), &record,
                    sizeof record);
        ++registers[PIMVP_COMMON_RING_HEAD];
    }
};

}  // namespace

TEST_CASE("accel.driver.probe_knows_what_answers", "[accel][unit]") {
    const auto fake = std::make_unique<fake_device>();
    CHECK(fake->probe() == PIMVP_OK);
    CHECK(fake->device.family == 0x1234);
    fake->registers[PIMVP_COMMON_VERSION] = 0x00010007;  // a later minor version
    CHECK(fake->probe() == PIMVP_OK);
    fake->registers[PIMVP_COMMON_VERSION] = 0x00020000;
    CHECK(fake->probe() == PIMVP_E_DEVICE);
    fake->registers[PIMVP_COMMON_ID] = 0;
    CHECK(fake->probe() == PIMVP_E_DEVICE);
    pimvp_hooks hooks = fake->hooks();
    hooks.barrier = nullptr;
    CHECK(pimvp_probe(&fake->device, &hooks, nullptr) == PIMVP_E_ARGUMENT);
}

TEST_CASE("accel.driver.start_checks_its_arguments", "[accel][unit]") {
    const auto fake = std::make_unique<fake_device>();
    REQUIRE(fake->probe() == PIMVP_OK);
    pimvp_device* device = &fake->device;
    CHECK(pimvp_start(device, fake->work(), 0, 2) == PIMVP_E_ARGUMENT);
    CHECK(pimvp_start(device, fake->work(), 3, 2) == PIMVP_E_ARGUMENT);
    CHECK(pimvp_start(device, fake->work(), 131072, 2) == PIMVP_E_ARGUMENT);
    CHECK(pimvp_start(device, fake->work() + 8, 4, 2) == PIMVP_E_ARGUMENT);
    CHECK(fake->writes.empty());
    CHECK(pimvp_run_async(device, 1, nullptr, 0, nullptr) == PIMVP_E_ARGUMENT);
    CHECK(pimvp_work_bytes(4, 2) == 4 * 64 + 4 * 32 + 4 * 2 * 32);
    CHECK(pimvp_start(device, fake->work(), 4, 2) == PIMVP_OK);
    CHECK(fake->writes.back() == std::make_pair(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK));
    CHECK(fake->registers[PIMVP_COMMON_RING_SIZE] == 4);
}

TEST_CASE("accel.driver.submits_rings_and_polls", "[accel][unit]") {
    const auto fake = std::make_unique<fake_device>();
    REQUIRE(fake->probe() == PIMVP_OK);
    pimvp_device* device = &fake->device;
    REQUIRE(pimvp_start(device, fake->work(), 4, 2) == PIMVP_OK);
    const pimvp_tensor tensors[2] = {{64, 1, 0, PIMVP_TENSOR_INPUT, 0},
                                     {128, 2, 0, PIMVP_TENSOR_OUTPUT, 0}};
    pimvp_ticket tickets[5];
    for (unsigned i = 0; i < 4; ++i) {
        REQUIRE(pimvp_run_async(device, 9, tensors, 2, &tickets[i]) == PIMVP_OK);
        CHECK(fake->barriers == i + 1);
        CHECK(fake->writes.back() == std::make_pair(PIMVP_COMMON_RING_TAIL, i + 1));
    }
    CHECK(pimvp_run_async(device, 9, tensors, 2, &tickets[4]) == PIMVP_E_FULL);
    CHECK(pimvp_run_async(device, 9, tensors, 3, &tickets[4]) == PIMVP_E_ARGUMENT);
    const pimvp_job job = fake->job(2);
    CHECK(job.opcode == PIMVP_JOB_RUN);
    CHECK(job.version == PIMVP_JOB_VERSION);
    CHECK(job.handle == 9);
    CHECK(job.length == 64);
    CHECK(job.tag == tickets[2]);
    pimvp_tensor table[2];
    std::memcpy(table, reinterpret_cast<void*>(static_cast<std::uintptr_t>(job.address)),
                sizeof table);
    CHECK(table[1].address == 128);
    CHECK(table[1].bytes == 2);

    CHECK(pimvp_poll(device, tickets[0], nullptr) == PIMVP_PENDING);
    fake->retire(0, 0, 9);
    fake->retire(1, 6, 9);
    ++fake->registers[PIMVP_COMMON_RING_HEAD];  // job 2 leaves without a record
    pimvp_record record{};
    CHECK(pimvp_poll(device, tickets[0], &record) == PIMVP_OK);
    CHECK(record.end_ps == 2);
    CHECK(pimvp_poll(device, tickets[1], &record) == PIMVP_E_FAULT);
    CHECK(record.status == 6);
    CHECK(pimvp_poll(device, tickets[2], &record) == PIMVP_E_DROPPED);
    CHECK(pimvp_poll(device, tickets[3], &record) == PIMVP_PENDING);
    CHECK(pimvp_poll(device, 4, nullptr) == PIMVP_E_ARGUMENT);  // never submitted
    REQUIRE(pimvp_fence_async(device, &tickets[4]) == PIMVP_OK);
    CHECK(pimvp_poll(device, tickets[0], nullptr) == PIMVP_E_STALE);
}

TEST_CASE("accel.driver.wait_sleeps_until_the_job_has_retired", "[accel][unit]") {
    const auto fake = std::make_unique<fake_device>();
    REQUIRE(fake->probe() == PIMVP_OK);
    pimvp_device* device = &fake->device;
    REQUIRE(pimvp_start(device, fake->work(), 4, 2) == PIMVP_OK);
    unsigned slept = 0;
    fake->on_wait = [&] {
        if (++slept == 3) fake->retire(0, 0, 77);  // woken twice for others
        fake->registers[PIMVP_COMMON_IRQ_STATUS] = PIMVP_COMMON_IRQ_STATUS_JOB_DONE_MASK;
        return 0;
    };
    std::uint64_t handle = 0;
    CHECK(pimvp_load(device, 0x8000, 128, &handle) == PIMVP_OK);
    CHECK(handle == 77);
    CHECK(slept == 3);

    fake->on_wait = [&] {
        fake->registers[PIMVP_COMMON_ERR_CODE] = 3;
        fake->registers[PIMVP_COMMON_ERR_ADDR_LO] = 5;
        fake->registers[PIMVP_COMMON_ERR_ADDR_HI] = 6;
        return 0;
    };
    CHECK(pimvp_unload(device, 5) == PIMVP_E_FAULT);
    pimvp_error_info info{};
    CHECK(pimvp_error(device, &info) == PIMVP_E_FAULT);
    CHECK(info.code == 3);
    CHECK(info.address == 0x6'0000'0005);
    fake->registers[PIMVP_COMMON_ERR_CODE] = 0;
    fake->on_wait = [] { return 1; };
    CHECK(pimvp_fence(device) == PIMVP_E_TIMEOUT);
}

TEST_CASE("accel.driver.abort_voids_the_records_of_dropped_jobs", "[accel][unit]") {
    const auto fake = std::make_unique<fake_device>();
    REQUIRE(fake->probe() == PIMVP_OK);
    pimvp_device* device = &fake->device;
    REQUIRE(pimvp_start(device, fake->work(), 4, 2) == PIMVP_OK);
    for (unsigned i = 0; i < 3; ++i) REQUIRE(pimvp_fence_async(device, nullptr) == PIMVP_OK);
    fake->retire(0, 0);
    fake->retire(1, 0);  // has written its record, but ABORT came before HEAD moved
    fake->registers[PIMVP_COMMON_ABORT_HEAD] = 1;
    fake->registers[PIMVP_COMMON_RING_HEAD] = 3;
    CHECK(pimvp_abort(device) == PIMVP_OK);
    CHECK(pimvp_poll(device, 0, nullptr) == PIMVP_OK);
    CHECK(pimvp_poll(device, 1, nullptr) == PIMVP_E_DROPPED);
    CHECK(pimvp_poll(device, 2, nullptr) == PIMVP_E_DROPPED);
    fake->registers[PIMVP_COMMON_STATUS] = PIMVP_COMMON_STATUS_ABORTING_MASK;
    CHECK(pimvp_abort(device) == PIMVP_E_TIMEOUT);
}
