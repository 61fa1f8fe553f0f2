// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <pimvp/cpu/unicorn_iss.h>

#include <cstring>

namespace iss_test {

cpu::cycle_model distinct_cycles() {
    cpu::cycle_model model;
    model.cycles = {1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29};
    model.taken = 31;
    model.trap = 37;
    return model;
}

machine::machine(unsigned xlen, bool floating, std::uint32_t hart)
    : core(cpu::make_unicorn_iss({xlen, floating, hart, distinct_cycles()}, *this)) {}

void machine::trap_to_ebreak() {
    const std::uint64_t handler = ram + ram_bytes - 16;
    put(programs::handler_ebreak, handler);
    set(mtvec, handler);
}

std::uint32_t machine::word(std::uint64_t address) const {
    std::uint32_t value = 0;
    std::memcpy(&value, memory.data() + (address - ram), sizeof value);
    return value;
}

void machine::set_word(std::uint64_t address, std::uint32_t value) {
    std::memcpy(memory.data() + (address - ram), &value, sizeof value);
}

std::vector<std::uint64_t> machine::state() const {
    std::vector<std::uint64_t> all;
    for (unsigned number = 0; number <= register_number::pc; ++number) all.push_back(x(number));
    for (const unsigned csr : {mstatus, mie, mtvec, mepc, mcause, mtval}) all.push_back(x(csr));
    all.push_back(core->cycles());
    all.push_back(core->instructions());
    for (const std::uint64_t each : core->instructions_by_class()) all.push_back(each);
    return all;
}

bool machine::note(const access& made) {
    log.push_back(made);
    if (then) then(made);
    return made.address - device < device_bytes;
}

bool machine::load(std::uint64_t address, void* to, std::size_t bytes) {
    std::memcpy(to, &answer, bytes);
    return note({false, address, answer, bytes, core->cycles()});
}

bool machine::store(std::uint64_t address, const void* from, std::size_t bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, from, bytes);
    return note({true, address, value, bytes, core->cycles()});
}

std::optional<cpu::direct_region> machine::direct_memory(std::uint64_t address) {
    if (address - ram < ram_bytes) {
        return cpu::direct_region{memory.data(), ram, ram + ram_bytes - 1, true};
    }
    if (address - rom < rom_bytes) {
        return cpu::direct_region{fixed.data(), rom, rom + rom_bytes - 1, false};
    }
    return std::nullopt;
}

void machine::put_bytes(const void* from, std::size_t bytes, std::uint64_t at) {
    std::uint8_t* const to =
        at - rom < rom_bytes ? fixed.data() + (at - rom) : memory.data() + (at - ram);
    std::memcpy(to, from, bytes);
    core->code_changed(at, at + bytes - 1);
}

}  // namespace iss_test
