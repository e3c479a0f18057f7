"""`elytractl bench`: what it prints and writes, how it refuses, and that it cleans up."""

import json
import signal
import subprocess
import time
import unittest

import harness

ELYTRACTL = harness.ELYTRACTL
SMALL = ["bench", "--transfers=20000", "--accounts=100", "--queries=5", "--batch=1000"]


class Bench(harness.ProcessTest):
    def run_elytractl(self, *arguments):
        return subprocess.run(
            [ELYTRACTL, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def test_repeats_are_reported_and_nothing_is_left(self):
        done = self.run_elytractl(*SMALL, "--repeat=2", "--json", "--hdr=h.hlog", "--validate",
                                  "--id-order=sequential")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "elytractl-bench/1")
        self.assertEqual(len(report["repeats"]), 2)
        self.assertTrue(all(one["passed"] for one in report["repeats"]))
        self.assertIn("0.17.9", report["binary"]["version"])
        log = (self.folder / "h.hlog").read_text()
        self.assertTrue(log.startswith("#[Histogram log format version 1.3]"))
        self.assertEqual([one.name for one in self.folder.iterdir()], ["h.hlog"])

    def test_text_is_for_people(self):
        done = self.run_elytractl(*SMALL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("transfers/s", done.stdout)

    def test_flags_that_make_no_sense_are_refused_before_anything_is_created(self):
        (self.folder / "there").write_text("mine")
        for arguments, named in [
            ([], "subcommand"),
            (["bench", "--foo"], "--foo"),
            (["bench", "-n", "3"], "--replicas (3)"),
            (["bench", "--clients=0"], "--clients (0)"),
            (["bench", "--accounts=1"], "account-count"),
            (["bench", "--repeat=0"], "--repeat"),
            (["bench", "--binary=./missing"], "./missing"),
            (["bench", "--binary=/bin/false"], "/bin/false"),
            (["bench", "-o", "there"], "there"),
        ]:
            with self.subTest(arguments=arguments):
                done = self.run_elytractl(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn(named, done.stderr)
        self.assertEqual((self.folder / "there").read_text(), "mine")
        self.assertEqual(len(list(self.folder.iterdir())), 1)

    def test_an_interrupt_leaves_nothing(self):
        process = subprocess.Popen(
            [ELYTRACTL, "bench", "--transfers=100000000"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Nothing tells from outside that the load has begun; a file of its own is the first sign.
        deadline = time.monotonic() + harness.START_SECONDS_MAX
        while not list(self.folder.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 130)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
