// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <vector>

namespace post = pimvp::post;
using post::float_bits;
using post::number_format;
using reference::as_bits;
using reference::formats;

namespace {

/// Requantises in one call and counts how many results differ from the host's arithmetic.
std::uint64_t differences(const std::vector<std::int64_t>& accumulators,
                          const std::vector<float_bits>& multipliers, const number_format& to) {
    std::vector<std::uint8_t> out(accumulators.size() * to.element_bytes);
    const auto counts =
        post::requantise(accumulators.data(), multipliers.data(), multipliers.size() == 1 ? 0 : 1,
                         accumulators.size(), to, out.data());
    CHECK(counts.requantised == accumulators.size());
    std::uint64_t different = 0;
    for (std::size_t i = 0; i < accumulators.size(); ++i) {
        const float_bits multiplier = multipliers[multipliers.size() == 1 ? 0 : i];
        const std::int32_t got = post::load(out.data(), i, to);
        const std::int32_t wanted = reference::requantise(accumulators[i], multiplier, to);
        if (got != wanted) {
            if (different == 0) {
                WARN(accumulators[i] << " * " << multiplier << " -> " << got << ", not " << wanted);
            }
            ++different;
        }
    }
    return different;
}

}  // namespace

TEST_CASE("post.requantise.random_accumulators_equal_the_host", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    constexpr std::size_t batch = 4096;
    std::uint64_t different = 0, compared = 0;
    std::vector<std::int64_t> accumulators(batch);
    std::vector<float_bits> multipliers(batch);
    while (compared < 12'000'000) {
        for (const number_format& to : formats) {
            for (std::size_t i = 0; i < batch; ++i) {
                // A result somewhere in or near the range, from an accumulator of any width.
                const auto width = static_cast<unsigned>(random.between(1, 46));
                accumulators[i] = static_cast<std::int64_t>(random.next()) >> (64 - width);
                const auto target = static_cast<std::uint32_t>(random.below(20));
                const std::uint32_t field = 127 + target - width;
                multipliers[i] =
                    (field << 23) | static_cast<std::uint32_t>(random.next() & 0x7FFFFFU);
            }
            different += differences(accumulators, multipliers, to);
            compared += batch;
        }
    }
    CHECK(different == 0);
}

TEST_CASE("post.requantise.ties_and_their_neighbours_equal_the_host", "[post][unit]") {
    // Multipliers of few bits make exact ties common; one unit in the last place beside them makes
    // the two roundings of the definition disagree with a single one.
    for (const number_format& to : formats) {
        for (int exponent = -20; exponent <= 1; ++exponent) {
            for (const float mantissa : {1.0F, 1.5F, 1.25F, 1.9375F}) {
                const float_bits exact = as_bits(std::ldexp(mantissa, exponent));
                for (const float_bits multiplier : {exact - 1, exact, exact + 1}) {
                    std::vector<std::int64_t> accumulators;
                    for (std::int64_t a = -3000; a <= 3000; ++a) {
                        accumulators.push_back(a);
                        accumulators.push_back(a * 512);
                        accumulators.push_back(a * 65536 + 1);
                    }
                    CHECK(differences(accumulators, {multiplier}, to) == 0);
                }
            }
        }
    }
}

TEST_CASE("post.requantise.doubly_rounded_near_ties_equal_the_host", "[post][unit]") {
    // accumulator * multiplier = k + 1/2 +- a little that only the first rounding can see.
    support::generator random;
    CAPTURE(random.seed());
    const number_format& to = formats[4];
    std::vector<std::int64_t> accumulators;
    std::vector<float_bits> multipliers;
    for (int i = 0; i < 500'000; ++i) {
        const double wanted = static_cast<double>(random.between(-32768, 32767)) + 0.5;
        const float_bits multiplier = reference::random_scale(random, 18);
        const double ideal = wanted / static_cast<double>(reference::as_float(multiplier));
        if (std::abs(ideal) > 1e12) continue;
        for (std::int64_t offset = -1; offset <= 1; ++offset) {
            accumulators.push_back(static_cast<std::int64_t>(std::llround(ideal)) + offset);
            multipliers.push_back(multiplier);
        }
    }
    CHECK(differences(accumulators, multipliers, to) == 0);
}

TEST_CASE("post.requantise.extreme_multipliers_equal_the_host", "[post][unit]") {
    std::vector<std::int64_t> accumulators{0, 1, -1, 127, -128, 1 << 20, -(1 << 24) - 1};
    for (int bit = 24; bit < 63; ++bit) {
        accumulators.push_back(std::int64_t{1} << bit);
        accumulators.push_back(-(std::int64_t{1} << bit) - 1);
        accumulators.push_back((std::int64_t{1} << bit) + (std::int64_t{1} << (bit - 24)));
    }
    for (const number_format& to : formats) {
        for (float_bits field = 0; field <= 255; ++field) {
            for (const float_bits fraction : {0U, 1U, 0x3FFFFFU, 0x400000U, 0x7FFFFFU}) {
                const float_bits multiplier = field << 23 | fraction;
                CHECK(differences(accumulators, {multiplier}, to) == 0);
                CHECK(differences(accumulators, {multiplier | post::soft_float::sign_bit}, to) ==
                      0);
            }
        }
    }
}

TEST_CASE("post.residual_adder.all_pairs_of_bytes_equal_the_host", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    std::vector<std::uint8_t> a, b;
    for (unsigned i = 0; i < 65536; ++i) {
        a.push_back(static_cast<std::uint8_t>(i >> 8));
        b.push_back(static_cast<std::uint8_t>(i));
    }
    std::uint64_t different = 0;
    for (int round = 0; round < 12; ++round) {
        for (const bool is_signed : {false, true}) {
            number_format x =
                is_signed ? number_format{0, -3, -128, 127, 1} : number_format{0, 120, 0, 255, 1};
            number_format z =
                is_signed ? number_format{0, 90, 0, 255, 1} : number_format{0, 5, -128, 127, 1};
            number_format y = formats[static_cast<std::size_t>(round) % std::size(formats)];
            // Powers of two give ties, equal scales exact sums, the rest neither.
            x.scale = round < 4 ? as_bits(0.125F) : reference::random_scale(random, 4);
            z.scale = round % 3 == 0 ? x.scale : reference::random_scale(random, 4);
            y.scale = round < 4 ? as_bits(0.25F) : reference::random_scale(random, 4);
            std::vector<std::uint8_t> out(a.size() * y.element_bytes);
            const post::residual_adder adder{x, z, y};
            CHECK(adder(a.data(), b.data(), a.size(), out.data()).added == a.size());
            for (std::size_t i = 0; i < a.size(); ++i) {
                const float sum = reference::add(reference::real_of(post::load(a.data(), i, x), x),
                                                 reference::real_of(post::load(b.data(), i, z), z));
                const std::int32_t wanted =
                    reference::quantise(reference::divide(sum, reference::as_float(y.scale)), y);
                if (post::load(out.data(), i, y) != wanted) ++different;
            }
        }
    }
    CHECK(different == 0);
}

TEST_CASE("post.residual_adder.words_equal_the_host", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    constexpr std::size_t count = 20'000;
    std::uint64_t different = 0;
    for (const number_format& x : formats) {
        for (const number_format& z : formats) {
            for (const number_format& y : formats) {
                const auto a = random.bytes(2 * count);
                const auto b = random.bytes(2 * count);
                std::vector<std::uint8_t> out(count * y.element_bytes);
                post::residual_adder{x, z, y}(a.data(), b.data(), count, out.data());
                for (std::size_t i = 0; i < count; ++i) {
                    const float sum =
                        reference::add(reference::real_of(post::load(a.data(), i, x), x),
                                       reference::real_of(post::load(b.data(), i, z), z));
                    const float real = reference::divide(sum, reference::as_float(y.scale));
                    if (post::load(out.data(), i, y) != reference::quantise(real, y)) ++different;
                }
            }
        }
    }
    CHECK(different == 0);
}

TEST_CASE("post.rescaler.every_element_equals_the_host", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    std::uint64_t different = 0;
    for (const number_format& from : formats) {
        for (number_format to : formats) {
            for (int round = 0; round < 6; ++round) {
                if (round != 0) to.scale = reference::random_scale(random, 12);
                if (round == 1) to.scale = from.scale;
                std::vector<std::uint8_t> x;
                for (unsigned i = 0; i < 65536; ++i) {
                    x.push_back(static_cast<std::uint8_t>(i));
                    if (from.element_bytes == 2) x.push_back(static_cast<std::uint8_t>(i >> 8));
                }
                std::vector<std::uint8_t> out(65536 * to.element_bytes);
                post::rescaler{from, to}(x.data(), 65536, out.data());
                for (std::size_t i = 0; i < 65536; ++i) {
                    const std::int32_t element = post::load(x.data(), i, from);
                    if (post::load(out.data(), i, to) != reference::rescale(element, from, to)) {
                        ++different;
                    }
                }
            }
        }
    }
    CHECK(different == 0);
}

TEST_CASE("post.rescaler.equal_formats_copy", "[post][unit]") {
    for (const number_format& format : formats) {
        std::vector<std::uint8_t> x, out;
        for (std::int32_t v = format.lowest; v <= format.highest; ++v) {
            x.resize(x.size() + format.element_bytes);
            post::store(x.data(), static_cast<std::size_t>(v - format.lowest), format, v);
        }
        out.resize(x.size());
        post::rescaler{format, format}(x.data(), x.size() / format.element_bytes, out.data());
        CHECK(out == x);
    }
}

TEST_CASE("post.rounding_divider.equals_a_division", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    std::uint64_t different = 0;
    for (int i = 0; i < 3'000'000; ++i) {
        const float_bits divisor = reference::random_scale(random, 30);
        const float_bits x = random.chance(5) ? static_cast<float_bits>(random.next())
                                              : reference::random_scale(random, 30);
        const std::int64_t got = post::rounding_divider{divisor, 17}(x);
        const std::int64_t wanted =
            post::soft_float::to_int64(post::soft_float::divide(x, divisor));
        constexpr std::int64_t limit = 1 << 17;
        if (got != wanted && (std::abs(got) < limit - 1 || std::abs(wanted) < limit - 1)) {
            ++different;
        }
    }
    CHECK(different == 0);
}
