// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <platform/isaac_like/exact_work.h>
#include <support/catch.h>

#include <pimvp/accel/common_regs.h>
#include <pimvp/board/board.h>
#include <pimvp/core/context.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/mapper.h>

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

namespace isaac_like_test {

/// A board with small ISAAC-like accelerators, a protocol checker on every memory-mapped
/// connection. Four chips of two tiles each, two IMAs a tile, two crossbars of 32 x 64 cells an
/// IMA: residual_network spreads over two chips, and one of its layers over several tiles.
/// `quantiser`: parameters of the tiles' quantisers as YAML, if they have some; `settings`: further
/// parameters of the accelerators, as path=value. With either there are eight chips.
struct isaac_bench {
    pimvp::core::context context;
    pimvp::isaac_like::isaac_like_params params;
    pimvp::board::board board;

    explicit isaac_bench(pimvp::core::coding_style style,
                         const std::vector<std::string>& accelerators = {"npu"},
                         const std::string& quantiser = {},
                         const std::vector<std::string>& settings = {});

    [[nodiscard]] pimvp::board::device& device(const std::string& name = "npu") {
        return board.device_named(name);
    }
    [[nodiscard]] pimvp::isaac_like::accelerator& unit(const std::string& name = "npu");

    /// The program of a network for these accelerators.
    [[nodiscard]] std::vector<std::uint8_t> image(
        const pimvp::nn::network& network, std::uint32_t first_tile = 0,
        pimvp::isaac_like::placement* placed = nullptr) const;

    /// The host's software; afterwards everything must have come home.
    void run(const std::function<void()>& body);

    // from the body
    [[nodiscard]] std::uint32_t get(std::uint32_t offset, const std::string& name = "npu");
    void set(std::uint32_t offset, std::uint32_t value, const std::string& name = "npu");
    /// Runs images of `work` together, as many as there are; CHECKs their outputs.
    void check_runs(const pimvp::board::loaded_program& program, const exact_work& work,
                    const std::string& name = "npu");
    /// No payload is on its way any more. Needs an idle board and takes 1 us.
    void check_home();

    /// Sum of one counter over all blocks of an accelerator.
    [[nodiscard]] std::uint64_t counted(const std::string& counter,
                                        const std::string& name = "npu") const;

    static void wait_fs(std::uint64_t fs);
};

}  // namespace isaac_like_test
