# SPDX-License-Identifier: Apache-2.0
"""Renders the images of the shipped network `glyphs`: distorted characters of the DejaVu fonts.

Everything is drawn from numpy's PCG64 generators, one per split, so that the same seed, FreeType
and Pillow give the same bytes; splits never share a generator.
"""
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

# O and I are left out: in half of the fonts no reader can tell them from 0 and 1.
CLASSES = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SIZE = 28  # height and width of an image in pixels
FONT_FOLDER = "/usr/share/fonts/truetype/dejavu"
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSerif",
         "DejaVuSerif-Bold")

_CANVAS = 96  # the undistorted glyph is drawn on a canvas of this size ...
_POINTS = 64  # ... at this font size, and sampled down by the warp
_OVERSAMPLING = 2  # the warp draws at twice the final size; a box filter halves it


def _draw_masters():
    """One canvas per (class, font): the glyph in white on black, centred."""
    masters = []
    for text in CLASSES:
        row = []
        for name in FONTS:
            font = ImageFont.truetype(f"{FONT_FOLDER}/{name}.ttf", _POINTS)
            image = Image.new("L", (_CANVAS, _CANVAS), 0)
            left, top, right, bottom = font.getbbox(text)
            corner = ((_CANVAS - left - right) / 2, (_CANVAS - top - bottom) / 2)
            ImageDraw.Draw(image).text(corner, text, fill=255, font=font)
            row.append(image)
        masters.append(row)
    return masters


def _warp(master, rng):
    """The glyph turned, sheared, scaled and moved at random, as SIZE x SIZE values in [0, 1]."""
    angle = np.deg2rad(rng.uniform(-16.0, 16.0))
    shear = rng.uniform(-0.25, 0.25)
    height = rng.uniform(0.62, 0.98)  # part of the image that a 64-point em square fills
    width = height * rng.uniform(0.8, 1.2)
    shift = rng.uniform(-2.5, 2.5, size=2)  # pixels

    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    forward = turn @ np.array([[1.0, shear], [0.0, 1.0]]) @ np.diag([width, height])
    forward *= SIZE / _POINTS
    backward = np.linalg.inv(forward) / _OVERSAMPLING  # Pillow maps output pixels to input pixels
    middle = SIZE * _OVERSAMPLING / 2 + shift * _OVERSAMPLING
    offset = np.array([_CANVAS / 2, _CANVAS / 2]) - backward @ middle
    drawn = master.transform(
        (SIZE * _OVERSAMPLING,) * 2, Image.AFFINE,
        (backward[0, 0], backward[0, 1], offset[0], backward[1, 0], backward[1, 1], offset[1]),
        resample=Image.BILINEAR)
    if rng.random() < 0.5:
        drawn = drawn.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2.0)))
    return np.asarray(drawn.resize((SIZE, SIZE), Image.BOX), dtype=np.float64) / 255.0


def _shade(glyph, rng):
    """Ink of random contrast on an uneven, noisy ground; grey levels in [0, 255]."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / (SIZE - 1) - 0.5
    ground = rng.uniform(0.0, 0.35) + rng.uniform(-0.2, 0.2) * rows
    ground = ground + rng.uniform(-0.2, 0.2) * columns
    ink = rng.uniform(0.55, 1.0)
    grey = ground + glyph * np.maximum(ink - ground, 0.2)
    grey = grey + rng.normal(0.0, rng.uniform(0.02, 0.16), size=grey.shape)
    return np.clip(np.rint(grey * 255.0), 0, 255).astype(np.uint8)


def generate(per_class, seed):
    """`per_class` images of every class in random order.

    Returns (images uint8 N x 28 x 28 x 1, labels int64 N: indices into CLASSES).
    """
    rng = np.random.default_rng(seed)
    masters = _draw_masters()
    labels = rng.permutation(np.repeat(np.arange(len(CLASSES)), per_class)).astype(np.int64)
    images = np.empty((labels.size, SIZE, SIZE, 1), np.uint8)
    for index, label in enumerate(labels):
        master = masters[label][rng.integers(len(FONTS))]
        images[index, :, :, 0] = _shade(_warp(master, rng), rng)
    return images, labels
