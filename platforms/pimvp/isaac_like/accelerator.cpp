// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/accelerator.h>

#include <pimvp/core/bytes.h>
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

accel::job_fault bad_program(std::uint64_t address, std::string text) {
    return {accel::error_code::bad_program, address, std::move(text)};
}

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
    auto fresh = std::make_unique<resident>();
    std::uint64_t cells = 0;
    read_sections(image, *fresh, cells);
    for (const reram::tile_program& p : fresh->program.tiles) {
        if (tile_at(p.node)->is_taken(p)) {
            throw accel::job_fault{
                accel::error_code::no_capacity, 0,
                "an IMA of node " + std::to_string(p.node) + " holds another program"};
        }
    }
    fresh->number = ++m_programs;
    resident& loading = *fresh;
    m_residents[handle] = std::move(fresh);
    try {
        send_program(image, loading, cells);
        while (loading.tiles_loading != 0) {
            wait(m_loaded);
            if (image.aborted()) throw accel::job_aborted{};
        }
    } catch (...) {
        unload(handle);
        throw;
    }
}

void accelerator::read_sections(accel::program_reader& image, resident& fresh,
                                std::uint64_t& cells) const {
    const accel::section_entry* found[4] = {};
    const std::uint32_t kinds[4] = {static_cast<std::uint32_t>(accel::section_kind::tensors),
                                    static_cast<std::uint32_t>(section_kind::io),
                                    static_cast<std::uint32_t>(section_kind::tiles),
                                    static_cast<std::uint32_t>(section_kind::cells)};
    for (const accel::section_entry& s : image.sections()) {
        for (int k = 0; k < 4; ++k) {
            if (s.kind != kinds[k]) continue;
            if (found[k] != nullptr) throw bad_program(s.offset, "a section stands twice");
            found[k] = &s;
        }
    }
    for (const auto* s : found) {
        if (s == nullptr) throw bad_program(0, "a section is missing: tensors, io, tiles or cells");
    }
    const auto read = [&](const accel::section_entry& s) {
        constexpr std::uint64_t most = 1ULL << 28;
        if (s.bytes > most) throw bad_program(s.offset, "a section is too large");
        std::vector<std::uint8_t> bytes(s.bytes);
        image.read(s.offset, bytes.data(), bytes.size());
        return bytes;
    };
    const std::vector<std::uint8_t> tensors = read(*found[0]);
    fresh.tensors.resize(tensors.size() / sizeof(accel::tensor_descriptor));
    std::memcpy(fresh.tensors.data(), tensors.data(),
                fresh.tensors.size() * sizeof(accel::tensor_descriptor));
    cells = found[3]->offset;
    try {
        decode_io(read(*found[1]), m_limits, fresh.program);
        decode_tiles(read(*found[2]), m_limits, fresh.program);
        validate(fresh.program, m_limits, m_nodes.host(), found[3]->bytes);
    } catch (const core::format_error& error) {
        throw bad_program(error.offset(), error.what());
    }
    for (const reram::tile_program& p : fresh.program.tiles) {
        if (tile_at(p.node) == nullptr) throw bad_program(0, "a program names a node without tile");
    }
    std::size_t index = 0;
    const auto matches = [&](const io_tensor& t, accel::tensor_role role) {
        if (index >= fresh.tensors.size()) return false;
        const accel::tensor_descriptor& d = fresh.tensors[index++];
        return d.role == static_cast<std::uint32_t>(role) &&
               d.bytes == t.elements() * t.element_bytes;
    };
    bool good = true;
    for (const auto& t : fresh.program.inputs) good &= matches(t, accel::tensor_role::input);
    for (const auto& t : fresh.program.outputs) good &= matches(t, accel::tensor_role::output);
    if (!good || index != fresh.tensors.size()) {
        throw bad_program(found[0]->offset, "the tensors are not those of the io section");
    }
}

void accelerator::send_program(accel::program_reader& image, resident& fresh, std::uint64_t cells) {
    fresh.tiles_loading = static_cast<std::uint32_t>(fresh.program.tiles.size());
    for (const reram::tile_program& p : fresh.program.tiles) {
        const std::vector<std::uint8_t> stages = encode(p);
        m_to_links.send(reram::make_tile_message(
            m_to_links.pool(), tile_message::configure, {p.node, m_nodes.host(), 0, 0},
            reram::tile_configure_header{fresh.number, m_nodes.host()}, stages.data(),
            stages.size()));
        std::vector<std::uint8_t> cell_bytes;
        for (std::uint32_t i = 0; i < p.crossbars.size(); ++i) {
            const reram::crossbar_record& c = p.crossbars[i];
            cell_bytes.resize(c.image_bytes);
            image.read(cells + c.image_offset, cell_bytes.data(), cell_bytes.size());
            m_to_links.send(reram::make_tile_message(
                m_to_links.pool(), tile_message::cells, {p.node, m_nodes.host(), 0, 0},
                reram::tile_cells_header{fresh.number, i}, cell_bytes.data(), cell_bytes.size()));
        }
    }
}

void accelerator::unload(std::uint64_t handle) {
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
        feed(*f);
    }
}

void accelerator::feed(flight& f) {
    const std::uint64_t epoch = m_epoch;
    const std::vector<io_tensor>& inputs = f.program->program.inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const io_tensor& in = inputs[i];
        const std::uint64_t row_bytes = std::uint64_t{in.width} * in.element_bytes;
        std::vector<std::uint8_t> row(row_bytes * in.channels);
        for (std::uint32_t y = 0; y < in.height; ++y) {
            if (!f.fault) {
                const bus::dma_result got =
                    read_memory({f.request.tensors[i].address + y * row_bytes, row_bytes,
                                 in.channels, row_bytes * in.height},
                                row.data());
                if (epoch != m_epoch) return;
                if (!got) {  // the rest are zeros, so that the tiles drain
                    f.fault = accel::job_fault{accel::error_code::bus_error, got.address,
                                               "reading an input"};
                    std::fill(row.begin(), row.end(), std::uint8_t{0});
                }
            }
            for (std::uint32_t x = 0; x < in.width; ++x) {
                for (const reram::route& r : in.routes) {
                    const std::size_t bytes = std::size_t{r.channels} * in.element_bytes;
                    std::vector<std::uint8_t> pixel(bytes);
                    pixel_of_row(row, in, x, r.from_channel, r.channels, pixel.data());
                    m_to_links.send(reram::make_tile_message(
                        m_to_links.pool(), tile_message::pixels, {r.node, m_nodes.host(), 0, 0},
                        reram::tile_pixels_header{f.program->number, f.inference, r.tensor,
                                                  y * in.width + x, r.to_channel, r.channels},
                        pixel.data(), bytes));
                }
            }
        }
    }
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
    const auto header = reram::tile_header_of<reram::tile_pixels_header>(payload);
    for (const auto& f : m_flights) {
        if (f->program->number != header.program || f->inference != header.inference) continue;
        if (!f->outputs->write(header.tensor, header.pixel, header.first_channel, header.channels,
                               reram::tile_body_of<reram::tile_pixels_header>(payload),
                               reram::tile_body_bytes<reram::tile_pixels_header>(payload))) {
            break;
        }
        if (f->outputs->complete()) {
            m_to_write.push_back(f);
            m_write.notify(sc_core::SC_ZERO_TIME);
        }
        return;
    }
    core::report_error(
        bad_message, "tensor " + std::to_string(header.tensor) + " belongs to no output in flight");
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
    for (auto& [handle, program] : m_residents) program->inferences = 0;
    m_loaded.notify(sc_core::SC_ZERO_TIME);
}

void accelerator::reset() {
    abort();
    for (auto& c : m_chips) c->reset();
    m_residents.clear();
}

}  // namespace pimvp::isaac_like
