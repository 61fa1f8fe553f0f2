// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/cpu_params.h>

namespace pimvp::cpu {

cycle_model cpu_params::timing() const {
    cycle_model model;
    const auto set = [&model](instruction_class kind, const count& cycles) {
        model.cycles[static_cast<std::size_t>(kind)] = cycles.value;
    };
    set(instruction_class::alu, alu_cycles);
    set(instruction_class::load, load_cycles);
    set(instruction_class::store, store_cycles);
    set(instruction_class::branch, branch_cycles);
    set(instruction_class::jump, jump_cycles);
    set(instruction_class::multiply, multiply_cycles);
    set(instruction_class::divide, divide_cycles);
    set(instruction_class::atomic, atomic_cycles);
    set(instruction_class::system, system_cycles);
    set(instruction_class::floating, floating_cycles);
    set(instruction_class::float_divide, float_divide_cycles);
    model.taken = taken_cycles.value;
    model.trap = trap_cycles.value;
    return model;
}

}  // namespace pimvp::cpu
