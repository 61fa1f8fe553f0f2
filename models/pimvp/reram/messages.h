// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Messages on the operation sockets inside an ISAAC tile: a little-endian POD header followed by
/// an array. All are WRITE payloads to address 0 and are posted: the response says that the message
/// was taken, results leave by the block's own `out`.
namespace pimvp::reram {

enum class ima_command : std::uint16_t {
    program = 1,   ///< write one crossbar: ima_program_header + crossbar image
    multiply = 2,  ///< one matrix-vector multiply: ima_multiply_header + inputs
    erase = 3      ///< free all crossbars of the mask: ima_erase_header
};

/// tile -> IMA: program one crossbar.
///
/// Followed by the image of the array (crossbar_encoder.h): for each used cell column its bit
/// planes, least significant first, (rows + 7) / 8 bytes each; then one flip bit per column.
struct ima_program_header {
    std::uint16_t command = static_cast<std::uint16_t>(ima_command::program);
    std::uint16_t crossbar = 0;    ///< 0 .. crossbars per IMA - 1
    std::uint16_t rows = 0;        ///< used rows, 1 .. crossbar rows
    std::uint16_t columns = 0;     ///< used cell columns, 1 .. crossbar columns
    std::uint8_t weight_bits = 8;  ///< bits of a weight; bias is 2^(weight_bits - 1)
    std::uint8_t cells_per_weight = 4;
    std::uint16_t row_block = 0;     ///< which input slice of a multiply drives the rows
    std::uint32_t first_output = 0;  ///< outputs[first_output + i] accumulates logical column i
    std::uint32_t outputs = 0;       ///< logical columns = columns / cells_per_weight
};
static_assert(sizeof(ima_program_header) == 20, "wire format");

/// tile -> IMA: stream one input vector through all programmed crossbars of the mask.
///
/// Followed by row_blocks * rows_per_block elements of `element_bytes` each (absent rows are 0),
/// and, if `cycles` is not 0, by the bit planes of each row block that are streamed: one
/// std::uint16_t a row block, bit b for bit b of its elements. With cycles == input_bits, plane b
/// is streamed in cycle b and a cycle without a plane is idle; with fewer cycles, the planes of a
/// row block follow each other from cycle 0 on, and none has more than `cycles`. Of signed inputs
/// the highest streamed plane is the sign.
struct ima_multiply_header {
    std::uint16_t command = static_cast<std::uint16_t>(ima_command::multiply);
    std::uint8_t input_bits = 8;     ///< streamed bits B, 1 .. 16
    std::uint8_t input_signed = 0;   ///< 1: the highest bit subtracts
    std::uint8_t element_bytes = 1;  ///< 1 or 2
    std::uint8_t cycles = 0;         ///< that the IMA is kept; 0: input_bits, all planes streamed
    std::uint16_t row_blocks = 1;    ///< input slices that follow
    std::uint32_t crossbar_mask = 0;
    std::uint32_t scope = 0;     ///< ledger scope (layer) the work is charged to
    std::uint64_t sequence = 0;  ///< returned unchanged with the result
};
static_assert(sizeof(ima_multiply_header) == 24, "wire format");

/// tile -> IMA: forget the crossbars of the mask (UNLOAD, reset).
struct ima_erase_header {
    std::uint16_t command = static_cast<std::uint16_t>(ima_command::erase);
    std::uint16_t reserved = 0;
    std::uint32_t crossbar_mask = 0;
};
static_assert(sizeof(ima_erase_header) == 8, "wire format");

/// tile -> quantiser: the groups of one window, as they come from eDRAM.
///
/// Followed by the layer's thresholds (std::int64_t), `groups` entries of group_entry of which only
/// `elements` is set, and groups * rows_per_group elements of `element_bytes` each; absent ones are
/// 0.
struct quantise_header {
    std::uint64_t sequence = 0;  ///< returned unchanged
    std::uint32_t scope = 0;     ///< ledger scope (layer) the work is charged to
    std::uint16_t groups = 0;
    std::uint16_t rows_per_group = 0;
    std::uint8_t input_bits = 8;    ///< 1 .. 16
    std::uint8_t input_signed = 0;  ///< two's complement
    std::uint8_t element_bytes = 1;
    std::uint8_t policy = 0;  ///< group_policy, not none; this and the rest: group_rule
    std::uint8_t statistic = 0, rounding = 0;
    std::uint8_t drop = 0, keep = 0;
    std::uint32_t widths = 0;
    std::uint16_t is_asymmetric = 0;
    std::uint16_t thresholds = 0;  ///< how many follow
};
static_assert(sizeof(quantise_header) == 32, "wire format");

/// One group of a quantise_header or quantised_header message.
struct group_entry {
    std::uint16_t elements = 0;
    std::uint16_t planes = 0;  ///< to stream
};
static_assert(sizeof(group_entry) == 4, "wire format");

/// quantiser -> tile: quantise_header unchanged, then the entries with their planes, then the
/// elements cut to them. Messages come in the order of the requests.
using quantised_header = quantise_header;

/// IMA -> ADC bank: the held columns of all its active crossbars in one bit cycle; a message also
/// for a cycle in which none is active.
///
/// Followed by `crossbars` entries of std::uint16_t (samples of each), then the samples, one
/// std::uint16_t per used column in units of 2^-fraction_bits of a cell step, crossbar after
/// crossbar in the order of the mask. Where the unit column has a converter of its own, it is the
/// last sample of each crossbar. Samples of ideal arrays are whole: no fraction bits.
struct adc_sample_header {
    std::uint64_t sequence = 0;
    std::uint32_t scope = 0;
    std::uint8_t bit = 0;            ///< which cycle of the stream; without planes, which input bit
    std::uint8_t input_bits = 8;     ///< cycles of the whole stream
    std::uint8_t fraction_bits = 0;  ///< of each sample, 0 .. 12
    std::uint8_t crossbars = 0;      ///< active crossbars, also none: bits set in the mask
    std::uint32_t crossbar_mask = 0;  ///< which: bit i for crossbar i and its converters
    std::uint32_t samples = 0;        ///< sum over the crossbars
    std::uint32_t conversions = 0;    ///< converted columns, unused ones included where they are
    std::uint32_t reserved = 0;
};
static_assert(sizeof(adc_sample_header) == 32, "wire format");

/// ADC bank -> IMA: adc_sample_header unchanged, the counts, then one code per sample in whole cell
/// steps, each below 2^15. The messages of one multiply come in the order of its bits.
using adc_code_header = adc_sample_header;

/// IMA -> tile: finished sums of one multiply, followed by `outputs` values of std::int64_t.
struct ima_result_header {
    std::uint64_t sequence = 0;
    std::uint32_t ima = 0;  ///< index of the IMA in its tile
    std::uint32_t outputs = 0;
};
static_assert(sizeof(ima_result_header) == 16, "wire format");

}  // namespace pimvp::reram
