"""Kills `elytractl bench` with SIGKILL at random moments, again and again.

After each kill: its servers are gone, files of others are as they were, the record of the run says
that it did not end, and the next run removes exactly the data files that the killed one had created
and succeeds. Prints its seed first; `--seed` repeats the moments, as far as a machine does.
"""

import argparse
import ctypes
import json
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness
from bench_runs import ELYTRACTL, FAKE, NO_WARM_UP, RUN_SECONDS_MAX, reap_children

BENCH = [ELYTRACTL, "bench", "-q", *NO_WARM_UP, "--duration=100ms", "--interval=50ms",
         "--accounts=100"]
# The run came to its end; what a measurement of 100 ms is worth on a busy machine, it says itself.
ENDED = (0, 7, 14)
FOREIGN = {"notes": "mine", "0001-brisk-otter-m0/m0-r0.elytra": "mine too"}


class Broken(Exception):
    """A promise that was not kept."""


def expect(condition, text):
    if not condition:
        raise Broken(text)


class KillLoop:
    """One folder in which all runs take place."""

    def __init__(self, folder, draw):
        self.folder = folder
        self.draw = draw
        self.too_late = 0  # kills of runs that had ended
        self.left = 0  # folders with data, after kills
        self.removed = 0  # of them, by the next run
        for name, text in FOREIGN.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def run(self, *command):
        return subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=RUN_SECONDS_MAX, check=False,
        )

    def check_foreign(self):
        for name, text in FOREIGN.items():
            path = self.folder / name
            expect(path.exists() and path.read_text() == text, f"{name} was touched")

    def data_folders(self):
        strangers = {name.split("/")[0] for name in FOREIGN}
        return {one.name for one in self.folder.glob("*-m*") if one.name not in strangers}

    def measure_once(self, binary):
        """A run to its end. Returns how long it took, in seconds, and what it told."""
        begin = time.monotonic()
        done = self.run(*BENCH, f"--binary={binary}")
        expect(done.returncode in ENDED, f"a run ended with {done.returncode}: {done.stderr}")
        return time.monotonic() - begin, done.stderr

    def kill_after(self, seconds, binary):
        process = subprocess.Popen(
            [*BENCH, f"--binary={binary}"], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        descriptor = os.pidfd_open(process.pid)
        ended = select.select([descriptor], [], [], seconds)[0]
        os.close(descriptor)
        self.too_late += bool(ended)
        process.kill()
        process.wait()
        alive = reap_children(harness.STOP_SECONDS_MAX)
        expect(not alive, f"processes {alive} outlived their orchestrator")
        self.check_foreign()

    def check_records(self):
        """Everything that was killed before its end is told as incomplete."""
        listed = self.run(ELYTRACTL, "runs", "ls", "--json")
        expect(listed.returncode == 0, f"runs ls: {listed.stderr}")
        rows = json.loads(listed.stdout)
        folders = {one.name for one in (self.folder / "runs").glob("[0-9]*")}
        expect({one["id"] for one in rows} == folders, f"runs ls tells {rows}, there are {folders}")
        for row in rows:
            result = self.folder / "runs" / row["id"] / "result.json"
            ended = result.exists() and json.loads(result.read_text())["run"]["ended"] is not None
            state = "complete" if ended else "incomplete"
            expect(row["state"] == state, f"{row['id']} is {row['state']}, not {state}")
        why = self.run(ELYTRACTL, "why", "last")
        expect(why.returncode == 0 or not folders, f"why: {why.stderr}")

    def check_cleaned(self, left_before, told):
        """What the killed runs left is gone; what is not surely theirs stays and is told."""
        for name in self.data_folders():
            expect(name in left_before, f"{name} was left by a run that ended well")
            expect(name in told, f"{name} was left without a word")
        self.check_foreign()

    def cycle(self, binary, span_seconds):
        before = self.data_folders()
        self.kill_after(self.draw.uniform(0, span_seconds), binary)
        self.check_records()
        left = self.data_folders()
        _, told = self.measure_once(binary)
        self.check_cleaned(left, told)
        self.left += len(left - before)
        self.removed += len(left - self.data_folders())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    ctypes.CDLL(None).prctl(harness.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="elytra-kill-"))
    loop = KillLoop(folder, random.Random(arguments.seed))
    try:
        spans = {binary: loop.measure_once(binary)[0] for binary in (FAKE, "elytra")}
        for kill in range(arguments.kills):
            binary = list(spans)[kill % len(spans)]
            loop.cycle(binary, spans[binary])
    except (Broken, subprocess.TimeoutExpired) as broken:
        reap_children(0)
        print(f"FAILED: {broken}\nits files are in {folder}")
        return 1
    shutil.rmtree(folder)
    print(f"{arguments.kills} kills, {loop.too_late} too late; {loop.left} left a folder with "
          f"data, {loop.removed} of these were removed by the next run, the others told")
    return 0


if __name__ == "__main__":
    sys.exit(main())
