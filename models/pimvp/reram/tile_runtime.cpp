// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/tile_runtime.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace pimvp::reram {
namespace {

/// As the adders do it: a program's biases may be anything.
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

// tile_stage --------------------------------------------------------------------------------------

tile_stage::tile_stage(resident_program& program, std::uint32_t index, const stage_record& record)
    : m_program(program),
      m_index(index),
      m_record(record),
      m_two_inputs(has_two_inputs(static_cast<stage_kind>(record.kind))),
      m_second_is_pixel(m_two_inputs && reads_one_pixel(record, program.program.buffers)),
      m_walker(record, program.program.buffers[record.input]),
      m_is_held(program.program.buffers[record.input].capacity != 0 ||
                (m_two_inputs && program.program.buffers[record.second_input].capacity != 0)),
      m_window(record.share.first(record.window.output_w)) {
    if (static_cast<stage_kind>(record.kind) == stage_kind::matrix) {
        m_gather.emplace(record, program.program.buffers[record.input]);
        for (const ima_share& share : record.imas) {
            if (m_share_of_ima.size() <= share.ima) m_share_of_ima.resize(share.ima + 1, nullptr);
            m_share_of_ima[share.ima] = &share;
        }
    } else {
        m_vector.emplace(record, program.program.buffers);
    }
    for (const route& to : record.routes) {
        m_wanted_of_route.push_back(&program.wanted_by(to, record.window));
    }
    forget_grants();
}

void tile_stage::forget_grants() {
    m_room_of_route.clear();
    m_room = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < m_record.routes.size(); ++i) {
        m_room_of_route.push_back(
            first_limit(*m_wanted_of_route[i], m_walker.windows(), m_record.routes[i].capacity));
        m_room = std::min(m_room, m_room_of_route.back());
    }
}

void tile_stage::grant(std::uint32_t node, std::uint32_t tensor, std::uint64_t limit) {
    bool is_mine = false;
    for (std::size_t i = 0; i < m_record.routes.size(); ++i) {
        const route& to = m_record.routes[i];
        if (to.node != node || to.tensor != tensor || to.capacity == 0) continue;
        m_room_of_route[i] = std::max(m_room_of_route[i], limit);
        is_mine = true;
    }
    if (is_mine) m_room = *std::min_element(m_room_of_route.begin(), m_room_of_route.end());
}

void tile_stage::bury_inputs(std::uint32_t inference) {
    m_program.bury(m_record.input, inference);
    if (m_two_inputs) m_program.bury(m_record.second_input, inference);
}

std::uint32_t tile_stage::program() const {
    return m_program.number;
}

bool tile_stage::inputs_ready() const {
    const std::uint32_t needed = m_walker.pixels_needed(m_window);
    if (m_first == nullptr || m_first->ready() < needed) return false;
    if (!m_two_inputs) return true;
    return m_second != nullptr && m_second->ready() >= (m_second_is_pixel ? 1 : needed);
}

std::uint64_t tile_stage::gather(std::uint32_t crossbar_rows) {
    const std::size_t slot_bytes = std::size_t{crossbar_rows} * m_record.input_type.element_bytes;
    m_inputs.assign(m_record.row_blocks.size() * slot_bytes, 0);
    std::uint64_t elements = 0;
    for (std::uint32_t block = 0; block < m_record.row_blocks.size(); ++block) {
        (*m_gather)(block, m_walker.position(m_window), *m_first,
                    m_inputs.data() + block * slot_bytes);
        elements += m_record.row_blocks[block].elements;
    }
    return elements * m_record.input_type.element_bytes;
}

post::operation_counts tile_stage::compute_vector(std::uint8_t* out, std::uint64_t& bytes_read) {
    bytes_read = m_vector->bytes_read(m_window);
    return (*m_vector)(m_window, *m_first, m_second, out);
}

open_window& tile_stage::open(std::uint64_t now_fs, std::uint64_t interval_fs) {
    open_window& w = find_or_make(m_inference, m_window);
    w.is_issued = true;
    w.imas_pending = static_cast<std::uint32_t>(m_record.imas.size());
    advance(now_fs, interval_fs);
    return w;
}

std::pair<std::uint32_t, std::uint32_t> tile_stage::pass(std::uint64_t now_fs,
                                                         std::uint64_t interval_fs) {
    const std::pair<std::uint32_t, std::uint32_t> passed{m_inference, m_window};
    advance(now_fs, interval_fs);
    return passed;
}

void tile_stage::advance(std::uint64_t now_fs, std::uint64_t interval_fs) {
    m_next_issue_fs = now_fs + interval_fs;
    const std::uint32_t row = m_walker.position(m_window).y;
    m_window = m_record.share.next(m_window, m_record.window.output_w);
    if (m_window < m_walker.windows()) {
        // Row by row will do where nobody waits for room.
        if (m_is_held || m_walker.position(m_window).y != row) bury_inputs(m_inference);
        return;
    }
    const std::uint32_t done = m_inference++;
    m_window = first_window();
    m_program.release(m_record.input, done);
    if (m_two_inputs) m_program.release(m_record.second_input, done);
    m_first = m_program.map(m_record.input, m_inference);
    m_second = m_program.map(m_record.second_input, m_inference);
    bury_inputs(done);         // what only this stage held
    bury_inputs(m_inference);  // what readers that are ahead have left
}

open_window* tile_stage::find(std::uint32_t inference, std::uint32_t window) {
    for (open_window& w : m_open) {
        if (w.window == window && w.inference == inference) return &w;
    }
    return nullptr;
}

open_window& tile_stage::find_or_make(std::uint32_t inference, std::uint32_t window) {
    if (open_window* known = find(inference, window)) return *known;
    if (m_spare.empty()) m_spare.emplace_back();
    m_open.splice(m_open.end(), m_spare, m_spare.begin());
    open_window& w = m_open.back();
    w.inference = inference;
    w.window = window;
    w.is_issued = false;
    w.ready_fs = 0;
    w.segments_pending = static_cast<std::uint32_t>(m_record.segments.size());
    w.partials_pending.clear();
    for (const output_segment& segment : m_record.segments) {
        w.partials_pending.push_back(segment.partials);
    }
    w.sums.assign(m_record.bias.begin(), m_record.bias.end());
    for (const output_segment& segment : m_record.segments) {
        if (static_cast<segment_role>(segment.role) != segment_role::partial) continue;
        const auto first = w.sums.begin() + segment.first_accumulator;
        std::fill(first, first + segment.count, 0);  // the home adds the bias
    }
    return w;
}

const ima_share& tile_stage::share_of(std::uint32_t ima) const {
    return *m_share_of_ima[ima];
}

std::uint32_t tile_stage::home_segment(std::uint32_t first_channel, std::uint32_t count) const {
    for (std::uint32_t g = 0; g < m_record.segments.size(); ++g) {
        const output_segment& segment = m_record.segments[g];
        if (static_cast<segment_role>(segment.role) == segment_role::home &&
            segment.first_channel == first_channel && segment.count == count) {
            return g;
        }
    }
    return no_segment;
}

void tile_stage::add_results(open_window& w, const ima_share& share, const std::uint8_t* sums,
                             std::uint64_t at_fs) const {
    const auto* results = reinterpret_cast<const std::int64_t*>(sums);
    for (const result_range& range : share.results) {
        std::int64_t* to = w.sums.data() + range.to;
        for (std::uint32_t i = 0; i < range.count; ++i) {
            to[i] = wrapping_sum(to[i], results[range.from + i]);
        }
    }
    --w.imas_pending;
    w.ready_fs = std::max(w.ready_fs, at_fs);
}

void tile_stage::add_partial(open_window& w, std::uint32_t segment,
                             const std::uint8_t* sums) const {
    const output_segment& g = m_record.segments[segment];
    for (std::uint32_t i = 0; i < g.count; ++i) {
        std::int64_t value = 0;
        std::memcpy(&value, sums + i * sizeof(value), sizeof(value));
        std::int64_t& sum = w.sums[g.first_accumulator + i];
        sum = wrapping_sum(sum, value);
    }
    --w.partials_pending[segment];
}

post::operation_counts tile_stage::requantise(open_window& w, const output_segment& segment,
                                              std::uint8_t* out) const {
    return post::requantise(w.sums.data() + segment.first_accumulator,
                            m_record.multipliers.data() + segment.first_accumulator, 1,
                            segment.count, m_record.output_type, out);
}

void tile_stage::segment_done(open_window& w) {
    if (--w.segments_pending != 0) return;
    const auto at = std::find_if(m_open.begin(), m_open.end(),
                                 [&w](const open_window& other) { return &other == &w; });
    m_spare.splice(m_spare.end(), m_open, at);
}

void tile_stage::restart() {
    m_spare.splice(m_spare.end(), m_open);
    m_inference = 0;
    m_window = first_window();
    m_next_issue_fs = 0;
    forget_grants();
    m_first = nullptr;
    m_second = nullptr;
}

std::string tile_stage::pending() const {
    const std::string where =
        "layer " + std::to_string(m_record.layer) + ", inference " + std::to_string(m_inference);
    if (!m_open.empty()) {
        const open_window& w = m_open.front();
        return where + ": window " + std::to_string(w.window) + " waits for " +
               (w.is_issued && w.imas_pending != 0 ? "its IMAs" : "partial sums");
    }
    if (inputs_ready() && !has_room()) {
        return where + ": window " + std::to_string(m_window) + " waits for room at its readers";
    }
    const bool has_begun =
        m_first != nullptr || (m_two_inputs && m_second != nullptr) || m_window != first_window();
    if (!has_begun) return {};
    const std::uint32_t needed = m_walker.pixels_needed(m_window);
    const bool lacks_first = m_first == nullptr || m_first->ready() < needed;
    const std::uint32_t buffer = lacks_first ? m_record.input : m_record.second_input;
    return where + ": window " + std::to_string(m_window) + " of " +
           std::to_string(m_walker.windows()) + " waits for pixel " +
           std::to_string(!lacks_first && m_second_is_pixel ? 1 : needed) + " of tensor " +
           std::to_string(m_program.program.buffers[buffer].tensor);
}

// resident_program --------------------------------------------------------------------------------

resident_program::resident_program(std::uint32_t program_number, tile_program program_on_tile,
                                   mem::edram& edram)
    : number(program_number),
      program(std::move(program_on_tile)),
      m_readers(program.buffers.size(), 0),
      m_edram(edram) {
    for (std::uint32_t b = 0; b < program.buffers.size(); ++b) {
        m_buffer_of_tensor.emplace(program.buffers[b].tensor, b);
        const tensor_buffer& shape = program.buffers[b];
        m_wanted.emplace_back(readers_of(program, b), shape.height, shape.width);
    }
    empty_room();
    for (const stage_record& record : program.stages) {
        stages.emplace_back(*this, static_cast<std::uint32_t>(stages.size()), record);
        ++m_readers[record.input];
        if (has_two_inputs(static_cast<stage_kind>(record.kind))) {
            ++m_readers[record.second_input];
        }
    }
}

const pixel_set& resident_program::wanted_by(const route& to, const stage_window& maker) {
    const std::array<std::uint32_t, 4> key{maker.output_h, maker.output_w, to.first_reader,
                                           to.readers};
    const auto known = m_wanted_elsewhere.find(key);
    if (known != m_wanted_elsewhere.end()) return known->second;
    return m_wanted_elsewhere
        .emplace(key, pixel_set(readers_of(to, program.readers), maker.output_h, maker.output_w))
        .first->second;
}

bool resident_program::store(const tile_pixels_header& header, const std::uint8_t* values,
                             std::size_t bytes) {
    const auto found = m_buffer_of_tensor.find(header.tensor);
    if (found == m_buffer_of_tensor.end()) return false;
    const std::uint32_t buffer = found->second;
    const tensor_buffer& shape = program.buffers[buffer];
    const std::size_t pixel_bytes = std::size_t{header.channels} * shape.element_bytes;
    if (header.pixels == 0 || bytes != header.pixels * pixel_bytes) return false;
    const auto key = std::make_pair(header.inference, buffer);
    auto entry = m_maps.find(key);
    if (entry == m_maps.end()) {
        entry =
            m_maps.emplace(key, stored_map{feature_map(shape, m_wanted[buffer]), m_readers[buffer]})
                .first;
        for (tile_stage& s : stages) {
            if (s.m_inference != header.inference) continue;
            s.m_first = map(s.m_record.input, s.m_inference);
            s.m_second = map(s.m_record.second_input, s.m_inference);
        }
    }
    stored_map& stored = entry->second;
    if (!stored.map.write(header.pixel, header.first_channel, header.channels, values,
                          header.pixels)) {
        return false;
    }
    stored.live_bytes += bytes;
    m_edram.allocate(bytes);
    trim(buffer, stored);
    return true;
}

void resident_program::bury(std::uint32_t buffer, std::uint32_t inference) {
    const auto found = m_maps.find({inference, buffer});
    if (found == m_maps.end()) return;
    stored_map& stored = found->second;
    std::uint32_t needed = std::numeric_limits<std::uint32_t>::max();
    for (const tile_stage& s : stages) {
        if (!reads(s.record(), buffer)) continue;
        if (s.m_inference < inference) return;  // has not begun with it
        if (s.m_inference == inference) needed = std::min(needed, s.first_needed(buffer));
    }
    if (needed == std::numeric_limits<std::uint32_t>::max() || needed <= stored.first_needed) {
        return;
    }
    stored.first_needed = needed;
    trim(buffer, stored);
    free_room(buffer, inference, needed, program.buffers[buffer].grain);
}

/// Pixels that came after their last reader had passed them are dead at once.
void resident_program::trim(std::uint32_t buffer, stored_map& stored) {
    const std::uint32_t dead = std::min(stored.first_needed, stored.map.ready());
    if (dead <= stored.dead_pixels) return;
    const tensor_buffer& shape = program.buffers[buffer];
    const std::uint64_t bytes = std::uint64_t{m_wanted[buffer].count(stored.dead_pixels, dead)} *
                                shape.channels * shape.element_bytes;
    stored.dead_pixels = dead;
    stored.live_bytes -= bytes;
    m_edram.release(bytes);
}

void resident_program::free_room(std::uint32_t buffer, std::uint32_t inference, std::uint32_t dead,
                                 std::uint32_t grain) {
    const tensor_buffer& b = program.buffers[buffer];
    if (b.capacity == 0) return;
    buffer_room& room = *m_room[buffer];
    room.untold += room.pixels.free_before(std::uint64_t{inference} * b.height * b.width + dead);
    if (room.untold < grain) return;
    room.untold = 0;
    m_freed.emplace_back(buffer, room.pixels.limit());
}

void resident_program::empty_room() {
    m_room.assign(program.buffers.size(), std::nullopt);
    for (std::size_t b = 0; b < m_room.size(); ++b) {
        const tensor_buffer& shape = program.buffers[b];
        if (shape.capacity == 0) continue;
        m_room[b] = {pixel_room(m_wanted[b], shape.height * shape.width, shape.capacity), 0};
    }
}

const feature_map* resident_program::map(std::uint32_t buffer, std::uint32_t inference) const {
    const auto found = m_maps.find({inference, buffer});
    return found == m_maps.end() ? nullptr : &found->second.map;
}

void resident_program::release(std::uint32_t buffer, std::uint32_t inference) {
    const auto found = m_maps.find({inference, buffer});
    if (found == m_maps.end() || --found->second.readers != 0) return;
    m_edram.release(std::exchange(found->second.live_bytes, 0));
    const tensor_buffer& b = program.buffers[buffer];
    free_room(buffer, inference, b.height * b.width, 1);  // all of it: as if it were the first
    m_maps.erase(found);  // nothing comes that its readers have not waited for
}

bool resident_program::is_idle(std::uint32_t inferences) const {
    const bool is_done = std::all_of(stages.begin(), stages.end(), [=](const tile_stage& s) {
        return s.m_inference == inferences && s.m_open.empty();
    });
    return is_done && m_maps.empty();
}

void resident_program::restart() {
    for (const auto& [key, stored] : m_maps) m_edram.release(stored.live_bytes);
    m_maps.clear();
    m_freed.clear();
    empty_room();
    for (tile_stage& s : stages) s.restart();
}

// actions -----------------------------------------------------------------------------------------

bool operator<(const tile_action& a, const tile_action& b) {
    return std::tie(a.at_fs, a.what, a.program, a.place, a.inference, a.pixel, a.channel,
                    a.source) <
           std::tie(b.at_fs, b.what, b.program, b.place, b.inference, b.pixel, b.channel, b.source);
}

namespace {
bool later(const tile_action& a, const tile_action& b) {
    return b < a;
}
}  // namespace

void action_queue::push(tile_action action) {
    m_heap.push_back(std::move(action));
    std::push_heap(m_heap.begin(), m_heap.end(), later);
}

tile_action action_queue::pop() {
    std::pop_heap(m_heap.begin(), m_heap.end(), later);
    tile_action first = std::move(m_heap.back());
    m_heap.pop_back();
    return first;
}

}  // namespace pimvp::reram
