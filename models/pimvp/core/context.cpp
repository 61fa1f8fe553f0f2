// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/context.h>

#include <utility>

namespace pimvp::core {

context::~context() {
    m_services.clear();
    while (!m_owned.empty()) m_owned.pop_back();
}

void context::start_trace(std::ostream& out, trace_options options) {
    m_trace = std::make_unique<core::trace>(out, std::move(options));
}

}  // namespace pimvp::core
