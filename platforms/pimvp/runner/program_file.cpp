// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/program_file.h>

#include <pimvp/accel/image_reader.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/mapping/program_image.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/onnx/import.h>

#include <cstring>
#include <utility>

namespace pimvp::runner {
namespace {

constexpr std::uint32_t most_chips = 64;  // as isaac_like_params::chips

/// The checks of an accelerator's loader, but for what only an accelerator can know.
accel::image_reader reader_of(const std::vector<std::uint8_t>& image) {
    const auto fetch = [&image](std::uint64_t address, void* to, std::size_t bytes) {
        if (address > image.size() || bytes > image.size() - address) {
            throw accel::job_fault{accel::error_code::bad_program, address, "the file ends early"};
        }
        std::memcpy(to, image.data() + address, bytes);
    };
    accel::program_header header;
    fetch(0, &header, sizeof header);
    return {fetch, [] { return false; }, 0, image.size(), header.family, header.config_hash};
}

std::string network_section(accel::image_reader& reader) {
    for (const accel::section_entry& s : reader.sections()) {
        if (s.kind != static_cast<std::uint32_t>(accel::section_kind::network)) continue;
        std::string bytes(s.bytes, '\0');
        reader.read(s.offset, bytes.data(), bytes.size());
        return bytes;
    }
    throw accel::job_fault{accel::error_code::bad_program, 0, "it does not hold its network"};
}

}  // namespace

program_file read_program(const std::string& path) {
    program_file program;
    program.path = path;
    const std::string bytes = core::read_file(path);
    program.image.assign(bytes.begin(), bytes.end());
    accel::hash256 network_hash{};
    std::string onnx;
    try {
        accel::image_reader reader = reader_of(program.image);
        program.config_hash = reader.header().config_hash;
        network_hash = reader.header().network_hash;
        onnx = network_section(reader);
    } catch (const accel::job_fault& fault) {
        throw core::user_error(path, "is no program to run (byte " + std::to_string(fault.address) +
                                         ": " + fault.text +
                                         "): make one with pimvp map --out FILE");
    }
    onnx::imported file = onnx::import_bytes(onnx, path);
    if (!file.is_integer()) {
        throw core::user_error(path, "holds a float network: make it again with pimvp map");
    }
    program.network = std::move(*file.integer);
    if (nn::fingerprint(program.network) != mapping::to_hex(network_hash)) {
        throw core::user_error(path,
                               "holds another network than it was mapped from: it is "
                               "damaged, make it again with pimvp map");
    }
    return program;
}

mapped map_from(program_file program, platform target) {
    const std::uint32_t given = target.isaac().chips;
    isaac_like::isaac_like_params params = target.isaac();
    for (std::uint32_t chips = 1; chips <= most_chips; ++chips) {
        if (given != 0 && chips != given) continue;
        params.chips = chips;
        if (isaac_like::config_hash(params) != program.config_hash) continue;
        if (given == 0) set_chips(target, chips);
        mapped result = map_to(program.network, std::move(target), mapping_of::placement);
        result.image = std::move(program.image);
        result.fingerprint = fingerprint_in(result.image);
        return result;
    }
    throw core::user_error(program.path, "was made for another machine than " +
                                             core::quoted(target.name) +
                                             ": name its platform with --platform and the "
                                             "same --set, or map the network again");
}

}  // namespace pimvp::runner
