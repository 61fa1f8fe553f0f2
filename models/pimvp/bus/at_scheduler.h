// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

namespace pimvp::bus {

/// One time-ordered queue and one SC_METHOD for all ports of a core::context.
///
/// A port that would need an event and a process of its own asks to be woken instead, which costs
/// a port nothing to build. Wake-ups of one instant run in the order (registration, request), so
/// a run is reproducible; those asked for during a wake-up at the same instant run in the same
/// delta cycle.
class at_scheduler {
public:
    /// Whoever is woken. `tag` is what the client gave; a client ignores tags it has outlived.
    class client {
    public:
        virtual void wake(std::uint64_t tag) = 0;

    protected:
        ~client() = default;
    };

    /// Spawns the method; the first port of a context makes it while the hierarchy is built.
    at_scheduler();
    at_scheduler(const at_scheduler&) = delete;
    at_scheduler& operator=(const at_scheduler&) = delete;

    /// The next registration number: among clients of one instant the lower one goes first.
    std::uint32_t enlist() { return m_enlisted++; }

    /// Wakes `who` at the absolute time `at`, not before now.
    void schedule(client& who, std::uint32_t registration, const sc_core::sc_time& at,
                  std::uint64_t tag);

private:
    struct entry {
        sc_core::sc_time at;
        std::uint32_t registration;
        std::uint64_t sequence;
        client* who;
        std::uint64_t tag;
    };
    static bool later(const entry& a, const entry& b);
    void dispatch();

    std::vector<entry> m_heap;
    std::uint64_t m_sequence = 0;
    std::uint32_t m_enlisted = 0;
    bool m_dispatching = false;
    sc_core::sc_event m_event;
};

}  // namespace pimvp::bus
