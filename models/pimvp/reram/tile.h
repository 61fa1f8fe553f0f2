// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/activation_observer.h>
#include <pimvp/reram/ima.h>
#include <pimvp/reram/messages.h>
#include <pimvp/reram/parts.h>
#include <pimvp/reram/tile_params.h>
#include <pimvp/reram/tile_program.h>
#include <pimvp/reram/tile_runtime.h>

#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>
#include <pimvp/core/bytes.h>
#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>
#include <pimvp/mem/edram.h>
#include <pimvp/post/post_units.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::reram {

/// One ISAAC tile: eDRAM, IMAs with their ADC banks, and post-processing, executing the stages of
/// the programs that are resident on it as their pixels arrive.
///
/// **Interface**
/// | name  | kind                   | meaning                                                     |
/// |-------|------------------------|-------------------------------------------------------------|
/// | `in`  | operation socket, in   | messages from the interconnect: tile_messages.h             |
/// | `out` | operation socket, out  | pixels, partial sums and acknowledgements to other nodes    |
///
/// Below it: `ima0` ..., each with `adc0` ... behind the operation sockets of messages.h, and a
/// `quantiser` if its parameters name one.
///
/// **Timing** in cycles of 100 ns; B = bits of the input. A window starts when its last pixel is
/// readable: F = ceil(bytes / 1 KiB) cycles eDRAM -> input registers, B bit cycles in the
/// crossbars, the ADCs one cycle behind, 2 cycles shift-and-add and output register, 1 cycle
/// post-processing, 1 cycle eDRAM write at the receiver: F + B + 5 in all (22 cycles for B = 16,
/// F = 1), one window every max(B, F) cycles. A stage with a rule sends its window through the
/// quantiser while it is fetched; it starts a cycle later only if that takes longer than the fetch.
/// With `interval: variable` the window keeps its IMAs for as many cycles as its longest group has
/// planes, at least one, instead of B. A pooling or adding stage takes F + P + 1, with P the
/// cycles the post-processing units need for its elements.
///
/// Stages share the ports of the eDRAM: fetches and pixels wait behind others. A stage also waits
/// until the readers of its output have room, which they tell by messages, where a program gives
/// their buffers a capacity.
///
/// **Limits** Stages do not contend for the post-processing units. What the paper leaves open
/// (throughput of the units) is a graded parameter.
///
/// **Source** ISAAC, ISCA 2016: Table I and the 22-cycle pipeline example.
class tile : public sc_core::sc_module {
    /// Hands what arrives from the interconnect to accept().
    class inlet_service final : public bus::service {
    public:
        explicit inlet_service(tile& owner)
            : m_tile(owner) {}

    private:
        [[nodiscard]] tlm::tlm_response_status check(
            const tlm::tlm_generic_payload& payload) const override;
        void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;
        tile& m_tile;
    };
    inlet_service m_inlet{*this};

public:
    bus::service_port in;
    bus::push_port out;

    /// `node`: number of this tile in the interconnect. `limits`: what programs may name.
    tile(const sc_core::sc_module_name& name, core::context& context, const tile_params& params,
         const parts& children, std::uint32_t node, const tile_limits& limits);
    ~tile() override;

    const char* kind() const override { return "pimvp::reram::tile"; }

    /// Drops everything in flight at once; resident programs stay and count inferences from 0.
    void abort();
    /// abort() and forget all programs and cells.
    void reset();
    /// Forgets one program. Precondition: is_idle().
    void unload(std::uint32_t program);

    /// Whether a program has no work left here after so many inferences: outputs may have left
    /// while pixels and windows that nobody needs are still under way.
    [[nodiscard]] bool is_idle(std::uint32_t program, std::uint32_t inferences) const;
    /// What is neither under way nor reserved for later, so that a checkpoint needs no word of it.
    [[nodiscard]] bool is_at_rest() const;
    /// Whether an IMA the program asks for belongs to another one.
    [[nodiscard]] bool is_taken(const tile_program& program) const;
    /// The cells of a resident program, in the order of its crossbar records. Precondition: they
    /// have all been written.
    void save_cells(std::uint32_t program, core::byte_writer& to) const;
    /// What a configure message and the cells do, without time, energy or statistics; answers
    /// nothing. Precondition: the program was decoded for this tile and is not taken.
    void restore(std::uint32_t number, std::uint32_t reply_to, tile_program program,
                 core::byte_reader& cells);
    /// Tells `observer` (null: nobody) about every pixel a stage delivers.
    void observe(activation_observer* observer) { m_observer = observer; }
    /// Its high-water mark counts pixels that some stage still needs.
    [[nodiscard]] const mem::edram& edram() const { return m_edram; }
    /// What stages of this tile wait for, a line each: to explain a machine that stands still.
    [[nodiscard]] std::string pending() const;

private:
    static constexpr const char* bad_message = "/pimvp/reram/tile/bad_message";
    struct result_port;
    struct groups_port;
    /// A window on its way through the quantiser.
    struct cut_request {
        tile_stage* stage = nullptr;
        std::uint64_t sequence = 0;
        std::uint64_t issued_fs = 0;
        std::uint64_t start_fs = 0;  ///< of its multiplies, if the quantiser is in time
    };
    struct events {
        core::event_id bus_byte, output_register_cycle;
    };
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter windows{*this, "windows", "windows started", core::quantity::count};
    };
    static events register_events(core::energy_ledger& ledger, const tile_params& params);

    // tile.cpp: control, messages in
    [[nodiscard]] tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
    void accept(tlm::tlm_generic_payload& payload, std::uint64_t at_fs);
    void configure(const tlm::tlm_generic_payload& payload);
    resident_program& install(std::uint32_t number, std::uint32_t reply_to, tile_program program);
    void write_cells(const tlm::tlm_generic_payload& payload, std::uint64_t at_fs);
    void answered(std::uint32_t index, const sc_core::sc_time& at);
    void acknowledge(const resident_program& program, std::uint64_t at_fs);
    void schedule(bus::message message, std::uint64_t at_fs);
    void schedule(tile_action action);
    void run();
    void perform(tile_action action);

    // tile_stages.cpp: windows
    [[nodiscard]] std::uint64_t next_issue_fs(const tile_stage& s) const;
    [[nodiscard]] tile_stage* find_stage(std::uint32_t program, std::uint32_t layer,
                                         std::uint32_t window);
    void store(tile_action action);
    void grant(const tlm::tlm_generic_payload& payload);
    void tell_room(resident_program& program);
    [[nodiscard]] std::uint64_t read_cycles(std::uint64_t bytes, std::uint32_t scope);
    void issue_matrix(tile_stage& s);
    void quantise(tile_stage& s, const cut_request& request);
    [[nodiscard]] tlm::tlm_response_status check_groups(
        const tlm::tlm_generic_payload& payload) const;
    void take_groups(const tlm::tlm_generic_payload& payload, std::uint64_t at_fs);
    void multiply(const tile_stage& s, ima_multiply_header header, const std::uint8_t* inputs,
                  const std::vector<std::uint16_t>& planes, std::uint64_t start_fs);
    void issue_vector(tile_stage& s);
    void take_result(std::uint32_t index, const tlm::tlm_generic_payload& payload,
                     std::uint64_t at_fs);
    void send_partial(tile_stage& s, open_window& w, const output_segment& segment);
    void add_partial(const tile_action& action);
    void finish_segment(tile_stage& s, open_window& w, const output_segment& segment,
                        std::uint64_t sums_fs);
    void deliver(const tile_action& action);
    [[nodiscard]] std::uint64_t whole_cycles(std::uint64_t fs) const;
    [[nodiscard]] std::uint64_t post_cycles(const post::operation_counts& counts,
                                            std::uint32_t scope);

    core::context& m_context;
    const tile_params m_params;
    const tile_limits m_limits;
    const std::uint32_t m_node;
    const std::uint64_t m_cycle_fs;
    const events m_events;
    mem::edram m_edram;
    post::post_units m_post;
    statistics m_stats;

    std::vector<std::unique_ptr<ima>> m_imas;
    std::vector<std::unique_ptr<adc_bank_base>> m_adcs;
    std::vector<std::unique_ptr<bus::push_port>> m_to_ima;
    std::vector<std::unique_ptr<result_port>> m_from_ima;
    std::unique_ptr<quantiser_base> m_quantiser;  ///< null: none
    std::unique_ptr<bus::push_port> m_to_quantiser;
    std::unique_ptr<groups_port> m_from_quantiser;
    std::deque<cut_request> m_cuts;  ///< oldest first
    std::vector<tile_stage*> m_stage_of_ima;
    /// Per IMA: the programs whose arrays are being written, oldest first.
    std::vector<std::deque<resident_program*>> m_writes;

    std::map<std::uint32_t, std::unique_ptr<resident_program>> m_programs;
    std::vector<tile_stage*> m_stages;  ///< of all programs, in order of loading
    action_queue m_actions;
    activation_observer* m_observer = nullptr;
    sc_core::sc_event m_wake{"wake"};
    std::uint64_t m_sleeps_until_fs = 0;  ///< 0 while the process runs
};

}  // namespace pimvp::reram
