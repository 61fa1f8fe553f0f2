#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the tables of docs/ anew from the built library (preset release): scripts/docs.sh
# scripts/docs.sh --check changes nothing and fails, naming page and table, when one is not current.
set -eu
cd "$(dirname "$0")/.."
scripts/build.sh release --target pimvp_docs
exec build/release/bin/pimvp_docs "$@" docs
