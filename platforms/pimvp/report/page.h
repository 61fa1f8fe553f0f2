// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/report/recorded_run.h>
#include <pimvp/report/study.h>

#include <optional>
#include <string>
#include <vector>

namespace pimvp::report {

/// One HTML file with everything in it, style sheet and drawings included: what ran, results,
/// energy by component and layer, latency and utilisation by layer, bits that were streamed, and a
/// study's curves. The first run is what the others are compared with. Same input, same bytes.
/// Precondition: one run at least.
std::string page(const std::vector<recorded_run>& runs, const std::optional<study>& curves);

}  // namespace pimvp::report
