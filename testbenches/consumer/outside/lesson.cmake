# SPDX-License-Identifier: Apache-2.0
# Script of lesson() in CMakeLists.txt: CODE, EXPECTED; the command follows "--".
set(command "")
set(begun FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
    if(begun)
        list(APPEND command "${CMAKE_ARGV${i}}")
    elseif(CMAKE_ARGV${i} STREQUAL "--")
        set(begun TRUE)
    endif()
endforeach()
# Without SystemC's banner everything is the program's own words, mistakes of the user included.
set(ENV{SYSTEMC_DISABLE_COPYRIGHT_MESSAGE} 1)
execute_process(COMMAND ${command} RESULT_VARIABLE code OUTPUT_VARIABLE printed
                ERROR_VARIABLE printed)
file(READ "${EXPECTED}" expected)
if(NOT code EQUAL CODE OR NOT printed STREQUAL expected)
    message(FATAL_ERROR "exit code ${code}, expected ${CODE}; printed\n${printed}\nexpected\n${expected}")
endif()
