// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/cards/peripherals_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::cpu {

/// Parameters of a plic.
struct plic_params {
    core::graded<core::duration> register_access = cards::peripherals::register_access;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("register_access", p.register_access, {1_ps, 1_ms}, "Time of a register access.");
    }
};

/// Parameters of a clint.
struct clint_params {
    core::graded<core::duration> register_access = cards::peripherals::register_access;
    core::graded<core::frequency> timebase = cards::peripherals::timebase;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("register_access", p.register_access, {1_ps, 1_ms}, "Time of a register access.");
        v.member("timebase", p.timebase, {core::frequency{1000}, core::frequency{1'000'000'000}},
                 "Rate of MTIME.");
    }
};

/// Parameters of a uart.
struct uart_params {
    core::graded<core::duration> register_access = cards::peripherals::register_access;
    core::graded<std::uint32_t> baud = cards::peripherals::baud;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("register_access", p.register_access, {1_ps, 1_ms}, "Time of a register access.");
        v.member("baud", p.baud, {300, 100'000'000}, "Bits a second; a byte takes ten.");
    }
};

}  // namespace pimvp::cpu
