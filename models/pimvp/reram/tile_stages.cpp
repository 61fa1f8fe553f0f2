// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/tile.h>

#include <pimvp/reram/messages.h>
#include <pimvp/reram/quantiser_message.h>
#include <pimvp/reram/tile_wire.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/report.h>

#include <algorithm>
#include <cstring>
#include <string>

/// How a tile computes: windows start, results come back, pixels leave.
namespace pimvp::reram {
namespace {

std::uint64_t sequence_of(const open_window& w) {
    return (std::uint64_t{w.inference} << 32) | w.window;
}

/// All of it but the share of an IMA.
ima_multiply_header multiply_header_of(const stage_record& r, std::uint64_t sequence) {
    ima_multiply_header header;
    header.input_bits = static_cast<std::uint8_t>(r.input_bits);
    header.input_signed = static_cast<std::uint8_t>(r.input_signed);
    header.element_bytes = static_cast<std::uint8_t>(r.input_type.element_bytes);
    header.scope = r.scope;
    header.sequence = sequence;
    return header;
}

}  // namespace

/// When a stage may start its next window: inputs readable, interval passed, IMAs free.
std::uint64_t tile::next_issue_fs(const tile_stage& s) const {
    std::uint64_t at = s.next_issue_fs();
    if (at == tile_stage::never) return at;
    for (const ima_share& share : s.record().imas) {
        const bus::push_port& port = *m_to_ima[share.ima];
        if (port.pending() != 0) return tile_stage::never;  // its response wakes us
        at = std::max(at, core::to_fs(port.free_at()));
    }
    return at;
}

tile_stage* tile::find_stage(std::uint32_t program, std::uint32_t layer, std::uint32_t window) {
    const auto found = m_programs.find(program);
    if (found == m_programs.end()) return nullptr;
    for (tile_stage& s : found->second->stages) {
        const stage_record& r = s.record();
        if (r.layer == layer && r.share.contains(window, r.window.output_w)) return &s;
    }
    return nullptr;
}

/// Writes a pixel that came a cycle ago, unless the port is still busy with others: then later.
void tile::store(tile_action action) {
    const tlm::tlm_generic_payload& payload = action.message.payload();
    const auto header = tile_header_of<tile_pixels_header>(payload);
    const std::size_t bytes = tile_body_bytes<tile_pixels_header>(payload);
    if (!action.is_written) {
        const std::uint32_t scope = bus::header_of<bus::node_message_header>(payload).scope;
        const std::uint64_t now = core::now_fs();
        const std::uint64_t done =
            core::to_fs(m_edram.write(core::from_fs(now - m_cycle_fs), bytes, scope));
        if (done > now) {
            action.is_written = true;
            action.at_fs = done;
            schedule(std::move(action));
            return;
        }
    }
    const auto found = m_programs.find(header.program);
    if (found == m_programs.end() ||
        !found->second->store(header, tile_body_of<tile_pixels_header>(payload), bytes)) {
        core::report_error(bad_message, "tensor " + std::to_string(header.tensor) + ", pixel " +
                                            std::to_string(header.pixel) +
                                            " does not belong to this tile");
    }
}

/// A reader has room for more pixels. A program that has been unloaded meanwhile needs none.
void tile::grant(const tlm::tlm_generic_payload& payload) {
    const auto header = tile_header_of<tile_space_header>(payload);
    const auto found = m_programs.find(header.program);
    if (found == m_programs.end()) return;
    const std::uint32_t reader = bus::header_of<bus::node_message_header>(payload).source;
    for (tile_stage& s : found->second->stages) s.grant(reader, header.tensor, header.limit);
}

/// Tells whoever fills the program's buffers what room has become free.
void tile::tell_room(resident_program& program) {
    if (!program.has_freed()) return;
    for (const auto& [buffer, limit] : program.take_freed()) {
        const std::uint32_t tensor = program.program.buffers[buffer].tensor;
        for (const buffer_feeder& feeder : program.program.feeders) {
            if (feeder.buffer != buffer) continue;
            bus::message message =
                make_tile_message(out.pool(), tile_message::space, {feeder.node, m_node, 0, 0},
                                  tile_space_header{program.number, tensor, limit});
            if (feeder.node == m_node) {
                schedule(std::move(message), core::now_fs());
            } else {
                out.send(std::move(message));
            }
        }
    }
}

/// Whole cycles until the eDRAM has read so many bytes, behind what other stages read.
std::uint64_t tile::read_cycles(std::uint64_t bytes, std::uint32_t scope) {
    const std::uint64_t now = core::now_fs();
    return whole_cycles(core::to_fs(m_edram.read(core::from_fs(now), bytes, scope)) - now);
}

// Matrix stages -----------------------------------------------------------------------------------

void tile::issue_matrix(tile_stage& s) {
    const stage_record& r = s.record();
    const std::uint64_t now = core::now_fs();
    core::energy_ledger& ledger = m_context.ledger();
    // (1) eDRAM -> bus -> input registers: each row block once, for all IMAs that listen
    const std::uint64_t bytes = s.gather(m_params.ima.crossbar.rows);
    const std::uint64_t fetch = read_cycles(bytes, r.scope);
    ledger.add(m_events.bus_byte, bytes, r.scope);
    // (2) the tile's output register takes the sums of its IMAs
    ledger.add(m_events.output_register_cycle, 1, r.scope);
    ++m_stats.windows;

    // (3) the IMAs start when their input registers are full, at once or by way of the quantiser
    open_window& w = s.open(now, m_cycle_fs * std::max<std::uint64_t>(fetch, r.input_bits));
    if (m_observer != nullptr) m_observer->started({s.program(), w.inference, r.layer, w.window});
    m_context.trace().slice(s.track, "fetch", now, now + fetch * m_cycle_fs,
                            {{"layer", r.layer}, {"window", w.window}});
    const cut_request request{&s, sequence_of(w), now, now + fetch * m_cycle_fs};
    if (r.rule.is_active()) {
        quantise(s, request);
        return;
    }
    multiply(s, multiply_header_of(r, request.sequence), s.gathered(), {}, request.start_fs);
}

/// Sends the gathered row blocks through the quantiser; take_groups() goes on with them.
void tile::quantise(tile_stage& s, const cut_request& request) {
    const stage_record& r = s.record();
    quantise_header header = header_of_rule(r.rule);
    header.sequence = request.sequence;
    header.scope = r.scope;
    header.groups = static_cast<std::uint16_t>(r.row_blocks.size());
    header.rows_per_group = static_cast<std::uint16_t>(m_params.ima.crossbar.rows);
    header.input_bits = static_cast<std::uint8_t>(r.input_bits);
    header.input_signed = static_cast<std::uint8_t>(r.input_signed);
    header.element_bytes = static_cast<std::uint8_t>(r.input_type.element_bytes);
    const quantise_layout layout(header);
    bus::message message = m_to_quantiser->pool().allocate(layout.end);
    put_rule(message.data(), header, r.rule);
    for (std::size_t g = 0; g < r.row_blocks.size(); ++g) {
        const group_entry entry{static_cast<std::uint16_t>(r.row_blocks[g].elements), 0};
        std::memcpy(message.data() + layout.entries + g * sizeof(entry), &entry, sizeof(entry));
    }
    std::memcpy(message.data() + layout.elements, s.gathered(), layout.end - layout.elements);
    m_cuts.push_back(request);
    m_to_quantiser->send(std::move(message));
}

tlm::tlm_response_status tile::check_groups(const tlm::tlm_generic_payload& payload) const {
    const auto status = bus::check_message(payload, sizeof(quantised_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<quantised_header>(payload);
    if (payload.get_data_length() != quantise_layout(header).end) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    const bool is_next = !m_cuts.empty() && header.sequence == m_cuts.front().sequence &&
                         header.groups == m_cuts.front().stage->record().row_blocks.size() &&
                         header.rows_per_group == m_params.ima.crossbar.rows;
    return is_next ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
}

void tile::take_groups(const tlm::tlm_generic_payload& payload, std::uint64_t at_fs) {
    const cut_request request = m_cuts.front();
    m_cuts.pop_front();
    tile_stage& s = *request.stage;
    const stage_record& r = s.record();
    const quantise_layout layout(bus::header_of<quantised_header>(payload));
    std::vector<std::uint16_t> planes(r.row_blocks.size());
    unsigned longest = 1;
    for (unsigned g = 0; g < planes.size(); ++g) {
        planes[g] = entry_of(payload, g).planes;
        longest = std::max(longest, population_count(planes[g]));
    }
    ima_multiply_header header = multiply_header_of(r, request.sequence);
    header.cycles = header.input_bits;
    const std::uint64_t start = std::max(
        request.start_fs, request.issued_fs + whole_cycles(at_fs - request.issued_fs) * m_cycle_fs);
    if (m_params.quantiser.interval == group_interval::variable) {
        header.cycles = static_cast<std::uint8_t>(longest);
        const std::uint64_t next =
            request.issued_fs + std::max(start - request.issued_fs, longest * m_cycle_fs);
        s.reserve_until(next);
        if (next < m_sleeps_until_fs) m_wake.notify(sc_core::SC_ZERO_TIME);
    }
    multiply(s, header, payload.get_data_ptr() + layout.elements, planes, start);
}

/// Hands row blocks, `inputs` one after the other, to the IMAs that hold their weights.
void tile::multiply(const tile_stage& s, ima_multiply_header header, const std::uint8_t* inputs,
                    const std::vector<std::uint16_t>& planes, std::uint64_t start_fs) {
    const std::size_t slot_bytes = std::size_t{m_params.ima.crossbar.rows} * header.element_bytes;
    for (const ima_share& share : s.record().imas) {
        header.row_blocks = static_cast<std::uint16_t>(share.row_blocks.size());
        header.crossbar_mask = share.crossbar_mask;
        bus::push_port& port = *m_to_ima[share.ima];
        const std::size_t plane_bytes =
            planes.empty() ? 0 : share.row_blocks.size() * sizeof(std::uint16_t);
        bus::message message =
            port.pool().allocate_for(header, share.row_blocks.size() * slot_bytes + plane_bytes);
        std::uint8_t* to = message.data() + sizeof(header);
        for (const std::uint32_t block : share.row_blocks) {
            std::memcpy(to, inputs + block * slot_bytes, slot_bytes);
            to += slot_bytes;
        }
        if (!planes.empty()) {
            for (const std::uint32_t block : share.row_blocks) {
                std::memcpy(to, &planes[block], sizeof(std::uint16_t));
                to += sizeof(std::uint16_t);
            }
        }
        port.send(std::move(message), core::from_fs(start_fs - core::now_fs()));
    }
}

void tile::take_result(std::uint32_t index, const tlm::tlm_generic_payload& payload,
                       std::uint64_t at_fs) {
    const auto header = bus::header_of<ima_result_header>(payload);
    tile_stage* s = m_stage_of_ima[index];
    open_window* w = s == nullptr ? nullptr
                                  : s->find(static_cast<std::uint32_t>(header.sequence >> 32),
                                            static_cast<std::uint32_t>(header.sequence));
    if (w == nullptr || !w->is_issued || w->imas_pending == 0 ||
        header.outputs != s->share_of(index).outputs) {
        core::report_error(bad_message, "ima" + std::to_string(index) +
                                            " gives a result that no window waits for");
        return;
    }
    s->add_results(*w, s->share_of(index), bus::tail_of<ima_result_header>(payload), at_fs);
    if (w->imas_pending != 0) return;
    // All local sums are there: finish what is complete, pass on what is partial.
    const std::vector<output_segment>& segments = s->record().segments;
    w->segments_pending += 1;  // keeps the window while the loop below may finish all of it
    for (std::uint32_t g = 0; g < segments.size(); ++g) {
        const auto role = static_cast<segment_role>(segments[g].role);
        if (role == segment_role::partial) {
            send_partial(*s, *w, segments[g]);
        } else if (w->partials_pending[g] == 0) {
            finish_segment(*s, *w, segments[g], w->ready_fs);
        }
    }
    s->segment_done(*w);
}

void tile::send_partial(tile_stage& s, open_window& w, const output_segment& segment) {
    const stage_record& r = s.record();
    tile_action action;
    action.at_fs = w.ready_fs + m_cycle_fs;  // output register -> interconnect
    action.what = tile_action::kind::send;
    action.program = s.program();
    action.place = r.layer;
    action.inference = w.inference;
    action.pixel = w.window;
    action.channel = segment.first_channel;
    action.message = make_tile_message(
        out.pool(), tile_message::partial, {segment.home_node, m_node, 0, r.scope},
        tile_partial_header{s.program(), w.inference, r.layer, w.window, segment.first_channel,
                            segment.count},
        w.sums.data() + segment.first_accumulator, segment.count * sizeof(std::int64_t));
    schedule(std::move(action));
    s.segment_done(w);
}

void tile::add_partial(const tile_action& action) {
    const tlm::tlm_generic_payload& payload = action.message.payload();
    const auto header = tile_header_of<tile_partial_header>(payload);
    tile_stage* s = find_stage(header.program, header.layer, header.pixel);
    const std::uint32_t g =
        s == nullptr ? tile_stage::no_segment : s->home_segment(header.first_channel, header.count);
    if (g == tile_stage::no_segment ||
        tile_body_bytes<tile_partial_header>(payload) != header.count * sizeof(std::int64_t)) {
        core::report_error(bad_message, "partial sums of layer " + std::to_string(header.layer) +
                                            " do not belong to this tile");
        return;
    }
    open_window& w = s->find_or_make(header.inference, header.pixel);
    s->add_partial(w, g, tile_body_of<tile_partial_header>(payload));
    if (w.partials_pending[g] == 0 && w.is_issued && w.imas_pending == 0) {
        finish_segment(*s, w, s->record().segments[g], std::max(w.ready_fs, action.at_fs));
    }
}

void tile::finish_segment(tile_stage& s, open_window& w, const output_segment& segment,
                          std::uint64_t sums_fs) {
    const stage_record& r = s.record();
    tile_action action;
    action.what = tile_action::kind::deliver;
    action.program = s.program();
    action.place = s.index();
    action.inference = w.inference;
    action.pixel = w.window;
    action.channel = segment.first_channel;
    action.count = segment.count;
    action.values.resize(std::size_t{segment.count} * r.output_type.element_bytes);
    const post::operation_counts counts = s.requantise(w, segment, action.values.data());
    action.at_fs = sums_fs + post_cycles(counts, r.scope) * m_cycle_fs;
    schedule(std::move(action));
    s.segment_done(w);
}

// Vector stages -----------------------------------------------------------------------------------

void tile::issue_vector(tile_stage& s) {
    const stage_record& r = s.record();
    const std::uint64_t now = core::now_fs();
    tile_action action;
    action.values.resize(std::size_t{r.channels} * r.output_type.element_bytes);
    std::uint64_t bytes = 0;
    const post::operation_counts counts = s.compute_vector(action.values.data(), bytes);
    const std::uint64_t fetch = read_cycles(bytes, r.scope);
    const std::uint64_t compute = post_cycles(counts, r.scope);
    const auto [inference, pixel] = s.pass(now, m_cycle_fs * std::max(fetch, compute));
    if (m_observer != nullptr) m_observer->started({s.program(), inference, r.layer, pixel});
    action.at_fs = now + (fetch + compute) * m_cycle_fs;
    action.what = tile_action::kind::deliver;
    action.program = s.program();
    action.place = s.index();
    action.inference = inference;
    action.pixel = pixel;
    action.channel = r.first_channel;
    action.count = r.channels;
    m_context.trace().slice(s.track, "post", now + fetch * m_cycle_fs, action.at_fs,
                            {{"layer", r.layer}, {"pixel", pixel}});
    schedule(std::move(action));
}

std::uint64_t tile::whole_cycles(std::uint64_t fs) const {
    return std::max<std::uint64_t>(1, (fs + m_cycle_fs - 1) / m_cycle_fs);
}

/// Charges the units for their work; returns the cycles of the static schedule it takes.
std::uint64_t tile::post_cycles(const post::operation_counts& counts, std::uint32_t scope) {
    m_post.charge(counts, scope);
    return whole_cycles(m_post.time(counts).fs);
}

// Results out -------------------------------------------------------------------------------------

void tile::deliver(const tile_action& action) {
    const auto found = m_programs.find(action.program);
    if (found == m_programs.end()) return;  // unloaded meanwhile
    const tile_stage& stage = found->second->stages[action.place];
    const stage_record& r = stage.record();
    const std::uint32_t element_bytes = r.output_type.element_bytes;
    if (m_observer != nullptr) {
        m_observer->delivered({action.program, action.inference, r.layer, action.pixel,
                               action.channel, action.count, element_bytes, action.values.data()});
    }
    for (std::size_t i = 0; i < r.routes.size(); ++i) {
        const route& to = r.routes[i];
        if (!stage.sends(i, action.pixel)) continue;
        const std::uint32_t first = std::max(to.from_channel, action.channel);
        const std::uint32_t end =
            std::min(to.from_channel + to.channels, action.channel + action.count);
        if (first >= end) continue;
        bus::message message = make_tile_message(
            out.pool(), tile_message::pixels, {to.node, m_node, 0, r.scope},
            tile_pixels_header{action.program, action.inference, to.tensor, action.pixel,
                               to.to_channel + (first - to.from_channel), end - first},
            action.values.data() + std::size_t{first - action.channel} * element_bytes,
            std::size_t{end - first} * element_bytes);
        if (to.node == m_node) {
            schedule(std::move(message), core::now_fs() + m_cycle_fs);  // written at home
        } else {
            out.send(std::move(message));
        }
    }
}

}  // namespace pimvp::reram
