#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing: scripts/setup.sh [section...]
# Sections stand in scripts/packages.txt; without any: build. Nothing happens when all are there.
set -eu
list="$(dirname "$0")/packages.txt"
[ $# -gt 0 ] || set -- build

wanted=""
for section in "$@"; do
    packages="$(awk -v want="[$section]" '
        { sub(/#.*/, "") }
        $1 ~ /^\[/ { inside = ($1 == want); next }
        inside && NF { print $1 }' "$list")"
    if [ -z "$packages" ]; then
        echo "setup.sh: no section [$section] in $list" >&2
        exit 2
    fi
    wanted="$wanted $packages"
done

missing=""
for package in $wanted; do
    state="$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)"
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup.sh: this is no Debian system; the equivalents of these packages are needed:" >&2
    echo "   $missing" >&2
    exit 1
fi
root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup.sh: these packages are missing and only root can install them:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    root=sudo
fi
echo "setup.sh: installing$missing"
apt="$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600"
$apt update
# shellcheck disable=SC2086  # both are lists of words
$apt install --no-install-recommends $missing
