#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes again what is derived from the shipped network's float file: the integer network and ONNX
# Runtime's integers for it, which tests compare with. Needs Node 20 and npm; fetches the engine into
# build/node. Commit the result together with the reason why it changed.
set -eu
cd "$(dirname "$0")/.."
engine=onnxruntime-node@1.30.0
network=platforms/pimvp/runner/networks/glyphs
goldens=testbenches/unit/runner/goldens/glyphs

# Without these instructions ONNX Runtime saturates sums of uint8 x int8 at 16 bits.
if ! grep -q vnni /proc/cpuinfo; then
    echo "refresh_goldens.sh: this CPU has no VNNI; ONNX Runtime is exact only on one that has" >&2
    exit 1
fi
scripts/build.sh release --target pimvp
build/release/bin/pimvp quantize --network glyphs --out "$network/model_int8.onnx" --quiet
mkdir -p build/node
npm install --prefix build/node --ignore-scripts --no-audit --no-fund "$engine"
node scripts/refresh_goldens.mjs "$network" "$goldens" build/node
git status --short "$network" "$goldens"
