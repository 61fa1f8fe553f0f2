// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_encoder.h>
#include <pimvp/reram/messages.h>

#include <pimvp/bus/payload_pool.h>

#include <cstdint>
#include <cstring>
#include <tlm>
#include <vector>

/// Making the messages an IMA takes and reading those it gives (messages.h), for whoever drives an
/// IMA without a tile.
///
/// \code
///     const auto image = reram::encode_crossbar(weights, 8, params.crossbar);
///     commands.send(reram::make_ima_program(commands.pool(), image, 0));
///     reram::ima_multiply_header multiply;
///     multiply.crossbar_mask = 1;
///     commands.send(reram::make_ima_multiply(commands.pool(), multiply, inputs));
/// \endcode
namespace pimvp::reram {

/// Where the weights of an array stand in the matrix that an IMA multiplies with.
struct ima_place {
    std::uint16_t row_block = 0;     ///< which slice of the inputs drives the rows
    std::uint32_t first_output = 0;  ///< which sum the first column of weights adds to
};

/// Writes `image` into an array.
[[nodiscard]] inline bus::message make_ima_program(bus::payload_pool& pool,
                                                   const crossbar_image& image,
                                                   std::uint16_t crossbar,
                                                   const ima_place& place = {}) {
    ima_program_header header;
    header.crossbar = crossbar;
    header.rows = static_cast<std::uint16_t>(image.layout.rows);
    header.columns = static_cast<std::uint16_t>(image.layout.columns);
    header.weight_bits = static_cast<std::uint8_t>(image.layout.weight_bits);
    header.cells_per_weight = static_cast<std::uint8_t>(image.layout.cells_per_weight);
    header.row_block = place.row_block;
    header.first_output = place.first_output;
    header.outputs = image.layout.outputs();
    bus::message made = pool.allocate_for(header, image.bytes.size());
    std::memcpy(made.data() + sizeof(header), image.bytes.data(), image.bytes.size());
    return made;
}

/// Streams `inputs` (row_blocks times the rows of an array) through the arrays of the mask.
/// `element_bytes` follows from `input_bits`. `planes`: of each row block, if header.cycles is not
/// 0.
[[nodiscard]] inline bus::message make_ima_multiply(bus::payload_pool& pool,
                                                    ima_multiply_header header,
                                                    const std::vector<int>& inputs,
                                                    const std::vector<std::uint16_t>& planes = {}) {
    header.element_bytes = header.input_bits > 8 ? 2 : 1;
    bus::message made =
        pool.allocate_for(header, inputs.size() * header.element_bytes + 2 * planes.size());
    std::uint8_t* to = made.data() + sizeof(header);
    for (const int input : inputs) {
        const auto element = static_cast<std::uint16_t>(input);
        std::memcpy(to, &element, header.element_bytes);
        to += header.element_bytes;
    }
    if (!planes.empty()) std::memcpy(to, planes.data(), 2 * planes.size());
    return made;
}

/// The sums of a result message. Precondition: it is a whole one.
[[nodiscard]] inline std::vector<std::int64_t> ima_sums(const tlm::tlm_generic_payload& payload) {
    std::vector<std::int64_t> sums(bus::header_of<ima_result_header>(payload).outputs);
    std::memcpy(sums.data(), bus::tail_of<ima_result_header>(payload),
                sums.size() * sizeof(std::int64_t));
    return sums;
}

}  // namespace pimvp::reram
