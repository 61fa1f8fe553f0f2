# SPDX-License-Identifier: Apache-2.0
# The copy accelerator and its bench, for several test folders.
if(NOT TARGET accel_test_bench)
    add_library(accel_test_bench STATIC "${CMAKE_CURRENT_LIST_DIR}/accel_bench.cpp"
                "${CMAKE_CURRENT_LIST_DIR}/copy_accelerator.cpp")
    target_link_libraries(accel_test_bench PUBLIC pimvp_test_support pimvp::accel
                          PRIVATE pimvp_options)
endif()
