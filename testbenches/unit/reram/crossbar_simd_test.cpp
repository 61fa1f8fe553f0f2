// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/reram/crossbar_simd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace pimvp::reram;

namespace {

struct cells {
    unsigned rows, columns, cell_bits;
    std::vector<unsigned> values;      // [row][column]
    std::vector<std::uint8_t> packed;  // as cell_view wants them

    cells(support::generator& random, unsigned r, unsigned c, unsigned bits, bool heavy)
        : rows(r),
          columns(c),
          cell_bits(bits),
          values(std::size_t{r} * c),
          packed((std::size_t{r} + 1) * row_bytes()) {
        for (unsigned row = 0; row < rows; ++row) {
            for (unsigned column = 0; column < columns; ++column) {
                const auto cell =
                    static_cast<unsigned>(heavy ? (1U << bits) - 1U : random.below(1U << bits));
                values[row * columns + column] = cell;
                const unsigned field = column / row_bytes() * (8 / cells_per_byte(bits));
                std::uint8_t& byte = packed[row * row_bytes() + column % row_bytes()];
                byte = static_cast<std::uint8_t>(byte | cell << field);
            }
        }
    }
    [[nodiscard]] unsigned words() const { return (rows + 63) / 64; }
    [[nodiscard]] unsigned row_bytes() const { return cell_row_bytes(columns, cell_bits); }
    [[nodiscard]] cell_view view() const {
        return {packed.data(), cell_bits, rows, columns, row_bytes()};
    }
};

constexpr std::uint16_t untouched = 0xABCD;

}  // namespace

TEST_CASE("reram.crossbar_simd.every_variant_sums_columns_alike", "[reram][unit]") {
    support::generator random;
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        if (!pimvp::core::processor_has(variant)) continue;
        CAPTURE(kernels(variant).name);
        for (const unsigned rows : {1U, 8U, 63U, 64U, 65U, 128U, 200U, 256U, 512U}) {
            for (const unsigned columns : {1U, 3U, 31U, 32U, 33U, 64U, 127U, 128U, 130U, 512U}) {
                for (unsigned bits = 1; bits <= 4; ++bits) {
                    const cells array{random, rows, columns, bits, random.chance(20)};
                    std::vector<std::uint64_t> row_bits(array.words());
                    const auto density = random.below(3);  // all rows, half of them, few or none
                    for (auto& word : row_bits) {
                        word = density == 0 ? ~std::uint64_t{0} : random.next();
                        if (density == 2) word &= random.next() & random.next() & random.next();
                    }
                    std::vector<std::uint16_t> sums(columns + 8, untouched);
                    kernels(variant).column_sums(array.view(), row_bits.data(), sums.data());
                    std::vector<std::uint16_t> expected(columns + 8, untouched);
                    for (unsigned c = 0; c < columns; ++c) {
                        unsigned sum = 0;
                        for (unsigned r = 0; r < rows; ++r) {
                            if ((row_bits[r / 64] >> r % 64 & 1U) != 0) {
                                sum += array.values[r * columns + c];
                            }
                        }
                        expected[c] = static_cast<std::uint16_t>(sum);
                    }
                    CAPTURE(rows, columns, bits);
                    REQUIRE(sums == expected);  // and nothing written behind the last column
                }
            }
        }
    }
}

TEST_CASE("reram.crossbar_simd.every_variant_saturates_alike", "[reram][unit]") {
    support::generator random;
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        if (!pimvp::core::processor_has(variant)) continue;
        for (const std::size_t count : {0U, 1U, 15U, 31U, 128U, 1000U, 70000U}) {
            for (const unsigned bits : {1U, 8U, 9U, 15U}) {
                const auto highest = static_cast<std::uint16_t>((1U << bits) - 1U);
                std::vector<std::uint16_t> samples(count), expected(count), codes(count);
                std::size_t clipped = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    samples[i] = static_cast<std::uint16_t>(
                        random.chance(50) ? random.next() : random.below(highest + 2U));
                    expected[i] = std::min(samples[i], highest);
                    clipped += samples[i] > highest ? 1U : 0U;
                }
                CAPTURE(kernels(variant).name, count, bits);
                REQUIRE(kernels(variant).saturate(samples.data(), codes.data(), count, highest) ==
                        clipped);
                REQUIRE(codes == expected);
                REQUIRE(kernels(variant).saturate(samples.data(), samples.data(), count,
                                                  highest) == clipped);  // in place
                REQUIRE(samples == expected);
            }
        }
    }
}

TEST_CASE("reram.crossbar_simd.every_variant_shifts_and_adds_alike", "[reram][unit]") {
    support::generator random;
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        if (!pimvp::core::processor_has(variant)) continue;
        for (const std::size_t count : {0U, 1U, 17U, 128U, 1001U}) {
            std::vector<std::uint16_t> codes(count);
            std::vector<std::int32_t> sums(count, 0), expected(count, 0);
            // 16 bits of codes below 2^15, the last subtracted: the widest the contract allows.
            for (unsigned bit = 0; bit < 16; ++bit) {
                std::uint16_t any = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    codes[i] = static_cast<std::uint16_t>(i == 0 ? 0x7FFF : random.below(0x8000));
                    any = static_cast<std::uint16_t>(any | codes[i]);
                    const std::int32_t shifted = std::int32_t{codes[i]} * (1 << bit);
                    expected[i] += bit == 15 ? -shifted : shifted;
                }
                REQUIRE(kernels(variant).shift_add(codes.data(), sums.data(), count, bit,
                                                   bit == 15) == any);
            }
            CAPTURE(kernels(variant).name, count);
            REQUIRE(sums == expected);
        }
    }
}

TEST_CASE("reram.crossbar_simd.every_variant_combines_alike", "[reram][unit]") {
    support::generator random;
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        if (!pimvp::core::processor_has(variant)) continue;
        for (const unsigned outputs : {1U, 3U, 32U, 33U}) {
            for (const unsigned digits : {1U, 3U, 4U, 8U}) {
                std::vector<std::int32_t> totals(std::size_t{outputs} * digits), factors(totals);
                std::vector<std::int64_t> sums(outputs), expected(outputs);
                for (unsigned i = 0; i < outputs; ++i) {
                    sums[i] = expected[i] = random.between(-1000, 1000);
                    for (unsigned d = i * digits; d < (i + 1) * digits; ++d) {
                        totals[d] =
                            static_cast<std::int32_t>(random.between(-0x7FFFFFFF, 0x7FFFFFFF));
                        factors[d] = static_cast<std::int32_t>(random.between(-0x4000, 0x4000));
                        expected[i] += std::int64_t{totals[d]} * factors[d];
                    }
                }
                kernels(variant).combine(totals.data(), factors.data(), outputs, digits,
                                         sums.data());
                CAPTURE(kernels(variant).name, outputs, digits);
                REQUIRE(sums == expected);
            }
        }
    }
}

TEST_CASE("reram.crossbar_simd.the_best_variant_is_one_this_processor_has", "[reram][unit]") {
    CHECK(pimvp::core::processor_has(simd_variant::portable));
    bool found = false;
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        found =
            found || (pimvp::core::processor_has(variant) && &kernels(variant) == &best_kernels());
    }
    CHECK(found);
}
