# SPDX-License-Identifier: Apache-2.0
# Finds SystemC and TLM and defines SystemC::systemc: a CMake config of SystemC itself if there is
# one, else pkg-config (Debian), else SYSTEMC_HOME. A link probe then explains an ABI mismatch.
include(FindPackageHandleStandardArgs)
find_package(Threads QUIET)
if(NOT TARGET SystemC::systemc)
    find_package(SystemCLanguage CONFIG QUIET)
    if(NOT TARGET SystemC::systemc)
        find_package(PkgConfig QUIET)
        if(PkgConfig_FOUND)
            pkg_check_modules(PIMVP_SYSTEMC QUIET IMPORTED_TARGET systemc tlm)
        endif()
        if(TARGET PkgConfig::PIMVP_SYSTEMC)
            set(_systemc_link PkgConfig::PIMVP_SYSTEMC)
            set(SystemC_VERSION "${PIMVP_SYSTEMC_systemc_VERSION}")
        else()
            find_path(SystemC_INCLUDE_DIR systemc HINTS "$ENV{SYSTEMC_HOME}/include")
            find_library(SystemC_LIBRARY systemc HINTS "$ENV{SYSTEMC_HOME}"
                         PATH_SUFFIXES lib lib-linux64)
            set(_systemc_link ${SystemC_LIBRARY})
        endif()
        if(_systemc_link)
            add_library(SystemC::systemc INTERFACE IMPORTED GLOBAL)
            target_link_libraries(SystemC::systemc INTERFACE ${_systemc_link} Threads::Threads)
            target_compile_definitions(SystemC::systemc INTERFACE SC_INCLUDE_DYNAMIC_PROCESSES)
            if(SystemC_INCLUDE_DIR)
                target_include_directories(SystemC::systemc SYSTEM INTERFACE ${SystemC_INCLUDE_DIR})
            endif()
        endif()
    endif()
endif()
if(TARGET SystemC::systemc)
    set(SystemC_TARGET SystemC::systemc)
endif()
find_package_handle_standard_args(SystemC REQUIRED_VARS SystemC_TARGET
    VERSION_VAR SystemC_VERSION
    REASON_FAILURE_MESSAGE "install libsystemc-dev or set SYSTEMC_HOME")

if(SystemC_FOUND AND NOT PIMVP_SYSTEMC_LINKS)
    file(WRITE "${CMAKE_BINARY_DIR}/CMakeFiles/systemc_probe.cpp"
         "#include <systemc>\nint sc_main(int, char**) { return 0; }\n")
    try_compile(PIMVP_SYSTEMC_LINKS "${CMAKE_BINARY_DIR}/CMakeFiles/systemc_probe"
        SOURCES "${CMAKE_BINARY_DIR}/CMakeFiles/systemc_probe.cpp"
        LINK_LIBRARIES SystemC::systemc
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON
        OUTPUT_VARIABLE _systemc_probe_output)
    if(NOT PIMVP_SYSTEMC_LINKS)
        if(_systemc_probe_output MATCHES "sc_api_version")
            message(FATAL_ERROR "The SystemC library found was built for another C++ standard than "
                "C++17, so nothing would link against it: install Debian's libsystemc-dev or point "
                "SYSTEMC_HOME to a SystemC built with -DCMAKE_CXX_STANDARD=17.")
        endif()
        message(FATAL_ERROR "SystemC was found but a one-line program does not link:\n"
                            "${_systemc_probe_output}")
    endif()
endif()
