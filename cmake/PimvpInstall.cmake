# SPDX-License-Identifier: Apache-2.0
# Install rules and the CMake package.
#
#   <prefix>/bin/pimvp, pimvp_*_compiler        program and the generators of cards and registers
#   <prefix>/include/pimvp/<room>/*.h           one tree from models/, platforms/ and generated/
#   <prefix>/lib/libpimvp_<room>.a              targets pimvp::<room>
#   <prefix>/lib/cmake/pimvp/                   pimvpConfig.cmake, FindSystemC.cmake, generators
#   <prefix>/share/pimvp/networks/<name>/       shipped networks
#   <prefix>/share/pimvp/presets/<family>/      platform documents
#   <prefix>/share/pimvp/cards/<room>/          technology cards, to read and to copy from
include(CMakePackageConfigHelpers)

# Where the shipped networks and presets stand once installed, and the same as seen from the
# program's own folder (the package can be moved as a whole).
set(PIMVP_INSTALL_DATADIR "${CMAKE_INSTALL_DATADIR}/pimvp")
cmake_path(RELATIVE_PATH PIMVP_INSTALL_DATADIR BASE_DIRECTORY "${CMAKE_INSTALL_BINDIR}"
           OUTPUT_VARIABLE PIMVP_DATADIR_FROM_BIN)

# The find_dependency lines for the foreign targets our libraries link, privately too: a static
# library hands them on to whoever links it.
function(pimvp_dependency_lines out)
    set(all "")
    foreach(target ${ARGN})
        get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
        get_target_property(private ${target} LINK_LIBRARIES)
        list(APPEND all ${links} ${private})
    endforeach()
    set(lines "")
    foreach(row "SystemC::|SystemC" "Threads::|Threads" "^yaml-cpp|yaml-cpp" "^fmt::|fmt"
            "^nlohmann_json|nlohmann_json" "^OpenSSL::|OpenSSL" "^protobuf::|Protobuf"
            "^onnx|Protobuf" "^onnx|ONNX" "^TBB::|TBB")
        string(REPLACE "|" ";" row "${row}")
        list(GET row 0 pattern)
        list(GET row 1 package)
        list(FILTER all EXCLUDE REGEX "-NOTFOUND$")
        set(hits ${all})
        list(FILTER hits INCLUDE REGEX "${pattern}")
        if(hits)
            list(APPEND lines "find_dependency(${package})")
        endif()
    endforeach()
    if(all MATCHES "Unicorn::")  # needed only by who links pimvp::cpu_unicorn
        list(APPEND lines "find_package(Unicorn QUIET)")
    endif()
    set(components ${all})
    list(FILTER components INCLUDE REGEX "^Boost::")
    list(REMOVE_DUPLICATES components)
    list(REMOVE_ITEM components Boost::headers Boost::boost)
    list(TRANSFORM components REPLACE "^Boost::" "")
    if(components)
        list(JOIN components " " components)
        list(APPEND lines "find_dependency(Boost COMPONENTS ${components})")
    elseif(all MATCHES "Boost::")
        list(APPEND lines "find_dependency(Boost)")
    endif()
    list(REMOVE_DUPLICATES lines)
    list(JOIN lines "\n" lines)
    set(${out} "${lines}" PARENT_SCOPE)
endfunction()

# Copies FOLDER/<room>/<part> of every room that has it to share/pimvp/<part>/<room>.
function(pimvp_install_data folder part)
    file(GLOB rooms RELATIVE "${PROJECT_SOURCE_DIR}/${folder}"
         "${PROJECT_SOURCE_DIR}/${folder}/*/${part}")
    foreach(found ${rooms})
        cmake_path(GET found PARENT_PATH room)
        install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/${found}/"
                DESTINATION "${PIMVP_INSTALL_DATADIR}/${part}/${room}"
                FILES_MATCHING PATTERN "*.yaml")
    endforeach()
endfunction()

function(pimvp_install)
    get_property(exported GLOBAL PROPERTY PIMVP_EXPORTED)
    if(NOT exported)
        return()
    endif()
    install(TARGETS ${exported} EXPORT pimvp_targets ARCHIVE LIBRARY RUNTIME)
    if(TARGET pimvp)
        install(TARGETS pimvp RUNTIME)
    endif()

    set(package "${CMAKE_INSTALL_LIBDIR}/cmake/pimvp")
    pimvp_dependency_lines(PIMVP_DEPENDENCIES ${exported})
    configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/pimvpConfig.cmake.in"
        "${PROJECT_BINARY_DIR}/package/pimvpConfig.cmake" INSTALL_DESTINATION "${package}"
        PATH_VARS PIMVP_INSTALL_DATADIR)
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/pimvpConfigVersion.cmake"
        COMPATIBILITY SameMinorVersion)
    install(EXPORT pimvp_targets NAMESPACE pimvp:: FILE pimvpTargets.cmake
            DESTINATION "${package}")
    install(FILES "${PROJECT_BINARY_DIR}/package/pimvpConfig.cmake"
                  "${PROJECT_BINARY_DIR}/package/pimvpConfigVersion.cmake"
                  "${PROJECT_SOURCE_DIR}/cmake/FindSystemC.cmake"
                  "${PROJECT_SOURCE_DIR}/cmake/FindUnicorn.cmake"
                  "${PROJECT_SOURCE_DIR}/cmake/PimvpGenerate.cmake"
            DESTINATION "${package}")

    # Headers, and the driver's C sources, which firmware compiles itself.
    get_property(folders GLOBAL PROPERTY PIMVP_ROOM_FOLDERS)
    list(FILTER folders EXCLUDE REGEX "/cli$")
    foreach(folder ${folders} "${PROJECT_BINARY_DIR}/generated/pimvp")
        set(destination "${CMAKE_INSTALL_INCLUDEDIR}/pimvp")
        if(folder MATCHES "/generated/pimvp$")
            set(destination "${CMAKE_INSTALL_INCLUDEDIR}")
        endif()
        install(DIRECTORY "${folder}" DESTINATION "${destination}"
                FILES_MATCHING PATTERN "*.h" PATTERN "driver/*.c" PATTERN "tools" EXCLUDE)
    endforeach()
    pimvp_install_data(models/pimvp cards)
    if(PIMVP_BUILD_PLATFORMS)
        pimvp_install_data(platforms/pimvp presets)
        install(DIRECTORY platforms/pimvp/runner/networks
                DESTINATION "${PIMVP_INSTALL_DATADIR}")
    endif()
    install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endfunction()
