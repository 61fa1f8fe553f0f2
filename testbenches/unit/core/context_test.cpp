// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/context.h>

#include <sstream>
#include <string>
#include <vector>

namespace core = pimvp::core;

namespace {

struct tally {
    int value = 0;
};
struct with_context {
    explicit with_context(core::context& owner)
        : seed(owner.seed()) {}
    std::uint64_t seed;
};
std::vector<std::string> destroyed;  // NOLINT: one test looks at it
struct first_service {
    ~first_service() { destroyed.emplace_back("first"); }
};
struct second_service {
    explicit second_service(core::context& owner) { owner.service<first_service>(); }
    ~second_service() { destroyed.emplace_back("second"); }
};

}  // namespace

TEST_CASE("core.context.two_do_not_share") {
    core::context a(core::context_options{7, core::coding_style::at, 1000});
    core::context b;
    CHECK(a.seed() == 7);
    CHECK(a.style() == core::coding_style::at);
    CHECK(a.quantum_fs() == 1000);
    CHECK(b.seed() == 1);
    CHECK(b.style() == core::coding_style::lt);
    a.service<tally>().value = 3;
    CHECK(a.service<tally>().value == 3);
    CHECK(b.service<tally>().value == 0);
    CHECK(a.service<with_context>().seed == 7);
    CHECK(a.random("x").next_u32() != b.random("x").next_u32());
}

TEST_CASE("core.context.services_go_in_reverse_order_of_creation") {
    destroyed.clear();
    {
        core::context context;
        context.service<second_service>();  // makes the first inside its own constructor
    }
    CHECK(destroyed == std::vector<std::string>{"second", "first"});
}

TEST_CASE("core.context.trace_is_never_absent") {
    core::context context;
    CHECK_FALSE(context.trace().enabled());
    std::ostringstream out;
    context.start_trace(out);
    CHECK(context.trace().enabled());
    CHECK(context.trace().track("a"));
    context.trace().close();
}
