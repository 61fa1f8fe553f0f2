// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/reram/crossbar_encoder.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace pimvp;
using namespace pimvp::reram;

namespace {

template <class T>
weight_view<T> row_major(const std::vector<T>& data, unsigned rows, unsigned outputs) {
    return {data.data(), rows, outputs, static_cast<std::ptrdiff_t>(outputs), 1};
}

std::string error_of(const std::vector<std::int16_t>& weights, unsigned rows, unsigned outputs,
                     unsigned bits, const crossbar_shape& shape = {}) {
    try {
        static_cast<void>(encode_crossbar(row_major(weights, rows, outputs), bits, shape));
    } catch (const core::user_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("reram.crossbar_encoder.decoding_gives_the_weights_back", "[reram][unit]") {
    support::generator random;
    for (unsigned cell_bits = 1; cell_bits <= 4; ++cell_bits) {
        for (unsigned bits = 2; bits <= 16; ++bits) {
            crossbar_shape shape;
            shape.cell_bits = cell_bits;
            shape.column_flip = random.chance(70);
            const auto rows = static_cast<unsigned>(random.between(1, shape.rows));
            const auto outputs =
                static_cast<unsigned>(random.between(1, outputs_per_crossbar(shape, bits)));
            std::vector<std::int16_t> weights(std::size_t{rows} * outputs);
            const std::int64_t half = std::int64_t{1} << (bits - 1);
            const bool heavy = random.chance(30);
            for (auto& w : weights) {
                w = static_cast<std::int16_t>(random.between(heavy ? half - 1 : -half, half - 1));
            }
            const auto image = encode_crossbar(row_major(weights, rows, outputs), bits, shape);
            CAPTURE(cell_bits, bits, rows, outputs);
            CHECK(image.layout.cells_per_weight == (bits + cell_bits - 1) / cell_bits);
            CHECK(image.layout.outputs() == outputs);
            CHECK(layout_error(shape, image.layout, image.bytes.size()).empty());
            const auto decoded = decode_crossbar(image.layout, image.bytes.data(), shape);
            REQUIRE(std::vector<std::int16_t>(decoded.begin(), decoded.end()) == weights);
        }
    }
}

TEST_CASE("reram.crossbar_encoder.strides_and_types_do_not_matter", "[reram][unit]") {
    support::generator random;
    constexpr unsigned rows = 20, outputs = 6;
    std::vector<std::int8_t> by_output(rows * outputs);  // as a network stores it: O x I
    for (auto& w : by_output) w = static_cast<std::int8_t>(random.between(-128, 127));
    std::vector<std::int16_t> by_row(rows * outputs);
    for (unsigned r = 0; r < rows; ++r) {
        for (unsigned o = 0; o < outputs; ++o) by_row[r * outputs + o] = by_output[o * rows + r];
    }
    const crossbar_shape shape;
    CHECK(encode_crossbar(weight_view<std::int8_t>{by_output.data(), rows, outputs, 1, rows}, 8,
                          shape)
              .bytes == encode_crossbar(row_major(by_row, rows, outputs), 8, shape).bytes);
}

TEST_CASE("reram.crossbar_encoder.image_bytes_are_as_documented", "[reram][unit]") {
    // Three rows of one 4-bit weight in 2-bit cells; biased: 0b0110, 0b1111, 0b0001.
    const std::vector<std::int16_t> weights{-2, 7, -7};
    const auto image = encode_crossbar(row_major(weights, 3, 1), 4, crossbar_shape{});
    CHECK(image.layout.columns == 2);
    // column 0 holds 2, 3, 1: bit planes 0b110 and 0b011; column 1 holds 1, 3, 0: 0b011 and 0b010.
    CHECK(image.bytes == std::vector<std::uint8_t>{0b110, 0b011, 0b011, 0b010, 0b00});
}

TEST_CASE("reram.crossbar_encoder.a_column_flips_where_its_worst_case_sets_the_top_bit",
          "[reram][unit]") {
    // 2-bit weights, one cell each: a cell is the weight + 2. 9 bits hold any sum of 128 cells.
    const crossbar_shape shape;
    CHECK(shape.full_resolution_bits() == 9);
    CHECK(shape.required_adc_bits() == 8);
    std::vector<std::int16_t> weights(128, 0);  // cells of 2: sum 256 sets the top bit
    auto image = encode_crossbar(row_major(weights, 128, 1), 2, shape);
    CHECK(image.bytes.back() == 1);
    CHECK(image.bytes.front() == 0xFF);  // stored complement is 1
    weights[5] = -1;                     // sum 255 does not
    image = encode_crossbar(row_major(weights, 128, 1), 2, shape);
    CHECK(image.bytes.back() == 0);
    CHECK(image.bytes.front() == 0x20);
}

TEST_CASE("reram.crossbar_encoder.resolution_follows_the_shape", "[reram][unit]") {
    const auto bits = [](unsigned rows, unsigned cell_bits, bool flip) {
        crossbar_shape shape;
        shape.rows = rows;
        shape.cell_bits = cell_bits;
        shape.column_flip = flip;
        return shape.required_adc_bits();
    };
    CHECK(bits(128, 2, false) == 9);  // log2 R + v + w - 1 for v = 1, ISAAC
    CHECK(bits(128, 1, false) == 8);
    CHECK(bits(64, 2, true) == 7);
    CHECK(bits(512, 4, false) == 13);
    CHECK(bits(8, 1, true) == 3);
    CHECK(bits(136, 2, true) == 9);  // not a power of two
    CHECK(bits(256, 2, true) == 9);
}

TEST_CASE("reram.crossbar_encoder.refuses_what_does_not_fit_and_says_why", "[reram][unit]") {
    const std::vector<std::int16_t> weights(200 * 40, 1);
    CHECK(error_of(weights, 129, 1, 8).find("do not fit an array of 128 x 32") !=
          std::string::npos);
    CHECK(error_of(weights, 1, 33, 8).find("split them into blocks") != std::string::npos);
    CHECK(error_of(weights, 0, 1, 8).find("do not fit") != std::string::npos);
    CHECK(error_of(weights, 1, 1, 1).find("2 to 16") != std::string::npos);
    CHECK(error_of(weights, 1, 1, 17).find("2 to 16") != std::string::npos);
    CHECK(error_of({0, 8}, 2, 1, 4).find("weight 8 in row 1") != std::string::npos);
    CHECK(error_of({0, -9}, 2, 1, 4).find("does not fit 4 bits") != std::string::npos);
    CHECK(error_of({-8, 7}, 2, 1, 4).empty());
}

TEST_CASE("reram.crossbar_encoder.layouts_from_outside_are_checked", "[reram][unit]") {
    const crossbar_shape shape;
    const crossbar_layout good{128, 128, 8, 4};
    const std::size_t bytes = image_bytes(128, 128, 2);
    CHECK(bytes == 128 * 2 * 16 + 16);
    CHECK(layout_error(shape, good, bytes).empty());
    CHECK_FALSE(layout_error(shape, good, bytes - 1).empty());
    CHECK_FALSE(layout_error(shape, {129, 128, 8, 4}, bytes).empty());
    CHECK_FALSE(layout_error(shape, {0, 128, 8, 4}, bytes).empty());
    CHECK_FALSE(layout_error(shape, {128, 132, 8, 4}, bytes).empty());
    CHECK_FALSE(layout_error(shape, {128, 126, 8, 4}, bytes).empty());
    CHECK_FALSE(layout_error(shape, {128, 128, 8, 3}, bytes).empty());
    CHECK_FALSE(layout_error(shape, {128, 128, 8, 0}, bytes).empty());
    CHECK_FALSE(layout_error(shape, {128, 128, 17, 9}, bytes).empty());
}
