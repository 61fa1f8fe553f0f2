# SPDX-License-Identifier: Apache-2.0
# Script of docs.pages_are_current: generated tables, headings, and the tests that pages name.
set(suite "${BUILD}/docs/tests.txt")
execute_process(COMMAND "${CTEST}" -N --test-dir "${BUILD}" OUTPUT_FILE "${suite}"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${PROGRAM}" --check "${DOCS}" "${suite}" COMMAND_ERROR_IS_FATAL ANY)
