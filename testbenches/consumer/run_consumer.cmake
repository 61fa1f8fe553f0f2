# SPDX-License-Identifier: Apache-2.0
# See CMakeLists.txt. Takes BUILD SOURCE WORK BUILD_TYPE GENERATOR CXX CXX_FLAGS LAUNCHER.

# Runs a command; stops with its output unless it ends as told (0, or anything but 0).
function(run what expected)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    if((expected STREQUAL "success" AND NOT code EQUAL 0) OR
       (expected STREQUAL "failure" AND code EQUAL 0))
        message(FATAL_ERROR "${what}: exit code ${code}, expected ${expected}\n${text}")
    endif()
    message(STATUS "${what}: done")
    set(output "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
run("Install" success "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/staged")
file(RENAME "${WORK}/staged" "${WORK}/moved")

set(configure "${CMAKE_COMMAND}" -S "${SOURCE}" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${WORK}/moved" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}")
run("Configure with C++20" failure ${configure} -B "${WORK}/refused" -DCMAKE_CXX_STANDARD=20)
if(NOT output MATCHES "set CMAKE_CXX_STANDARD to 17")
    message(FATAL_ERROR "C++20 was refused without saying why:\n${output}")
endif()
run("Configure" success ${configure} -B "${WORK}/build")
run("Build" success "${CMAKE_COMMAND}" --build "${WORK}/build" --parallel 2)
run("Run" success "${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" --output-on-failure
    --no-tests=error)

# What the installed tree has to hold besides: the program finds shipped networks from anywhere.
if(EXISTS "${BUILD}/bin/pimvp")
    foreach(file model.onnx model_int8.onnx images.npy labels.npy calibrate.npy preprocess.yaml)
        if(NOT EXISTS "${WORK}/moved/share/pimvp/networks/glyphs/${file}")
            message(FATAL_ERROR "share/pimvp/networks/glyphs/${file} is not installed")
        endif()
    endforeach()
    run("List networks" success "${CMAKE_COMMAND}" -E chdir / "${WORK}/moved/bin/pimvp"
        list networks)
    if(NOT output MATCHES "glyphs")
        message(FATAL_ERROR "the installed program does not find glyphs:\n${output}")
    endif()
endif()
