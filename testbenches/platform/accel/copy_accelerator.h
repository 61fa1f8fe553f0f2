// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/front_end.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <systemc>
#include <vector>

/// The smallest complete accelerator: copies its input to its output, xor a key of the program.
namespace support {

constexpr std::uint32_t copy_family = 0x59504F43;  ///< "COPY"

struct copy_params {
    pimvp::accel::front_end_params front_end;
    std::uint32_t workers = 2;    ///< runs at the same time
    std::uint32_t programs = 2;   ///< resident at most
    bool looks_for_abort = true;  ///< false: load() is deaf, ABORT waits for it
    pimvp::core::graded<pimvp::core::duration> byte_time{pimvp::core::duration{1'000'000},
                                                         pimvp::core::assumed("test")};

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.group("front_end", p.front_end, "Host interface.");
        v.member("workers", p.workers, {1, 16}, "Runs at the same time.");
        v.member("programs", p.programs, {1, 16}, "Programs resident at most.");
        v.member("looks_for_abort", p.looks_for_abort, "load() ends early.");
        v.member("byte_time", p.byte_time, "Time to copy one byte.");
    }
};

/// What the program section of kind 256 holds.
struct copy_program {
    std::uint64_t bytes = 0;     ///< of the input and of the output
    std::uint8_t key = 0;        ///< xored to every byte
    std::uint8_t has_state = 0;  ///< a third tensor of one byte counts the runs
    std::uint8_t reserved[6] = {};
    std::uint64_t load_fs = 0;  ///< how long the load takes beside the DMA
};

/// A complete program image. `weights` bytes are read and summed when it is loaded.
std::vector<std::uint8_t> copy_image(const copy_program& program, std::size_t weights = 0);

class copy_accelerator : public pimvp::accel::front_end, public pimvp::accel::engine {
public:
    copy_accelerator(const sc_core::sc_module_name& name, pimvp::core::context& context,
                     const copy_params& params);

    const char* kind() const override { return "copy_accelerator"; }
    [[nodiscard]] std::uint32_t family() const override { return copy_family; }
    [[nodiscard]] const pimvp::accel::hash256& config_hash() const override { return m_hash; }
    [[nodiscard]] std::size_t programs() const { return m_programs.size(); }

private:
    struct program {
        copy_program what;
        std::vector<pimvp::accel::tensor_descriptor> tensors;
    };
    struct worker {
        std::optional<pimvp::accel::run_request> work;
        sc_core::sc_event wake;
    };

    void load(std::uint64_t handle, pimvp::accel::program_reader& image) override;
    void unload(std::uint64_t handle) override;
    [[nodiscard]] const std::vector<pimvp::accel::tensor_descriptor>& tensors(
        std::uint64_t handle) const override;
    [[nodiscard]] bool accepts(std::uint64_t handle) const override;
    void run(const pimvp::accel::run_request& request) override;
    void abort() override;
    void reset() override;
    void save_program(std::uint64_t handle, pimvp::core::byte_writer& to) const override;
    void restore_program(std::uint64_t handle, pimvp::core::byte_reader& from) override;

    void work(worker& me);
    std::optional<pimvp::accel::job_fault> execute(const pimvp::accel::run_request& request,
                                                   std::uint64_t epoch);

    const copy_params m_copy;
    pimvp::accel::hash256 m_hash{};
    std::map<std::uint64_t, program> m_programs;
    std::vector<std::unique_ptr<worker>> m_workers;
    std::uint64_t m_epoch = 0;  ///< of aborts
    sc_core::sc_event m_aborted;
};

}  // namespace support
