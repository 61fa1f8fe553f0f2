// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/cpu/debug_agent.h>
#include <pimvp/cpu/elf.h>
#include <pimvp/cpu/iss.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::runner {

/// What simulates the instructions of cores in this build; empty if there is nothing.
cpu::iss_factory known_iss();

/// A network that firmware finds in memory: its program, inputs, and room for outputs.
struct firmware_network {
    workload work;
    mapped program;
    std::string accelerator;
};

/// Bytes of a file that firmware finds at an address.
struct firmware_blob {
    std::string bytes;
    std::uint64_t address = 0;
    std::string name;  ///< for messages
};

struct firmware_options {
    core::context_options context;
    std::uint64_t limit_fs = 0;      ///< simulated time, 0 = none
    std::ostream* trace = nullptr;   ///< Chrome trace-event JSON
    std::ostream* serial = nullptr;  ///< what the UART and semihosting write
    std::vector<firmware_blob> blobs;
    /// Debuggers by name of the core; they outlive the run.
    std::map<std::string, cpu::debug_agent*> debuggers;
};

struct core_result {
    std::uint64_t instructions = 0;
    std::uint64_t cycles = 0;
    std::map<std::string, std::uint64_t> by_class;  ///< instructions; those that occurred
};

struct network_result {
    std::string name, sha256, integers_sha256, accelerator;
    std::size_t inferences = 0;
    bool exact = true;             ///< every output must be the reference's
    std::uint64_t elements = 0;    ///< of all outputs of all inferences
    std::uint64_t mismatches = 0;  ///< of them, that differ from the integer reference
};

/// What a run of firmware gave. Times in fs, energies in J.
struct firmware_outcome {
    int code = 0;  ///< what the first core, by name, ended with
    std::uint64_t end_fs = 0;
    std::map<std::string, core_result> cores;
    std::vector<network_result> networks;
    core::energy_report energy;  ///< from time 0 to end_fs
    std::string map;             ///< address and interrupt map as a table
};

/// Maps the networks, one behind the other on each accelerator. `names`: NAME, which runs on the
/// first accelerator, or NAME@ACCELERATOR. All have as many inputs. Throws core::user_error.
std::vector<firmware_network> map_for_firmware(const std::vector<std::string>& names,
                                               const workload_options& data, platform& target);

/// Simulates a board until its first core, by name, ends its program: the payload (see
/// accel/driver/pimvp_payload.h) is placed behind the firmware, outputs are compared with the
/// integer reference. Throws core::user_error if something does not fit, and
/// board::accelerator_error if nothing moves any more, the limit has passed or a core locks up.
firmware_outcome run_firmware(const platform& target, const cpu::elf_program& firmware,
                              std::vector<firmware_network> networks,
                              const firmware_options& options);

}  // namespace pimvp::runner
