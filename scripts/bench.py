#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Speed and memory of whole runs; called by bench.sh.

Every row is the median of a few runs of one image: weights made, mapped, loaded, simulated with
every conversion saturated, and every layer compared with the reference. CPU seconds are user plus
system time of the whole process on one thread.
"""
import argparse
import json
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile

from result_page import renew

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/results/speed.md"
PLOT = ROOT / "docs/results/speed.svg"
ZOO = ["vgg9", "mobilenet_v2", "mobilenet_v1", "alexnet", "squeezenet", "googlenet", "resnet18",
       "resnet34", "resnet50", "vgg11", "vgg16"]
INSTRUCTIONS = {"portable": "portable", "avx2": "AVX2", "avx512": "AVX-512"}


def run(program, network, kernels):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "run", "--network", network, "--threads", "1", "--quiet",
                               "--kernels", kernels, "--out", folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench: {network}: {done.stderr}")
        host = json.loads((pathlib.Path(folder) / "host.json").read_text())
        record = json.loads((pathlib.Path(folder) / "run.json").read_text())
    if record["results"]["mismatches"] != 0:
        sys.exit(f"bench: {network} does not equal the reference")
    return host, record


def size_of(program, network):
    """MACs, and bytes of weights, from the list of networks."""
    listed = subprocess.run([program, "list", "networks"], capture_output=True, text=True,
                            check=True).stdout
    for line in listed.splitlines():
        cells = re.split(r"\s{2,}", line)
        if cells[0] == network:
            return [int(cell.replace(" ", "")) for cell in cells[1:3]]
    sys.exit(f"bench: unknown network {network}")


def measure(program, network, kernels, runs):
    macs, weights = size_of(program, network)
    taken = [run(program, network, kernels) for _ in range(runs)]
    cpu = statistics.median(host["cpu_s"] for host, _ in taken)
    peak = statistics.median(host["peak_memory_bytes"] for host, _ in taken)
    simulated = taken[0][1]["latency"]["inference_s"]
    return {"network": network, "kernels": kernels, "macs": macs, "weights": weights,
            "cpu_s": cpu, "peak_mb": peak / 1e6, "gmac_per_s": macs / cpu * 1e-9,
            "times_real": cpu / simulated}


def kernel_rates(program):
    done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.2",
                           "--benchmark_repetitions=3", "--benchmark_report_aggregates_only=true"],
                          capture_output=True, text=True, check=True)
    return [{"name": one["run_name"], "per_s": one["items_per_second"], "what": one["label"]}
            for one in json.loads(done.stdout)["benchmarks"]
            if one.get("aggregate_name") == "median"]


def cpu_of(command):
    """CPU seconds of a command, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def firmware_rates(program, folder, runs):
    """Speed of RISC-V cores; empty if no firmware was built."""
    if not (folder / "one/compute.elf").exists():
        return []
    board = str(ROOT / "testbenches/cosim/firmware/boards/one.yaml")

    def firmware(name, *more):
        return [program, "vp", board, "--elf", str(folder / f"one/{name}.elf"), "--quiet", *more]

    def median(command):
        taken = [cpu_of(command) for _ in range(runs)]
        return statistics.median(cpu for cpu, _ in taken), taken[0][1]

    cpu, text = median(firmware("compute"))
    instructions = int(re.search(r"instructions: (\d+)", text).group(1))
    rows = [("computing, quantum 10 us", f"{si(instructions / cpu)}instructions/s")]
    cpu, text = median(firmware("registers"))
    accesses = int(re.search(r"accesses: (\d+)", text).group(1))
    rows.append(("registers of an accelerator", f"{si(accesses / cpu)}accesses/s"))
    # In rounds, each compared with the host-driven run beside it: computers change their speed.
    glyphs = ["--network", "glyphs", "--images", "100"]
    host = [program, "run", "--platform", board, "--check", "outputs", "--threads", "1", "--quiet",
            *glyphs]
    kinds = {"stream": "streamed", "interrupt": "by interrupt", "polled": "polled"}
    taken = {name: [] for name in kinds}
    for _ in range(runs):
        beside, _ = cpu_of(host)
        for name in kinds:
            cpu, _ = cpu_of(firmware(name, *glyphs))
            taken[name].append((cpu, cpu / beside))
    for name, how in kinds.items():
        cpu = statistics.median(cpu for cpu, _ in taken[name])
        ratio = statistics.median(ratio for _, ratio in taken[name])
        rows.append((f"100 inferences of glyphs, {how}",
                     f"{cpu:.2f} CPU s, {ratio:.2f} of the host-driven run's"))
    return rows


def firmware_table(rows):
    return "\n".join(["| what software does | rate |", "|---|---|"] +
                     [f"| {what} | {rate} |" for what, rate in rows])


def si(value):
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.3g} "


def network_table(rows):
    lines = ["| network | GMAC | M weights | instructions | CPU s | peak MB | GMAC/s | x real |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| `{row['network']}` | {row['macs'] * 1e-9:.3g} | "
                     f"{row['weights'] * 1e-6:.3g} | {INSTRUCTIONS[row['kernels']]} | "
                     f"{row['cpu_s']:.2f} | {row['peak_mb']:.0f} | {row['gmac_per_s']:.2f} | "
                     f"{row['times_real']:.0f} |")
    return "\n".join(lines)


def kernel_table(rates):
    lines = ["| kernel | rate |", "|---|---|"]
    for rate in rates:
        lines.append(f"| `{rate['name']}` | {si(rate['per_s'])}{rate['what']}/s |")
    return "\n".join(lines)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def plot(rows):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "pimvp"
    from matplotlib import pyplot
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(10, 4.5))
    for kernels in dict.fromkeys(row["kernels"] for row in rows):
        of = [row for row in rows if row["kernels"] == kernels]
        time.plot([r["macs"] * 1e-9 for r in of], [r["cpu_s"] for r in of], "o",
                  label=INSTRUCTIONS[kernels])
        memory.plot([r["weights"] * 1e-6 for r in of], [r["peak_mb"] for r in of], "o",
                    label=INSTRUCTIONS[kernels])
    first = [row for row in rows if row["kernels"] == rows[0]["kernels"]]
    for row in first:
        time.annotate(row["network"], (row["macs"] * 1e-9, row["cpu_s"]), fontsize=7,
                      xytext=(4, -8), textcoords="offset points")
        memory.annotate(row["network"], (row["weights"] * 1e-6, row["peak_mb"]), fontsize=7,
                        xytext=(4, -8), textcoords="offset points")
    time.set(xlabel="GMAC", ylabel="CPU s", xscale="log", yscale="log")
    memory.set(xlabel="M weights", ylabel="peak MB", xscale="log", yscale="log")
    for axes in (time, memory):
        axes.grid(True, which="major", alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--kernels", required=True)
    parser.add_argument("--firmware", required=True, type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("networks", nargs="*", default=ZOO)
    given = parser.parse_args()
    rows = []
    print(network_table([]))
    for network in given.networks or ZOO:
        for kernels in ("avx2", "portable"):
            rows.append(measure(given.program, network, kernels, given.runs))
            print(network_table(rows[-1:]).splitlines()[-1], flush=True)
    rates = kernel_rates(given.kernels)
    print("\n" + kernel_table(rates))
    software = firmware_rates(given.program, given.firmware, given.runs)
    print("\n" + firmware_table(software))
    if given.write:
        page = PAGE.read_text()
        host = f"{processor()}, one thread; medians of {given.runs} runs."
        page = renew(page, "host", host)
        page = renew(page, "networks", network_table(rows))
        page = renew(page, "kernels", kernel_table(rates))
        if software:
            page = renew(page, "firmware", firmware_table(software))
        PAGE.write_text(page)
        plot(rows)


if __name__ == "__main__":
    main()
