// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_encoder.h>
#include <pimvp/reram/crossbar_shape.h>
#include <pimvp/reram/crossbar_simd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// The bit-exact arithmetic of an array with bit-serial inputs and converters (ISAAC, ISCA 2016).
///
/// In bit cycle b the rows are driven with bit b of their inputs, every column sums its cells, and
/// a converter turns each sum S into min(S, 2^bits - 1). Codes are shifted by b and added, those of
/// the sign bit of signed inputs subtracted. With the sum U of the inputs themselves (the unit
/// column), a flipped column is (2^cell_bits - 1) * U - code, and the weight bias 2^(n-1) * U is
/// taken off. If no code clipped, the result equals the integer dot product.
namespace pimvp::reram {

/// Countable work of the hardware.
struct operation_counts {
    std::uint64_t crossbar_cycles = 0;  ///< arrays read in one bit cycle
    std::uint64_t dac_row_cycles = 0;   ///< rows with a DAC, per bit cycle
    std::uint64_t samples = 0;          ///< columns held, per bit cycle
    std::uint64_t conversions = 0;
    std::uint64_t shift_adds = 0;  ///< codes added to their sums
    std::uint64_t clipped = 0;     ///< conversions of a sum above the highest code

    operation_counts& operator+=(const operation_counts& other);
};

/// Conversions of one array in one bit cycle of which `used` columns are used: all columns or the
/// used ones, and the unit column where it has a converter.
[[nodiscard]] unsigned conversions_per_cycle(const crossbar_shape& shape, unsigned used);

/// Work of one array of which `used` columns are used, for `input_bits` bit cycles. All DACs of an
/// array switch, those of unused rows too. `clipped` is 0.
[[nodiscard]] operation_counts count_operations(const crossbar_shape& shape, unsigned used,
                                                unsigned input_bits);

/// Inputs of one row block in the caller's memory, little-endian; signed ones in two's complement.
struct input_vector {
    const void* data = nullptr;
    unsigned count = 0;          ///< elements; absent rows are 0
    unsigned element_bytes = 1;  ///< 1 or 2
    unsigned bits = 8;  ///< streamed bits, 1 .. 16: elements are extended where they are more
    bool is_signed = false;
};

/// Set bits of x. Without the instruction, the compiler's own would be a call.
[[nodiscard]] inline unsigned population_count(std::uint64_t x) {
    x -= (x >> 1U) & 0x5555555555555555U;
    x = (x & 0x3333333333333333U) + ((x >> 2U) & 0x3333333333333333U);
    return static_cast<unsigned>(((x + (x >> 4U)) & 0x0F0F0F0F0F0F0F0FU) * 0x0101010101010101U >>
                                 56U);
}

/// Cuts inputs into bit cycles: bit r % 64 of masks[b * row_words + r / 64] is bit b of element r.
/// Writes bits * row_words words. Precondition: count <= 64 * row_words.
void slice_inputs(const input_vector& inputs, unsigned row_words, std::uint64_t* masks);

/// An array with its cells written. Memory: a quarter of a byte per cell of up to 2 bits (4 KiB for
/// 128 x 128 cells), half a byte per larger one, 4 bytes per column and 8 per output.
class programmed_crossbar {
public:
    /// Precondition: layout_error(shape, layout, size of the image) is empty.
    programmed_crossbar(const crossbar_shape& shape, const crossbar_layout& layout,
                        const std::uint8_t* image);

    [[nodiscard]] const crossbar_layout& layout() const { return m_layout; }
    /// The level of a used cell. Precondition: row and column are used.
    [[nodiscard]] unsigned cell(unsigned row, unsigned column) const;
    /// What it was programmed with, but for bits that stand for no used cell, which are 0.
    [[nodiscard]] std::vector<std::uint8_t> image() const;

    /// Sum of each used column for one vector of row bits (row_words of the shape; bits of unused
    /// rows are ignored).
    void column_sums(const std::uint64_t* row_bits, std::uint16_t* sums,
                     const simd_kernels& simd = best_kernels()) const;
    /// Sum of the driven row bits: what the unit column holds.
    [[nodiscard]] std::uint16_t unit_sum(const std::uint64_t* row_bits) const;

    /// Largest sum any used column can have, over all inputs.
    [[nodiscard]] unsigned highest_sum() const { return m_highest_sum; }
    /// Whether some input makes some converted sum, the unit column included where it has a
    /// converter, exceed 2^adc_bits - 1.
    [[nodiscard]] bool can_clip(unsigned adc_bits) const;

    /// outputs[i] += the sum of input * weight over the rows, from the shifted and added codes of
    /// the used columns and of the unit column.
    void combine(const std::int32_t* column_totals, std::int64_t unit_total, std::int64_t* outputs,
                 const simd_kernels& simd = best_kernels()) const;

private:
    struct alignas(32) line {
        std::uint8_t bytes[32] = {};
    };

    [[nodiscard]] cell_view cells() const;
    void write_cells(const std::uint8_t* image);

    crossbar_layout m_layout;
    std::uint16_t m_row_words;
    std::uint8_t m_cell_bits;
    bool m_unit_is_converted;
    unsigned m_highest_sum = 0;
    std::vector<line> m_cells;                 ///< as cell_view wants them
    std::vector<std::int32_t> m_factors;       ///< per column: of its total, < 0 where flipped
    std::vector<std::int32_t> m_unit_factors;  ///< per output: of the unit total
};

/// How crossbar_kernel::multiply computes. All paths give the same integers and counts.
enum class multiply_path {
    automatic,   ///< integer where it is allowed, else bit_serial
    bit_serial,  ///< the definition: every column, every bit cycle, every conversion
    integer      ///< a plain dot product; only if no column can clip
};

/// An array and its converters for use without modules.
///
/// **Example**
/// \code
///     const reram::crossbar_shape shape;
///     const reram::crossbar_kernel array{shape, reram::encode_crossbar(weights, 8, shape), 8};
///     std::vector<std::int64_t> sums(array.outputs());
///     const reram::operation_counts work = array.multiply({pixels, 128, 1, 8, false},
///     sums.data());
/// \endcode
class crossbar_kernel {
public:
    /// Throws core::user_error if the image does not fit the shape, or adc_bits is out of 1 .. 15.
    crossbar_kernel(const crossbar_shape& shape, const crossbar_image& image, unsigned adc_bits);

    [[nodiscard]] const programmed_crossbar& array() const { return m_array; }
    [[nodiscard]] unsigned outputs() const { return m_array.layout().outputs(); }
    /// Whether the integer path may be taken: no code of any input can clip.
    [[nodiscard]] bool is_exact() const { return !m_weights.empty(); }

    /// outputs[i] = sum over rows of input * weight (with clipped codes where they clip). Absent
    /// rows count as 0. Throws core::user_error for bits or sizes out of range, or for
    /// multiply_path::integer on an array that is not exact.
    operation_counts multiply(const input_vector& inputs, std::int64_t* outputs,
                              multiply_path path = multiply_path::automatic,
                              const simd_kernels& simd = best_kernels()) const;

private:
    operation_counts multiply_bit_serial(const input_vector& inputs, std::int64_t* outputs,
                                         const simd_kernels& simd) const;
    void multiply_integers(const input_vector& inputs, std::int64_t* outputs,
                           const simd_kernels& simd) const;

    crossbar_shape m_shape;
    unsigned m_adc_bits;
    programmed_crossbar m_array;
    std::vector<std::int32_t> m_weights;  ///< row-major; only if is_exact()
};

}  // namespace pimvp::reram
