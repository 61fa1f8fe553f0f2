#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the shipped network `glyphs_mobile`: MobileNetV2's blocks on the images of `glyphs`.

    scripts/train_glyphs_mobile.py [--out FOLDER] [--seed N] [--epochs N]

writes model.onnx (float32) and training.json to FOLDER (default: the committed folder); it is
scored on the images of the shipped network `glyphs`. Runs on one core in a few minutes.

Needs what scripts/train_glyphs.py needs.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

import glyphs_data
import train_glyphs

STEM, HEAD, EXPANSION = 12, 96, 4
BLOCKS = ((12, 1), (24, 2), (24, 1), (32, 1))  # channels, stride


class GlyphsMobile(nn.Module):
    """The network. Attribute names become the names of the ONNX nodes."""

    def __init__(self, classes):
        super().__init__()

        def convolution(name, inputs, outputs, kernel=1, stride=1, groups=1):
            setattr(self, name, nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2,
                                          groups=groups, bias=False))
            setattr(self, f"{name}_norm", nn.BatchNorm2d(outputs))

        convolution("stem", 1, STEM, kernel=3, stride=2)
        width = STEM
        for index, (channels, stride) in enumerate(BLOCKS):
            wide = width * EXPANSION
            convolution(f"block{index}_expand", width, wide)
            convolution(f"block{index}_depthwise", wide, wide, 3, stride, groups=wide)
            convolution(f"block{index}_project", wide, channels)
            width = channels
        convolution("head", width, HEAD)
        self.classify = nn.Linear(HEAD, classes)

    def forward(self, x):
        def block(x, name):
            return getattr(self, f"{name}_norm")(getattr(self, name)(x))

        x = functional.relu6(block(x, "stem"))
        for index in range(len(BLOCKS)):
            y = functional.relu6(block(x, f"block{index}_expand"))
            y = functional.relu6(block(y, f"block{index}_depthwise"))
            y = block(y, f"block{index}_project")
            x = x + y if x.shape == y.shape else y
        x = functional.relu6(block(x, "head"))
        return self.classify(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def to_onnx(model):
    """The trained network as an ONNX model, BatchNorm folded as PyTorch's exporter does."""
    w = train_glyphs.Writer()
    bounds = [w.constant("zero", torch.tensor(0.0)), w.constant("six", torch.tensor(6.0))]

    def relu6(value, name):
        value = w.convolution(value, model, name, fold=True)
        return w.node("Clip", f"{name}_relu6", [value, *bounds])

    x = relu6("image", "stem")
    width = STEM
    for index, (channels, stride) in enumerate(BLOCKS):
        y = relu6(relu6(x, f"block{index}_expand"), f"block{index}_depthwise")
        y = w.convolution(y, model, f"block{index}_project", fold=True)
        residual = channels == width and stride == 1
        x = w.node("Add", f"block{index}_add", [x, y]) if residual else y
        width = channels
    x = w.node("GlobalAveragePool", "pool", [relu6(x, "head")])
    x = w.node("Flatten", "flatten", [x], axis=1)
    w.node("Gemm", "classify",
           [x, w.constant("classify.weight", model.classify.weight),
            w.constant("classify.bias", model.classify.bias)], output="logits", transB=1)
    return w.model("glyphs_mobile", "train_glyphs_mobile.py")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    networks = root / "platforms/pimvp/runner/networks"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=networks / "glyphs_mobile")
    parser.add_argument("--seed", type=int, default=2016)
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    seed = arguments.seed
    images, labels = glyphs_data.generate(train_glyphs.TRAIN_PER_CLASS, [seed, 0])
    model = train_glyphs.train(GlyphsMobile, images, labels, arguments.epochs, seed)
    onnx_model = to_onnx(model)
    test_images = np.load(networks / "glyphs/images.npy")
    test_labels = np.load(networks / "glyphs/labels.npy")
    logits = train_glyphs.evaluate(onnx_model, test_images)
    correct = int((logits.argmax(1) == test_labels).sum())

    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(onnx_model, out / "model.onnx")
    record = {
        "seed": seed, "epochs": arguments.epochs, "train_images": len(labels),
        "test_images": len(test_labels), "test_correct": correct,
        "test_top1": correct / len(test_labels),
        "weights": int(sum(p.numel() for p in model.parameters() if p.dim() > 1)),
    }
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n")
    print(f"float top-1 on {len(test_labels)} test images: {record['test_top1']:.4f} -> {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
