# SPDX-License-Identifier: Apache-2.0
# Host tool: a register description (*.regs.yaml) to C++ bank, C header and table. The rule is
# pimvp_registers() of PimvpGenerate.cmake.
add_library(bus_register_tool STATIC tools/register_description.cpp tools/register_writers.cpp)
target_link_libraries(bus_register_tool PUBLIC pimvp::core_base
                      PRIVATE $<BUILD_INTERFACE:pimvp_options>)
add_executable(pimvp_register_compiler tools/register_compiler.cpp)
target_link_libraries(pimvp_register_compiler PRIVATE bus_register_tool pimvp_options)
pimvp_export(pimvp_register_compiler)
