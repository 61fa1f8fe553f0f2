// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/noc/message_queue.h>
#include <pimvp/noc/node_map.h>

#include <pimvp/bus/node_message.h>
#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::noc {

/// What every network of messages has: a target and an initiator per port, and a notion of order
/// that does not depend on the order in which processes run. A derived network says which port a
/// message leaves by, and when.
///
/// **Interface**
/// | name     | kind                 | meaning                  |
/// |----------|----------------------|--------------------------|
/// | `in[i]`  | target, LT and AT    | messages from port i     |
/// | `out[i]` | initiator, LT and AT | messages to port i       |
///
/// A message is a WRITE to address 0: a bus::node_message_header and whatever follows. Anything
/// else is answered with the exact error, a destination that does not exist with ADDRESS_ERROR. A
/// message is posted: the response comes at once; what travels is a copy.
///
/// **Timing** Time is counted in a unit of the derived network (cycles, fs). A message is filed
/// under the instant at which it is ready; `lookahead` units later, when everything that is ready
/// at that instant has been filed, one process hands all of it to carry() in the order (ready,
/// source port, order of sending). What carry() returns is the simulated time of the delivery. A
/// sender may run ahead of simulated time (annotated delays); nobody can send into the past. So LT,
/// AT and any order of processes give the same times.
///
/// **Limits** Debug answers 0 bytes. No backpressure: messages wait inside the network.
class message_network : public sc_core::sc_module {
public:
    sc_core::sc_vector<bus::service_port> in;
    sc_core::sc_vector<bus::push_port> out;

    ~message_network() override;

    [[nodiscard]] const node_map& map() const { return m_map; }
    [[nodiscard]] const core::stat_group& stats() const { return m_stats; }
    /// Messages between their arrival and their delivery.
    [[nodiscard]] std::uint64_t in_flight() const { return m_ready.size() + m_carried.size(); }

    /// Drops all messages and forgets all reservations (reset). Nothing is delivered any more.
    void clear();

protected:
    /// Precondition: lookahead >= 1.
    message_network(const sc_core::sc_module_name& name, core::context& context,
                    const node_map& map, std::uint32_t ports, std::uint64_t lookahead);

    /// The first unit at or after an absolute time, and back.
    [[nodiscard]] virtual std::uint64_t unit_at(const sc_core::sc_time& time) const = 0;
    [[nodiscard]] virtual sc_core::sc_time time_of(std::uint64_t unit) const = 0;

    struct delivery {
        std::uint32_t port = 0;
        std::uint64_t time = 0;  ///< in units; later than ready + lookahead
    };
    /// Reserves the way of a message that was ready at `ready`, and charges it.
    virtual delivery carry(std::uint64_t ready, std::uint32_t source_port,
                           const bus::node_message_header& header, std::size_t bytes) = 0;
    /// Forgets reservations.
    virtual void forget() = 0;

    [[nodiscard]] core::context& context() const { return m_context; }
    /// For a derived network to add its own.
    [[nodiscard]] core::stat_group& own_stats() { return m_stats; }

private:
    struct port_service;

    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter messages{*this, "messages", "messages taken", core::quantity::count};
        core::counter delivered{*this, "delivered", "messages delivered", core::quantity::count};
        core::counter dropped{*this, "dropped", "messages dropped by a reset",
                              core::quantity::count};
        core::counter bytes_in{*this, "bytes_in", "bytes taken, headers included",
                               core::quantity::bytes};
        core::counter bytes_out{*this, "bytes_out", "bytes delivered, headers included",
                                core::quantity::bytes};
        core::gauge in_flight{*this, "in_flight", "most messages in flight", core::quantity::count};
    };

    [[nodiscard]] tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
    void accept(std::uint32_t port, const tlm::tlm_generic_payload& payload,
                const sc_core::sc_time& at);
    void decide();   // process: carry what was ready one lookahead ago
    void deliver();  // process: send what has arrived now
    [[nodiscard]] bool undecided() const;
    [[nodiscard]] bool due() const;
    void wake();

    core::context& m_context;
    const node_map m_map;
    const std::uint64_t m_lookahead;
    std::vector<std::unique_ptr<port_service>> m_services;
    message_queue m_ready;    // by instant and source port
    message_queue m_carried;  // by delivery and destination port
    sc_core::sc_event m_decide{"decide_event"};
    sc_core::sc_event m_deliver{"deliver_event"};
    statistics m_stats;
};

}  // namespace pimvp::noc
