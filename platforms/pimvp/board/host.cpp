// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/host.h>

#include <pimvp/board/device.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <utility>

namespace pimvp::board {
namespace {

[[noreturn]] void report_bus_error(const char* verb, std::uint64_t address, std::size_t bytes) {
    throw core::internal_error("host: cannot " + std::string(verb) + ' ' + std::to_string(bytes) +
                               " bytes at address " + std::to_string(address));
}

}  // namespace

host::host(const sc_core::sc_module_name& name, core::context& context, const host_params& params,
           memory_pool memory, const std::vector<device_site>& sites)
    : sc_module(name),
      out("out", context),
      m_params(params),
      m_memory(std::move(memory)),
      m_ledger(context.ledger()),
      m_step_element(
          m_ledger.event("host", "step_element", "", params.step_element_energy, core::off_chip)) {
    for (const device_site& site : sites) {
        m_devices.push_back(std::make_unique<device>(site.name.c_str(), *this, site.registers));
    }
}

host::~host() = default;

void host::write_memory(std::uint64_t address, const void* from, std::size_t bytes) {
    const std::size_t chunk = m_params.copy_chunk.value.bytes;
    const auto* data = static_cast<const std::uint8_t*>(from);
    for (std::size_t done = 0; done < bytes; done += chunk) {
        const std::size_t part = std::min(chunk, bytes - done);
        if (out.write(address + done, data + done, part) != tlm::TLM_OK_RESPONSE) {
            report_bus_error("write", address + done, part);
        }
    }
}

void host::read_memory(std::uint64_t address, void* to, std::size_t bytes) {
    const std::size_t chunk = m_params.copy_chunk.value.bytes;
    auto* data = static_cast<std::uint8_t*>(to);
    for (std::size_t done = 0; done < bytes; done += chunk) {
        const std::size_t part = std::min(chunk, bytes - done);
        if (out.read(address + done, data + done, part) != tlm::TLM_OK_RESPONSE) {
            report_bus_error("read", address + done, part);
        }
    }
}

void host::place_memory(std::uint64_t address, const void* from, std::size_t bytes) {
    if (out.debug_write(address, from, bytes) != bytes) report_bus_error("place", address, bytes);
}

std::string host::busy() const {
    if (out.in_flight() != 0) return "has an access under way";
    if (out.local_time() == sc_core::SC_ZERO_TIME) return {};
    return "is " + out.local_time().to_string() + " ahead: call host().out.synchronise() first";
}

void host::compute(core::duration time) {
    out.advance(core::to_time(time));
}

void host::step(std::uint64_t elements, std::uint32_t scope) {
    compute({m_params.step_element_time.value.fs * elements});
    m_ledger.add(m_step_element, elements, scope);
}

}  // namespace pimvp::board
