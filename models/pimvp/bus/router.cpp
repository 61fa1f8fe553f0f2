// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/router.h>

#include <pimvp/bus/resource.h>
#include <pimvp/bus/router_at.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

namespace {
std::string range_text(std::uint64_t base, std::uint64_t size) {
    char text[48];
    std::snprintf(text, sizeof(text), "0x%llx .. 0x%llx", static_cast<unsigned long long>(base),
                  static_cast<unsigned long long>(base + size - 1));
    return text;
}

/// Gives a payload another address for the time of a call.
class translated {
public:
    translated(tlm_generic_payload& payload, std::uint64_t base)
        : m_payload(payload),
          m_address(payload.get_address()) {
        payload.set_address(m_address - base);
    }
    ~translated() { m_payload.set_address(m_address); }
    translated(const translated&) = delete;
    translated& operator=(const translated&) = delete;

private:
    tlm_generic_payload& m_payload;
    std::uint64_t m_address;
};
}  // namespace

router::router(const sc_core::sc_module_name& module_name, core::context& context,
               router_params params)
    : sc_module(module_name),
      in("in"),
      out("out"),
      m_context(context),
      m_params(std::move(params)),
      m_latency(core::to_time(m_params.latency.value)),
      m_at(std::make_unique<at_path>(*this, context)),
      m_stats(context.statistics(), name()) {
    in.register_b_transport(this, &router::b_transport);
    in.register_nb_transport_fw(this, &router::nb_transport_fw);
    in.register_transport_dbg(this, &router::transport_dbg);
    in.register_get_direct_mem_ptr(this, &router::get_direct_mem_ptr);
    out.register_nb_transport_bw(this, &router::nb_transport_bw);
    out.register_invalidate_direct_mem_ptr(this, &router::invalidate_direct_mem_ptr);
}

router::~router() = default;

void router::add_window(const char* target, std::uint64_t base, std::uint64_t size) {
    const auto fail = [this](const std::string& text) { throw core::user_error(name(), text); };
    if (size == 0) fail(std::string(target) + " is mapped with size 0: give its size in bytes");
    if (size - 1 > std::numeric_limits<std::uint64_t>::max() - base) {
        fail(std::string(target) + " passes the end of the 64-bit address space");
    }
    for (const window& other : m_windows) {
        if (base - other.base >= other.size && other.base - base >= size) continue;
        fail(std::string(target) + " at " + range_text(base, size) + " overlaps " + other.target +
             " at " + range_text(other.base, other.size) + ": move one of them");
    }
    m_windows.push_back({target, base, size});
    m_channels.push_back(std::make_unique<resource>(m_context));
}

int router::decode(const tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    const std::uint64_t length = payload.get_data_length();
    for (std::size_t i = 0; i < m_windows.size(); ++i) {
        const window& w = m_windows[i];
        if (!w.holds(address)) continue;
        if (length > w.size - (address - w.base)) break;
        ++m_stats.transactions;
        m_stats.bytes += length;
        return static_cast<int>(i);
    }
    ++m_stats.unmapped;
    return -1;
}

sc_time router::transfer_time(const tlm_generic_payload& payload) const {
    return core::to_time(core::transfer_time(m_params.bandwidth.value, payload.get_data_length()));
}

void router::b_transport(int, tlm_generic_payload& payload, sc_time& delay) {
    const int to = decode(payload);
    if (to < 0) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const auto index = static_cast<std::size_t>(to);
    const sc_time now = sc_core::sc_time_stamp();
    const sc_time transfer = transfer_time(payload);
    delay = m_channels[index]->reserve(now + delay, transfer) + transfer + m_latency - now;
    const translated scope(payload, m_windows[index].base);
    out[to]->b_transport(payload, delay);
}

tlm::tlm_sync_enum router::nb_transport_fw(int from, tlm_generic_payload& payload,
                                           tlm::tlm_phase& phase, sc_time& delay) {
    return m_at->forward(from, payload, phase, delay);
}

tlm::tlm_sync_enum router::nb_transport_bw(int, tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                           sc_time& delay) {
    return m_at->backward(payload, phase, delay);
}

unsigned router::transport_dbg(int, tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    for (std::size_t i = 0; i < m_windows.size(); ++i) {
        const window& w = m_windows[i];
        if (!w.holds(address)) continue;
        const unsigned length = payload.get_data_length();
        const std::uint64_t room = w.size - (address - w.base);
        const translated scope(payload, w.base);
        payload.set_data_length(static_cast<unsigned>(std::min<std::uint64_t>(length, room)));
        const unsigned moved = out[static_cast<int>(i)]->transport_dbg(payload);
        payload.set_data_length(length);
        return moved;
    }
    return 0;
}

bool router::get_direct_mem_ptr(int, tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    const std::uint64_t address = payload.get_address();
    dmi.init();
    for (std::size_t i = 0; i < m_windows.size(); ++i) {
        const window& w = m_windows[i];
        if (!w.holds(address)) continue;
        const translated scope(payload, w.base);
        const bool granted = out[static_cast<int>(i)]->get_direct_mem_ptr(payload, dmi);
        dmi.set_end_address(w.base + std::min<std::uint64_t>(dmi.get_end_address(), w.size - 1));
        dmi.set_start_address(w.base +
                              std::min<std::uint64_t>(dmi.get_start_address(), w.size - 1));
        dmi.set_read_latency(dmi.get_read_latency() + m_latency);
        dmi.set_write_latency(dmi.get_write_latency() + m_latency);
        return granted;
    }
    dmi.set_start_address(address);
    dmi.set_end_address(address);
    return false;
}

void router::invalidate_direct_mem_ptr(int to, sc_dt::uint64 start, sc_dt::uint64 end) {
    const window& w = m_windows[static_cast<std::size_t>(to)];
    if (start >= w.size) return;
    const std::uint64_t last = std::min<std::uint64_t>(end, w.size - 1);
    for (unsigned i = 0; i < in.size(); ++i) {
        in[static_cast<int>(i)]->invalidate_direct_mem_ptr(w.base + start, w.base + last);
    }
}

}  // namespace pimvp::bus
