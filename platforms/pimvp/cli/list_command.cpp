// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/accel/all_cards.h>
#include <pimvp/board/all_cards.h>
#include <pimvp/bus/all_cards.h>
#include <pimvp/core/card.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/text_table.h>
#include <pimvp/mem/all_cards.h>
#include <pimvp/noc/all_cards.h>
#include <pimvp/post/all_cards.h>
#include <pimvp/reram/all_cards.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <iostream>

namespace pimvp::cli {
namespace {

std::string platforms() {
    const board::accelerator_types types = runner::known_types();
    core::text_table table{{"platform"}, {"accelerator"}, {"family"}, {"what it is"}};
    for (const std::string& name : runner::platform_names()) {
        std::string title = name;
        for (const auto& [unit, entry] : runner::load_platform(name, {}).params.accelerators) {
            table.row({title, unit, entry.type, types.sentence(entry.type)});
            title.clear();
        }
    }
    return table.text();
}

std::string networks() {
    constexpr auto right = core::text_table::align::right;
    core::text_table table{{"network"}, {"MACs", right}, {"weights", right}, {"where or what"}};
    for (const runner::known_network& each : runner::known_networks()) {
        table.row({each.name, core::grouped(each.macs), core::grouped(each.weights), each.origin});
    }
    return table.text();
}

/// What a test bench can instantiate; the pages are those of docs/models.
std::string models() {
    core::text_table table{{"module"}, {"header"}, {"what it is"}};
    const auto block = [&](const char* module, const char* header, const char* what) {
        table.row({module, "<pimvp/" + std::string(header) + ".h>", what});
    };
    block("bus::memory", "bus/memory", "memory with DMI");
    block("bus::router", "bus/router", "address decoder; clips and translates DMI");
    block("bus::dma", "bus/dma", "strided copies between memory and a block");
    block("bus::probe", "bus/probe", "counts and times what passes a socket");
    block("bus::protocol_checker", "bus/protocol_checker", "rules of the TLM base protocol");
    block("mem::edram_memory", "mem/edram_memory", "banked eDRAM behind a socket");
    block("noc::c_mesh", "noc/c_mesh", "concentrated mesh of a chip");
    block("noc::hyper_transport", "noc/hyper_transport", "links between chips and to the host");
    block("reram::adc_bank", "reram/adc_bank", "converters of one IMA, replaceable");
    block("reram::ima", "reram/ima", "crossbars with their periphery");
    block("reram::tile", "reram/tile", "IMAs, eDRAM and post-processing");
    table.rule();
    const board::accelerator_types types = runner::known_types();
    for (const std::string& type : types.names()) {
        block((type + "::accelerator").c_str(), (type + "/accelerator").c_str(),
              types.sentence(type).c_str());
    }
    block("board::board", "board/board", "host, memory and accelerators, from a document");
    return table.text();
}

std::string cards() {
    std::vector<core::card_view> all;
    for (const auto& room :
         {board::all_cards(), accel::all_cards(), bus::all_cards(), mem::all_cards(),
          noc::all_cards(), post::all_cards(), reram::all_cards()}) {
        all.insert(all.end(), room.begin(), room.end());
    }
    return core::cards_table(all);
}

}  // namespace

int list_command(const arguments& words) {
    const std::vector<std::string> known{"platforms", "networks", "models", "cards", "params"};
    const std::string what = words.empty() ? std::string() : words[0];
    if (words.size() > (what == "params" ? 2U : 1U)) {
        throw core::user_error("list", "does not know what to do with " +
                                           core::quoted(words.back()) + ": see pimvp list --help");
    }
    if (what == "--help" || what == "-h") {
        std::cout
            << "usage: pimvp list platforms | networks | models | cards | params [PLATFORM]\n";
    } else if (what == "platforms") {
        std::cout << platforms();
    } else if (what == "networks") {
        std::cout << networks();
    } else if (what == "models") {
        std::cout << models();
    } else if (what == "cards") {
        std::cout << cards();
    } else if (what == "params") {
        const auto target = runner::load_platform(words.size() > 1 ? words[1] : "isaac_like", {});
        std::cout << core::parameters_table(core::list_parameters(target.params));
    } else {
        throw core::user_error(
            "list", "cannot list " + core::quoted(what) + core::did_you_mean(what, known));
    }
    return 0;
}

}  // namespace pimvp::cli
