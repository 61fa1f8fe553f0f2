# SPDX-License-Identifier: Apache-2.0
# adc_back_end: the Verilog as a library. A target of its own, so that what Verilator writes is
# compiled without our warnings (SYSTEM), as one file, which takes a third of the time.
find_package(verilator REQUIRED HINTS /usr/share/verilator)
add_library(adc_back_end STATIC)
set_target_properties(adc_back_end PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
target_link_libraries(adc_back_end PUBLIC SystemC::systemc)
verilate(adc_back_end SYSTEMC SOURCES "${CMAKE_CURRENT_LIST_DIR}/adc_back_end.sv"
         VERILATOR_ARGS --pins-bv 2 --timescale-override 1fs/1fs -O3 -Wno-fatal)
get_target_property(folders adc_back_end INTERFACE_INCLUDE_DIRECTORIES)
set_target_properties(adc_back_end PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${folders}")
