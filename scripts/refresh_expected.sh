#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the records in testbenches/platform/cli/expected again with build/release/bin/pimvp. A test
# compares them to the byte: say in the commit why they change.
set -eu
cd "$(dirname "$0")/.."
scripts/build.sh release --target pimvp
expected=testbenches/platform/cli/expected
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
build/release/bin/pimvp run --quiet --platform isaac_like --network glyphs --images 12 \
    --out "$scratch"
mkdir -p "$expected"
cp "$scratch/run.json" "$expected/glyphs_isaac_like.json"
git --no-pager diff --stat -- "$expected"
