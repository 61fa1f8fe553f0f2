# SPDX-License-Identifier: Apache-2.0
# One room = one folder = one library target: pimvp_<room>, known to everybody as pimvp::<room>.
include(PimvpGenerate)

# The warnings everything of ours is built with. An interface library, so that programs and tests
# can link it too; no installed target refers to it.
set(PIMVP_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${PIMVP_WERROR}>:-Werror>)
add_library(pimvp_options INTERFACE)
target_compile_options(pimvp_options INTERFACE ${PIMVP_WARNINGS})

# Sources that are only compiled for their warnings need neither sanitizers nor symbols.
set(PIMVP_PLAIN_COMPILE -fno-sanitize=all -O0 -g0)

# Headers precompiled once for the rooms that link SystemC, and once each for the test programs that
# run and for those that are only compiled, which have other flags.
if(PIMVP_PCH)
    file(WRITE "${PROJECT_BINARY_DIR}/pch/empty.cpp" "")
    foreach(owner pimvp_room_pch pimvp_test_pch pimvp_plain_pch)
        add_library(${owner} OBJECT "${PROJECT_BINARY_DIR}/pch/empty.cpp")
        target_link_libraries(${owner} PRIVATE SystemC::systemc)
        target_precompile_headers(${owner} PRIVATE
            <algorithm> <filesystem> <functional> <map> <string> <systemc> <tlm> <vector>)
    endforeach()
    set_target_properties(pimvp_room_pch PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_options(pimvp_room_pch PRIVATE ${PIMVP_WARNINGS} -ffp-contract=off)
    target_link_libraries(pimvp_test_pch PRIVATE pimvp_options)
    target_link_libraries(pimvp_plain_pch PRIVATE pimvp_options)
    target_compile_options(pimvp_plain_pch PRIVATE ${PIMVP_PLAIN_COMPILE})
    if(PIMVP_BUILD_TESTS)
        target_precompile_headers(pimvp_test_pch PRIVATE <catch2/catch.hpp>)
        target_precompile_headers(pimvp_plain_pch PRIVATE <catch2/catch.hpp>)
    endif()
endif()

# pimvp_precompile(TARGET OWNER): TARGET uses the headers precompiled for OWNER, with PIMVP_PCH.
# A target that also has C sources does without: CMake asks for the headers in C, too.
function(pimvp_precompile target owner)
    get_target_property(sources ${target} SOURCES)
    if(PIMVP_PCH AND NOT sources MATCHES "\\.c(;|$)")
        target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
endfunction()

# pimvp_rooms(FOLDER room...): add each room's folder. PIMVP_ONLY_ROOMS (a developer's shortcut)
# leaves out all others.
macro(pimvp_rooms folder)
    foreach(room ${ARGN})
        if(EXISTS "${PROJECT_SOURCE_DIR}/${folder}/${room}/CMakeLists.txt"
           AND (NOT PIMVP_ONLY_ROOMS OR room IN_LIST PIMVP_ONLY_ROOMS))
            add_subdirectory(${folder}/${room})
            set_property(GLOBAL APPEND PROPERTY PIMVP_ROOM_FOLDERS
                         "${PROJECT_SOURCE_DIR}/${folder}/${room}")
        endif()
    endforeach()
endmacro()

# pimvp_export(TARGET): TARGET, called pimvp_<name>, becomes part of the package as pimvp::<name>.
# For what pimvp_room() does not make itself: a further library, a generator of headers.
function(pimvp_export target)
    string(REGEX REPLACE "^pimvp_" "" name ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    set_property(GLOBAL APPEND PROPERTY PIMVP_EXPORTED ${target})
endfunction()

# pimvp_room(NAME SOURCES a.cpp ... [LINK targets...] [PRIVATE_LINK targets...] [CARDS x.yaml ...])
# CARDS are compiled to headers <pimvp/NAME/cards/x_card.h> (see PimvpGenerate.cmake).
function(pimvp_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LINK;PRIVATE_LINK;CARDS" ${ARGN})
    set(target pimvp_${name})
    add_library(${target} STATIC ${ROOM_SOURCES})
    add_library(pimvp::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    pimvp_export(${target})
    target_include_directories(${target} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/models>
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/platforms>
        $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_compile_features(${target} PUBLIC cxx_std_17)
    # Floats that decide anything must come out the same on every host: no fused multiply-add.
    target_compile_options(${target} PRIVATE ${PIMVP_WARNINGS} -ffp-contract=off)
    target_link_libraries(${target} PUBLIC ${ROOM_LINK} PRIVATE ${ROOM_PRIVATE_LINK})
    if(SystemC::systemc IN_LIST ROOM_LINK)
        pimvp_precompile(${target} pimvp_room_pch)
    endif()
    foreach(card ${ROOM_CARDS})
        pimvp_card(${target} pimvp/${name} "${card}")
    endforeach()
endfunction()

# pimvp_embed(TARGET SYMBOL_NAMESPACE files...): each file as a std::string_view in one generated
# source; declared as   namespace <ns> { std::string_view embedded(std::string_view file_name); }
function(pimvp_embed target namespace)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cpp")
    set(paths "")
    foreach(file ${ARGN})
        list(APPEND paths "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    endforeach()
    string(REPLACE ";" "|" joined "${paths}")
    add_custom_command(OUTPUT "${source}"
        COMMAND ${CMAKE_COMMAND} "-DFILES=${joined}" "-DNAMESPACE=${namespace}" "-DOUTPUT=${source}"
                -P "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
        DEPENDS ${paths} "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
        COMMENT "Embedding files into ${target}"
        VERBATIM)
    target_sources(${target} PRIVATE "${source}")
endfunction()
