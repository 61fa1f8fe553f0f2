// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/accelerator_types.h>

namespace pimvp::board {

void accelerator_types::add_entry(const std::string& type, entry added) {
    if (!m_types.emplace(type, std::move(added)).second) {
        throw core::internal_error("accelerator type '" + type + "' is added twice");
    }
}

const accelerator_types::entry& accelerator_types::at(const std::string& type) const {
    const auto found = m_types.find(type);
    if (found == m_types.end()) {
        throw core::internal_error("accelerator type '" + type + "' is not known");
    }
    return found->second;
}

std::vector<std::string> accelerator_types::names() const {
    std::vector<std::string> all;
    for (const auto& known : m_types) all.push_back(known.first);
    return all;
}

const std::string& accelerator_types::sentence(const std::string& type) const {
    return at(type).sentence;
}

std::shared_ptr<accelerator_settings> accelerator_types::make(const std::string& type) const {
    if (!knows(type)) {
        throw core::user_error("type", "unknown accelerator " + core::quoted(type) +
                                           core::did_you_mean(type, names()));
    }
    return at(type).defaults->clone();
}

}  // namespace pimvp::board
