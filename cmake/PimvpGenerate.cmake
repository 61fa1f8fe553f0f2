# SPDX-License-Identifier: Apache-2.0
# Headers made from YAML at build time, by our own programs. Also installed: an outside project
# gets these functions from find_package(pimvp).

# pimvp_card(TARGET PREFIX card.yaml): compiles the technology card to <PREFIX/cards/<stem>_card.h>,
# with namespace pimvp::<last word of PREFIX>::cards::<name of the card>. PREFIX inside the library:
# pimvp/<room>; outside: your own, e.g. my_adc. The header becomes a public include of TARGET in
# the build tree.
function(pimvp_card target prefix card)
    cmake_path(ABSOLUTE_PATH card BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    cmake_path(GET card STEM stem)
    set(folder "${PROJECT_BINARY_DIR}/generated")
    set(header "${folder}/${prefix}/cards/${stem}_card.h")
    cmake_path(GET prefix FILENAME room)
    set(compiler pimvp::card_compiler)
    if(TARGET pimvp_card_compiler)
        set(compiler pimvp_card_compiler)
    endif()
    add_custom_command(OUTPUT "${header}"
        COMMAND ${compiler} "${card}" ${room} "${header}"
        DEPENDS ${compiler} "${card}"
        COMMENT "Card ${room}/${stem}" VERBATIM)
    target_sources(${target} PRIVATE "${header}")
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${folder}>)
endfunction()

# pimvp_registers(TARGET PREFIX bank.regs.yaml): compiles the description of a register bank to
#   <PREFIX/bank_regs.h>           the C++ bank, in namespace pimvp::<last word of PREFIX>;
#                                  compiled as C: the same as
#   <PREFIX/bank_regs_c.h>         the C header: offsets, reset values, masks
#   <build>/docs/registers/bank.md its table for people
# PREFIX as for pimvp_card().
function(pimvp_registers target prefix description)
    cmake_path(ABSOLUTE_PATH description BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    cmake_path(GET description FILENAME bank)
    string(REGEX REPLACE "\\.regs\\.yaml$" "" bank "${bank}")
    set(folder "${PROJECT_BINARY_DIR}/generated")
    set(outputs "${folder}/${prefix}/${bank}_regs.h" "${folder}/${prefix}/${bank}_regs_c.h"
                "${PROJECT_BINARY_DIR}/docs/registers/${bank}.md")
    set(compiler pimvp::register_compiler)
    if(TARGET pimvp_register_compiler)
        set(compiler pimvp_register_compiler)
    endif()
    add_custom_command(OUTPUT ${outputs}
        COMMAND ${compiler} "${description}" ${prefix} ${outputs}
        DEPENDS ${compiler} "${description}"
        COMMENT "Registers ${prefix}/${bank}" VERBATIM)
    target_sources(${target} PRIVATE ${outputs})
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${folder}>)
endfunction()
