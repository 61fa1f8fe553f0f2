#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Formats our C and C++ sources with clang-format 14: scripts/format.sh
# scripts/format.sh --check changes nothing and fails when a file would change.
set -eu
cd "$(dirname "$0")/.."
tool="$(command -v clang-format-14 || command -v clang-format || true)"
if [ -z "$tool" ]; then
    echo "format.sh: clang-format is missing; scripts/setup.sh check installs it" >&2
    exit 2
fi
mode="-i"
[ "${1:-}" != --check ] || mode="--dry-run -Werror"
# shellcheck disable=SC2086  # two words
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.c' '*.cpp' |
    xargs -0 -r "$tool" --style=file $mode
