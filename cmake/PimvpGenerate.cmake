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
