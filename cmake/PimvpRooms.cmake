# SPDX-License-Identifier: Apache-2.0
# One room = one folder = one library target: pimvp_<room>, known to everybody as pimvp::<room>.
include(PimvpGenerate)

# The warnings everything of ours is built with. An interface library, so that programs and tests
# can link it too; no installed target refers to it.
set(PIMVP_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${PIMVP_WERROR}>:-Werror>)
add_library(pimvp_options INTERFACE)
target_compile_options(pimvp_options INTERFACE ${PIMVP_WARNINGS})

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
        COMMENT "Embedding files into ${target}")
    target_sources(${target} PRIVATE "${source}")
endfunction()
