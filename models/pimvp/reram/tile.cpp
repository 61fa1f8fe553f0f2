// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/tile.h>

#include <pimvp/reram/messages.h>
#include <pimvp/reram/tile_ports.h>
#include <pimvp/reram/tile_wire.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/report.h>

#include <algorithm>
#include <utility>

namespace pimvp::reram {
namespace {

ima_program_header program_header_of(const crossbar_record& c) {
    ima_program_header header;
    header.crossbar = static_cast<std::uint16_t>(c.crossbar);
    header.rows = static_cast<std::uint16_t>(c.rows);
    header.columns = static_cast<std::uint16_t>(c.columns);
    header.weight_bits = static_cast<std::uint8_t>(c.weight_bits);
    header.cells_per_weight = static_cast<std::uint8_t>(c.cells_per_weight);
    header.row_block = static_cast<std::uint16_t>(c.row_block);
    header.first_output = c.first_output;
    header.outputs = c.outputs;
    return header;
}

}  // namespace

tlm::tlm_response_status tile::inlet_service::check(const tlm::tlm_generic_payload& payload) const {
    return m_tile.check(payload);
}

void tile::inlet_service::execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    m_tile.accept(payload, core::now_fs() + core::to_fs(at));
}

tile::tile(const sc_core::sc_module_name& name, core::context& context, const tile_params& params,
           const parts& children, std::uint32_t node, const tile_limits& limits)
    : sc_module(name),
      in("in", context, m_inlet),
      out("out", context),
      m_context(context),
      m_params(params),
      m_limits(limits),
      m_node(node),
      m_cycle_fs(params.ima.crossbar.cycle.value.fs),
      m_events(register_events(context.ledger(), params)),
      m_edram("edram", context, params.edram),
      m_post(context, params.post),
      m_stats(context.statistics(), this->name()),
      m_stage_of_ima(params.imas, nullptr),
      m_writes(params.imas) {
    for (std::uint32_t i = 0; i < params.imas; ++i) {
        const std::string number = std::to_string(i);
        m_imas.push_back(std::make_unique<ima>(("ima" + number).c_str(), context, params.ima, i));
        m_adcs.push_back(children.make_adc_bank(("adc" + number).c_str(), context, params.ima));
        m_to_ima.push_back(std::make_unique<bus::push_port>(("to_ima" + number).c_str(), context));
        m_from_ima.push_back(
            std::make_unique<result_port>(*this, context, i, ("from_ima" + number).c_str()));
        m_to_ima[i]->bind(m_imas[i]->in);
        m_to_ima[i]->on_response([this, i](const sc_core::sc_time& at) { answered(i, at); });
        m_imas[i]->adc.bind(m_adcs[i]->samples_in());
        m_adcs[i]->codes_out().bind(m_imas[i]->codes);
        m_imas[i]->out.bind(m_from_ima[i]->port);
    }
    if (params.quantiser.is_there()) {
        m_quantiser = children.make_quantiser("quantiser", context, params.quantiser);
        m_to_quantiser = std::make_unique<bus::push_port>("to_quantiser", context);
        m_from_quantiser = std::make_unique<groups_port>(*this, context);
        m_to_quantiser->bind(m_quantiser->groups_in());
        m_quantiser->groups_out().bind(m_from_quantiser->port);
    }
    SC_HAS_PROCESS(tile);
    SC_THREAD(run);
}

tile::~tile() = default;

tile::events tile::register_events(core::energy_ledger& ledger, const tile_params& params) {
    return {ledger.event("edram_bus", "byte", "", params.edram_bus_byte, core::in_tile),
            ledger.event("tile_or", "cycle", "", params.output_register_cycle, core::in_tile)};
}

// Control -----------------------------------------------------------------------------------------

void tile::abort() {
    in.abort();
    out.clear();
    for (std::uint32_t i = 0; i < m_params.imas; ++i) {
        m_to_ima[i]->clear();
        m_adcs[i]->abort();
        m_imas[i]->abort();
        m_from_ima[i]->port.abort();
        m_writes[i].clear();
    }
    if (m_quantiser) {
        m_to_quantiser->clear();
        m_quantiser->abort();
        m_from_quantiser->port.abort();
        m_cuts.clear();
    }
    m_actions.clear();
    for (auto& [number, program] : m_programs) program->restart();
    m_edram.clear();
}

void tile::reset() {
    abort();
    for (auto& unit : m_imas) unit->reset();
    m_stages.clear();
    m_programs.clear();
    std::fill(m_stage_of_ima.begin(), m_stage_of_ima.end(), nullptr);
}

void tile::unload(std::uint32_t program) {
    const auto found = m_programs.find(program);
    if (found == m_programs.end()) return;
    for (const tile_stage& s : found->second->stages) {
        for (const ima_share& share : s.record().imas) {
            ima_erase_header erase;
            erase.crossbar_mask = share.crossbar_mask;
            m_to_ima[share.ima]->send(m_to_ima[share.ima]->pool().allocate_for(erase));
            m_stage_of_ima[share.ima] = nullptr;
        }
        m_stages.erase(std::find(m_stages.begin(), m_stages.end(), &s));
    }
    found->second->restart();
    m_programs.erase(found);
}

bool tile::is_idle(std::uint32_t program, std::uint32_t inferences) const {
    const auto found = m_programs.find(program);
    return found == m_programs.end() || found->second->is_idle(inferences);
}

bool tile::is_taken(const tile_program& program) const {
    for (const stage_record& s : program.stages) {
        for (const ima_share& share : s.imas) {
            if (m_stage_of_ima[share.ima] != nullptr) return true;
        }
    }
    return false;
}

bool tile::is_at_rest() const {
    const std::uint64_t now = core::now_fs();
    const auto stage_rests = [=](const tile_stage* s) { return s->reserved_until_fs() <= now; };
    const auto ima_rests = [=](const auto& unit) {
        return unit->in_flight() == 0 && core::to_fs(unit->in.used().free_at()) <= now;
    };
    const auto port_rests = [=](const auto& port) {
        return port->pending() == 0 && core::to_fs(port->free_at()) <= now;
    };
    return m_actions.next_fs() == tile_stage::never && m_cuts.empty() &&
           (!m_quantiser || (m_quantiser->is_at_rest() && port_rests(m_to_quantiser))) &&
           std::all_of(m_stages.begin(), m_stages.end(), stage_rests) &&
           std::all_of(m_imas.begin(), m_imas.end(), ima_rests) &&
           std::all_of(m_to_ima.begin(), m_to_ima.end(), port_rests);
}

void tile::save_cells(std::uint32_t program, core::byte_writer& to) const {
    for (const crossbar_record& c : m_programs.at(program)->program.crossbars) {
        const std::vector<std::uint8_t> image = m_imas[c.ima]->image(c.crossbar);
        to.put_bytes(image.data(), image.size());
    }
}

void tile::restore(std::uint32_t number, std::uint32_t reply_to, tile_program program,
                   core::byte_reader& cells) {
    const resident_program& fresh = install(number, reply_to, std::move(program));
    for (const crossbar_record& c : fresh.program.crossbars) {
        m_imas[c.ima]->place(program_header_of(c), cells.get_bytes(c.image_bytes, "cells"));
    }
}

std::string tile::pending() const {
    std::string text;
    for (const tile_stage* s : m_stages) {
        const std::string state = s->pending();
        if (!state.empty()) text += std::string(name()) + ": " + state + "\n";
    }
    return text;
}

// Messages in -------------------------------------------------------------------------------------

tlm::tlm_response_status tile::check(const tlm::tlm_generic_payload& payload) const {
    const auto status = bus::check_message(payload, sizeof(bus::node_message_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    std::size_t least = 0;
    switch (kind_of(payload)) {
    case tile_message::configure:
        least = message_bytes<tile_configure_header>;
        break;
    case tile_message::cells:
        least = message_bytes<tile_cells_header>;
        break;
    case tile_message::pixels:
        least = message_bytes<tile_pixels_header>;
        break;
    case tile_message::partial:
        least = message_bytes<tile_partial_header>;
        break;
    case tile_message::space:
        least = message_bytes<tile_space_header>;
        break;
    default:
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
    return payload.get_data_length() >= least ? tlm::TLM_OK_RESPONSE
                                              : tlm::TLM_BURST_ERROR_RESPONSE;
}

void tile::accept(tlm::tlm_generic_payload& payload, std::uint64_t at_fs) {
    switch (kind_of(payload)) {
    case tile_message::configure:
        configure(payload);
        break;
    case tile_message::cells:
        write_cells(payload, at_fs);
        break;
    case tile_message::space:
        schedule(bus::message(payload), at_fs);
        break;
    // Readable after one cycle of writing to eDRAM, or to the output register.
    default:
        schedule(bus::message(payload), at_fs + m_cycle_fs);
    }
}

void tile::configure(const tlm::tlm_generic_payload& payload) {
    const auto header = tile_header_of<tile_configure_header>(payload);
    resident_program& fresh =
        install(header.program, header.reply_to,
                decode_tile_program(tile_body_of<tile_configure_header>(payload),
                                    tile_body_bytes<tile_configure_header>(payload), m_limits));
    fresh.cells_missing = static_cast<std::uint32_t>(fresh.program.crossbars.size());
    if (fresh.cells_missing == 0) acknowledge(fresh, core::now_fs());
}

resident_program& tile::install(std::uint32_t number, std::uint32_t reply_to,
                                tile_program program) {
    auto& fresh = m_programs[number];
    fresh = std::make_unique<resident_program>(number, std::move(program), m_edram);
    fresh->reply_to = reply_to;
    for (tile_stage& s : fresh->stages) {
        m_stages.push_back(&s);
        s.track =
            m_context.trace().track(std::string(name()) + ".stage" + std::to_string(s.index()));
        for (const ima_share& share : s.record().imas) m_stage_of_ima[share.ima] = &s;
    }
    return *fresh;
}

void tile::write_cells(const tlm::tlm_generic_payload& payload, std::uint64_t at_fs) {
    const auto header = tile_header_of<tile_cells_header>(payload);
    const auto found = m_programs.find(header.program);
    if (found == m_programs.end() || header.record >= found->second->program.crossbars.size() ||
        tile_body_bytes<tile_cells_header>(payload) !=
            found->second->program.crossbars[header.record].image_bytes) {
        core::report_error(bad_message, "cells for a crossbar that is not expected");
        return;
    }
    const crossbar_record& c = found->second->program.crossbars[header.record];
    const ima_program_header write = program_header_of(c);
    bus::push_port& port = *m_to_ima[c.ima];
    bus::message message = port.pool().allocate_for(write, c.image_bytes);
    std::memcpy(message.data() + sizeof(write), tile_body_of<tile_cells_header>(payload),
                c.image_bytes);
    m_writes[c.ima].push_back(found->second.get());
    port.send(std::move(message), core::from_fs(at_fs - core::now_fs()));
}

/// An IMA has written an array or taken a multiply, `at` from now.
void tile::answered(std::uint32_t index, const sc_core::sc_time& at) {
    if (m_writes[index].empty()) {
        m_wake.notify(sc_core::SC_ZERO_TIME);  // the next window may start
        return;
    }
    resident_program& program = *m_writes[index].front();
    m_writes[index].pop_front();
    program.written_fs = std::max(program.written_fs, core::now_fs() + core::to_fs(at));
    if (--program.cells_missing == 0) acknowledge(program, program.written_fs);
}

void tile::acknowledge(const resident_program& program, std::uint64_t at_fs) {
    tile_action action;
    action.at_fs = at_fs;
    action.what = tile_action::kind::send;
    action.program = program.number;
    action.message =
        make_tile_message(out.pool(), tile_message::loaded, {program.reply_to, m_node, 0, 0},
                          tile_loaded_header{program.number, m_node});
    schedule(std::move(action));
}

void tile::schedule(bus::message message, std::uint64_t at_fs) {
    const tlm::tlm_generic_payload& payload = message.payload();
    tile_action action;
    action.at_fs = at_fs;
    action.source = bus::header_of<bus::node_message_header>(payload).source;
    if (kind_of(payload) == tile_message::pixels) {
        const auto header = tile_header_of<tile_pixels_header>(payload);
        action.what = tile_action::kind::store;
        action.program = header.program;
        action.place = header.tensor;
        action.inference = header.inference;
        action.pixel = header.pixel;
        action.channel = header.first_channel;
    } else if (kind_of(payload) == tile_message::space) {
        const auto header = tile_header_of<tile_space_header>(payload);
        action.what = tile_action::kind::grant;
        action.program = header.program;
        action.place = header.tensor;
    } else {
        const auto header = tile_header_of<tile_partial_header>(payload);
        action.what = tile_action::kind::add_partial;
        action.program = header.program;
        action.place = header.layer;
        action.inference = header.inference;
        action.pixel = header.pixel;
        action.channel = header.first_channel;
    }
    action.message = std::move(message);
    schedule(std::move(action));
}

void tile::schedule(tile_action action) {
    const std::uint64_t at_fs = action.at_fs;
    m_actions.push(std::move(action));
    if (at_fs < m_sleeps_until_fs) m_wake.notify(sc_core::SC_ZERO_TIME);
}

// The tile's own process --------------------------------------------------------------------------

void tile::run() {
    for (;;) {
        m_sleeps_until_fs = 0;
        const std::uint64_t now = core::now_fs();
        // (1) what is due: pixels become readable, results leave
        while (m_actions.next_fs() <= now) perform(m_actions.pop());
        // (2) windows whose inputs are there start
        for (tile_stage* s : m_stages) {
            if (next_issue_fs(*s) > now) continue;
            if (s->is_matrix()) {
                issue_matrix(*s);
            } else {
                issue_vector(*s);
            }
            tell_room(*m_programs.at(s->program()));
        }
        // (3) sleep until something is due or a stage may start its next window
        std::uint64_t next = m_actions.next_fs();
        for (const tile_stage* s : m_stages) next = std::min(next, next_issue_fs(*s));
        if (next <= now) continue;
        m_sleeps_until_fs = next;
        if (next == tile_stage::never) {
            wait(m_wake);
        } else {
            wait(core::from_fs(next - now), m_wake);
        }
    }
}

void tile::perform(tile_action action) {
    switch (action.what) {
    case tile_action::kind::store:
        store(std::move(action));
        break;
    case tile_action::kind::add_partial:
        add_partial(action);
        break;
    case tile_action::kind::deliver:
        deliver(action);
        break;
    case tile_action::kind::send:
        out.send(std::move(action.message));
        break;
    case tile_action::kind::grant:
        grant(action.message.payload());
        break;
    }
}

}  // namespace pimvp::reram
