// SPDX-License-Identifier: Apache-2.0
// Any bytes from a peer that should be gdb: every packet is answered or lets the core go, and
// nothing is written beyond the memory there is.
#include <pimvp/cpu/gdb_protocol.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

namespace cpu = pimvp::cpu;

/// A core with 32 registers and 64 bytes at 0x1000.
class small_core final : public cpu::gdb_target {
public:
    [[nodiscard]] unsigned xlen() const override { return 64; }
    [[nodiscard]] bool floating() const override { return true; }
    [[nodiscard]] std::uint64_t read_register(unsigned number) override {
        return m_registers[number % m_registers.size()];
    }
    void write_register(unsigned number, std::uint64_t value) override {
        m_registers[number % m_registers.size()] = value;
    }
    [[nodiscard]] std::vector<std::uint8_t> read_memory(std::uint64_t address,
                                                        std::size_t bytes) override {
        std::vector<std::uint8_t> data;
        while (data.size() < bytes && address + data.size() - base < m_memory.size()) {
            data.push_back(m_memory[static_cast<std::size_t>(address + data.size() - base)]);
        }
        return data;
    }
    bool write_memory(std::uint64_t address, const std::vector<std::uint8_t>& bytes) override {
        if (bytes.empty()) std::abort();  // the session answers that itself
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (address + i - base >= m_memory.size()) return false;
            m_memory[static_cast<std::size_t>(address + i - base)] = bytes[i];
        }
        return true;
    }
    void set_breakpoint(std::uint64_t, bool) override {}

private:
    static constexpr std::uint64_t base = 0x1000;
    std::array<std::uint64_t, 32> m_registers{};
    std::array<std::uint8_t, 64> m_memory{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    small_core core;
    cpu::gdb_session session(core);
    cpu::gdb_framing framing;
    framing.feed({reinterpret_cast<const char*>(data), size});
    while (const auto event = framing.next()) {
        if (event->kind != cpu::gdb_framing::event_kind::packet) continue;
        const auto answer = session.handle(event->text);
        if (!answer.text && !answer.action) std::abort();
        if (!answer.text) continue;
        cpu::gdb_framing back;  // what we send can be read again
        back.feed(cpu::gdb_framing::packet(*answer.text));
        const auto seen = back.next();
        if (!seen || seen->text != *answer.text) std::abort();
    }
    return 0;
}

// libsystemc's main wants it; libFuzzer brings a main of its own.
extern "C" int sc_main(int, char**) {
    return 0;
}
