// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <vector>

namespace post = pimvp::post;
using post::number_format;
using reference::formats;

TEST_CASE("post.max_pool.takes_the_largest_of_each_channel", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    for (const number_format& format : formats) {
        constexpr std::size_t pixels = 9, channels = 67;
        std::vector<std::vector<std::uint8_t>> data;
        std::vector<const std::uint8_t*> window;
        for (std::size_t p = 0; p < pixels; ++p) {
            data.push_back(random.bytes(channels * format.element_bytes));
            window.push_back(data.back().data());
        }
        std::vector<std::uint8_t> out(channels * format.element_bytes);
        const auto counts = post::max_pool(window.data(), pixels, channels, format, out.data());
        CHECK(counts.compared == pixels * channels);
        for (std::size_t c = 0; c < channels; ++c) {
            std::int32_t wanted = post::load(window[0], c, format);
            for (const auto* pixel : window) {
                wanted = std::max(wanted, post::load(pixel, c, format));
            }
            CHECK(post::load(out.data(), c, format) == wanted);
        }
        // In place over the first pixel.
        post::max_pool(window.data(), pixels, channels, format, data[0].data());
        CHECK(data[0] == out);
    }
}

TEST_CASE("post.average_pooler.equals_the_documented_formula", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    std::uint64_t different = 0;
    for (const number_format& x : formats) {
        for (number_format y : formats) {
            for (const bool same_scale : {true, false}) {
                if (same_scale) y.scale = x.scale;
                const float ratio =
                    reference::divide(reference::as_float(y.scale), reference::as_float(x.scale));
                const post::average_pooler pool{x, y};
                for (const std::uint32_t pixels : {1U, 2U, 3U, 4U, 9U, 49U, 225U}) {
                    constexpr std::size_t channels = 200;
                    std::vector<std::int64_t> sums(channels), wanted_sums(channels);
                    for (std::uint32_t p = 0; p < pixels; ++p) {
                        const auto pixel = random.bytes(channels * x.element_bytes);
                        CHECK(pool.accumulate(pixel.data(), channels, sums.data()).accumulated ==
                              channels);
                        for (std::size_t c = 0; c < channels; ++c) {
                            wanted_sums[c] += post::load(pixel.data(), c, x) - x.zero_point;
                        }
                    }
                    REQUIRE(sums == wanted_sums);
                    std::vector<std::uint8_t> out(channels * y.element_bytes);
                    pool.finish(sums.data(), channels, pixels, out.data());
                    for (std::size_t c = 0; c < channels; ++c) {
                        const float mean = reference::divide(reference::from_int(sums[c]),
                                                             reference::from_int(pixels));
                        const float real = reference::divide(mean, ratio);
                        if (post::load(out.data(), c, y) != reference::quantise(real, y)) {
                            ++different;
                        }
                    }
                }
            }
        }
    }
    CHECK(different == 0);
}

TEST_CASE("post.average_pooler.means_of_bytes_are_exact_with_ties_to_even", "[post][unit]") {
    const number_format format{reference::as_bits(0.1F), 128, 0, 255, 1};
    const post::average_pooler pool{format, format};
    for (const std::uint32_t divisor : {2U, 4U, 49U, 64U}) {
        for (std::int64_t sum = -127 * std::int64_t{divisor}; sum <= 127 * std::int64_t{divisor};
             ++sum) {
            const std::int64_t d = divisor;
            std::int64_t low = sum / d - (sum % d < 0 ? 1 : 0);
            const std::int64_t twice = 2 * (sum - low * d);
            if (twice > d || (twice == d && low % 2 != 0)) ++low;
            std::uint8_t out = 0;
            pool.finish(&sum, 1, divisor, &out);
            CHECK(int{out} == low + 128);
        }
    }
}

TEST_CASE("post.lookup_activation.reads_its_table", "[post][unit]") {
    support::generator random;
    for (const number_format& x : reference::formats) {
        for (const number_format& y : reference::formats) {
            std::vector<std::int32_t> entries;
            for (std::int32_t v = x.lowest; v <= x.highest; ++v) {
                entries.push_back(static_cast<std::int32_t>(random.between(y.lowest, y.highest)));
            }
            const std::size_t count = entries.size();
            std::vector<std::uint8_t> in(count * x.element_bytes), out(count * y.element_bytes);
            for (std::size_t i = 0; i < count; ++i) {
                post::store(in.data(), i, x, x.lowest + static_cast<std::int32_t>(i));
            }
            const post::lookup_activation unit{x, y, entries};
            CHECK(unit(in.data(), count, out.data()).looked_up == count);
            std::size_t different = 0;
            for (std::size_t i = 0; i < count; ++i) {
                if (post::load(out.data(), i, y) != entries[i]) ++different;
            }
            CHECK(different == 0);
        }
    }
}

TEST_CASE("post.lookup_activation.takes_the_nearest_integer_of_its_format", "[post][unit]") {
    const number_format narrow{0x3F800000U, 0, -2, 1, 1};
    const number_format byte{0x3F800000U, 0, 0, 255, 1};
    const std::uint8_t in[] = {0x80, 0xFE, 0, 1, 127};  // -128, -2, 0, 1, 127
    std::vector<std::uint8_t> out(5);
    post::lookup_activation{narrow, byte, {10, 11, 12, 13}}(in, 5, out.data());
    CHECK(out == std::vector<std::uint8_t>{10, 10, 12, 13, 13});
}
