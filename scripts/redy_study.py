#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what precision on the fly buys, network by network.

    scripts/redy_study.py measure --work DIR [FOLDER] [--networks A,B] [--only pareto,...]
    scripts/redy_study.py render

`measure` calibrates and runs; what it finds goes into docs/results/redy.json. `render` makes the
tables and figures of docs/results/redy.md from it, and NETWORK_study.json in --work are the curves
for `pimvp report --study`. FOLDER holds trained networks, each in a folder
of its name: model.onnx, images_u8_nhwc.npy, labels.npy; every fifth image calibrates, the others
are scored. The shipped networks are calibrated and scored on their own inputs. Whatever stands in
--work already is not measured again.

Needs Debian's python3-numpy and python3-matplotlib, and build/release/bin/pimvp.
"""
import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import redy_page  # noqa: E402  (beside this file)
from trained_networks import SHIPPED, input_files  # noqa: E402

DATA = ROOT / "docs/results/redy.json"
FURTHER = ["squeezenet", "resnet20_cifar10"]
BUDGETS = {  # of each policy's calibrations, nats; those with many settings take long
    "plane_skip": [0.005, 0.01, 0.015, 0.02, 0.05], "fixed": [0.005, 0.01, 0.015, 0.02, 0.05],
    "lsb_drop": [0.005, 0.01, 0.015], "rescale": [0.005, 0.015, 0.05],
    "threshold": [0.005, 0.01, 0.02],
}
FEWER_BUDGETS = {  # of networks whose calibration takes minutes
    "squeezenet": {"rescale": [0.015], "threshold": [0.01]},
}
UNIFORM = [7, 6, 5, 4]
BEST = "plane_skip"  # of the ablations, and of the per-layer tables
WIDTHS_OF, WIDTHS_BUDGET = "lsb_drop", 0.01  # policy and budget of the ablation of widths
SYNTHETIC = ["resnet18", "vgg16", "mobilenet_v1", "mobilenet_v2", "googlenet"]
QUANTISER = "accelerators.npu.params.tile.quantiser."
ADC = "accelerators.npu.params.tile.ima.adc."
CROSSBAR = "accelerators.npu.params.tile.ima.crossbar."
COPIES = "accelerators.npu.params.replication.crossbars"
CHIP_CROSSBARS = 16128  # of ISAAC's 168 tiles
COPY_BUDGETS = [512, 1024, 2048, 4096, 8192, CHIP_CROSSBARS]
IMA_CROSSBARS = 8
ANALOG_IMAGES = 100
STREAM = 40  # images of a stream through the balanced chip
IN_FLIGHT = 16
ANALOG = {  # machines that are not ideal: parameters
    "ideal": {},
    **{f"ADC of {bits} bits, {how}": {ADC + "bits": bits, ADC + "range": how}
       for how in ("saturate", "full_scale") for bits in (7, 6, 5)},
    **{f"conductances, sigma {sigma}": {CROSSBAR + "conductance_sigma": sigma}
       for sigma in (0.01, 0.02, 0.05)},
    **{f"{share:.2%} of the cells stuck at zero, as many at maximum":
       {CROSSBAR + "stuck_at_zero": share, CROSSBAR + "stuck_at_max": share}
       for share in (0.0001, 0.0005)},
    **{f"read noise, sigma {sigma} steps": {CROSSBAR + "read_noise": sigma}
       for sigma in (0.1, 0.25, 0.5)},
    "ADC offsets, sigma 0.1 steps": {ADC + "offset_sigma": 0.1},
    "ADC gains, sigma 0.1 %": {ADC + "gain_sigma": 0.001},
}


def softmax(scores):
    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


def divergence(reference, scores):
    """Mean Kullback-Leibler divergence of softmax(scores) from softmax(reference), nats."""
    p, q = softmax(reference), softmax(scores)
    return float(np.mean(np.sum(p * (np.log(p) - np.log(q)), axis=1)))


class Bench:
    """Runs the program, or takes what an earlier run left in the folder."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        for part in ("quantize", "run"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    def place(self, command, words):
        key = hashlib.sha256("\0".join(str(word) for word in words).encode()).hexdigest()[:16]
        return self.folder / command / key

    def call(self, words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"redy_study: {' '.join(map(str, words))}\n{done.stderr}{done.stdout}")

    def print(self, words):
        return subprocess.run([self.program, *map(str, words)], capture_output=True, text=True,
                              check=True).stdout

    def quantize(self, words):
        """The integer network's file, and the report of making it."""
        here = self.place("quantize", words)
        network, report = here.with_suffix(".onnx"), here.with_suffix(".json")
        if not report.exists():
            self.call(["quantize", *words, "--quiet", "--out", network, "--report", report])
        return network, json.loads(report.read_text())

    def run(self, words):
        """run.json and the scores of all images."""
        here = self.place("run", words)
        if not (here / "run.json").exists():
            self.call(["run", *words, "--quiet", "--out", here])
        outputs = np.load(here / "outputs.npy")
        return json.loads((here / "run.json").read_text()), outputs.reshape(len(outputs), -1)


class Network:
    """One trained network, its calibration and its scored inputs, and its static integers."""

    def __init__(self, bench, name, folder):
        self.bench, self.name = bench, name
        if name in SHIPPED:
            data = ROOT / "platforms/pimvp/runner/networks/glyphs"
            files = {"calibrate": data / "calibrate.npy", "input": data / "images.npy",
                     "labels": data / "labels.npy", "preprocess": data / "preprocess.yaml"}
            self.source = ["--network", name]
        else:
            files = input_files(folder / name, bench.folder)
            self.source = ["--network", folder / name / "model.onnx",
                           "--calibrate", files["calibrate"], "--preprocess", files["preprocess"]]
        self.scored = [word for option in ("input", "labels", "preprocess")
                       for word in (f"--{option}", files[option])]
        self.labels = np.load(files["labels"])
        self.calibration_images = len(np.load(files["calibrate"], mmap_mode="r"))
        self.integers, report = bench.quantize(self.source)
        self.float_kl = report["on_calibration"]["kl"]
        self.static, self.static_scores = self.run(self.integers, "isaac_like", {})
        self.chip = self.balanced_chip()

    def run(self, integers, platform, settings, more=()):
        words = ["--network", integers, "--platform", platform, *self.scored, *more]
        for path, value in settings.items():
            words += ["--set", f"{path}={value}"]
        return self.bench.run(words)

    def balanced_chip(self):
        """The stream through copies of the layers that pays least constant power, and what the
        crossbars of a whole chip alone allow."""
        streams = {}
        for budget in (b for b in COPY_BUDGETS if b >= self.crossbars()):
            settings = {COPIES: budget, "accelerators.npu.params.runs_in_flight": IN_FLIGHT}
            record, _ = self.run(self.integers, "isaac_like", settings, ["--images", STREAM])
            if record["results"]["mismatches"]:
                sys.exit(f"redy_study: {self.name}: copies of layers change integers")
            streams[budget] = record["energy"]["chip"]
        budget, chip = min(streams.items(), key=lambda item: item[1]["static_j"])
        whole = self.bench.print(["map", "--network", self.integers,
                                  "--set", f"{COPIES}={CHIP_CROSSBARS}"])
        value, unit = re.search(r"The crossbars take ([\d.]+) (\S+) for an image", whole).groups()
        scale = {"ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]
        return {**chip, "budget": budget, "crossbars_interval_s": float(value) * scale}

    def crossbars(self):
        """That every layer once takes, in whole IMAs."""
        placed = self.bench.print(["map", "--network", self.integers])
        total = next(line for line in placed.splitlines() if line.startswith("total"))
        return IMA_CROSSBARS * int(re.split(r"\s{2,}", total)[3].replace(" ", ""))

    def judged(self, record, scores):
        """What a page says of one run on the scored inputs, or the first of them."""
        ideal, labels = self.static_scores[:len(scores)], self.labels[:len(scores)]
        same = scores.argmax(axis=1) == ideal.argmax(axis=1)
        right = scores.argmax(axis=1) == labels
        energy = record["energy"]["by_envelope_j"]
        static_right = ideal.argmax(axis=1) == labels
        return {"average_bits": record["precision"]["average_bits"],
                "kl": divergence(ideal, scores),
                "agreement": float(same.mean()), "top1": float(right.mean()),
                "top1_loss": float(static_right.mean() - right.mean()),
                "mismatches": record["results"]["mismatches"],
                "deviations": record["results"]["deviations"],
                "energy_j": {**energy, "chip": energy["chip"] + self.chip["static_j"]},
                "quantiser_j": sum(joule for name, joule in
                                   record["energy"]["by_component_j"].items()
                                   if "quantiser" in name),
                "inference_s": record["latency"]["inference_s"],
                "interval_s": record["latency"]["interval_s"]}

    def uniform(self, bits):
        settings = {QUANTISER + "policy": "fixed", QUANTISER + "drop": 8 - bits}
        return self.judged(*self.run(self.integers, "redy", settings))

    def lossless(self):
        return self.judged(*self.run(self.integers, "redy", {QUANTISER + "policy": "msb_skip"}))

    def calibrated(self, policy, budget, rule=None, machine=None, more=()):
        """A plan for the network, and a run with it. `rule`: option of quantize and parameter."""
        words = [*self.source, "--redy", policy, "--redy-budget", budget]
        settings = {QUANTISER + "policy": policy}
        for option, value in (rule or {}).items():
            words += [f"--redy-{option}", value]
            if option == "widths":
                settings[QUANTISER + option] = f"[{value}]"
            else:
                settings[QUANTISER + {"group": "group_size"}.get(option, option)] = value
        integers, report = self.bench.quantize(words)
        record, scores = self.run(integers, "redy", {**settings, **(machine or {})}, more)
        point = {"policy": policy, "budget": budget, **(rule or {}), **self.judged(record, scores)}
        return point, report["redy"], record


def pareto(network):
    points = [{"policy": "uniform", "bits": 8, "budget": None,
               **network.judged(network.static, network.static_scores)}]
    points[0]["average_bits"] = 8.0
    for bits in UNIFORM:
        points.append({"policy": "uniform", "bits": bits, "budget": None, **network.uniform(bits)})
    points.append({"policy": "msb_skip", "budget": None, **network.lossless()})
    for policy, budgets in BUDGETS.items():
        for budget in FEWER_BUDGETS.get(network.name, {}).get(policy, budgets):
            points.append(network.calibrated(policy, budget)[0])
            print(f"  {policy} {budget}: {points[-1]['average_bits']:.3f} bits, "
                  f"KL {points[-1]['kl']:.5f}", flush=True)
    return points


def best_budget(points):
    """The plan of BEST with the fewest bits whose scored divergence keeps the target."""
    best = redy_page.within([p for p in points if p["policy"] == BEST])
    return best["budget"] if best else BUDGETS[BEST][0]


def layers(network, budget):
    _, redy, record = network.calibrated(BEST, budget)
    ran = {layer["name"]: layer for layer in record["layers"]}
    rows = []
    for layer in redy["layers"]:
        precision = ran[layer["name"]]["precision"]
        rows.append({"name": layer["name"], "drop": layer["drop"], "kl_alone": layer["kl_alone"],
                     "share": layer["share"], "average_bits": precision["average_bits"],
                     "histogram": precision["histogram"]})
    return rows


def ablations(network, budget):
    """One choice changed at a time; the budget of calibration stays."""
    rows = [{"what": "as above", "value": "128, channel_first, half_even, all widths",
             **network.calibrated(BEST, budget)[0]}]

    def add(what, value, policy=BEST, at=budget, **changes):
        point, _, _ = network.calibrated(policy, at, **changes)
        rows.append({"what": what, "value": value, **point})
        print(f"  {what} {value}: {point['average_bits']:.3f} bits", flush=True)

    large = network.name in FEWER_BUDGETS
    for size in (32,) if large else (64, 32, 16):
        add("group size", size, rule={"group": size})
    for size in () if large else (128, 32):
        add("row order kernel_first, groups of", size,
            rule={"group": size, "order": "kernel_first"})
    for rounding in ("half_up", "floor"):
        add("rounding", rounding, rule={"rounding": rounding})
    # Widths bind policies that stream a number of planes; plane skip streams any set of them.
    what = f"{WIDTHS_OF}, budget {WIDTHS_BUDGET}: allowed widths"
    add(what, "all", WIDTHS_OF, WIDTHS_BUDGET)
    for widths in ("0,4,8",) if large else ("0,2,4,6,8", "0,4,8"):
        add(what, widths, WIDTHS_OF, WIDTHS_BUDGET, rule={"widths": widths})
    return rows


def calibrators(network, budget):
    """Ranges of the integers: these change the static baseline, too, so they are judged with it."""
    rows = []
    for calibrator in ("mse", "min-max", "percentile:99.9"):
        flow = ["--calibrator", calibrator]
        integers, report = network.bench.quantize([*network.source, *flow])
        static, static_scores = network.run(integers, "isaac_like", {})
        lossless, _ = network.run(integers, "redy", {QUANTISER + "policy": "msb_skip"})
        integers, _ = network.bench.quantize([*network.source, *flow, "--redy", BEST,
                                              "--redy-budget", budget])
        record, scores = network.run(integers, "redy", {QUANTISER + "policy": BEST})
        rows.append({"calibrator": calibrator, "float_kl": report["on_calibration"]["kl"],
                     "static_top1": static["results"]["top1"],
                     "lossless_bits": lossless["precision"]["average_bits"],
                     "average_bits": record["precision"]["average_bits"],
                     "kl": divergence(static_scores, scores),
                     "top1": record["results"]["top1"]})
        print(f"  {calibrator}: {rows[-1]['average_bits']:.3f} bits", flush=True)
    return rows


def analog(network, budget):
    """Static, lossless and best on machines that are not ideal."""
    rows = []
    some = ["--images", ANALOG_IMAGES]
    for machine, settings in ANALOG.items():
        static = network.judged(*network.run(network.integers, "isaac_like", settings, some))
        skips = {QUANTISER + "policy": "msb_skip", **settings}
        lossless = network.judged(*network.run(network.integers, "redy", skips, some))
        best, _, _ = network.calibrated(BEST, budget, machine=settings, more=some)
        rows.append({"machine": machine, "static": static, "lossless": lossless, "best": best})
        print(f"  {machine}: static {static['kl']:.4f}, best {best['kl']:.4f} nat", flush=True)
    return rows


def geometry(bench):
    """Synthetic weights: what a machine does, not what a policy finds."""
    rows = []
    for name in SYNTHETIC:
        base, _ = bench.run(["--network", name, "--images", 1])
        cut, _ = bench.run(["--network", name, "--images", 1, "--platform", "redy"])
        rows.append({"network": name, "macs": sum(layer["macs"] for layer in base["layers"]),
                     "average_bits": cut["precision"]["average_bits"],
                     "mismatches": base["results"]["mismatches"] + cut["results"]["mismatches"],
                     "inference_s": base["latency"]["inference_s"],
                     "energy_j": base["energy"]["by_envelope_j"],
                     "cut_energy_j": cut["energy"]["by_envelope_j"]})
    return rows


def study_of(name, points):
    """The curves as `pimvp report --study` reads them."""
    keys = ("average_bits", "kl", "top1", "agreement", "energy_j")
    series = []
    for policy, label in redy_page.NAMES.items():
        of_policy = [p for p in points if p["policy"] == policy]
        if of_policy:
            series.append({"name": label, "static": policy in ("uniform", "fixed"), "points": [
                {**{key: p[key] for key in keys}, "label": redy_page.setting(p)}
                for p in of_policy]})
    return {"schema": 1, "network": name, "series": series}


def measure(arguments):
    bench = Bench(arguments.program, arguments.work)
    data = json.loads(DATA.read_text()) if DATA.exists() else {"networks": {}}
    names = [n for n in FURTHER if arguments.folder and (arguments.folder / n).is_dir()]
    names = arguments.networks.split(",") if arguments.networks else names + SHIPPED
    only = arguments.only.split(",")
    for name in names:
        print(name, flush=True)
        network = Network(bench, name, arguments.folder)
        found = data["networks"].setdefault(name, {})
        found["images"] = len(network.labels)
        found["calibration_images"] = network.calibration_images
        found["chip"] = network.chip
        if "pareto" in only:
            found["points"] = pareto(network)
            (arguments.work / f"{name}_study.json").write_text(
                json.dumps(study_of(name, found["points"]), indent=1) + "\n")
        budget = best_budget(found["points"])
        found["budget"] = budget
        if "layers" in only:
            found["layers"] = layers(network, budget)
        if "ablations" in only and name not in SHIPPED:
            found["ablations"] = ablations(network, budget)
        if "analog" in only and name == "resnet20_cifar10":
            found["analog"] = analog(network, budget)
        if "calibrators" in only and name == "resnet20_cifar10":
            found["calibrators"] = calibrators(network, budget)
        DATA.write_text(json.dumps(data, indent=1) + "\n")
    if "geometry" in only:
        data["geometry"] = geometry(bench)
    DATA.write_text(json.dumps(data, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("measure")
    one.add_argument("folder", nargs="?", type=pathlib.Path)
    one.add_argument("--work", required=True, type=pathlib.Path, help="folder of all runs")
    one.add_argument("--networks", help="names, with commas; default: all there are")
    one.add_argument("--only", default="pareto,layers,ablations,calibrators,analog,geometry")
    one.add_argument("--program", default=ROOT / "build/release/bin/pimvp")
    commands.add_parser("render")
    arguments = parser.parse_args()
    if arguments.command == "measure":
        measure(arguments)
    else:
        redy_page.render(json.loads(DATA.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
