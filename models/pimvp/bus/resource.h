// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/at_scheduler.h>

#include <pimvp/core/context.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace pimvp::bus {

/// Who goes first among the ports that wait for a resource (AT; LT serves in call order).
enum class arbitration {
    fifo,         ///< order of arrival
    round_robin,  ///< the port after the one served last, in order of construction
    priority      ///< the port constructed first
};

/// Something only so many can use at a time: a unit with `servers` equal servers.
///
/// LT asks for a slot in the future: `reserve` answers the earliest one that fits between what was
/// reserved before, in call order. AT waits in a queue and is granted a server by an event. Where
/// nobody has to wait, both give the same times. LT can differ from AT only under contention,
/// when calls do not come in the order of their times.
///
/// **Limits** A server remembers its 64 latest idle gaps; LT calls never fill older ones.
class resource : private at_scheduler::client {
public:
    /// A port that waits (AT).
    class client {
    public:
        /// A server is taken from now on, for the occupancy asked for.
        virtual void granted() = 0;

    protected:
        ~client() = default;
    };

    explicit resource(core::context& context, unsigned servers = 1,
                      arbitration policy = arbitration::fifo);
    virtual ~resource();
    resource(const resource&) = delete;
    resource& operator=(const resource&) = delete;

    /// LT: takes a server for `occupancy`, not before the absolute time `earliest`; returns the
    /// absolute start.
    sc_core::sc_time reserve(const sc_core::sc_time& earliest, const sc_core::sc_time& occupancy);

    /// AT: asks for a server; `who.granted()` follows, at once if one is free. `registration`
    /// orders the waiting (round_robin, priority). A client waits at most once at a time.
    void request(client& who, std::uint32_t registration, const sc_core::sc_time& occupancy);
    /// AT: withdraws a request that has not been granted.
    void cancel(client& who);

    /// Forgets all reservations (reset); who waits is granted at once. Ports drop their own
    /// requests.
    void clear();

    [[nodiscard]] unsigned servers() const { return static_cast<unsigned>(m_servers.size()); }
    /// When a server is free for good: nothing is reserved after it. Absolute.
    [[nodiscard]] sc_core::sc_time free_at() const;
    /// Sum of all occupancies since the beginning or clear_statistics(); exceeds elapsed time if
    /// there are several servers.
    [[nodiscard]] const sc_core::sc_time& busy_time() const { return m_busy; }
    void clear_statistics() { m_busy = sc_core::SC_ZERO_TIME; }

private:
    struct slot {
        sc_core::sc_time begin, end;
    };
    struct server {
        std::vector<slot> busy;  ///< sorted, disjoint, not touching; what ended before now may go
    };
    struct waiting {
        client* who;
        std::uint32_t registration;
        sc_core::sc_time occupancy;
    };

    static sc_core::sc_time earliest_start(const server& s, const sc_core::sc_time& earliest,
                                           const sc_core::sc_time& occupancy);
    void take(server& s, const sc_core::sc_time& start, const sc_core::sc_time& occupancy);
    server& best(const sc_core::sc_time& earliest, const sc_core::sc_time& occupancy,
                 sc_core::sc_time& start);
    [[nodiscard]] std::size_t next_waiting() const;
    void grant_waiting();
    void wake(std::uint64_t tag) override;

    at_scheduler& m_scheduler;
    std::vector<server> m_servers;
    std::vector<waiting> m_waiting;
    sc_core::sc_time m_busy;
    std::uint64_t m_wake_tag = 0;
    std::uint32_t m_registration;
    std::uint32_t m_last_served = 0;
    arbitration m_policy;
    bool m_granting = false;
};

}  // namespace pimvp::bus
