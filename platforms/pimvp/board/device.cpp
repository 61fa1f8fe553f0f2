// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/device.h>

#include <pimvp/board/host.h>

#include <pimvp/accel/common_regs.h>
#include <pimvp/accel/job.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <utility>

namespace pimvp::board {
namespace {

bool has_role(const accel::tensor_descriptor& tensor, accel::tensor_role role) {
    return tensor.role == static_cast<std::uint32_t>(role);
}

}  // namespace

device::device(const sc_core::sc_module_name& name, host& owner, std::uint64_t registers)
    : sc_module(name),
      m_host(owner),
      m_registers(registers) {
    sc_core::sc_spawn_options line;
    line.spawn_method();
    line.dont_initialize();
    line.set_sensitivity(&irq);
    sc_core::sc_spawn([this] { on_irq(); }, "on_irq", &line);
}

// ---- life --------------------------------------------------------------------------------------

pimvp_hooks device::hooks() {
    return {this,
            [](void* self, std::uint32_t offset) {
                return static_cast<device*>(self)->read_register(offset);
            },
            [](void* self, std::uint32_t offset, std::uint32_t value) {
                static_cast<device*>(self)->write_register(offset, value);
            },
            [](void*) {},  // one thread, blocking writes: always in order
            [](void* self) { return static_cast<device*>(self)->wait_irq(); }};
}

pimvp_memory device::memory() {
    return {&m_host,
            [](void* self, std::uint64_t address, const void* from, std::size_t bytes) {
                static_cast<host*>(self)->write_memory(address, from, bytes);
            },
            [](void* self, void* to, std::uint64_t address, std::size_t bytes) {
                static_cast<host*>(self)->read_memory(address, to, bytes);
            }};
}

void device::start() {
    if (m_started) return;
    const pimvp_hooks registers = hooks();
    const pimvp_memory work = memory();
    require(pimvp_probe(&m_driver, &registers, &work), "probe");
    const host_params& p = m_host.params();
    if (m_work == 0) {
        m_work = m_host.memory().allocate(pimvp_work_bytes(p.ring_jobs, p.ring_tensors));
    }
    require(pimvp_start(&m_driver, m_work, p.ring_jobs, p.ring_tensors), "start");
    m_started = true;
}

loaded_program device::load(std::vector<std::uint8_t> image) {
    start();
    loaded_program program;
    program.network_hash = accel::header_in(image).network_hash;
    program.tensors = accel::tensors_in(image);
    const std::size_t bytes = image.size();
    program.image = m_host.memory().allocate(bytes);
    m_host.place_memory(program.image, image.data(), bytes);
    std::vector<std::uint8_t>().swap(image);
    try {
        require(pimvp_load(&m_driver, program.image, bytes, &program.handle), "LOAD");
    } catch (const accelerator_error&) {
        m_host.memory().free(program.image);
        throw;
    }
    for (const accel::tensor_descriptor& tensor : program.tensors) {
        if (!has_role(tensor, accel::tensor_role::state)) continue;
        program.states.push_back(m_host.memory().allocate(tensor.bytes));
        const tensor_bytes zeros(tensor.bytes, 0);
        m_host.place_memory(program.states.back(), zeros.data(), zeros.size());
    }
    m_programs.push_back(program);
    return program;
}

void device::unload(const loaded_program& program) {
    start();
    pimvp_ticket fence = 0;
    require(pimvp_fence_async(&m_driver, &fence), "FENCE");
    require(pimvp_wait(&m_driver, fence, nullptr), "FENCE");
    require(pimvp_unload(&m_driver, program.handle), "UNLOAD");
    m_host.memory().free(program.image);
    for (const std::uint64_t state : program.states) m_host.memory().free(state);
    const auto is_it = [&program](const loaded_program& p) { return p.handle == program.handle; };
    m_programs.erase(std::remove_if(m_programs.begin(), m_programs.end(), is_it), m_programs.end());
}

void device::resume() {
    require(pimvp_resume(&m_driver), "RESUME");
}

void device::abort() {
    require(pimvp_abort(&m_driver), "ABORT");
}

void device::reset() {
    if (m_started) require(pimvp_reset(&m_driver), "RESET");
    m_started = false;
    m_programs.clear();
}

// ---- checkpoints -------------------------------------------------------------------------------

namespace {

/// What the C driver knows of its ring.
struct saved_driver {
    std::uint64_t work, ring, records, tables;
    std::uint32_t jobs, tensors, tail, family, capabilities;
    std::uint32_t started;
};

}  // namespace

void device::save(core::byte_writer& to) const {
    const pimvp_device& d = m_driver;
    to.put(saved_driver{m_work, d.ring, d.records, d.tables, d.jobs, d.tensors, d.tail, d.family,
                        d.capabilities, m_started ? 1U : 0U});
    to.put(static_cast<std::uint32_t>(m_programs.size()));
    for (const loaded_program& program : m_programs) {
        to.put(program.handle);
        to.put(program.image);
        to.put(program.network_hash);
        to.put_list(program.tensors);
        to.put_list(program.states);
    }
}

void device::restore(core::byte_reader& from) {
    const auto d = from.get<saved_driver>("driver");
    if (d.jobs > PIMVP_RING_JOBS_MAX || (d.jobs & (d.jobs - 1)) != 0) from.fail("slots of a ring");
    m_work = d.work;
    m_started = d.started != 0;
    m_driver = {hooks(), memory(),  d.ring, d.records, d.tables,
                d.jobs,  d.tensors, d.tail, d.family,  d.capabilities};
    m_programs.clear();
    const std::uint32_t programs = from.get_count(2 * sizeof(std::uint64_t), "loaded programs");
    for (std::uint32_t i = 0; i < programs; ++i) {
        loaded_program program;
        program.handle = from.get<std::uint64_t>("handle");
        program.image = from.get<std::uint64_t>("address of an image");
        program.network_hash = from.get<accel::hash256>("hash of a network");
        program.tensors = from.get_list<accel::tensor_descriptor>("tensors");
        program.states = from.get_list<std::uint64_t>("states");
        const auto is_state = [](const accel::tensor_descriptor& tensor) {
            return has_role(tensor, accel::tensor_role::state);
        };
        const auto states = std::count_if(program.tensors.begin(), program.tensors.end(), is_state);
        if (static_cast<std::size_t>(states) != program.states.size()) from.fail("states");
        m_programs.push_back(std::move(program));
    }
}

// ---- runs --------------------------------------------------------------------------------------

submitted_run device::submit(const loaded_program& program,
                             const std::vector<tensor_bytes>& inputs) {
    start();
    submitted_run run;
    std::vector<pimvp_tensor> table;
    std::size_t states = 0;
    for (const accel::tensor_descriptor& wanted : program.tensors) {
        std::uint64_t address = 0;
        if (has_role(wanted, accel::tensor_role::state)) {
            address = program.states[states++];
        } else {
            address = m_host.memory().allocate(wanted.bytes);
            if (has_role(wanted, accel::tensor_role::input)) {
                const std::size_t index = run.inputs.size();
                run.inputs.push_back(address);
                if (index >= inputs.size() || inputs[index].size() != wanted.bytes) continue;
                m_host.write_memory(address, inputs[index].data(), wanted.bytes);
            } else {
                run.outputs.push_back(address);
                run.output_bytes.push_back(wanted.bytes);
            }
        }
        table.push_back({address, wanted.bytes, 0, wanted.role, 0});
    }
    if (table.size() != program.tensors.size() || run.inputs.size() != inputs.size()) {
        for (const std::uint64_t address : run.inputs) m_host.memory().free(address);
        for (const std::uint64_t address : run.outputs) m_host.memory().free(address);
        throw core::user_error("the inputs given do not fit the program: it wants " +
                               std::to_string(run.inputs.size()) +
                               " of the sizes its tensor table names");
    }
    for (;;) {
        const int status = pimvp_run_async(&m_driver, program.handle, table.data(),
                                           static_cast<std::uint32_t>(table.size()), &run.ticket);
        if (status != PIMVP_E_FULL) {
            require(status, "RUN");
            break;
        }
        require(pimvp_wait(&m_driver, m_driver.tail - m_driver.jobs, nullptr), "RUN");
    }
    run.doorbell_fs = m_doorbell_fs;
    return run;
}

run_result device::collect(const submitted_run& run) {
    pimvp_record record{};
    require(pimvp_wait(&m_driver, run.ticket, &record), "RUN");
    run_result result;
    result.doorbell_fs = run.doorbell_fs;
    result.interrupt_fs = m_interrupt_fs;
    result.start_ps = record.start_ps;
    result.end_ps = record.end_ps;
    for (std::size_t i = 0; i < run.outputs.size(); ++i) {
        result.outputs.emplace_back(run.output_bytes[i]);
        m_host.read_memory(run.outputs[i], result.outputs.back().data(), run.output_bytes[i]);
    }
    for (const std::uint64_t address : run.inputs) m_host.memory().free(address);
    for (const std::uint64_t address : run.outputs) m_host.memory().free(address);
    return result;
}

run_result device::run(const loaded_program& program, const std::vector<tensor_bytes>& inputs) {
    return collect(submit(program, inputs));
}

// ---- hooks -------------------------------------------------------------------------------------

std::uint32_t device::read_register(std::uint32_t offset) {
    m_host.compute(m_host.params().register_overhead.value);
    std::uint32_t value = 0;
    if (m_host.out.read32(m_registers + offset, value) != tlm::TLM_OK_RESPONSE) {
        throw accelerator_error(
            std::string(basename()) + ": register " + std::to_string(offset) + " cannot be read",
            accel::error_code::none);
    }
    return value;
}

void device::write_register(std::uint32_t offset, std::uint32_t value) {
    m_host.compute(m_host.params().register_overhead.value);
    if (m_host.out.write32(m_registers + offset, value) != tlm::TLM_OK_RESPONSE) {
        throw accelerator_error(
            std::string(basename()) + ": register " + std::to_string(offset) + " cannot be written",
            accel::error_code::none);
    }
    if (offset == PIMVP_COMMON_RING_TAIL) {
        m_doorbell_fs = core::to_fs(sc_core::sc_time_stamp() + m_host.out.local_time());
    }
}

int device::wait_irq() {
    m_host.out.synchronise();
    if (irq.read()) return 0;
    if (m_patience == sc_core::SC_ZERO_TIME) {
        sc_core::wait(irq.posedge_event());
    } else {
        sc_core::wait(m_patience, irq.posedge_event());
        if (!irq.read()) return 1;
    }
    m_host.compute(m_host.params().interrupt_latency.value);
    return 0;
}

void device::on_irq() {
    if (irq.read()) m_interrupt_fs = core::now_fs();
}

void device::require(int status, const std::string& what) {
    const std::string who = std::string(basename()) + ": " + what;
    switch (status) {
    case PIMVP_OK:
        return;
    case PIMVP_E_FAULT: {
        pimvp_error_info info{};
        pimvp_error(&m_driver, &info);
        const auto code = static_cast<accel::error_code>(info.code);
        throw accelerator_error(who + " was refused: " + accel::to_string(code) + " (tag " +
                                    std::to_string(info.tag) + ", address " +
                                    std::to_string(info.address) + ")",
                                code, info.tag, info.address);
    }
    case PIMVP_E_DEVICE:
        throw accelerator_error(who + ": no accelerator of a known version answers",
                                accel::error_code::none);
    case PIMVP_E_TIMEOUT:
        throw accelerator_error(who + ": no progress: " + progress(), accel::error_code::none);
    case PIMVP_E_DROPPED:
        throw accelerator_error(who + " was dropped by an abort", accel::error_code::none);
    default:
        throw core::internal_error(who + ": the driver answers " + std::to_string(status));
    }
}

std::string device::progress() const {
    const std::uint32_t status = debug_register(PIMVP_COMMON_STATUS);
    std::string text = "HEAD " + std::to_string(debug_register(PIMVP_COMMON_RING_HEAD)) +
                       ", TAIL " + std::to_string(debug_register(PIMVP_COMMON_RING_TAIL)) + ", " +
                       std::to_string(debug_register(PIMVP_COMMON_IN_FLIGHT)) + " in flight";
    if ((status & PIMVP_COMMON_STATUS_HALTED_MASK) != 0) {
        const auto code = static_cast<accel::error_code>(debug_register(PIMVP_COMMON_ERR_CODE));
        text += std::string(", halted by ") + accel::to_string(code);
    } else if ((status & PIMVP_COMMON_STATUS_BUSY_MASK) != 0) {
        text += ", busy";
    }
    return text;
}

std::uint32_t device::debug_register(std::uint32_t offset) const {
    std::uint32_t value = 0;
    m_host.out.debug_read(m_registers + offset, &value, sizeof value);
    return value;
}

}  // namespace pimvp::board
