// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/core/checkpoint.h>

#include <cstdint>
#include <systemc>

using namespace pimvp;

/// Counts the rises of a line.
class edge_counter : public sc_core::sc_module, public core::savable {
public:
    sc_core::sc_in<bool> line{"line"};

    explicit edge_counter(const sc_core::sc_module_name& name)
        : sc_module(name) {
        sc_core::sc_spawn_options on_rise;
        on_rise.spawn_method();
        on_rise.dont_initialize();
        on_rise.set_sensitivity(&line.pos());
        sc_core::sc_spawn([this] { ++m_rises; }, "count", &on_rise);
    }

    void save(core::byte_writer& to) const override { to.put(m_rises); }
    void restore(core::byte_reader& from) override { m_rises = from.get<std::uint64_t>("rises"); }

private:
    std::uint64_t m_rises = 0;
};
// page ends
