// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/processor.h>

#include <atomic>

namespace pimvp::core {
namespace {

std::atomic<instruction_set> limit{instruction_set::avx512};

instruction_set of_this_processor() {
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") != 0 &&
                        __builtin_cpu_supports("avx512bw") != 0 &&
                        __builtin_cpu_supports("avx512vl") != 0;
    if (avx512) return instruction_set::avx512;
    if (avx2) return instruction_set::avx2;
#endif
    return instruction_set::portable;
}

}  // namespace

bool processor_has(instruction_set set) {
    static const instruction_set best = of_this_processor();
    return set <= best;
}

instruction_set best_instruction_set() {
    instruction_set best = limit;
    if (!processor_has(best)) best = of_this_processor();
    return best;
}

void limit_instruction_set(instruction_set most) {
    limit = most;
}

}  // namespace pimvp::core
