// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/at_scheduler.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/resource.h>
#include <pimvp/bus/router.h>

#include <deque>
#include <memory>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

namespace pimvp::bus {

/// The non-blocking side of a router: each transaction has four phases with its initiator and, on
/// its own, four phases with its target.
class router::at_path final : private at_scheduler::client {
public:
    at_path(router& owner, core::context& context);
    ~at_path();

    tlm::tlm_sync_enum forward(int from, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                               sc_core::sc_time& delay);
    tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                sc_core::sc_time& delay);

private:
    struct transaction;
    struct initiator_side {
        std::deque<transaction*> ready;     ///< answered by their targets, in order of time
        transaction* responding = nullptr;  ///< BEGIN_RESP sent, END_RESP missing
    };
    struct target_side {
        std::deque<transaction*> pending;   ///< left the channel, wait for the request before
        transaction* requesting = nullptr;  ///< BEGIN_REQ sent, END_REQ missing
        bool sending = false;
    };

    initiator_side& side_of(int from);
    void schedule(transaction& of, std::uint64_t step, const sc_core::sc_time& delay);
    void granted(transaction& of);
    void request(transaction& of);
    void send_pending(int to);
    void end_request(const transaction& of);
    void answered(transaction& of, const sc_core::sc_time& delay);
    void respond(int from);
    void forget(transaction& of);
    void wake(std::uint64_t tag) override;

    router& m_router;
    at_scheduler& m_scheduler;
    std::uint32_t m_registration;
    std::vector<std::unique_ptr<transaction>> m_transactions;  ///< by number, reused
    std::vector<std::size_t> m_unused;
    std::unordered_map<const tlm::tlm_generic_payload*, transaction*>
        m_by_payload;  ///< look-up only
    std::vector<initiator_side> m_initiators;
    std::vector<target_side> m_targets;
};

}  // namespace pimvp::bus
