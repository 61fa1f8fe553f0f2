#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what cutting activations on the fly buys, and what it costs.

    scripts/redy_study.py [FOLDER] [--networks A,B] [--parts A,B] [--write] [--keep DIR]

fills the tables of docs/results/redy.md (--write) or prints them. The shipped networks are
calibrated on their own calibration inputs and scored on their test images. FOLDER holds further
ones, each in a folder of its name: model.onnx, images_u8_nhwc.npy, labels.npy; the first images of
a file calibrate, the others are scored. Accuracy is the reference executor's on all scored images;
counts and energy are simulated on the first few of them, every layer equal to the reference.

Needs Debian's python3-numpy and python3-matplotlib, and build/release/bin/pimvp.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/results/redy.md"
FIGURES = ROOT / "docs/results"
POLICIES = ["fixed", "msb_skip", "lsb_drop", "threshold", "rescale", "plane_skip"]
BUDGETS = [0.003, 0.01, 0.02, 0.05]
HEADLINE = 0.02  # nats against the same integers with all bits
BEST = "plane_skip"
ENVELOPES = ["array", "tile_dynamic", "chip"]
QUANTISER = "accelerators.npu.params.tile.quantiser."
NETWORKS = {  # preprocessing, calibration images, simulated images; "" = shipped
    "squeezenet": ("channel_order: bgr\nmean: [104, 117, 123]\n", 20, 5),
    "resnet20_cifar10": (f"scale: {1 / 255}\nmean: [0.485, 0.456, 0.406]\n"
                         "std: [0.229, 0.224, 0.225]\n", 100, 6),
    "glyphs": ("", 0, 10),
    "glyphs_mobile": ("", 0, 10),
}
SYNTHETIC = ["resnet18", "mobilenet_v1"]


class Study:
    """Runs the program, once for every different command."""

    def __init__(self, program, folder, scratch):
        self.program, self.folder, self.scratch = str(program), folder, scratch

    def _run(self, words, name):
        """The folder of a run; made by `words` with {out} in them, unless it is there."""
        out = self.scratch / name
        if not (out / "done").exists():
            out.mkdir(parents=True, exist_ok=True)
            print(f"  {name}", file=sys.stderr, flush=True)
            done = subprocess.run([self.program, *[w.replace("{out}", str(out)) for w in words]],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"redy_study: {name}: {done.stderr}")
            (out / "done").touch()
        return out

    def data(self, name):
        """Words that name the calibration and the scored inputs of a network."""
        preprocess, calibrates, _ = NETWORKS[name]
        if not preprocess:
            here = ROOT / "platforms/pimvp/runner/networks/glyphs"
            return [], ["--input", str(here / "images.npy"), "--labels", str(here / "labels.npy")]
        here, made = self.folder / name, self.scratch / name
        if not (made / "labels.npy").exists():
            made.mkdir(parents=True, exist_ok=True)
            images = np.load(here / "images_u8_nhwc.npy")
            np.save(made / "calibrate.npy", images[:calibrates])
            np.save(made / "input.npy", images[calibrates:])
            (made / "preprocess.yaml").write_text("layout: nhwc\n" + preprocess)
            np.save(made / "labels.npy", np.load(here / "labels.npy")[calibrates:])
        shape = ["--preprocess", str(made / "preprocess.yaml")]
        return (["--calibrate", str(made / "calibrate.npy"), *shape],
                ["--input", str(made / "input.npy"), "--labels", str(made / "labels.npy"), *shape])

    def integers(self, name, calibrator=None):
        """The static 8-bit network that baseline and ReDy share, and its report."""
        calibrate, scored = self.data(name)
        source = name if not NETWORKS[name][0] else str(self.folder / name / "model.onnx")
        words = ["quantize", "--network", source, *unique(calibrate, scored), "--out",
                 "{out}/int.onnx", "--report", "{out}/report.json", "--quiet"]
        words += ["--calibrator", calibrator] if calibrator else []
        made = self._run(words, f"{name}/int8{'-' + calibrator if calibrator else ''}")
        return made / "int.onnx", json.loads((made / "report.json").read_text())

    def plan(self, name, policy, budget, more=(), calibrator=None):
        """A network with a calibrated plan, and what the reference says of it."""
        integers, _ = self.integers(name, calibrator)
        calibrate, scored = self.data(name)
        if not calibrate:
            here = ROOT / "platforms/pimvp/runner/networks/glyphs"
            calibrate = ["--calibrate", str(here / "calibrate.npy"), "--preprocess",
                         str(here / "preprocess.yaml")]
        label = "-".join([policy, str(budget), *more, *([calibrator] if calibrator else [])])
        words = ["quantize", "--network", str(integers), *unique(calibrate, scored), "--redy",
                 policy, "--redy-budget", str(budget), *more, "--out", "{out}/plan.onnx",
                 "--report", "{out}/report.json", "--quiet"]
        made = self._run(words, f"{name}/{label.replace('--redy-', '')}")
        return made / "plan.onnx", json.loads((made / "report.json").read_text())["redy"]

    def simulate(self, name, network, quantiser=None, more=(), images=None, check="layers"):
        """run.json of the first scored images on the replicated 8-bit machine."""
        _, scored = self.data(name) if name in NETWORKS else ([], [])
        several = images or (NETWORKS[name][2] if name in NETWORKS else 5)
        text = "extends: isaac_8b\n"
        if quantiser:
            fields = ", ".join(f"{key}: {value}" for key, value in quantiser.items())
            text += ("accelerators:\n  npu:\n    params:\n      tile:\n"
                     f"        quantiser: {{type: group, {fields}}}\n")
        label = "-".join([pathlib.Path(network).parent.name, *(quantiser or {}).values(), *more,
                          str(several)])
        label = re.sub(r"[^A-Za-z0-9.=-]+", "_", label.replace(QUANTISER[:-10], ""))
        platform = self.scratch / name / f"{label}.yaml"
        platform.parent.mkdir(parents=True, exist_ok=True)
        platform.write_text(text)
        words = ["run", "--platform", str(platform), "--network", str(network), *scored,
                 "--images", str(several), "--check", check, "--quiet", "--out", "{out}"]
        for each in more:
            words += ["--set", each]
        out = self._run(words, f"{name}/run-{label}")
        record = json.loads((out / "run.json").read_text())
        if record["results"]["exact"] and record["results"]["mismatches"] != 0:
            sys.exit(f"redy_study: {name}: {label} does not equal the reference")
        return record


def unique(*lists):
    """Options of several lists, each once."""
    seen, words = set(), []
    for one in lists:
        for option, value in zip(one[::2], one[1::2]):
            if option not in seen:
                words += [option, value]
            seen.add(option)
    return words


def envelopes(record):
    """Joules of an inference by envelope; static power over the steady interval of the stream."""
    by, stream = record["energy"]["by_envelope_j"], record["energy"]["stream"]
    static = stream["static_j"] + sum(stream["apart_static_j"].values())
    return {"array": by["array"], "tile_dynamic": by["tile_dynamic"], "chip": by["chip"] + static}


def saved(before, after):
    return {e: 1 - after[e] / before[e] for e in ENVELOPES}


def rule_words(policy):
    return {"policy": policy}


class Tables:
    """Tables by the name of their place in the page."""

    def __init__(self):
        self.made = {}

    def add(self, name, head, rows, right=()):
        lines = ["| " + " | ".join(head) + " |",
                 "|" + "|".join("---:" if h in right else "---" for h in head) + "|"]
        self.made[name] = "\n".join(lines + ["| " + " | ".join(map(str, r)) + " |" for r in rows])

    def write(self, page):
        text = page.read_text()
        for name, table in self.made.items():
            place = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
            if not place.search(text):
                sys.exit(f"redy_study: {page} has no place for '{name}'")
            text = place.sub(lambda found: found[1] + table + "\n" + found[2], text)
        page.write_text(text)

    def print(self):
        for name, table in self.made.items():
            print(f"\n## {name}\n{table}")


def percent(value, digits=1):
    return f"{value * 100:.{digits}f} %"


def headline(study, names, tables):
    """Every policy at the headline's budget, and the savings in every envelope."""
    rows, shares, summary = [], [], []
    for name in names:
        integers, report = study.integers(name)
        before = study.simulate(name, integers)
        base = envelopes(before)
        near = report["on_inputs"]
        rows.append([name, "8 bits (baseline)", "8.00", "0", percent(near["top1"], 2), "", "", ""])
        array = base["array"]
        shares.append([name, percent(array / base["array"]), percent(array / base["tile_dynamic"]),
                       percent(array / base["chip"]),
                       percent(before["energy"]["by_component_j"]["adc"] / base["tile_dynamic"])])
        for policy in POLICIES:
            plan, redy = study.plan(name, policy, HEADLINE)
            seen = redy["on_inputs"]
            gain = saved(base, envelopes(study.simulate(name, plan, rule_words(policy))))
            rows.append([name, f"`{policy}`", f"{seen['average_bits']:.2f}", f"{seen['kl']:.4f}",
                         percent(seen["top1"], 2), *[percent(gain[e]) for e in ENVELOPES]])
            if policy in (BEST, "msb_skip", "fixed"):
                summary.append((name, policy, seen, near, gain))
    tables.add("headline", ["network", "policy", "average bits", "KL, nat", "top-1", *ENVELOPES],
               rows, ("average bits", "KL, nat", "top-1", *ENVELOPES))
    tables.add("shares", ["network", "of *array*", "of *tile dynamic*", "of *chip*",
                          "ADC alone, of *tile dynamic*"], shares)
    averages = []
    for policy in ("msb_skip", "fixed", BEST):
        chosen = [gain for _, p, _, _, gain in summary if p == policy]
        averages.append([f"`{policy}`", *[percent(sum(g[e] for g in chosen) / len(chosen))
                                          for e in ENVELOPES]])
    tables.add("average", ["policy", *ENVELOPES], averages, ENVELOPES)


def pareto(study, names, tables, figures):
    """KL and top-1 against bits and energy, policy by policy."""
    rows = []
    for name in names:
        integers, _ = study.integers(name)
        base = envelopes(study.simulate(name, integers))
        series = []
        for policy in POLICIES:
            points = []
            budgets = [HEADLINE] if policy == "msb_skip" else BUDGETS
            for budget in budgets:
                plan, redy = study.plan(name, policy, budget)
                energy = envelopes(study.simulate(name, plan, rule_words(policy)))
                seen = redy["on_inputs"]
                points.append({"average_bits": seen["average_bits"], "kl": seen["kl"],
                               "top1": seen["top1"], "agreement": seen["agreement"],
                               "images": seen["inputs"], "energy_j": energy,
                               "label": f"budget {budget}"})
                rows.append([name, f"`{policy}`", budget if policy != "msb_skip" else "",
                             f"{seen['average_bits']:.2f}", f"{seen['kl']:.4f}",
                             percent(seen["agreement"], 2), percent(seen["top1"], 2),
                             percent(1 - energy["tile_dynamic"] / base["tile_dynamic"])])
            series.append({"name": policy, "static": policy == "fixed", "points": points})
        if figures:
            (study.scratch / f"{name}.study.json").write_text(
                json.dumps({"schema": 1, "network": name, "series": series}, indent=1))
            draw(name, series)
    tables.add("pareto", ["network", "policy", "budget", "average bits", "KL, nat", "agreement",
                          "top-1", "*tile dynamic* saved"], rows,
               ("budget", "average bits", "KL, nat", "agreement", "top-1", "*tile dynamic* saved"))


def draw(name, series):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "pimvp"
    import matplotlib.pyplot as plot
    figure, (left, right) = plot.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    for one, marker in zip(series, "s^o*Dv"):
        points = sorted(one["points"], key=lambda p: p["average_bits"])
        style = {"marker": marker, "label": one["name"],
                 "linestyle": "--" if one["static"] else "-"}
        left.plot([p["average_bits"] for p in points], [p["kl"] for p in points], **style)
        right.plot([p["energy_j"]["tile_dynamic"] * 1e6 for p in points],
                   [p["top1"] * 100 for p in points], **style)
    left.set(xlabel="average bits streamed", ylabel="KL against static int8, nat")
    left.axhline(HEADLINE, color="grey", linewidth=0.8)
    right.set(xlabel="tile dynamic energy, uJ an inference", ylabel="top-1, %")
    left.legend()
    figure.suptitle(name)
    figure.savefig(FIGURES / f"redy_{name}.svg", metadata={"Date": None})


def layers(study, names, tables):
    """Histogram, average, share and sensitivity of every layer under the best policy."""
    for name in names:
        plan, redy = study.plan(name, BEST, HEADLINE)
        record = study.simulate(name, plan, rule_words(BEST))
        alone = {layer["name"]: layer for layer in redy["layers"]}
        rows = []
        conversions = {l["name"]: sum(c for k, c in l["counts"].items()
                                      if k.startswith("adc.conversion")) for l in record["layers"]}
        total = sum(conversions.values())
        for layer in record["layers"]:
            if layer["precision"] is None:
                continue
            spread = " ".join(f"{share * 100:.0f}" for share in layer["precision"]["histogram"])
            own = alone.get(layer["name"])
            rows.append([f"`{layer['name']}`", own["drop"] if own else "",
                         f"{layer['precision']['average_bits']:.2f}", spread,
                         percent(conversions[layer["name"]] / total),
                         f"{own['kl_alone']:.5f}" if own else ""])
        tables.add(f"layers {name}", ["layer", "LSBs dropped", "average n",
                                      "groups with n = 0, 1 .. 8, %", "share of conversions",
                                      "KL of this layer alone, nat"], rows,
                   ("LSBs dropped", "average n", "share of conversions",
                    "KL of this layer alone, nat"))


def ablations(study, name, tables):
    """One choice at a time."""
    integers, _ = study.integers(name)
    base = envelopes(study.simulate(name, integers))["tile_dynamic"]

    def row(policy, more, quantiser, calibrator=None):
        plan, redy = study.plan(name, policy, HEADLINE, more, calibrator)
        seen = redy["on_inputs"]
        energy = envelopes(study.simulate(name, plan, {"policy": policy, **quantiser}))
        return [f"`{policy}`", f"{seen['average_bits']:.2f}", f"{seen['kl']:.4f}",
                percent(seen["top1"], 2), percent(1 - energy["tile_dynamic"] / base)]

    head = ["policy", "average bits", "KL, nat", "top-1", "*tile dynamic* saved"]
    rows = []
    for size in ("128", "64", "32", "16"):
        for order in ("channel_first", "kernel_first"):
            more = ["--redy-group", size, "--redy-order", order]
            rows.append([size, order, *row("msb_skip", more, {"group_size": size, "order": order})])
    tables.add("groups", ["group size", "order", *head], rows)
    rows = []
    for rounding in ("half_even", "half_up", "floor"):
        rows.append([rounding, *row("lsb_drop", ["--redy-rounding", rounding],
                                    {"rounding": rounding})])
    tables.add("rounding", ["rounding", *head], rows)
    rows = []
    for widths in ("0,1,2,3,4,5,6,7,8", "0,2,4,6,8", "0,4,8", "4,8"):
        rows.append([widths, *row("lsb_drop", ["--redy-widths", widths],
                                  {"widths": f"[{widths}]"})])
    tables.add("widths", ["allowed widths", *head], rows)
    rows = []
    for statistic in ("maximum", "mean", "variance", "peak_to_mean"):
        rows.append([statistic, *row("threshold", ["--redy-statistic", statistic],
                                     {"statistic": statistic})])
    tables.add("statistics", ["statistic", *head], rows)
    rows = []
    for calibrator in ("mse", "min-max", "percentile:99.99", "entropy"):
        _, report = study.integers(name, calibrator)
        for policy in ("msb_skip", BEST):
            rows.append([calibrator, f"{report['on_inputs']['kl']:.4f}",
                         *row(policy, [], {}, calibrator)])
    tables.add("calibrators", ["ranges by", "int8 against float, KL", *head], rows)


def analog(study, name, tables, images):
    """Coarser converters and imperfect cells, with and without ReDy."""
    integers, _ = study.integers(name)
    plan, _ = study.plan(name, BEST, HEADLINE)
    base = envelopes(study.simulate(name, integers))["tile_dynamic"]
    ima = "accelerators.npu.params.tile.ima."

    def rows_of(settings):
        rows = []
        for what, words in settings:
            for label, network, quantiser in (("8 bits", integers, None),
                                              (f"`{BEST}`", plan, rule_words(BEST))):
                record = study.simulate(name, network, quantiser, [ima + w for w in words], images)
                results = record["results"]
                rows.append([what, label, results["deviations"], f"{results['kl']:.4f}"
                             if results["kl"] is not None else "", percent(results["top1"], 1),
                             percent(1 - envelopes(record)["tile_dynamic"] / base)])
        return rows

    head = ["", "inputs", "integers that differ", "KL against float, nat", "top-1",
            "*tile dynamic* saved"]
    tables.add("adc", ["converter", *head[1:]], rows_of(
        [("8 bits", [])] +
        [(f"{bits} bits, {how}", [f"adc.bits={bits}", f"adc.range={how}"])
         for bits in (7, 6, 5) for how in ("saturate", "full_scale")]))
    tables.add("analog", ["imperfection", *head[1:]], rows_of(ANALOG))


ANALOG = []


def synthetic(study, tables):
    """Geometry and speed only: weights are random."""
    rows = []
    for name in SYNTHETIC:
        before = study.simulate(name, name)
        after = study.simulate(name, name, rule_words("msb_skip"))
        gain = saved(envelopes(before), envelopes(after))
        rows.append([name, f"{after['precision']['average_bits']:.2f}",
                     *[percent(gain[e]) for e in ENVELOPES],
                     f"{before['latency']['interval_s'] * 1e6:.1f} us"])
    tables.add("synthetic", ["network", "average bits, `msb_skip`", *ENVELOPES, "image interval"],
               rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--networks", help="names, with commas; default: all there are")
    parser.add_argument("--parts", default="headline,pareto,layers,ablations,analog,synthetic")
    parser.add_argument("--ablate", default="resnet20_cifar10", help="network of the ablations")
    parser.add_argument("--analog-images", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="into docs/results/redy.md")
    parser.add_argument("--keep", type=pathlib.Path, help="folder of runs, to go on from")
    parser.add_argument("--program", default=ROOT / "build/release/bin/pimvp")
    chosen = parser.parse_args()
    names = [n for n in NETWORKS if not NETWORKS[n][0] or
             (chosen.folder and (chosen.folder / n).is_dir())]
    if chosen.networks:
        names = chosen.networks.split(",")
    parts = chosen.parts.split(",")
    tables = Tables()
    with tempfile.TemporaryDirectory() as scratch:
        study = Study(chosen.program, chosen.folder, (chosen.keep or pathlib.Path(scratch)).resolve())
        if "headline" in parts:
            headline(study, names, tables)
        if "pareto" in parts:
            pareto(study, names, tables, chosen.write)
        if "layers" in parts:
            layers(study, names, tables)
        if "ablations" in parts and chosen.ablate in names:
            ablations(study, chosen.ablate, tables)
        if "analog" in parts and chosen.ablate in names:
            analog(study, chosen.ablate, tables, chosen.analog_images)
        if "synthetic" in parts:
            synthetic(study, tables)
    if chosen.write:
        tables.write(PAGE)
    else:
        tables.print()
    return 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main())
