// SPDX-License-Identifier: Apache-2.0
// A memory-mapped block written outside pimvp: behind pimvp ports, driven by pimvp initiators, with
// an energy from a card and registers from a description of this project.
#include <bus/service_port.h>
#include <core/context.h>
#include <outside/cards/scratchpad_card.h>
#include <outside/scratchpad_regs.h>

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/service_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>
#include <pimvp/core/setup.h>

#include <cstdint>
#include <cstring>
#include <iostream>
#include <systemc>
#include <tlm>
#include <vector>

namespace {

constexpr std::uint64_t access_fs = 3'000'000;  // 3 ns

// page begins: block
class scratchpad : public sc_core::sc_module, private pimvp::bus::service {
    pimvp::outside::scratchpad_regs m_bank;  // first: regs serves it

public:
    pimvp::bus::service_port in;    // the words
    pimvp::bus::service_port regs;  // the registers

    scratchpad(const sc_core::sc_module_name& name, pimvp::core::context& context,
               const core::context& shape)
        : sc_module(name),
          in("in", context, *this),
          regs("regs", context, m_bank),
          m_ledger(context.ledger()),
          m_access(context.ledger().event("scratchpad", "access", "word",
                                          pimvp::core::graded<pimvp::core::energy>(
                                              pimvp::outside::cards::scratchpad::word_access),
                                          pimvp::core::in_chip)),
          m_data(static_cast<std::size_t>(shape.words * bus::bytes_per_word)) {
        m_bank.ctrl.on_write([this](std::uint32_t written, const sc_core::sc_time&) {
            if ((written & m_bank.ctrl_clear) != 0) m_bank.accesses.set(0);
        });
    }

    [[nodiscard]] pimvp::core::event_id access() const { return m_access; }

private:
    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override {
        const bool inside = payload.get_address() < m_data.size() &&
                            payload.get_data_length() <= m_data.size() - payload.get_address();
        return inside ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    [[nodiscard]] sc_core::sc_time occupancy(const tlm::tlm_generic_payload&) const override {
        return pimvp::core::from_fs(access_fs);
    }
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time&) override {
        std::uint8_t* mine = m_data.data() + payload.get_address();
        if (payload.is_write()) {
            std::memcpy(mine, payload.get_data_ptr(), payload.get_data_length());
        } else {
            std::memcpy(payload.get_data_ptr(), mine, payload.get_data_length());
        }
        m_ledger.add(m_access, 1);
        m_bank.accesses.set(m_bank.accesses.get() + 1);
    }

    pimvp::core::energy_ledger& m_ledger;
    pimvp::core::event_id m_access;
    std::vector<std::uint8_t> m_data;
};
// page ends

class driver : public sc_core::sc_module {
public:
    pimvp::bus::initiator_port out, control;

    driver(const sc_core::sc_module_name& name, pimvp::core::context& context)
        : sc_module(name),
          out("out", context),
          control("control", context) {
        SC_HAS_PROCESS(driver);
        SC_THREAD(run);
    }

    [[nodiscard]] bool passed() const { return m_passed; }

private:
    // page begins: driver
    void run() {
        std::uint32_t value = 0, before = 0, after = 0;
        const bool answered = out.write32(8, 0xC0FFEE) == tlm::TLM_OK_RESPONSE &&
                              out.read32(8, value) == tlm::TLM_OK_RESPONSE &&
                              out.read32(64, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE;
        const bool controlled = control.read32(0, before) == tlm::TLM_OK_RESPONSE &&
                                control.write32(4, 1) == tlm::TLM_OK_RESPONSE &&
                                control.read32(0, after) == tlm::TLM_OK_RESPONSE;
        m_passed = answered && value == 0xC0FFEE && controlled && before == 2 && after == 0 &&
                   sc_core::sc_time_stamp() == pimvp::core::from_fs(2 * access_fs);
    }
    // page ends

    bool m_passed = false;
};

}  // namespace

int sc_main(int, char**) {
    pimvp::core::simulation_setup();
    pimvp::core::context context;
    const core::context shape;
    driver cpu("cpu", context);
    scratchpad memory("memory", context, shape);
    cpu.out.bind(memory.in);
    cpu.control.bind(memory.regs);
    sc_core::sc_start();
    const bool counted = context.ledger().count(memory.access()) == 2;
    const bool home = cpu.out.pool().outstanding() == 0;
    std::cout << (cpu.passed() ? "words, registers and time right"
                               : "words, registers or time wrong")
              << ", " << (counted ? "energy counted" : "energy not counted") << ", "
              << (home ? "payloads home" : "payloads lost") << "\n";
    return cpu.passed() && counted && home ? 0 : 1;
}
