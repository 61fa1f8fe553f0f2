// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/board_params.h>
#include <pimvp/board/device.h>
#include <pimvp/board/host.h>

#include <pimvp/accel/accelerator.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/router.h>
#include <pimvp/core/context.h>

#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::board {

/// A host, a memory and any number of accelerators on one router: the only place where they are
/// wired, from a document.
///
/// ```
///   host.out ──► bus ──► memory.in
///                 │ ──► <accelerator>.regs
///   <accelerator>.dma ──► bus
///   <accelerator>.irq ──► host.<accelerator>.irq        board::reset_line() ──► <accelerator>.rst
/// ```
/// The child modules are `host`, `bus`, `memory` and the accelerators by their names in the
/// document.
///
/// **Limits** One host thread drives everything (see host). One board per simulation is the usual
/// case, several work.
///
/// **Example**
/// \code
///     core::simulation_setup();
///     core::context context;
///     board::board platform{"board", context, board::read_board(document, types)};
///     platform.run([&] {
///         board::device& dev = platform.device_named("left");
///         const auto program = dev.load(image);
///         output = dev.run(program, {input}).outputs.at(0);
///     });
/// \endcode
class board : public sc_core::sc_module {
public:
    /// Throws core::user_error if two parts of the address map overlap.
    board(const sc_core::sc_module_name& name, core::context& context, const board_params& params);
    ~board() override;

    const char* kind() const override { return "pimvp::board::board"; }

    [[nodiscard]] pimvp::board::host& host() { return *m_host; }
    [[nodiscard]] bus::memory& memory() { return *m_memory; }
    /// The driver of an accelerator. Throws core::user_error with the names there are.
    [[nodiscard]] device& device_named(const std::string& name);
    /// The accelerator itself, for tests and statistics.
    [[nodiscard]] accel::accelerator& accelerator_named(const std::string& name);
    [[nodiscard]] std::vector<std::string> accelerator_names() const;
    /// The reset input of an accelerator; low from the beginning.
    [[nodiscard]] sc_core::sc_signal<bool>& reset_line(const std::string& name);

    /// Simulates until `body`, which runs in an SC_THREAD, has ended or `limit` has passed (zero:
    /// none). Throws what the body throws. If the body has not ended, or waits for what will never
    /// come, it is killed and an accelerator_error says who waits for what. Once per simulation.
    void run(std::function<void()> body, const sc_core::sc_time& limit = sc_core::SC_ZERO_TIME);

    // Checkpoints, between jobs: see docs/guide/save_restore.md (checkpoint.cpp).
    /// Who is busy and with what; empty if the board can be saved now.
    [[nodiscard]] std::string busy() const;
    /// Writes memories, registers and programmed arrays to a file, completely or not at all. Throws
    /// core::user_error if somebody is busy.
    void save(const std::string& path) const;
    /// Becomes the board that was saved, at the simulated time of the save; waits for it. From a
    /// thread. Throws core::user_error if somebody is busy, if it is later already, or if the file
    /// is not a checkpoint of a board like this; if a part is refused, the board is unusable.
    void restore(const std::string& path);

    struct region {
        std::string name;
        std::string kind;
        std::uint64_t base = 0;
        std::uint64_t bytes = 0;
        int irq = -1;  ///< interrupt number at the host, -1 = none
    };
    /// By rising address.
    [[nodiscard]] const std::vector<region>& regions() const { return m_regions; }
    /// Address and interrupt map as an aligned table.
    [[nodiscard]] std::string map_text() const;

private:
    struct slot;

    void add_region(region added, const std::string& path);
    /// Maps a target, behind a protocol checker if the context asks for them.
    template <class Target>
    void map(Target& target, const std::string& part, std::uint64_t base, std::uint64_t bytes);
    [[nodiscard]] std::string waiting_text() const;
    slot& slot_named(const std::string& name);

    core::context& m_context;
    const board_params m_params;
    std::vector<region> m_regions;
    std::unique_ptr<bus::router> m_router;
    std::unique_ptr<bus::memory> m_memory;
    std::unique_ptr<pimvp::board::host> m_host;
    std::vector<std::unique_ptr<slot>> m_slots;
};

}  // namespace pimvp::board
