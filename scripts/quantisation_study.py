#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how near integers come to their float network, flow by flow.

    scripts/quantisation_study.py [FOLDER] [--networks A,B] [--flows A,B] [--program FILE]

prints the tables of docs/results/quantisation.md. The shipped networks are calibrated on their own
inputs and scored on their test images. FOLDER holds further ones, each in a folder of its name:
model.onnx, images_u8_nhwc.npy, labels.npy. Of their images, split k of 5 calibrates on every fifth
one from k on (SqueezeNet: 10 of 50) and is scored on all others; the median of the splits counts.

Needs Debian's python3-numpy, and build/release/bin/pimvp.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from trained_networks import PREPROCESS, SHIPPED, SPLITS, input_files

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOWS = {  # name: words of the program
    "default (mse, bias correction)": [],
    "mse alone": ["--bias-correction", "off"],
    "min-max, bias correction": ["--calibrator", "min-max"],
    "min-max alone": ["--calibrator", "min-max", "--bias-correction", "off"],
    "percentile:99.99 alone": ["--calibrator", "percentile:99.99", "--bias-correction", "off"],
    "entropy alone": ["--calibrator", "entropy", "--bias-correction", "off"],
    "default, equalised": ["--equalise", "on"],
    "per tensor": ["--per-tensor"],
    "per tensor, equalised": ["--per-tensor", "--equalise", "on"],
    "per tensor, no bias correction": ["--per-tensor", "--bias-correction", "off"],
    "per tensor, equalised, no bias correction": ["--per-tensor", "--equalise", "on",
                                                  "--bias-correction", "off"],
}


class Study:
    """Runs the program on one network after the other."""

    def __init__(self, program, scratch):
        self.program, self.scratch = program, scratch

    def quantize(self, words):
        report = self.scratch / "report.json"
        subprocess.run([self.program, "quantize", "--quiet", "--out", self.scratch / "int.onnx",
                        "--report", report, *words], check=True)
        return json.loads(report.read_text())["on_inputs"]

    def sources(self, folder, name):
        """Words that name a network and its inputs, one list a split."""
        if name in SHIPPED:
            data = ROOT / "platforms/pimvp/runner/networks/glyphs"
            return [["--network", name, "--input", data / "images.npy",
                     "--labels", data / "labels.npy"]]
        lists = []
        for split in range(SPLITS):
            files = input_files(folder / name, self.scratch / str(split), split)
            words = ["--network", folder / name / "model.onnx"]
            for option, file in files.items():
                words += [f"--{option}", file]
            lists.append(words)
        return lists


def table(name, study, sources, flows):
    print(f"\n{name}\n\n| flow | KL, nat | S/N, dB | top-1 as float | top-1 | float top-1 |\n"
          "|---|---|---|---|---|---|", flush=True)
    for flow, words in flows.items():
        found = [study.quantize(source + words) for source in sources]
        kl, noise, same, top1, real = (statistics.median(one[key] for one in found) for key in (
            "kl", "sqnr_db", "agreement", "top1", "float_top1"))
        print(f"| {flow} | {kl:.5f} | {noise:.1f} | {same:.1%} | {top1:.1%} | {real:.1%} |",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--networks", help="names, with commas; default: all there are")
    parser.add_argument("--flows", help="names, with ;; default: all")
    parser.add_argument("--weights", type=int, default=8, help="bits of all weights")
    parser.add_argument("--program", default=ROOT / "build/release/bin/pimvp")
    arguments = parser.parse_args()
    names = SHIPPED + [n for n in PREPROCESS if arguments.folder and
                       (arguments.folder / n).is_dir()]
    if arguments.networks:
        names = arguments.networks.split(",")
    flows = FLOWS
    if arguments.flows:
        flows = {flow: FLOWS[flow] for flow in arguments.flows.split(";")}
    with tempfile.TemporaryDirectory() as scratch:
        study = Study(arguments.program, pathlib.Path(scratch))
        bits = pathlib.Path(scratch) / "bits.yaml"
        bits.write_text(f"weights: {arguments.weights}\n")
        for name in names:
            sources = [words + ["--bits", bits] for words in study.sources(arguments.folder, name)]
            table(name, study, sources, flows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
