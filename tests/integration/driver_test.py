"""External load drivers: what is measured through them, and what becomes of bad ones."""

import concurrent.futures
import json
import signal
import sys
import unittest

import jsonschema

import harness
from bench_runs import (
    FAKE, INTERRUPTED, INVALID, OK, BenchTest, await_end, children_of, reap_children,
)
from bench_test import SCHEMA

PIPE_DRIVER = harness.BUILD / "tests" / "elytra_pipe_driver"
SCRIPT = harness.ROOT / "tests" / "integration" / "pipe_driver.py"
LOAD_FAILED = 1
SECONDS_MAX = 20


def through(command):
    return ["--set", f"/load/driver=exec:{command}"]


def scripted(fault=""):
    """The driver that answers by itself; nothing that the servers know can be audited then."""
    return [*through(f"{sys.executable} -B {SCRIPT} {fault}".strip()), "--set", "/load/audit=false"]


def drivers_of(result):
    return result["measurements"][0]["generator"]["drivers"]


class Driver(BenchTest):
    def check_books(self, result, clients):
        jsonschema.validate(result, json.loads(SCHEMA.read_text()))
        self.assertEqual(result["run"]["state"], "complete")
        one = result["measurements"][0]
        self.assertEqual((one["completion"], one["errors"]), ("complete", []))
        self.assertGreater(one["counts"]["accepted"], 0)
        self.assertEqual(len(drivers_of(result)), clients)

    def test_a_load_through_our_own_client_library_is_audited_and_accounted_for(self):
        mix = '/load/mix={"query": "20%", "linked": "20%", "two_phase": "20%"}'
        for model in ([], ["--rate=5k/s"]):
            with self.subTest(model=model):
                # How much the machine has to spare decides whether the numbers are trusted.
                _, result = self.bench(
                    *through(PIPE_DRIVER), "--clients=3", "--threads=2", "--set", mix, *model,
                    binary="elytra", status={OK, INVALID})
                self.check_books(result, 3)
                audit = result["measurements"][0]["audit"]
                self.assertEqual(audit["findings"], [])
                self.assertGreater(audit["events_checked"], 0)
                self.assertEqual(audit["accounts_checked"], 100)
                self.assertGreater(result["measurements"][0]["latency"]["query"]["count"], 0)
                for index, driver in enumerate(drivers_of(result)):
                    self.assertEqual(driver["name"], f"d{index}")
                    self.assertEqual(driver["command"], str(PIPE_DRIVER))
                    self.assertIn(f"ELYTRA_SESSION={index}", driver["environment"])
                    self.assertEqual(driver["exit"], {"status": 0, "signal": 0})
                    self.assertGreater(driver["usage"]["max_rss_bytes"], 0)
                    self.assertGreaterEqual(driver["busy"], 0)
                    self.assertEqual((self.folder / driver["log"]).read_text(), "")
                self.assertEqual(result["plan"]["subjects"][0]["cells"][0]["load"]["driver"],
                                 f"exec:{PIPE_DRIVER}")
                commands = (self.run_folder() / "commands.txt").read_text().splitlines()
                self.assertEqual(len(commands), 4)
                self.assertRegex(commands[3], r"^ELYTRA_ADDRESSES=127\.0\.0\.1:\d+ "
                                 rf"ELYTRA_CLUSTER=\d+ ELYTRA_SESSION=2 {PIPE_DRIVER}$")
                self.check_folder()

    def test_wrong_answers_of_a_server_are_found_through_a_driver(self):
        _, result = self.bench(*through(PIPE_DRIVER), fault="wrong-code=50", status=10)
        self.assertNotEqual(result["measurements"][0]["audit"]["findings"], [])

    def test_a_driver_needs_nothing_but_a_pipe(self):
        _, result = self.bench(*scripted(), "--clients=2", status={OK, INVALID})
        self.check_books(result, 2)

    def test_the_null_server_is_measured_through_a_driver(self):
        self.run_elytractl("bench", "null", *[
            "--duration=300ms", "--interval=50ms", "--accounts=100",
            "--set", '/measure/warmup={"until": "time", "min": "0s", "ramp": "0s"}'],
            *through(PIPE_DRIVER), status={OK, INVALID})
        self.check_books(self.result(), 1)

    def check_failure(self, command, *expected):
        done, result = self.bench(*command, status=LOAD_FAILED)
        one = result["measurements"][0]
        self.assertEqual(one["completion"], "load_failed")
        told = "\n".join(one["errors"])
        for text in expected:
            self.assertIn(text, told)
            self.assertIn(text.splitlines()[0], done.stderr)
        self.assertEqual(one["members"][0]["reason"], "stopped")
        self.assertEqual(one["left_behind"], [])
        jsonschema.validate(result, json.loads(SCHEMA.read_text()))
        self.check_folder()
        return result

    def test_a_bad_driver_is_named_with_its_end_and_its_last_words(self):
        for command, expected in [
            (through("/no/such/driver"), ["before its hello", "exited with status 127",
                                          "/no/such/driver"]),
            (through("true"), ["driver d0: its output ended before its hello",
                               "exited with status 0"]),
            (scripted("exit"), ["before its hello",
                                "exited with status 3; it said:\nno cluster for me"]),
            (scripted("garbage"), ['driver d0: it said "Hello, I am read" instead of a hello']),
            (scripted("version"), ["its hello has version 2, must be 1"]),
            (scripted("exit-in-load"),
             ["its output ended before the answer to request 2 (create_transfers)",
              "exited with status 4; it said:\nmy library has lost its session"]),
            (scripted("wrong-number"),
             ["it answered request 9 while request 2 (create_transfers) was in flight"]),
            (scripted("odd-size"), ["which are no whole results of 16 bytes"]),
            (scripted("too-many"), ["results, at most"]),
            (scripted("bad-end"), ["driver d0 (process", "exited with status 5"]),
        ]:
            with self.subTest(command=command):
                result = self.check_failure(command, *expected)
                self.assertEqual(len(drivers_of(result)), 1)
                self.assertIsNotNone(drivers_of(result)[0]["exit"])

    def test_one_bad_driver_among_many_is_enough(self):
        script = self.folder / "sometimes"
        script.write_text(f"#!/bin/sh\ntest $ELYTRA_SESSION = 2 && exit 9\nexec {PIPE_DRIVER}\n")
        script.chmod(0o755)
        done, result = self.bench(*through("./sometimes"), "--clients=4", "--threads=2",
                                  status=LOAD_FAILED)
        self.assertIn("driver d2: its output ended before its hello", done.stderr)
        self.assertIn("driver d2 (process", done.stderr)
        self.assertEqual([one["exit"]["status"] for one in drivers_of(result)][2], 9)
        script.unlink()

    def test_what_a_driver_never_does_is_waited_for_within_bounds(self):
        def run(fault):
            return self.run_elytractl(
                "bench", "--duration=300ms", "--interval=50ms", "--accounts=100",
                "--set", '/measure/warmup={"until": "time", "min": "0s", "ramp": "0s"}',
                f"--binary={FAKE}", *scripted(fault), f"--name={fault}", status=LOAD_FAILED).stderr

        expected = {
            "no-hello": ["no session within 30 s: driver d0: its hello is missing"],
            "no-answer": ["no answer to the creation of accounts within 30 s: driver d0: the "
                          "answer to request 1 (create_accounts) is missing"],
            "ignore-end": [],
        }
        with concurrent.futures.ThreadPoolExecutor() as pool:
            told = dict(zip(expected, pool.map(run, expected)))
        for fault, texts in expected.items():
            with self.subTest(fault=fault):
                for text in [*texts, "did not end within 5 s of the end of its input and was "
                             "killed by signal 9"]:
                    self.assertIn(text, told[fault])

    def running_drivers(self, process, count):
        """The drivers of a run that measures: the children that are no server."""
        self.wait_for_phase(process, "measurement")
        found = children_of(process.pid)
        self.assertEqual(len(found), count + 1)
        return found

    def test_drivers_die_with_a_killed_orchestrator(self):
        process = self.start_bench(
            "--duration=600s", "--accounts=100", *through(PIPE_DRIVER), "--clients=2",
            "--set", '/measure/warmup={"until": "time", "min": "0s", "ramp": "0s"}')
        children = self.running_drivers(process, 2)
        process.kill()
        process.wait(SECONDS_MAX)
        for child in children:
            self.assertTrue(await_end(child, SECONDS_MAX), child)
        self.assertEqual(reap_children(SECONDS_MAX), [])

    def test_interrupts_end_a_load_through_drivers(self):
        for times in (1, 2):
            with self.subTest(times=times):
                process = self.start_bench(
                    "--duration=600s", "--accounts=100", *through(PIPE_DRIVER), "--clients=2",
                    "--set", '/measure/warmup={"until": "time", "min": "0s", "ramp": "0s"}')
                children = self.running_drivers(process, 2)
                for _ in range(times):
                    process.send_signal(signal.SIGINT)
                self.assertEqual(self.wait_for_end(process), INTERRUPTED)
                for child in children:
                    self.assertTrue(await_end(child, SECONDS_MAX), child)
                self.assertEqual(len(drivers_of(self.result())), 2)


if __name__ == "__main__":
    unittest.main()
