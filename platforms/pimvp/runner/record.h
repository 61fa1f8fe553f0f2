// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/execute.h>
#include <pimvp/runner/firmware.h>

#include <nlohmann/json.hpp>
#include <string>

namespace pimvp::runner {

/// The deterministic record of a run: SI units in the keys, stable order, nothing of this host.
nlohmann::ordered_json run_record(const workload& work, const mapped& program,
                                  const execute_options& options, const run_outcome& outcome);

/// vp.json: stable key order, SI units in key names.
nlohmann::ordered_json firmware_record(const platform& target, const std::string& firmware_sha256,
                                       const firmware_options& options,
                                       const firmware_outcome& outcome);

/// Where a run leaves its record.
class record_folder {
public:
    /// Makes the folder if need be and proves that files can be written in it, before a long run.
    /// Throws core::user_error.
    explicit record_folder(std::string path);
    /// Removes a folder that it made and that stayed empty: the run failed.
    ~record_folder();
    record_folder(const record_folder&) = delete;
    record_folder& operator=(const record_folder&) = delete;

    [[nodiscard]] const std::string& path() const { return m_path; }
    /// Writes run.json, host.json and outputs.npy, each completely or not at all.
    void write(const nlohmann::ordered_json& record, const run_outcome& outcome) const;

private:
    const std::string m_path;
    bool m_made = false;
};

}  // namespace pimvp::runner
