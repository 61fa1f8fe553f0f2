#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configures and builds one preset of CMakePresets.json: scripts/build.sh [preset] [ninja option...]
# Default: release. The result stands in build/<preset>.
set -eu
cd "$(dirname "$0")/.."
preset="${1:-release}"
[ $# -eq 0 ] || shift
cmake --preset "$preset" --log-level=WARNING
exec cmake --build --preset "$preset" "$@"
