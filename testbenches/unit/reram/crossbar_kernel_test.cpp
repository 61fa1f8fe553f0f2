// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/reram/crossbar_kernel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace pimvp;
using namespace pimvp::reram;

namespace {

/// The hardware once more, written from its description with plain loops: no planes, no masks.
struct plain_crossbar {
    crossbar_shape shape;
    unsigned rows, outputs, weight_bits, adc_bits;
    std::vector<std::int16_t> weights;  // [row][output]

    /// Sums by repeated conversion; clipped conversions of used columns are counted.
    std::vector<std::int64_t> multiply(const std::vector<int>& inputs, unsigned bits,
                                       bool is_signed, std::uint64_t& clipped) const {
        const int highest_cell = (1 << shape.cell_bits) - 1;
        const int highest_code = (1 << adc_bits) - 1;
        const int digits = static_cast<int>((weight_bits + shape.cell_bits - 1) / shape.cell_bits);
        int resolution = static_cast<int>(shape.cell_bits);
        for (unsigned r = 1; r < shape.rows; r *= 2) ++resolution;
        std::vector<std::int64_t> result(outputs, 0);
        for (unsigned bit = 0; bit < bits; ++bit) {
            const std::int64_t factor =
                (is_signed && bit + 1 == bits ? -1 : 1) * (std::int64_t{1} << bit);
            int ones = 0;
            for (unsigned r = 0; r < rows; ++r) ones += inputs[r] >> bit & 1;
            if (shape.unit_column == unit_column_kind::own_adc) {
                clipped += ones > highest_code ? 1 : 0;
                ones = std::min(ones, highest_code);
            }
            for (unsigned o = 0; o < outputs; ++o) {
                for (int d = 0; d < digits; ++d) {
                    int worst = 0, sum = 0, complement = 0;
                    for (unsigned r = 0; r < rows; ++r) {
                        const int biased = weights[r * outputs + o] + (1 << (weight_bits - 1));
                        const int cell =
                            biased >> (d * static_cast<int>(shape.cell_bits)) & highest_cell;
                        const int a = inputs[r] >> bit & 1;
                        worst += cell;
                        sum += a * cell;
                        complement += a * (highest_cell - cell);
                    }
                    const bool flip = shape.column_flip && worst >= 1 << (resolution - 1);
                    const int stored = flip ? complement : sum;
                    clipped += stored > highest_code ? 1 : 0;
                    const int code = std::min(stored, highest_code);
                    const int restored = flip ? highest_cell * ones - code : code;
                    result[o] += factor * restored *
                                 (std::int64_t{1} << (d * static_cast<int>(shape.cell_bits)));
                }
                result[o] -= factor * ones * (std::int64_t{1} << (weight_bits - 1));
            }
        }
        return result;
    }

    [[nodiscard]] crossbar_kernel kernel() const {
        return {shape,
                encode_crossbar(weight_view<std::int16_t>{weights.data(), rows, outputs,
                                                          static_cast<std::ptrdiff_t>(outputs), 1},
                                weight_bits, shape),
                adc_bits};
    }
};

std::vector<std::uint8_t> as_bytes(const std::vector<int>& values, unsigned element_bytes) {
    std::vector<std::uint8_t> bytes;
    for (const int value : values) {
        for (unsigned i = 0; i < element_bytes; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(value) >> 8 * i));
        }
    }
    return bytes;
}

int random_input(support::generator& random, unsigned bits, bool is_signed) {
    const std::int64_t high = (std::int64_t{1} << (bits - (is_signed ? 1 : 0))) - 1;
    return static_cast<int>(random.between(is_signed ? -high - 1 : 0, high));
}

std::vector<std::int64_t> dot_products(const plain_crossbar& array,
                                       const std::vector<int>& inputs) {
    std::vector<std::int64_t> result(array.outputs, 0);
    for (unsigned r = 0; r < array.rows; ++r) {
        for (unsigned o = 0; o < array.outputs; ++o) {
            result[o] += std::int64_t{inputs[r]} * array.weights[r * array.outputs + o];
        }
    }
    return result;
}

}  // namespace

TEST_CASE("reram.crossbar_kernel.four_rows_of_one_cell_exhaustively", "[reram][unit]") {
    // Every weight vector (row order aside), every vector of 2-bit inputs, clipping ADCs included.
    for (const unsigned cell_bits : {1U, 2U}) {
        for (const bool flip : {false, true}) {
            for (unsigned adc_bits = 1; adc_bits <= 4; ++adc_bits) {
                plain_crossbar array{{}, 4, 1, 2, adc_bits, std::vector<std::int16_t>(4)};
                array.shape.rows = 8;
                array.shape.columns = 8;
                array.shape.cell_bits = cell_bits;
                array.shape.column_flip = flip;
                for (unsigned w = 0; w < 256; ++w) {
                    for (unsigned r = 0; r < 4; ++r) {
                        array.weights[r] = static_cast<std::int16_t>((w >> 2 * r & 3U)) - 2;
                    }
                    if (!std::is_sorted(array.weights.begin(), array.weights.end())) continue;
                    const crossbar_kernel kernel = array.kernel();
                    for (unsigned a = 0; a < 256; ++a) {
                        const std::vector<int> inputs{
                            static_cast<int>(a & 3U), static_cast<int>(a >> 2 & 3U),
                            static_cast<int>(a >> 4 & 3U), static_cast<int>(a >> 6 & 3U)};
                        const auto bytes = as_bytes(inputs, 1);
                        for (const bool is_signed : {false, true}) {
                            std::uint64_t clipped = 0;
                            const auto expected = array.multiply(inputs, 2, is_signed, clipped);
                            std::int64_t sum = 0;
                            const auto counts =
                                kernel.multiply({bytes.data(), 4, 1, 2, is_signed}, &sum);
                            if (sum != expected[0] || counts.clipped != clipped) {
                                CAPTURE(cell_bits, flip, adc_bits, w, a, is_signed);
                                REQUIRE(sum == expected[0]);
                                REQUIRE(counts.clipped == clipped);
                            }
                        }
                    }
                }
            }
        }
    }
    SUCCEED();
}

TEST_CASE("reram.crossbar_kernel.random_shapes_equal_the_plain_model", "[reram][unit]") {
    support::generator random;
    for (unsigned round = 0; round < 300; ++round) {
        plain_crossbar array{};
        crossbar_shape& shape = array.shape;
        shape.rows = 8 * static_cast<unsigned>(random.between(1, 64));
        shape.columns = static_cast<unsigned>(random.between(16, 130));
        shape.cell_bits = static_cast<unsigned>(random.between(1, 4));
        shape.column_flip = random.chance(70);
        shape.unit_column =
            random.chance(40) ? unit_column_kind::own_adc : unit_column_kind::counter;
        array.weight_bits = static_cast<unsigned>(random.between(2, 16));
        const unsigned needed = shape.required_adc_bits();
        array.adc_bits =
            random.chance(50) ? needed + 1U : static_cast<unsigned>(random.between(1, needed));
        array.rows = static_cast<unsigned>(random.between(1, shape.rows));
        array.outputs = static_cast<unsigned>(
            random.between(1, std::min(outputs_per_crossbar(shape, array.weight_bits), 40U)));
        const std::int64_t half = std::int64_t{1} << (array.weight_bits - 1);
        const bool heavy = random.chance(30);
        for (unsigned i = 0; i < array.rows * array.outputs; ++i) {
            array.weights.push_back(
                static_cast<std::int16_t>(random.between(heavy ? half - 2 : -half, half - 1)));
        }
        const auto bits = static_cast<unsigned>(random.between(1, 16));
        const unsigned element_bytes = bits > 8 || random.chance(30) ? 2 : 1;
        const bool is_signed = random.chance(50);
        std::vector<int> inputs(array.rows);
        for (auto& input : inputs) {
            input = random.chance(10) ? 0 : random_input(random, bits, is_signed);
        }

        const crossbar_kernel kernel = array.kernel();
        const auto bytes = as_bytes(inputs, element_bytes);
        const input_vector vector{bytes.data(), array.rows, element_bytes, bits, is_signed};
        std::uint64_t clipped = 0;
        const auto expected = array.multiply(inputs, bits, is_signed, clipped);
        CAPTURE(round, shape.rows, shape.columns, shape.cell_bits, shape.column_flip,
                array.weight_bits, array.adc_bits, array.rows, array.outputs, bits, is_signed);
        for (const simd_variant variant :
             {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
            if (!pimvp::core::processor_has(variant)) continue;
            std::vector<std::int64_t> sums(array.outputs, -1);
            const auto counts =
                kernel.multiply(vector, sums.data(), multiply_path::bit_serial, kernels(variant));
            REQUIRE(sums == expected);
            REQUIRE(counts.clipped == clipped);
        }
        if (kernel.is_exact()) {
            for (const simd_variant variant :
                 {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
                if (!pimvp::core::processor_has(variant)) continue;
                std::vector<std::int64_t> sums(array.outputs, -1);
                const auto counts =
                    kernel.multiply(vector, sums.data(), multiply_path::integer, kernels(variant));
                REQUIRE(sums == expected);
                REQUIRE(counts.clipped == 0);
                REQUIRE(sums == dot_products(array, inputs));
            }
        }
        if (array.adc_bits > needed) REQUIRE(kernel.is_exact());
    }
}

TEST_CASE("reram.crossbar_kernel.fast_and_bit_serial_paths_agree_wherever_fast_is_allowed",
          "[reram][unit]") {
    support::generator random;
    unsigned exact = 0, inexact = 0;
    for (unsigned round = 0; round < 200; ++round) {
        plain_crossbar array{{}, 128, 8, 8, static_cast<unsigned>(random.between(6, 9)), {}};
        array.shape.column_flip = random.chance(50);
        const std::int64_t low = random.between(-128, 100);
        for (unsigned i = 0; i < array.rows * array.outputs; ++i) {
            array.weights.push_back(static_cast<std::int16_t>(random.between(low, 127)));
        }
        const crossbar_kernel kernel = array.kernel();
        std::vector<int> inputs(array.rows);
        for (auto& input : inputs) input = random_input(random, 8, true);
        const auto bytes = as_bytes(inputs, 1);
        const input_vector vector{bytes.data(), array.rows, 1, 8, true};
        std::vector<std::int64_t> automatic(array.outputs), serial(array.outputs);
        const auto fast = kernel.multiply(vector, automatic.data());
        const auto slow = kernel.multiply(vector, serial.data(), multiply_path::bit_serial);
        CHECK(kernel.is_exact() == !kernel.array().can_clip(array.adc_bits));
        REQUIRE(automatic == serial);
        REQUIRE(fast.conversions == slow.conversions);
        REQUIRE(fast.clipped == slow.clipped);
        if (kernel.is_exact()) {
            ++exact;
            REQUIRE(slow.clipped == 0);
            REQUIRE(serial == dot_products(array, inputs));
        } else {
            ++inexact;
            CHECK_THROWS_AS(kernel.multiply(vector, serial.data(), multiply_path::integer),
                            core::user_error);
        }
    }
    CHECK(exact > 20);
    CHECK(inexact > 20);
}

TEST_CASE("reram.crossbar_kernel.the_image_can_be_read_back", "[reram][unit]") {
    support::generator random;
    for (unsigned round = 0; round < 200; ++round) {
        crossbar_shape shape;
        shape.rows = 8 * static_cast<unsigned>(random.between(1, 40));
        shape.columns = static_cast<unsigned>(random.between(16, 300));
        shape.cell_bits = static_cast<unsigned>(random.between(1, 4));
        shape.column_flip = random.chance(70);
        const auto bits = static_cast<unsigned>(random.between(2, 16));
        const auto rows = static_cast<unsigned>(random.between(1, shape.rows));
        const auto outputs =
            static_cast<unsigned>(random.between(1, outputs_per_crossbar(shape, bits)));
        std::vector<std::int16_t> weights(std::size_t{rows} * outputs);
        const std::int64_t half = std::int64_t{1} << (bits - 1);
        for (auto& w : weights) w = static_cast<std::int16_t>(random.between(-half, half - 1));
        const crossbar_image image =
            encode_crossbar(weight_view<std::int16_t>{weights.data(), rows, outputs,
                                                      static_cast<std::ptrdiff_t>(outputs), 1},
                            bits, shape);
        const programmed_crossbar array(shape, image.layout, image.bytes.data());
        CAPTURE(round, shape.rows, shape.columns, shape.cell_bits, bits, rows, outputs);
        REQUIRE(array.image() == image.bytes);
    }
}

TEST_CASE("reram.crossbar_kernel.can_clip_is_tight", "[reram][unit]") {
    // All inputs 1 on the heaviest column reach highest_sum(): there the bound becomes a code.
    plain_crossbar array{{}, 100, 1, 2, 8, std::vector<std::int16_t>(100, 1)};
    array.shape.column_flip = false;
    const crossbar_kernel kernel = array.kernel();
    CHECK(kernel.array().highest_sum() == 300);
    CHECK(kernel.array().can_clip(8));
    CHECK_FALSE(kernel.array().can_clip(9));
    const std::vector<std::uint8_t> ones(100, 1);
    std::int64_t sum = 0;
    CHECK(kernel.multiply({ones.data(), 100, 1, 1, false}, &sum).clipped == 1);
    CHECK(sum == 255 - 2 * 100);

    array.shape.unit_column = unit_column_kind::own_adc;
    array.weights.assign(100, -2);  // empty cells: only the unit column can clip
    CHECK(array.kernel().array().can_clip(6));
    CHECK_FALSE(array.kernel().array().can_clip(7));
}

TEST_CASE("reram.crossbar_kernel.slicing_gives_every_bit_of_every_element", "[reram][unit]") {
    support::generator random;
    for (const unsigned element_bytes : {1U, 2U}) {
        for (unsigned bits = 1; bits <= 8 * element_bytes; ++bits) {
            const auto count = static_cast<unsigned>(random.between(1, 200));
            const auto bytes = random.bytes(std::size_t{count} * element_bytes);
            std::vector<std::uint64_t> masks(bits * 4, ~std::uint64_t{0});
            slice_inputs({bytes.data(), count, element_bytes, bits, false}, 4, masks.data());
            for (unsigned b = 0; b < bits; ++b) {
                for (unsigned r = 0; r < 256; ++r) {
                    const unsigned expected =
                        r < count ? bytes[r * element_bytes + b / 8] >> b % 8 & 1U : 0U;
                    const auto found = static_cast<unsigned>(masks[b * 4 + r / 64] >> r % 64 & 1U);
                    if (found != expected) {
                        CAPTURE(element_bytes, bits, b, r);
                        REQUIRE(found == expected);
                    }
                }
            }
        }
    }
}

TEST_CASE("reram.crossbar_kernel.bytes_are_extended_to_more_bits", "[reram][unit]") {
    support::generator random;
    const auto bytes = random.bytes(100);
    for (const bool is_signed : {false, true}) {
        for (unsigned bits = 9; bits <= 16; ++bits) {
            std::vector<std::uint16_t> wide;
            for (const std::uint8_t byte : bytes) {
                wide.push_back(
                    is_signed ? static_cast<std::uint16_t>(static_cast<std::int8_t>(byte)) : byte);
            }
            std::vector<std::uint64_t> narrow_masks(bits * 2, 1), wide_masks(bits * 2, 2);
            slice_inputs({bytes.data(), 100, 1, bits, is_signed}, 2, narrow_masks.data());
            slice_inputs({wide.data(), 100, 2, bits, is_signed}, 2, wide_masks.data());
            CHECK(narrow_masks == wide_masks);
        }
    }
}

TEST_CASE("reram.crossbar_kernel.counts_follow_the_shape", "[reram][unit]") {
    crossbar_shape shape;
    operation_counts work = count_operations(shape, 20, 8);
    CHECK(work.crossbar_cycles == 8);
    CHECK(work.dac_row_cycles == 8 * 128);
    CHECK(work.conversions == 8 * 128);
    CHECK(work.samples == 8 * 128);
    CHECK(work.shift_adds == 8 * 128);
    shape.convert_unused_columns = false;
    CHECK(count_operations(shape, 20, 8).conversions == 8 * 20);
    shape.unit_column = unit_column_kind::own_adc;
    CHECK(count_operations(shape, 20, 8).conversions == 8 * 21);
    shape.convert_unused_columns = true;
    work += count_operations(shape, 20, 8);
    CHECK(work.conversions == 8 * 128 + 8 * 129);
    CHECK(work.crossbar_cycles == 16);
}

TEST_CASE("reram.crossbar_kernel.bad_arguments_name_the_way_out", "[reram][unit]") {
    plain_crossbar array{{}, 4, 1, 2, 8, std::vector<std::int16_t>(4)};
    const crossbar_kernel kernel = array.kernel();
    const std::vector<std::uint8_t> bytes(512);
    std::int64_t sum = 0;
    const auto multiply = [&](unsigned count, unsigned element_bytes, unsigned bits) {
        kernel.multiply({bytes.data(), count, element_bytes, bits, false}, &sum);
    };
    CHECK_THROWS_AS(multiply(129, 1, 8), core::user_error);
    CHECK_THROWS_AS(multiply(4, 1, 17), core::user_error);
    CHECK_THROWS_AS(multiply(4, 1, 0), core::user_error);
    CHECK_THROWS_AS(multiply(4, 3, 8), core::user_error);
    CHECK_NOTHROW(multiply(128, 2, 16));
    array.adc_bits = 16;
    CHECK_THROWS_AS(array.kernel(), core::user_error);
    crossbar_image broken = encode_crossbar(
        weight_view<std::int16_t>{array.weights.data(), 4, 1, 1, 1}, 2, array.shape);
    broken.bytes.pop_back();
    CHECK_THROWS_AS((crossbar_kernel{array.shape, broken, 8}), core::user_error);
}
