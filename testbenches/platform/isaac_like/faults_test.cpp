// SPDX-License-Identifier: Apache-2.0
// Does every mistake of the guest end in its error code, and does the machine go on behind it?
#include <platform/isaac_like/image_sections.h>
#include <platform/isaac_like/isaac_bench.h>

#include <pimvp/accel/job.h>
#include <cstring>
#include <utility>

using namespace pimvp;
using accel::error_code;
using isaac_like_test::entry_of;
using isaac_like_test::exact_work;
using isaac_like_test::isaac_bench;
using isaac_like_test::offset_of;
using image_bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::uint64_t unmapped = 0x4'0000'0000;

/// A bench with a resident program, and jobs that nobody checks before the accelerator does.
struct guest {
    isaac_bench b;
    const exact_work work{1, 2};
    const image_bytes image = b.image(work.network);
    board::loaded_program program;

    explicit guest(core::coding_style style)
        : b(style) {}

    board::device& npu() { return b.device(); }
    pimvp_device& driver() { return b.device().driver(); }

    std::uint64_t place(const void* from, std::size_t bytes) {
        const std::uint64_t address = b.board.host().memory().allocate(bytes);
        b.board.host().place_memory(address, from, bytes);
        return address;
    }
    pimvp_ticket load(const image_bytes& bytes) {
        return load(place(bytes.data(), bytes.size()), bytes.size());
    }
    pimvp_ticket load(std::uint64_t address, std::size_t bytes) {
        pimvp_ticket ticket = 0;
        REQUIRE(pimvp_load_async(&driver(), address, bytes, &ticket) == PIMVP_OK);
        return ticket;
    }
    /// The tensor table of a correct RUN.
    std::vector<pimvp_tensor> table() {
        const board::tensor_bytes& in = work.inputs[0];
        const board::tensor_bytes out(work.outputs[0].size());
        return {{place(in.data(), in.size()), in.size(), 0, PIMVP_TENSOR_INPUT, 0},
                {place(out.data(), out.size()), out.size(), 0, PIMVP_TENSOR_OUTPUT, 0}};
    }
    pimvp_ticket run(std::uint64_t handle, const std::vector<pimvp_tensor>& tensors) {
        pimvp_ticket ticket = 0;
        REQUIRE(pimvp_run_async(&driver(), handle, tensors.data(),
                                static_cast<std::uint32_t>(tensors.size()), &ticket) == PIMVP_OK);
        return ticket;
    }
    /// A FENCE as the driver would write it, for tests to change.
    [[nodiscard]] pimvp_job job() {
        pimvp_job made{};
        made.opcode = PIMVP_JOB_FENCE;
        made.version = PIMVP_JOB_VERSION;
        made.size = PIMVP_JOB_BYTES;
        made.flags = PIMVP_JOB_IRQ;
        made.tag = driver().tail;
        return made;
    }
    pimvp_ticket push(const pimvp_job& job) {
        const pimvp_ticket ticket = driver().tail++;
        b.board.host().write_memory(driver().ring + (ticket % driver().jobs) * PIMVP_JOB_BYTES,
                                    &job, sizeof job);
        b.set(PIMVP_COMMON_RING_TAIL, driver().tail);
        return ticket;
    }

    /// The job halts the ring with `code`; RESUME skips it and everything works.
    void expect(const std::string& what, error_code code, pimvp_ticket ticket) {
        CAPTURE(what);
        expect_halt(code, ticket);
        npu().resume();
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == 0);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == ticket + 1);
        CHECK(b.get(PIMVP_COMMON_RESIDENT) == 1);
        b.check_runs(program, work);
    }
    void expect_halt(error_code code, pimvp_ticket ticket) {
        std::uint32_t seen = b.get(PIMVP_COMMON_IRQ_STATUS);
        while ((seen & PIMVP_COMMON_IRQ_STATUS_ERROR_MASK) == 0) {
            b.set(PIMVP_COMMON_IRQ_STATUS, seen);
            if (!npu().irq.read()) sc_core::wait(npu().irq.posedge_event());
            seen = b.get(PIMVP_COMMON_IRQ_STATUS);
        }
        CHECK(npu().irq.read());
        CHECK(b.get(PIMVP_COMMON_ERR_CODE) == static_cast<std::uint32_t>(code));
        CHECK(b.get(PIMVP_COMMON_ERR_JOB_TAG) == ticket);
        CHECK(b.get(PIMVP_COMMON_RING_HEAD) == ticket);
        CHECK((b.get(PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_HALTED_MASK) != 0);
    }
};

template <class T>
image_bytes patched(image_bytes image, std::size_t offset, T value) {
    std::memcpy(image.data() + offset, &value, sizeof value);
    return image;
}

void check_images(core::coding_style style) {
    guest g(style);
    using header = accel::program_header;
    using isaac_like::section_kind;
    g.b.run([&] {
        g.program = g.npu().load(g.image);
        g.expect("a second program for the same IMAs", error_code::no_capacity, g.load(g.image));

        isaac_like::isaac_like_params other = g.b.params;
        other.chips = 1;
        g.expect("another configuration", error_code::config_mismatch,
                 g.load(isaac_like::map_network(g.work.network, isaac_like::machine_of(g.b.params),
                                                isaac_like::config_hash(other))));
        g.expect("another family", error_code::config_mismatch,
                 g.load(patched(g.image, offsetof(header, family), 0x31415926U)));
        g.expect("another format", error_code::bad_version,
                 g.load(patched(g.image, offsetof(header, format_version),
                                std::uint16_t{accel::program_format_version + 1})));
        g.expect("no program", error_code::bad_program,
                 g.load(patched(g.image, offsetof(header, magic), 0U)));

        g.expect("cut off behind the header", error_code::bad_program,
                 g.load(image_bytes(g.image.begin(), g.image.begin() + sizeof(header))));
        g.expect("cut off in the cells", error_code::bad_program,
                 g.load(image_bytes(g.image.begin(), g.image.end() - 64)));
        for (const section_kind kind :
             {section_kind::io, section_kind::tiles, section_kind::cells}) {
            const auto name = std::to_string(static_cast<std::uint32_t>(kind));
            g.expect("no section " + name, error_code::bad_program,
                     g.load(patched(g.image, entry_of(g.image, kind), 999U)));
            g.expect("section " + name + " too short", error_code::bad_program,
                     g.load(patched(g.image,
                                    entry_of(g.image, kind) + offsetof(accel::section_entry, bytes),
                                    std::uint64_t{40})));
            if (kind == section_kind::cells) continue;  // any bytes are cells
            g.expect("section " + name + " with a wrong count", error_code::bad_program,
                     g.load(patched(g.image,
                                    offset_of(g.image, kind) + (kind == section_kind::io ? 4 : 0),
                                    0xFFFF'FFFFU)));
        }
        g.expect("an image that is not there", error_code::bus_error,
                 g.load(unmapped, g.image.size()));
    });
}

void check_jobs(core::coding_style style) {
    guest g(style);
    g.b.run([&] {
        g.program = g.npu().load(g.image);
        pimvp_job job = g.job();
        job.opcode = 77;
        g.expect("unknown opcode", error_code::bad_job, g.push(job));
        job = g.job();
        job.version = PIMVP_JOB_VERSION + 1;
        g.expect("unknown version", error_code::bad_version, g.push(job));

        g.expect("RUN of an unknown handle", error_code::bad_handle, g.run(999, g.table()));
        job = g.job();
        job.opcode = PIMVP_JOB_UNLOAD;
        job.handle = 999;
        g.expect("UNLOAD of an unknown handle", error_code::bad_handle, g.push(job));

        const std::uint64_t handle = g.program.handle;
        auto table = g.table();
        table.pop_back();
        g.expect("a tensor missing", error_code::bad_tensor_table, g.run(handle, table));
        table = g.table();
        table.push_back(table.back());
        g.expect("a tensor too many", error_code::bad_tensor_table, g.run(handle, table));
        table = g.table();
        std::swap(table[0], table[1]);
        g.expect("input and output exchanged", error_code::bad_tensor_table, g.run(handle, table));
        table = g.table();
        --table[0].bytes;
        g.expect("an input of another size", error_code::bad_tensor_table, g.run(handle, table));
        table = g.table();
        table[1].stride = 64;
        g.expect("a stride", error_code::bad_tensor_table, g.run(handle, table));

        table = g.table();
        table[0].address = unmapped;
        g.expect("an input at no memory", error_code::bus_error, g.run(handle, table));
        table = g.table();
        table[1].address = unmapped;
        g.expect("an output at no memory", error_code::bus_error, g.run(handle, table));
    });
}

/// Runs before and behind a faulty one are right, though all three are in flight together.
void check_faulty_run_among_others(core::coding_style style) {
    guest g(style);
    g.b.run([&] {
        g.program = g.npu().load(g.image);
        const auto before = g.npu().submit(g.program, {g.work.inputs[0]});
        auto table = g.table();
        table[0].address = unmapped;
        const pimvp_ticket faulty = g.run(g.program.handle, table);
        const auto behind = g.npu().submit(g.program, {g.work.inputs[1]});
        g.expect_halt(error_code::bus_error, faulty);
        CHECK(g.b.get(PIMVP_COMMON_ERR_ADDR_HI) == unmapped >> 32);
        CHECK(g.npu().collect(before).outputs.at(0) == g.work.outputs[0]);
        g.npu().resume();
        CHECK(g.npu().collect(behind).outputs.at(0) == g.work.outputs[1]);
    });
}

/// A LOAD that fails when some arrays have already been written leaves nothing behind.
void check_load_that_breaks_off(core::coding_style style) {
    guest g(style);
    g.b.run([&] {
        const std::uint64_t end = std::uint64_t{64} << 20;  // of the memory
        const std::uint64_t cells = offset_of(g.image, isaac_like::section_kind::cells);
        const std::size_t there = (cells + (g.image.size() - cells) / 2) / 64 * 64;
        g.b.board.host().place_memory(end - there, g.image.data(), there);
        g.npu().start();
        for (int round = 0; round < 2; ++round) {
            g.expect_halt(error_code::bus_error, g.load(end - there, g.image.size()));
            g.npu().resume();
            CHECK(g.b.get(PIMVP_COMMON_RESIDENT) == 0);
            g.program = g.npu().load(g.image);
            g.b.check_runs(g.program, g.work);
            g.npu().unload(g.program);
        }
    });
}

}  // namespace

TEST_CASE("isaac_like.faults.of_program_images_lt", "[platform]") {
    check_images(core::coding_style::lt);
}
TEST_CASE("isaac_like.faults.of_program_images_at", "[platform]") {
    check_images(core::coding_style::at);
}
TEST_CASE("isaac_like.faults.of_jobs_lt", "[platform]") {
    check_jobs(core::coding_style::lt);
}
TEST_CASE("isaac_like.faults.of_jobs_at", "[platform]") {
    check_jobs(core::coding_style::at);
}
TEST_CASE("isaac_like.faults.runs_around_a_faulty_one_are_right_lt", "[platform]") {
    check_faulty_run_among_others(core::coding_style::lt);
}
TEST_CASE("isaac_like.faults.runs_around_a_faulty_one_are_right_at", "[platform]") {
    check_faulty_run_among_others(core::coding_style::at);
}
TEST_CASE("isaac_like.faults.a_load_that_breaks_off_leaves_nothing_lt", "[platform]") {
    check_load_that_breaks_off(core::coding_style::lt);
}
TEST_CASE("isaac_like.faults.a_load_that_breaks_off_leaves_nothing_at", "[platform]") {
    check_load_that_breaks_off(core::coding_style::at);
}
