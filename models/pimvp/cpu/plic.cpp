// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/plic.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

namespace pimvp::cpu {
namespace {

constexpr std::uint32_t bit(std::size_t number) {
    return std::uint32_t{1} << number;
}

}  // namespace

plic::plic(const sc_core::sc_module_name& name, core::context& context, const plic_params& params,
           const std::vector<std::string>& harts, const std::vector<std::string>& sources)
    : sc_module(name),
      regs("regs", context, m_bank),
      source("source", sources.size()),
      external("external", harts.size()),
      m_bank(core::to_time(params.register_access.value)),
      m_harts{{{m_bank.enable0, m_bank.threshold0, m_bank.claim0},
               {m_bank.enable1, m_bank.threshold1, m_bank.claim1},
               {m_bank.enable2, m_bank.threshold2, m_bank.claim2},
               {m_bank.enable3, m_bank.threshold3, m_bank.claim3}}},
      m_trace(context.trace()),
      m_raised_fs(sources.size()) {
    if (harts.size() > most_harts) throw core::user_error("an interrupt controller serves 4 harts");
    if (sources.size() > most_sources) {
        throw core::user_error("an interrupt controller has 31 sources");
    }
    for (const std::string& each : sources) m_source_tracks.push_back(m_trace.track(each));
    for (const std::string& each : harts) m_hart_tracks.push_back(m_trace.track(each));
    using sc_core::sc_time;
    const auto changed = [this](std::uint32_t, const sc_time&) {
        m_changed.notify(sc_core::SC_ZERO_TIME);
    };
    for (std::size_t i = 0; i < m_bank.priority.size(); ++i) m_bank.priority[i].on_write(changed);
    m_bank.pending.provide([this] { return m_pending; });
    for (std::size_t h = 0; h < most_harts; ++h) {
        m_harts[h].enable.on_write(changed);
        m_harts[h].threshold.on_write(changed);
        m_harts[h].claim.provide([this, h] { return most_urgent(h, 0); });
        m_harts[h].claim.on_read([this, h](const sc_time&) { claimed(h); });
        m_harts[h].claim.on_write(
            [this, h](std::uint32_t number, const sc_time&) { completed(h, number); });
    }
    sc_core::sc_spawn_options lines;
    lines.spawn_method();
    for (auto& each : source) lines.set_sensitivity(&each);
    if (!sources.empty()) sc_core::sc_spawn([this] { on_sources(); }, "on_sources", &lines);
    sc_core::sc_spawn_options outputs;
    outputs.spawn_method();
    outputs.set_sensitivity(&m_changed);
    sc_core::sc_spawn([this] { on_changed(); }, "on_changed", &outputs);
}

void plic::reset() {
    m_bank.reset();
    m_in_service = 0;
    m_pending = levels();
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

std::uint32_t plic::levels() const {
    std::uint32_t high = 0;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i].read()) high |= bit(i + 1);
    }
    return high;
}

void plic::on_sources() {
    const std::uint32_t now = levels();
    for (std::size_t i = 0; i < source.size(); ++i) {
        const bool rises = (now & ~m_known_levels & bit(i + 1)) != 0;
        if (rises) m_raised_fs[i] = core::now_fs();
    }
    m_known_levels = now;
    m_pending |= now & ~m_in_service;
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

void plic::on_changed() {
    for (std::size_t h = 0; h < external.size(); ++h) {
        const std::uint32_t threshold = m_harts[h].threshold.get();
        external[h].write(most_urgent(h, threshold) != 0);
    }
}

/// The number of the most urgent pending source that is enabled for a hart, 0 = none.
std::uint32_t plic::most_urgent(std::size_t hart, std::uint32_t above) const {
    std::uint32_t best = 0, best_priority = above;
    for (std::uint32_t n = 1; n <= source.size(); ++n) {
        if ((m_pending & m_harts[hart].enable.get() & bit(n)) == 0) continue;
        const std::uint32_t priority = m_bank.priority[n].get();
        if (priority > best_priority) {
            best = n;
            best_priority = priority;
        }
    }
    return best;
}

void plic::claimed(std::size_t hart) {
    const std::uint32_t number = most_urgent(hart, 0);
    if (number == 0) return;
    m_pending &= ~bit(number);
    m_in_service |= bit(number);
    if (hart < m_hart_tracks.size()) {
        m_trace.flow("irq", m_source_tracks[number - 1], m_raised_fs[number - 1],
                     m_hart_tracks[hart], core::now_fs());
    }
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

/// Ignored, as the specification says, if the source is not enabled for the hart.
void plic::completed(std::size_t hart, std::uint32_t number) {
    if (number == 0 || number > source.size()) return;
    if ((m_harts[hart].enable.get() & bit(number)) == 0) return;
    m_in_service &= ~bit(number);
    m_pending |= levels() & bit(number);
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace pimvp::cpu
