// SPDX-License-Identifier: Apache-2.0
#include <pimvp/accel/program.h>

#include <cstring>

namespace pimvp::accel {

program_header header_in(const std::vector<std::uint8_t>& image) {
    program_header header;
    if (image.size() >= sizeof header) std::memcpy(&header, image.data(), sizeof header);
    return header;
}

std::vector<tensor_descriptor> tensors_in(const std::vector<std::uint8_t>& image) {
    const program_header header = header_in(image);
    for (std::uint32_t i = 0; i < header.sections; ++i) {
        section_entry section;
        const std::size_t place = sizeof header + i * sizeof section;
        if (place + sizeof section > image.size()) break;
        std::memcpy(&section, image.data() + place, sizeof section);
        if (section.kind != static_cast<std::uint32_t>(section_kind::tensors)) continue;
        if (section.offset > image.size() || section.bytes > image.size() - section.offset) break;
        std::vector<tensor_descriptor> tensors(section.bytes / sizeof(tensor_descriptor));
        if (!tensors.empty()) {
            std::memcpy(tensors.data(), image.data() + section.offset,
                        tensors.size() * sizeof(tensor_descriptor));
        }
        return tensors;
    }
    return {};
}

}  // namespace pimvp::accel
