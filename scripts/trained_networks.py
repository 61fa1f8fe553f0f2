# SPDX-License-Identifier: Apache-2.0
"""The trained networks of studies: shipped ones, and further ones, each in a folder of its name
with model.onnx, images_u8_nhwc.npy and labels.npy."""
import numpy as np

SHIPPED = ["glyphs", "glyphs_mobile"]
PREPROCESS = {
    "squeezenet": "channel_order: bgr\nmean: [104, 117, 123]\n",
    "resnet20_cifar10": f"scale: {1 / 255}\nmean: [0.485, 0.456, 0.406]\n"
                        "std: [0.229, 0.224, 0.225]\n",
    "ttq_mnist": f"scale: {1 / 255}\n",
}
SPLITS = 5


def input_files(network, to, split=0):
    """Writes the inputs of the network in folder `network` into folder `to`: every fifth image from
    `split` on calibrates, the others are scored. Files by option of the program."""
    images, labels = np.load(network / "images_u8_nhwc.npy"), np.load(network / "labels.npy")
    calibrates = np.arange(len(images)) % SPLITS == split
    to.mkdir(parents=True, exist_ok=True)
    files = {"preprocess": to / f"{network.name}.yaml"}
    files["preprocess"].write_text("layout: nhwc\n" + PREPROCESS[network.name])
    for option, array in {"calibrate": images[calibrates], "input": images[~calibrates],
                          "labels": labels[~calibrates]}.items():
        files[option] = to / f"{network.name}_{option}.npy"
        np.save(files[option], array)
    return files
