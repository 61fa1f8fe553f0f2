// SPDX-License-Identifier: Apache-2.0
// Is what must come out of an inference the same, whoever prepares it and when?
#include <support/catch.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/runner/expectations.h>

#include <cstdint>
#include <vector>

using namespace pimvp;

namespace {

runner::workload some_glyphs(const char* images) {
    runner::workload_options wanted;
    wanted.network = "glyphs";
    wanted.images = images;
    return runner::load_workload(wanted, true);
}

struct seen {
    std::vector<std::vector<std::uint8_t>> inputs;
    std::vector<std::uint8_t> output;
    std::vector<float> scores;

    friend bool operator==(const seen& a, const seen& b) {
        return a.inputs == b.inputs && a.output == b.output && a.scores == b.scores;
    }
};

/// All expectations of a workload, `held` at a time.
std::vector<seen> prepared(const runner::workload& work, std::size_t held, unsigned threads) {
    runner::expectations expected(work, {}, held, threads);
    std::vector<seen> all;
    std::size_t asked = 0;
    for (std::size_t through = 0; through < work.inputs.size(); ++through) {
        for (; asked < work.inputs.size() && asked < through + held; ++asked) {
            const runner::expectation& e = expected.of(asked);
            const nn::integer_tensor& out = e.reference->value(work.network.outputs[0]);
            all.push_back(
                {e.inputs, {out.bytes(), out.bytes() + out.byte_count()}, e.float_scores});
        }
        CHECK(expected.of(through).inputs == all[through].inputs);  // kept until it is released
        expected.release(through);
    }
    return all;
}

}  // namespace

TEST_CASE("runner.expectations.do_not_depend_on_threads", "[runner]") {
    const runner::workload work = some_glyphs("9");
    const std::vector<seen> one = prepared(work, 1, 1);
    REQUIRE(one.size() == 9);
    CHECK_FALSE(one[0] == one[1]);
    CHECK(one[0].scores.size() == 34);
    CHECK(prepared(work, 4, 1) == one);
    CHECK(prepared(work, 4, 3) == one);
    CHECK(prepared(work, 20, 2) == one);
}

TEST_CASE("runner.expectations.errors_reach_the_one_who_asks", "[runner]") {
    runner::workload work = some_glyphs("3");
    work.inputs[1][0].dims = {1, 1, 14, 14};
    work.inputs[1][0].data.resize(14 * 14);
    for (const unsigned threads : {1U, 2U}) {
        runner::expectations expected(work, {}, 3, threads);
        CHECK(expected.of(0).inputs.size() == 1);
        CHECK_THROWS_AS(expected.of(1), core::user_error);
    }
}

TEST_CASE("runner.expectations.nobody_has_to_ask", "[runner]") {
    const runner::workload work = some_glyphs("5");
    { const runner::expectations expected(work, {}, 2, 2); }  // waits for what is under way
    const runner::expectations expected(work, {}, 2, 1);
    SUCCEED();
}
