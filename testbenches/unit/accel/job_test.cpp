// SPDX-License-Identifier: Apache-2.0
// Is every rule of jobs, programs, tensor tables and ring registers kept, one by one?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/accel/job.h>

#include <cstring>
#include <functional>
#include <limits>
#include <vector>

using namespace pimvp::accel;

namespace {

error_code code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const job_fault& fault) {
        CHECK_FALSE(fault.text.empty());
        return fault.code;
    }
    return error_code::none;
}

pimvp_job valid(enum pimvp_opcode opcode) {
    pimvp_job raw{};
    raw.opcode = static_cast<std::uint16_t>(opcode);
    raw.version = PIMVP_JOB_VERSION;
    raw.size = PIMVP_JOB_BYTES;
    raw.flags = PIMVP_JOB_IRQ | PIMVP_JOB_RECORD;
    raw.tag = 7;
    raw.record = 0x1000;
    if (opcode == PIMVP_JOB_RUN || opcode == PIMVP_JOB_UNLOAD) raw.handle = 3;
    if (opcode == PIMVP_JOB_LOAD) raw.address = 0x2000, raw.length = 128;
    if (opcode == PIMVP_JOB_RUN) raw.address = 0x2000, raw.length = 64;
    return raw;
}

error_code decoded(const pimvp_job& raw) {
    return code_of([&raw] { (void)decode_job(raw, 0x40); });
}

program_header valid_header() {
    program_header header;
    header.family = 9;
    header.sections = 2;
    header.total_bytes = 512;
    header.config_hash.fill(5);
    return header;
}

error_code header_verdict(const program_header& header, std::uint64_t length = 512) {
    hash256 expected{};
    expected.fill(5);
    return code_of([&] { check_header(header, length, 9, expected); });
}

/// An engine that is only asked whether it accepts a binding.
struct passive_engine : engine {
    hash256 hash{};
    std::vector<tensor_descriptor> none;
    [[nodiscard]] std::uint32_t family() const override { return 0; }
    [[nodiscard]] const hash256& config_hash() const override { return hash; }
    void load(std::uint64_t, program_reader&) override {}
    void unload(std::uint64_t) override {}
    [[nodiscard]] const std::vector<tensor_descriptor>& tensors(std::uint64_t) const override {
        return none;
    }
    [[nodiscard]] bool accepts(std::uint64_t) const override { return true; }
    void run(const run_request&) override {}
    void abort() override {}
    void reset() override {}
};

}  // namespace

TEST_CASE("accel.job.valid_jobs_are_decoded", "[accel][unit]") {
    for (const auto opcode : {PIMVP_JOB_LOAD, PIMVP_JOB_RUN, PIMVP_JOB_UNLOAD, PIMVP_JOB_FENCE}) {
        CHECK(decoded(valid(opcode)) == error_code::none);
    }
    const job run = decode_job(valid(PIMVP_JOB_RUN), 0);
    CHECK(run.operation == opcode::run);
    CHECK(run.irq);
    CHECK(run.record);
    CHECK(run.tag == 7);
    CHECK(run.handle == 3);
    CHECK(run.address == 0x2000);
    CHECK(run.length == 64);
    CHECK(run.record_address == 0x1000);
}

TEST_CASE("accel.job.each_broken_rule_has_its_code", "[accel][unit]") {
    struct row {
        const char* what;
        enum pimvp_opcode opcode;
        std::function<void(pimvp_job&)> spoil;
        error_code expected;
    };
    const std::vector<row> rows{
        {"version", PIMVP_JOB_RUN, [](auto& j) { j.version = 2; }, error_code::bad_version},
        {"opcode 0", PIMVP_JOB_RUN, [](auto& j) { j.opcode = 0; }, error_code::bad_job},
        {"opcode 5", PIMVP_JOB_RUN, [](auto& j) { j.opcode = 5; }, error_code::bad_job},
        {"size", PIMVP_JOB_RUN, [](auto& j) { j.size = 128; }, error_code::bad_job},
        {"flags", PIMVP_JOB_RUN, [](auto& j) { j.flags |= 4; }, error_code::bad_job},
        {"reserved0", PIMVP_JOB_RUN, [](auto& j) { j.reserved0 = 1; }, error_code::bad_job},
        {"reserved1", PIMVP_JOB_RUN, [](auto& j) { j.reserved1[1] = 1; }, error_code::bad_job},
        {"record align", PIMVP_JOB_RUN, [](auto& j) { j.record = 4; }, error_code::bad_job},
        {"record wraps", PIMVP_JOB_RUN, [](auto& j) { j.record = ~7ULL; }, error_code::bad_job},
        {"no record", PIMVP_JOB_RUN, [](auto& j) { j.flags = 0; }, error_code::bad_job},
        {"run handle", PIMVP_JOB_RUN, [](auto& j) { j.handle = 0; }, error_code::bad_handle},
        {"run align", PIMVP_JOB_RUN, [](auto& j) { j.address = 4; }, error_code::bad_job},
        {"run wraps", PIMVP_JOB_RUN, [](auto& j) { j.address = ~7ULL; }, error_code::bad_job},
        {"table", PIMVP_JOB_RUN, [](auto& j) { j.length = 33; }, error_code::bad_tensor_table},
        {"table size", PIMVP_JOB_RUN, [](auto& j) { j.length = 32 * 1025; },
         error_code::bad_tensor_table},
        {"load handle", PIMVP_JOB_LOAD, [](auto& j) { j.handle = 1; }, error_code::bad_job},
        {"load record", PIMVP_JOB_LOAD, [](auto& j) { j.flags = 0, j.record = 0; },
         error_code::bad_job},
        {"load length", PIMVP_JOB_LOAD, [](auto& j) { j.length = 127; }, error_code::bad_program},
        {"unload handle", PIMVP_JOB_UNLOAD, [](auto& j) { j.handle = 0; }, error_code::bad_handle},
        {"unload address", PIMVP_JOB_UNLOAD, [](auto& j) { j.address = 8; }, error_code::bad_job},
        {"fence handle", PIMVP_JOB_FENCE, [](auto& j) { j.handle = 1; }, error_code::bad_job},
        {"fence length", PIMVP_JOB_FENCE, [](auto& j) { j.length = 1; }, error_code::bad_job},
    };
    for (const row& r : rows) {
        INFO(r.what);
        pimvp_job raw = valid(r.opcode);
        r.spoil(raw);
        CHECK(decoded(raw) == r.expected);
    }
}

TEST_CASE("accel.job.random_bytes_only_fault", "[accel][unit]") {
    support::generator random;
    for (int i = 0; i < 20000; ++i) {
        pimvp_job raw = valid(static_cast<enum pimvp_opcode>(1 + random.below(4)));
        auto* bytes = reinterpret_cast<std::uint8_t*>(&raw);
        for (std::uint64_t n = random.below(4); n > 0; --n) {
            bytes[random.below(sizeof raw)] = static_cast<std::uint8_t>(random.next());
        }
        decoded(raw);  // must not crash, must not throw anything else
    }
}

TEST_CASE("accel.program.each_broken_rule_has_its_code", "[accel][unit]") {
    CHECK(header_verdict(valid_header()) == error_code::none);
    CHECK(header_verdict(valid_header(), 511) == error_code::bad_program);
    const auto spoiled = [](const std::function<void(program_header&)>& spoil) {
        program_header header = valid_header();
        spoil(header);
        return header_verdict(header);
    };
    CHECK(spoiled([](auto& h) { h.magic ^= 1; }) == error_code::bad_program);
    CHECK(spoiled([](auto& h) { ++h.format_version; }) == error_code::bad_version);
    CHECK(spoiled([](auto& h) { h.header_bytes = 64; }) == error_code::bad_program);
    CHECK(spoiled([](auto& h) { h.reserved[39] = 1; }) == error_code::bad_program);
    CHECK(spoiled([](auto& h) { h.family = 8; }) == error_code::config_mismatch);
    CHECK(spoiled([](auto& h) { h.config_hash[31] = 6; }) == error_code::config_mismatch);
    CHECK(spoiled([](auto& h) { h.network_hash[0] = 6; }) == error_code::none);
    CHECK(spoiled([](auto& h) { h.sections = 4097; }) == error_code::bad_program);
    CHECK(spoiled([](auto& h) { h.sections = 0xFFFFFFFF; }) == error_code::bad_program);
    CHECK(spoiled([](auto& h) { h.total_bytes = 128; }) == error_code::bad_program);
}

TEST_CASE("accel.program.sections_stay_apart_and_inside", "[accel][unit]") {
    const program_header header = valid_header();
    using table = std::vector<section_entry>;
    const auto verdict = [&header](const table& sections) {
        return code_of([&] { check_sections(header, sections); });
    };
    CHECK(verdict({{1, 0, 192, 64}, {2, 0, 256, 256}}) == error_code::none);
    CHECK(verdict({{1, 0, 256, 1}, {2, 0, 192, 64}}) == error_code::none);  // any order
    CHECK(verdict({{1, 0, 192, 0}, {2, 0, 192, 64}}) == error_code::none);  // empty ones anywhere
    CHECK(verdict({{1, 0, 512, 0}}) == error_code::none);
    CHECK(verdict({{1, 0, 193, 1}}) == error_code::bad_program);
    CHECK(verdict({{1, 1, 192, 1}}) == error_code::bad_program);
    CHECK(verdict({{1, 0, 128, 1}}) == error_code::bad_program);  // inside the table
    CHECK(verdict({{1, 0, 256, 257}}) == error_code::bad_program);
    CHECK(verdict({{1, 0, ~63ULL, 64}}) == error_code::bad_program);
    CHECK(verdict({{1, 0, 192, ~0ULL}}) == error_code::bad_program);
    CHECK(verdict({{1, 0, 192, 65}, {2, 0, 256, 1}}) == error_code::bad_program);
}

TEST_CASE("accel.tensors.table_must_match_the_program", "[accel][unit]") {
    const passive_engine target;
    const std::vector<tensor_descriptor> wanted{{0, 1, 10}, {1, 1, 20}};
    const std::vector<pimvp_tensor> table{{100, 10, 0, 0, 0}, {200, 20, 0, 1, 0}};
    const auto bindings = bind_tensors(table, 0x40, wanted, target);
    REQUIRE(bindings.size() == 2);
    CHECK(bindings[1].role == tensor_role::output);
    CHECK(bindings[1].address == 200);
    CHECK(bindings[1].bytes == 20);
    const auto verdict = [&](const std::function<void(std::vector<pimvp_tensor>&)>& spoil) {
        std::vector<pimvp_tensor> changed = table;
        spoil(changed);
        return code_of([&] { (void)bind_tensors(changed, 0x40, wanted, target); });
    };
    constexpr auto refused = error_code::bad_tensor_table;
    CHECK(verdict([](auto& t) { t.pop_back(); }) == refused);
    CHECK(verdict([](auto& t) { t.push_back(t[0]); }) == refused);
    CHECK(verdict([](auto& t) { t[0].role = 1; }) == refused);
    CHECK(verdict([](auto& t) { t[1].bytes = 21; }) == refused);
    CHECK(verdict([](auto& t) { t[0].reserved = 1; }) == refused);
    CHECK(verdict([](auto& t) { t[0].stride = 16; }) == refused);
    CHECK(verdict([](auto& t) { t[0].address = ~0ULL; }) == refused);
}

TEST_CASE("accel.ring.registers_are_judged", "[accel][unit]") {
    const auto verdict = [](std::uint64_t base, std::uint32_t size) {
        return code_of([&] { job_ring{}.start(base, size); });
    };
    CHECK(verdict(0, 1) == error_code::none);
    CHECK(verdict(64, 65536) == error_code::none);
    CHECK(verdict(32, 16) == error_code::bad_ring);
    CHECK(verdict(0, 0) == error_code::bad_ring);
    CHECK(verdict(0, 3) == error_code::bad_ring);
    CHECK(verdict(0, 131072) == error_code::bad_ring);
    CHECK(verdict(~63ULL, 1) == error_code::none);
    CHECK(verdict(~63ULL, 2) == error_code::bad_ring);
}

TEST_CASE("accel.ring.full_empty_and_overflow_are_told_apart", "[accel][unit]") {
    job_ring ring;
    CHECK(code_of([&] { ring.doorbell(0); }) == error_code::bad_ring);
    ring.start(0x1000, 4);
    CHECK_FALSE(ring.pending());
    ring.doorbell(4);
    CHECK(ring.pending());
    CHECK(code_of([&] { ring.doorbell(5); }) == error_code::bad_ring);  // overflow
    CHECK(code_of([&] { ring.doorbell(3); }) == error_code::bad_ring);  // takes a job back
    CHECK(ring.tail() == 4);
    for (std::uint64_t slot = 0; slot < 4; ++slot) {
        CHECK(ring.next_address() == 0x1000 + 64 * slot);
        ring.fetched();
    }
    CHECK_FALSE(ring.pending());
    CHECK(code_of([&] { ring.doorbell(5); }) == error_code::bad_ring);  // none has retired
    ring.retired();
    CHECK(code_of([&] { ring.doorbell(5); }) == error_code::none);
    CHECK(ring.next_address() == 0x1000);
    ring.drop();
    CHECK(ring.head() == 5);
    CHECK_FALSE(ring.pending());
}

TEST_CASE("accel.ring.numbers_wrap", "[accel][unit]") {
    job_ring ring;
    ring.start(0, 65536);
    std::uint32_t tail = 0;
    while (tail < 0xFFFF0000U) {  // up to just below 2^32
        tail += 65536;
        ring.doorbell(tail);
        ring.drop();
    }
    ring.doorbell(tail + 65536);  // wraps to 0
    CHECK(ring.tail() == 0);
    CHECK(ring.pending());
    CHECK(ring.next_address() == 0);
    CHECK(code_of([&] { ring.doorbell(1); }) == error_code::bad_ring);
    ring.fetched();
    ring.retired();
    CHECK(code_of([&] { ring.doorbell(1); }) == error_code::none);
}
