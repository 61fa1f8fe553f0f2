// SPDX-License-Identifier: Apache-2.0
// Does a tile get the pixels that its windows read, no others, and room for no more than it holds?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/reram/tile_kernel.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <vector>

using namespace pimvp::reram;

namespace {

struct random_reader {
    std::uint32_t height, width;
    window_reader reader;
};

random_reader make_reader(support::generator& random) {
    const auto below = [&random](std::uint64_t n) {
        return static_cast<std::uint32_t>(random.below(n));
    };
    random_reader made{below(9) + 1, below(9) + 1, {}};
    stage_window& w = made.reader.window;
    w.kernel_h = below(4) + 1;
    w.kernel_w = below(4) + 1;
    w.stride_h = below(3) + 1;
    w.stride_w = below(3) + 1;
    w.dilation_h = below(3) + 1;
    w.dilation_w = below(3) + 1;
    w.pad_top = static_cast<std::int32_t>(below(4));
    w.pad_left = static_cast<std::int32_t>(below(4));
    w.output_h = below(6) + 1;
    w.output_w = below(6) + 1;
    window_share& share = made.reader.share;
    share.row_step = below(w.output_h) + 1;
    share.first_row = below(share.row_step);
    if (random.below(3) != 0) {
        share.first_column = below(w.output_w);
        share.columns = below(w.output_w - share.first_column) + 1;
    }
    return made;
}

/// The definition: tap by tap of every window of the share.
std::vector<bool> covered(const random_reader& r) {
    const stage_window& w = r.reader.window;
    std::vector<bool> is_read(std::size_t{r.height} * r.width, false);
    for (std::uint32_t window = 0; window < w.output_h * w.output_w; ++window) {
        if (!r.reader.share.contains(window, w.output_w)) continue;
        for (std::uint32_t tap = 0; tap < w.kernel_h * w.kernel_w; ++tap) {
            const std::int64_t y = std::int64_t{window / w.output_w} * w.stride_h - w.pad_top +
                                   std::int64_t{tap / w.kernel_w} * w.dilation_h;
            const std::int64_t x = std::int64_t{window % w.output_w} * w.stride_w - w.pad_left +
                                   std::int64_t{tap % w.kernel_w} * w.dilation_w;
            if (y < 0 || x < 0 || y >= r.height || x >= r.width) continue;
            is_read[static_cast<std::size_t>(y * r.width + x)] = true;
        }
    }
    return is_read;
}

}  // namespace

TEST_CASE("reram.pixel_set.holds_what_windows_read") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (int round = 0; round < 2000; ++round) {
        const random_reader a = make_reader(random);
        random_reader b = make_reader(random);
        b.height = a.height;
        b.width = a.width;
        std::vector<bool> expected = covered(a);
        const std::vector<bool> more = covered(b);
        for (std::size_t p = 0; p < expected.size(); ++p) expected[p] = expected[p] || more[p];
        if (std::find(expected.begin(), expected.end(), true) == expected.end()) {
            expected[0] = true;  // tells of the inference
        }
        const pixel_set pixels({a.reader, b.reader}, a.height, a.width);
        std::vector<bool> held;
        for (std::uint32_t p = 0; p < expected.size(); ++p) held.push_back(pixels.contains(p));
        CAPTURE(round, a.height, a.width);
        REQUIRE(held == expected);
        // Twice the map: the most within a span, by trying all.
        const auto count = static_cast<std::uint32_t>(expected.size());
        const auto span = static_cast<std::uint32_t>(random.below(2 * count) + 1);
        std::uint32_t most = 0;
        for (std::uint32_t first = 0; first < count; ++first) {
            std::uint32_t here = 0;
            for (std::uint32_t p = first; p < first + span; ++p) here += expected[p % count];
            most = std::max(most, here);
        }
        CHECK(pixels.most_within(span, count) == most);
    }
}

TEST_CASE("reram.pixel_set.a_window_waits_for_all_it_reads") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (int round = 0; round < 2000; ++round) {
        const random_reader r = make_reader(random);
        const pixel_set wanted({r.reader}, r.height, r.width);
        tensor_buffer shape;
        shape.height = r.height;
        shape.width = r.width;
        stage_record stage;
        stage.window = r.reader.window;
        const window_walker walker(stage, shape);
        feature_map map(shape, wanted);
        const std::uint32_t windows = r.reader.window.output_h * r.reader.window.output_w;
        std::uint32_t last = 0;  // what the windows wait for
        const std::uint32_t width = r.reader.window.output_w;
        for (std::uint32_t w = r.reader.share.first(width); w < windows;
             w = r.reader.share.next(w, width)) {
            last = std::max(last, walker.pixels_needed(w));
        }
        const std::uint8_t value = 1;
        for (std::uint32_t p = 0; p < r.height * r.width; ++p) {
            CHECK(map.write(p, 0, 1, &value) == wanted.contains(p));
            CHECK(map.ready() > p);                   // those before it and it are there
            if (wanted.contains(p)) CHECK(p < last);  // nothing else comes
            if (p == 0) CHECK_FALSE(map.write(p, 0, 1, &value));  // nor twice
        }
    }
}

TEST_CASE("reram.pixel_set.a_buffer_never_holds_more_than_its_capacity") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (int round = 0; round < 500; ++round) {
        const random_reader r = make_reader(random);
        const pixel_set wanted({r.reader}, r.height, r.width);
        const std::uint32_t pixels = r.height * r.width;
        const auto capacity = static_cast<std::uint32_t>(random.below(2 * pixels) + 1);
        pixel_room room(wanted, pixels, capacity);
        const std::uint32_t huge = ~0U;  // a loader meets it
        const std::uint64_t maps = huge / wanted.count(0, pixels);
        CHECK(pixel_room(wanted, pixels, huge).limit() >= maps * pixels);
        CHECK(pixel_room(wanted, pixels, huge).limit() < (maps + 1) * pixels + pixels);
        std::uint64_t freed = 0, dead = 0;
        for (int step = 0; step < 20; ++step) {
            std::uint32_t held = 0;
            for (std::uint64_t p = dead; p < room.limit(); ++p) {
                held += wanted.contains(static_cast<std::uint32_t>(p % pixels));
            }
            CHECK(held == capacity);
            // and the limit is the next pixel that would be one too many
            CHECK(wanted.contains(static_cast<std::uint32_t>(room.limit() % pixels)));
            const std::uint64_t next = dead + random.below(pixels + 1);
            std::uint32_t dying = 0;
            for (; dead < next; ++dead) {
                dying += wanted.contains(static_cast<std::uint32_t>(dead % pixels));
            }
            freed += dying;
            CHECK(room.free_before(dead) == dying);
        }
        CHECK(freed > 0);
    }
}
