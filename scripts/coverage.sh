#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line and branch coverage of models/ and platforms/ by the whole test suite: scripts/coverage.sh
# Pages stand in build/coverage/html. Needs scripts/setup.sh tools.
set -eu
cd "$(dirname "$0")/.."
scripts/test.sh coverage --label-exclude slow
mkdir -p build/coverage/html
gcovr --root . --filter 'models/' --filter 'platforms/' --exclude '.*/CMakeFiles/.*' \
    --html-details build/coverage/html/index.html --print-summary build/coverage
