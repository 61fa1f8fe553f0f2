// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/accelerator.h>

// page begins
#include <pimvp/board/board.h>

using namespace pimvp;

void save_loaded(board::board& platform, const std::vector<std::uint8_t>& image) {
    platform.run([&] {
        static_cast<void>(platform.device_named("left").load(image));
        while (!platform.busy().empty()) sc_core::wait(1, sc_core::SC_US);  // behind RUNs
        platform.save("loaded.pmck");
    });
}

/// In another process, on a board that was built from the same document.
board::tensor_bytes run_restored(board::board& platform, const board::tensor_bytes& input) {
    board::tensor_bytes output;
    platform.run([&] {
        platform.restore("loaded.pmck");
        board::device& left = platform.device_named("left");
        output = left.run(left.programs().at(0), {input}).outputs.at(0);  // no LOAD
    });
    return output;
}
// page ends
