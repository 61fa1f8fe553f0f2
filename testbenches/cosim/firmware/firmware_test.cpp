// SPDX-License-Identifier: Apache-2.0
// Does firmware get what the C++ host gets, whatever the quantum, and does every mistake of it end
// in a defined state?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace pimvp;
using test::scratch_folder;
using json = nlohmann::json;

namespace {

std::string board(const std::string& name) {
    return std::string(PIMVP_BOARDS) + "/" + name + ".yaml";
}

test::program_result run(const std::string& on, const std::string& firmware,
                         std::vector<std::string> more) {
    std::vector<std::string> words{"vp", board(on), "--elf",
                                   std::string(PIMVP_FIRMWARE) + "/" + on + "/" + firmware + ".elf",
                                   "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    if (std::find(more.begin(), more.end(), "--max-sim-time") == more.end()) {
        words.insert(words.end(), {"--max-sim-time", "1 s"});
    }
    return test::pimvp(words);
}

/// Runs to a good end; returns vp.json.
json record_of(const scratch_folder& here, const std::string& on, const std::string& firmware,
               std::vector<std::string> more) {
    const std::string out = here.path(on + "_" + firmware);
    more.insert(more.end(), {"--out", out});
    const test::program_result result = run(on, firmware, more);
    INFO(result.text);
    REQUIRE(result.code == 0);
    return json::parse(core::read_file(out + "/vp.json"));
}

std::uint64_t mismatches(const json& record) {
    std::uint64_t sum = 0;
    for (const json& network : record["networks"]) {
        sum += network["mismatches"].get<std::uint64_t>();
    }
    return sum;
}

/// Counts of the accelerator: neither the core's nor those of the memory, which also holds code.
std::map<std::string, std::int64_t> accelerator_counts(const json& record) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& [name, count] : record["counts"].items()) {
        const bool other = name.rfind("cpu0.", 0) == 0 || name.rfind("memory.", 0) == 0;
        if (!other) counts[name] = count.get<std::int64_t>();
    }
    return counts;
}

}  // namespace

TEST_CASE("cosim.firmware.gets_the_outputs_and_counts_of_the_host", "[cosim]") {
    const scratch_folder here;
    // What three more inferences add, so that loading does not matter.
    auto six = accelerator_counts(
        record_of(here, "one", "polled", {"--network", "glyphs", "--images", "6"}));
    const json three = record_of(here, "one", "polled", {"--network", "glyphs", "--images", "3"});
    CHECK(mismatches(three) == 0);
    for (const auto& [name, count] : accelerator_counts(three)) six[name] -= count;
    const test::program_result host =
        test::pimvp({"run", "--platform", board("one"), "--network", "glyphs", "--images", "3",
                     "--quiet", "--out", here.path("host")});
    REQUIRE(host.code == 0);
    auto of_host =
        accelerator_counts(json::parse(core::read_file(here.path("host") + "/run.json")));
    CHECK(of_host.size() > 10);
    for (auto it = six.begin(); it != six.end();) {  // those that only LOAD has
        it = it->second == 0 ? six.erase(it) : std::next(it);
    }
    CHECK(six == of_host);
}

TEST_CASE("cosim.firmware.examples_end_well", "[cosim]") {
    const scratch_folder here;
    for (const char* on : {"one", "one32"}) {
        // more inferences than the ring has places, where they stream
        for (const auto& [firmware, images] :
             std::map<std::string, int>{{"interrupt", 3}, {"polled", 3}, {"stream", 20}}) {
            INFO(on << ' ' << firmware);
            const json record = record_of(
                here, on, firmware, {"--network", "glyphs", "--images", std::to_string(images)});
            CHECK(record["exit_code"] == 0);
            CHECK(record["cpus"]["cpu0"]["instructions"].get<std::uint64_t>() > 1000);
            CHECK(record["networks"][0]["elements"] == images * 34);
            CHECK(mismatches(record) == 0);
        }
        const test::program_result probe = run(on, "probe", {});
        CHECK(probe.code == 0);
        CHECK(probe.text.find("family: ISAC\n") != std::string::npos);
    }
}

TEST_CASE("cosim.firmware.serves_two_networks_and_two_accelerators", "[cosim]") {
    const scratch_folder here;
    const json networks =
        record_of(here, "one", "two_networks",
                  {"--network", "glyphs", "--network", "glyphs_mobile", "--images", "4"});
    CHECK(networks["networks"].size() == 2);
    CHECK(mismatches(networks) == 0);
    const json accelerators = record_of(
        here, "two", "two_accelerators",
        {"--network", "glyphs@left", "--network", "glyphs_mobile@right", "--images", "4"});
    CHECK(accelerators["networks"][1]["accelerator"] == "right");
    CHECK(mismatches(accelerators) == 0);
}

TEST_CASE("cosim.firmware.runs_on_two_cores", "[cosim]") {
    const scratch_folder here;
    json first;
    for (const char* quantum : {"0 s", "1 us", "10 us"}) {
        const json record =
            record_of(here, "two_cores", "two_cores",
                      {"--network", "glyphs", "--images", "3", "--quantum", quantum});
        CHECK(mismatches(record) == 0);
        CHECK(record["cpus"]["cpu1"]["instructions"].get<std::uint64_t>() > 100);
        if (first.is_null()) first = record;
        CHECK(record["cpus"] == first["cpus"]);
    }
}

TEST_CASE("cosim.firmware.mistakes_end_in_a_defined_state", "[cosim]") {
    for (const char* on : {"one", "one32"}) {
        const test::program_result result =
            run(on, "errors", {"--network", "glyphs", "--images", "1"});
        INFO(on << '\n' << result.text);
        CHECK(result.code == 0);
        CHECK(std::count(result.text.begin(), result.text.end(), '\n') >= 24);
        CHECK(result.text.find("FAILED") == std::string::npos);
        CHECK(result.text.find("ok: an interrupt nobody clears") != std::string::npos);
    }
}

TEST_CASE("cosim.firmware.saves_energy_between_inferences", "[cosim]") {
    const scratch_folder here;
    // What chips take whether or not they work: the links between them, per second.
    const auto static_power = [](const json& record) {
        double joules = 0.0;
        for (const json& each : record["energy"]["apart_static_j"]) joules += each.get<double>();
        return joules / record["time_s"].get<double>();
    };
    const json always_on =
        record_of(here, "one", "polled", {"--network", "glyphs", "--images", "1"});
    CHECK(static_power(always_on) > 1.0);
    const json record = record_of(here, "one", "power", {"--network", "glyphs", "--images", "1"});
    CHECK(mismatches(record) == 0);
    CHECK(static_power(record) < static_power(always_on));
}

TEST_CASE("cosim.firmware.trace_shows_core_accelerator_and_interrupts", "[cosim]") {
    const scratch_folder here;
    constexpr int images = 5;
    record_of(here, "one", "interrupt", {"--network", "glyphs", "--images", "5", "--trace"});
    const json trace = json::parse(core::read_file(here.path("one_interrupt") + "/trace.json"));
    // Tracks have names; slices and arrows name tracks by numbers.
    std::map<std::pair<int, int>, std::string> tracks;
    struct slice {
        std::string track, name;
        double begin, end;
    };
    std::vector<slice> slices;
    std::map<std::string, int> arrows;  // from "track>track"
    std::map<std::string, json> starts;
    for (const json& event : trace["traceEvents"]) {
        if (event["ph"] == "M" && event["name"] == "thread_name") {
            tracks[{event["pid"], event["tid"]}] = event["args"]["name"];
        }
    }
    const auto track_of = [&](const json& event) {
        return tracks.at({event["pid"].get<int>(), event["tid"].get<int>()});
    };
    for (const json& event : trace["traceEvents"]) {
        if (event["ph"] == "X") {
            const double begin = event["ts"];
            slices.push_back(
                {track_of(event), event["name"], begin, begin + event["dur"].get<double>()});
        } else if (event["ph"] == "s") {
            starts[event["id"].dump()] = event;
        } else if (event["ph"] == "f") {
            ++arrows[track_of(starts.at(event["id"].dump())) + ">" + track_of(event)];
        }
    }
    const auto named = [&](const std::string& track_end, const std::string& name) {
        std::vector<slice> found;
        for (const slice& s : slices) {
            const bool there = s.track.size() >= track_end.size() &&
                               s.track.compare(s.track.size() - track_end.size(), track_end.size(),
                                               track_end) == 0;
            if (s.name == name && (there || track_end.empty())) found.push_back(s);
        }
        return found;
    };
    const std::vector<slice> runs = named("", "RUN");
    const std::vector<slice> stores = named("cpu0", "store"), sleeps = named("cpu0", "wfi");
    REQUIRE(runs.size() == images);
    CHECK(sleeps.size() >= images);
    CHECK(stores.size() > images);
    CHECK(!named("cpu0", "load").empty());
    CHECK(!named("cpu0", "run").empty());
    CHECK(named("npu.irq", "irq").size() >= images);
    int to_irq = 0, to_core = 0;
    for (const auto& [ends, count] : arrows) {
        if (ends.find("npu.irq>") != std::string::npos) to_core += count;
        if (ends.find(".irq", ends.find('>')) != std::string::npos) to_irq += count;
    }
    CHECK(to_irq >= images);
    CHECK(to_core >= images);
    // Firmware's latency = accelerator's + driver's: each RUN lies between the doorbell and the end
    // of the sleep in which it was awaited.
    for (const slice& run : runs) {
        double doorbell = -1.0, awake = -1.0;
        for (const slice& s : stores) {
            if (s.begin <= run.begin) doorbell = s.begin;
        }
        for (const slice& s : sleeps) {
            constexpr double rounding = 1e-3;  // of begin + duration, in us
            if (awake < 0.0 && s.end >= run.end - rounding) awake = s.end;
        }
        REQUIRE(doorbell >= 0.0);
        REQUIRE(awake >= 0.0);
        const double driver_us = (awake - doorbell) - (run.end - run.begin);
        CHECK(driver_us > 0.0);
        CHECK(driver_us < 2.0);
    }
}

TEST_CASE("cosim.firmware.does_not_depend_on_the_quantum", "[cosim]") {
    const scratch_folder here;
    for (const char* firmware : {"polled", "stream", "interrupt"}) {
        const auto facts = [&](const char* quantum, const char* style) {
            const json record = record_of(here, "one", firmware,
                                          {"--network", "glyphs", "--images", "2", "--quantum",
                                           quantum, "--coding-style", style});
            CHECK(mismatches(record) == 0);
            return json{record["cpus"], accelerator_counts(record)}.dump();
        };
        INFO(firmware);
        const std::string exact = facts("0 s", "lt");
        CHECK(facts("1 us", "lt") == exact);
        CHECK(facts("10 us", "lt") == exact);
        CHECK(facts("1 ms", "lt") == exact);
        CHECK(facts("10 us", "at") == exact);
    }
}

TEST_CASE("cosim.firmware.three_runs_leave_the_same_record_to_the_byte", "[cosim]") {
    const scratch_folder here;
    const auto text = [&] {
        return record_of(here, "one", "interrupt", {"--network", "glyphs", "--images", "5"}).dump();
    };
    const std::string first = text();
    CHECK(text() == first);
    CHECK(text() == first);
}

TEST_CASE("cosim.firmware.that_never_ends_is_reported", "[cosim]") {
    const test::program_result asleep = run("one", "asleep_for_ever", {});
    CHECK(asleep.code == 4);
    CHECK(asleep.text.find("cpu0: asleep at 0x8000") != std::string::npos);
    const test::program_result busy = run("one", "busy_for_ever", {"--max-sim-time", "5 ms"});
    CHECK(busy.code == 4);
    CHECK(busy.text.find("cpu0: running at 0x8000") != std::string::npos);
    CHECK(busy.text.find("last words\n") != std::string::npos);  // although the UART is slow
    const test::program_result far = run("one", "waits_for_a_far_timer", {});
    CHECK(far.code == 4);
    CHECK(far.text.find("cpu0: asleep at 0x8000") != std::string::npos);
    const test::program_result second = run("two_cores", "second_locked_up", {});
    CHECK(second.code == 4);
    CHECK(second.text.find("cpu1 is locked up") != std::string::npos);
    const test::program_result locked = run("one", "locked_up", {});
    CHECK(locked.code == 4);
    CHECK(locked.text.find("cpu0 is locked up: no instruction can be fetched at the trap handler "
                           "0x70000000; the trap: mcause 0xb") != std::string::npos);
}

TEST_CASE("cosim.firmware.finds_the_board_in_a_header_and_a_device_tree", "[cosim]") {
    const test::program_result header = test::pimvp({"vp", board("two"), "--print", "header"});
    CHECK(header.code == 0);
    for (const char* line :
         {"#define BOARD_LEFT_BASE                0x20000000u\n", "BOARD_RIGHT_IRQ ",
          "#define BOARD_UART_IRQ                 3u\n", "BOARD_TIMEBASE_HZ ",
          "#define BOARD_ROM_BYTES                0x1000u\n"}) {
        INFO(line);
        CHECK(header.text.find(line) != std::string::npos);
    }
    const test::program_result tree =
        test::pimvp({"vp", board("two_cores"), "--print", "device-tree"});
    CHECK(tree.code == 0);
    for (const char* line :
         {"cpu1: cpu@1 {\n", "riscv,isa = \"rv64imac\";\n", "timebase-frequency = <10000000>;\n",
          "compatible = \"sifive,plic-1.0.0\", \"riscv,plic0\";\n",
          "interrupts-extended = <&cpu0_intc 11>, <&cpu1_intc 11>;\n",
          "npu: npu@20000000 {\n        compatible = \"pimvp,isaac_like\", "
          "\"pimvp,accelerator\";\n        interrupt-parent = <&plic>;\n"
          "        interrupts = <1>;\n        reg = <0x0 0x20000000 0x0 0x1000>;\n"}) {
        INFO(line);
        CHECK(tree.text.find(line) != std::string::npos);
    }
    const test::program_result gaps =
        test::pimvp({"vp", board("one"), "--set", "cpus.cpu0.hart=2", "--print", "device-tree"});
    CHECK(gaps.text.find("interrupts-extended = <&cpu0_intc 0xffffffff>, <&cpu0_intc 0xffffffff>, "
                         "<&cpu0_intc 11>;") != std::string::npos);
    const test::program_result map = test::pimvp({"vp", board("one"), "--print", "map"});
    CHECK(map.code == 0);
    CHECK(map.text.find("isaac_like    1") != std::string::npos);
}

TEST_CASE("cosim.firmware.wrong_options_are_refused_with_a_way_out", "[cosim]") {
    const scratch_folder here;
    const std::string elf = std::string(PIMVP_FIRMWARE) + "/one/probe.elf";
    const auto refused = [](std::vector<std::string> words, const std::string& why) {
        words.insert(words.begin(), "vp");
        const test::program_result result = test::pimvp(words);
        INFO(result.text);
        CHECK(result.code == 2);
        CHECK(result.text.find(why) != std::string::npos);
    };
    refused({}, "the option '--board' is required");
    refused({board("one")}, "--elf: names no firmware to run");
    refused({board("one"), "--elf", here.path("none.elf")}, "none.elf");
    refused({board("one"), "--elf", here.file("text.elf", "hello, this is no program")},
            "is no ELF file");
    refused({board("one32"), "--elf", elf}, "the firmware is for 64 bit, cpu0 is rv32imac");
    refused({"isaac_like", "--elf", elf}, "has no core to run firmware");
    refused({board("one"), "--elf", elf, "--network", "glyphs@left"},
            "the board has no accelerator 'left'");
    refused({board("one"), "--elf", elf, "--load", elf}, "names no address: FILE@ADDRESS");
    refused({board("one"), "--elf", elf, "--load", elf + "@0x10"}, "no memory holds");
    refused({board("one"), "--set", "memory.address=0x40000000", "--elf", elf},
            "firmware: no memory holds");
    refused({board("one"), "--set", "memory.size=72 KiB", "--elf", elf}, "enlarge it");
    refused({board("one"), "--elf", elf, "--load", elf + "@0x80000010"}, "overlaps the firmware");
    refused({board("one"), "--elf", elf, "--network", "glyphs", "--images", "2", "--load",
             elf + "@0x80013000"},
            "overlaps the payload");
    refused({board("one"), "--elf", elf, "--network", "glyphs", "--network", "resnet18"},
            "has 1 inputs, glyphs has 680: give --images N");
    refused({board("one"), "--elf", elf, "--gdb", "0", "--gdb", "0@cpu0"},
            "'cpu0' has a debugger already");
    refused({board("one"), "--elf", elf, "--gdb", "0@cpu7"}, "the board has no core 'cpu7'");
    refused({board("one"), "--elf", elf, "--uart", "/dev/full"}, "--uart /dev/full");
    refused({board("one"), "--set", "memory.address=0xA0000000", "--elf", elf},
            "firmware: no memory holds");
    refused({board("one"), "--print", "picture"}, "is none of map, header and device-tree");
    refused({board("one"), "--set", "cpus.cpu1.isa=rv64imac", "--elf", elf},
            "cpus.cpu1.hart: another core has this number, too");
}
