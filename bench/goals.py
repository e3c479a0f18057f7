#!/usr/bin/env python3
"""The storage figures of a build of elytra, beside those of another build.

usage: goals.py BUILD [--against BUILD] [--repeat N] [--only NAME,...] [--raw FILE]

Every case starts with a fresh data file. With two builds and several repeats their order is drawn,
so that what else the machine does meets both. Run it on an idle machine, in a folder on the file
system to measure; it needs about 3 GB there. What is printed is a Markdown table of medians.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MILLION = 1_000_000
BLOCK = 512  # bytes, of ru_oublock

# name: flags of `elytra benchmark`
CASES = {
    "2 M": ["--transfer-count=2000000", "--query-count=1"],
    "10 M": ["--transfer-count=10000000", "--query-count=1"],
    "10 M, queries": ["--transfer-count=10000000", "--query-count=1000"],
    "10 M, cached": ["--transfer-count=10000000", "--query-count=3000", "--cache-grid=2GiB"],
    "64 clients, 1 a request": ["--transfer-count=300000", "--transfer-batch-count=1",
                                "--clients=64", "--query-count=1"],
    "1 M accounts": ["--account-count=1000000", "--transfer-count=5000000", "--query-count=1"],
    "random ids": ["--transfer-count=10000000", "--id-order=random", "--query-count=1"],
}
RESTART = "restart"


def stage(result, name):
    return next((one for one in result["load"]["stages"] if one["stage"] == name), None)


def quantile(latency, name):
    value = latency["max"] if name == "p100" else latency["quantiles"].get(name)
    return None if value is None else value / 1000


def figures(result):
    """What the goals are about, by name."""
    load = stage(result, "create_transfers")
    usage = result["server"]["usage"]
    accepted = load["accepted"]
    found = {"accepted/s": load["accepted_per_second"]}
    for name in ("p50", "p99", "p100"):
        found[f"batch {name} ms"] = quantile(load["latency"], name)
    queries = stage(result, "get_account_transfers")
    if queries is not None and queries["requests"] >= 1000:
        for name in ("p50", "p99"):
            found[f"query {name} ms"] = quantile(queries["latency"], name)
    found["max RSS MiB"] = usage["max_rss_bytes"] / 2**20
    found["file MB"] = result["server"]["data_file_bytes"]["allocated"] / 1e6
    found["empty file MiB"] = result["server"]["data_file_empty_bytes"]["allocated"] / 2**20
    found["written B/transfer"] = usage["blocks_out"] * BLOCK / accepted
    found["CPU us/transfer"] = (usage["user_us"] + usage["system_us"]) / accepted
    return found


def run_case(build, flags, folder):
    done = subprocess.run([build / "elytra", "benchmark", "--json", *flags], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return figures(json.loads(done.stdout))


class Server:
    """`elytra start` on a file, and how long it took to listen."""

    def __init__(self, build, path):
        begun = time.monotonic()
        self.process = subprocess.Popen([build / "elytra", "start", "--addresses=0", path],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = self.process.stdout.readline().strip()
        self.listening = time.monotonic() - begun

    def start_load(self, build, transfers, folder):
        return subprocess.Popen([build / "elytra", "benchmark", "--json", "--query-count=1",
                                 f"--transfer-count={transfers}",
                                 f"--seed={random.randrange(2**32)}",
                                 f"--addresses={self.port}"],
                                cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def run_restart(build, _, folder):
    """Killed under load after ten million transfers; then the time until it listens again, and
    until it has answered a first request."""
    path = folder / "0_0.elytra"
    subprocess.run([build / "elytra", "format", "--cluster=0", "--replica=0", "--replica-count=1",
                    path], check=True, capture_output=True)
    server = Server(build, path)
    empty = server.listening
    server.start_load(build, 10 * MILLION, folder).wait()
    under_load = server.start_load(build, 10 * MILLION, folder)
    time.sleep(2)  # any moment of the load will do
    server.kill()
    under_load.kill()
    under_load.wait()
    begun = time.monotonic()
    server = Server(build, path)
    answered = server.start_load(build, 1, folder).wait()
    replied = time.monotonic() - begun
    server.kill()
    if answered != 0:
        sys.exit("the restarted server did not answer")
    return {"listening, empty s": empty, "listening, 10 M s": server.listening,
            "first reply, 10 M s": replied}


def machine():
    model = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="ascii")
                 if line.startswith("model name"))
    return f"{os.cpu_count()} x {model}, {os.uname().sysname} {os.uname().release}"


def row(case, name, builds, values):
    cells = []
    for build in builds:
        known = [value for value in values[build][case].get(name, []) if value is not None]
        if not known:
            cells.append("-")
            continue
        middle = statistics.median(known)
        cells.append(f"{middle:,.0f}" if middle >= 1000 else f"{middle:.3g}")
    return f"| {case} | {name} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--against", type=pathlib.Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default=",".join([*CASES, RESTART]).replace(", ", "; "))
    parser.add_argument("--raw", type=pathlib.Path)
    options = parser.parse_args()
    builds = [build.resolve() for build in (options.build, options.against) if build is not None]
    wanted = [name.replace("; ", ", ") for name in options.only.split(",")]
    unknown = set(wanted) - {*CASES, RESTART}
    if unknown:
        sys.exit(f"goals.py: no such case: {', '.join(unknown)}; there are "
                 f"{', '.join([*CASES, RESTART])}")
    values = {build: {case: {} for case in wanted} for build in builds}
    for case in wanted:
        for repeat in range(options.repeat):
            for build in random.sample(builds, len(builds)):
                folder = pathlib.Path(tempfile.mkdtemp(prefix="goals-", dir="."))
                try:
                    run = run_restart if case == RESTART else run_case
                    found = run(build, CASES.get(case), folder.resolve())
                finally:
                    shutil.rmtree(folder)
                for name, value in found.items():
                    values[build][case].setdefault(name, []).append(value)
                line = {"case": case, "repeat": repeat, "build": str(build), **found}
                print(json.dumps(line), file=sys.stderr)
                if options.raw:
                    with options.raw.open("a", encoding="utf-8") as raw:
                        print(json.dumps(line), file=raw)
    print(f"{machine()}, median of {options.repeat}\n")
    print("| case | figure | " + " | ".join(str(build) for build in builds) + " |")
    print("|---|---|" + "---:|" * len(builds))
    for case in wanted:
        for name in values[builds[0]][case]:
            print(row(case, name, builds, values))


if __name__ == "__main__":
    main()
