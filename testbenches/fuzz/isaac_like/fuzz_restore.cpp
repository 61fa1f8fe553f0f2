// SPDX-License-Identifier: Apache-2.0
// Any bytes as the saved state of an ISAAC-like accelerator. It refuses them with a format_error,
// or becomes what they say: then it is idle, and what it saves brings it back to the same state.
#include <fuzz/isaac_like/simulation.h>
#include <fuzz/isaac_like/small_machine.h>
#include <support/main_stack.h>

#include <pimvp/board/board.h>
#include <pimvp/core/checkpoint.h>
#include <pimvp/core/setup.h>
#include <pimvp/isaac_like/accelerator.h>

#include <cstddef>
#include <cstdint>
#include <systemc>
#include <vector>

namespace {

using namespace pimvp;
using fuzz::require;

struct machine {
    board::board_params params = fuzz::small_board();
    core::context context;
    board::board board{"board", context, params};
    isaac_like::accelerator& npu =
        dynamic_cast<isaac_like::accelerator&>(board.accelerator_named("npu"));

    machine() {
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        support::announce_main_stack();
    }

    bool restore(const std::uint8_t* data, std::size_t bytes) {
        core::byte_reader from(data, bytes);
        try {
            npu.restore(from);
        } catch (const core::format_error&) {
            return false;
        }
        return true;
    }
    [[nodiscard]] std::vector<std::uint8_t> saved() const {
        require(npu.busy().empty(), "a restored accelerator is busy");
        core::byte_writer to;
        npu.save(to);
        return to.bytes();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    static machine* const one = [] {  // lives as long as the simulation: the process
        core::simulation_setup();
        return new machine;
    }();
    if (!one->restore(data, bytes)) return 0;
    const std::vector<std::uint8_t> first = one->saved();
    require(one->restore(first.data(), first.size()), "its own state is refused");
    require(one->saved() == first, "its own state brings back another one");
    return 0;
}
