"""What the tests of `elytractl bench` share: short runs, servers with faults, what a run left."""

import json
import os
import pathlib
import select
import subprocess

import harness

ELYTRACTL = harness.ELYTRACTL
FAKE = harness.BUILD / "tests" / "elytra_fake_replica"
RUN_SECONDS_MAX = 120

# The shortest run that measures something.
NO_WARM_UP = ["--set", '/measure/warmup={"until": "time", "min": "0s", "ramp": "0s"}']
SHORT = [*NO_WARM_UP, "--duration=300ms", "--interval=50ms", "--accounts=100"]
# Against servers that do not end or never come.
IMPATIENT = ["--set", "/cluster/ready/timeout=2s", "--set", "/cluster/stop/timeout=500ms"]

OK, TIMED_OUT, MEMBER_DIED, INVALID, FAILED, REGRESSION, WRONG = 0, 4, 5, 7, 8, 9, 10
USAGE, HOST, REFUSED, INCONCLUSIVE, INTERRUPTED = 2, 3, 12, 14, 130


def children_of(process):
    task = pathlib.Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in task.read_text().split()]


def await_end(process, seconds):
    """Whether the process has ended in time; it may be a child or not, reaped or not."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def reap_children(seconds):
    """Waits for all children, which are about to end; returns those that did not."""
    children = children_of(os.getpid())
    alive = [child for child in children if not await_end(child, seconds)]
    for child in children:
        if child not in alive:
            os.waitpid(child, 0)
    return alive


class BenchTest(harness.ProcessTest):
    """Each test has a working folder with a file of somebody else, which stays as it is."""

    def setUp(self):
        super().setUp()
        (self.folder / "precious").write_text("mine")
        self.background = []

    def tearDown(self):
        for process in self.background:
            self.discard(process)
        self.assertEqual((self.folder / "precious").read_text(), "mine")
        super().tearDown()

    def environment(self, fault=""):
        return {**os.environ, "ELYTRA_FAKE": fault, "NO_COLOR": "1"}

    def run_elytractl(self, *arguments, status=OK, fault="", **options):
        done = subprocess.run(
            [ELYTRACTL, *arguments],
            cwd=self.folder,
            env=self.environment(fault),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
            **options,
        )
        statuses = status if isinstance(status, (set, tuple)) else (status,)
        self.assertIn(done.returncode, statuses, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def bench(self, *arguments, binary=FAKE, **options):
        """A short run, and its result as it was recorded."""
        done = self.run_elytractl("bench", *SHORT, f"--binary={binary}", *arguments, **options)
        return done, self.result()

    def start_bench(self, *arguments, fault="", verb=()):
        """A run in the background whose events can be followed; ends with the test."""
        process = subprocess.Popen(
            [ELYTRACTL, "bench", *verb, f"--binary={FAKE}", "--events=-", "-q", *arguments],
            cwd=self.folder,
            env=self.environment(fault),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.background.append(process)
        return process

    def discard(self, process):
        if process.poll() is None:  # the test has failed
            process.kill()
            process.wait()
            reap_children(harness.STOP_SECONDS_MAX)
        process.stdout.close()
        process.stderr.close()

    def wait_for_phase(self, process, phase):
        """Reads events until the run enters the phase."""
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "phase" and event["phase"] == phase:
                return
        self.fail(f"the run ended before {phase}: {process.stderr.read().decode()}")

    def wait_for_event(self, process, name):
        """Reads events until this one."""
        for line in process.stdout:
            if json.loads(line)["event"] == name:
                return
        self.fail(f"the run ended before {name}: {process.stderr.read().decode()}")

    def wait_for_end(self, process):
        """The status with which a run ends; what it prints meanwhile is dropped."""
        process.stdout.read()
        return process.wait(RUN_SECONDS_MAX)

    def server_with(self, fault, name):
        """A program of its own for a comparison: the fake replica with a fault."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\nELYTRA_FAKE='{fault}' exec '{FAKE}' \"$@\"\n")
        path.chmod(0o755)
        return f"./{name}"

    def run_folder(self):
        """That of the youngest run."""
        return max((self.folder / "runs").glob("[0-9]*"))

    def result(self):
        return json.loads((self.run_folder() / "result.json").read_text())

    def listed(self):
        return json.loads(self.run_elytractl("runs", "ls", "--json").stdout)

    def why(self):
        """What is told of the youngest run."""
        return self.run_elytractl("why", "last").stdout

    def check_folder(self, *others):
        """Nothing is left in the working folder but the records."""
        found = {path.name for path in self.folder.iterdir()}
        self.assertEqual(found, {"precious", "runs", *others})

    def reasons(self, result):
        return {reason["code"] for reason in result["verdict"]["reasons"]}
