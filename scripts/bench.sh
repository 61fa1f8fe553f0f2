#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures the speed and memory of whole runs over the zoo, of the kernels behind them and of
# firmware, on an otherwise idle computer: scripts/bench.sh [--runs N] [--write] [network...]
# --write renews docs/results/speed.md and speed.svg (scripts/setup.sh plots).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh build tools cosim
cmake --preset release -DPIMVP_BUILD_BENCHMARKS=ON --log-level=WARNING
cmake --build --preset release --target pimvp bench_kernels cosim_firmware_files
exec /usr/bin/python3 scripts/bench.py --program build/release/bin/pimvp \
    --kernels build/release/bin/bench_kernels \
    --firmware build/release/testbenches/cosim/firmware "$@"
