// SPDX-License-Identifier: Apache-2.0
#include "catalogue.h"

#include <pimvp/accel/all_cards.h>
#include <pimvp/board/all_cards.h>
#include <pimvp/board/board_params.h>
#include <pimvp/bus/all_cards.h>
#include <pimvp/bus/dma.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/router.h>
#include <pimvp/bus/traffic_table.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/cpu/all_cards.h>
#include <pimvp/cpu/cpu_params.h>
#include <pimvp/cpu/uart.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/mem/all_cards.h>
#include <pimvp/mem/edram.h>
#include <pimvp/nn/preprocess.h>
#include <pimvp/noc/all_cards.h>
#include <pimvp/noc/c_mesh.h>
#include <pimvp/noc/hyper_transport.h>
#include <pimvp/post/all_cards.h>
#include <pimvp/post/post_units.h>
#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/all_cards.h>
#include <pimvp/reram/ima.h>
#include <pimvp/reram/quantiser.h>
#include <pimvp/reram/tile.h>

#include <type_traits>
#include <utility>

namespace pimvp::docs {
namespace {

template <class T>
const T& find(const std::map<std::string, T>& all, const std::string& name, const char* what) {
    const auto found = all.find(name);
    if (found != all.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& entry : all) names.push_back(entry.first);
    throw core::user_error(std::string("no ") + what + " is called " + core::quoted(name) +
                           core::did_you_mean(name, names));
}

/// Gives a part that lives in modules a module to live in.
template <class T>
struct module_with : sc_core::sc_module {
    T part;

    template <class... Arguments>
    module_with(const sc_core::sc_module_name& name, const char* part_name,
                Arguments&&... arguments)
        : sc_module(name),
          part(part_name, std::forward<Arguments>(arguments)...) {}
};

}  // namespace

template <class T>
void catalogue::add_struct(const std::string& name) {
    m_structs[name] = [] { return core::list_parameters<T>(); };
}

template <class T, class... Arguments>
void catalogue::add_model(const std::string& name, Arguments&&... arguments) {
    model& made = m_models[name];
    const std::string part = name.substr(name.find('.') + 1);
    if constexpr (std::is_base_of_v<sc_core::sc_module, T>) {
        made.group = part;
        made.instance =
            std::make_shared<T>(part.c_str(), *made.context, std::forward<Arguments>(arguments)...);
    } else if constexpr (std::is_base_of_v<sc_core::sc_object, T>) {
        const std::string owner = part + "_owner";
        made.group = owner + "." + part;
        made.instance = std::make_shared<module_with<T>>(owner.c_str(), part.c_str(), *made.context,
                                                         std::forward<Arguments>(arguments)...);
    } else {
        made.instance = std::make_shared<T>(*made.context, std::forward<Arguments>(arguments)...);
    }
}

void catalogue::add_cards(const std::string& room, const std::vector<core::card_view>& cards) {
    for (const core::card_view& card : cards) m_cards[room + "." + std::string(card.name)] = card;
}

catalogue::catalogue() {
    add_struct<accel::front_end_params>("accel.front_end_params");
    add_struct<board::board_params>("board.board_params");
    add_struct<bus::dma_params>("bus.dma_params");
    add_struct<bus::memory_params>("bus.memory_params");
    add_struct<bus::router_params>("bus.router_params");
    add_struct<bus::traffic_table>("bus.traffic_table");
    add_struct<cpu::clint_params>("cpu.clint_params");
    add_struct<cpu::cpu_params>("cpu.cpu_params");
    add_struct<cpu::plic_params>("cpu.plic_params");
    add_struct<cpu::uart_params>("cpu.uart_params");
    add_struct<isaac_like::isaac_like_params>("isaac_like.isaac_like_params");
    add_struct<mem::edram_params>("mem.edram_params");
    add_struct<nn::preprocess_params>("nn.preprocess_params");
    add_struct<noc::c_mesh_params>("noc.c_mesh_params");
    add_struct<noc::hyper_transport_params>("noc.hyper_transport_params");
    add_struct<post::post_params>("post.post_params");
    add_struct<reram::adc_params>("reram.adc_params");
    add_struct<reram::crossbar_params>("reram.crossbar_params");
    add_struct<reram::ima_params>("reram.ima_params");
    add_struct<reram::quantiser_params>("reram.quantiser_params");
    add_struct<reram::tile_params>("reram.tile_params");

    add_cards("accel", accel::all_cards());
    add_cards("board", board::all_cards());
    add_cards("bus", bus::all_cards());
    add_cards("cpu", cpu::all_cards());
    add_cards("mem", mem::all_cards());
    add_cards("noc", noc::all_cards());
    add_cards("post", post::all_cards());
    add_cards("reram", reram::all_cards());

    add_model<bus::dma>("bus.dma");
    add_model<bus::memory>("bus.memory");
    add_model<bus::router>("bus.router");
    add_model<cpu::uart>("cpu.uart");
    add_model<mem::edram>("mem.edram");
    add_model<noc::c_mesh>("noc.c_mesh");
    add_model<noc::hyper_transport>("noc.hyper_transport", noc::hyper_transport_params{},
                                    noc::node_map{1, noc::c_mesh_params{}.tiles()});
    add_model<post::post_units>("post.post_units");
    add_model<reram::adc_bank>("reram.adc_bank");
    add_model<reram::ima>("reram.ima");
    add_model<reram::quantiser>("reram.quantiser");
    add_model<reram::tile>("reram.tile", reram::tile_params{}, reram::parts::defaults(), 0U,
                           isaac_like::machine{}.limits(1));
    isaac_like::isaac_like_params small;
    small.mesh.tile_columns.value = small.mesh.tile_rows.value = 1;
    add_model<isaac_like::accelerator>("isaac_like.accelerator", small);
}

catalogue::~catalogue() = default;

std::vector<core::parameter_row> catalogue::parameters(const std::string& name) const {
    return find(m_structs, name, "parameter struct")();
}

core::card_view catalogue::card(const std::string& name) const {
    return find(m_cards, name, "card");
}

core::context& catalogue::context_of(const std::string& name) const {
    return *find(m_models, name, "model").context;
}

const core::stat_group& catalogue::statistics(const std::string& name) const {
    const model& found = find(m_models, name, "model");
    const auto& groups = found.context->statistics().groups();
    const auto group = groups.find(found.group);
    if (group == groups.end()) throw core::user_error("model '" + name + "' has no statistics");
    return *group->second;
}

}  // namespace pimvp::docs
