// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/board.h>

#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/setup.h>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

namespace pimvp::board {

namespace {

/// At most so many lines of a text, each behind a line break.
std::string first_lines(const std::string& text, int lines) {
    std::string first;
    std::istringstream from(text);
    std::string line;
    for (int i = 0; i < lines && std::getline(from, line); ++i) first += "\n  " + line;
    return std::getline(from, line) ? first + "\n  ..." : first;
}

}  // namespace

/// An accelerator in its place.
struct board::slot {
    explicit slot(const std::string& slot_name)
        : name(slot_name),
          irq((slot_name + "-irq").c_str()),
          rst((slot_name + "-rst").c_str()) {}

    std::string name;
    std::unique_ptr<accel::accelerator> unit;
    device* driver = nullptr;
    sc_core::sc_signal<bool> irq;
    sc_core::sc_signal<bool> rst;
};

board::board(const sc_core::sc_module_name& name, core::context& context,
             const board_params& params, const cpu::iss_factory& make_iss)
    : sc_module(name),
      m_context(context),
      m_params(params) {
    core::require_setup();
    if (params.check_protocol) {
        context.service<bus::protocol_checkers>().enable(params.hang_limit);
    }
    m_router = std::make_unique<bus::router>("bus", context, params.router);
    m_memory = std::make_unique<bus::memory>("memory", context, params.memory.params);
    std::vector<device_site> sites;
    std::vector<std::string> names;
    for (const auto& [unit_name, entry] : params.accelerators) {
        sites.push_back({unit_name, entry.address});
        names.push_back(unit_name);
    }
    m_host = std::make_unique<pimvp::board::host>(
        "host", context, params.host, memory_pool{params.memory.address, m_memory->size()}, sites);
    add_memory(*m_memory, "memory", params.memory.address, "memory.address");
    for (const auto& [part, entry] : params.memories) {
        auto made = std::make_unique<bus::memory>(part.c_str(), context, entry.params);
        add_memory(*made, part, entry.address, "memories." + part + ".address");
        m_memories[part] = std::move(made);
    }
    bus::connect(context, m_host->out, m_router->in);
    if (!params.cpus.empty()) {
        m_cores = std::make_unique<cores>(this->name(), context, params, make_iss, names);
        m_cores->connect(context, *m_router);
        map_device(m_cores->plic(), "plic", params.plic.address);
        map_device(m_cores->clint(), "clint", params.clint.address);
        map_device(m_cores->uart(), "uart", params.uart.address, m_cores->uart_irq());
    }

    for (const auto& [unit_name, entry] : params.accelerators) {
        auto added = std::make_unique<slot>(unit_name);
        added->unit = entry.settings->build(unit_name.c_str(), context);
        accel::accelerator& unit = *added->unit;
        added->driver = m_host->devices()[m_slots.size()].get();
        const int irq = static_cast<int>(m_slots.size()) + 1;
        add_region({unit_name, entry.type, entry.address, unit.regs_bytes(), irq},
                   "accelerators." + unit_name + ".address");
        map(unit.regs_socket(), unit_name, entry.address, unit.regs_bytes());
        bus::connect(context, unit.dma_socket(), m_router->in);
        unit.irq.bind(added->irq);
        added->driver->irq.bind(added->irq);
        unit.rst.bind(added->rst);
        if (m_cores) m_cores->connect_interrupt(m_slots.size(), added->irq);
        m_slots.push_back(std::move(added));
    }
    std::sort(m_regions.begin(), m_regions.end(),
              [](const region& a, const region& b) { return a.base < b.base; });
}

board::~board() = default;

void board::add_region(region added, const std::string& path) {
    for (const region& other : m_regions) {
        const bool apart =
            added.base - other.base >= other.bytes && other.base - added.base >= added.bytes;
        if (!apart) {
            throw core::user_error(
                path, fmt::format("{:#x} .. {:#x} overlaps '{}', which takes {:#x} .. {:#x}",
                                  added.base, added.base + added.bytes - 1, other.name, other.base,
                                  other.base + other.bytes - 1));
        }
    }
    m_regions.push_back(std::move(added));
}

template <class Target>
void board::map(Target& target, const std::string& part, std::uint64_t base, std::uint64_t bytes) {
    auto& checkers = m_context.service<bus::protocol_checkers>();
    if (checkers.enabled()) {
        bus::protocol_checker& checker = checkers.add(m_context, part + "_checker");
        m_router->map(checker.in, base, bytes);
        checker.out.bind(target);
    } else {
        m_router->map(target, base, bytes);
    }
}

void board::add_memory(bus::memory& added, const std::string& part, std::uint64_t base,
                       const std::string& path) {
    add_region({part, "memory", base, added.size()}, path);
    map(added.in, part, base, added.size());
}

/// A device of the cores.
template <class Device>
void board::map_device(Device& device, const std::string& part, std::uint64_t base, int irq) {
    add_region({part, part, base, Device::regs_bytes, irq}, part + ".address");
    map(device.regs, part, base, Device::regs_bytes);
}

board::slot& board::slot_named(const std::string& name) {
    for (const auto& candidate : m_slots) {
        if (candidate->name == name) return *candidate;
    }
    throw core::user_error("the board has no accelerator " + core::quoted(name) +
                           core::did_you_mean(name, accelerator_names()));
}

device& board::device_named(const std::string& name) {
    return *slot_named(name).driver;
}

accel::accelerator& board::accelerator_named(const std::string& name) {
    return *slot_named(name).unit;
}

std::vector<std::string> board::cpu_names() const {
    std::vector<std::string> names;
    if (!m_cores) return names;
    for (const auto& each : m_cores->cpus()) names.push_back(each.first);
    return names;
}

cpu::riscv_cpu& board::cpu_named(const std::string& name) {
    if (m_cores) {
        const auto found = m_cores->cpus().find(name);
        if (found != m_cores->cpus().end()) return *found->second;
    }
    throw core::user_error("the board has no core " + core::quoted(name) +
                           core::did_you_mean(name, cpu_names()));
}

cpu::uart& board::uart() {
    if (!m_cores) throw core::internal_error("a board without cores has no UART");
    return m_cores->uart();
}

void board::place(std::uint64_t address, const void* from, std::size_t bytes,
                  const std::string& what) {
    for (const region& r : m_regions) {
        if (r.kind != "memory" || address - r.base >= r.bytes) continue;
        if (bytes > r.bytes - (address - r.base)) break;
        const auto other = m_memories.find(r.name);
        bus::memory& here = other == m_memories.end() ? *m_memory : *other->second;
        here.load(address - r.base, from, bytes);
        return;
    }
    throw core::user_error(what, fmt::format("no memory holds {} bytes at {:#x}; the board:\n{}",
                                             bytes, address, map_text()));
}

void board::load_firmware(const cpu::elf_program& program, std::uint64_t argument) {
    for (const cpu::elf_program::segment& part : program.segments) {
        std::vector<std::uint8_t> bytes = part.bytes;
        bytes.resize(bytes.size() + static_cast<std::size_t>(part.zeros));
        place(part.address, bytes.data(), bytes.size(), "firmware");
    }
    for (const std::string& name : cpu_names()) {
        cpu::riscv_cpu& core = cpu_named(name);
        if (core.iss().xlen() != program.xlen) {
            throw core::user_error(fmt::format("the firmware is for {} bit, {} is {}", program.xlen,
                                               name, cpu::to_string(core.params().isa)));
        }
        core.start_at(program.entry, argument);
    }
    m_cores->release();
}

sc_core::sc_signal<bool>& board::reset_line(const std::string& name) {
    if (m_cores && m_cores->cpus().count(name) != 0) return m_cores->reset_line(name);
    return slot_named(name).rst;
}

std::vector<std::string> board::accelerator_names() const {
    std::vector<std::string> names;
    for (const auto& each : m_slots) names.push_back(each->name);
    return names;
}

void board::run(std::function<void()> body, const sc_core::sc_time& limit) {
    std::exception_ptr thrown;
    bool ended = false;
    std::string stuck;
    sc_core::sc_event give_up;
    sc_core::sc_spawn_options options;
    options.set_stack_size(8 << 20);  // mappers and reference executors may run in it
    sc_core::sc_process_handle software = sc_core::sc_spawn(
        [&] {
            try {
                body();
                ended = true;
            } catch (const sc_core::sc_unwind_exception&) {
                throw;
            } catch (...) {
                thrown = std::current_exception();
            }
            sc_core::sc_stop();
        },
        "software", &options);
    // The watchdog ends the software from within the simulation, so that its stack unwinds.
    sc_core::sc_spawn(
        [&] {
            if (limit == sc_core::SC_ZERO_TIME) {
                sc_core::wait(give_up);
            } else {
                sc_core::wait(limit, give_up);
            }
            stuck = waiting_text();
            software.kill();
            sc_core::sc_pause();
        },
        "watchdog");
    sc_core::sc_start();
    if (!ended && !thrown && stuck.empty()) {  // nothing will ever happen again
        give_up.notify(sc_core::SC_ZERO_TIME);
        sc_core::sc_start();
    }
    if (thrown) std::rethrow_exception(thrown);
    if (!ended) throw accelerator_error(stuck, accel::error_code::none);
}

std::string board::waiting_text() const {
    std::string text =
        "no progress: the software has not finished at " + sc_core::sc_time_stamp().to_string();
    for (const std::string& name : cpu_names()) {
        text += "; " + name + ": " + m_cores->cpus().at(name)->progress();
    }
    for (const auto& each : m_slots) text += "; " + each->name + ": " + each->driver->progress();
    for (const auto& each : m_slots) text += first_lines(each->unit->pending(), 8);
    return text;
}

}  // namespace pimvp::board
