// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/driver/pimvp_driver.h>
#include <pimvp/accel/engine.h>
#include <pimvp/accel/program.h>

#include <pimvp/core/checkpoint.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::board {

class host;

/// The accelerator refused a job, or does not answer. Exit code 4.
class accelerator_error : public std::runtime_error {
public:
    accelerator_error(const std::string& text, accel::error_code code, std::uint32_t tag = 0,
                      std::uint64_t address = 0)
        : std::runtime_error(text),
          m_code(code),
          m_tag(tag),
          m_address(address) {}
    /// ERR_CODE; none: the accelerator made no progress or broke its protocol.
    [[nodiscard]] accel::error_code code() const { return m_code; }
    [[nodiscard]] std::uint32_t tag() const { return m_tag; }
    [[nodiscard]] std::uint64_t address() const { return m_address; }

private:
    accel::error_code m_code;
    std::uint32_t m_tag;
    std::uint64_t m_address;
};

/// Bytes of one tensor, in ONNX order.
using tensor_bytes = std::vector<std::uint8_t>;

/// A program that is resident, and what a RUN of it binds.
struct loaded_program {
    std::uint64_t handle = 0;
    std::uint64_t image = 0;        ///< address; stays in memory until unload()
    accel::hash256 network_hash{};  ///< as the image says
    std::vector<accel::tensor_descriptor> tensors;
    std::vector<std::uint64_t> states;  ///< addresses of the state tensors, zero at first
};

/// A RUN on its way.
struct submitted_run {
    pimvp_ticket ticket = 0;
    std::vector<std::uint64_t> inputs;   ///< addresses
    std::vector<std::uint64_t> outputs;  ///< addresses
    std::vector<std::uint64_t> output_bytes;
    std::uint64_t doorbell_fs = 0;  ///< when the doorbell write ended
};

/// What a RUN gave.
struct run_result {
    std::vector<tensor_bytes> outputs;
    std::uint64_t doorbell_fs = 0;
    std::uint64_t interrupt_fs = 0;  ///< latest rise of `irq` before the host knew
    std::uint64_t start_ps = 0;      ///< completion record: fetched ...
    std::uint64_t end_ps = 0;        ///< ... and complete
};

/// One accelerator as the host sees it: the C driver of accel/driver over TLM.
///
/// **Interface** `irq`: the accelerator's interrupt line. Registers through `host::out`.
///
/// **Timing** `register_overhead` before each register access; `interrupt_latency` from the rise of
/// `irq` to the driver, if it slept.
///
/// **Example**
/// \code
///     const auto program = dev.load(image);              // in an SC_THREAD
///     const auto run = dev.submit(program, {input});     // several may be on their way
///     const auto result = dev.collect(run);
/// \endcode
///
/// Everything that goes wrong on the accelerator's side throws accelerator_error; the ring then
/// stands until resume(), abort() or reset().
class device : public sc_core::sc_module, public core::savable {
public:
    sc_core::sc_in<bool> irq{"irq"};

    device(const sc_core::sc_module_name& name, host& owner, std::uint64_t registers);

    const char* kind() const override { return "pimvp::board::device"; }
    [[nodiscard]] std::uint64_t registers() const { return m_registers; }

    /// Probes the accelerator and gives it a ring; the other functions call it when needed.
    void start();
    /// Places the image in memory (debug transport) and makes it resident.
    /// An image that is moved in takes no memory of the host once it lies in simulated memory.
    [[nodiscard]] loaded_program load(std::vector<std::uint8_t> image);
    /// Frees the program and its memory; waits for its runs.
    void unload(const loaded_program& program);
    /// What load() has made resident, oldest first: also what board::restore() brought back.
    [[nodiscard]] const std::vector<loaded_program>& programs() const { return m_programs; }

    /// Writes the inputs over the bus and rings the doorbell. Waits while the ring is full. Throws
    /// core::user_error if the inputs do not fit the program.
    [[nodiscard]] submitted_run submit(const loaded_program& program,
                                       const std::vector<tensor_bytes>& inputs);
    /// Waits for the run, reads its outputs over the bus and frees its memory.
    run_result collect(const submitted_run& run);
    /// submit() and collect().
    run_result run(const loaded_program& program, const std::vector<tensor_bytes>& inputs);

    void resume();
    void abort();
    /// As after power-on: programs are gone; memory of runs not collected stays in use.
    void reset();

    // The C driver's ring and the loaded programs.
    void save(core::byte_writer& to) const override;
    void restore(core::byte_reader& from) override;

    /// How long to wait for an interrupt before accelerator_error; zero (default): for ever.
    void set_patience(const sc_core::sc_time& limit) { m_patience = limit; }
    /// The C driver's view, for software that needs more than this class.
    [[nodiscard]] pimvp_device& driver() { return m_driver; }
    /// "HEAD 5, TAIL 8, 2 in flight, busy": for messages; debug access, any moment.
    [[nodiscard]] std::string progress() const;

private:
    std::uint32_t read_register(std::uint32_t offset);
    void write_register(std::uint32_t offset, std::uint32_t value);
    int wait_irq();
    void on_irq();
    [[nodiscard]] pimvp_hooks hooks();
    [[nodiscard]] pimvp_memory memory();
    void require(int status, const std::string& what);
    [[nodiscard]] std::uint32_t debug_register(std::uint32_t offset) const;

    host& m_host;
    std::uint64_t m_registers;
    pimvp_device m_driver{};
    std::vector<loaded_program> m_programs;
    std::uint64_t m_work = 0;  ///< address of ring, records and tables; 0 before start()
    bool m_started = false;
    sc_core::sc_time m_patience;
    std::uint64_t m_doorbell_fs = 0;
    std::uint64_t m_interrupt_fs = 0;
};

}  // namespace pimvp::board
