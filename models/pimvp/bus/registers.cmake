# SPDX-License-Identifier: Apache-2.0
# Host tool and rule: a register description (*.regs.yaml) to C++ bank, C header and table.
add_library(bus_register_tool STATIC tools/register_description.cpp tools/register_writers.cpp)
target_include_directories(bus_register_tool PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/tools>)
target_link_libraries(bus_register_tool PUBLIC pimvp::core_base
                      PRIVATE $<BUILD_INTERFACE:pimvp_options>)
add_executable(pimvp_register_compiler tools/register_compiler.cpp)
target_link_libraries(pimvp_register_compiler PRIVATE bus_register_tool pimvp_options)

# pimvp_registers(TARGET x.regs.yaml): for a room's target pimvp_<room>, generates
#   <pimvp/<room>/x_regs.h>      the C++ bank; compiled as C: the same as
#   <pimvp/<room>/x_regs_c.h>    the C header: offsets, reset values, masks
#   <build>/docs/registers/x.md  the table of the model's page
function(pimvp_registers target description)
    get_filename_component(source "${description}" ABSOLUTE)
    get_filename_component(stem "${description}" NAME)
    string(REGEX REPLACE "\\.regs\\.yaml$" "" stem "${stem}")
    string(REGEX REPLACE "^pimvp_" "" room "${target}")
    set(folder "${PROJECT_BINARY_DIR}/generated/pimvp/${room}")
    set(table "${PROJECT_BINARY_DIR}/docs/registers/${stem}.md")
    set(outputs "${folder}/${stem}_regs.h" "${folder}/${stem}_regs_c.h" "${table}")
    add_custom_command(OUTPUT ${outputs}
        COMMAND pimvp_register_compiler "${source}" ${room} ${outputs}
        DEPENDS pimvp_register_compiler "${source}"
        COMMENT "Registers ${room}/${stem}")
    target_sources(${target} PRIVATE ${outputs})
    target_include_directories(${target} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
endfunction()
