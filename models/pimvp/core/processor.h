// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which instructions of this computer inner loops may use. Results never depend on it.
namespace pimvp::core {

enum class instruction_set {
    portable,  ///< what every x86-64 has, or plain C++ elsewhere
    avx2,
    avx512
};

bool processor_has(instruction_set set);

/// The best this processor has, but no more than limit_instruction_set() allows.
instruction_set best_instruction_set();

/// For benches and comparisons. Before the first computation of the process; loops that are chosen
/// stay chosen.
void limit_instruction_set(instruction_set most);

}  // namespace pimvp::core
