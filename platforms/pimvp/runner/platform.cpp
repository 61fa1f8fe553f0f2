// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/platform.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/mapping/program_image.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/onnx/export.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace pimvp::runner {
namespace presets {
std::string_view embedded(std::string_view name);
std::string_view embedded_names(unsigned index);
}  // namespace presets

board::accelerator_types known_types() {
    board::accelerator_types types;
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>(
        "isaac_like", "ReRAM crossbars in tiles, weights resident (ISAAC, ISCA 2016)");
    return types;
}

std::vector<std::string> platform_names() {
    std::vector<std::string> names;
    for (unsigned i = 0; !presets::embedded_names(i).empty(); ++i) {
        names.push_back(std::filesystem::path(presets::embedded_names(i)).stem().string());
    }
    return names;
}

platform load_platform(const std::string& name, const std::vector<std::string>& overrides,
                       board::accelerator_types types) {
    const bool is_file = name.find('/') != std::string::npos ||
                         std::filesystem::path(name).extension() == ".yaml" ||
                         std::filesystem::path(name).extension() == ".yml";
    const auto resolve = [](const std::string& preset) -> std::optional<core::preset_text> {
        const std::string file = preset + ".yaml";
        const std::string_view text = presets::embedded(file);
        if (text.empty()) return std::nullopt;
        return core::preset_text{std::string(text), file};
    };
    if (!is_file && !resolve(name)) {
        throw core::user_error("--platform", "unknown platform " + core::quoted(name) +
                                                 core::did_you_mean(name, platform_names()));
    }
    platform loaded;
    loaded.name = is_file ? std::filesystem::path(name).stem().string() : name;
    loaded.document = core::document::load(name, resolve);
    for (const std::string& each : overrides) loaded.document.set(each);
    loaded.types = std::move(types);
    loaded.params = board::read_board(loaded.document, loaded.types);
    loaded.accelerator = loaded.params.accelerators.begin()->first;
    return loaded;
}

const isaac_like::isaac_like_params& platform::isaac() const {
    const auto& entry = params.accelerators.at(accelerator);
    const auto* found = entry.settings->as<isaac_like::isaac_like_params>();
    if (found == nullptr) {
        throw core::user_error("accelerators." + accelerator,
                               "no mapper for type " + core::quoted(entry.type));
    }
    return *found;
}

void set_chips(platform& target, std::uint32_t chips) {
    target.document.set("accelerators." + target.accelerator +
                        ".params.chips=" + std::to_string(chips));
    target.params = board::read_board(target.document, target.types);
}

std::string fingerprint_in(const std::vector<std::uint8_t>& image) {
    return mapping::to_hex(accel::header_in(image).network_hash);
}

mapped map_to(const nn::network& network, platform target, mapping_of wanted,
              std::uint32_t first_tile) {
    const auto machine = [first_tile](const platform& of) {
        isaac_like::machine made = isaac_like::machine_of(of.isaac());
        made.first_tile = first_tile;
        return made;
    };
    mapped result;
    result.placement = isaac_like::place(network, machine(target));
    if (target.isaac().chips == 0) set_chips(target, result.placement.chips);
    if (wanted == mapping_of::placement) {
        result.fingerprint = nn::fingerprint(network);
    } else {
        std::vector<mapping::section> more;
        if (wanted == mapping_of::file) {
            const std::string onnx = onnx::export_bytes(network);
            more.push_back({static_cast<std::uint32_t>(accel::section_kind::network),
                            {onnx.begin(), onnx.end()}});
        }
        result.image = isaac_like::map_network(network, machine(target),
                                               isaac_like::config_hash(target.isaac()),
                                               &result.placement, more);
        result.fingerprint = fingerprint_in(result.image);
    }
    result.target = std::move(target);
    return result;
}

}  // namespace pimvp::runner
