// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/analog_crossbar.h>
#include <pimvp/reram/crossbar_kernel.h>
#include <pimvp/reram/ima_params.h>
#include <pimvp/reram/messages.h>

#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/checkpoint.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>
#include <pimvp/core/trace.h>

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::reram {

/// An in-situ multiply-accumulate unit: crossbars, DACs, sample-and-holds, shift-and-add, input and
/// output register. Its ADCs are a block of their own (adc_bank, or one of yours).
///
/// **Interface**
/// | name    | kind                 | meaning                                                   |
/// |---------|----------------------|-----------------------------------------------------------|
/// | `in`    | target, LT and AT    | ima_program_header, ima_multiply_header, ima_erase_header |
/// | `adc`   | initiator, LT and AT | adc_sample_header: held columns, one message per bit      |
/// | `codes` | target, LT and AT    | adc_code_header: what the bank made of them               |
/// | `out`   | initiator, LT and AT | ima_result_header: finished sums, one message a multiply  |
///
/// **Timing** in crossbar cycles, B = input bits, or the `cycles` that a multiply asks for. It
/// starts when the IMA is free and keeps it for B cycles; its response comes at the start. The
/// samples of bit b leave at start + b + 1; with a bank of one cycle the last codes come at start +
/// B + 1 and the result leaves at start + B + 1 + `combine_cycles` (19 cycles after the start for B
/// = 16; together with fetch, activation and write-back, ISAAC's 22). If the bank is slower,
/// samples wait in their sample-and-holds, everything after them shifts, and once the bank's
/// interval has been seen, multiplies keep the IMA for B of its intervals. A program message takes
/// `write_time` per array, erase no time.
///
/// **Energy** per array of a multiply, S = bit planes that its row block streams (B if it streams
/// all): S crossbar.read_cycle, rows * S dac.row_cycle, sample_hold.sample and ima_shift_add.code
/// as often as there are conversions; ima_ir.cycle and ima_or.cycle for every cycle in which some
/// array works. All are charged when the multiply starts, in its scope; crossbar.write when an
/// array is programmed, in scope 0.
///
/// **Analog** If the parameters ask for it, cells vary or are stuck and reads are noisy
/// (analog_crossbar.h). What a cell is made of is drawn from the context's seed and the names of
/// IMA and crossbar; the noise of a read from these, the sequence of the multiply and the cycle:
/// neither order nor coding style matters, and the same sequence reads the same noise.
///
/// **Limits** Messages come from a tile, which checked them: a malformed one is answered with
/// BURST_ERROR, an impossible one (array not programmed, sequence in flight) with GENERIC_ERROR.
/// Codes must come in the order of the samples. A multiply in flight keeps the cells it started
/// with, even if its arrays are erased or written meanwhile.
///
/// **Example** see adc_bank.
///
/// **Source** ISAAC, ISCA 2016, Table I and pipeline example (`cards/isaac_32nm.yaml`); write cost
/// from puma-simulator.
class ima : public sc_core::sc_module, public core::savable, private bus::service {
public:
    bus::service_port in;
    bus::push_port adc;
    bus::service_port codes;
    bus::push_port out;

    /// `index` is what results carry in ima_result_header::ima.
    ima(const sc_core::sc_module_name& name, core::context& context, const ima_params& params = {},
        std::uint32_t index = 0);
    ~ima() override;

    const char* kind() const override { return "pimvp::reram::ima"; }

    /// Drops all multiplies and messages in flight; arrays stay programmed. The ADC bank must be
    /// aborted in the same instant: codes of dropped multiplies are errors.
    void abort();
    /// abort() and forget all arrays.
    void reset();

    /// Bit i: crossbar i is programmed.
    [[nodiscard]] std::uint32_t programmed() const;
    /// Multiplies between start and result.
    [[nodiscard]] std::size_t in_flight() const;

    /// Writes an array as a program message does, without time, energy or statistics. Precondition:
    /// such a message would be answered with OK.
    void place(const ima_program_header& header, const std::uint8_t* image);
    /// The image of a crossbar. Precondition: it is programmed.
    [[nodiscard]] std::vector<std::uint8_t> image(unsigned crossbar) const;

    // The pace of the bank as seen; the arrays are saved by who knows which program they belong to.
    void save(core::byte_writer& to) const override;
    void restore(core::byte_reader& from) override;

private:
    static constexpr unsigned highest_input_bits = 16;

    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter multiplies{*this, "multiplies", "matrix-vector multiplies started",
                                 core::quantity::count};
        core::counter crossbar_cycles{*this, "crossbar_cycles", "arrays read, per bit cycle",
                                      core::quantity::cycles};
        core::counter arrays_written{*this, "arrays_written", "crossbars programmed",
                                     core::quantity::count};
    };
    struct events {
        core::event_id read_cycle, row_cycle, sample, shift_add, input_register, output_register,
            write;
    };
    struct placed_array;
    struct active_array;
    struct multiply_state;

    /// The service behind `codes`; the module itself is the one behind `in`.
    class code_service final : public bus::service {
    public:
        explicit code_service(ima& owner)
            : m_owner(owner) {}
        [[nodiscard]] tlm::tlm_response_status check(
            const tlm::tlm_generic_payload& payload) const override {
            return m_owner.check_codes(payload);
        }
        void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
            m_owner.accept_codes(payload, at);
        }

    private:
        ima& m_owner;
    };

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time occupancy(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time latency(const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;

    [[nodiscard]] tlm::tlm_response_status check_program(
        const tlm::tlm_generic_payload& payload) const;
    [[nodiscard]] tlm::tlm_response_status check_multiply(
        const tlm::tlm_generic_payload& payload) const;
    [[nodiscard]] tlm::tlm_response_status check_codes(
        const tlm::tlm_generic_payload& payload) const;

    void program(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at);
    void erase(const ima_erase_header& header);
    void multiply(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at);
    [[nodiscard]] bus::message make_samples(const multiply_state& state, unsigned cycle) const;
    void hold_columns(const multiply_state& state, const active_array& active, unsigned cycle,
                      std::uint16_t* samples) const;
    [[nodiscard]] adc_sample_header shape_of(const multiply_state& state, unsigned cycle) const;
    void accept_codes(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at);
    static std::uint16_t add_codes(multiply_state& state, unsigned cycle,
                                   const std::uint16_t* from);
    void finish(multiply_state& state, const sc_core::sc_time& at);

    multiply_state& take_state();
    [[nodiscard]] multiply_state* find(std::uint64_t sequence) const;
    void charge(const multiply_state& state);
    void collect_arrays(multiply_state& state, const tlm::tlm_generic_payload& payload) const;
    static void draw_noise(multiply_state& state);
    void schedule(active_array& active, unsigned planes, const multiply_state& state) const;
    static events make_events(core::energy_ledger& ledger, const ima_params& params);

    code_service m_code_service{*this};
    const crossbar_params m_array;
    std::unique_ptr<const analog_rule> m_analog;  ///< null: ideal arrays, or none written yet
    const std::uint64_t m_seed;
    const std::uint32_t m_index;
    const core::duration m_cycle;
    const sc_core::sc_time m_combine;
    const sc_core::sc_time m_write_time;
    core::energy_ledger& m_ledger;
    core::trace& m_trace;
    const core::trace_track m_track;
    const events m_events;
    statistics m_stats;

    std::vector<std::shared_ptr<const placed_array>> m_crossbars;
    std::vector<std::unique_ptr<multiply_state>> m_states;  ///< never shrinks: states are reused
    std::uint64_t m_bit_interval_fs;  ///< of the bank, as seen; never below the cycle
    std::uint64_t m_tickets = 0;
};

}  // namespace pimvp::reram
