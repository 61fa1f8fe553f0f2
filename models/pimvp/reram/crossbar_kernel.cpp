// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/crossbar_kernel.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pimvp::reram {
namespace {

constexpr unsigned highest_adc_bits = 15;  // codes below 2^15 and 16 bits never overflow int32

/// Byte i of the result holds bit i of the eight bytes of x, byte j's bit at position j.
std::uint64_t transpose_8x8(std::uint64_t x) {
    std::uint64_t swap = (x ^ (x >> 7U)) & 0x00AA00AA00AA00AAU;
    x ^= swap ^ (swap << 7U);
    swap = (x ^ (x >> 14U)) & 0x0000CCCC0000CCCCU;
    x ^= swap ^ (swap << 14U);
    swap = (x ^ (x >> 28U)) & 0x00000000F0F0F0F0U;
    return x ^ swap ^ (swap << 28U);
}

/// Bit i of a byte as byte i of a word.
constexpr std::array<std::uint64_t, 256> spread = [] {
    std::array<std::uint64_t, 256> words{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            words[byte] |= std::uint64_t{byte >> bit & 1U} << 8U * bit;
        }
    }
    return words;
}();

std::int32_t element(const input_vector& inputs, unsigned index) {
    const auto* bytes =
        static_cast<const std::uint8_t*>(inputs.data) + index * inputs.element_bytes;
    std::uint32_t raw = bytes[0];
    if (inputs.element_bytes == 2) {
        raw |= std::uint32_t{bytes[1]} << 8U;
    } else if (inputs.is_signed) {
        raw = static_cast<std::uint32_t>(static_cast<std::int8_t>(raw));
    }
    raw &= (1U << inputs.bits) - 1U;  // the streamed bits are all there is
    const bool negative = inputs.is_signed && (raw >> (inputs.bits - 1) & 1U) != 0;
    return static_cast<std::int32_t>(raw) - (negative ? 1 << inputs.bits : 0);
}

/// Turns the columns of an image into rows, blocks of eight columns and eight rows at a time.
template <unsigned CellBits>
void rows_of_image(const cell_view& view, const std::uint8_t* image, std::uint8_t* cells) {
    constexpr unsigned field_bits = 8 / cells_per_byte(CellBits);
    const std::size_t plane_bytes = (view.rows + 7) / 8;
    const std::size_t column_bytes = plane_bytes * CellBits;
    for (unsigned column = 0; column < view.columns; column += 8) {
        const unsigned count = std::min(8U, view.columns - column);
        const std::uint8_t* from = image + column * column_bytes;
        const unsigned field = column / view.row_bytes * field_bits;
        std::uint8_t* to = cells + column % view.row_bytes;
        for (unsigned row = 0; row < view.rows; row += 8, ++from) {
            std::uint64_t rows[CellBits];  // byte r holds the bits of row r
            for (unsigned plane = 0; plane < CellBits; ++plane) {
                const std::uint8_t* bits = from + plane * plane_bytes;
                std::uint64_t eight = 0;
                if (count == 8) {
                    for (unsigned c = 0; c < 8; ++c, bits += column_bytes) {
                        eight |= std::uint64_t{*bits} << 8U * c;
                    }
                } else {
                    for (unsigned c = 0; c < count; ++c, bits += column_bytes) {
                        eight |= std::uint64_t{*bits} << 8U * c;
                    }
                }
                rows[plane] = transpose_8x8(eight);
            }
            const unsigned end = std::min(8U, view.rows - row);
            for (unsigned r = 0; r < end; ++r, to += view.row_bytes) {
                std::uint64_t eight = 0;
                for (unsigned plane = 0; plane < CellBits; ++plane) {
                    eight |= spread[rows[plane] & 0xFFU] << plane;
                    rows[plane] >>= 8U;
                }
                std::uint64_t before = 0;
                std::memcpy(&before, to, sizeof(before));
                before |= eight << field;
                std::memcpy(to, &before, sizeof(before));
            }
        }
    }
}

/// The other way round, in the same blocks; `image` is 0 before.
void image_of_rows(const cell_view& view, std::uint8_t* image) {
    constexpr std::uint64_t low_bits = 0x0101010101010101U;
    constexpr std::uint64_t pack = 0x0102040810204080U;  // the lowest bits of 8 bytes, as one byte
    const unsigned field_bits = 8 / cells_per_byte(view.cell_bits);
    const std::size_t plane_bytes = (view.rows + 7) / 8;
    const std::size_t column_bytes = plane_bytes * view.cell_bits;
    for (unsigned column = 0; column < view.columns; column += 8) {
        const unsigned count = std::min(8U, view.columns - column);
        const unsigned field = column / view.row_bytes * field_bits;
        const std::uint8_t* from = view.cells + column % view.row_bytes;
        for (unsigned row = 0; row < view.rows; row += 8) {
            const unsigned height = std::min(8U, view.rows - row);
            std::uint64_t cells[8] = {};  // byte c holds column c
            for (unsigned r = 0; r < height; ++r, from += view.row_bytes) {
                std::memcpy(&cells[r], from, sizeof(cells[r]));
            }
            std::uint8_t* to = image + column * column_bytes + row / 8;
            for (unsigned plane = 0; plane < view.cell_bits; ++plane, to += plane_bytes) {
                std::uint64_t rows = 0;  // byte r holds the bits of row r
                for (unsigned r = 0; r < 8; ++r) {
                    const std::uint64_t bits = cells[r] >> (field + plane) & low_bits;
                    rows |= (bits * pack >> 56U) << 8U * r;
                }
                const std::uint64_t columns = transpose_8x8(rows);
                for (unsigned c = 0; c < count; ++c) {
                    to[c * column_bytes] = static_cast<std::uint8_t>(columns >> 8U * c);
                }
            }
        }
    }
}

programmed_crossbar program(const crossbar_shape& shape, const crossbar_image& image,
                            unsigned adc_bits) {
    const std::string problem = layout_error(shape, image.layout, image.bytes.size());
    if (!problem.empty()) throw core::user_error("crossbar image: " + problem);
    if (adc_bits == 0 || adc_bits > highest_adc_bits) {
        throw core::user_error("an ADC of " + std::to_string(adc_bits) +
                               " bits: 1 to 15 are possible");
    }
    return {shape, image.layout, image.bytes.data()};
}

}  // namespace

operation_counts& operation_counts::operator+=(const operation_counts& other) {
    crossbar_cycles += other.crossbar_cycles;
    dac_row_cycles += other.dac_row_cycles;
    samples += other.samples;
    conversions += other.conversions;
    shift_adds += other.shift_adds;
    clipped += other.clipped;
    return *this;
}

unsigned conversions_per_cycle(const crossbar_shape& shape, unsigned used) {
    return (shape.convert_unused_columns ? shape.columns : used) +
           (shape.unit_is_converted() ? 1U : 0U);
}

operation_counts count_operations(const crossbar_shape& shape, unsigned used, unsigned input_bits) {
    const std::uint64_t conversions =
        std::uint64_t{conversions_per_cycle(shape, used)} * input_bits;
    operation_counts counts;
    counts.crossbar_cycles = input_bits;
    counts.dac_row_cycles = std::uint64_t{shape.rows} * input_bits;
    counts.samples = conversions;
    counts.conversions = conversions;
    counts.shift_adds = conversions;
    return counts;
}

void slice_inputs(const input_vector& inputs, unsigned row_words, std::uint64_t* masks) {
    std::fill_n(masks, std::size_t{inputs.bits} * row_words, 0);
    const auto* bytes = static_cast<const std::uint8_t*>(inputs.data);
    const unsigned stride = inputs.element_bytes;
    unsigned first = 0;
#if defined(__SSE2__)
    if (stride == 1) {  // the top bits of 16 bytes at once, from the highest bit down
        for (; first + 16 <= inputs.count; first += 16) {
            __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + first));
            for (unsigned bit = 8; bit-- != 0; left = _mm_add_epi8(left, left)) {
                if (bit >= inputs.bits) continue;
                const auto top = static_cast<unsigned>(_mm_movemask_epi8(left));
                masks[bit * row_words + first / 64] |= std::uint64_t{top} << first % 64;
            }
        }
    }
#endif
    for (; first < inputs.count; first += 8) {
        const unsigned count = std::min(8U, inputs.count - first);
        for (unsigned byte = 0; byte < stride; ++byte) {
            std::uint64_t eight = 0;
            for (unsigned i = 0; i < count; ++i) {
                eight |= std::uint64_t{bytes[(first + i) * stride + byte]} << 8U * i;
            }
            const std::uint64_t sliced = transpose_8x8(eight);
            const unsigned bits = std::min(8U, inputs.bits - std::min(inputs.bits, 8U * byte));
            for (unsigned bit = 0; bit < bits; ++bit) {
                masks[(8U * byte + bit) * row_words + first / 64] |= (sliced >> 8U * bit & 0xFFU)
                                                                     << first % 64;
            }
        }
    }
    if (!inputs.is_signed) return;
    for (unsigned bit = 8 * stride; bit < inputs.bits; ++bit) {
        std::copy_n(masks + std::size_t{8 * stride - 1} * row_words, row_words,
                    masks + std::size_t{bit} * row_words);
    }
}

namespace {
/// Word `word` of the mask of the first `rows` rows.
std::uint64_t used_rows(unsigned rows, unsigned word) {
    if (rows >= 64 * word + 64) return ~std::uint64_t{0};
    return rows <= 64 * word ? 0 : (std::uint64_t{1} << (rows - 64 * word)) - 1;
}
}  // namespace

programmed_crossbar::programmed_crossbar(const crossbar_shape& shape, const crossbar_layout& layout,
                                         const std::uint8_t* image)
    : m_layout(layout),
      m_row_words(static_cast<std::uint16_t>(shape.row_words())),
      m_cell_bits(static_cast<std::uint8_t>(shape.cell_bits)),
      m_unit_is_converted(shape.unit_is_converted()),
      m_cells((std::size_t{layout.rows} + 1) * cell_row_bytes(layout.columns, shape.cell_bits) /
              sizeof(line)),
      m_factors(layout.columns),
      m_unit_factors(layout.outputs(), -(1 << (layout.weight_bits - 1))) {
    write_cells(image);
    std::vector<std::uint64_t> all_rows(shape.row_words());
    for (unsigned w = 0; w < m_row_words; ++w) all_rows[w] = used_rows(layout.rows, w);
    std::vector<std::uint16_t> sums(layout.columns);
    column_sums(all_rows.data(), sums.data());
    m_highest_sum = *std::max_element(sums.begin(), sums.end());
    const std::size_t plane_bytes = (layout.rows + 7) / 8;
    const std::uint8_t* flips = image + layout.columns * shape.cell_bits * plane_bytes;
    for (unsigned c = 0; c < layout.columns; ++c) {
        const unsigned shift = c % layout.cells_per_weight * shape.cell_bits;
        m_factors[c] = 1 << shift;
        if ((flips[c / 8] >> c % 8 & 1U) == 0) continue;
        m_factors[c] = -m_factors[c];
        m_unit_factors[c / layout.cells_per_weight] +=
            static_cast<std::int32_t>(shape.highest_cell()) << shift;
    }
}

void programmed_crossbar::write_cells(const std::uint8_t* image) {
    const cell_view view = cells();
    std::uint8_t* const to = m_cells.data()->bytes;
    switch (m_cell_bits) {  // as constants
    case 1:
        return rows_of_image<1>(view, image, to);
    case 2:
        return rows_of_image<2>(view, image, to);
    case 3:
        return rows_of_image<3>(view, image, to);
    default:
        return rows_of_image<4>(view, image, to);
    }
}

unsigned programmed_crossbar::cell(unsigned row, unsigned column) const {
    const cell_view view = cells();
    const unsigned field_bits = 8 / cells_per_byte(m_cell_bits);
    const unsigned byte = view.cells[std::size_t{row} * view.row_bytes + column % view.row_bytes];
    return byte >> column / view.row_bytes * field_bits & ((1U << m_cell_bits) - 1U);
}

std::vector<std::uint8_t> programmed_crossbar::image() const {
    std::vector<std::uint8_t> bytes(image_bytes(m_layout.rows, m_layout.columns, m_cell_bits), 0);
    image_of_rows(cells(), bytes.data());
    std::uint8_t* const flips = bytes.data() + bytes.size() - (m_layout.columns + 7) / 8;
    for (unsigned c = 0; c < m_layout.columns; ++c) {
        if (m_factors[c] < 0) flips[c / 8] |= static_cast<std::uint8_t>(1U << c % 8);
    }
    return bytes;
}

cell_view programmed_crossbar::cells() const {
    return {m_cells.data()->bytes, m_cell_bits, m_layout.rows, m_layout.columns,
            cell_row_bytes(m_layout.columns, m_cell_bits)};
}

void programmed_crossbar::column_sums(const std::uint64_t* row_bits, std::uint16_t* sums,
                                      const simd_kernels& simd) const {
    simd.column_sums(cells(), row_bits, sums);
}

std::uint16_t programmed_crossbar::unit_sum(const std::uint64_t* row_bits) const {
    unsigned sum = 0;
    for (unsigned w = 0; w < m_row_words; ++w)
        sum += population_count(row_bits[w] & used_rows(m_layout.rows, w));
    return static_cast<std::uint16_t>(sum);
}

bool programmed_crossbar::can_clip(unsigned adc_bits) const {
    const unsigned highest_code = (1U << adc_bits) - 1U;
    return m_highest_sum > highest_code || (m_unit_is_converted && m_layout.rows > highest_code);
}

void programmed_crossbar::combine(const std::int32_t* column_totals, std::int64_t unit_total,
                                  std::int64_t* outputs, const simd_kernels& simd) const {
    for (std::size_t i = 0; i < m_unit_factors.size(); ++i) {
        outputs[i] += unit_total * m_unit_factors[i];
    }
    simd.combine(column_totals, m_factors.data(), m_layout.outputs(), m_layout.cells_per_weight,
                 outputs);
}

crossbar_kernel::crossbar_kernel(const crossbar_shape& shape, const crossbar_image& image,
                                 unsigned adc_bits)
    : m_shape(shape),
      m_adc_bits(adc_bits),
      m_array(program(shape, image, adc_bits)) {
    if (!m_array.can_clip(adc_bits)) {
        m_weights = decode_crossbar(image.layout, image.bytes.data(), shape);
    }
}

operation_counts crossbar_kernel::multiply(const input_vector& inputs, std::int64_t* outputs,
                                           multiply_path path, const simd_kernels& simd) const {
    if (inputs.element_bytes == 0 || inputs.element_bytes > 2 || inputs.bits == 0 ||
        inputs.bits > 16) {
        throw core::user_error("inputs of " + std::to_string(inputs.bits) + " bits in " +
                               std::to_string(inputs.element_bytes) +
                               " bytes: 1 to 16 bits in 1 or 2 bytes are possible");
    }
    if (inputs.count > m_shape.rows) {
        throw core::user_error(std::to_string(inputs.count) + " inputs, the array has " +
                               std::to_string(m_shape.rows) + " rows");
    }
    std::fill_n(outputs, this->outputs(), 0);
    // Why the integer path may replace the conversions. Input bits a and cells W are >= 0, so a
    // column's sum in any cycle, S = sum_r a_r W_r with a_r in {0, 1}, is at most sum_r W_r. If
    // that does not exceed the highest code, min(S, highest) = S for every input, and all that
    // follows is linear: with A_r = sum_b s_b 2^b a_rb the input (s_b = -1 for a sign bit, else 1),
    //   sum_b s_b 2^b S_b = sum_r A_r W_r             for each column, and sum_r A_r for the unit;
    //   undoing a flip gives sum_r A_r (h - W_r), h the highest cell: the digit before the flip;
    //   weighted with their powers of two, the digits of an output sum to sum_r A_r (w_r + bias);
    //   less bias * sum_r A_r, this is sum_r A_r w_r, which multiply_integers() computes.
    const bool use_integers = path != multiply_path::bit_serial && is_exact();
    if (path == multiply_path::integer && !use_integers) {
        throw core::user_error("a column of this array can reach " +
                               std::to_string(m_array.highest_sum()) + " and clip at " +
                               std::to_string(m_adc_bits) +
                               " bits: use the bit-serial path or more ADC bits");
    }
    if (!use_integers) return multiply_bit_serial(inputs, outputs, simd);
    multiply_integers(inputs, outputs, simd);
    return count_operations(m_shape, m_array.layout().columns, inputs.bits);
}

operation_counts crossbar_kernel::multiply_bit_serial(const input_vector& inputs,
                                                      std::int64_t* outputs,
                                                      const simd_kernels& simd) const {
    const unsigned columns = m_array.layout().columns;
    const unsigned row_words = m_shape.row_words();
    const auto highest_code = static_cast<std::uint16_t>((1U << m_adc_bits) - 1U);
    std::vector<std::uint64_t> masks(std::size_t{inputs.bits} * row_words);
    slice_inputs(inputs, row_words, masks.data());

    operation_counts counts = count_operations(m_shape, columns, inputs.bits);
    std::vector<std::uint16_t> codes(columns);
    std::vector<std::int32_t> totals(columns, 0);
    std::int64_t unit_total = 0;
    for (unsigned bit = 0; bit < inputs.bits; ++bit) {
        const std::uint64_t* row_bits = masks.data() + std::size_t{bit} * row_words;
        const bool subtract = inputs.is_signed && bit + 1 == inputs.bits;
        m_array.column_sums(row_bits, codes.data(), simd);
        counts.clipped += simd.saturate(codes.data(), codes.data(), columns, highest_code);
        simd.shift_add(codes.data(), totals.data(), columns, bit, subtract);

        std::uint16_t unit = m_array.unit_sum(row_bits);
        if (m_shape.unit_is_converted() && unit > highest_code) {
            unit = highest_code;
            ++counts.clipped;
        }
        const std::int64_t shifted = std::int64_t{unit} << bit;
        unit_total += subtract ? -shifted : shifted;
    }
    m_array.combine(totals.data(), unit_total, outputs, simd);
    return counts;
}

void crossbar_kernel::multiply_integers(const input_vector& inputs, std::int64_t* outputs,
                                        const simd_kernels& simd) const {
    const crossbar_layout& layout = m_array.layout();
    const unsigned rows = std::min(inputs.count, layout.rows);
    std::vector<std::int32_t> values(rows);
    for (unsigned row = 0; row < rows; ++row) values[row] = element(inputs, row);
    // |input| < 2^bits, and |weight| < 2^(cell bits of a weight) even if its padding is not 0.
    unsigned sum_bits = inputs.bits + layout.cells_per_weight * m_shape.cell_bits;
    for (unsigned left = rows; left != 0; left >>= 1U) ++sum_bits;
    simd.multiply(values.data(), m_weights.data(), rows, layout.outputs(), sum_bits <= 31, outputs);
}

}  // namespace pimvp::reram
