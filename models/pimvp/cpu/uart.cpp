// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/uart.h>

#include <pimvp/core/clock.h>

#include <utility>

namespace pimvp::cpu {
namespace {

constexpr std::uint64_t bits_of_a_byte = 10;  // with start and stop bit

}  // namespace

uart::uart(const sc_core::sc_module_name& name, core::context& context, const uart_params& params)
    : sc_module(name),
      regs("regs", context, m_bank),
      m_bank(core::to_time(params.register_access.value)),
      m_byte_time(core::clock(params.baud.value).cycles(bits_of_a_byte)),
      m_stats(context.statistics(), this->name()) {
    using sc_core::sc_time;
    using word = std::uint32_t;
    m_bank.data.on_write([this](word byte, const sc_time&) { write_data(byte); });
    m_bank.data.provide([this]() -> word {
        if (divisor_selected()) return m_divisor & 0xFFU;
        return m_received.empty() ? 0 : static_cast<unsigned char>(m_received.front());
    });
    m_bank.data.on_read([this](const sc_time&) { read_data(); });
    m_bank.ier.on_write([this](word written, const sc_time&) { write_ier(written); });
    m_bank.ier.provide([this] { return divisor_selected() ? m_divisor >> 8U : m_enabled; });
    m_bank.lcr.on_write([this](word, const sc_time&) { m_changed.notify(sc_core::SC_ZERO_TIME); });
    m_bank.iir.provide([this]() -> word {
        if ((m_enabled & uart_regs::ier_received) != 0 && !m_received.empty()) return 0xC4;
        if ((m_enabled & uart_regs::ier_empty) != 0 && m_sending.empty()) return 0xC2;
        return 0xC1;
    });
    m_bank.lsr.provide([this] { return status(); });
    m_bank.lsr.on_read([this](const sc_time&) { m_overrun = false; });
    sc_core::sc_spawn_options line;
    line.spawn_method();
    line.set_sensitivity(&m_changed);
    sc_core::sc_spawn([this] { on_changed(); }, "on_changed", &line);
    sc_core::sc_spawn_options shift;
    shift.spawn_method();
    shift.dont_initialize();
    shift.set_sensitivity(&m_byte_done);
    sc_core::sc_spawn([this] { byte_sent(); }, "byte_sent", &shift);
}

void uart::reset() {
    m_bank.reset();
    m_enabled = 0;
    m_divisor = 1;
    m_sending.clear();
    m_received.clear();
    m_overrun = false;
    m_byte_done.cancel();
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

bool uart::divisor_selected() const {
    return (m_bank.lcr.get() & uart_regs::lcr_dlab) != 0;
}

void uart::write_ier(std::uint32_t byte) {
    if (divisor_selected()) {
        m_divisor = (m_divisor & 0xFFU) | (byte & 0xFFU) << 8U;
        return;
    }
    m_enabled = byte;
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

void uart::write_data(std::uint32_t byte) {
    if (divisor_selected()) {
        m_divisor = (m_divisor & 0xFF00U) | (byte & 0xFFU);
        return;
    }
    if (m_sending.size() == fifo_bytes) {
        ++m_stats.lost;
        return;
    }
    m_sending.push_back(static_cast<char>(byte));
    if (m_sending.size() == 1) m_byte_done.notify(m_byte_time);
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

void uart::byte_sent() {
    const char byte = m_sending.front();
    m_sending.pop_front();
    ++m_stats.sent;
    if (m_receiver) m_receiver(byte);
    if (!m_sending.empty()) m_byte_done.notify(m_byte_time);
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

void uart::flush() {
    while (!m_sending.empty()) {
        if (m_receiver) m_receiver(m_sending.front());
        m_sending.pop_front();
    }
}

void uart::receive(std::string_view bytes) {
    for (const char byte : bytes) {
        if (m_received.size() == fifo_bytes) {
            m_overrun = true;
            ++m_stats.lost;
            continue;
        }
        m_received.push_back(byte);
        ++m_stats.received;
    }
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

void uart::read_data() {
    if (divisor_selected() || m_received.empty()) return;
    m_received.pop_front();
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

std::uint32_t uart::status() const {
    std::uint32_t bits = 0;
    if (!m_received.empty()) bits |= uart_regs::lsr_received;
    if (m_overrun) bits |= uart_regs::lsr_overrun;
    if (m_sending.empty()) bits |= uart_regs::lsr_room | uart_regs::lsr_idle;
    return bits;
}

void uart::on_changed() {
    irq.write(((m_enabled & uart_regs::ier_received) != 0 && !m_received.empty()) ||
              ((m_enabled & uart_regs::ier_empty) != 0 && m_sending.empty()));
}

}  // namespace pimvp::cpu
