// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/board_params.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/isaac_like/params.h>

#include <pimvp/core/document.h>
#include <pimvp/nn/network.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pimvp::runner {

/// A platform document, read: what to build and what a mapper must know of it.
struct platform {
    std::string name;
    core::document document;
    board::board_params params;
    board::accelerator_types types;  ///< what the document may name
    std::string accelerator;         ///< the one that runs the network: the first by name

    /// Throws core::user_error if that accelerator is of a family without a mapper here.
    [[nodiscard]] const isaac_like::isaac_like_params& isaac() const;
};

/// A network on a platform: placement, program image, and the platform it was made for.
struct mapped {
    platform target;  ///< with the number of chips filled in
    isaac_like::placement placement;
    std::vector<std::uint8_t> image;
    std::string fingerprint;  ///< of the network (nn/fingerprint.h)
};

/// Every accelerator family of this program.
board::accelerator_types known_types();
/// The presets by name.
std::vector<std::string> platform_names();
/// Reads a preset or FILE.yaml and applies `path=value` overrides. Throws core::user_error.
/// `types`: known_types(), or the same families with parts of your own (reram::parts).
platform load_platform(const std::string& name, const std::vector<std::string>& overrides,
                       board::accelerator_types types = known_types());
/// Gives the accelerator that many chips.
void set_chips(platform& target, std::uint32_t chips);
/// What nn::fingerprint() said of the network when its program was made. Precondition: a program
/// image.
std::string fingerprint_in(const std::vector<std::uint8_t>& image);
/// What map_to() makes.
enum class mapping_of {
    placement,  ///< no image
    program,    ///< an image to run
    file        ///< the same with the network in it, for read_program()
};
/// Places the network from tile `first_tile` on; `chips: 0` becomes as many as it needs. Throws
/// core::user_error.
mapped map_to(const nn::network& network, platform target, mapping_of wanted,
              std::uint32_t first_tile = 0);

}  // namespace pimvp::runner
