// SPDX-License-Identifier: Apache-2.0
// Does a whole board work: documents, C driver over TLM, two accelerators, errors, resets?
#include <platform/accel/copy_board.h>
#include <support/catch.h>

#include <pimvp/board/board.h>

#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/protocol_checker.h>

#include <sstream>
#include <string>
#include <vector>

using namespace pimvp;
using namespace sc_core;

namespace {

constexpr const char* two_accelerators = R"(
check_protocol: true
hang_limit: 1 ms
memory: {size: 4 MiB, address: 0x80000000}
accelerators:
  left: {type: copy, address: 0x10000000}
  right: {type: copy, address: 0x10001000, params: {byte_time: 3 ns}}
)";

core::context_options styled(core::coding_style style, std::uint64_t quantum_fs = 0) {
    core::context_options options;
    options.style = style;
    options.quantum_fs = quantum_fs;
    return options;
}

struct platform {
    core::context context;
    board::board unit;

    explicit platform(const core::context_options& options = {},
                      const std::string& text = two_accelerators)
        : context(options),
          unit("board", context, support::read_copy_board(text)) {}
    void check_clean() {
        CHECK(context.service<bus::payload_pool>().outstanding() == 0);
        CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
        CHECK(context.service<bus::protocol_checkers>().transactions() > 0);
    }
};

std::vector<std::uint8_t> image(std::uint64_t bytes, std::uint8_t key, bool has_state = false) {
    support::copy_program program;
    program.bytes = bytes;
    program.key = key;
    program.has_state = has_state ? 1 : 0;
    return support::copy_image(program, 100);
}

board::tensor_bytes pattern(std::size_t bytes, unsigned seed) {
    board::tensor_bytes data(bytes);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(i * 3 + seed);
    return data;
}

board::tensor_bytes with_key(board::tensor_bytes data, std::uint8_t key) {
    for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(byte ^ key);
    return data;
}

void both_accelerators_at_once(const core::context_options& options) {
    platform p(options);
    p.unit.run(
        [&] {
            board::device& left = p.unit.device_named("left");
            board::device& right = p.unit.device_named("right");
            const auto a = left.load(image(5000, 0x0F));
            const auto b = right.load(image(300, 0xF0, true));
            std::vector<board::submitted_run> runs_left, runs_right;
            for (unsigned i = 0; i < 3; ++i) {
                runs_left.push_back(left.submit(a, {pattern(5000, i)}));
                runs_right.push_back(right.submit(b, {pattern(300, 50 + i)}));
            }
            for (unsigned i = 0; i < 3; ++i) {
                const auto from_left = left.collect(runs_left[i]);
                const auto from_right = right.collect(runs_right[i]);
                CHECK(from_left.outputs.at(0) == with_key(pattern(5000, i), 0x0F));
                CHECK(from_right.outputs.at(0) == with_key(pattern(300, 50 + i), 0xF0));
                CHECK(from_left.end_ps > from_left.start_ps + 5'000'000);
            }
            left.unload(a);
            right.unload(b);
        },
        sc_time(10, SC_MS));
    p.check_clean();
}

}  // namespace

TEST_CASE("board.run.two_accelerators_at_once_lt", "[board][platform]") {
    both_accelerators_at_once(styled(core::coding_style::lt));
}

TEST_CASE("board.run.two_accelerators_at_once_at", "[board][platform]") {
    both_accelerators_at_once(styled(core::coding_style::at));
}

TEST_CASE("board.run.two_accelerators_at_once_with_a_quantum", "[board][platform]") {
    both_accelerators_at_once(styled(core::coding_style::lt, 10'000'000'000));
}

TEST_CASE("board.run.latency_is_doorbell_to_interrupt", "[board][platform]") {
    platform p;
    p.unit.run([&] {
        board::device& dev = p.unit.device_named("left");
        const auto program = dev.load(image(1000, 1));
        const auto first = dev.run(program, {pattern(1000, 1)});
        const auto second = dev.run(program, {pattern(1000, 2)});
        CHECK(first.interrupt_fs > first.doorbell_fs + 1'000'000'000);  // 1000 bytes at 1 ns
        CHECK(first.interrupt_fs / 1000 >= first.end_ps);
        CHECK(first.doorbell_fs / 1000 == first.start_ps);
        CHECK(second.interrupt_fs - second.doorbell_fs == first.interrupt_fs - first.doorbell_fs);
    });
    p.check_clean();
}

TEST_CASE("board.run.more_runs_than_ring_slots", "[board][platform]") {
    platform p({}, std::string(two_accelerators) + "host: {ring_jobs: 4}\n");
    p.unit.run([&] {
        board::device& dev = p.unit.device_named("left");
        const auto program = dev.load(image(64, 7));
        std::vector<board::submitted_run> runs;
        for (unsigned i = 0; i < 4; ++i) runs.push_back(dev.submit(program, {pattern(64, i)}));
        for (unsigned i = 0; i < 20; ++i) {
            CHECK(dev.collect(runs[i]).outputs.at(0) == with_key(pattern(64, i), 7));
            runs.push_back(dev.submit(program, {pattern(64, i + 4)}));
        }
    });
    p.check_clean();
}

TEST_CASE("board.run.state_lives_as_long_as_the_program", "[board][platform]") {
    platform p;
    p.unit.run([&] {
        board::device& dev = p.unit.device_named("left");
        const auto program = dev.load(image(16, 0, true));
        for (unsigned i = 0; i < 3; ++i) static_cast<void>(dev.run(program, {pattern(16, i)}));
        std::uint8_t runs = 0;
        p.unit.host().read_memory(program.states.at(0), &runs, 1);
        CHECK(runs == 3);
        const std::uint64_t used = p.unit.host().memory().used();
        dev.unload(program);
        CHECK(p.unit.host().memory().used() < used);
    });
    p.check_clean();
}

TEST_CASE("board.run.jobs_are_counted_and_traced", "[board][platform]") {
    core::context context;
    std::ostringstream trace;
    context.start_trace(trace);
    board::board unit("board", context, support::read_copy_board(two_accelerators));
    unit.run([&] {
        board::device& dev = unit.device_named("right");
        const auto program = dev.load(image(100, 1));
        for (unsigned i = 0; i < 3; ++i) static_cast<void>(dev.run(program, {pattern(100, i)}));
    });
    context.trace().close();
    const std::string statistics = context.statistics().text();
    CHECK(statistics.find("board.right") != std::string::npos);
    CHECK(statistics.find("RUN jobs retired") != std::string::npos);
    const auto count = [text = trace.str()](const std::string& word) {
        std::size_t found = 0;
        for (std::size_t at = text.find(word); at != std::string::npos;
             at = text.find(word, at + 1)) {
            ++found;
        }
        return found;
    };
    CHECK(count("\"LOAD\"") == 1);
    CHECK(count("\"RUN\"") == 3);
}

TEST_CASE("board.errors.the_accelerator_refuses_and_goes_on", "[board][platform]") {
    platform p;
    p.unit.run([&] {
        board::device& dev = p.unit.device_named("left");
        auto broken = image(100, 1);
        broken[0] = 0;
        try {
            static_cast<void>(dev.load(broken));
            FAIL("a broken image was loaded");
        } catch (const board::accelerator_error& error) {
            CHECK(error.code() == accel::error_code::bad_program);
            CHECK(std::string(error.what()).find("bad_program") != std::string::npos);
        }
        dev.resume();
        const auto program = dev.load(image(100, 1));
        CHECK_THROWS_AS(dev.submit(program, {pattern(99, 1)}), core::user_error);
        CHECK_THROWS_AS(dev.submit(program, {}), core::user_error);
        CHECK_THROWS_AS(dev.submit(program, {pattern(100, 1), pattern(100, 1)}), core::user_error);
        CHECK(dev.run(program, {pattern(100, 1)}).outputs.at(0) == with_key(pattern(100, 1), 1));

        const auto dropped = dev.submit(program, {pattern(100, 2)});
        dev.abort();
        CHECK_THROWS_AS(dev.collect(dropped), board::accelerator_error);
        CHECK(dev.run(program, {pattern(100, 3)}).outputs.at(0) == with_key(pattern(100, 3), 1));

        dev.reset();
        const auto again = dev.load(image(100, 2));
        CHECK(dev.run(again, {pattern(100, 4)}).outputs.at(0) == with_key(pattern(100, 4), 2));
    });
    p.check_clean();
}

TEST_CASE("board.errors.the_reset_line_works_too", "[board][platform]") {
    platform p;
    p.unit.run([&] {
        board::device& dev = p.unit.device_named("right");
        const auto program = dev.load(image(1000, 1));
        static_cast<void>(dev.submit(program, {pattern(1000, 1)}));
        p.unit.reset_line("right").write(true);
        wait(10, SC_NS);
        p.unit.reset_line("right").write(false);
        wait(10, SC_NS);
        dev.reset();  // tells the driver
        const auto again = dev.load(image(1000, 2));
        CHECK(dev.run(again, {pattern(1000, 4)}).outputs.at(0) == with_key(pattern(1000, 4), 2));
    });
    p.check_clean();
}

TEST_CASE("board.errors.no_progress_says_who_waits", "[board][platform]") {
    platform p;
    try {
        p.unit.run(
            [&] {
                board::device& dev = p.unit.device_named("left");
                const auto program = dev.load(image(100'000, 1));
                static_cast<void>(dev.run(program, {pattern(100'000, 1)}));
            },
            sc_time(50, SC_US));
        FAIL("it cannot have ended");
    } catch (const board::accelerator_error& error) {
        const std::string text = error.what();
        CHECK(text.find("left: HEAD 1, TAIL 2, 1 in flight, busy") != std::string::npos);
        CHECK(text.find("right: HEAD 0, TAIL 0") != std::string::npos);
    }
    p.unit.reset_line("left").write(true);  // the run is dropped, too
    sc_start(sc_time(1, SC_US));
    p.check_clean();
}

TEST_CASE("board.errors.starvation_is_found_without_a_limit", "[board][platform]") {
    platform p;
    CHECK_THROWS_WITH(p.unit.run([&] {
        board::device& dev = p.unit.device_named("left");
        const auto program = dev.load(image(10, 1));
        p.unit.reset_line("left").write(true);  // and nobody tells the driver
        wait(10, SC_NS);
        static_cast<void>(dev.run(program, {pattern(10, 1)}));
    }),
                      Catch::Matchers::Contains("no progress"));
    p.check_clean();
}

TEST_CASE("board.errors.patience_ends", "[board][platform]") {
    platform p;
    p.unit.run([&] {
        board::device& dev = p.unit.device_named("left");
        const auto program = dev.load(image(100'000, 1));
        dev.set_patience(sc_time(1, SC_US));
        CHECK_THROWS_WITH(dev.run(program, {pattern(100'000, 1)}),
                          Catch::Matchers::Contains("no progress"));
        dev.abort();
    });
    p.check_clean();
}

TEST_CASE("board.map.is_one_table", "[board][platform]") {
    platform p;
    const std::string text = p.unit.map_text();
    CHECK(text.find("0x10000000") < text.find("0x10001000"));
    CHECK(text.find("0x10001000") < text.find("0x80000000"));
    CHECK(text.find("0x803fffff") != std::string::npos);
    REQUIRE(p.unit.regions().size() == 3);
    CHECK(p.unit.regions()[1].name == "right");
    CHECK(p.unit.regions()[1].irq == 2);
    CHECK_THROWS_AS(p.unit.device_named("middle"), core::user_error);
}

TEST_CASE("board.map.overlap_names_both", "[board][platform]") {
    CHECK_THROWS_WITH(platform({}, R"(
memory: {size: 4 MiB, address: 0x10000000}
accelerators: {left: {type: copy, address: 0x10001000}}
)"),
                      Catch::Matchers::Contains("accelerators.left.address") &&
                          Catch::Matchers::Contains("'memory'"));
}
