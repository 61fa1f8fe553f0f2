#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every libFuzzer target from its committed seeds: scripts/fuzz.sh [seconds] [preset]
# Default 30 seconds a target of the preset fuzz. Build them with scripts/build.sh fuzz. New inputs
# and findings stay in build/<preset>/work/<target>.
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-30}"
build="build/${2:-fuzz}"
found=0
for target in "$build"/bin/fuzz_*; do
    [ -x "$target" ] || continue
    found=1
    name="${target##*/fuzz_}"
    work="$build/work/$name"
    mkdir -p "$work/corpus"
    seeds="testbenches/fuzz/seeds/$name"
    [ -d "$seeds" ] || seeds=""
    echo "fuzz_$name: $seconds s"
    # One simulation a process is SystemC's rule; a context left behind for each input is no leak.
    if ! "$target" -max_total_time="$seconds" -detect_leaks=0 -rss_limit_mb=4096 -timeout=20 \
        -artifact_prefix="$work/" -print_final_stats=1 "$work/corpus" $seeds \
        >"$work/log.txt" 2>&1; then
        tail -n 40 "$work/log.txt"
        echo "fuzz.sh: fuzz_$name found something; the input is in $work" >&2
        exit 1
    fi
    grep 'number_of_executed_units' "$work/log.txt"
done
if [ "$found" -eq 0 ]; then
    echo "fuzz.sh: no targets in $build/bin; scripts/build.sh ${2:-fuzz} builds them" >&2
    exit 2
fi
