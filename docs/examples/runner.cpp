// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

using namespace pimvp;

std::uint32_t chips_for(const std::string& network) {
    runner::workload_options options;
    options.network = network;  // a shipped name or FILE.onnx
    const runner::workload work = runner::load_workload(options, false);
    const runner::platform target =
        runner::load_platform("isaac_like", {"accelerators.npu.params.runs_in_flight=8"});
    return runner::map_to(work.network, target, runner::mapping_of::placement).placement.chips;
}
// page ends
