#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs every test: scripts/test.sh [preset] [ctest option...]
# Default preset: release (build/release). Example: scripts/test.sh asan -R reram
set -eu
cd "$(dirname "$0")/.."
preset="${1:-release}"
[ $# -eq 0 ] || shift
scripts/setup.sh build cosim
scripts/build.sh "$preset"
exec ctest --preset "$preset" --parallel "$(nproc)" "$@"
