# SPDX-License-Identifier: Apache-2.0
"""Tables and figures of docs/results/redy.md, from what redy_study.py measured."""
import pathlib
import sys

from result_page import renew

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs/results"
PAGE = RESULTS / "redy.md"
ABSTRACT_SAVING = 0.13
TARGET_KL = 0.02  # nats, to the same integers with all bits
ENVELOPES = ["array", "tile_dynamic", "chip"]
NAMES = {
    "uniform": "static, the same everywhere",
    "fixed": "static bits per layer",
    "msb_skip": "lossless MSB skip",
    "lsb_drop": "LSB drop + MSB skip",
    "threshold": "threshold on the maximum",
    "rescale": "rescale, power of two",
    "plane_skip": "LSB drop + plane skip",
}
# Okabe and Ito's colours, which colour-blind people can tell apart; static ones are grey.
LOOKS = {
    "uniform": ("#999999", "x"), "fixed": ("#555555", "s"), "msb_skip": ("#000000", "*"),
    "lsb_drop": ("#0072b2", "o"), "threshold": ("#e69f00", "^"), "rescale": ("#cc79a7", "v"),
    "plane_skip": ("#d55e00", "D"),
}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def percent(share, digits=1):
    return f"{share * 100:.{digits}f} %"


def joule(value):
    for factor, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n")):
        if value >= 0.9995 * factor:
            return f"{value / factor:.3g} {prefix}J"
    return f"{value:.3g} J"


def setting(point):
    """What a point of a policy's curve was asked for."""
    if point["policy"] == "uniform":
        return f"{point['bits']} bits"
    return "" if point["budget"] is None else f"budget {point['budget']:g} nat"


def of(network, policy):
    return [point for point in network["points"] if point["policy"] == policy]


def within(points):
    """The point of fewest bits that keeps the target; None if none does."""
    fitting = [point for point in points if point["kl"] <= TARGET_KL]
    return min(fitting, key=lambda point: point["average_bits"]) if fitting else None


def savings(network, point):
    base = of(network, "uniform")[0]["energy_j"]
    return [1.0 - point["energy_j"][name] / base[name] for name in ENVELOPES]


def scaling(network):
    """Of each envelope, the share that falls with the streamed bits: seen at uniform bits."""
    point = min(of(network, "uniform"), key=lambda p: p["average_bits"])
    return [share / (1.0 - point["average_bits"] / 8.0) for share in savings(network, point)]


def row_of(network, point):
    return [f"{point['average_bits']:.2f}", f"{point['kl']:.4f}", percent(point["agreement"]),
            f"{percent(point['top1'])} ({point['top1_loss'] * 100:+.1f})",
            *[percent(share) for share in savings(network, point)]]


MEASURES = ["bits", "KL, nat", "top-1 as static", "top-1 (points lost)", "array", "tile dynamic",
            "chip"]


def glance(data):
    rows = []
    for name, network in data["networks"].items():
        for policy in ("uniform", "fixed", "msb_skip", "plane_skip"):
            point = within(of(network, policy))
            if point is None:
                continue
            rows.append([name if policy == "uniform" else "", NAMES[policy], setting(point),
                         *row_of(network, point)])
    return table(["network", "policy", "setting", *MEASURES], rows)


def gains(data):
    """What deciding per group is worth: bits of static layers less those of the policy."""
    rows = []
    for name, network in data["networks"].items():
        static = within(of(network, "fixed"))
        for policy in ("lsb_drop", "threshold", "rescale", "plane_skip"):
            point = within(of(network, policy))
            if point is None or static is None:
                continue
            saved = savings(network, point)[1] - savings(network, static)[1]
            rows.append([name if policy == "lsb_drop" else "", NAMES[policy],
                         f"{static['average_bits']:.2f}", f"{point['average_bits']:.2f}",
                         f"{static['average_bits'] - point['average_bits']:.2f}",
                         f"{saved * 100:.1f} points"])
    return table(["network", "policy", "bits, static per layer", "bits", "dynamic gain, bits",
                  "of tile dynamic"], rows)


def abstract(data):
    """Average savings of the networks, and the bits that would save the abstract's 13 %."""
    rows = []
    for policy in ("msb_skip", "plane_skip"):
        found = [(network, within(of(network, policy))) for network in data["networks"].values()]
        found = [(network, point) for network, point in found if point is not None]
        mean = [sum(savings(*pair)[i] for pair in found) / len(found)
                for i in range(len(ENVELOPES))]
        bits = sum(point["average_bits"] for _, point in found) / len(found)
        rows.append([f"{NAMES[policy]}, mean of {len(found)} networks", f"{bits:.2f}",
                     *[percent(share) for share in mean]])
    rows.append(["ReDy's abstract: average of CNNs it does not name", "", "", "13 %", ""])
    each = [scaling(network) for network in data["networks"].values()]
    needed = [8 * (1 - ABSTRACT_SAVING * len(each) / sum(one[i] for one in each))
              for i in range(len(ENVELOPES))]
    rows.append(["average bits that would save 13 %", "",
                 *[f"{bits:.2f} bits" if bits >= 0.0 else "none" for bits in needed]])
    return table(["", "bits", "array", "tile dynamic", "chip"], rows)


def points(network):
    rows = []
    for policy, name in NAMES.items():
        for i, point in enumerate(of(network, policy)):
            rows.append([name if i == 0 else "", setting(point), *row_of(network, point)])
    return table(["policy", "setting", *MEASURES], rows)


def histogram(shares):
    return " ".join("." if share == 0 else f"{share * 100:.0f}" for share in shares)


def layers(network):
    rows = [[layer["name"], percent(layer["share"]), layer["drop"], f"{layer['average_bits']:.2f}",
             f"`{histogram(layer['histogram'])}`", f"{layer['kl_alone']:.5f}"]
            for layer in network["layers"]]
    return table(["layer", "share of conversions at 8 bits", "LSBs dropped", "bits",
                  "% of groups with 0, 1 ... 8 planes", "KL alone, nat"], rows)


def ablations(network):
    rows = []
    last = None
    for row in network["ablations"]:
        rows.append([row["what"] if row["what"] != last else "", row["value"],
                     *row_of(network, row)])
        last = row["what"]
    return table(["choice", "value", *MEASURES], rows)


def calibrators(network):
    return table(["calibrator", "KL of static integers to float, calibration inputs", "static top-1",
                  "lossless bits", "bits", "KL, nat", "top-1"],
                 [[row["calibrator"], f"{row['float_kl']:.4f}", percent(row["static_top1"]),
                   f"{row['lossless_bits']:.2f}", f"{row['average_bits']:.2f}",
                   f"{row['kl']:.4f}", percent(row["top1"])] for row in network["calibrators"]])


def analog(network):
    return table(["machine", "static 8 bits: KL, nat", "top-1", "lossless: KL, nat", "top-1",
                  "plane skip: bits", "KL, nat", "top-1", "tile dynamic, plane skip"],
                 [[row["machine"],
                   f"{row['static']['kl']:.4f}", percent(row["static"]["top1"]),
                   f"{row['lossless']['kl']:.4f}", percent(row["lossless"]["top1"]),
                   f"{row['best']['average_bits']:.2f}", f"{row['best']['kl']:.4f}",
                   percent(row["best"]["top1"]),
                   joule(row["best"]["energy_j"]["tile_dynamic"])]
                  for row in network["analog"]])


def shares(data):
    """What of the baseline's energy scales with the streamed bits."""
    rows = []
    for name, network in data["networks"].items():
        energy = of(network, "uniform")[0]["energy_j"]
        best = within(of(network, "plane_skip"))
        rows.append([name, joule(energy["array"]), joule(energy["tile_dynamic"]),
                     joule(energy["chip"]), network["chip"]["budget"],
                     f"{network['chip']['interval_s'] * 1e6:.3g} us",
                     f"{network['chip']['crossbars_interval_s'] * 1e6:.3g} us",
                     *[percent(share) for share in scaling(network)[1:]],
                     joule(best["quantiser_j"]),
                     percent(best["quantiser_j"] / best["energy_j"]["tile_dynamic"], 2)])
    return table(["network", "array", "tile dynamic", "chip", "crossbars with copies",
                  "interval of a stream", "crossbars of a whole chip alone",
                  "of tile dynamic falls with bits",
                  "of chip", "quantiser", "quantiser of tile dynamic"], rows)


def geometry(data):
    return table(["network", "MACs", "latency", "tile dynamic, 8 bits", "bits, lossless",
                  "tile dynamic, lossless", "mismatches"],
                 [[row["network"], f"{row['macs']:,}".replace(",", " "),
                   f"{row['inference_s'] * 1e3:.3g} ms", joule(row["energy_j"]["tile_dynamic"]),
                   f"{row['average_bits']:.2f}", joule(row["cut_energy_j"]["tile_dynamic"]),
                   row["mismatches"]] for row in data["geometry"]])


def figure(name, network):
    """Divergence over bits, and top-1 over energy."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "pimvp"
    from matplotlib import pyplot
    drawn, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.2))
    base = of(network, "uniform")[0]["energy_j"]["tile_dynamic"]
    for policy, (colour, mark) in LOOKS.items():
        found = sorted((p for p in of(network, policy) if p["kl"] > 0 or policy == "msb_skip"),
                       key=lambda p: p["average_bits"])
        if not found:
            continue
        style = {"color": colour, "marker": mark, "markersize": 5, "linewidth": 1,
                 "linestyle": "--" if policy in ("uniform", "fixed") else "-",
                 "label": NAMES[policy]}
        left.plot([p["average_bits"] for p in found], [max(p["kl"], 1e-4) for p in found], **style)
        right.plot([p["energy_j"]["tile_dynamic"] / base for p in found],
                   [p["top1"] * 100 for p in found], **style)
    left.axhline(TARGET_KL, color="#bbbbbb", linewidth=1)
    left.annotate("target", (left.get_xlim()[0], TARGET_KL), fontsize=7, color="#777777",
                  xytext=(3, 3), textcoords="offset points")
    left.set(xlabel="average bits streamed", ylabel="KL to static int8, nat (lossless: at 1e-4)",
             yscale="log")
    right.axhline(of(network, "uniform")[0]["top1"] * 100, color="#bbbbbb", linewidth=1)
    right.set(xlabel="tile dynamic energy, share of static 8 bits",
              ylabel=f"top-1 of {network['images']} images, %")
    for axes in (left, right):
        axes.grid(True, which="major", alpha=0.3)
    left.legend(fontsize=7)
    drawn.suptitle(name)
    drawn.tight_layout()
    drawn.savefig(RESULTS / f"redy_{name}.svg", metadata={"Date": None})
    pyplot.close(drawn)


def render(data):
    for name, network in data["networks"].items():
        if any(point["mismatches"] for point in network["points"]):
            sys.exit(f"redy_page: {name}: some integers differ from the reference")
    page = PAGE.read_text()
    parts = {"glance": glance(data), "gains": gains(data), "shares": shares(data),
             "abstract": abstract(data)}
    if "geometry" in data:
        parts["geometry"] = geometry(data)
    for name, network in data["networks"].items():
        figure(name, network)
        for part, make in (("points", points), ("layers", layers), ("ablations", ablations),
                           ("calibrators", calibrators), ("analog", analog)):
            if part in network:
                parts[f"{part} {name}"] = make(network)
    for name, text in parts.items():
        page = renew(page, name, text)
    PAGE.write_text(page)
