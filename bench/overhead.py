#!/usr/bin/env python3
"""What the orchestrator costs: the same load by `elytra benchmark` and by `elytractl bench`.

usage: overhead.py BUILD [PAIRS]

Both drive a fresh server with one client and full batches of plain transfers; `elytra benchmark`
until it has sent them, `elytractl bench` for the time that takes. The order within each pair is
drawn. Run it on an idle machine, in a folder on the file system to measure.
"""

import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

TRANSFERS = 3_000_000
CLOSED_LOOP = ["--set", '/measure/warmup={"until":"time","min":"0s"}', "--set", "/load/audit=false"]


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=True).stdout


def directly(build, folder):
    """Transfers a second, and how long they took in milliseconds."""
    text = run([build / "elytra", "benchmark", f"--transfer-count={TRANSFERS}",
                "--query-count=1"], folder)
    rate = int(re.search(r"load accepted = (\d+) tx/s", text)[1])
    return rate, round(TRANSFERS / rate * 1000)


def orchestrated(build, folder, milliseconds):
    command = [build / "elytractl", "bench", "--json", "-q", f"--duration={milliseconds}ms"]
    done = subprocess.run([*command, *CLOSED_LOOP], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["measurements"][0]["metrics"]["throughput"]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    ratios = []
    with tempfile.TemporaryDirectory(prefix="overhead-", dir=".") as folder:
        _, milliseconds = directly(build, folder)  # how long to go on; not counted
        for pair in range(pairs):
            first = random.choice([True, False])
            if first:
                direct, _ = directly(build, folder)
            through = orchestrated(build, folder, milliseconds)
            if not first:
                direct, _ = directly(build, folder)
            ratios.append(through / direct)
            print(f"pair {pair + 1}: {direct} directly, {through:.0f} through elytractl: "
                  f"{100 * (ratios[-1] - 1):+.1f} %")
    middle = statistics.median(ratios)
    print(f"median of {pairs} pairs: {100 * (middle - 1):+.1f} %, "
          f"from {100 * (min(ratios) - 1):+.1f} % to {100 * (max(ratios) - 1):+.1f} %")


if __name__ == "__main__":
    main()
