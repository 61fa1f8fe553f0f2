// SPDX-License-Identifier: Apache-2.0
// Does a session with gdb go by the book, and does garbage end in an error packet?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/cpu/gdb_protocol.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace pimvp::cpu;
using kind = gdb_framing::event_kind;

namespace {

struct fake_core final : gdb_target {
    unsigned bits = 64;
    bool has_floats = false;
    std::map<unsigned, std::uint64_t> registers;
    std::map<std::uint64_t, std::uint8_t> memory;  ///< what is not in it cannot be reached
    std::set<std::uint64_t> breakpoints;

    [[nodiscard]] unsigned xlen() const override { return bits; }
    [[nodiscard]] bool floating() const override { return has_floats; }
    [[nodiscard]] std::uint64_t read_register(unsigned number) override {
        return registers[number];
    }
    void write_register(unsigned number, std::uint64_t value) override {
        registers[number] = value;
    }
    [[nodiscard]] std::vector<std::uint8_t> read_memory(std::uint64_t address,
                                                        std::size_t bytes) override {
        std::vector<std::uint8_t> data;
        while (data.size() < bytes && memory.count(address + data.size()) != 0) {
            data.push_back(memory[address + data.size()]);
        }
        return data;
    }
    bool write_memory(std::uint64_t address, const std::vector<std::uint8_t>& bytes) override {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (memory.count(address + i) == 0) return false;
            memory[address + i] = bytes[i];
        }
        return true;
    }
    void set_breakpoint(std::uint64_t address, bool on) override {
        if (on) {
            breakpoints.insert(address);
        } else {
            breakpoints.erase(address);
        }
    }
};

std::string text_of(gdb_session& session, const std::string& packet) {
    const gdb_session::answer answer = session.handle(packet);
    CHECK_FALSE(answer.action);
    return answer.text.value_or("(nothing)");
}

std::vector<gdb_framing::event> events_of(const std::string& bytes, std::size_t piece) {
    gdb_framing framing;
    std::vector<gdb_framing::event> events;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        framing.feed(std::string_view(bytes).substr(at, piece));
        while (auto event = framing.next()) events.push_back(*event);
    }
    return events;
}

}  // namespace

TEST_CASE("cpu.gdb_framing.finds_packets_in_any_pieces", "[cpu]") {
    const std::string stream =
        "+$OK#9a-\x03" + gdb_framing::packet("a}b#c$d*e") + "$bad#00" + "noise$m0,4#fd$x#zz+";
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        const auto events = events_of(stream, piece);
        REQUIRE(events.size() == 9);
        CHECK(events[0].kind == kind::acknowledged);
        CHECK(events[1].kind == kind::packet);
        CHECK(events[1].text == "OK");
        CHECK(events[2].kind == kind::refused);
        CHECK(events[3].kind == kind::interrupt);
        CHECK(events[4].text == "a}b#c$d*e");
        CHECK(events[5].kind == kind::damaged);
        CHECK(events[6].text == "m0,4");
        CHECK(events[7].kind == kind::damaged);
        CHECK(events[8].kind == kind::acknowledged);
    }
}

TEST_CASE("cpu.gdb_framing.packets_have_a_longest_length", "[cpu]") {
    const auto longest =
        events_of(gdb_framing::packet(std::string(gdb_framing::longest, 'x')), 999);
    REQUIRE(longest.size() == 1);
    CHECK(longest[0].text.size() == gdb_framing::longest);
    const auto longer =
        events_of(gdb_framing::packet(std::string(gdb_framing::longest + 1, 'x')), 999);
    REQUIRE(longer.size() == 1);
    CHECK(longer[0].kind == kind::damaged);
}

TEST_CASE("cpu.gdb_session.reads_and_writes_registers", "[cpu]") {
    fake_core core;
    gdb_session session(core);
    core.registers = {{1, 0x0123456789ABCDEF}, {register_number::pc, 0x80000000}};
    const std::string all = text_of(session, "g");
    CHECK(all.size() == 33 * 16);
    CHECK(all.substr(16, 16) == "efcdab8967452301");
    CHECK(all.substr(32 * 16) == "0000008000000000");
    CHECK(text_of(session, "p1") == "efcdab8967452301");
    CHECK(text_of(session, "P2=0100000000000000") == "OK");
    CHECK(core.registers[2] == 1);
    CHECK(text_of(session, "G" + std::string(33 * 16, '1')) == "OK");
    CHECK(core.registers[7] == 0x1111111111111111);
    CHECK(text_of(session, "p341") == "0000000000000000");  // CSR 0x300 is register 65 + 0x300
    for (const char* wrong :
         {"p", "pxyz", "p2000", "P2", "P2=", "P2=1", "Pq=00", "G00", "P2=000000000000000000"}) {
        INFO(wrong);
        CHECK(text_of(session, wrong) == "E01");
    }
    core.bits = 32;
    CHECK(text_of(session, "g").size() == 33 * 8);
}

TEST_CASE("cpu.gdb_session.reads_and_writes_memory", "[cpu]") {
    fake_core core;
    gdb_session session(core);
    for (std::uint8_t i = 0; i < 8; ++i) core.memory[0x1000 + i] = i;
    CHECK(text_of(session, "m1000,4") == "00010203");
    CHECK(text_of(session, "m1006,4") == "0607");  // as far as it goes
    CHECK(text_of(session, "m2000,4") == "E02");
    CHECK(text_of(session, "M1002,2:aabb") == "OK");
    CHECK(text_of(session, "X1000,1:}") == "OK");  // the framing has undone the escapes
    CHECK(core.memory[0x1000] == '}');
    CHECK(core.memory[0x1003] == 0xBB);
    CHECK(text_of(session, "X1000,0:") == "OK");
    CHECK(text_of(session, "M2000,1:00") == "E02");
    for (const char* wrong : {"m", "m1000", "m,4", "mx,4", "m1000,y", "M1000,2:aa", "M1000:aa",
                              "M1000,1:a", "M1000,1:zz", "X1000,2:a"}) {
        INFO(wrong);
        CHECK(text_of(session, wrong) == "E01");
    }
}

TEST_CASE("cpu.gdb_session.sets_breakpoints_and_lets_the_core_go", "[cpu]") {
    using action = debug_agent::action;
    fake_core core;
    gdb_session session(core);
    CHECK(text_of(session, "Z0,80000010,2") == "OK");
    CHECK(text_of(session, "Z1,80000020,4") == "OK");
    CHECK(core.breakpoints == std::set<std::uint64_t>{0x80000010, 0x80000020});
    CHECK(text_of(session, "z0,80000010,2") == "OK");
    CHECK(core.breakpoints.size() == 1);
    CHECK(text_of(session, "Z2,80000010,2").empty());  // no watchpoints
    CHECK(text_of(session, "Z0") == "E01");
    CHECK(text_of(session, "Z0,x,2") == "E01");
    for (const auto& [packet, expected] :
         std::map<std::string, action>{{"c", action::run},
                                       {"s", action::step},
                                       {"C05", action::run},
                                       {"S05", action::step},
                                       {"vCont;c", action::run},
                                       {"vCont;s:1;c", action::step},
                                       {"k", action::detach}}) {
        INFO(packet);
        const auto answer = session.handle(packet);
        CHECK(answer.action == expected);
        CHECK_FALSE(answer.text);  // what it has to say is the stop
    }
    const auto detached = session.handle("D");
    CHECK(detached.action == action::detach);
    CHECK(detached.text == "OK");
    CHECK(session.handle("c90000000").action == action::run);
    CHECK(core.registers[register_number::pc] == 0x90000000);
    CHECK(text_of(session, "cxyz") == "E01");
    CHECK(text_of(session, "vCont;") == "E01");
    CHECK(text_of(session, "vCont;t") == "E01");
    CHECK(gdb_session::stopped(stop_reason::breakpoint) == "T05swbreak:;");
    CHECK(gdb_session::stopped(stop_reason::stepped) == "S05");
    CHECK(gdb_session::stopped(stop_reason::requested) == "S02");
    CHECK(gdb_session::ended(3) == "W03");
}

TEST_CASE("cpu.gdb_session.describes_the_core", "[cpu]") {
    fake_core core;
    gdb_session session(core);
    CHECK_FALSE(session.quiet());
    CHECK(text_of(session, "QStartNoAckMode") == "OK");
    CHECK(session.quiet());
    CHECK(text_of(session, "qSupported:multiprocess+").find("qXfer:features:read+") !=
          std::string::npos);
    const auto description = [&] {
        std::string all;
        for (;;) {
            const std::string part = text_of(
                session, "qXfer:features:read:target.xml:" + [&] {
                    char hex[20];
                    std::snprintf(hex, sizeof hex, "%zx", all.size());
                    return std::string(hex);
                }() + ",40");
            all += part.substr(1);
            if (part[0] == 'l') return all;
            REQUIRE(part[0] == 'm');
        }
    };
    const std::string plain = description();
    CHECK(plain.find("<architecture>riscv:rv64</architecture>") != std::string::npos);
    CHECK(plain.find("riscv.fpu") == std::string::npos);
    CHECK(plain.find("name=\"mstatus\" bitsize=\"64\" regnum=\"833\"") != std::string::npos);
    core.has_floats = true;
    core.bits = 32;
    const std::string floating = description();
    CHECK(floating.find("riscv:rv32") != std::string::npos);
    CHECK(floating.find("name=\"f31\" bitsize=\"64\" regnum=\"64\"") != std::string::npos);
    CHECK(text_of(session, "qXfer:features:read:target.xml:0") == "E01");
    CHECK(text_of(session, "qXfer:features:read:other.xml:0,40").empty());
    CHECK(text_of(session, "qC") == "QC1");
    CHECK(text_of(session, "qRcmd,00").empty());
    CHECK(text_of(session, "vMustReplyEmpty").empty());
    CHECK(text_of(session, "").empty());
}

TEST_CASE("cpu.gdb_session.answers_any_packet", "[cpu]") {
    support::generator random;
    fake_core core;
    gdb_session session(core);
    const std::string letters = "gGpPmMXZzcCsSDkHTvqQ?;:,=0123456789abcdefxCont";
    for (int i = 0; i < 20'000; ++i) {
        std::string packet;
        for (std::uint64_t n = random.below(24); n > 0; --n) {
            packet += letters[random.below(letters.size())];
        }
        INFO(packet);
        const auto answer = session.handle(packet);
        CHECK((answer.text || answer.action));
    }
}
