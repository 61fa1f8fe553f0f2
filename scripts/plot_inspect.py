#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what `pimvp inspect --out FILE.json` found, a row a matrix layer: histogram of its weights,
histogram of its outputs, bits its groups of inputs need.

    scripts/setup.sh plots
    scripts/plot_inspect.py glyphs.json glyphs.svg
"""
import json
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)


def bars(axes, lowest, counts, colour):
    total = sum(counts) or 1
    xs = range(lowest, lowest + len(counts))
    axes.bar(xs, [100.0 * c / total for c in counts], width=1.0, color=colour, linewidth=0)
    used = [x for x, c in zip(xs, counts) if c]
    if used:
        axes.set_xlim(used[0] - 1, used[-1] + 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        record = json.load(file)
    layers = [layer for layer in record["layers"] if "weights" in layer]
    figure, grid = plt.subplots(len(layers), 3, figsize=(11, 1.5 * len(layers) + 0.6),
                                squeeze=False, layout="constrained")
    for row, layer in zip(grid, layers):
        weights, groups = layer["weights"], layer["input_groups"]
        bars(row[0], weights["histogram"]["lowest"], weights["histogram"]["counts"], "#33658a")
        bars(row[1], layer["output_histogram"]["lowest"], layer["output_histogram"]["counts"],
             "#2f9e72")
        bars(row[2], 0, groups["groups_by_bits"], "#b5651d")
        row[2].set_xlim(-0.6, len(groups["groups_by_bits"]) - 0.4)
        row[0].set_ylabel(layer["name"], fontsize=8, rotation=0, ha="right", va="center")
        row[0].set_title(f"{weights['unique_per_input_mean']:.1f} different per input, "
                         f"{weights['unique_per_output_mean']:.1f} per output", fontsize=8)
        row[1].set_title(f"{100 * layer['output_zero_share']:.0f} % zero", fontsize=8)
        row[2].set_title(f"{groups['mean_bits']:.2f} bits on average", fontsize=8)
    for axes, title in zip(grid[-1], ("weights, % of all", "outputs, % of all",
                                      f"bits of a group of {layers[0]['input_groups']['size']}"
                                      " inputs, % of groups")):
        axes.set_xlabel(title, fontsize=8)
    figure.suptitle(f"{record['network']['name']}: {record['weights']} weights, "
                    f"{record['images']} images", fontsize=10)
    figure.savefig(sys.argv[2])


if __name__ == "__main__":
    main()
