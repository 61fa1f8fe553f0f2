// SPDX-License-Identifier: Apache-2.0
#include <platform/accel/accel_bench.h>

#include <cstring>

namespace support {

using namespace pimvp;

namespace {

constexpr std::uint32_t not_written = 0xFFFFFFFF;

bus::memory_params small_memory() {
    bus::memory_params params;
    params.size.set(core::byte_size{1U << 20U});
    return params;
}

}  // namespace

accel_bench::accel_bench(core::coding_style style, const copy_params& params)
    : bench(style),
      bus("bus", context),
      ram("ram", context, small_memory()),
      cpu("cpu", context),
      dut("dut", context, params) {
    auto& checkers = context.service<bus::protocol_checkers>();
    checkers.enable(core::parse<core::duration>("10 ms"));
    const auto map = [&](auto& target, const char* name, std::uint64_t base, std::uint64_t size) {
        bus::protocol_checker& checker = checkers.add(context, name);
        bus.map(checker.in, base, size);
        checker.out.bind(target);
    };
    map(ram.in, "ram_checker", 0, ram.size());
    map(dut.regs, "regs_checker", regs, dut.regs_bytes());
    bus::connect(context, cpu, bus.in);
    bus::connect(context, dut.dma, bus.in);
    dut.irq.bind(irq);
    dut.rst.bind(rst);
}

std::uint32_t accel_bench::get(std::uint32_t offset) {
    std::uint32_t value = 0;
    REQUIRE(cpu.read32(regs + offset, value) == tlm::TLM_OK_RESPONSE);
    return value;
}

void accel_bench::set(std::uint32_t offset, std::uint32_t value) {
    REQUIRE(cpu.write32(regs + offset, value) == tlm::TLM_OK_RESPONSE);
}

std::uint64_t accel_bench::get64(std::uint32_t offset) {
    std::uint64_t value = 0;
    REQUIRE(cpu.read64(regs + offset, value) == tlm::TLM_OK_RESPONSE);
    return value;
}

void accel_bench::start_ring() {
    tail = 0;
    set(PIMVP_COMMON_CTRL, 0);  // a ring starts when ENABLE goes from 0 to 1
    set(PIMVP_COMMON_RING_BASE_LO, static_cast<std::uint32_t>(ring));
    set(PIMVP_COMMON_RING_BASE_HI, 0);
    set(PIMVP_COMMON_RING_SIZE, slots);
    set(PIMVP_COMMON_IRQ_STATUS, 0xFFFFFFFF);
    set(PIMVP_COMMON_IRQ_ENABLE,
        PIMVP_COMMON_IRQ_ENABLE_JOB_DONE_MASK | PIMVP_COMMON_IRQ_ENABLE_ERROR_MASK);
    set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
}

pimvp_job accel_bench::job(enum pimvp_opcode opcode) const {
    pimvp_job made{};
    made.opcode = static_cast<std::uint16_t>(opcode);
    made.version = PIMVP_JOB_VERSION;
    made.size = PIMVP_JOB_BYTES;
    made.flags = PIMVP_JOB_IRQ | PIMVP_JOB_RECORD;
    made.tag = 100 + tail;
    made.record = records + (tail % slots) * PIMVP_RECORD_BYTES;
    return made;
}

void accel_bench::push(const pimvp_job& pushed) {
    const pimvp_record empty{0, not_written, 0, 0, 0};
    ram.load(records + (tail % slots) * PIMVP_RECORD_BYTES, &empty, sizeof empty);
    ram.load(ring + (tail % slots) * PIMVP_JOB_BYTES, &pushed, sizeof pushed);
    ++tail;
}

pimvp_record accel_bench::record(std::uint32_t number) const {
    pimvp_record found{};
    ram.dump(records + (number % slots) * PIMVP_RECORD_BYTES, &found, sizeof found);
    return found;
}

std::uint32_t accel_bench::wait_irq() {
    if (!irq.read()) sc_core::wait(irq.posedge_event());
    const std::uint32_t seen = get(PIMVP_COMMON_IRQ_STATUS);
    set(PIMVP_COMMON_IRQ_STATUS, seen);
    return seen;
}

void accel_bench::wait_retired(std::uint32_t number) {
    for (;;) {
        if (get(PIMVP_COMMON_RING_HEAD) - number - 1 < 0x80000000U) return;
        if (get(PIMVP_COMMON_ERR_CODE) != 0) return;
        wait_irq();
    }
}

void accel_bench::place(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
    ram.load(address, bytes.data(), bytes.size());
}

std::vector<std::uint8_t> accel_bench::bytes_at(std::uint64_t address, std::size_t n) const {
    std::vector<std::uint8_t> bytes(n);
    ram.dump(address, bytes.data(), n);
    return bytes;
}

pimvp_job accel_bench::load_job(const copy_program& program, std::uint64_t image,
                                std::size_t weights) {
    const auto bytes = copy_image(program, weights);
    place(image, bytes);
    pimvp_job made = job(PIMVP_JOB_LOAD);
    made.address = image;
    made.length = bytes.size();
    return made;
}

pimvp_job accel_bench::run_job(std::uint64_t handle, const copy_program& program, unsigned block) {
    const std::uint64_t in = data + block * 0x1000;
    const std::uint64_t out = in + 0x1000;
    std::vector<std::uint8_t> pattern(program.bytes);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        pattern[i] = static_cast<std::uint8_t>(i * 7 + block);
    }
    place(in, pattern);
    place(out, std::vector<std::uint8_t>(program.bytes, 0));
    std::vector<pimvp_tensor> table{{in, program.bytes, 0, PIMVP_TENSOR_INPUT, 0},
                                    {out, program.bytes, 0, PIMVP_TENSOR_OUTPUT, 0}};
    if (program.has_state != 0) table.push_back({out + 0xF00, 1, 0, PIMVP_TENSOR_STATE, 0});
    pimvp_job made = job(PIMVP_JOB_RUN);
    made.handle = handle;
    made.address = tables + (tail % slots) * 128;
    made.length = table.size() * sizeof table[0];
    ram.load(made.address, table.data(), made.length);
    return made;
}

bool accel_bench::output_is_right(const copy_program& program, unsigned block) const {
    auto expected = bytes_at(data + block * 0x1000, program.bytes);
    for (std::uint8_t& byte : expected) byte = static_cast<std::uint8_t>(byte ^ program.key);
    return bytes_at(data + (block + 1) * 0x1000, program.bytes) == expected;
}

void accel_bench::correct_run() {
    copy_program program;
    program.bytes = 300;
    program.key = 0x5A;
    start_ring();
    push(load_job(program, images + 0x8000));
    doorbell();
    wait_retired(0);
    CHECK(get(PIMVP_COMMON_ERR_CODE) == 0);
    const pimvp_record loaded = record(0);
    CHECK(loaded.status == 0);
    CHECK(loaded.tag == 100);
    push(run_job(loaded.handle, program, 6));
    doorbell();
    wait_retired(1);
    CHECK(get(PIMVP_COMMON_ERR_CODE) == 0);
    CHECK(record(1).status == 0);
    CHECK(output_is_right(program, 6));
    pimvp_job unload = job(PIMVP_JOB_UNLOAD);
    unload.handle = loaded.handle;
    push(unload);
    doorbell();
    wait_retired(2);
    CHECK(record(2).status == 0);
    CHECK(get(PIMVP_COMMON_RING_HEAD) == 3);
}

void accel_bench::check_clean() {
    CHECK(context.service<bus::payload_pool>().outstanding() == 0);
    CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
    CHECK(context.service<bus::protocol_checkers>().transactions() > 0);
}

}  // namespace support
