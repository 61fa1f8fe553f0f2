// SPDX-License-Identifier: Apache-2.0
#include <platform/isaac_like/isaac_bench.h>

#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/statistics.h>

namespace isaac_like_test {

using namespace pimvp;

namespace {

board::board_params read(const std::vector<std::string>& accelerators, const std::string& quantiser,
                         const std::vector<std::string>& settings) {
    std::string text =
        "check_protocol: true\n"
        "hang_limit: 10 ms\n"
        "memory: {size: 64 MiB}\n"
        "accelerators:\n";
    std::uint64_t address = 0x80000000;
    for (const std::string& name : accelerators) {
        text += "  " + name + ":\n    type: isaac_like\n    address: " + std::to_string(address) +
                "\n    params:\n"
                "      chips: " +
                (quantiser.empty() && settings.empty() ? "4" : "8") +  // groups may use a few rows
                "\n"
                "      mesh: {tile_columns: 2, tile_rows: 1, io_router: 0}\n"
                "      tile:\n"
                "        imas: 2\n"
                "        ima: {crossbars: 2, crossbar: {rows: 32, columns: 64}}\n" +
                (quantiser.empty() ? "" : "        quantiser: {type: group, " + quantiser + "}\n");
        address += 0x1000;
    }
    board::accelerator_types types;
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>("isaac_like",
                                                                      "ISAAC-like ReRAM chip");
    core::document document = core::document::from_text(text, "bench.yaml");
    for (const std::string& name : accelerators) {
        for (const std::string& each : settings) {
            document.set("accelerators." + name + ".params." + each);
        }
    }
    return board::read_board(document, types);
}

const isaac_like::isaac_like_params& params_of(const board::board_params& params) {
    return *params.accelerators.begin()->second.settings->as<isaac_like::isaac_like_params>();
}

}  // namespace

isaac_bench::isaac_bench(core::coding_style style, const std::vector<std::string>& accelerators,
                         const std::string& quantiser, const std::vector<std::string>& settings)
    : context({1, style, 0}),
      params(params_of(read(accelerators, quantiser, settings))),
      board("board", context, read(accelerators, quantiser, settings)) {}

isaac_like::accelerator& isaac_bench::unit(const std::string& name) {
    return dynamic_cast<isaac_like::accelerator&>(board.accelerator_named(name));
}

std::vector<std::uint8_t> isaac_bench::image(const nn::network& network, std::uint32_t first_tile,
                                             isaac_like::placement* placed) const {
    isaac_like::machine target = isaac_like::machine_of(params);
    target.first_tile = first_tile;
    return isaac_like::map_network(network, target, isaac_like::config_hash(params), placed);
}

void isaac_bench::run(const std::function<void()>& body) {
    board.run([&] {
        body();
        check_home();
    });
    CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
    CHECK(context.service<bus::protocol_checkers>().transactions() > 0);
}

std::uint32_t isaac_bench::get(std::uint32_t offset, const std::string& name) {
    std::uint32_t value = 0;
    REQUIRE(board.host().out.read32(device(name).registers() + offset, value) ==
            tlm::TLM_OK_RESPONSE);
    return value;
}

void isaac_bench::set(std::uint32_t offset, std::uint32_t value, const std::string& name) {
    REQUIRE(board.host().out.write32(device(name).registers() + offset, value) ==
            tlm::TLM_OK_RESPONSE);
}

void isaac_bench::check_runs(const board::loaded_program& program, const exact_work& work,
                             const std::string& name) {
    std::vector<board::submitted_run> runs;
    for (const board::tensor_bytes& input : work.inputs) {
        runs.push_back(device(name).submit(program, {input}));
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        CHECK(device(name).collect(runs[i]).outputs.at(0) == work.outputs[i]);
    }
}

void isaac_bench::check_home() {
    wait_fs(1'000'000'000);
    CHECK(context.service<bus::payload_pool>().outstanding() == 0);
}

std::uint64_t isaac_bench::counted(const std::string& counter, const std::string& name) const {
    const std::string prefix = "board." + name + ".";
    std::uint64_t sum = 0;
    for (const auto& [path, group] : context.statistics().groups()) {
        if (path.substr(0, prefix.size()) != prefix) continue;
        for (const core::statistic* s : group->own()) {
            if (s->name() != counter) continue;
            sum += dynamic_cast<const core::counter&>(*s).get();
        }
    }
    return sum;
}

void isaac_bench::wait_fs(std::uint64_t fs) {
    sc_core::wait(core::from_fs(fs));
}

}  // namespace isaac_like_test
