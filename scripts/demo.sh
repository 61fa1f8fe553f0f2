#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone on Debian 12 to a trained CNN running on a ReRAM accelerator, bit for bit:
# scripts/demo.sh [images]          (default 100; results stand in out/demo)
set -eu
cd "$(dirname "$0")/.."
images="${1:-100}"
out=out/demo
network=platforms/pimvp/runner/networks/glyphs
scripts/setup.sh
scripts/build.sh release --target pimvp
mkdir -p out
build/release/bin/pimvp run --platform isaac_like --network glyphs --images "$images" --out "$out"
cat <<END

The table comes from $out/run.json: every number with its unit in the key, the same bytes on every
host; host.json holds the time this computer needed, outputs.npy the network's answers.
Images, labels and the network are in $network. Next steps:

    build/release/bin/pimvp map --platform isaac_like --network glyphs
    build/release/bin/pimvp run --platform isaac_like --network YOUR.onnx --calibrate YOUR.npy
END
