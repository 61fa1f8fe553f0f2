// SPDX-License-Identifier: Apache-2.0
// What software sees of a front end: registers, interrupt, ABORT and RESET.
#include <pimvp/accel/front_end.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/report.h>

#include <cstring>
#include <string>
#include <utility>

namespace pimvp::accel {
namespace {

constexpr std::uint64_t fs_per_ps = 1000;

std::uint32_t hash_word(const hash256& hash, std::size_t word) {
    std::uint32_t value = 0;
    std::memcpy(&value, hash.data() + word * sizeof value, sizeof value);
    return value;
}

}  // namespace

void front_end::connect_registers() {
    using sc_core::sc_time;
    using word = std::uint32_t;
    m_bank->family.provide([this] { return m_engine.family(); });
    m_bank->capabilities.provide([this] { return m_params.jobs_in_flight; });
    m_bank->ctrl.on_write([this](word written, const sc_time&) { write_ctrl(written); });
    m_bank->status.provide([this] { return status(); });
    m_bank->irq_status.on_write(
        [this](word, const sc_time&) { m_irq_changed.notify(sc_core::SC_ZERO_TIME); });
    m_bank->irq_enable.on_write(
        [this](word, const sc_time&) { m_irq_changed.notify(sc_core::SC_ZERO_TIME); });
    m_bank->power.allow_write([this](word state) {
        switch (static_cast<core::power_state>(state)) {
        case core::power_state::on:
            return true;
        case core::power_state::clock_gated:
            return m_flights.empty() && !m_aborting;
        case core::power_state::off:
            return !m_busy;
        }
        return false;
    });
    m_bank->power.on_write([this](word state, const sc_time&) { set_power(state); });
    m_bank->ring_head.provide([this] { return m_ring.head(); });
    m_bank->ring_tail.on_write([this](word tail, const sc_time&) { ring_doorbell(tail); });
    m_bank->resident.provide([this] { return static_cast<word>(m_resident.size()); });
    m_bank->in_flight.provide([this] { return static_cast<word>(m_flights.size()); });
    m_bank->time.provide([this] { return time_ps(core::now_fs()); });
    m_bank->busy_time.provide([this] {
        return (m_busy_fs + (m_busy ? core::now_fs() - m_busy_since_fs : 0)) / fs_per_ps;
    });
    m_bank->jobs_done.provide([this] { return m_jobs_done; });
    m_bank->bytes_read.provide([this] { return m_bytes_read; });
    m_bank->bytes_written.provide([this] { return m_bytes_written; });
    for (std::size_t i = 0; i < m_bank->config_hash.size(); ++i) {
        m_bank->config_hash[i].provide([this, i] { return hash_word(m_engine.config_hash(), i); });
    }
}

// ---- control -----------------------------------------------------------------------------------

void front_end::write_ctrl(std::uint32_t written) {
    if (m_held) return;
    if ((written & common_regs::ctrl_reset) != 0) {
        reset();
        return;
    }
    if ((written & common_regs::ctrl_abort) != 0) abort_jobs();
    if ((written & common_regs::ctrl_resume) != 0) resume();
    const bool enabled = (written & common_regs::ctrl_enable) != 0;
    if (enabled && !m_enabled) enable();
    if (!enabled) m_enabled = false;
    changed();
}

void front_end::enable() {
    try {
        if (!m_flights.empty()) {
            throw job_fault{error_code::bad_ring, 0, "ENABLE while jobs of the old ring are busy"};
        }
        m_ring.start(m_bank->ring_base.get(), m_bank->ring_size.get());
        m_bank->ring_tail.set(0);
        m_enabled = true;
    } catch (const job_fault& fault) {
        m_bank->ctrl.clear_bits(common_regs::ctrl_enable);
        raise(fault, 0);
    }
}

void front_end::ring_doorbell(std::uint32_t tail) {
    if (m_held) return;
    try {
        if (!m_enabled) {
            throw job_fault{error_code::bad_ring, 0, "doorbell while the ring is not enabled"};
        }
        m_ring.doorbell(tail);
    } catch (const job_fault& fault) {
        m_bank->ring_tail.set(m_ring.tail());
        raise(fault, 0);
    }
    changed();
}

void front_end::set_power(std::uint32_t state) {
    const auto wanted = static_cast<core::power_state>(state);
    if (m_held || wanted == m_power) return;
    if (wanted == core::power_state::off) {
        m_resident.clear();
        m_engine.reset();
        m_powered_up.cancel();
        m_powering_up = false;
    } else if (m_power == core::power_state::off) {  // whatever comes in between, it takes its time
        m_powering_up = true;
        m_powered_up.notify(core::to_time(m_params.power_up.value));
    }
    m_power = wanted;
    m_engine.set_power(wanted);
    changed();
}

void front_end::raise(const job_fault& fault, std::uint32_t tag) {
    if (m_halted) return;  // ERR_* hold the first error
    m_halted = true;
    ++m_stats.faults;
    m_bank->err_code.set(static_cast<std::uint32_t>(fault.code));
    m_bank->err_addr.set(fault.address);
    m_bank->err_job_tag.set(tag);
    core::report_info("/pimvp/accel/front_end/fault",
                      std::string(name()) + ": " + to_string(fault.code) + " in job with tag " +
                          std::to_string(tag) + ": " + fault.text);
    set_irq(common_regs::irq_status_error);
}

void front_end::resume() {
    if (!m_halted) return;
    m_halted = false;
    m_bank->err_code.set(0);
    m_bank->err_addr.set(0);
    m_bank->err_job_tag.set(0);
    if (std::exchange(m_halted_by_job, false)) pop();
}

// ---- abort and reset ---------------------------------------------------------------------------

void front_end::abort_jobs() {
    ++m_stats.aborts;
    m_report_abort = true;
    m_bank->abort_head.set(m_ring.head());
    for (const flight_ptr& dropped : m_flights) {
        const bool loaded =
            dropped->work.operation == opcode::load && dropped->done && !dropped->fault;
        if (!loaded) continue;
        m_resident.erase(dropped->handle);
        m_orphans.push_back(dropped->handle);
    }
    for (auto& entry : m_resident) entry.second = 0;
    drop_jobs();
    m_engine.abort();
}

void front_end::reset() {
    ++m_stats.resets;
    m_report_abort = false;
    m_resident.clear();
    m_orphans.clear();
    drop_jobs();
    m_engine.reset();
    m_ring.stop();
    m_enabled = false;
    m_bank->reset();
    m_powered_up.cancel();
    m_powering_up = false;
    if (std::exchange(m_power, core::power_state::on) != core::power_state::on) {
        m_engine.set_power(m_power);
    }
    ++m_resets;
    m_reset_fs = core::now_fs();
    m_busy_fs = 0;
    m_jobs_done = 0;
    m_bytes_read = 0;
    m_bytes_written = 0;
    m_irq_changed.notify(sc_core::SC_ZERO_TIME);
}

void front_end::drop_jobs() {
    m_aborting = true;  // until both threads have let go: finish_abort()
    m_flights.clear();
    m_stats.in_flight.set(0);
    m_ring.drop();
    m_halted = false;
    m_halted_by_job = false;
    m_bank->err_code.set(0);
    m_bank->err_addr.set(0);
    m_bank->err_job_tag.set(0);
    dma.abort();
    changed();
}

void front_end::on_rst() {
    m_held = rst.read();
    if (rst.event() || m_held) reset();  // also when it ends: what was written meanwhile is void
}

// ---- what software reads -----------------------------------------------------------------------

void front_end::set_irq(std::uint32_t bits) {
    if (bits == 0) return;
    m_bank->irq_status.set_bits(bits);
    m_irq_changed.notify(sc_core::SC_ZERO_TIME);
}

void front_end::drive_irq() {
    const bool high = (m_bank->irq_status.get() & m_bank->irq_enable.get()) != 0;
    const bool was_high = irq.read();
    irq.write(high);
    if (high && !was_high) m_irq_since_fs = core::now_fs();
    if (!high && was_high) {
        m_context.trace().slice(m_irq_track, "irq", m_irq_since_fs, core::now_fs());
    }
}

std::uint32_t front_end::status() const {
    std::uint32_t value = 0;
    if (m_enabled) value |= common_regs::status_enabled;
    if (m_busy) value |= common_regs::status_busy;
    if (m_halted) value |= common_regs::status_halted;
    if (m_aborting) value |= common_regs::status_aborting;
    return value;
}

void front_end::changed() {
    const bool busy = (m_enabled && m_ring.pending()) || !m_flights.empty() || m_aborting;
    if (busy && !m_busy) m_busy_since_fs = core::now_fs();
    if (!busy && m_busy) m_busy_fs += core::now_fs() - m_busy_since_fs;
    m_busy = busy;
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

std::uint64_t front_end::time_ps(std::uint64_t fs) const {
    return fs < m_reset_fs ? 0 : (fs - m_reset_fs) / fs_per_ps;
}

}  // namespace pimvp::accel
