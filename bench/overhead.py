#!/usr/bin/env python3
"""What the orchestrator costs: the same load by `elytra benchmark` and by `elytractl bench`.

usage: overhead.py BUILD [PAIRS]

Both drive a fresh server that logs its checkpoints, with one client and full batches of plain
transfers; `elytra benchmark` until it has sent them, `elytractl bench` for the time that takes, of
which all counts, its warm-up too, so that the ledgers are of one size. The order within each pair
is drawn. Prints the change of the accepted transfers a second from driving directly to driving
through elytractl: the Hodges-Lehmann estimate and its 95 % interval. Run it on an idle machine, in
a folder on the file system to measure.
"""

import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

TRANSFERS = 4_000_000
WARM_UP_MILLISECONDS = 250  # one interval
CLOSED_LOOP = ["--set", '/measure/warmup={"until":"time","min":"0s"}', "--set", "/load/audit=false"]


def run(command, folder, status=(0,)):
    log_path = pathlib.Path(folder, "log")
    with log_path.open("wb") as log:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stderr=log,
                              stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in status:
        sys.exit(f"{command} ended with status {done.returncode}:\n"
                 f"{log_path.read_text(errors='replace')[-2000:]}")
    return json.loads(done.stdout)


def directly(build, folder):
    """Transfers a second."""
    result = run([build / "elytra", "benchmark", "--json", f"--transfer-count={TRANSFERS}",
                  "--query-count=1", "--log-debug-replica"], folder)
    return next(stage["accepted_per_second"] for stage in result["load"]["stages"]
                if stage["stage"] == "create_transfers")


def orchestrated(build, folder, milliseconds):
    # 7 and 14: what so short a run is worth by itself is not asked here.
    duration = milliseconds - WARM_UP_MILLISECONDS
    result = run([build / "elytractl", "bench", "--json", "-q", f"--duration={duration}ms",
                  *CLOSED_LOOP], folder, (0, 7, 14))
    measured = result["measurements"][0]
    accepted = measured["warm_up_counts"]["accepted"] + measured["counts"]["accepted"]
    phases = measured["phases"]
    return accepted * 1e9 / (phases["warm_up_ns"] + phases["measurement_ns"])


def interval(changes):
    """Hodges-Lehmann, and the 95 % interval of the signed-rank test in its normal form."""
    count = len(changes)
    means = sorted((changes[i] + changes[j]) / 2 for i in range(count) for j in range(i, count))
    deviation = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    rank = max(0, math.floor(len(means) / 2 - 1.96 * deviation))
    return statistics.median(means), means[rank], means[-1 - rank]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    changes = []
    with tempfile.TemporaryDirectory(prefix="overhead-", dir=".") as folder:
        milliseconds = round(TRANSFERS / directly(build, folder) * 1000)  # not counted
        for pair in range(pairs):
            first = random.choice([True, False])
            if first:
                direct = directly(build, folder)
            through = orchestrated(build, folder, milliseconds)
            if not first:
                direct = directly(build, folder)
            changes.append(math.log(through / direct))
            print(f"pair {pair + 1}: {direct:.0f} directly, {through:.0f} through elytractl: "
                  f"{100 * math.expm1(changes[-1]):+.1f} %", flush=True)
    estimate, low, high = (100 * math.expm1(value) for value in interval(changes))
    print(f"{pairs} pairs: {estimate:+.2f} % [{low:+.2f}, {high:+.2f}]")


if __name__ == "__main__":
    main()
