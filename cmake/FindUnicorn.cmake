# SPDX-License-Identifier: Apache-2.0
# Finds the Unicorn CPU emulator 2 by pkg-config and defines Unicorn::unicorn.
include(FindPackageHandleStandardArgs)
if(NOT TARGET Unicorn::unicorn)
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
        pkg_check_modules(PIMVP_UNICORN QUIET IMPORTED_TARGET unicorn>=2)
    endif()
    if(TARGET PkgConfig::PIMVP_UNICORN)
        add_library(Unicorn::unicorn INTERFACE IMPORTED GLOBAL)
        target_link_libraries(Unicorn::unicorn INTERFACE PkgConfig::PIMVP_UNICORN)
    endif()
endif()
if(TARGET Unicorn::unicorn)
    set(Unicorn_TARGET Unicorn::unicorn)
    set(Unicorn_VERSION "${PIMVP_UNICORN_VERSION}")
endif()
find_package_handle_standard_args(Unicorn REQUIRED_VARS Unicorn_TARGET VERSION_VAR Unicorn_VERSION
    REASON_FAILURE_MESSAGE "install libunicorn-dev")
