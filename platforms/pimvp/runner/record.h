// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/execute.h>

#include <nlohmann/json.hpp>
#include <string>

namespace pimvp::runner {

/// The deterministic record of a run: SI units in the keys, stable order, nothing of this host.
nlohmann::ordered_json run_record(const workload& work, const mapped& program,
                                  const execute_options& options, const run_outcome& outcome);

/// Makes the folder if need be and proves that files can be written in it, before a long run.
/// Throws core::user_error.
void prepare_folder(const std::string& folder);
/// Writes run.json, host.json and outputs.npy, each completely or not at all.
void write_record(const std::string& folder, const nlohmann::ordered_json& record,
                  const run_outcome& outcome);

}  // namespace pimvp::runner
