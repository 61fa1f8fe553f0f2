#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the shipped network `glyphs` and writes everything that platforms ship of it.

    scripts/train_glyphs.py [--out FOLDER] [--seed N] [--epochs N]

writes model.onnx (float32), calibrate.npy, images.npy, labels.npy, preprocess.yaml and
training.json to FOLDER (default: the committed folder). Runs on one core in a few minutes.

Needs Debian 12's python3-torch python3-onnx python3-pil fonts-dejavu-core.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

import glyphs_data

MEAN, STD = 0.25, 0.25  # of x / 255
TRAIN_PER_CLASS, CALIBRATE_PER_CLASS, TEST_PER_CLASS = 900, 4, 20


class Glyphs(nn.Module):
    """The network. Attribute names become the names of the ONNX nodes."""

    def __init__(self, classes):
        super().__init__()

        def convolution(inputs, outputs, kernel=3, stride=1, groups=1):
            return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups,
                             bias=False)

        self.stem = convolution(1, 16)
        self.stem_norm = nn.BatchNorm2d(16)
        self.widen = convolution(16, 24, groups=2)
        self.widen_norm = nn.BatchNorm2d(24)
        self.residual_a = convolution(24, 24)
        self.residual_a_norm = nn.BatchNorm2d(24)
        self.residual_b = convolution(24, 24)
        self.residual_b_norm = nn.BatchNorm2d(24)
        self.depthwise = convolution(24, 24, stride=2, groups=24)
        self.depthwise_norm = nn.BatchNorm2d(24)
        self.pointwise = convolution(24, 32, kernel=1)
        self.pointwise_norm = nn.BatchNorm2d(32)
        self.shortcut = convolution(24, 16, kernel=1)
        self.shortcut_norm = nn.BatchNorm2d(16)
        self.head = convolution(48, 64)
        self.head_norm = nn.BatchNorm2d(64)
        self.classify = nn.Linear(64, classes)

    def forward(self, x):
        def block(x, name):
            return getattr(self, f"{name}_norm")(getattr(self, name)(x))

        x = functional.relu(block(x, "stem"))
        x = functional.max_pool2d(functional.relu(block(x, "widen")), 2)
        y = block(functional.relu(block(x, "residual_a")), "residual_b")
        x = functional.relu(x + y)
        left = functional.relu(block(x, "depthwise"))
        left = functional.relu(block(left, "pointwise"))
        right = functional.relu(block(functional.avg_pool2d(x, 2), "shortcut"))
        x = functional.relu(block(torch.cat([left, right], 1), "head"))
        return self.classify(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def preprocess(images):
    """uint8 N,H,W,C -> the network's input, float32 N,C,H,W."""
    x = images.astype(np.float32) * np.float32(1.0 / 255.0)
    return ((x - np.float32(MEAN)) / np.float32(STD)).transpose(0, 3, 1, 2).copy()


def train(architecture, images, labels, epochs, seed):
    torch.manual_seed(seed)
    model = architecture(len(glyphs_data.CLASSES))
    x, y = torch.from_numpy(preprocess(images)), torch.from_numpy(labels)
    batch = 128
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True,
                                weight_decay=5e-4)
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.2, total_steps=steps)
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for first in range(0, len(x) - batch + 1, batch):
            pick = order[first:first + batch]
            loss = functional.cross_entropy(model(x[pick]), y[pick], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{epochs}: loss {total / (len(x) // batch):.4f}", flush=True)
    return model.eval()


class Writer:
    """Collects ONNX nodes; every method returns the name of the value it produces."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, tensor):
        array = tensor.detach().numpy().astype(np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind, name, inputs, output=None, **attributes):
        output = output or f"{name}_out"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def convolution(self, value, model, name, fold=False):
        """Conv, and its BatchNorm: folded into weights and bias, or as a node of its own."""
        layer, norm = getattr(model, name), getattr(model, f"{name}_norm")
        weight, bias = layer.weight.detach(), None
        if fold:
            gain = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
            weight = weight * gain.reshape(-1, 1, 1, 1)
            bias = norm.bias.detach() - norm.running_mean * gain
        inputs = [value, self.constant(f"{name}.weight", weight)]
        if fold:
            inputs.append(self.constant(f"{name}.bias", bias))
        out = self.node("Conv", name, inputs, group=layer.groups,
                        kernel_shape=list(layer.kernel_size), strides=list(layer.stride),
                        pads=list(layer.padding) * 2)
        if fold:
            return out
        parts = [("scale", norm.weight), ("shift", norm.bias), ("mean", norm.running_mean),
                 ("var", norm.running_var)]
        inputs = [out] + [self.constant(f"{name}_norm.{part}", t) for part, t in parts]
        return self.node("BatchNormalization", f"{name}_norm", inputs, epsilon=norm.eps)

    def relu(self, value, name):
        return self.node("Relu", f"{name}_relu", [value])

    def model(self, name, script):
        """What was collected, from `image` to `logits`, as a model with a batch of free size."""
        size = glyphs_data.SIZE
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, size, size])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT,
                                           ["batch", len(glyphs_data.CLASSES)])], self.constants)
        model = helper.make_model(graph, producer_name=f"pimvp scripts/{script}",
                                  opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        return model


def to_onnx(model):
    """The trained network as an ONNX model.

    The residual branch arrives with its BatchNorm folded (Conv with bias); all others keep the
    node: importers have to cope with both.
    """
    w = Writer()
    x = w.relu(w.convolution("image", model, "stem"), "stem")
    x = w.relu(w.convolution(x, model, "widen"), "widen")
    x = w.node("MaxPool", "shrink", [x], kernel_shape=[2, 2], strides=[2, 2])
    y = w.relu(w.convolution(x, model, "residual_a", fold=True), "residual_a")
    y = w.convolution(y, model, "residual_b", fold=True)
    x = w.relu(w.node("Add", "residual_add", [x, y]), "residual_add")
    left = w.relu(w.convolution(x, model, "depthwise"), "depthwise")
    left = w.relu(w.convolution(left, model, "pointwise"), "pointwise")
    right = w.node("AveragePool", "shortcut_pool", [x], kernel_shape=[2, 2], strides=[2, 2])
    right = w.relu(w.convolution(right, model, "shortcut"), "shortcut")
    x = w.node("Concat", "join", [left, right], axis=1)
    x = w.relu(w.convolution(x, model, "head"), "head")
    x = w.node("GlobalAveragePool", "pool", [x])
    x = w.node("Flatten", "flatten", [x], axis=1)
    w.node("Gemm", "classify",
           [x, w.constant("classify.weight", model.classify.weight),
            w.constant("classify.bias", model.classify.bias)], output="logits", transB=1)
    return w.model("glyphs", "train_glyphs.py")


def evaluate(onnx_model, images):
    """Runs the written file (not the training model) in float32; returns the logits."""
    graph = onnx_model.graph
    values = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    values["image"] = torch.from_numpy(preprocess(images))
    for node in graph.node:
        a = {x.name: helper.get_attribute_value(x) for x in node.attribute}
        i = [values[name] for name in node.input]
        if node.op_type == "Conv":
            y = functional.conv2d(i[0], i[1], i[2] if len(i) > 2 else None, a["strides"],
                                  a["pads"][:2], groups=a["group"])
        elif node.op_type == "BatchNormalization":
            y = functional.batch_norm(i[0], i[3], i[4], i[1], i[2], eps=a["epsilon"])
        elif node.op_type == "MaxPool":
            y = functional.max_pool2d(i[0], a["kernel_shape"], a["strides"])
        elif node.op_type == "AveragePool":
            y = functional.avg_pool2d(i[0], a["kernel_shape"], a["strides"])
        elif node.op_type == "Gemm":
            y = functional.linear(i[0], i[1], i[2])
        else:
            y = {"Relu": lambda: functional.relu(i[0]), "Add": lambda: i[0] + i[1],
                 "Clip": lambda: i[0].clamp(float(i[1]), float(i[2])),
                 "Concat": lambda: torch.cat(i, a["axis"]), "Flatten": lambda: i[0].flatten(1),
                 "GlobalAveragePool": lambda: i[0].mean((2, 3), keepdim=True)}[node.op_type]()
        values[node.output[0]] = y
    return values["logits"].detach().numpy()


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path,
                        default=root / "platforms/pimvp/runner/networks/glyphs")
    parser.add_argument("--seed", type=int, default=2016)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    seed = arguments.seed
    images, labels = glyphs_data.generate(TRAIN_PER_CLASS, [seed, 0])
    calibrate, _ = glyphs_data.generate(CALIBRATE_PER_CLASS, [seed, 1])
    test_images, test_labels = glyphs_data.generate(TEST_PER_CLASS, [seed, 2])
    model = train(Glyphs, images, labels, arguments.epochs, seed)
    onnx_model = to_onnx(model)
    correct = int((evaluate(onnx_model, test_images).argmax(1) == test_labels).sum())

    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(onnx_model, out / "model.onnx")
    np.save(out / "calibrate.npy", calibrate)
    np.save(out / "images.npy", test_images)
    np.save(out / "labels.npy", test_labels)
    (out / "preprocess.yaml").write_text(
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# From raw images to the network's input: (x * scale - mean) / std, then to N, C, H, W.\n"
        f"layout: nhwc\nscale: {1.0 / 255.0!r}\nmean: [{MEAN}]\nstd: [{STD}]\n")
    record = {
        "classes": glyphs_data.CLASSES, "seed": seed, "epochs": arguments.epochs,
        "train_images": len(labels), "calibrate_images": len(calibrate),
        "test_images": len(test_labels), "test_correct": correct,
        "test_top1": correct / len(test_labels),
        "weights": int(sum(p.numel() for p in model.parameters() if p.dim() > 1)),
    }
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n")
    print(f"float top-1 on {len(test_labels)} test images: {record['test_top1']:.4f} -> {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
