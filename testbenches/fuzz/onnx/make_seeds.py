#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_onnx: one small model per operator and per way exporters use it.

Needs python3-onnx and python3-numpy (Debian): /usr/bin/python3 make_seeds.py [FOLDER]
"""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "seeds", "onnx")


def write(name, nodes, weights=None, shape=(1, 2, 4, 4), kind=TensorProto.FLOAT, opset=13,
          out=TensorProto.FLOAT, metadata=None):
    """A model x -> nodes -> y; `weights` is a dictionary of arrays."""
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", out, None)],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in (weights or {}).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model.producer_name = ""
    helper.set_model_props(model, metadata or {})
    onnx.save(model, os.path.join(FOLDER, name + ".onnx"))


def node(op, inputs, outputs, **attributes):
    """One node; inputs and outputs are words in one string."""
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def f32(*values, shape=None):
    array = np.array(values, np.float32)
    return array.reshape(shape) if shape is not None else array


def quant(name, scale, zero, kind=np.uint8):
    """A scale and a zero point called <name>s and <name>z."""
    return {name + "s": np.float32(scale), name + "z": kind(zero)}


def main():
    os.makedirs(FOLDER, exist_ok=True)
    w22 = np.arange(36, dtype=np.float32).reshape(2, 2, 3, 3)
    bn = {k: f32(1, 2) for k in "gbmv"}
    write("conv_relu", [node("Conv", "x w b", "c", pads=[1, 1, 1, 1], strides=[2, 2]),
                        node("Relu", "c", "y")], {"w": w22, "b": f32(1, 2)})
    write("depthwise_same", [node("Conv", "x w", "y", group=2, auto_pad="SAME_UPPER")],
          {"w": np.ones((2, 1, 3, 3), np.float16)})
    write("conv_batch_norm", [node("Conv", "x w", "c", dilations=[1, 1], kernel_shape=[3, 3]),
                              node("BatchNormalization", "c g b m v", "y", epsilon=1e-3)],
          {"w": w22, **bn})
    write("batch_norm", [node("BatchNormalization", "x g b m v", "y")], bn)
    write("pools", [node("MaxPool", "x", "m", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
                    node("AveragePool", "m", "a", kernel_shape=[2, 2], pads=[1, 1, 0, 0],
                         count_include_pad=1), node("GlobalAveragePool", "a", "y")])
    write("residual", [node("Relu", "x", "r"), node("Add", "r x", "s"),
                       node("Concat", "s r", "c", axis=1), node("Clip", "c lo hi", "y")],
          {"lo": np.float32(0), "hi": np.float32(6)})
    write("clip_attributes", [node("Clip", "x", "y", min=0.0, max=6.0)], opset=9)
    write("head", [node("Shape", "x", "s"), node("Gather", "s i", "n", axis=0),
                   node("Unsqueeze", "n a", "n1"), node("Concat", "n1 m", "t", axis=0),
                   node("Reshape", "x t", "f"), node("Gemm", "f w b", "y", transB=1, alpha=0.5)],
          {"i": np.int64(0), "a": np.array([0]), "m": np.array([-1]),
           "w": np.ones((3, 32), np.float32), "b": f32(1, 2, 3)})
    write("matmul_add", [node("Transpose", "w", "t", perm=[1, 0]), node("MatMul", "x t", "m"),
                         node("Add", "m b", "y")],
          {"w": np.ones((3, 2), np.float64), "b": f32(1, 2, 3)}, shape=(1, 2))
    write("pad_conv", [node("Pad", "x p", "q", mode="constant"), node("Conv", "q w", "y")],
          {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "w": w22})
    write("squeeze", [node("Squeeze", "x a", "s"), node("Unsqueeze", "s b", "u"),
                      node("Identity", "u", "i"), node("Dropout", "i", "d"),
                      node("Flatten", "d", "y")], {"a": np.array([2]), "b": np.array([1, 3])},
          shape=(1, 2, 1, 4))
    write("folding", [node("Constant", "", "k", value_ints=[1, 2, 4, 4]),
                      node("Slice", "k f e", "h"), node("Slice", "k e g", "i"),
                      node("Mul", "h i", "p"), node("Cast", "p", "c", to=7),
                      node("ConstantOfShape", "c", "z"), node("Reshape", "x k", "y")],
          {"f": np.array([0]), "e": np.array([2]), "g": np.array([4])})

    u8 = TensorProto.UINT8
    i8w = (np.arange(36) - 18).astype(np.int8).reshape(2, 2, 3, 3)
    write("qlinear_conv", [node("QLinearConv", "x xs xz w ws wz ys yz b", "y", pads=[1, 1, 1, 1])],
          {**quant("x", 0.5, 3), "w": i8w, "ws": f32(0.5, 0.25), "wz": np.zeros(2, np.int8),
           **quant("y", 2, 128), "b": np.array([5, -7], np.int32)}, kind=u8, out=u8)
    write("qlinear_matmul", [node("QLinearMatMul", "x xs xz w ws wz ys yz", "y")],
          {**quant("x", 0.5, 3), "w": np.arange(6, dtype=np.uint8).reshape(2, 3),
           **quant("w", 1, 128), **quant("y", 2, 1)}, shape=(1, 2), kind=u8, out=u8)
    write("qdq", [node("QuantizeLinear", "x xs xz", "q"), node("DequantizeLinear", "q xs xz", "r"),
                  node("DequantizeLinear", "w ws", "v", axis=0),
                  node("DequantizeLinear", "b bs", "c"),
                  node("Conv", "r v c", "d"), node("Relu", "d", "e"),
                  node("QuantizeLinear", "e es ez", "f"), node("MaxPool", "f", "g",
                                                               kernel_shape=[2, 2]),
                  node("DequantizeLinear", "g es ez", "h"), node("Add", "h h", "i"),
                  node("QuantizeLinear", "i ys yz", "j"), node("DequantizeLinear", "j ys yz", "y")],
          {**quant("x", 0.5, 3), "w": i8w, "ws": f32(0.5, 0.25), "b": np.array([5, -7], np.int32),
           "bs": np.float32(0.25), **quant("e", 1, 0), **quant("y", 2, 7)})
    write("integer_ops", [node("Clip", "x lo hi", "c"), node("Concat", "c c", "d", axis=1),
                          node("Pad", "d p z", "e"), node("DequantizeLinear", "e s z", "f"),
                          node("AveragePool", "f", "g", kernel_shape=[3, 3]),
                          node("QuantizeLinear", "g s z", "y")],
          {"lo": np.uint8(0), "hi": np.uint8(15), "p": np.array([0, 0, 1, 1, 0, 0, 0, 0]),
           "z": np.uint8(2), "s": np.float32(0.5)}, kind=u8, out=u8)

    write("sixteen_bits", [node("QuantizeLinear", "x xs xz", "q"),
                           node("DequantizeLinear", "q xs xz", "r"),
                           node("DequantizeLinear", "w ws", "v"), node("Gemm", "r v", "g", transB=1),
                           node("Clip", "g lo hi", "c"), node("QuantizeLinear", "c ys yz", "d"),
                           node("DequantizeLinear", "d ys yz", "y")],
          {**quant("x", 0.5, 3, np.int16), "w": np.arange(6, dtype=np.int16).reshape(3, 2) * 1000,
           "ws": np.float32(0.25), **quant("y", 2, 7, np.uint16), "lo": np.float32(-14),
           "hi": np.float32(2032)}, shape=(1, 2), opset=21)
    # The helper tensors of our own export: moved sign, dense layer as 1x1, average in steps.
    write("exported", [node("QuantizeLinear", "x xs xz", "q"),
                       node("DequantizeLinear", "q one xz", "t"),
                       node("GlobalAveragePool", "t", "m"),
                       node("QuantizeLinear", "m as az", "a"), node("Clip", "a lo hi", "k"),
                       node("Flatten", "k", "l"), node("DequantizeLinear", "l ks az", "pimvp/r"),
                       node("QuantizeLinear", "pimvp/r ks uz", "pimvp/u"),
                       node("Reshape", "pimvp/u ms", "pimvp/m"),
                       node("QLinearConv", "pimvp/m ks uz w ws wz ys yz", "pimvp/s"),
                       node("Reshape", "pimvp/s fs", "f"), node("DequantizeLinear", "f ys yz", "y")],
          {**quant("x", 0.5, 3, np.int8), "one": np.float32(1), **quant("a", 0.5, 1, np.int8),
           "lo": np.int8(-8), "hi": np.int8(7), "ks": np.float32(0.25), "uz": np.uint8(129),
           "ms": np.array([1, 2, 1, 1]), "w": np.arange(6, dtype=np.int8).reshape(3, 2, 1, 1),
           "ws": f32(0.5, 0.25, 0.125), "wz": np.int8(0), **quant("y", 2, 7),
           "fs": np.array([1, 3])},
          metadata={"pimvp.scale.value.a": "0.25", "pimvp.bits.value.k": "4",
                    "pimvp.weights": "synthetic"})


if __name__ == "__main__":
    main()
