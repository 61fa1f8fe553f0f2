// SPDX-License-Identifier: Apache-2.0
#include <pimvp/accel/front_end.h>

#include <pimvp/core/clock.h>

#include <string>
#include <utility>

namespace pimvp::accel {

front_end::front_end(const sc_core::sc_module_name& name, core::context& context,
                     const front_end_params& params, engine& served)
    : front_end(name, context, params, served,
                std::make_unique<common_regs>(core::to_time(params.register_access.value))) {}

front_end::front_end(const sc_core::sc_module_name& name, core::context& context,
                     const front_end_params& params, engine& served,
                     std::unique_ptr<common_regs> bank)
    : accelerator(name),
      m_bank(std::move(bank)),
      regs("regs", context, *m_bank),
      dma("dma", context, params.dma),
      m_context(context),
      m_params(params),
      m_job_decode(core::to_time(params.job_decode.value)),
      m_engine(served),
      m_stats(context.statistics(), this->name()) {
    connect_registers();
    for (std::uint32_t i = 0; i < params.jobs_in_flight && context.trace().enabled(); ++i) {
        m_tracks.push_back(context.trace().track(
            std::string(this->name()) + ".job" + std::to_string(i), core::trace_level::overview));
    }
    m_irq_track =
        context.trace().track(std::string(this->name()) + ".irq", core::trace_level::overview);

    sc_core::sc_spawn_options thread;
    thread.set_stack_size(1 << 20);  // an engine's load() runs on it
    sc_core::sc_spawn([this] { fetch_jobs(); }, "fetch_jobs", &thread);
    sc_core::sc_spawn_options small_thread;
    sc_core::sc_spawn([this] { retire_jobs(); }, "retire_jobs", &small_thread);
    sc_core::sc_spawn_options level;
    level.spawn_method();
    level.set_sensitivity(&m_irq_changed);
    sc_core::sc_spawn([this] { drive_irq(); }, "drive_irq", &level);
    sc_core::sc_spawn_options power_up;
    power_up.spawn_method();
    power_up.dont_initialize();
    power_up.set_sensitivity(&m_powered_up);
    sc_core::sc_spawn(
        [this] {
            m_powering_up = false;
            changed();
        },
        "power_up", &power_up);
    sc_core::sc_spawn_options reset_line;
    reset_line.spawn_method();
    reset_line.set_sensitivity(&rst);
    sc_core::sc_spawn([this] { on_rst(); }, "on_rst", &reset_line);
}

front_end::~front_end() = default;

void front_end::start_of_simulation() {
    m_engine.on_completion([this](std::uint64_t run, const std::optional<job_fault>& fault) {
        completed(run, fault);
    });
}

bus::dma_result front_end::read_memory(const bus::dma_block& from, void* to) {
    const std::uint64_t resets = m_resets;
    const bus::dma_result done = dma.read(from, to);
    if (resets == m_resets) m_bytes_read += done.bytes;
    m_stats.bytes_read += done.bytes;
    return done;
}

bus::dma_result front_end::write_memory(const bus::dma_block& to, const void* from) {
    const std::uint64_t resets = m_resets;
    const bus::dma_result done = dma.write(to, from);
    if (resets == m_resets) m_bytes_written += done.bytes;
    m_stats.bytes_written += done.bytes;
    return done;
}

std::vector<std::uint64_t> front_end::resident() const {
    std::vector<std::uint64_t> handles;
    for (const auto& entry : m_resident) handles.push_back(entry.first);
    return handles;
}

}  // namespace pimvp::accel
