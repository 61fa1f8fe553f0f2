// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/tile_kernel.h>
#include <pimvp/reram/tile_messages.h>
#include <pimvp/reram/tile_program.h>

#include <pimvp/bus/payload_pool.h>
#include <pimvp/core/trace.h>
#include <pimvp/mem/edram.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// State of a tile at run time, without sockets and processes: programs, stages, windows in flight
/// and what is due when. Internal to tile.
namespace pimvp::reram {

class resident_program;

/// A window between the start of its multiplies and the delivery of its outputs.
struct open_window {
    std::uint32_t inference = 0, window = 0;
    bool is_issued = false;  ///< false: only partial sums of other tiles are here
    std::uint32_t imas_pending = 0;
    std::uint32_t segments_pending = 0;
    std::uint64_t ready_fs = 0;                   ///< when the last local sum was there
    std::vector<std::uint32_t> partials_pending;  ///< per segment
    std::vector<std::int64_t> sums;               ///< per accumulator
};

/// One stage_record in execution: which window is next, which are under way.
class tile_stage {
public:
    static constexpr std::uint32_t no_segment = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    tile_stage(resident_program& program, std::uint32_t index, const stage_record& record);

    core::trace_track track;  ///< of its own: the stages of a tile work side by side

    [[nodiscard]] const stage_record& record() const { return m_record; }
    [[nodiscard]] std::uint32_t program() const;
    /// Position in its tile_program.
    [[nodiscard]] std::uint32_t index() const { return m_index; }
    [[nodiscard]] bool is_matrix() const { return m_gather.has_value(); }

    /// When its last window lets the next one start.
    [[nodiscard]] std::uint64_t reserved_until_fs() const { return m_next_issue_fs; }
    /// When the next window may start; `never` until its inputs have arrived.
    [[nodiscard]] std::uint64_t next_issue_fs() const {
        return inputs_ready() && has_room() ? m_next_issue_fs : never;
    }
    /// Pixels of `tensor` at `node`, counted over all inferences, find room below `limit`.
    void grant(std::uint32_t node, std::uint32_t tensor, std::uint64_t limit);
    /// Whether somebody at the end of a route reads a pixel.
    [[nodiscard]] bool sends(std::size_t route_index, std::uint32_t pixel) const {
        return m_wanted_of_route[route_index]->contains(pixel);
    }

    /// Takes the inputs of the next window; returns the bytes read.
    std::uint64_t gather(std::uint32_t crossbar_rows);
    /// The gathered slices of all row blocks, each padded with zeros to the rows of a crossbar.
    [[nodiscard]] const std::uint8_t* gathered() const { return m_inputs.data(); }
    /// Computes the next output pixel of a vector stage.
    post::operation_counts compute_vector(std::uint8_t* out, std::uint64_t& bytes_read);

    /// Starts the next window; the one after it may start `interval_fs` later.
    open_window& open(std::uint64_t now_fs, std::uint64_t interval_fs);
    /// The window after the one started last may start at that time instead.
    void reserve_until(std::uint64_t at_fs) { m_next_issue_fs = at_fs; }
    /// Starts and at once forgets the next output pixel of a vector stage. Returns its number and
    /// inference.
    std::pair<std::uint32_t, std::uint32_t> pass(std::uint64_t now_fs, std::uint64_t interval_fs);

    [[nodiscard]] open_window* find(std::uint32_t inference, std::uint32_t window);
    open_window& find_or_make(std::uint32_t inference, std::uint32_t window);
    [[nodiscard]] const ima_share& share_of(std::uint32_t ima) const;
    /// The home segment with exactly these channels, or no_segment.
    [[nodiscard]] std::uint32_t home_segment(std::uint32_t first_channel,
                                             std::uint32_t count) const;
    void add_results(open_window& w, const ima_share& share, const std::uint8_t* sums,
                     std::uint64_t at_fs) const;
    void add_partial(open_window& w, std::uint32_t segment, const std::uint8_t* sums) const;
    post::operation_counts requantise(open_window& w, const output_segment& segment,
                                      std::uint8_t* out) const;
    /// One segment is delivered or passed on; the window is forgotten with its last one.
    void segment_done(open_window& w);

    /// Forgets windows and inferences (abort).
    void restart();
    /// "layer 3: inference 0, window 17 of 64 waits for pixel 40"; empty if it waits for nothing.
    [[nodiscard]] std::string pending() const;

private:
    friend class resident_program;

    [[nodiscard]] std::uint32_t first_window() const {
        return m_record.share.first(m_record.window.output_w);
    }
    [[nodiscard]] bool inputs_ready() const;
    /// Whether every reader has room for the next window's pixel.
    [[nodiscard]] bool has_room() const {
        return std::uint64_t{m_inference} * m_walker.windows() + m_window < m_room;
    }
    void forget_grants();
    void bury_inputs(std::uint32_t inference);
    /// First pixel of a buffer that this window or a later one reads.
    [[nodiscard]] std::uint32_t first_needed(std::uint32_t buffer) const {
        const bool whole = m_second_is_pixel && m_record.second_input == buffer;
        return whole ? 0 : m_walker.first_needed(m_window);
    }
    void advance(std::uint64_t now_fs, std::uint64_t interval_fs);

    resident_program& m_program;
    const std::uint32_t m_index;
    const stage_record& m_record;
    const bool m_two_inputs;
    const bool m_second_is_pixel;  ///< one pixel serves all windows
    window_walker m_walker;
    std::optional<im2col_gather> m_gather;
    std::optional<vector_kernel> m_vector;
    std::vector<std::uint8_t> m_inputs;
    std::vector<const ima_share*> m_share_of_ima;

    const bool m_is_held;  ///< an input has a capacity

    std::uint32_t m_inference = 0;  ///< that the next window belongs to
    std::uint32_t m_window;         ///< next
    std::uint64_t m_next_issue_fs = 0;
    std::vector<const pixel_set*> m_wanted_of_route;
    std::vector<std::uint64_t> m_room_of_route;  ///< see grant(); no limit: the highest number
    std::uint64_t m_room = 0;                    ///< the least of them
    const feature_map* m_first = nullptr;        ///< of m_inference, once pixels are here
    const feature_map* m_second = nullptr;
    std::list<open_window> m_open;
    std::list<open_window> m_spare;  ///< for reuse
};

/// One program on one tile: stages, and the tensors of the inferences under way.
class resident_program {
public:
    /// Pixels that some stage still needs are allocated in `edram`.
    resident_program(std::uint32_t program_number, tile_program program_on_tile, mem::edram& edram);
    resident_program(const resident_program&) = delete;
    resident_program& operator=(const resident_program&) = delete;

    const std::uint32_t number;
    const tile_program program;
    std::deque<tile_stage> stages;
    std::uint32_t reply_to = 0;
    std::uint32_t cells_missing = 0;
    std::uint64_t written_fs = 0;

    /// What goes along a route; routes to the same readers share it.
    [[nodiscard]] const pixel_set& wanted_by(const route& to, const stage_window& maker);
    /// Stores pixels; false if no buffer expects them.
    bool store(const tile_pixels_header& header, const std::uint8_t* values, std::size_t bytes);
    [[nodiscard]] const feature_map* map(std::uint32_t buffer, std::uint32_t inference) const;
    /// A stage has moved on to other rows: pixels that nobody needs any more are dead.
    void bury(std::uint32_t buffer, std::uint32_t inference);
    /// A reader has used what it needs of a tensor; behind the last one it is forgotten.
    void release(std::uint32_t buffer, std::uint32_t inference);
    /// Buffers with a capacity in which enough room has become free to tell, with the new limits;
    /// forgets them.
    [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint64_t>> take_freed() {
        return std::exchange(m_freed, {});
    }
    [[nodiscard]] bool has_freed() const { return !m_freed.empty(); }
    /// So many inferences have gone through and left nothing behind.
    [[nodiscard]] bool is_idle(std::uint32_t inferences) const;
    /// Drops all inferences; the next one is 0.
    void restart();

private:
    struct stored_map {
        feature_map map;
        std::uint32_t readers;
        std::uint32_t first_needed = 0;  ///< pixel that some reader may still want
        std::uint32_t dead_pixels = 0;   ///< of those before it that have come
        std::uint64_t live_bytes = 0;
    };

    void trim(std::uint32_t buffer, stored_map& stored);
    /// Pixels before `dead` of an inference, and all inferences before it, need no room any more;
    /// told from `grain` pixels on.
    void free_room(std::uint32_t buffer, std::uint32_t inference, std::uint32_t dead,
                   std::uint32_t grain);
    void empty_room();

    std::map<std::uint32_t, std::uint32_t> m_buffer_of_tensor;
    std::vector<std::uint32_t> m_readers;  ///< per buffer
    std::vector<pixel_set> m_wanted;       ///< per buffer
    /// By height, width, first reader and how many.
    std::map<std::array<std::uint32_t, 4>, pixel_set> m_wanted_elsewhere;
    /// Of a buffer with a capacity.
    struct buffer_room {
        pixel_room pixels;
        std::uint32_t untold = 0;  ///< pixels freed since its makers were told
    };
    std::vector<std::optional<buffer_room>> m_room;  ///< per buffer
    std::vector<std::pair<std::uint32_t, std::uint64_t>> m_freed;
    std::map<std::pair<std::uint32_t, std::uint32_t>, stored_map> m_maps;  ///< (inference, buffer)
    mem::edram& m_edram;
};

/// Something a tile does at a time: in the order of the members, so that runs repeat exactly.
struct tile_action {
    enum class kind : std::uint32_t { store, add_partial, deliver, send, grant };

    std::uint64_t at_fs = 0;
    kind what = kind::store;
    std::uint32_t program = 0, place = 0;  ///< tensor or layer
    std::uint32_t inference = 0, pixel = 0, channel = 0, source = 0;
    // not part of the order
    bool is_written = false;           ///< store: the port has taken it
    std::uint32_t count = 0;           ///< deliver: channels
    std::vector<std::uint8_t> values;  ///< deliver
    bus::message message;              ///< all others

    friend bool operator<(const tile_action& a, const tile_action& b);
};

/// tile_actions by time.
class action_queue {
public:
    void push(tile_action action);
    [[nodiscard]] tile_action pop();
    [[nodiscard]] std::uint64_t next_fs() const {
        return m_heap.empty() ? tile_stage::never : m_heap.front().at_fs;
    }
    void clear() { m_heap.clear(); }

private:
    std::vector<tile_action> m_heap;
};

}  // namespace pimvp::reram
