// SPDX-License-Identifier: Apache-2.0
// A hostile guest: any bytes in ring, tables and program images, any register writes, at any time,
// resets included. The accelerator may answer with ERR_*, nothing else: at the end of each input a
// reset brings every payload home and a correct run works.
//
// The input is a list of 8-byte steps {kind, a, b, c}; one simulation serves all inputs.
#include <platform/accel/copy_accelerator.h>

#include <pimvp/accel/common_regs.h>
#include <pimvp/accel/job.h>
#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/router.h>
#include <pimvp/core/setup.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <systemc>
#include <vector>

int sc_main(int, char**) {  // libsystemc asks for one
    return 0;
}

/// LeakSanitizer searches the stack of main; at exit, SystemC's coroutines have taken its place and
/// even libFuzzer's own vectors look lost.
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}

using namespace pimvp;
using namespace sc_core;

namespace {

struct step {
    std::uint8_t kind;
    std::uint8_t a;
    std::uint16_t b;
    std::uint32_t c;
};
static_assert(sizeof(step) == 8, "input format");

constexpr std::uint64_t memory_bytes = 0x4'0000;
constexpr std::uint64_t regs = 0x1000'0000;
constexpr std::uint64_t ring = 0x0000, records = 0x1000, tables = 0x2000, images = 0x4000;
constexpr std::uint64_t data = 0x8000;
constexpr std::uint32_t slots = 8;
constexpr std::size_t steps_max = 256;

void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

bus::memory_params small_memory() {
    bus::memory_params params;
    params.size.set(core::byte_size{memory_bytes});
    return params;
}

class machine : public sc_module {
public:
    explicit machine(const sc_module_name& name)
        : sc_module(name) {
        auto& checkers = m_context.service<bus::protocol_checkers>();
        checkers.enable();
        m_bus.map(m_ram.in, 0, memory_bytes);
        m_bus.map(m_dut.regs, regs, m_dut.regs_bytes());
        bus::connect(m_context, m_cpu, m_bus.in);
        bus::connect(m_context, m_dut.dma, m_bus.in);
        m_dut.irq.bind(m_irq);
        m_dut.rst.bind(m_rst);
        sc_spawn([this] { thread(); }, "software");
    }

    void play(const step* steps, std::size_t count) {
        m_steps = steps;
        m_count = count;
        m_go.notify(SC_ZERO_TIME);
        sc_start();  // until the thread pauses it: simulated time must last for many inputs
        require(m_steps == nullptr, "the software has not ended");
        require(m_context.service<bus::payload_pool>().outstanding() == 0, "a payload is lost");
    }

private:
    void thread() {
        for (;;) {
            while (m_steps == nullptr) wait(m_go);
            set_up();
            for (std::size_t i = 0; i < m_count; ++i) take(m_steps[i]);
            m_rst.write(true);
            wait(10, SC_NS);
            m_rst.write(false);
            wait(10, SC_US);
            require(m_dut.jobs_in_flight() == 0 && m_dut.resident().empty(), "reset leaves jobs");
            correct_run();
            m_steps = nullptr;
            sc_pause();
        }
    }

    void set(std::uint32_t offset, std::uint32_t value) { m_cpu.write32(regs + offset, value); }
    std::uint32_t get(std::uint32_t offset) {
        std::uint32_t value = 0;
        m_cpu.read32(regs + offset, value);
        return value;
    }

    void set_up() {
        m_tail = 0;
        support::copy_program program;
        program.bytes = 64;
        program.key = 0x55;
        const auto image = support::copy_image(program, 128);
        const std::vector<std::uint8_t> zeros(memory_bytes, 0);
        m_ram.load(0, zeros.data(), zeros.size());
        m_ram.load(images, image.data(), image.size());
        m_image_bytes = image.size();
        const pimvp_tensor table[] = {{data, 64, 0, PIMVP_TENSOR_INPUT, 0},
                                      {data + 64, 64, 0, PIMVP_TENSOR_OUTPUT, 0}};
        m_ram.load(tables, table, sizeof table);
        set(PIMVP_COMMON_RING_BASE_LO, ring);
        set(PIMVP_COMMON_RING_SIZE, slots);
        set(PIMVP_COMMON_IRQ_ENABLE, 3);
        set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
    }

    /// The handle that the record of an earlier job names.
    std::uint64_t handle_of(std::uint32_t slot) {
        pimvp_record record{};
        m_ram.dump(records + slot % slots * sizeof record, &record, sizeof record);
        return record.handle;
    }

    void push(enum pimvp_opcode opcode, std::uint64_t handle) {
        pimvp_job job{};
        job.opcode = static_cast<std::uint16_t>(opcode);
        job.version = PIMVP_JOB_VERSION;
        job.size = PIMVP_JOB_BYTES;
        job.flags = PIMVP_JOB_IRQ | PIMVP_JOB_RECORD;
        job.tag = m_tail;
        job.record = records + m_tail % slots * sizeof(pimvp_record);
        if (opcode == PIMVP_JOB_LOAD) job.address = images, job.length = m_image_bytes;
        if (opcode == PIMVP_JOB_RUN) job.address = tables, job.length = 2 * sizeof(pimvp_tensor);
        if (opcode == PIMVP_JOB_RUN || opcode == PIMVP_JOB_UNLOAD) job.handle = handle;
        m_ram.load(ring + m_tail % slots * sizeof job, &job, sizeof job);
        ++m_tail;
    }

    void take(const step& s) {
        const std::uint64_t address = (std::uint64_t{s.a} << 16U | s.b) % (memory_bytes - 4);
        switch (s.kind % 8) {
        case 0:
            m_ram.load(address, &s.c, sizeof s.c);
            break;
        case 1:
            set(s.a % 64 * 4U, s.c);
            break;
        case 2:
            wait(sc_time(s.b, SC_NS));
            break;
        case 3:
            push(static_cast<enum pimvp_opcode>(1 + s.a % 4), handle_of(s.b));
            if ((s.b & 0x8000U) == 0) set(PIMVP_COMMON_RING_TAIL, m_tail);
            break;
        case 4:
            set(PIMVP_COMMON_CTRL, s.a % 16);
            break;
        case 5:
            m_rst.write(true);
            wait(sc_time(s.b % 64, SC_NS));
            m_rst.write(false);
            wait(SC_ZERO_TIME);
            break;
        case 6:
            m_cpu.write(regs + s.a, &s.c, 1 + s.b % 4);
            break;
        default:
            m_ram.load(ring + s.a % 64 * 8U + s.b % 8U, &s.c, 1);
            break;
        }
    }

    void correct_run() {
        set_up();
        push(PIMVP_JOB_LOAD, 0);
        set(PIMVP_COMMON_RING_TAIL, m_tail);
        wait(20, SC_US);
        push(PIMVP_JOB_RUN, handle_of(0));
        set(PIMVP_COMMON_RING_TAIL, m_tail);
        wait(20, SC_US);
        std::uint8_t output[64] = {};
        m_ram.dump(data + 64, output, sizeof output);
        for (const std::uint8_t byte : output) require(byte == 0x55, "a correct run fails");
        require(get(PIMVP_COMMON_RING_HEAD) == 2, "a correct run does not retire");
        set(PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
    }

    core::context m_context;
    bus::router m_bus{"bus", m_context};
    bus::memory m_ram{"ram", m_context, small_memory()};
    bus::initiator_port m_cpu{"cpu", m_context};
    support::copy_accelerator m_dut{"dut", m_context, {}};
    sc_signal<bool> m_irq{"irq"};
    sc_signal<bool> m_rst{"rst"};
    sc_event m_go{"go"};
    const step* m_steps = nullptr;
    std::size_t m_count = 0;
    std::uint32_t m_tail = 0;
    std::size_t m_image_bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static machine* const one = [] {  // lives as long as the simulation: the process
        core::simulation_setup();
        return new machine("machine");
    }();
    std::vector<step> steps(std::min(size / sizeof(step), steps_max));
    if (!steps.empty()) std::memcpy(steps.data(), bytes, steps.size() * sizeof(step));
    one->play(steps.data() != nullptr ? steps.data() : reinterpret_cast<const step*>(&one),
              steps.size());
    return 0;
}
