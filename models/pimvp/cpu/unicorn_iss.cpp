// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/unicorn_iss.h>

#include <pimvp/cpu/block_table.h>
#include <pimvp/cpu/unicorn_memory.h>

#include <unicorn/unicorn.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace pimvp::cpu {
namespace {

constexpr std::uint64_t never = translated_block::nowhere;

// mcause
constexpr std::uint64_t fetch_fault = 1, illegal_instruction = 2, breakpoint_trap = 3,
                        load_misaligned = 4, load_fault = 5, store_misaligned = 6, store_fault = 7,
                        ecall_from_m = 11;
// mstatus
constexpr std::uint64_t mie_bit = 1U << 3U, mpie_bit = 1U << 7U, mpp_bits = 3U << 11U;

constexpr std::uint64_t bit_of(interrupt_line line) {
    return std::uint64_t{1} << static_cast<unsigned>(line);
}

struct trap {
    std::uint64_t cause = 0;
    std::uint64_t pc = 0;
    std::uint64_t value = 0;
};

class unicorn_iss final : public iss {
public:
    unicorn_iss(const iss_options& options, iss_environment& environment);
    ~unicorn_iss() override;
    unicorn_iss(const unicorn_iss&) = delete;
    unicorn_iss& operator=(const unicorn_iss&) = delete;

    void reset(std::uint64_t program_counter) override;
    stop_reason run(std::uint64_t budget) override;
    stop_reason step() override;
    void request_stop() override { m_stop_requested = m_attention = true; }
    void set_interrupt(interrupt_line line, bool level) override;
    [[nodiscard]] bool interrupt_pending() const override {
        return m_lines != 0 && (m_lines & get(UC_RISCV_REG_MIE)) != 0;
    }
    void trap_ebreak() override { enter_trap({breakpoint_trap, m_pc, m_pc}); }

    [[nodiscard]] std::uint64_t read_register(unsigned number) const override;
    void write_register(unsigned number, std::uint64_t value) override;
    [[nodiscard]] unsigned xlen() const override { return m_options.xlen; }

    void set_breakpoint(std::uint64_t address) override { m_breakpoints.insert(address); }
    void clear_breakpoint(std::uint64_t address) override { m_breakpoints.erase(address); }
    void clear_breakpoints() override { m_breakpoints.clear(); }

    void code_changed(std::uint64_t first, std::uint64_t last) override;
    void direct_memory_changed(std::uint64_t first, std::uint64_t last) override;

    [[nodiscard]] std::uint64_t cycles() const override { return m_cycles; }
    [[nodiscard]] std::uint64_t instructions() const override { return m_instructions; }
    [[nodiscard]] class_counts instructions_by_class() const override { return m_blocks.counts(); }

private:
    // hooks of Unicorn
    static void on_block(uc_engine*, std::uint64_t pc, std::uint32_t bytes, void* self);
    static void on_interrupt(uc_engine*, std::uint32_t number, void* self);
    static bool on_invalid(uc_engine*, void*) { return false; }
    static bool on_unmapped(uc_engine*, uc_mem_type type, std::uint64_t address, int bytes,
                            std::int64_t value, void* self);
    static bool on_protected(uc_engine*, uc_mem_type type, std::uint64_t address, int bytes,
                             std::int64_t value, void* self);

    [[nodiscard]] std::uint64_t get(int unicorn_register) const;
    void set(int unicorn_register, std::uint64_t value);
    [[nodiscard]] std::uint64_t truncated(std::uint64_t value) const;

    void enter_block(std::uint64_t pc, std::uint32_t bytes);
    void halt();
    [[nodiscard]] bool must_stop();
    void legalise_csrs();
    void apply_csr_read();
    bool emulate_csr_read(std::uint64_t pc);
    [[nodiscard]] std::optional<std::uint64_t> value_of_csr(std::uint16_t csr) const;
    [[nodiscard]] stop_reason emulate();
    [[nodiscard]] stop_reason settle(uc_err answer);
    void settle_between_blocks();
    bool take_interrupt();
    void enter_trap(const trap& taken);
    [[nodiscard]] bool interrupt_takes_over() const;

    bool access_device(bool writes, std::uint64_t address, std::size_t bytes, std::uint64_t value);
    bool map_access(uc_mem_type type, std::uint64_t address, std::size_t bytes,
                    std::uint64_t value);

    [[nodiscard]] instruction fetch(std::uint64_t pc) const {
        return decode(m_memory.fetch(pc), m_options.xlen);
    }
    void count(const instruction& one, int times);
    void count_up_to(std::uint64_t pc);
    void uncount_from(std::uint64_t pc);
    [[nodiscard]] std::uint64_t accessing_pc(bool writes, std::uint64_t address) const;

    const iss_options m_options;
    iss_environment& m_environment;
    uc_engine* const m_uc;
    unicorn_memory m_memory;
    std::uint64_t m_pc = 0;

    std::uint64_t m_cycles = 0;
    std::uint64_t m_instructions = 0;
    std::uint64_t m_limit = 0;
    block_table m_blocks;
    translated_block* m_current = nullptr;  ///< the block counted last
    std::uint64_t m_sequential = never;     ///< where execution goes on unless it jumps

    bool m_attention = false;    ///< something to look at before the next block
    bool m_halted = false;       ///< by us, before a block
    bool m_fetch_again = false;  ///< memory was mapped for a fetch
    bool m_stop_requested = false;
    bool m_stepping = false;
    bool m_step_entered = false;
    bool m_near_breakpoint = false;
    bool m_device_done = false;       ///< the access a protection hook will ask for has been made
    std::uint64_t m_lines = 0;        ///< like mip
    std::uint64_t m_handler = never;  ///< entered by the trap before; nothing executed since
    std::optional<trap> m_trap;
    std::exception_ptr m_thrown;

    std::set<std::uint64_t> m_breakpoints;
    using range = std::pair<std::uint64_t, std::uint64_t>;  ///< first, last
    static constexpr range everything{0, ~std::uint64_t{0}};
    std::vector<range> m_changed;     ///< direct memory
    std::vector<range> m_stale_code;  ///< translations
};

// ---- life --------------------------------------------------------------------------------------

uc_engine* make_engine(unsigned xlen) {
    uc_engine* engine = nullptr;
    check_unicorn(uc_open(UC_ARCH_RISCV, xlen == 32 ? UC_MODE_RISCV32 : UC_MODE_RISCV64, &engine),
                  "open");
    return engine;
}

unicorn_iss::unicorn_iss(const iss_options& options, iss_environment& environment)
    : m_options(options),
      m_environment(environment),
      m_uc(make_engine(options.xlen)),
      m_memory(m_uc, environment),
      m_blocks(options.timing) {
    uc_hook handle = 0;
    const auto hook = [&](int type, void* callback) {
        check_unicorn(uc_hook_add(m_uc, &handle, type, callback, this, 1, 0), "hook");
    };
    hook(UC_HOOK_BLOCK, reinterpret_cast<void*>(&on_block));
    hook(UC_HOOK_INTR, reinterpret_cast<void*>(&on_interrupt));
    hook(UC_HOOK_INSN_INVALID, reinterpret_cast<void*>(&on_invalid));
    hook(UC_HOOK_MEM_UNMAPPED, reinterpret_cast<void*>(&on_unmapped));
    hook(UC_HOOK_MEM_PROT, reinterpret_cast<void*>(&on_protected));
}

unicorn_iss::~unicorn_iss() {
    uc_close(m_uc);
}

void unicorn_iss::reset(std::uint64_t program_counter) {
    for (int i = 1; i < 32; ++i) set(UC_RISCV_REG_X0 + i, 0);
    for (int i = 0; i < 32; ++i) set(UC_RISCV_REG_F0 + i, 0);
    for (const int csr :
         {UC_RISCV_REG_FCSR, UC_RISCV_REG_MIE, UC_RISCV_REG_MTVEC, UC_RISCV_REG_MSCRATCH,
          UC_RISCV_REG_MEPC, UC_RISCV_REG_MCAUSE, UC_RISCV_REG_MTVAL}) {
        set(csr, 0);
    }
    set(UC_RISCV_REG_MSTATUS, mpp_bits);
    m_trap.reset();
    m_stop_requested = false;
    m_handler = never;
    m_pc = m_sequential = program_counter;
    m_current = nullptr;
}

std::uint64_t unicorn_iss::get(int unicorn_register) const {
    std::uint64_t value = 0;
    uc_reg_read(m_uc, unicorn_register, &value);
    return truncated(value);
}

void unicorn_iss::set(int unicorn_register, std::uint64_t value) {
    uc_reg_write(m_uc, unicorn_register, &value);
}

std::uint64_t unicorn_iss::truncated(std::uint64_t value) const {
    return m_options.xlen == 32 ? value & 0xFFFFFFFFU : value;
}

namespace {
/// The CSRs a debugger sees, by number.
constexpr std::pair<unsigned, int> visible_csrs[] = {
    {0x001, UC_RISCV_REG_FFLAGS},   {0x002, UC_RISCV_REG_FRM},  {0x003, UC_RISCV_REG_FCSR},
    {0x300, UC_RISCV_REG_MSTATUS},  {0x304, UC_RISCV_REG_MIE},  {0x305, UC_RISCV_REG_MTVEC},
    {0x340, UC_RISCV_REG_MSCRATCH}, {0x341, UC_RISCV_REG_MEPC}, {0x342, UC_RISCV_REG_MCAUSE},
    {0x343, UC_RISCV_REG_MTVAL}};

std::optional<int> visible_csr(unsigned number) {
    for (const auto& [csr, id] : visible_csrs) {
        if (csr == number) return id;
    }
    return std::nullopt;
}
}  // namespace

std::uint64_t unicorn_iss::read_register(unsigned number) const {
    if (number < 32) return get(UC_RISCV_REG_X0 + static_cast<int>(number));
    if (number == register_number::pc) return m_pc;
    if (number < register_number::csr0) {  // 64 bits wide, whatever xlen
        std::uint64_t value = 0;
        uc_reg_read(m_uc, UC_RISCV_REG_F0 + static_cast<int>(number - register_number::f0), &value);
        return value;
    }
    const unsigned csr = number - register_number::csr0;
    if (const auto id = visible_csr(csr)) return get(*id);
    return value_of_csr(static_cast<std::uint16_t>(csr)).value_or(0);
}

void unicorn_iss::write_register(unsigned number, std::uint64_t value) {
    if (number == 0) return;
    if (number < 32) {
        set(UC_RISCV_REG_X0 + static_cast<int>(number), value);
    } else if (number == register_number::pc) {
        m_pc = m_sequential = truncated(value);
    } else if (number < register_number::csr0) {
        set(UC_RISCV_REG_F0 + static_cast<int>(number - register_number::f0), value);
    } else if (const auto id = visible_csr(number - register_number::csr0)) {
        set(*id, *id == UC_RISCV_REG_MSTATUS ? value | mpp_bits : value);
    }
}

// ---- running -----------------------------------------------------------------------------------

stop_reason unicorn_iss::run(std::uint64_t budget) {
    m_limit = m_cycles + std::max<std::uint64_t>(budget, 1);
    for (;;) {
        settle_between_blocks();
        if (std::exchange(m_stop_requested, false)) return stop_reason::requested;
        if (m_cycles >= m_limit) return stop_reason::budget;
        take_interrupt();
        if (m_breakpoints.count(m_pc) != 0) return stop_reason::breakpoint;
        const stop_reason reason = std::exchange(m_near_breakpoint, false) ? step() : emulate();
        if (reason != stop_reason::budget && reason != stop_reason::stepped) return reason;
    }
}

/// Runs blocks until Unicorn stops. `budget`: for a reason run() looks at.
stop_reason unicorn_iss::emulate() {
    m_halted = false;
    const uc_err answer = uc_emu_start(m_uc, m_pc, never, 0, 0);
    m_pc = get(UC_RISCV_REG_PC);
    if (m_trap || m_fetch_again) apply_csr_read();  // no block was entered behind it
    return settle(answer);
}

stop_reason unicorn_iss::step() {
    settle_between_blocks();
    if (take_interrupt()) return stop_reason::stepped;  // to the handler's first instruction
    for (const std::uint64_t byte : {m_pc, m_pc + 3}) {
        if (!m_memory.is_mapped(byte)) m_memory.map_direct(byte);
    }
    const instruction one = fetch(m_pc);
    translated_block single;
    single.pc = m_pc;
    single.bytes = single.counted = one.bytes;
    single.last = one;
    m_current = &single;
    m_halted = m_stepping = true;  // it stops where we want it to
    const std::uint64_t before = m_pc;
    count(one, 1);
    if (m_sequential != before) m_cycles += m_options.timing.taken;
    m_sequential = before + one.bytes;
    // Translated once more, up to the next instruction, and not kept. Unicorn's own counter of
    // instructions would cost the translation of everything at its first and last use.
    const std::uint64_t end = before + one.bytes;
    m_memory.drop_translations(before, end - 1);
    m_step_entered = false;
    const uc_err answer = uc_emu_start(m_uc, before, end, 0, 0);
    m_memory.drop_translations(before, end + 3);
    m_stepping = false;
    m_pc = get(UC_RISCV_REG_PC);
    legalise_csrs();
    apply_csr_read();
    if (!m_trap) m_handler = never;
    const bool waits = one.does == special::wait;
    stop_reason reason = settle(answer);
    m_current = nullptr;
    if (one.does == special::fence_i) m_stale_code = {everything};
    if (reason == stop_reason::budget) {
        reason = waits ? stop_reason::waiting : stop_reason::stepped;
    }
    return reason;
}

/// After Unicorn has stopped: traps, and why.
stop_reason unicorn_iss::settle(uc_err answer) {
    if (m_thrown) std::rethrow_exception(std::exchange(m_thrown, nullptr));
    if (m_trap) {
        const trap taken = *std::exchange(m_trap, std::nullopt);
        if (taken.cause == fetch_fault && taken.pc == m_handler) {
            m_pc = taken.pc;
            return stop_reason::locked_up;
        }
        if (taken.cause == illegal_instruction) {
            if (emulate_csr_read(taken.pc)) return stop_reason::budget;
            count_up_to(taken.pc);
        }
        uncount_from(taken.pc);
        enter_trap(taken);
        return stop_reason::budget;
    }
    if (std::exchange(m_fetch_again, false)) return stop_reason::budget;
    if (answer == UC_ERR_INSN_INVALID || answer == UC_ERR_EXCEPTION) {
        uncount_from(m_pc);
        if (fetch(m_pc).does == special::ebreak) return stop_reason::ebreak;
        enter_trap({illegal_instruction, m_pc, 0});
        return stop_reason::budget;
    }
    check_unicorn(answer, "run");
    if (!m_halted) {  // a WFI, which need not end a block
        uncount_from(m_pc);
        m_sequential = m_pc;
        return stop_reason::waiting;
    }
    return stop_reason::budget;
}

/// What may only be done while Unicorn does not run.
void unicorn_iss::settle_between_blocks() {
    if (!m_changed.empty() || !m_stale_code.empty()) {
        for (const auto& [first, last] : m_changed) m_memory.unmap_direct(first, last);
        for (const auto& [first, last] : m_stale_code) m_memory.drop_translations(first, last);
        m_changed.clear();
        m_stale_code.clear();
        m_blocks.forget();
        m_current = nullptr;
    }
    m_attention = m_stop_requested;
}

void unicorn_iss::on_block(uc_engine*, std::uint64_t pc, std::uint32_t bytes, void* self) {
    auto& iss = *static_cast<unicorn_iss*>(self);
    if (!iss.m_stepping) {
        iss.enter_block(pc, bytes);
    } else if (std::exchange(iss.m_step_entered, true)) {
        iss.halt();  // a jump has left the block of one instruction
    }
}

void unicorn_iss::enter_block(std::uint64_t pc, std::uint32_t bytes) {
    if (m_attention) {
        legalise_csrs();
        apply_csr_read();
        if (must_stop()) {
            halt();
            return;
        }
    }
    if (m_cycles >= m_limit) {
        halt();
        return;
    }
    if (!m_breakpoints.empty()) {
        const auto next = m_breakpoints.lower_bound(pc);
        if (next != m_breakpoints.end() && *next - pc < bytes) {
            m_near_breakpoint = true;
            halt();
            return;
        }
    }
    translated_block& here = m_blocks.at(pc, bytes, [this](std::uint64_t at) { return fetch(at); });
    ++here.executions;
    m_cycles += here.cycles;
    m_instructions += here.instructions;
    if (pc != m_sequential) m_cycles += m_options.timing.taken;
    m_sequential = here.end();
    m_handler = never;
    m_current = &here;
    if (here.last.does != special::none) m_attention = true;
}

/// Unicorn stops before the block it announces, and only then the program counter is exact.
void unicorn_iss::halt() {
    m_halted = true;
    uc_emu_stop(m_uc);
}

bool unicorn_iss::must_stop() {
    m_attention = false;
    if (m_current != nullptr && m_current->last.does == special::fence_i) {
        m_stale_code = {everything};
    }
    return m_trap || m_thrown || m_stop_requested || !m_stale_code.empty() || !m_changed.empty() ||
           interrupt_takes_over();
}

// ---- CSRs that Unicorn does not know -----------------------------------------------------------

std::optional<std::uint64_t> unicorn_iss::value_of_csr(std::uint16_t csr) const {
    constexpr std::uint64_t misa = 1U << 0U | 1U << 2U | 1U << 8U | 1U << 12U;  // A C I M
    constexpr std::uint64_t misa_floating = 1U << 3U | 1U << 5U;                // D F
    switch (csr) {
    case 0xC00:
    case 0xB00:
        return m_cycles;
    case 0xC80:
    case 0xB80:
        return m_cycles >> 32U;
    case 0xC01:
        return m_environment.time();
    case 0xC81:
        return m_environment.time() >> 32U;
    case 0xC02:
    case 0xB02:
        return m_instructions;
    case 0xC82:
    case 0xB82:
        return m_instructions >> 32U;
    case 0x344:
        return m_lines;
    case 0xF14:
        return m_options.hart;
    case 0x301:
        return misa | (m_options.floating ? misa_floating : 0) |
               (m_options.xlen == 32 ? std::uint64_t{1} << 30U : std::uint64_t{2} << 62U);
    default:
        return std::nullopt;
    }
}

/// Puts our value where a CSR instruction at the end of the last block has put Unicorn's.
void unicorn_iss::apply_csr_read() {
    if (m_current == nullptr) return;
    const instruction& last = m_current->last;
    const bool executed = !m_trap || (m_trap->cause == fetch_fault && m_trap->pc != m_current->pc);
    if (last.does != special::csr || last.rd == 0 || !executed) return;
    if (const auto value = value_of_csr(last.csr)) set(UC_RISCV_REG_X0 + last.rd, *value);
    m_current = nullptr;  // once
}

/// What a hart without other modes does not let software write, or MRET change: mstatus.MPP is
/// machine mode, and mepc even.
void unicorn_iss::legalise_csrs() {
    if (m_current == nullptr) return;
    const instruction& last = m_current->last;
    constexpr std::uint16_t mstatus = 0x300, mepc = 0x341;
    if (last.does == special::return_from_trap ||
        (last.does == special::csr && last.csr == mstatus)) {
        set(UC_RISCV_REG_MSTATUS, get(UC_RISCV_REG_MSTATUS) | mpp_bits);
    }
    if (last.does == special::csr && last.csr == mepc) {
        set(UC_RISCV_REG_MEPC, get(UC_RISCV_REG_MEPC) & ~std::uint64_t{1});
    }
}

/// Unicorn takes reads of TIME for illegal.
bool unicorn_iss::emulate_csr_read(std::uint64_t pc) {
    const std::uint32_t bits = m_memory.fetch(pc);
    const instruction one = decode(bits, m_options.xlen);
    constexpr std::uint32_t source = 0x1FU << 15U, write = 1U << 12U, set_or_clear = 2U << 12U;
    const bool only_reads = (bits & source) == 0 && (bits & (write | set_or_clear)) != write;
    if (one.does != special::csr || !only_reads) return false;
    const auto value = value_of_csr(one.csr);
    if (!value) return false;
    if (one.rd != 0) set(UC_RISCV_REG_X0 + one.rd, *value);
    m_pc = m_sequential = pc + one.bytes;
    m_handler = never;
    m_current = nullptr;
    return true;
}

// ---- traps and interrupts ----------------------------------------------------------------------

void unicorn_iss::set_interrupt(interrupt_line line, bool level) {
    const std::uint64_t before = m_lines;
    m_lines = level ? m_lines | bit_of(line) : m_lines & ~bit_of(line);
    if ((m_lines & ~before) != 0) m_attention = true;
}

bool unicorn_iss::interrupt_takes_over() const {
    return interrupt_pending() && (get(UC_RISCV_REG_MSTATUS) & mie_bit) != 0;
}

bool unicorn_iss::take_interrupt() {
    if (!interrupt_takes_over()) return false;
    const std::uint64_t pending = m_lines & get(UC_RISCV_REG_MIE);
    for (const interrupt_line line :
         {interrupt_line::external, interrupt_line::software, interrupt_line::timer}) {
        if ((pending & bit_of(line)) == 0) continue;
        const std::uint64_t interrupt = std::uint64_t{1} << (m_options.xlen - 1);
        enter_trap({interrupt | static_cast<std::uint64_t>(line), m_pc, 0});
        return true;
    }
    return false;
}

void unicorn_iss::enter_trap(const trap& taken) {
    const std::uint64_t status = get(UC_RISCV_REG_MSTATUS);
    set(UC_RISCV_REG_MSTATUS,
        (status & ~(mie_bit | mpie_bit)) | mpp_bits | ((status & mie_bit) != 0 ? mpie_bit : 0));
    set(UC_RISCV_REG_MEPC, taken.pc);
    set(UC_RISCV_REG_MCAUSE, taken.cause);
    set(UC_RISCV_REG_MTVAL, taken.value);
    const std::uint64_t vector = get(UC_RISCV_REG_MTVEC);
    const bool interrupt = (taken.cause >> (m_options.xlen - 1)) != 0;
    constexpr std::uint64_t vectored = 1, mode = 3;
    m_pc = vector & ~mode;
    if (interrupt && (vector & mode) == vectored) m_pc += 4 * (taken.cause & 0xFFU);
    m_handler = m_sequential = m_pc;
    m_cycles += m_options.timing.trap;
    m_current = nullptr;
}

/// ECALL and illegal instructions: Unicorn has stepped over them and goes on with the next block,
/// where we stop it. Its program counter is then 4 bytes behind the instruction, however long.
void unicorn_iss::on_interrupt(uc_engine*, std::uint32_t number, void* self) {
    auto& iss = *static_cast<unicorn_iss*>(self);
    if (iss.m_trap) return;
    const std::uint64_t pc = iss.get(UC_RISCV_REG_PC) - 4;
    const bool illegal = number == illegal_instruction;
    iss.m_trap = trap{illegal ? illegal_instruction : ecall_from_m, pc, 0};
    iss.m_attention = true;
}

// ---- memory ------------------------------------------------------------------------------------

bool unicorn_iss::on_unmapped(uc_engine*, uc_mem_type type, std::uint64_t address, int bytes,
                              std::int64_t value, void* self) {
    auto& iss = *static_cast<unicorn_iss*>(self);
    if (iss.m_trap) return false;  // goes on behind an instruction that has trapped
    try {                          // exceptions must not pass frames of C and of translated code
        return iss.map_access(type, iss.truncated(address), static_cast<std::size_t>(bytes),
                              static_cast<std::uint64_t>(value));
    } catch (...) {
        iss.m_thrown = std::current_exception();
        return false;
    }
}

/// Makes an access to an address nothing is mapped at possible: by direct memory, or by making it.
bool unicorn_iss::map_access(uc_mem_type type, std::uint64_t address, std::size_t bytes,
                             std::uint64_t value) {
    const bool mapped = m_memory.map_direct(address);
    if (type != UC_MEM_FETCH_UNMAPPED) {
        if (mapped) return true;
    } else if (mapped) {  // a block translated now would belong to no page and never be dropped
        m_fetch_again = true;
        return false;
    } else {
        m_trap = trap{fetch_fault, get(UC_RISCV_REG_PC), address};
        return false;
    }
    if (!access_device(type == UC_MEM_WRITE_UNMAPPED, address, bytes, value)) return false;
    m_memory.map_device(address);  // whose protection hook Unicorn calls for the same access
    m_device_done = true;
    return true;
}

bool unicorn_iss::on_protected(uc_engine*, uc_mem_type type, std::uint64_t address, int bytes,
                               std::int64_t value, void* self) {
    auto& iss = *static_cast<unicorn_iss*>(self);
    if (std::exchange(iss.m_device_done, false)) return true;
    if (iss.m_trap) return false;
    address = iss.truncated(address);
    if (type == UC_MEM_FETCH_PROT) {
        iss.m_trap = trap{fetch_fault, iss.get(UC_RISCV_REG_PC), address};
        return false;
    }
    const bool writes = type == UC_MEM_WRITE_PROT;
    if (iss.m_memory.is_direct(address)) {  // and not writable
        iss.m_trap = trap{store_fault, iss.accessing_pc(writes, address), address};
        return false;
    }
    return iss.access_device(writes, address, static_cast<std::size_t>(bytes),
                             static_cast<std::uint64_t>(value));
}

bool unicorn_iss::access_device(bool writes, std::uint64_t address, std::size_t bytes,
                                std::uint64_t value) {
    if (address % bytes != 0) {
        m_trap = trap{writes ? store_misaligned : load_misaligned, accessing_pc(writes, address),
                      address};
        return false;
    }
    bool done = false;
    try {
        std::uint64_t answer = 0;
        done = writes ? m_environment.store(address, &value, bytes)
                      : m_environment.load(address, &answer, bytes);
        m_memory.answer(address, answer);
    } catch (...) {
        m_thrown = std::current_exception();
    }
    if (!done && !m_thrown) {
        m_trap = trap{writes ? store_fault : load_fault, accessing_pc(writes, address), address};
    }
    return done;
}

void unicorn_iss::code_changed(std::uint64_t first, std::uint64_t last) {
    m_stale_code.emplace_back(first, last);
    m_attention = true;
}

void unicorn_iss::direct_memory_changed(std::uint64_t first, std::uint64_t last) {
    m_changed.emplace_back(first, last);
    m_attention = true;
}

// ---- instructions ------------------------------------------------------------------------------

void unicorn_iss::count(const instruction& one, int times) {
    const auto by = static_cast<std::uint64_t>(times);  // modulo 2^64: -1 takes one away
    m_instructions += by;
    m_cycles += by * m_options.timing.cycles[static_cast<std::size_t>(one.kind)];
    m_blocks.count(one.kind, by);
}

/// Counts what Unicorn has left out of the current block before an illegal instruction at `pc`.
void unicorn_iss::count_up_to(std::uint64_t pc) {
    if (m_current == nullptr || m_stepping || pc < m_current->end()) return;
    for (std::uint64_t at = m_current->end(); at < pc;) {
        const instruction one = fetch(at);
        count(one, 1);
        at += one.bytes;
    }
}

/// Takes back the instructions of the current block from `pc` on: it trapped there.
void unicorn_iss::uncount_from(std::uint64_t pc) {
    if (m_current == nullptr || pc < m_current->pc || pc >= m_current->end()) return;
    const std::uint64_t end = m_current->end();
    while (pc < end) {
        const instruction one = fetch(pc);
        count(one, -1);
        pc += one.bytes;
    }
}

/// The instruction of the current block that makes this access, the first if several fit.
std::uint64_t unicorn_iss::accessing_pc(bool writes, std::uint64_t address) const {
    if (m_current == nullptr) return m_pc;
    for (std::uint64_t pc = m_current->pc; pc < m_current->end();) {
        const instruction one = fetch(pc);
        const std::uint64_t made = truncated(get(UC_RISCV_REG_X0 + one.base) +
                                             static_cast<std::uint64_t>(std::int64_t{one.offset}));
        // a misaligned access is made in parts
        const bool covers = address - made < one.access_bytes;
        if ((writes ? one.stores : one.loads) && covers) return pc;
        pc += one.bytes;
    }
    return m_current->pc;
}

}  // namespace

std::unique_ptr<iss> make_unicorn_iss(const iss_options& options, iss_environment& environment) {
    return std::make_unique<unicorn_iss>(options, environment);
}

}  // namespace pimvp::cpu
