// SPDX-License-Identifier: Apache-2.0
#include <pimvp/noc/message_network.h>

#include <cstring>
#include <utility>

namespace pimvp::noc {

/// What stands behind in[port].
struct message_network::port_service final : bus::service {
    port_service(message_network& network, std::uint32_t index)
        : owner(network),
          port(index) {}

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override {
        return owner.check(payload);
    }
    [[nodiscard]] sc_core::sc_time occupancy(const tlm::tlm_generic_payload&) const override {
        return sc_core::SC_ZERO_TIME;
    }
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        owner.accept(port, payload, at);
    }

    message_network& owner;
    std::uint32_t port;
};

message_network::message_network(const sc_core::sc_module_name& name, core::context& context,
                                 const node_map& map, std::uint32_t ports, std::uint64_t lookahead)
    : sc_module(name),
      in("in"),
      out("out"),
      m_context(context),
      m_map(map),
      m_lookahead(lookahead),
      m_stats(context.statistics(), this->name()) {
    for (std::uint32_t i = 0; i < ports; ++i) {
        m_services.push_back(std::make_unique<port_service>(*this, i));
    }
    in.init(ports, [&](const char* port_name, std::size_t i) {
        return new bus::service_port(port_name, context, *m_services[i]);
    });
    out.init(ports, [&](const char* port_name, std::size_t) {
        return new bus::push_port(port_name, context);
    });
    const auto spawn = [this](void (message_network::*process)(), const char* process_name,
                              const sc_core::sc_event& trigger) {
        sc_core::sc_spawn_options options;
        options.spawn_method();
        options.dont_initialize();
        options.set_sensitivity(&trigger);
        sc_core::sc_spawn([this, process] { (this->*process)(); }, process_name, &options);
    };
    spawn(&message_network::decide, "decide", m_decide);
    spawn(&message_network::deliver, "deliver", m_deliver);
}

message_network::~message_network() = default;

tlm::tlm_response_status message_network::check(const tlm::tlm_generic_payload& payload) const {
    const auto status = bus::check_message(payload, sizeof(bus::node_message_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<bus::node_message_header>(payload);
    if (header.head_bytes > payload.get_data_length() - sizeof(header)) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    return header.destination < m_map.nodes() ? tlm::TLM_OK_RESPONSE
                                              : tlm::TLM_ADDRESS_ERROR_RESPONSE;
}

void message_network::accept(std::uint32_t port, const tlm::tlm_generic_payload& payload,
                             const sc_core::sc_time& at) {
    // After the response the sender's payload is its own again.
    const std::size_t bytes = payload.get_data_length();
    bus::message copy = out[port].pool().allocate(bytes);
    std::memcpy(copy.data(), payload.get_data_ptr(), bytes);
    m_ready.file(unit_at(sc_core::sc_time_stamp() + at), port, std::move(copy));
    ++m_stats.messages;
    m_stats.bytes_in += bytes;
    m_stats.in_flight.set(in_flight());
    m_decide.notify(time_of(m_ready.next().time + m_lookahead) - sc_core::sc_time_stamp());
}

bool message_network::undecided() const {
    return !m_ready.empty() &&
           time_of(m_ready.next().time + m_lookahead) <= sc_core::sc_time_stamp();
}

bool message_network::due() const {
    return !m_carried.empty() && time_of(m_carried.next().time) <= sc_core::sc_time_stamp();
}

void message_network::wake() {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    if (!m_ready.empty()) m_decide.notify(time_of(m_ready.next().time + m_lookahead) - now);
    if (!m_carried.empty()) m_deliver.notify(time_of(m_carried.next().time) - now);
}

void message_network::decide() {
    while (undecided()) {
        message_queue::entry next = m_ready.take();
        const delivery to =
            carry(next.time, next.port,
                  bus::header_of<bus::node_message_header>(next.what.payload()), next.what.size());
        m_carried.file(to.time, to.port, std::move(next.what));
    }
    wake();
}

void message_network::deliver() {
    while (due()) {
        message_queue::entry next = m_carried.take();
        ++m_stats.delivered;
        m_stats.bytes_out += next.what.size();
        out[next.port].send(std::move(next.what));
    }
    m_stats.in_flight.set(in_flight());
    wake();
}

void message_network::clear() {
    m_stats.dropped += in_flight();
    m_ready.clear();
    m_carried.clear();
    m_decide.cancel();
    m_deliver.cancel();
    m_stats.in_flight.set(0);
    forget();
    for (auto& port : in) port.abort();
    for (auto& port : out) port.clear();
}

}  // namespace pimvp::noc
