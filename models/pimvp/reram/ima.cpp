// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/ima.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace pimvp::reram {
namespace {

constexpr std::uint16_t code_limit = 1U << 15U;  // see messages.h

std::uint16_t command_of(const tlm::tlm_generic_payload& payload) {
    std::uint16_t command = 0;
    std::memcpy(&command, payload.get_data_ptr(), sizeof(command));
    return command;
}

bool is(const tlm::tlm_generic_payload& payload, ima_command command) {
    return command_of(payload) == static_cast<std::uint16_t>(command);
}

crossbar_layout layout_of(const ima_program_header& header) {
    return {header.rows, header.columns, header.weight_bits, header.cells_per_weight};
}

/// Cycles that a multiply keeps the IMA.
unsigned cycles_of(const ima_multiply_header& header) {
    return header.cycles == 0 ? header.input_bits : header.cycles;
}

/// The planes of row block `block` that a whole multiply message streams.
unsigned planes_of(const tlm::tlm_generic_payload& payload, const ima_multiply_header& header,
                   unsigned rows, unsigned block) {
    if (header.cycles == 0) return (1U << header.input_bits) - 1U;
    std::uint16_t planes = 0;
    std::memcpy(&planes,
                bus::tail_of<ima_multiply_header>(payload) +
                    std::size_t{header.row_blocks} * rows * header.element_bytes +
                    block * sizeof(planes),
                sizeof(planes));
    return planes;
}

sc_core::sc_time times(core::duration period, std::uint64_t n) {
    return core::from_fs(period.fs * n);
}

}  // namespace

/// A programmed crossbar and where it stands in the IMA.
struct ima::placed_array {
    programmed_crossbar cells;
    std::unique_ptr<const analog_crossbar> analog;  ///< null: ideal
    unsigned index = 0;                             ///< of the crossbar
    unsigned row_block = 0;
    unsigned first_output = 0;

    [[nodiscard]] unsigned end_output() const { return first_output + cells.layout().outputs(); }
};

/// One array at work for a multiply.
struct ima::active_array {
    static constexpr std::uint8_t idle = 255;

    std::shared_ptr<const placed_array> array;
    std::size_t first_total = 0;  ///< of its columns in multiply_state::totals
    unsigned samples = 0;         ///< of a cycle: its used columns, and a converted unit column
    unsigned planes = 0;          ///< mask of those it streams
    std::array<std::uint8_t, highest_input_bits> plane_in{};  ///< by cycle: a plane, or idle
    std::int64_t unit_total = 0;  ///< of the input bits; unit_column_kind::counter
    std::size_t first_noise = 0;  ///< of its words in multiply_state::noise

    [[nodiscard]] bool works_in(unsigned cycle) const { return plane_in[cycle] != idle; }
};

/// A multiply between its start and its result.
struct ima::multiply_state {
    ima_multiply_header header;
    std::uint64_t ticket = 0;  ///< 0: not in flight
    unsigned cycles = 0;
    unsigned next_cycle = 0;  ///< of the codes
    std::uint64_t last_codes_fs = 0;
    unsigned outputs = 0;
    std::vector<active_array> arrays;
    std::vector<std::uint64_t> masks;  ///< [row block][bit][word]
    std::vector<std::int32_t> totals;  ///< of each column of each array
    std::vector<std::uint32_t> noise;  ///< of each array: two bytes a sample, cycle by cycle

    [[nodiscard]] bool streams_all() const { return header.cycles == 0; }
    [[nodiscard]] const std::uint64_t* row_bits(unsigned row_block, unsigned bit,
                                                unsigned row_words) const {
        return masks.data() + (std::size_t{row_block} * header.input_bits + bit) * row_words;
    }
    /// Of signed inputs the highest plane that is streamed counts negative.
    [[nodiscard]] bool is_sign(unsigned plane, unsigned planes) const {
        return header.input_signed != 0 && planes >> (plane + 1U) == 0;
    }
};

ima::ima(const sc_core::sc_module_name& name, core::context& context, const ima_params& params,
         std::uint32_t index)
    : sc_module(name),
      in("in", context, *this),
      adc("adc", context),
      codes("codes", context, m_code_service),
      out("out", context),
      m_array(params.crossbar),
      m_seed(context.seed()),
      m_index(index),
      m_cycle(params.crossbar.cycle.value),
      m_combine(times(m_cycle, params.combine_cycles)),
      m_write_time(core::to_time(params.crossbar.write_time.value)),
      m_ledger(context.ledger()),
      m_trace(context.trace()),
      m_track(context.trace().track(this->name())),
      m_events(make_events(context.ledger(), params)),
      m_stats(context.statistics(), this->name()),
      m_crossbars(params.crossbars),
      m_bit_interval_fs(m_cycle.fs) {}

ima::~ima() = default;

ima::events ima::make_events(core::energy_ledger& ledger, const ima_params& params) {
    const crossbar_params& array = params.crossbar;
    const std::string size = std::to_string(array.rows) + "x" + std::to_string(array.columns) +
                             "x" + std::to_string(array.cell_bits) + "b";
    events made;
    made.read_cycle =
        ledger.event("crossbar", "read_cycle", size, array.array_read_cycle(), core::in_array);
    made.write = ledger.event("crossbar", "write", size, array.write_energy, core::in_array);
    made.row_cycle = ledger.event("dac", "row_cycle", "1b", array.dac_row_cycle, core::in_array);
    made.sample =
        ledger.event("sample_hold", "sample", "", array.sample_hold_sample, core::in_array);
    made.shift_add = ledger.event("ima_shift_add", "code", "", params.shift_add, core::in_array);
    made.input_register =
        ledger.event("ima_ir", "cycle", "", params.input_register_cycle, core::in_tile);
    made.output_register =
        ledger.event("ima_or", "cycle", "", params.output_register_cycle, core::in_tile);
    return made;
}

void ima::abort() {
    in.abort();
    codes.abort();
    adc.clear();
    out.clear();
    for (const auto& state : m_states) state->ticket = 0;
}

void ima::reset() {
    abort();
    std::fill(m_crossbars.begin(), m_crossbars.end(), nullptr);
    m_bit_interval_fs = m_cycle.fs;
}

std::uint32_t ima::programmed() const {
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < m_crossbars.size(); ++i) {
        if (m_crossbars[i]) mask |= 1U << i;
    }
    return mask;
}

std::size_t ima::in_flight() const {
    return static_cast<std::size_t>(std::count_if(
        m_states.begin(), m_states.end(), [](const auto& state) { return state->ticket != 0; }));
}

// ------------------------------------------------------------------------------ commands, `in` ---

tlm::tlm_response_status ima::check(const tlm::tlm_generic_payload& payload) const {
    const tlm::tlm_response_status status = bus::check_message(payload, sizeof(ima_erase_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    if (is(payload, ima_command::multiply)) return check_multiply(payload);
    if (is(payload, ima_command::program)) return check_program(payload);
    if (!is(payload, ima_command::erase)) return tlm::TLM_GENERIC_ERROR_RESPONSE;
    return payload.get_data_length() == sizeof(ima_erase_header) ? tlm::TLM_OK_RESPONSE
                                                                 : tlm::TLM_BURST_ERROR_RESPONSE;
}

tlm::tlm_response_status ima::check_program(const tlm::tlm_generic_payload& payload) const {
    if (payload.get_data_length() < sizeof(ima_program_header)) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    const auto header = bus::header_of<ima_program_header>(payload);
    const crossbar_layout layout = layout_of(header);
    const std::size_t image = payload.get_data_length() - sizeof(header);
    const bool possible = header.crossbar < m_crossbars.size() &&
                          header.outputs == layout.outputs() &&
                          layout_error(m_array, layout, image).empty();
    return possible ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
}

tlm::tlm_response_status ima::check_multiply(const tlm::tlm_generic_payload& payload) const {
    if (payload.get_data_length() < sizeof(ima_multiply_header)) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    const auto header = bus::header_of<ima_multiply_header>(payload);
    const std::size_t block_bytes = std::size_t{m_array.rows} * header.element_bytes +
                                    (header.cycles == 0 ? 0 : sizeof(std::uint16_t));
    const std::size_t expected = sizeof(header) + header.row_blocks * block_bytes;
    if (payload.get_data_length() != expected) return tlm::TLM_BURST_ERROR_RESPONSE;
    if (header.element_bytes == 0 || header.element_bytes > 2 || header.input_bits == 0 ||
        header.input_bits > highest_input_bits || header.cycles > header.input_bits ||
        header.crossbar_mask == 0 || find(header.sequence) != nullptr) {
        return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    for (unsigned block = 0; block < header.row_blocks; ++block) {
        const unsigned planes = planes_of(payload, header, m_array.rows, block);
        if (planes >> header.input_bits != 0 || population_count(planes) > cycles_of(header)) {
            return tlm::TLM_GENERIC_ERROR_RESPONSE;
        }
    }
    for (unsigned i = 0; i < 32; ++i) {
        if ((header.crossbar_mask >> i & 1U) == 0) continue;
        if (i >= m_crossbars.size() || !m_crossbars[i] ||
            m_crossbars[i]->row_block >= header.row_blocks) {
            return tlm::TLM_GENERIC_ERROR_RESPONSE;
        }
    }
    return tlm::TLM_OK_RESPONSE;
}

sc_core::sc_time ima::occupancy(const tlm::tlm_generic_payload& payload) const {
    if (is(payload, ima_command::multiply)) {
        const auto header = bus::header_of<ima_multiply_header>(payload);
        return core::from_fs(m_bit_interval_fs * cycles_of(header));
    }
    return latency(payload);
}

sc_core::sc_time ima::latency(const tlm::tlm_generic_payload& payload) const {
    return is(payload, ima_command::program) ? m_write_time : sc_core::SC_ZERO_TIME;
}

void ima::execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    if (is(payload, ima_command::multiply)) {
        multiply(payload, at);
    } else if (is(payload, ima_command::program)) {
        program(payload, at);
    } else {
        erase(bus::header_of<ima_erase_header>(payload));
    }
}

void ima::program(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    const auto header = bus::header_of<ima_program_header>(payload);
    place(header, bus::tail_of<ima_program_header>(payload));
    m_ledger.add(m_events.write, 1);
    ++m_stats.arrays_written;
    const std::uint64_t end = core::now_fs() + core::to_fs(at);
    m_trace.slice(m_track, "program", end - core::to_fs(m_write_time), end,
                  {{"crossbar", header.crossbar}});
}

void ima::place(const ima_program_header& header, const std::uint8_t* image) {
    programmed_crossbar cells{m_array, layout_of(header), image};
    std::unique_ptr<const analog_crossbar> analog;
    if (!m_array.is_ideal()) {
        if (!m_analog) m_analog = std::make_unique<analog_rule>(m_array);
        const std::string crossbar = this->name() + (".crossbar" + std::to_string(header.crossbar));
        analog = std::make_unique<analog_crossbar>(*m_analog, m_array, cells, m_seed, crossbar);
    }
    m_crossbars[header.crossbar] = std::make_shared<const placed_array>(
        placed_array{std::move(cells), std::move(analog), header.crossbar, header.row_block,
                     header.first_output});
}

std::vector<std::uint8_t> ima::image(unsigned crossbar) const {
    return m_crossbars[crossbar]->cells.image();
}

void ima::save(core::byte_writer& to) const {
    if (m_bit_interval_fs != m_cycle.fs) to.put(m_bit_interval_fs);
}

void ima::restore(core::byte_reader& from) {
    m_bit_interval_fs = m_cycle.fs;
    if (from.at_end()) return;
    m_bit_interval_fs = from.get<std::uint64_t>("pace of the bank");
    if (m_bit_interval_fs < m_cycle.fs) from.fail("the bank is faster than the crossbars");
}

void ima::erase(const ima_erase_header& header) {
    for (std::size_t i = 0; i < m_crossbars.size(); ++i) {
        if ((header.crossbar_mask >> i & 1U) != 0) m_crossbars[i].reset();
    }
}

// ----------------------------------------------------------------------------------- multiply ---

/// (1) cut the inputs into bits (2) collect the arrays at work (3) charge (4) read all arrays once
/// per cycle and hold their columns (5) hand each cycle to the converters at its end.
void ima::multiply(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    multiply_state& state = take_state();
    const auto header = bus::header_of<ima_multiply_header>(payload);
    const unsigned row_words = m_array.row_words();
    state.header = header;
    state.cycles = cycles_of(header);

    const std::uint8_t* inputs = bus::tail_of<ima_multiply_header>(payload);
    state.masks.resize(std::size_t{header.row_blocks} * header.input_bits * row_words);
    for (unsigned block = 0; block < header.row_blocks; ++block) {
        slice_inputs(
            {inputs + std::size_t{block} * m_array.rows * header.element_bytes, m_array.rows,
             header.element_bytes, header.input_bits, header.input_signed != 0},
            row_words, state.masks.data() + std::size_t{block} * header.input_bits * row_words);
    }

    collect_arrays(state, payload);
    charge(state);

    if (m_trace.enabled()) {
        const std::uint64_t start = core::now_fs() + core::to_fs(at);
        m_trace.slice(m_track, "multiply", start, start + m_cycle.fs * state.cycles,
                      {{"sequence", header.sequence}, {"arrays", state.arrays.size()}});
    }

    const std::uint64_t ticket = state.ticket;
    for (unsigned cycle = 0; cycle < state.cycles; ++cycle) {
        if (state.ticket != ticket) return;  // aborted by whoever took the samples
        adc.send(make_samples(state, cycle), at + times(m_cycle, cycle + 1U));
    }
}

void ima::collect_arrays(multiply_state& state, const tlm::tlm_generic_payload& payload) const {
    const ima_multiply_header& header = state.header;
    state.arrays.clear();
    state.outputs = 0;
    std::size_t totals = 0;
    for (std::size_t i = 0; i < m_crossbars.size(); ++i) {
        if ((header.crossbar_mask >> i & 1U) == 0) continue;
        const placed_array& placed = *m_crossbars[i];
        active_array active;
        active.array = m_crossbars[i];
        active.first_total = totals;
        active.samples = placed.cells.layout().columns + (m_array.unit_is_converted() ? 1U : 0U);
        totals += active.samples;
        state.outputs = std::max(state.outputs, placed.end_output());
        schedule(active, planes_of(payload, header, m_array.rows, placed.row_block), state);
        state.arrays.push_back(std::move(active));
    }
    state.totals.assign(totals, 0);
    if (m_analog && m_analog->has_noise()) draw_noise(state);
}

void ima::draw_noise(multiply_state& state) {
    std::size_t words = 0;
    for (active_array& active : state.arrays) {
        active.first_noise = words;
        words += noise_words(std::size_t{active.samples} * state.cycles);
    }
    if (state.noise.size() < words) state.noise.resize(words);
    for (const active_array& active : state.arrays) {
        active.array->analog->draw_noise(state.header.sequence,
                                         std::size_t{active.samples} * state.cycles,
                                         state.noise.data() + active.first_noise);
    }
}

/// Which plane an array streams in which cycle, and the sum of the unit column where it is counted.
void ima::schedule(active_array& active, unsigned planes, const multiply_state& state) const {
    const bool in_place = state.cycles == state.header.input_bits;
    active.plane_in.fill(active_array::idle);
    active.planes = planes;
    for (unsigned plane = 0, next = 0; plane < state.header.input_bits; ++plane) {
        if ((planes >> plane & 1U) == 0) continue;
        active.plane_in[in_place ? plane : next++] = static_cast<std::uint8_t>(plane);
        if (m_array.unit_is_converted()) continue;
        const std::int64_t unit = active.array->cells.unit_sum(
            state.row_bits(active.array->row_block, plane, m_array.row_words()));
        active.unit_total += state.is_sign(plane, planes) ? -(unit << plane) : unit << plane;
    }
}

void ima::charge(const multiply_state& state) {
    operation_counts work;
    for (const active_array& active : state.arrays) {
        work += count_operations(m_array, active.array->cells.layout().columns,
                                 population_count(active.planes));
    }
    unsigned busy_cycles = 0;
    for (unsigned cycle = 0; cycle < state.cycles; ++cycle) {
        const bool works =
            std::any_of(state.arrays.begin(), state.arrays.end(),
                        [=](const active_array& active) { return active.works_in(cycle); });
        busy_cycles += works ? 1U : 0U;
    }
    const std::uint32_t scope = state.header.scope;
    m_ledger.add(m_events.read_cycle, work.crossbar_cycles, scope);
    m_ledger.add(m_events.row_cycle, work.dac_row_cycles, scope);
    m_ledger.add(m_events.sample, work.samples, scope);
    m_ledger.add(m_events.shift_add, work.shift_adds, scope);
    m_ledger.add(m_events.input_register, busy_cycles, scope);
    m_ledger.add(m_events.output_register, busy_cycles, scope);
    ++m_stats.multiplies;
    m_stats.crossbar_cycles += work.crossbar_cycles;
}

bus::message ima::make_samples(const multiply_state& state, unsigned cycle) const {
    adc_sample_header header = shape_of(state, cycle);
    bus::message message =
        adc.pool().allocate(sizeof(header) + 2 * (std::size_t{header.crossbars} + header.samples));
    auto* counts = reinterpret_cast<std::uint16_t*>(message.data() + sizeof(header));
    std::uint16_t* samples = counts + header.crossbars;
    for (const active_array& active : state.arrays) {
        if (!active.works_in(cycle)) continue;
        hold_columns(state, active, cycle, samples);
        samples += active.samples;
        *counts++ = static_cast<std::uint16_t>(active.samples);
        header.conversions += conversions_per_cycle(m_array, active.array->cells.layout().columns);
    }
    std::memcpy(message.data(), &header, sizeof(header));
    return message;
}

/// What the sample-and-holds of one array hold in a cycle in which it works.
void ima::hold_columns(const multiply_state& state, const active_array& active, unsigned cycle,
                       std::uint16_t* samples) const {
    const placed_array& array = *active.array;
    const std::uint64_t* row_bits =
        state.row_bits(array.row_block, active.plane_in[cycle], m_array.row_words());
    if (!array.analog) {
        array.cells.column_sums(row_bits, samples);
        if (m_array.unit_is_converted())
            samples[active.samples - 1] = array.cells.unit_sum(row_bits);
        return;
    }
    array.analog->column_sums(row_bits, samples);
    if (!m_analog->has_noise()) return;
    m_analog->add_noise(state.noise.data() + active.first_noise,
                        std::size_t{cycle} * active.samples, samples, active.samples);
}

/// The header of the samples of a cycle, and of the codes that answer it, without conversions.
adc_sample_header ima::shape_of(const multiply_state& state, unsigned cycle) const {
    adc_sample_header header;
    header.sequence = state.header.sequence;
    header.scope = state.header.scope;
    header.bit = static_cast<std::uint8_t>(cycle);
    header.input_bits = static_cast<std::uint8_t>(state.cycles);
    if (m_analog) header.fraction_bits = static_cast<std::uint8_t>(m_analog->fraction_bits());
    for (const active_array& active : state.arrays) {
        if (!active.works_in(cycle)) continue;
        ++header.crossbars;
        header.crossbar_mask |= 1U << active.array->index;
        header.samples += active.samples;
    }
    return header;
}

// ------------------------------------------------------------------------------------- `codes` ---

tlm::tlm_response_status ima::check_codes(const tlm::tlm_generic_payload& payload) const {
    const tlm::tlm_response_status status = bus::check_message(payload, sizeof(adc_code_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<adc_code_header>(payload);
    const multiply_state* state = find(header.sequence);
    if (state == nullptr || header.bit != state->next_cycle) return tlm::TLM_GENERIC_ERROR_RESPONSE;
    const adc_sample_header sent = shape_of(*state, header.bit);
    const bool complete =
        header.samples == sent.samples && header.crossbars == sent.crossbars &&
        payload.get_data_length() ==
            sizeof(header) + 2 * (std::size_t{sent.crossbars} + std::size_t{sent.samples});
    return complete ? tlm::TLM_OK_RESPONSE : tlm::TLM_BURST_ERROR_RESPONSE;
}

void ima::accept_codes(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    const auto header = bus::header_of<adc_code_header>(payload);
    multiply_state* const state = find(header.sequence);
    if (state == nullptr) {  // two messages for the last cycle, both checked before one was served
        payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto* codes_in = reinterpret_cast<const std::uint16_t*>(
        bus::tail_of<adc_code_header>(payload) + 2 * std::size_t{header.crossbars});
    if (add_codes(*state, header.bit, codes_in) >= code_limit) {
        payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    // The pace of the bank, from two cycles of one multiply: never below the crossbars'.
    const std::uint64_t now = core::now_fs() + core::to_fs(at);
    if (header.bit != 0)
        m_bit_interval_fs = std::max(m_bit_interval_fs, now - state->last_codes_fs);
    state->last_codes_fs = now;
    if (++state->next_cycle == state->cycles) finish(*state, at);
}

/// Shifts and adds the codes of one cycle; returns the highest of them.
std::uint16_t ima::add_codes(multiply_state& state, unsigned cycle, const std::uint16_t* from) {
    if (state.streams_all()) {  // all arrays stream the same plane
        const bool is_sign = state.header.input_signed != 0 && cycle + 1U == state.cycles;
        return best_kernels().shift_add(from, state.totals.data(), state.totals.size(), cycle,
                                        is_sign);
    }
    std::uint16_t highest = 0;
    for (const active_array& active : state.arrays) {
        if (!active.works_in(cycle)) continue;
        highest = std::max(highest, best_kernels().shift_add(
                                        from, state.totals.data() + active.first_total,
                                        active.samples, active.plane_in[cycle],
                                        state.is_sign(active.plane_in[cycle], active.planes)));
        from += active.samples;
    }
    return highest;
}

void ima::finish(multiply_state& state, const sc_core::sc_time& at) {
    const ima_result_header header{state.header.sequence, m_index, state.outputs};
    bus::message result = out.pool().allocate_for(header, sizeof(std::int64_t) * state.outputs);
    auto* sums = reinterpret_cast<std::int64_t*>(result.data() + sizeof(header));
    std::fill_n(sums, state.outputs, 0);
    for (const active_array& active : state.arrays) {
        const programmed_crossbar& cells = active.array->cells;
        const std::int32_t* totals = state.totals.data() + active.first_total;
        const std::int64_t unit =
            m_array.unit_is_converted() ? totals[cells.layout().columns] : active.unit_total;
        cells.combine(totals, unit, sums + active.array->first_output);
    }
    state.ticket = 0;
    state.arrays.clear();
    out.send(std::move(result), at + m_combine);
}

ima::multiply_state& ima::take_state() {
    auto free = std::find_if(m_states.begin(), m_states.end(),
                             [](const auto& state) { return state->ticket == 0; });
    if (free == m_states.end()) {
        m_states.push_back(std::make_unique<multiply_state>());
        free = m_states.end() - 1;
    }
    (*free)->ticket = ++m_tickets;
    (*free)->next_cycle = 0;
    return **free;
}

ima::multiply_state* ima::find(std::uint64_t sequence) const {
    for (const auto& state : m_states) {
        if (state->ticket != 0 && state->header.sequence == sequence) return state.get();
    }
    return nullptr;
}

}  // namespace pimvp::reram
