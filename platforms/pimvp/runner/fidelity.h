// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/ima_params.h>

#include <cstdint>
#include <string>

namespace pimvp::runner {

/// What a run's integers are: "bit-exact" if they must be the reference's, else what makes them
/// differ, and the seed it was drawn with.
[[nodiscard]] std::string fidelity_of(const reram::ima_params& params, std::uint64_t seed);

}  // namespace pimvp::runner
