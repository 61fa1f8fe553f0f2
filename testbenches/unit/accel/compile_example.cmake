# SPDX-License-Identifier: Apache-2.0
# Script of accel.docs.driver_example_compiles: the first C block of PAGE is freestanding C11.
file(READ "${PAGE}" text)
string(FIND "${text}" "```c\n" first)
math(EXPR first "${first} + 5")
string(SUBSTRING "${text}" ${first} -1 text)
string(FIND "${text}" "```" last)
string(SUBSTRING "${text}" 0 ${last} text)
file(WRITE "${OUTPUT}" "${text}")
separate_arguments(includes UNIX_COMMAND "${INCLUDES}")
execute_process(COMMAND "${COMPILER}" -std=c11 -ffreestanding -fsyntax-only -Wall -Wextra -Werror
                        ${includes} "${OUTPUT}" COMMAND_ERROR_IS_FATAL ANY)
