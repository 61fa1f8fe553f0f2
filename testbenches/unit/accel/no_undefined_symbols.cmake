# SPDX-License-Identifier: Apache-2.0
# Script of accel.driver.needs_no_library: OBJECT may ask for nothing but the four functions that
# every freestanding GCC program has to provide.
execute_process(COMMAND "${NM}" --undefined-only "${OBJECT}" OUTPUT_VARIABLE undefined
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " +U +(memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_)\n" "" undefined
       "${undefined}")
string(REGEX REPLACE " +U +__(asan|ubsan|tsan|gcov|llvm)[^\n]*\n" "" undefined "${undefined}")
string(STRIP "${undefined}" undefined)
if(NOT undefined STREQUAL "")
    message(FATAL_ERROR "the driver needs: ${undefined}")
endif()
