// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/mapper.h>

#include <pimvp/mapping/views.h>

#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace pimvp::isaac_like {

/// Which weights one crossbar holds.
struct planned_array {
    std::uint32_t matrix = 0;  ///< index into placement_plan::matrices
    std::uint32_t row_block = 0, column_block = 0;
};

struct planned_matrix {
    std::uint32_t node = 0;  ///< index into network::nodes
    std::uint32_t weight_bits = 0, input_bits = 0;
    mapping::lowered_matrix lowered;
    std::vector<reram::window_share> shares;  ///< of its copies
};

/// A placement, and what is needed to fill its crossbars. Internal to the mapper.
struct placement_plan {
    placement placed;
    std::vector<planned_matrix> matrices;
    std::vector<planned_array> arrays;  ///< in the order of their images in the cell section
    std::uint64_t cell_bytes = 0;
};

/// Places the nodes of a network one after the other; once. Internal to the mapper.
class placer {
    using range = mapping::range;
    using stage_kind = reram::stage_kind;

    static constexpr std::uint32_t outside = std::numeric_limits<std::uint32_t>::max();

    /// Channels of a value, and the stage that makes them (tile == outside: network input `stage`).
    struct slice {
        std::uint32_t tile = outside, stage = 0;
        std::uint32_t from_channel = 0;  ///< counted in the stage's output
        range channels;                  ///< counted in the value
        reram::window_share share;       ///< windows that the stage makes
    };
    /// Where copies of a stage make channels of a value.
    struct site {
        range channels;
        std::vector<std::uint32_t> tiles;
        std::vector<reram::window_share> shares;  ///< of the copies on these tiles
    };
    /// A crossbar of a layer: which weights it holds.
    struct array_use {
        std::uint32_t column_block = 0, row_block = 0;
    };

public:
    /// `held`: what readers must hold, to spread layers so that it fits the eDRAM; null: not looked
    /// at.
    placer(const nn::network& network, const machine& target, const held_by_reader* held = nullptr)
        : m_network(network),
          m_machine(target),
          m_held(held),
          m_views(mapping::view_values(network)),
          m_made(network.values.size()),
          m_cursor(target.first_tile),
          m_first_free(target.first_tile) {}

    placement_plan run();

private:
    struct tile_state {
        std::uint32_t free_imas = 0;
        reram::tile_program program;
        std::map<nn::value_id, std::uint32_t> buffer_of;  ///< root value -> index
    };

    // Tiles -------------------------------------------------------------------------------------

    /// By its place on the path through all chips.
    tile_state& tile(std::uint32_t index);
    /// Its number, counted over all chips.
    [[nodiscard]] std::uint32_t number_of(std::uint32_t index) const;

    std::uint32_t arrays_free(std::uint32_t index);

    /// The buffer that holds at least `channels` of `value` on a tile; grows to the hull of all.
    std::uint32_t buffer(std::uint32_t tile_index, nn::value_id value, range channels);

    // Nodes -------------------------------------------------------------------------------------

    void place_node(std::uint32_t index);

    // placer_matrix.cpp
    /// Cuts all layers with weights into arrays, and counts the copies they get.
    void lower_matrices();
    [[nodiscard]] planned_matrix lowered(std::uint32_t index) const;
    void count_copies();
    /// IMAs of a copy that begins on an empty tile.
    [[nodiscard]] std::uint32_t imas_of(const mapping::lowered_matrix& m) const;

    void place_matrix(std::uint32_t index);
    /// How many copies of a layer with so many stand on a tile so that the tiles' units keep pools
    /// behind it in pace with the layers.
    [[nodiscard]] std::uint32_t copies_per_tile(std::uint32_t index, std::uint32_t copies) const;
    /// Whether a value is another one, or goes into it by concatenations.
    [[nodiscard]] bool is_part_of(nn::value_id part, nn::value_id whole) const;
    /// Cycles in which a tile's units make a pixel of a pool.
    [[nodiscard]] std::uint64_t pool_cycles(std::uint32_t index) const;

    /// Deals the arrays of a copy out to tiles, column block by column block.
    void place_copy(const mapping::lowered_matrix& m, layer_placement& layer);

    /// Puts the cursor where a copy of a layer begins.
    void seek(const mapping::lowered_matrix& m, const layer_placement& layer);

    /// How the reference computes a convolution whose inputs the tiles cut.
    [[nodiscard]] nn::input_precision precision_of(const nn::node& n,
                                                   const mapping::lowered_matrix& m) const;

    /// Turns the arrays gathered for the tile at the cursor into a stage there.
    void close_part(const mapping::lowered_matrix& m, std::vector<array_use>& part,
                    layer_placement& layer, bool advance = true);

    void make_matrix_stage(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                           layer_placement& layer);

    /// One accumulator per output of every column block in the part, and who finishes them.
    void add_accumulators(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                          const nn::node& n, const nn::tensor_type& input_type,
                          reram::stage_record& s);

    /// bias - zero point * sum of the weights: the crossbars multiply the stored integers.
    static std::int64_t folded_bias(const nn::node& n, const mapping::lowered_matrix& m,
                                    const nn::tensor_type& input_type, std::uint32_t output);

    /// Fills IMAs with the part's arrays in order, eight by eight.
    void share_imas(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                    const std::map<std::uint32_t, std::uint32_t>& local_rows,
                    layer_placement& layer, reram::stage_record& s);

    void add_crossbar(tile_state& t, const layer_placement& layer, const reram::ima_share& share,
                      std::uint32_t crossbar, std::uint32_t rows, std::uint32_t outputs,
                      std::uint32_t slot, std::uint32_t first_output, const array_use& weights);

    void count_partials();

    // placer.cpp
    /// Pools, sums and requantisations: on every tile that makes channels of the first input.
    void place_vector(std::uint32_t index, stage_kind kind);

    /// A concatenation is a matter of routes; only inputs of another type need a stage.
    void place_concat(std::uint32_t index);

    /// A selection of channels is a matter of routes, too.
    void place_select(std::uint32_t index);

    std::uint32_t add_vector_stage(stage_kind kind, std::uint32_t index,
                                   const std::vector<nn::value_id>& inputs,
                                   const nn::window& geometry, nn::value_id output,
                                   std::uint32_t where, range channels,
                                   const reram::window_share& share);

    reram::stage_record start_stage(stage_kind kind, std::uint32_t index, const nn::window& g);

    /// Where stages with such windows behind a value stand: on the tiles that make it, whose
    /// adjacent channels are one. Behind copies of a layer that deal channels out alike, a stage
    /// that makes a pixel of each pixel follows every copy, so that nothing travels; others stand
    /// on as many of the tiles as keep them in pace with the layers.
    [[nodiscard]] std::vector<site> sites(nn::value_id value, const reram::stage_window& window,
                                          std::uint64_t cycles_of_pool) const;
    /// Tiles of a site, fewer and each once, which share the windows of so many cycles anew.
    void thin_out(site& s, const reram::stage_window& window, std::uint64_t cycles) const;

    /// The adjacent channels that stages with the same share of the windows make on one tile as one
    /// slice; what made them no longer matters. Sorted by channels, then shares.
    static std::vector<slice> joined(std::vector<slice> slices);

    static void note_tile(layer_placement& layer, std::uint32_t index);

    // Routes ------------------------------------------------------------------------------------

    void add_inputs_and_outputs();

    void connect();

    /// Sends channels of a value to a node where `readers` want them (none: all pixels).
    void route(nn::value_id value, std::uint32_t node, range wanted,
               const std::vector<reram::window_reader>& readers);

    /// How many chips; refuses a network that the machine cannot hold.
    void count_chips();

    placement_plan finish();

    // placer_room.cpp
    /// Whether a tile's eDRAM can also hold what a node must hold of `channels` of its inputs.
    [[nodiscard]] bool has_room(std::uint32_t tile_index, std::uint32_t node,
                                const std::vector<nn::value_id>& inputs, range channels);
    /// Channels cut so that what a node must hold of each part fits a tile of its own.
    [[nodiscard]] std::vector<range> fitting_pieces(std::uint32_t node,
                                                    const std::vector<nn::value_id>& inputs,
                                                    range channels) const;
    /// `wanted`, or the first tile with room.
    [[nodiscard]] std::uint32_t with_room(std::uint32_t wanted, std::uint32_t node,
                                          const std::vector<nn::value_id>& inputs, range channels);

    struct home_of_block {
        std::uint32_t tile, stage, segment, partials;
    };

    const nn::network& m_network;
    const machine& m_machine;
    const held_by_reader* m_held;
    std::vector<mapping::value_view> m_views;
    std::vector<std::vector<slice>> m_made;  ///< per root value
    std::vector<tile_state> m_tiles;
    std::uint32_t m_cursor;       ///< tile that layers go to
    std::uint32_t m_first_free;   ///< before it no tile has a free IMA; with copies
    reram::window_share m_share;  ///< of the copy that is placed
    std::map<std::uint32_t, std::uint32_t> m_copies_on;  ///< of its layer, by tile
    std::uint32_t m_most_on_tile = 1;
    std::map<std::uint32_t, home_of_block> m_homes;  ///< of that copy
    /// Images of the layer's crossbars, which its copies share: (column block, row block) ->
    /// offset.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> m_images;
    std::map<std::uint32_t, std::uint32_t> m_matrix_of_node;  ///< -> placement_plan::matrices
    std::vector<layer_placement> m_layers;
    placement_plan m_plan;
};

/// The post-processing units' view of a type.
[[nodiscard]] post::number_format format_of(const nn::tensor_type& type);

/// Places, and again spread more widely if the windows of a tile's readers do not fit its eDRAM.
placement_plan plan(const nn::network& network, const machine& target);

}  // namespace pimvp::isaac_like
