// SPDX-License-Identifier: Apache-2.0
// The address and interrupt map of a board, for people, for C programs and for device trees.
#include <pimvp/board/board.h>

#include <pimvp/core/text_table.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace pimvp::board {
namespace {

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// A 64-bit number as two cells.
std::string cells(std::uint64_t value) {
    return fmt::format("{:#x} {:#x}", value >> 32U, value & 0xFFFFFFFFU);
}

}  // namespace

std::string board::map_text() const {
    using core::text_table;
    text_table table{{{"first", text_table::align::right},
                      {"last", text_table::align::right},
                      {"bytes", text_table::align::right},
                      {"what", text_table::align::left},
                      {"kind", text_table::align::left},
                      {"irq", text_table::align::right}}};
    for (const region& r : m_regions) {
        table.row({fmt::format("{:#x}", r.base), fmt::format("{:#x}", r.base + r.bytes - 1),
                   core::grouped(r.bytes), r.name, r.kind,
                   r.irq == 0 ? std::string() : std::to_string(r.irq)});
    }
    return table.text();
}

std::string board::map_header() const {
    std::string text =
        "/* Addresses and interrupts of a board: written by pimvp vp --print header. */\n"
        "#pragma once\n\n";
    const auto define = [&text](const std::string& name, const std::string& value) {
        text += fmt::format("#define BOARD_{:<24} {}\n", name, value);
    };
    for (const region& r : m_regions) {
        define(upper(r.name) + "_BASE", fmt::format("{:#x}u", r.base));
        define(upper(r.name) + "_BYTES", fmt::format("{:#x}u", r.bytes));
        if (r.irq != 0) define(upper(r.name) + "_IRQ", fmt::format("{}u", r.irq));
    }
    if (!m_params.cpus.empty()) {
        define("TIMEBASE_HZ", fmt::format("{}u", m_params.clint.params.timebase.value.hz));
        define("HARTS", fmt::format("{}u", m_params.cpus.size()));
    }
    return text;
}

std::string board::device_tree() const {
    const bool has_cores = !m_params.cpus.empty();
    std::string text =
        "/* Written by pimvp vp --print device-tree: a fragment to include. */\n"
        "/ {\n"
        "    #address-cells = <2>;\n"
        "    #size-cells = <2>;\n";
    if (has_cores) {
        text += fmt::format(
            "    cpus {{\n"
            "        #address-cells = <1>;\n"
            "        #size-cells = <0>;\n"
            "        timebase-frequency = <{}>;\n",
            m_params.clint.params.timebase.value.hz);
        for (const auto& [name, core] : m_params.cpus) {
            text += fmt::format(
                "        {0}: cpu@{1:x} {{\n"
                "            device_type = \"cpu\";\n"
                "            compatible = \"riscv\";\n"
                "            reg = <{1:#x}>;\n"
                "            riscv,isa = \"{2}\";\n"
                "            clock-frequency = <{3}>;\n"
                "            {0}_intc: interrupt-controller {{\n"
                "                compatible = \"riscv,cpu-intc\";\n"
                "                interrupt-controller;\n"
                "                #interrupt-cells = <1>;\n"
                "                #address-cells = <0>;\n"
                "            }};\n"
                "        }};\n",
                name, core.hart, cpu::to_string(core.isa), core.frequency.value.hz);
        }
        text += "    };\n";
    }
    // Interrupts of the harts, in the order of their numbers; those that do not exist are told by
    // the number no interrupt has.
    std::map<std::uint32_t, std::string> cores;
    for (const auto& [name, core] : m_params.cpus) cores[core.hart] = name;
    std::string external, local;
    for (std::uint32_t hart = 0; has_cores && hart <= cores.rbegin()->first; ++hart) {
        const auto core = cores.find(hart);
        const bool exists = core != cores.end();
        const std::string& name = exists ? core->second : cores.begin()->second;
        const char* comma = hart == 0 ? "" : ", ";
        const auto line = [&](unsigned number) {
            return exists ? fmt::format("<&{}_intc {}>", name, number)
                          : fmt::format("<&{}_intc 0xffffffff>", name);
        };
        external += comma + line(11);
        local += comma + line(3) + ", " + line(7);
    }
    for (const region& r : m_regions) {
        const std::string reg =
            fmt::format("        reg = <{} {}>;\n", cells(r.base), cells(r.bytes));
        const auto other = m_params.memories.find(r.name);
        if (other != m_params.memories.end() && other->second.params.read_only) {
            text += fmt::format(
                "    {0}: rom@{1:x} {{\n        compatible = \"mtd-rom\";\n{2}    }};\n", r.name,
                r.base, reg);
            continue;
        }
        if (r.kind == "memory") {
            text += fmt::format(
                "    memory@{:x} {{\n        device_type = \"memory\";\n{}    }};\n", r.base, reg);
            continue;
        }
        std::string body;
        if (r.kind == "plic") {
            body = fmt::format(
                "        compatible = \"sifive,plic-1.0.0\", \"riscv,plic0\";\n"
                "        interrupt-controller;\n"
                "        #interrupt-cells = <1>;\n"
                "        #address-cells = <0>;\n"
                "        riscv,ndev = <31>;\n"
                "        interrupts-extended = {};\n",
                external);
        } else if (r.kind == "clint") {
            body = fmt::format(
                "        compatible = \"sifive,clint0\", \"riscv,clint0\";\n"
                "        interrupts-extended = {};\n",
                local);
        } else if (r.kind == "uart") {
            constexpr unsigned clocks_a_bit = 16;
            body = fmt::format(
                "        compatible = \"ns16550a\";\n"
                "        reg-shift = <2>;\n"
                "        reg-io-width = <4>;\n"
                "        clock-frequency = <{}>;\n"
                "        current-speed = <{}>;\n",
                clocks_a_bit * m_params.uart.params.baud.value, m_params.uart.params.baud.value);
        } else {
            body =
                fmt::format("        compatible = \"pimvp,{}\", \"pimvp,accelerator\";\n", r.kind);
        }
        if (r.irq != 0 && has_cores) {
            body += fmt::format("        interrupt-parent = <&plic>;\n        interrupts = <{}>;\n",
                                r.irq);
        }
        text += fmt::format("    {0}: {1}@{2:x} {{\n{3}{4}    }};\n", r.name,
                            r.kind == "plic" ? "interrupt-controller" : r.name, r.base, body, reg);
    }
    return text + "};\n";
}

}  // namespace pimvp::board
