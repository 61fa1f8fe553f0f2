// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include <pimvp/board/cards/host_card.h>
#include <pimvp/bus/all_cards.h>
#include <pimvp/core/card.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>
#include <pimvp/mem/all_cards.h>
#include <pimvp/noc/all_cards.h>
#include <pimvp/post/all_cards.h>
#include <pimvp/reram/all_cards.h>
#include <pimvp/runner/platform.h>

#include <iostream>

namespace pimvp::cli {

int list_command(const arguments& words) {
    const std::vector<std::string> known{"platforms", "networks", "cards", "params"};
    const std::string what = words.empty() ? std::string() : words[0];
    if (what == "--help" || what == "-h") {
        std::cout << "usage: pimvp list platforms | networks | cards | params [PLATFORM]\n";
    } else if (what == "platforms") {
        for (const std::string& name : runner::platform_names()) std::cout << name << '\n';
    } else if (what == "networks") {
        for (const std::string& name : runner::network_names()) std::cout << name << '\n';
    } else if (what == "cards") {
        std::vector<core::card_view> cards{board::cards::host::all};
        for (const auto& room : {bus::all_cards(), mem::all_cards(), noc::all_cards(),
                                 post::all_cards(), reram::all_cards()}) {
            cards.insert(cards.end(), room.begin(), room.end());
        }
        std::cout << core::cards_table(cards);
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
