// SPDX-License-Identifier: Apache-2.0
// What a front end keeps between jobs, for checkpoints.
#include <pimvp/accel/front_end.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <string>
#include <type_traits>

namespace pimvp::accel {
namespace {

/// The plain members of a front end that are not registers.
struct saved_counters {
    std::uint64_t next_handle, next_run;
    std::uint64_t reset_fs, busy_fs;  ///< TIME and BUSY_TIME go on
    std::uint64_t jobs_done, bytes_read, bytes_written;
};

}  // namespace

void engine::save_program(std::uint64_t, core::byte_writer&) const {
    throw core::user_error("this type of accelerator cannot save its programs: UNLOAD them first");
}

void engine::restore_program(std::uint64_t, core::byte_reader& from) {
    from.fail("this type of accelerator cannot restore programs");
}

std::string front_end::busy() const {
    if (m_held) return "is held in reset";
    if (m_aborting) return "ends an ABORT or RESET";
    if (m_halted && !m_flights.empty()) return "is halted by a faulty job: RESUME or ABORT first";
    if (m_busy) return "has jobs in its ring or in flight";
    return m_engine.unfinished();
}

void front_end::save(core::byte_writer& to) const {
    static_assert(std::is_trivially_copyable_v<job_ring>);
    m_bank->save(to);
    to.put(m_ring);
    to.put(m_enabled);
    to.put(m_halted);
    to.put(saved_counters{m_next_handle, m_next_run, m_reset_fs, m_busy_fs, m_jobs_done,
                          m_bytes_read, m_bytes_written});
    to.put(static_cast<std::uint32_t>(m_resident.size()));
    for (const auto& entry : m_resident) {
        to.put(entry.first);
        m_engine.save_program(entry.first, to);
    }
}

void front_end::restore(core::byte_reader& from) {
    m_engine.reset();
    m_resident.clear();
    m_bank->restore(from);
    if (m_bank->power.get() > static_cast<std::uint32_t>(core::power_state::off)) {
        from.fail("POWER holds " + std::to_string(m_bank->power.get()) + ", which is no state");
    }
    set_power(m_bank->power.get());
    m_ring = from.get<job_ring>("ring");
    m_enabled = from.get<std::uint8_t>("ring state") != 0;
    m_halted = from.get<std::uint8_t>("ring state") != 0;
    if (m_enabled && (!m_ring.started() || m_ring.pending())) from.fail("the ring is not idle");
    const auto counters = from.get<saved_counters>("counters");
    m_next_handle = counters.next_handle;
    m_next_run = counters.next_run;
    m_reset_fs = counters.reset_fs;
    m_busy_fs = counters.busy_fs;
    m_jobs_done = counters.jobs_done;
    m_bytes_read = counters.bytes_read;
    m_bytes_written = counters.bytes_written;
    const std::uint32_t programs = from.get_count(sizeof(std::uint64_t), "resident programs");
    for (std::uint32_t i = 0; i < programs; ++i) {
        const auto handle = from.get<std::uint64_t>("handle");
        if (handle >= m_next_handle || !m_resident.emplace(handle, 0).second) {
            from.fail("handle " + std::to_string(handle) + " was never given, or twice");
        }
        m_engine.restore_program(handle, from);
    }
    ++m_resets;  // transfers of an earlier life count for nothing
    m_irq_changed.notify(sc_core::SC_ZERO_TIME);
    changed();
}

}  // namespace pimvp::accel
