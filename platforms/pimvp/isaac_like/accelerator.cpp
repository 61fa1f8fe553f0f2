// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/accelerator.h>

#include <pimvp/isaac_like/loading.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/report.h>
#include <pimvp/reram/tile_wire.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace pimvp::isaac_like {
namespace {

constexpr const char* bad_message = "/pimvp/isaac_like/accelerator/bad_message";
using reram::tile_message;

}  // namespace

accelerator::accelerator(const sc_core::sc_module_name& name, core::context& context,
                         const isaac_like_params& params, const reram::parts& parts)
    : front_end(name, context, params.front_end, static_cast<accel::engine&>(*this)),
      m_params(params),
      m_nodes(machine_of(params).nodes(std::max(1U, params.chips))),
      m_limits(machine_of(params).limits(m_nodes.chips)),
      m_config_hash(isaac_like::config_hash(params)),
      m_links("links", context, params.hyper_transport, m_nodes),
      m_to_links("to_links", context),
      m_from_links("from_links", context, m_inlet) {
    for (std::uint32_t i = 0; i < m_nodes.chips; ++i) {
        m_chips.push_back(std::make_unique<chip>(("chip" + std::to_string(i)).c_str(), context,
                                                 params, parts, i, m_nodes.chips));
        noc::c_mesh& mesh = m_chips[i]->mesh;
        mesh.out[mesh.tiles()].bind(m_links.in[i]);
        m_links.out[i].bind(mesh.in[mesh.tiles()]);
    }
    m_to_links.bind(m_links.in[m_nodes.chips]);
    m_links.out[m_nodes.chips].bind(m_from_links);
    SC_HAS_PROCESS(accelerator);
    SC_THREAD(feed_inputs);
    SC_THREAD(write_outputs);
}

accelerator::~accelerator() {
    while (!m_chips.empty()) m_chips.pop_back();  // see chip::~chip
}

void accelerator::observe(reram::activation_observer* observer) {
    for (auto& c : m_chips) {
        for (auto& t : c->tiles) t->observe(observer);
    }
}

std::string accelerator::pending() const {
    std::string text;
    for (const auto& c : m_chips) {
        for (const auto& t : c->tiles) text += t->pending();
    }
    return text;
}

reram::tile* accelerator::tile_at(std::uint32_t node) const {
    if (node >= m_nodes.host() || m_nodes.local_of(node) >= m_nodes.tiles) return nullptr;
    return m_chips[m_nodes.chip_of(node)]->tiles[m_nodes.local_of(node)].get();
}

// LOAD and UNLOAD ---------------------------------------------------------------------------------

void accelerator::load(std::uint64_t handle, accel::program_reader& image) {
    loadable_program read = read_program(image, m_limits, m_nodes);
    auto fresh = std::make_unique<resident_program>();
    fresh->program = std::move(read.program);
    fresh->tensors = std::move(read.tensors);
    for (const reram::tile_program& p : fresh->program.tiles) {
        if (tile_at(p.node)->is_taken(p)) {
            throw accel::job_fault{
                accel::error_code::no_capacity, 0,
                "an IMA of node " + std::to_string(p.node) + " holds another program"};
        }
    }
    fresh->number = ++m_programs;
    fresh->prepare_routes();
    resident_program& loading = *fresh;
    m_residents[handle] = std::move(fresh);
    try {
        const std::optional<accel::job_fault> fault = send_program(image, loading, read.cells);
        while (loading.tiles_loading != 0) {
            wait(m_loaded);
            if (image.aborted()) throw accel::job_aborted{};
        }
        if (fault) throw accel::job_fault{*fault};
    } catch (...) {
        forget(handle);
        throw;
    }
}

/// Returns why the image could not be read to its end: from there on the arrays get zeros, so that
/// every message meets a tile that expects it.
std::optional<accel::job_fault> accelerator::send_program(accel::program_reader& image,
                                                          resident_program& fresh,
                                                          std::uint64_t cells) {
    std::optional<accel::job_fault> fault;
    fresh.tiles_loading = static_cast<std::uint32_t>(fresh.program.tiles.size());
    for (const reram::tile_program& p : fresh.program.tiles) {
        const std::vector<std::uint8_t> stages = encode(p);
        m_to_links.send(reram::make_tile_message(
            m_to_links.pool(), tile_message::configure, {p.node, m_nodes.host(), 0, 0},
            reram::tile_configure_header{fresh.number, m_nodes.host()}, stages.data(),
            stages.size()));
        for (std::uint32_t i = 0; i < p.crossbars.size(); ++i) {
            const reram::crossbar_record& c = p.crossbars[i];
            std::vector<std::uint8_t> cell_bytes(c.image_bytes, 0);
            try {
                if (!fault) image.read(cells + c.image_offset, cell_bytes.data(), c.image_bytes);
            } catch (const accel::job_fault& unread) {
                fault = unread;
            }
            m_to_links.send(reram::make_tile_message(
                m_to_links.pool(), tile_message::cells, {p.node, m_nodes.host(), 0, 0},
                reram::tile_cells_header{fresh.number, i}, cell_bytes.data(), cell_bytes.size()));
        }
    }
    return fault;
}

bool accelerator::is_idle(const resident_program& program) const {
    return std::all_of(program.program.tiles.begin(), program.program.tiles.end(),
                       [&](const reram::tile_program& p) {
                           return tile_at(p.node)->is_idle(program.number, program.inferences);
                       });
}

void accelerator::unload(std::uint64_t handle) {
    for (;;) {
        const auto found = m_residents.find(handle);
        if (found == m_residents.end()) return;  // a reset has come in between
        if (is_idle(*found->second)) break;
        wait(core::to_time(m_params.tile.ima.crossbar.cycle.value));
    }
    forget(handle);
}

void accelerator::forget(std::uint64_t handle) {
    const auto found = m_residents.find(handle);
    if (found == m_residents.end()) return;
    for (const reram::tile_program& p : found->second->program.tiles) {
        tile_at(p.node)->unload(found->second->number);
    }
    m_residents.erase(found);
}

// RUN ---------------------------------------------------------------------------------------------

const std::vector<accel::tensor_descriptor>& accelerator::tensors(std::uint64_t handle) const {
    return m_residents.at(handle)->tensors;
}

bool accelerator::accepts(std::uint64_t) const {
    return m_flights.size() < m_params.runs_in_flight;
}

void accelerator::run(const accel::run_request& request) {
    auto f = std::make_shared<flight>();
    f->request = request;
    f->program = m_residents.at(request.handle).get();
    f->inference = f->program->inferences++;
    f->outputs = std::make_unique<output_collector>(f->program->program.outputs);
    m_flights.push_back(f);
    m_to_feed.push_back(f);
    m_feed.notify(sc_core::SC_ZERO_TIME);
}

void accelerator::feed_inputs() {
    for (;;) {
        while (m_to_feed.empty()) wait(m_feed);
        const std::shared_ptr<flight> f = m_to_feed.front();
        m_to_feed.pop_front();
        const std::uint64_t epoch = m_epoch;
        feed(*f);
        if (epoch != m_epoch) continue;  // dropped meanwhile
        f->is_fed = true;
        finish(f);
    }
}

/// Sends all inputs, each as far as its readers have room: none of them waits for another one.
void accelerator::feed(flight& f) {
    const std::uint64_t epoch = m_epoch;
    std::vector<feeding> inputs;
    for (const io_tensor& in : f.program->program.inputs) inputs.emplace_back(in.routes.size());
    for (;;) {
        bool is_done = true, has_moved = false;
        for (std::uint32_t i = 0; i < inputs.size(); ++i) {
            const std::uint32_t sent = inputs[i].pixel, read = inputs[i].rows.end();
            is_done = send_input(f, i, inputs[i]) && is_done;
            if (epoch != m_epoch) return;
            has_moved = has_moved || inputs[i].pixel != sent || inputs[i].rows.end() != read;
        }
        if (is_done) return;
        if (!has_moved) wait(m_room);
        if (epoch != m_epoch) return;
    }
}

/// Sends pixels to whom they concern, those of a row that follow each other in one message, until
/// there is no room. True if all of them are sent.
bool accelerator::send_input(flight& f, std::uint32_t input, feeding& at) {
    const std::uint64_t epoch = m_epoch;
    const resident_program& program = *f.program;
    const io_tensor& in = program.program.inputs[input];
    const std::uint64_t before = f.inference * std::uint64_t{in.height} * in.width;
    for (; at.pixel < in.height * in.width; ++at.pixel) {
        if (at.pixel == at.rows.end() * in.width) {
            at.rows = read_rows(f, input, at.rows.end());
            if (epoch != m_epoch) return false;
        }
        if (!program.has_room(input, before + at.pixel)) return false;
        const bool ends_row = (at.pixel + 1) % in.width == 0;
        for (std::size_t to = 0; to < in.routes.size(); ++to) {
            const reram::pixel_set& wanted = program.wanted[input][to];
            if (!wanted.contains(at.pixel)) continue;
            std::uint32_t& gathered = at.gathered[to];
            if (++gathered != in.run && !ends_row && wanted.contains(at.pixel + 1)) continue;
            const std::uint32_t pixels = std::exchange(gathered, 0);
            send_pixels(f, in, in.routes[to], at.rows, at.pixel + 1 - pixels, pixels);
        }
    }
    return true;
}

/// The next rows of an input; zeros once memory has failed, so that the tiles drain.
input_rows accelerator::read_rows(flight& f, std::uint32_t input, std::uint32_t first) {
    const io_tensor& in = f.program->program.inputs[input];
    const std::uint64_t row_bytes = std::uint64_t{in.width} * in.element_bytes;
    const auto rows = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        m_params.input_block.value.bytes / (row_bytes * in.channels), 1, in.height - first));
    input_rows block{first, rows, std::vector<std::uint8_t>(rows * row_bytes * in.channels)};
    if (f.fault) return block;
    const bus::dma_result got = read_memory({f.request.tensors[input].address + first * row_bytes,
                                             rows * row_bytes, in.channels, row_bytes * in.height},
                                            block.bytes.data());
    if (!got) {
        f.fault = accel::job_fault{accel::error_code::bus_error, got.address, "reading an input"};
        std::fill(block.bytes.begin(), block.bytes.end(), std::uint8_t{0});
    }
    return block;
}

void accelerator::send_pixels(const flight& f, const io_tensor& in, const reram::route& to,
                              const input_rows& block, std::uint32_t first, std::uint32_t pixels) {
    using header = reram::tile_pixels_header;
    const std::size_t pixel_bytes = std::size_t{to.channels} * in.element_bytes;
    bus::message message = reram::make_tile_message(
        m_to_links.pool(), tile_message::pixels, {to.node, m_nodes.host(), 0, 0},
        header{f.program->number, f.inference, to.tensor, first, to.to_channel, to.channels,
               pixels},
        pixels * pixel_bytes);
    std::uint8_t* values = message.data() + reram::message_bytes<header>;
    for (std::uint32_t i = 0; i < pixels; ++i) {
        block.copy_pixel(in, first + i, to.from_channel, to.channels, values + i * pixel_bytes);
    }
    m_to_links.send(std::move(message));
}

/// Of the last input read and the last output pixel, the later one ends the computation.
void accelerator::finish(const std::shared_ptr<flight>& f) {
    if (!f->is_fed || !f->outputs->complete()) return;
    m_to_write.push_back(f);
    m_write.notify(sc_core::SC_ZERO_TIME);
}

void accelerator::write_outputs() {
    for (;;) {
        while (m_to_write.empty()) wait(m_write);
        const std::shared_ptr<flight> f = m_to_write.front();
        m_to_write.pop_front();
        const std::uint64_t epoch = m_epoch;
        const std::size_t inputs = f->program->program.inputs.size();
        const std::size_t outputs = f->program->program.outputs.size();
        for (std::size_t i = 0; i < outputs && !f->fault && epoch == m_epoch; ++i) {
            const std::vector<std::uint8_t> bytes = f->outputs->dense(i);
            const bus::dma_result put =
                write_memory({f->request.tensors[inputs + i].address, bytes.size()}, bytes.data());
            if (!put) {
                f->fault = accel::job_fault{accel::error_code::bus_error, put.address,
                                            "writing an output"};
            }
        }
        if (epoch != m_epoch) continue;  // dropped meanwhile
        m_flights.erase(std::find(m_flights.begin(), m_flights.end(), f));
        complete(f->request.run, f->fault);
    }
}

tlm::tlm_response_status accelerator::inlet_service::check(
    const tlm::tlm_generic_payload& payload) const {
    const auto status = bus::check_message(payload, sizeof(bus::node_message_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    std::size_t least = 0;
    switch (reram::kind_of(payload)) {
    case tile_message::loaded:
        least = reram::message_bytes<reram::tile_loaded_header>;
        break;
    case tile_message::pixels:
        least = reram::message_bytes<reram::tile_pixels_header>;
        break;
    case tile_message::space:
        least = reram::message_bytes<reram::tile_space_header>;
        break;
    default:
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
    return payload.get_data_length() >= least ? tlm::TLM_OK_RESPONSE
                                              : tlm::TLM_BURST_ERROR_RESPONSE;
}

void accelerator::inlet_service::execute(tlm::tlm_generic_payload& payload,
                                         const sc_core::sc_time&) {
    m_owner.receive(payload);
}

void accelerator::receive(const tlm::tlm_generic_payload& payload) {
    if (reram::kind_of(payload) == tile_message::loaded) {
        const auto header = reram::tile_header_of<reram::tile_loaded_header>(payload);
        for (auto& [handle, program] : m_residents) {
            if (program->number != header.program) continue;
            --program->tiles_loading;
            m_loaded.notify(sc_core::SC_ZERO_TIME);
        }
        return;
    }
    if (reram::kind_of(payload) == tile_message::space) {
        grant(payload);
        return;
    }
    const auto header = reram::tile_header_of<reram::tile_pixels_header>(payload);
    for (const auto& f : m_flights) {
        if (f->program->number != header.program || f->inference != header.inference) continue;
        if (!f->outputs->write(header, reram::tile_body_of<reram::tile_pixels_header>(payload),
                               reram::tile_body_bytes<reram::tile_pixels_header>(payload))) {
            break;
        }
        finish(f);
        return;
    }
    core::report_error(
        bad_message, "tensor " + std::to_string(header.tensor) + " belongs to no output in flight");
}

void accelerator::resident_program::prepare_routes() {
    for (const io_tensor& in : program.inputs) {
        wanted.emplace_back();
        for (const reram::route& r : in.routes) {
            wanted.back().push_back({reram::readers_of(r, in.readers), in.height, in.width});
        }
    }
    forget_grants();
}

void accelerator::resident_program::forget_grants() {
    room.clear();
    for (std::size_t i = 0; i < program.inputs.size(); ++i) {
        const io_tensor& in = program.inputs[i];
        room.emplace_back();
        for (std::size_t r = 0; r < in.routes.size(); ++r) {
            room.back().push_back(
                reram::first_limit(wanted[i][r], in.height * in.width, in.routes[r].capacity));
        }
    }
}

bool accelerator::resident_program::has_room(std::size_t input, std::uint64_t pixel) const {
    return std::all_of(room[input].begin(), room[input].end(),
                       [pixel](std::uint64_t limit) { return pixel < limit; });
}

/// A reader of an input has room for more of its pixels.
void accelerator::grant(const tlm::tlm_generic_payload& payload) {
    const auto header = reram::tile_header_of<reram::tile_space_header>(payload);
    const std::uint32_t reader = bus::header_of<bus::node_message_header>(payload).source;
    for (auto& [handle, resident] : m_residents) {
        if (resident->number != header.program) continue;
        for (std::size_t i = 0; i < resident->program.inputs.size(); ++i) {
            const std::vector<reram::route>& routes = resident->program.inputs[i].routes;
            for (std::size_t r = 0; r < routes.size(); ++r) {
                if (routes[r].node != reader || routes[r].tensor != header.tensor) continue;
                if (routes[r].capacity == 0) continue;
                resident->room[i][r] = std::max(resident->room[i][r], header.limit);
            }
        }
    }
    m_room.notify(sc_core::SC_ZERO_TIME);
}

// Abort and reset ---------------------------------------------------------------------------------

void accelerator::abort() {
    ++m_epoch;
    m_to_links.clear();
    m_from_links.abort();
    m_links.clear();
    for (auto& c : m_chips) c->abort();
    m_to_feed.clear();
    m_to_write.clear();
    m_flights.clear();
    for (auto& [handle, program] : m_residents) {
        program->inferences = 0;
        program->forget_grants();
    }
    m_room.notify(sc_core::SC_ZERO_TIME);
    m_loaded.notify(sc_core::SC_ZERO_TIME);
}

void accelerator::reset() {
    abort();
    for (auto& c : m_chips) c->reset();
    m_residents.clear();
}

// Checkpoints -------------------------------------------------------------------------------------

std::string accelerator::unfinished() const {
    for (const auto& [handle, program] : m_residents) {
        if (!is_idle(*program)) {
            return "still computes what no output needs, for handle " + std::to_string(handle);
        }
    }
    for (const auto& c : m_chips) {
        for (const auto& t : c->tiles) {
            if (!t->is_at_rest()) return "has work in " + std::string(t->name());
        }
    }
    return {};
}

void accelerator::save_program(std::uint64_t handle, core::byte_writer& to) const {
    const resident_program& saved = *m_residents.at(handle);
    to.put(saved.number);
    to.put_list(saved.tensors);
    to.put_list(encode_io(saved.program));
    to.put_list(encode_tiles(saved.program));
    for (const reram::tile_program& p : saved.program.tiles) {
        tile_at(p.node)->save_cells(saved.number, to);
    }
}

void accelerator::restore_program(std::uint64_t handle, core::byte_reader& from) {
    auto fresh = std::make_unique<resident_program>();
    fresh->number = from.get<std::uint32_t>("number of a program");
    fresh->tensors = from.get_list<accel::tensor_descriptor>("tensors");
    const std::vector<std::uint8_t> io = from.get_list<std::uint8_t>("io section");
    const std::vector<std::uint8_t> tiles = from.get_list<std::uint8_t>("tile section");
    try {
        fresh->program = decode_program(fresh->tensors, io, tiles, m_limits, m_nodes);
    } catch (const core::format_error& error) {
        from.fail(error.what());
    }
    for (const auto& [other, resident] : m_residents) {
        if (resident->number == fresh->number) from.fail("two programs of one number");
    }
    for (const reram::tile_program& p : fresh->program.tiles) {
        reram::tile& there = *tile_at(p.node);
        if (there.is_taken(p)) from.fail("an IMA of node " + std::to_string(p.node) + " is taken");
        there.restore(fresh->number, m_nodes.host(), p, from);
    }
    m_programs = std::max(m_programs, fresh->number);
    fresh->prepare_routes();
    m_residents[handle] = std::move(fresh);
}

}  // namespace pimvp::isaac_like
