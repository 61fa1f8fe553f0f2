#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs libFuzzer targets from their committed seeds: scripts/fuzz.sh [seconds] [preset] [target...]
# Default 30 seconds each, all targets of the preset fuzz, one a processor at a time. Build them with
# scripts/build.sh fuzz. New inputs and findings stay in build/<preset>/work/<target>.
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-30}"
preset="${2:-fuzz}"
[ $# -le 2 ] || { shift 2; targets="$*"; }
build="build/$preset"

if [ -z "${targets:-}" ]; then
    targets="$(cd "$build/bin" 2>/dev/null && ls | sed -n 's/^fuzz_//p' || true)"
    if [ -z "$targets" ]; then
        echo "fuzz.sh: no targets in $build/bin; scripts/build.sh $preset builds them" >&2
        exit 2
    fi
    echo "$targets" | xargs -P "$(nproc)" -n 1 "$0" "$seconds" "$preset"
    exit
fi

for name in $targets; do
    work="$build/work/$name"
    mkdir -p "$work/corpus"
    seeds="testbenches/fuzz/seeds/$name"
    [ -d "$seeds" ] || seeds=""
    # One simulation a process is SystemC's rule; a context left behind for each input is no leak.
    # Instrumented code takes up to a hundred times as long as the program: 60 s here are one there.
    if ! "$build/bin/fuzz_$name" -max_total_time="$seconds" -detect_leaks=0 -rss_limit_mb=4096 \
        -timeout=60 -artifact_prefix="$work/" -print_final_stats=1 "$work/corpus" $seeds \
        >"$work/log.txt" 2>&1; then
        tail -n 40 "$work/log.txt"
        echo "fuzz.sh: fuzz_$name found something; the input is in $work" >&2
        exit 1
    fi
    echo "fuzz_$name: $(sed -n 's/.*number_of_executed_units: *//p' "$work/log.txt") inputs," \
        "$seconds s"
done
