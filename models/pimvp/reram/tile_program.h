// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/group_rule.h>

#include <pimvp/post/post_kernel.h>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

/// What one ISAAC tile does for one resident program: which tensors arrive, which stages turn them
/// into which pixels, and where those go. Plain data; a mapper writes it, the tile executes it.
///
/// A *tensor* is a number that names one activation map of the program. Activations travel as
/// pixels: all or some channels of one (y, x), in raster order. A *stage* is the share of one layer
/// that this tile computes. A matrix stage owns crossbars; the others own none.
namespace pimvp::reram {

enum class stage_kind : std::uint32_t {
    matrix = 1,  ///< convolution or fully connected layer (a kernel as large as the map)
    add = 2,     ///< element-wise sum of two tensors
    max_pool = 3,
    average_pool = 4,
    requantise = 5,  ///< same reals, other integers
    lookup = 6,      ///< element by element through a table
    multiply = 7     ///< element-wise product of two tensors; the second may be one pixel for all
};

/// Whether stages of a kind read stage_record::second_input.
constexpr bool has_two_inputs(stage_kind kind) {
    return kind == stage_kind::add || kind == stage_kind::multiply;
}

/// A tensor, or the channels of it that are needed here, as it arrives at this tile.
struct tensor_buffer {
    std::uint32_t tensor = 0;
    std::uint32_t height = 1, width = 1;
    std::uint32_t first_channel = 0, channels = 1;  ///< the slice held here
    std::uint32_t element_bytes = 1;                ///< 1 or 2
    std::uint32_t is_signed = 0;
    /// Pixels that may be here at a time; whoever makes them holds back. 0: what comes finds room.
    std::uint32_t capacity = 0;
    std::uint32_t grain = 0;  ///< room is told in steps of at least so many pixels; with a capacity
};

/// Who sends pixels for a buffer with a capacity, and so is told of room in it.
struct buffer_feeder {
    std::uint32_t buffer = 0;  ///< index into tile_program::buffers
    std::uint32_t node = 0;
};

/// Geometry of the window a stage slides over its (first) input; in elements.
struct stage_window {
    std::uint32_t kernel_h = 1, kernel_w = 1;
    std::uint32_t stride_h = 1, stride_w = 1;
    std::uint32_t dilation_h = 1, dilation_w = 1;
    std::int32_t pad_top = 0, pad_left = 0;
    std::uint32_t output_h = 1, output_w = 1;
    /// average_pool that counts its padding: the rows and columns, of the map and the padding below
    /// and right of it, that count.
    std::uint32_t counted_h = 0, counted_w = 0;
};

/// The windows of its layer that a stage computes: in every `row_step`-th row from `first_row` on
/// `columns` of them, from `first_column` on. Copies of a layer share its windows so, and read only
/// stripes of its input.
struct window_share {
    std::uint32_t first_row = 0, row_step = 1;
    std::uint32_t first_column = 0, columns = 0;  ///< columns == 0: all of a row

    // Windows are numbered in raster order; `width` of them make a row.
    [[nodiscard]] std::uint32_t end_column(std::uint32_t width) const {
        return columns == 0 ? width : first_column + columns;
    }
    [[nodiscard]] bool contains(std::uint32_t window, std::uint32_t width) const {
        const std::uint32_t x = window % width;
        return window / width % row_step == first_row && x >= first_column && x < end_column(width);
    }
    [[nodiscard]] std::uint32_t first(std::uint32_t width) const {
        return first_row * width + first_column;
    }
    /// The one after `window`, which must be contained; behind the layer's last one if there is
    /// none.
    [[nodiscard]] std::uint32_t next(std::uint32_t window, std::uint32_t width) const {
        if (window % width + 1 < end_column(width)) return window + 1;
        return (window / width + row_step) * width + first_column;
    }
    /// How many of `height` rows.
    [[nodiscard]] std::uint64_t count(std::uint32_t height, std::uint32_t width) const {
        return std::uint64_t{(height - first_row + row_step - 1) / row_step} *
               (end_column(width) - first_column);
    }
    [[nodiscard]] bool is_all() const { return row_step == 1 && columns == 0; }
};
inline bool operator==(const window_share& a, const window_share& b) {
    return std::tie(a.first_row, a.row_step, a.first_column, a.columns) ==
           std::tie(b.first_row, b.row_step, b.first_column, b.columns);
}
inline bool operator<(const window_share& a, const window_share& b) {
    return std::tie(a.first_row, a.row_step, a.first_column, a.columns) <
           std::tie(b.first_row, b.row_step, b.first_column, b.columns);
}

/// Windows that read a tensor: what its makers must know to send only the pixels they cover.
struct window_reader {
    stage_window window;
    window_share share;
};
bool operator==(const window_reader& a, const window_reader& b);

/// A copy of some output channels of every pixel goes to a node of the interconnect, where it
/// arrives as channels of `tensor` (not the stage's own one behind a concatenation).
struct route {
    std::uint32_t node = 0;
    std::uint32_t tensor = 0;
    std::uint32_t from_channel = 0, channels = 0;  ///< of the stage's output
    std::uint32_t to_channel = 0;                  ///< where from_channel arrives
    std::uint32_t capacity = 0;                    ///< of the buffer there
    /// Who reads it there, and so which pixels go there: entries of a list of window_readers that
    /// stands with the maker. None: all pixels.
    std::uint32_t first_reader = 0, readers = 0;
};

/// Up to `rows` consecutive elements of the im2col window, counted over all channels of the layer's
/// input.
struct row_block {
    std::uint32_t first_element = 0;
    std::uint32_t elements = 0;
};

/// `count` results of an IMA, from its result `from` on, add to accumulators `to`, `to` + 1 ...
struct result_range {
    std::uint32_t from = 0, count = 0, to = 0;
};

/// The share of one IMA in a matrix stage. An IMA belongs to one stage at a time.
struct ima_share {
    std::uint32_t ima = 0;
    std::uint32_t crossbar_mask = 0;
    std::uint32_t outputs = 0;              ///< results per multiply
    std::vector<std::uint32_t> row_blocks;  ///< of the stage; slot i of a multiply = row_blocks[i]
    std::vector<result_range> results;
};

enum class segment_role : std::uint32_t {
    complete = 0,  ///< all row blocks are here
    partial = 1,   ///< sums go to the home tile
    home = 2       ///< adds `partials` messages per pixel from other tiles to its own sums
};

/// Consecutive accumulators that stand for consecutive output channels.
struct output_segment {
    std::uint32_t first_accumulator = 0, count = 0;
    std::uint32_t first_channel = 0;
    std::uint32_t role = 0;       ///< segment_role
    std::uint32_t home_node = 0;  ///< partial: where to
    std::uint32_t partials = 0;   ///< home: messages to expect per pixel
};

struct stage_record {
    std::uint32_t kind = 0;          ///< stage_kind
    std::uint32_t layer = 0;         ///< stages of all tiles that compute one layer share it
    std::uint32_t scope = 0;         ///< ledger scope the work is charged to
    std::uint32_t input = 0;         ///< index into tile_program::buffers
    std::uint32_t second_input = 0;  ///< add, multiply
    stage_window window;
    window_share share;
    post::number_format input_type, second_type, output_type;
    std::uint32_t input_bits = 8;  ///< matrix: bits to stream
    std::uint32_t input_signed = 0;
    std::uint32_t count_include_pad = 0;  ///< average_pool
    std::uint32_t first_channel = 0;      ///< vector stages: the channels computed here
    std::uint32_t channels = 0;
    std::vector<route> routes;
    /// lookup: results for input_type.lowest .. input_type.highest.
    std::vector<std::int32_t> table;
    // matrix only
    std::uint32_t order = 0;  ///< window_order; kernel_first: the buffer holds all channels
    group_rule rule;          ///< a row block is a group
    std::vector<row_block> row_blocks;
    std::vector<ima_share> imas;
    std::uint32_t accumulators = 0;
    std::vector<output_segment> segments;
    std::vector<std::int64_t> bias;          ///< per accumulator; of complete and home segments
    std::vector<std::uint32_t> multipliers;  ///< likewise, binary32
};

/// Whether a stage reads a buffer.
inline bool reads(const stage_record& s, std::uint32_t buffer) {
    return s.input == buffer ||
           (has_two_inputs(static_cast<stage_kind>(s.kind)) && s.second_input == buffer);
}

/// One crossbar to write, and where its cells stand in the program's image section.
struct crossbar_record {
    std::uint32_t ima = 0, crossbar = 0;
    std::uint32_t rows = 0, columns = 0;
    std::uint32_t weight_bits = 8, cells_per_weight = 4;
    std::uint32_t row_block = 0;  ///< slot of the IMA's multiply
    std::uint32_t first_output = 0, outputs = 0;
    std::uint32_t reserved = 0;
    std::uint64_t image_offset = 0;  ///< from the start of the image section
    std::uint64_t image_bytes = 0;
};

struct tile_program {
    std::uint32_t node = 0;  ///< interconnect node of the tile
    std::vector<tensor_buffer> buffers;
    std::vector<buffer_feeder> feeders;
    std::vector<window_reader> readers;  ///< at the ends of the routes
    std::vector<stage_record> stages;
    std::vector<crossbar_record> crossbars;
};

/// What a tile can hold; programs are validated against it.
struct tile_limits {
    std::uint32_t imas = 12;
    std::uint32_t crossbars_per_ima = 8;
    std::uint32_t crossbar_rows = 128;
    std::uint32_t crossbar_columns = 128;
    std::uint32_t cell_bits = 2;
    std::uint32_t nodes = 0;  ///< of the interconnect
    bool quantises = false;   ///< has an activation quantiser
};

std::vector<std::uint8_t> encode(const tile_program& program);

/// Reads what encode() wrote. Throws core::format_error on anything malformed or out of `limits`:
/// a decoded program can be executed without further checks.
tile_program decode_tile_program(const std::uint8_t* data, std::size_t bytes,
                                 const tile_limits& limits);

/// A list of readers, and routes that refer to one of so many. Throw core::format_error (offset 0).
void validate(const std::vector<window_reader>& readers);
void validate(const std::vector<route>& routes, std::size_t readers, const tile_limits& limits);

/// Throws core::format_error (offset 0) that names the first rule the program breaks.
void validate(const tile_program& program, const tile_limits& limits);

}  // namespace pimvp::reram
