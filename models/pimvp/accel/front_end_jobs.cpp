// SPDX-License-Identifier: Apache-2.0
// The two threads of a front end: one fetches and starts jobs, one retires them, both in ring
// order.
#include <pimvp/accel/front_end.h>
#include <pimvp/accel/image_reader.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/report.h>

#include <algorithm>
#include <string>
#include <utility>

namespace pimvp::accel {

// ---- fetch and start ---------------------------------------------------------------------------

void front_end::fetch_jobs() {
    for (;;) {
        if (m_aborting) {
            finish_abort();
        } else if (!may_fetch()) {
            sc_core::wait(m_changed);
        } else {
            try {
                const auto next = std::make_shared<flight>();
                fetch(next);  // (1) 64 bytes from the ring
                start(next);  // (2) hand it to the engine; RUNs go on by themselves
            } catch (const job_aborted&) {
                // ABORT or RESET has already forgotten the job
            }
        }
    }
}

bool front_end::may_fetch() const {
    const bool faulty = std::any_of(m_flights.begin(), m_flights.end(),
                                    [](const flight_ptr& f) { return f->fault.has_value(); });
    return m_enabled && m_power == core::power_state::on && !m_powering_up && !m_halted &&
           !faulty && m_ring.pending() && m_flights.size() < m_params.jobs_in_flight;
}

void front_end::fetch(const flight_ptr& next) {
    const std::uint64_t address = m_ring.next_address();
    next->number = m_ring.next();
    next->start_fs = core::now_fs();
    m_ring.fetched();
    m_flights.push_back(next);
    m_stats.in_flight.set(m_flights.size());
    try {
        pimvp_job raw{};
        read_job_memory(address, &raw, sizeof raw);
        next->tag = raw.tag;
        sc_core::wait(m_job_decode);
        if (m_aborting) throw job_aborted{};
        next->work = decode_job(raw, address);
        next->handle = next->work.handle;
    } catch (const job_fault& fault) {
        fail(*next, fault);
    }
}

void front_end::start(const flight_ptr& next) {
    if (next->fault) return;
    try {
        switch (next->work.operation) {
        case opcode::load:
            start_load(*next);
            break;
        case opcode::run:
            start_run(next);
            break;
        case opcode::unload:
            start_unload(*next);
            break;
        case opcode::fence:
            wait_until([this, &next] { return m_flights.front() == next; });
            next->done = true;
            next->end_fs = core::now_fs();
            changed();
            wait_until([this, &next] { return m_flights.empty() || m_flights.front() != next; });
            break;
        }
    } catch (const job_fault& fault) {
        fail(*next, fault);
    }
}

void front_end::start_load(flight& next) {
    image_reader image([this](std::uint64_t address, void* to,
                              std::size_t bytes) { read_job_memory(address, to, bytes); },
                       [this] { return m_aborting; }, next.work.address, next.work.length,
                       m_engine.family(), m_engine.config_hash());
    const std::uint64_t handle = m_next_handle++;
    m_engine.load(handle, image);
    next.handle = handle;
    next.end_fs = core::now_fs();
    try {
        if (m_aborting) throw job_aborted{};  // an engine that did not look
        // The record comes before residency: without it nobody ever learns the handle.
        write_record(next);
        if (next.fault) throw job_fault{*next.fault};
    } catch (...) {
        m_engine.unload(handle);
        throw;
    }
    m_resident.emplace(handle, 0);
    next.done = true;
    changed();
}

void front_end::start_run(const flight_ptr& next) {
    const auto found = m_resident.find(next->work.handle);
    if (found == m_resident.end()) {
        throw job_fault{
            error_code::bad_handle, next->work.address,
            "RUN of handle " + std::to_string(next->work.handle) + ", which is not resident"};
    }
    std::vector<pimvp_tensor> table(next->work.length / sizeof(pimvp_tensor));
    if (!table.empty()) {
        read_job_memory(next->work.address, table.data(), next->work.length);
    }
    run_request request;
    request.run = m_next_run++;
    request.tag = next->tag;
    request.handle = next->work.handle;
    request.tensors =
        bind_tensors(table, next->work.address, m_engine.tensors(request.handle), m_engine);
    wait_until([this, &request] { return m_engine.accepts(request.handle); });
    next->run = request.run;
    ++found->second;
    m_engine.run(request);
}

void front_end::start_unload(flight& next) {
    const auto found = m_resident.find(next.work.handle);
    if (found == m_resident.end()) {
        throw job_fault{
            error_code::bad_handle, 0,
            "UNLOAD of handle " + std::to_string(next.work.handle) + ", which is not resident"};
    }
    if (found->second != 0) {
        throw job_fault{error_code::handle_busy, 0,
                        "UNLOAD of handle " + std::to_string(next.work.handle) + " with " +
                            std::to_string(found->second) + " runs in flight"};
    }
    m_resident.erase(found);
    m_engine.unload(next.work.handle);
    if (m_aborting) throw job_aborted{};
    next.done = true;
    next.end_fs = core::now_fs();
    changed();
}

void front_end::fail(flight& faulty, const job_fault& fault) {
    faulty.fault = fault;
    faulty.done = true;
    faulty.end_fs = core::now_fs();
    changed();
}

void front_end::completed(std::uint64_t run, const std::optional<job_fault>& fault) {
    const auto found = std::find_if(m_flights.begin(), m_flights.end(), [run](const flight_ptr& f) {
        return f->run == run && run != 0;
    });
    if (found == m_flights.end() || (*found)->done) {
        core::report_fatal("/pimvp/accel/front_end/completion",
                           std::string(name()) + ": the engine completed run " +
                               std::to_string(run) + ", which is not in flight");
    }
    (*found)->fault = fault;
    (*found)->done = true;
    (*found)->end_fs = core::now_fs();
    changed();
}

// ---- retire ------------------------------------------------------------------------------------

void front_end::retire_jobs() {
    for (;;) {
        if (!may_retire()) {
            sc_core::wait(m_changed);
            continue;
        }
        m_retiring = true;
        try {
            retire(m_flights.front());
        } catch (const job_aborted&) {
            // the job is gone, and its record with it
        }
        m_retiring = false;
        changed();
    }
}

bool front_end::may_retire() const {
    return !m_aborting && !m_halted && !m_flights.empty() && m_flights.front()->done;
}

void front_end::retire(flight_ptr oldest) {
    // (1) The record, after the outputs. A LOAD that succeeded has written its own.
    const bool loaded = oldest->work.operation == opcode::load && !oldest->fault;
    if (oldest->work.record && !loaded) write_record(*oldest);
    wait_until([this] { return !m_halted; });  // a doorbell may have halted the ring meanwhile
    // (2) HEAD, then the interrupt; HEAD stays on a faulty job until RESUME.
    if (oldest->fault) {
        m_halted_by_job = true;
        raise(*oldest->fault, oldest->tag);
    } else {
        pop();
    }
}

void front_end::write_record(flight& oldest) {
    pimvp_record record{};
    record.tag = oldest.tag;
    record.status =
        static_cast<std::uint32_t>(oldest.fault ? oldest.fault->code : error_code::none);
    record.handle = oldest.handle;
    record.start_ps = time_ps(oldest.start_fs);
    record.end_ps = time_ps(oldest.end_fs);
    const bus::dma_result done = write_memory({oldest.work.record_address, sizeof record}, &record);
    if (m_aborting || done.aborted) throw job_aborted{};
    if (!done && !oldest.fault) {
        oldest.fault = job_fault{error_code::bus_error, done.address,
                                 "the completion record cannot be written"};
    }
}

void front_end::pop() {
    const flight_ptr oldest = m_flights.front();
    m_flights.pop_front();
    m_ring.retired();
    ++m_jobs_done;
    m_stats.in_flight.set(m_flights.size());
    if (oldest->work.operation == opcode::load && !oldest->fault) ++m_stats.loads;
    if (oldest->run != 0) {
        const auto found = m_resident.find(oldest->work.handle);
        if (found != m_resident.end()) --found->second;
        ++m_stats.runs;
    }
    const bool interrupts =
        oldest->work.irq && (m_bank->irq_enable.get() & common_regs::irq_status_job_done) != 0;
    if (!m_tracks.empty()) {
        static constexpr const char* names[] = {"", "LOAD", "RUN", "UNLOAD", "FENCE"};
        m_context.trace().slice(m_tracks[oldest->number % m_tracks.size()],
                                names[static_cast<unsigned>(oldest->work.operation)],
                                oldest->start_fs, core::now_fs(),
                                {{"tag", oldest->tag}, {"handle", oldest->handle}});
        if (interrupts) {
            m_context.trace().flow("done", m_tracks[oldest->number % m_tracks.size()],
                                   core::now_fs(), m_irq_track, core::now_fs());
        }
    }
    std::uint32_t bits = oldest->work.irq ? common_regs::irq_status_job_done : 0;
    if (m_ring.head() == m_ring.tail()) bits |= common_regs::irq_status_ring_empty;
    set_irq(bits);
    changed();
}

// ---- abort, waiting ----------------------------------------------------------------------------

void front_end::finish_abort() {
    while (m_retiring) sc_core::wait(m_changed);
    while (!m_orphans.empty()) {
        const std::uint64_t handle = m_orphans.back();
        m_orphans.pop_back();
        m_engine.unload(handle);
    }
    m_aborting = false;
    if (std::exchange(m_report_abort, false)) set_irq(common_regs::irq_status_abort_done);
    changed();
}

void front_end::read_job_memory(std::uint64_t address, void* to, std::size_t bytes) {
    if (m_aborting) throw job_aborted{};
    const bus::dma_result done = read_memory({address, bytes}, to);
    if (m_aborting || done.aborted) throw job_aborted{};
    if (!done) {
        throw job_fault{error_code::bus_error, done.address,
                        std::to_string(bytes) + " bytes cannot be read"};
    }
}

void front_end::wait_until(const std::function<bool()>& condition) {
    while (!m_aborting && !condition()) sc_core::wait(m_changed);
    if (m_aborting) throw job_aborted{};
}

}  // namespace pimvp::accel
