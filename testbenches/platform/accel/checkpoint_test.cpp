// SPDX-License-Identifier: Apache-2.0
// Does a restored board go on where the saved one stood, and is everything else refused?
#include <platform/accel/copy_board.h>
#include <support/catch.h>
#include <support/child.h>

#include <pimvp/accel/common_regs.h>
#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace pimvp;
using numbers = std::vector<std::uint64_t>;

namespace {

const std::string two_accelerators = R"(
memory: {size: 4 MiB, address: 0x80000000}
accelerators:
  left: {type: copy, address: 0x10000000}
  right: {type: copy, address: 0x10001000, params: {byte_time: 3 ns}}
)";

struct platform {
    core::context context;
    board::board unit;

    explicit platform(const std::string& text = two_accelerators,
                      core::context_options options = {})
        : context(options),
          unit("board", context, support::read_copy_board(text)) {}
    std::uint64_t register64(const std::string& name, std::uint32_t offset) {
        std::uint64_t value = 0;
        REQUIRE(unit.host().out.read64(unit.device_named(name).registers() + offset, value) ==
                tlm::TLM_OK_RESPONSE);
        return value;
    }
    std::uint64_t in_memory(std::uint64_t address) {
        std::uint8_t byte = 0;
        unit.host().read_memory(address, &byte, 1);
        return byte;
    }
};

/// A file of this test, gone afterwards.
struct scratch_file {
    std::string path = std::filesystem::temp_directory_path() /
                       ("pimvp_checkpoint_test_" + std::to_string(getpid()));
    ~scratch_file() { std::filesystem::remove(path); }
};

std::vector<std::uint8_t> image(std::uint64_t bytes, std::uint8_t key) {
    support::copy_program program;
    program.bytes = bytes;
    program.key = key;
    program.has_state = 1;
    return support::copy_image(program, 100);
}

board::tensor_bytes pattern(std::size_t bytes, unsigned seed) {
    board::tensor_bytes data(bytes);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(i * 3 + seed);
    return data;
}

/// Some life: two programs on the left (one gone again), one on the right, runs, an error.
void live(platform& p) {
    board::device& left = p.unit.device_named("left");
    board::device& right = p.unit.device_named("right");
    const auto gone = left.load(image(10, 1));
    const auto a = left.load(image(500, 0x0F));
    left.unload(gone);
    const auto b = right.load(image(30, 0xF0));
    for (unsigned i = 0; i < 3; ++i) static_cast<void>(left.run(a, {pattern(500, i)}));
    static_cast<void>(right.run(b, {pattern(30, 9)}));
    CHECK_THROWS_AS(right.load({1, 2, 3}), board::accelerator_error);
    right.resume();
}

/// What software sees of a board that has lived, and of what it does next.
numbers go_on(platform& p) {
    numbers seen{core::now_fs()};
    for (const std::string name : {"left", "right"}) {
        board::device& dev = p.unit.device_named(name);
        for (const std::uint32_t offset :
             {PIMVP_COMMON_TIME_LO, PIMVP_COMMON_BUSY_TIME_LO, PIMVP_COMMON_JOBS_DONE_LO,
              PIMVP_COMMON_BYTES_READ_LO, PIMVP_COMMON_BYTES_WRITTEN_LO, PIMVP_COMMON_RESIDENT,
              PIMVP_COMMON_RING_BASE_LO, PIMVP_COMMON_RING_SIZE, PIMVP_COMMON_RING_TAIL & ~7U}) {
            seen.push_back(p.register64(name, offset));
        }
        const board::loaded_program program = dev.programs().at(0);
        seen.push_back(program.handle);
        const board::run_result result = dev.run(program, {pattern(program.tensors[0].bytes, 77)});
        for (const std::uint8_t byte : result.outputs.at(0)) seen.push_back(byte);
        for (const std::uint64_t n : {result.doorbell_fs, result.interrupt_fs, result.start_ps,
                                      result.end_ps, p.in_memory(program.states.at(0))}) {
            seen.push_back(n);
        }
        seen.push_back(dev.load(image(20, 3)).handle);
        seen.push_back(p.unit.host().memory().used());
        seen.push_back(core::now_fs());
    }
    return seen;
}

void check_going_on(const core::context_options& options) {
    const scratch_file file;
    const numbers expected = support::in_child([&] {
        platform p(two_accelerators, options);
        numbers seen;
        p.unit.run([&] {
            live(p);
            p.unit.host().out.synchronise();
            p.unit.save(file.path);
            seen = go_on(p);
        });
        return seen;
    });
    platform p(two_accelerators, options);
    numbers seen;
    p.unit.run([&] {
        p.unit.restore(file.path);
        seen = go_on(p);
    });
    CHECK(seen.at(0) > 0);
    CHECK(seen == expected);
}

/// A file of a board that has lived.
void save_to(const std::string& path) {
    support::in_child([&] {
        platform p;
        p.unit.run([&] {
            live(p);
            p.unit.save(path);
        });
        return numbers{};
    });
}

/// What `body` is refused with.
std::string refusal(const std::function<void()>& body) {
    try {
        body();
    } catch (const core::user_error& error) {
        return error.what();
    }
    return "nothing was refused";
}

std::string refusal_of_restore(const std::string& board, const std::string& path) {
    platform p(board);
    std::string text;
    p.unit.run([&] { text = refusal([&] { p.unit.restore(path); }); });
    return text;
}

}  // namespace

TEST_CASE("board.checkpoint.a_restored_board_goes_on_lt", "[board][platform]") {
    check_going_on({});
}
TEST_CASE("board.checkpoint.a_restored_board_goes_on_at", "[board][platform]") {
    core::context_options options;
    options.style = core::coding_style::at;
    check_going_on(options);
}
TEST_CASE("board.checkpoint.a_restored_board_goes_on_with_a_quantum", "[board][platform]") {
    core::context_options options;
    options.quantum_fs = 1'000'000'000;
    check_going_on(options);
}

TEST_CASE("board.checkpoint.what_was_there_before_is_gone", "[board][platform]") {
    const scratch_file file;
    save_to(file.path);
    platform p;
    p.unit.run([&] {
        board::device& left = p.unit.device_named("left");
        const auto old = left.load(image(100, 1));
        p.unit.restore(file.path);
        REQUIRE(left.programs().size() == 1);
        CHECK(left.programs()[0].handle == 2);
        CHECK_THROWS_WITH(left.run(old, {pattern(100, 0)}), Catch::Contains("bad_handle"));
    });
}

TEST_CASE("board.checkpoint.a_board_without_life_is_saved_too", "[board][platform]") {
    const scratch_file file;
    platform p;
    p.unit.run([&] {
        p.unit.save(file.path);
        p.unit.restore(file.path);
        CHECK(p.unit.busy().empty());
        board::device& left = p.unit.device_named("left");
        const auto a = left.load(image(100, 1));
        CHECK(a.handle == 1);
        CHECK(left.run(a, {pattern(100, 0)}).outputs.at(0).at(1) == (3 ^ 1));
    });
}

TEST_CASE("board.checkpoint.who_is_busy_is_named", "[board][platform]") {
    const scratch_file file;
    platform p;
    p.unit.run([&] {
        board::device& left = p.unit.device_named("left");
        board::device& right = p.unit.device_named("right");
        const auto a = left.load(image(5000, 1));
        const auto run = left.submit(a, {pattern(5000, 1)});
        const std::string busy = "left has jobs in its ring or in flight";
        CHECK(p.unit.busy() == busy);
        CHECK_THAT(refusal([&] { p.unit.save(file.path); }),
                   Catch::Contains("a busy board cannot be saved: " + busy));
        CHECK_THAT(refusal([&] { p.unit.save(file.path); }), Catch::StartsWith(file.path + ": "));
        CHECK_FALSE(std::filesystem::exists(file.path));
        static_cast<void>(left.collect(run));
        CHECK(p.unit.busy().empty());

        CHECK_THROWS_AS(right.load({1, 2, 3}), board::accelerator_error);
        CHECK_THAT(p.unit.busy(), Catch::Contains("right is halted by a faulty job"));
        right.resume();
        CHECK(p.unit.busy().empty());
        p.unit.reset_line("right").write(true);
        sc_core::wait(1, sc_core::SC_NS);
        CHECK(p.unit.busy() == "right is held in reset");
    });
}

TEST_CASE("board.checkpoint.another_machine_is_refused_by_its_values", "[board][platform]") {
    const scratch_file file;
    save_to(file.path);
    const std::string other = R"(
memory: {size: 8 MiB, address: 0x80000000}
accelerators:
  left: {type: copy, address: 0x10000000}
)";
    const std::string text = refusal_of_restore(other, file.path);
    CHECK_THAT(text, Catch::StartsWith(file.path + ": was saved on another machine"));
    CHECK_THAT(text, Catch::Contains("memory.size = 4 MiB there, = 8 MiB here"));
    CHECK_THAT(text, Catch::Contains("accelerators.right.address = 268439552 there, absent here"));
    for (const std::string& board : {two_accelerators, other}) {
        CHECK_THAT(text, Catch::Contains(core::config_hash(support::read_copy_board(board))));
    }
}

TEST_CASE("board.checkpoint.time_does_not_go_back", "[board][platform]") {
    const scratch_file file;
    save_to(file.path);
    platform p;
    p.unit.run([&] {
        sc_core::wait(1, sc_core::SC_SEC);
        CHECK_THAT(refusal([&] { p.unit.restore(file.path); }), Catch::Contains("it is 1 s"));
    });
}

TEST_CASE("board.checkpoint.a_damaged_file_is_refused", "[board][platform]") {
    const scratch_file file;
    save_to(file.path);
    const std::string good = core::read_file(file.path);
    platform p;
    p.unit.run([&] {
        const auto refused = [&](const std::string& bytes) {
            core::write_file(file.path, bytes);
            return refusal([&] { p.unit.restore(file.path); });
        };
        CHECK_THAT(
            refused(good.substr(0, good.size() / 2)),
            Catch::Contains("is no checkpoint to restore") && Catch::Contains("written were"));
        CHECK_THAT(refused("#!/bin/sh\n" + good), Catch::Contains("not a checkpoint"));
        CHECK_THAT(refused(""), Catch::Contains("too short"));
        std::string spoilt = good;
        spoilt[good.size() / 2] = static_cast<char>(spoilt[good.size() / 2] ^ 1);
        CHECK_THAT(refused(spoilt), Catch::Contains("damaged"));
        std::filesystem::remove(file.path);
        CHECK_THAT(refusal([&] { p.unit.restore(file.path); }), Catch::Contains("does not exist"));
        core::write_file(file.path, good);
        p.unit.restore(file.path);  // and the right one still works
        CHECK(p.unit.device_named("left").programs().size() == 1);
    });
}

TEST_CASE("board.checkpoint.states_that_cannot_be_are_refused", "[board][platform]") {
    const scratch_file file;
    save_to(file.path);
    const std::string good = core::read_file(file.path);
    const core::checkpoint_reader saved(good.data(), good.size());
    platform p;
    p.unit.run([&] {
        struct bytes_of final : core::savable {
            std::vector<std::uint8_t> bytes;
            void save(core::byte_writer& to) const override {
                to.put_bytes(bytes.data(), bytes.size());
            }
            void restore(core::byte_reader&) override {}
        };
        // each part in turn, cut at every eighth byte or with a byte more; the others as they are
        for (const auto& [spoilt, its_state] : saved.sections()) {
            const std::size_t size = its_state.remaining();
            for (std::size_t length = 8; length <= size + 1; length += length < 200 ? 8 : 997) {
                if (length == size) continue;
                core::checkpoint_writer forged(saved.configuration(), saved.time_fs());
                for (const auto& [name, state] : saved.sections()) {
                    core::byte_reader all = state;
                    bytes_of part;
                    const std::uint8_t* data = all.get_bytes(state.remaining(), "all");
                    part.bytes.assign(data, data + state.remaining());
                    if (name == spoilt) part.bytes.resize(length);
                    forged.add(name, part);
                }
                const std::vector<std::uint8_t>& bytes = forged.finish();
                core::write_file(file.path, bytes.data(), bytes.size());
                INFO(spoilt << " of " << length << " bytes");
                CHECK_THAT(refusal([&] { p.unit.restore(file.path); }),
                           Catch::Contains("is no checkpoint to restore") &&
                               Catch::Contains("state of " + spoilt + ": "));
            }
        }
        core::checkpoint_writer foreign(saved.configuration(), saved.time_fs());
        bytes_of part;
        part.bytes = {1};
        foreign.add("cpu0", part);
        const std::vector<std::uint8_t>& bytes = foreign.finish();
        core::write_file(file.path, bytes.data(), bytes.size());
        CHECK_THAT(refusal([&] { p.unit.restore(file.path); }),
                   Catch::Contains("state of 'cpu0', which this board has not"));
    });
}
