// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/tile_program.h>

#include <pimvp/reram/crossbar_encoder.h>

#include <pimvp/core/bytes.h>
#include <pimvp/core/energy.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace pimvp::reram {
namespace {

constexpr std::uint32_t max_extent = 1U << 14;
constexpr std::uint32_t max_channels = 1U << 20;
constexpr std::uint64_t max_elements = 1ULL << 30;

/// The fields of a stage that stand first, as they travel.
struct stage_fields {
    std::uint32_t kind, layer, scope, input, second_input;
    stage_window window;
    window_share share;
    post::number_format input_type, second_type, output_type;
    std::uint32_t input_bits, input_signed, count_include_pad, first_channel, channels;
    std::uint32_t accumulators;
    std::uint32_t order;
    std::uint32_t policy, statistic, rounding, widths, drop, keep, is_asymmetric;  // of the rule
};

void put(core::byte_writer& to, const stage_record& s) {
    to.put(stage_fields{s.kind,
                        s.layer,
                        s.scope,
                        s.input,
                        s.second_input,
                        s.window,
                        s.share,
                        s.input_type,
                        s.second_type,
                        s.output_type,
                        s.input_bits,
                        s.input_signed,
                        s.count_include_pad,
                        s.first_channel,
                        s.channels,
                        s.accumulators,
                        s.order,
                        s.rule.policy,
                        s.rule.statistic,
                        s.rule.rounding,
                        s.rule.widths,
                        s.rule.drop,
                        s.rule.keep,
                        s.rule.is_asymmetric});
    to.put_list(s.rule.thresholds);
    to.put_list(s.routes);
    to.put_list(s.table);
    to.put_list(s.row_blocks);
    to.put(static_cast<std::uint32_t>(s.imas.size()));
    for (const ima_share& share : s.imas) {
        to.put(share.ima);
        to.put(share.crossbar_mask);
        to.put(share.outputs);
        to.put_list(share.row_blocks);
        to.put_list(share.results);
    }
    to.put_list(s.segments);
    to.put_list(s.bias);
    to.put_list(s.multipliers);
}

stage_record get_stage(core::byte_reader& from) {
    const auto f = from.get<stage_fields>("stage");
    stage_record s;
    s.kind = f.kind;
    s.layer = f.layer;
    s.scope = f.scope;
    s.input = f.input;
    s.second_input = f.second_input;
    s.window = f.window;
    s.share = f.share;
    s.input_type = f.input_type;
    s.second_type = f.second_type;
    s.output_type = f.output_type;
    s.input_bits = f.input_bits;
    s.input_signed = f.input_signed;
    s.count_include_pad = f.count_include_pad;
    s.first_channel = f.first_channel;
    s.channels = f.channels;
    s.accumulators = f.accumulators;
    s.order = f.order;
    s.rule = {f.policy, f.statistic, f.rounding, f.widths, f.drop, f.keep, f.is_asymmetric, {}};
    s.rule.thresholds = from.get_list<std::int64_t>("thresholds");
    s.routes = from.get_list<route>("routes");
    s.table = from.get_list<std::int32_t>("table");
    s.row_blocks = from.get_list<row_block>("row blocks");
    const std::uint32_t shares = from.get_count(20, "IMA shares");
    for (std::uint32_t i = 0; i < shares; ++i) {
        ima_share share;
        share.ima = from.get<std::uint32_t>("IMA");
        share.crossbar_mask = from.get<std::uint32_t>("crossbar mask");
        share.outputs = from.get<std::uint32_t>("IMA outputs");
        share.row_blocks = from.get_list<std::uint32_t>("IMA row blocks");
        share.results = from.get_list<result_range>("IMA results");
        s.imas.push_back(std::move(share));
    }
    s.segments = from.get_list<output_segment>("segments");
    s.bias = from.get_list<std::int64_t>("bias");
    s.multipliers = from.get_list<std::uint32_t>("multipliers");
    return s;
}

[[noreturn]] void refuse(const std::string& what) {
    throw core::format_error(0, what);
}

void require(bool holds, const char* what) {
    if (!holds) refuse(what);
}

bool inside(std::uint64_t first, std::uint64_t count, std::uint64_t end) {
    return count <= end && first <= end - count;
}

bool is_extent(std::uint32_t value) {
    return value >= 1 && value <= max_extent;
}

void validate(const tensor_buffer& b) {
    require(is_extent(b.height) && is_extent(b.width), "buffer: extent out of range");
    require(b.channels >= 1 && inside(b.first_channel, b.channels, max_channels),
            "buffer: channels out of range");
    require(std::uint64_t{b.height} * b.width * b.channels <= max_elements, "buffer: too large");
    require(b.element_bytes == 1 || b.element_bytes == 2, "buffer: elements of 1 or 2 bytes");
    require(b.capacity == 0 ? b.grain == 0 : b.grain >= 1 && b.grain <= b.capacity,
            "buffer: room is told in steps within the capacity");
}

void validate(const post::number_format& t) {
    const std::int32_t limit = t.element_bytes == 1 ? 255 : 65535;
    require(t.element_bytes == 1 || t.element_bytes == 2, "type: elements of 1 or 2 bytes");
    require(t.lowest >= -limit - 1 && t.highest <= limit && t.lowest <= t.highest,
            "type: range does not fit the element");
    require(t.zero_point >= t.lowest && t.zero_point <= t.highest, "type: zero point out of range");
    const std::uint32_t exponent = (t.scale >> 23) & 0xFF;
    require((t.scale >> 31) == 0 && exponent != 0 && exponent != 255,
            "type: scale must be a positive normal number");
}

void validate(const stage_window& w) {
    require(is_extent(w.kernel_h) && is_extent(w.kernel_w) && is_extent(w.stride_h) &&
                is_extent(w.stride_w) && is_extent(w.dilation_h) && is_extent(w.dilation_w) &&
                is_extent(w.output_h) && is_extent(w.output_w),
            "window: extent out of range");
    require(w.pad_top >= 0 && w.pad_left >= 0 &&
                w.pad_top <= static_cast<std::int32_t>(max_extent) &&
                w.pad_left <= static_cast<std::int32_t>(max_extent),
            "window: pad out of range");
    // Windows may lie in the padding as a whole; what lies outside the map reads as zero point.
}

void validate(const window_share& s, const stage_window& w) {
    require(
        s.row_step >= 1 && s.row_step <= w.output_h && s.first_row < s.row_step &&
            (s.columns == 0 ? s.first_column == 0 : inside(s.first_column, s.columns, w.output_w)),
        "stage: its share of the windows lies outside the layer");
}

/// What a stage delivers itself, it delivers once.
void require_disjoint_channels(const std::vector<output_segment>& segments) {
    std::map<std::uint32_t, std::uint32_t> made;  // first channel -> count
    for (const output_segment& g : segments) {
        if (g.role == static_cast<std::uint32_t>(segment_role::partial)) continue;
        require(made.emplace(g.first_channel, g.count).second, "segment: channels made twice");
    }
    std::uint32_t end = 0;
    for (const auto& [first, count] : made) {
        require(first >= end, "segment: channels made twice");
        end = first + count;
    }
}

void validate_rule(const stage_record& s, const tile_limits& limits) {
    const group_rule& rule = s.rule;
    if (!rule.is_active()) return;
    require(limits.quantises, "rule: the tile has no quantiser");
    require(rule.policy <= static_cast<std::uint32_t>(group_policy::plane_skip) &&
                rule.statistic <= static_cast<std::uint32_t>(group_statistic::peak_to_mean) &&
                rule.rounding <= static_cast<std::uint32_t>(drop_rounding::floor),
            "rule: unknown policy, statistic or rounding");
    require(rule.drop < s.input_bits && rule.keep <= s.input_bits && rule.is_asymmetric <= 1,
            "rule: bits out of range");
    require(rule.widths != 0 && (rule.widths & ~all_widths) == 0, "rule: widths");
    require(rule.thresholds.size() < s.input_bits &&
                std::is_sorted(rule.thresholds.begin(), rule.thresholds.end()),
            "rule: thresholds must rise and be fewer than the input has bits");
}

void validate_matrix(const stage_record& s, const tile_program& p, const tile_limits& limits,
                     std::vector<std::uint32_t>& used_imas) {
    const tensor_buffer& in = p.buffers[s.input];
    const std::uint64_t area = std::uint64_t{s.window.kernel_h} * s.window.kernel_w;
    require(s.input_bits >= 1 && s.input_bits <= 16, "matrix: input bits");
    require(s.input_signed <= 1 && s.input_signed == in.is_signed,
            "matrix: signedness differs from the buffer's");
    require(s.order <= static_cast<std::uint32_t>(window_order::kernel_first) &&
                (s.order == 0 || in.first_channel == 0),
            "matrix: order of the window's elements");
    require(!s.rule.is_active() || s.input_bits <= 8 * in.element_bytes,
            "rule: input bits do not fit the element");
    validate_rule(s, limits);
    require(s.accumulators >= 1 && s.accumulators <= max_channels, "matrix: accumulators");
    require(s.bias.size() == s.accumulators && s.multipliers.size() == s.accumulators,
            "matrix: one bias and one multiplier per accumulator");
    require(!s.row_blocks.empty() && !s.imas.empty() && !s.segments.empty(),
            "matrix: needs row blocks, IMAs and segments");
    for (const row_block& block : s.row_blocks) {
        require(block.elements >= 1 && block.elements <= limits.crossbar_rows,
                "row block: more elements than crossbar rows");
        require(block.first_element >= in.first_channel * area &&
                    inside(block.first_element, block.elements,
                           (std::uint64_t{in.first_channel} + in.channels) * area),
                "row block: elements outside the buffer's channels");
    }
    for (const ima_share& share : s.imas) {
        require(share.ima < limits.imas, "IMA share: no such IMA");
        require(used_imas[share.ima] == 0, "IMA share: IMA used twice");
        require(share.crossbar_mask != 0 &&
                    (std::uint64_t{share.crossbar_mask} >> limits.crossbars_per_ima) == 0,
                "IMA share: crossbar mask");
        used_imas[share.ima] = share.crossbar_mask;
        require(!share.row_blocks.empty() && share.row_blocks.size() <= limits.crossbars_per_ima,
                "IMA share: row blocks");
        for (const std::uint32_t block : share.row_blocks) {
            require(block < s.row_blocks.size(), "IMA share: no such row block");
        }
        require(share.outputs >= 1 &&
                    share.outputs <= limits.crossbars_per_ima * limits.crossbar_columns,
                "IMA share: outputs");
        for (const result_range& range : share.results) {
            require(inside(range.from, range.count, share.outputs) &&
                        inside(range.to, range.count, s.accumulators),
                    "IMA share: results outside the accumulators");
        }
    }
    for (const output_segment& segment : s.segments) {
        require(segment.count >= 1 &&
                    inside(segment.first_accumulator, segment.count, s.accumulators) &&
                    inside(segment.first_channel, segment.count, max_channels),
                "segment: out of range");
        require(segment.role <= static_cast<std::uint32_t>(segment_role::home), "segment: role");
        require(segment.home_node < limits.nodes, "segment: no such node");
        require(segment.partials <= limits.nodes, "segment: partials");
    }
    require_disjoint_channels(s.segments);
}

void validate_vector(const stage_record& s, stage_kind kind, const tile_program& p) {
    const tensor_buffer& in = p.buffers[s.input];
    require(s.row_blocks.empty() && s.imas.empty() && s.segments.empty() && s.bias.empty() &&
                s.multipliers.empty() && s.accumulators == 0,
            "stage: crossbars and sums belong to matrix stages");
    require(s.channels >= 1 && s.first_channel >= in.first_channel &&
                inside(s.first_channel, s.channels, std::uint64_t{in.first_channel} + in.channels),
            "stage: channels outside the buffer");
    const bool slides = kind == stage_kind::max_pool || kind == stage_kind::average_pool;
    const stage_window& w = s.window;
    const bool is_pointwise = w.output_h == in.height && w.output_w == in.width &&
                              w.kernel_h == 1 && w.kernel_w == 1 && w.stride_h == 1 &&
                              w.stride_w == 1 && w.pad_top == 0 && w.pad_left == 0;
    require(slides || is_pointwise, "stage: one output pixel per input pixel");
    require(kind != stage_kind::max_pool || s.input_type == s.output_type,
            "max pool: input and output differ in type");
    if (kind == stage_kind::lookup) {
        const std::int64_t integers = std::int64_t{s.input_type.highest} - s.input_type.lowest + 1;
        require(static_cast<std::int64_t>(s.table.size()) == integers,
                "lookup: one entry per integer of its input");
    }
    if (!has_two_inputs(kind)) return;
    require(s.second_input < p.buffers.size(), "stage: no such second buffer");
    const tensor_buffer& second = p.buffers[s.second_input];
    validate(s.second_type);
    const bool same = second.height == in.height && second.width == in.width;
    const bool one_pixel = second.height == 1 && second.width == 1;
    require((same || (kind == stage_kind::multiply && one_pixel)) &&
                second.element_bytes == s.second_type.element_bytes &&
                s.first_channel >= second.first_channel &&
                inside(s.first_channel, s.channels,
                       std::uint64_t{second.first_channel} + second.channels),
            "stage: second buffer differs in shape");
}

/// Whether two stages of a layer may have a window in common: also if they count it differently.
bool overlap(const stage_record& a, const stage_record& b) {
    const window_share &s = a.share, &t = b.share;
    if (s.row_step != t.row_step || a.window.output_h != b.window.output_h ||
        a.window.output_w != b.window.output_w) {
        return true;
    }
    return s.first_row == t.first_row && s.first_column < t.end_column(b.window.output_w) &&
           t.first_column < s.end_column(a.window.output_w);
}

/// Partial sums find their stage by its layer and their window.
void validate_layers(const tile_program& p) {
    std::map<std::uint32_t, std::vector<const stage_record*>> layers;
    for (const stage_record& s : p.stages) {
        std::vector<const stage_record*>& others = layers[s.layer];
        const bool own = s.kind == static_cast<std::uint32_t>(stage_kind::matrix);
        for (const stage_record* other : others) {
            require((other->kind == static_cast<std::uint32_t>(stage_kind::matrix)) == own &&
                        (!own || !overlap(s, *other)),
                    "stage: a matrix stage shares its layer and its windows with another");
        }
        others.push_back(&s);
    }
}

void validate(const crossbar_record& c, const std::vector<const ima_share*>& share_of,
              const tile_limits& limits) {
    require(c.ima < limits.imas && share_of[c.ima] != nullptr, "crossbar: IMA not in use");
    const ima_share& share = *share_of[c.ima];
    require(c.crossbar < limits.crossbars_per_ima && ((share.crossbar_mask >> c.crossbar) & 1) == 1,
            "crossbar: not in the IMA's mask");
    require(c.rows >= 1 && c.rows <= limits.crossbar_rows && c.columns >= 1 &&
                c.columns <= limits.crossbar_columns,
            "crossbar: rows or columns");
    require(c.weight_bits >= 2 && c.weight_bits <= 16 &&
                c.cells_per_weight == (c.weight_bits + limits.cell_bits - 1) / limits.cell_bits,
            "crossbar: cells per weight");
    require(c.outputs >= 1 && c.columns == c.outputs * c.cells_per_weight,
            "crossbar: columns are not outputs times cells");
    require(inside(c.first_output, c.outputs, share.outputs), "crossbar: outputs");
    require(c.row_block < share.row_blocks.size(), "crossbar: row block");
    require(c.image_bytes == image_bytes(c.rows, c.columns, limits.cell_bits),
            "crossbar: image size");
}

}  // namespace

std::vector<std::uint8_t> encode(const tile_program& program) {
    core::byte_writer to;
    to.put(program.node);
    to.put_list(program.buffers);
    to.put_list(program.feeders);
    to.put_list(program.readers);
    to.put(static_cast<std::uint32_t>(program.stages.size()));
    for (const stage_record& s : program.stages) put(to, s);
    to.put_list(program.crossbars);
    return std::move(to.bytes());
}

bool operator==(const window_reader& a, const window_reader& b) {
    const auto all = [](const stage_window& w) {
        return std::tie(w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w,
                        w.pad_top, w.pad_left, w.output_h, w.output_w, w.counted_h, w.counted_w);
    };
    return all(a.window) == all(b.window) && a.share == b.share;
}

void validate(const std::vector<window_reader>& readers) {
    for (const window_reader& reader : readers) {
        validate(reader.window);
        validate(reader.share, reader.window);
    }
}

void validate(const std::vector<route>& routes, std::size_t readers, const tile_limits& limits) {
    for (const route& r : routes) {
        require(r.node < limits.nodes && r.channels >= 1 &&
                    inside(r.from_channel, r.channels, max_channels) &&
                    inside(r.to_channel, r.channels, max_channels) &&
                    inside(r.first_reader, r.readers, readers),
                "route: out of range");
    }
}

void validate(const tile_program& p, const tile_limits& limits) {
    require(p.node < limits.nodes, "tile program: no such node");
    for (const tensor_buffer& b : p.buffers) validate(b);
    for (const buffer_feeder& feeder : p.feeders) {
        require(feeder.buffer < p.buffers.size() && p.buffers[feeder.buffer].capacity != 0 &&
                    feeder.node < limits.nodes,
                "feeder: no such node, or no buffer with a capacity");
    }
    validate(p.readers);
    std::vector<std::uint32_t> used_imas(limits.imas, 0);
    std::vector<const ima_share*> share_of(limits.imas, nullptr);
    for (const stage_record& s : p.stages) {
        require(s.kind >= static_cast<std::uint32_t>(stage_kind::matrix) &&
                    s.kind <= static_cast<std::uint32_t>(stage_kind::multiply),
                "stage: unknown kind");
        require(s.input < p.buffers.size(), "stage: no such input buffer");
        const tensor_buffer& in = p.buffers[s.input];
        require(s.scope < core::energy_ledger::max_scopes, "stage: scope");
        validate(s.window);
        validate(s.share, s.window);
        validate(s.input_type);
        validate(s.output_type);
        require(s.input_type.element_bytes == in.element_bytes, "stage: input element size");
        validate(s.routes, p.readers.size(), limits);
        const auto kind = static_cast<stage_kind>(s.kind);
        if (kind == stage_kind::matrix) {
            validate_matrix(s, p, limits, used_imas);
            for (const ima_share& share : s.imas) share_of[share.ima] = &share;
        } else {
            validate_vector(s, kind, p);
        }
    }
    validate_layers(p);
    std::vector<bool> is_read(p.buffers.size(), false);
    for (const stage_record& s : p.stages) {
        is_read[s.input] = true;
        if (has_two_inputs(static_cast<stage_kind>(s.kind))) is_read[s.second_input] = true;
    }
    for (const bool read : is_read) require(read, "buffer: no stage reads it");
    for (const crossbar_record& c : p.crossbars) validate(c, share_of, limits);
    // Every crossbar a stage uses is written exactly once.
    std::vector<std::uint32_t> written(limits.imas, 0);
    for (const crossbar_record& c : p.crossbars) {
        require(((written[c.ima] >> c.crossbar) & 1) == 0, "crossbar: written twice");
        written[c.ima] |= 1U << c.crossbar;
    }
    require(written == used_imas, "crossbar: a stage uses one that is never written");
}

tile_program decode_tile_program(const std::uint8_t* data, std::size_t bytes,
                                 const tile_limits& limits) {
    core::byte_reader from(data, bytes);
    tile_program p;
    p.node = from.get<std::uint32_t>("tile node");
    p.buffers = from.get_list<tensor_buffer>("buffers");
    p.feeders = from.get_list<buffer_feeder>("feeders");
    p.readers = from.get_list<window_reader>("readers");
    const std::uint32_t stages = from.get_count(sizeof(stage_fields), "stages");
    for (std::uint32_t i = 0; i < stages; ++i) p.stages.push_back(get_stage(from));
    p.crossbars = from.get_list<crossbar_record>("crossbars");
    if (!from.at_end()) from.fail("tile program: bytes left over");
    validate(p, limits);
    return p;
}

}  // namespace pimvp::reram
