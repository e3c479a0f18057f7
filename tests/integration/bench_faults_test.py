"""`elytractl bench` with servers that misbehave, disks that are full, and impatient users.

Each time: a bounded wait, the documented status, the reason in the result, no process and no data
file left, nobody else's file touched, and the next command tells the truth.
"""

import concurrent.futures
import json
import signal
import subprocess
import unittest

import harness
from bench_runs import (
    FAKE, HOST, IMPATIENT, INTERRUPTED, INVALID, MEMBER_DIED, NO_WARM_UP, REFUSED, SHORT, TIMED_OUT,
    BenchTest, reap_children,
)

LOG_BYTES_MAX = 65 << 20  # 64 MiB and a line that says so
LONG = [*NO_WARM_UP, "--duration=1h", "--accounts=100"]


class Faults(BenchTest):
    def check_failed(self, result, status, completion, reason, *words):
        self.assertEqual(result["run"]["exit_code"], status)
        self.assertEqual(result["run"]["state"], "incomplete")
        self.assertEqual(result["verdict"]["word"], "INVALID")
        measurement = result["measurements"][0]
        self.assertEqual(measurement["completion"], completion)
        self.assertEqual(measurement["members"][0]["reason"], reason)
        self.assertEqual(measurement["left_behind"], [])
        self.check_folder()
        self.check_children()
        self.assertTrue((self.run_folder() / "bundle.tar.zst").is_file())
        told = self.why()
        self.assertIn(f"given up, 1 measured, and ended INVALID, exit status {status}", told)
        self.assertNotIn("from outside", told)
        for word in words:
            self.assertIn(word, "\n".join(measurement["errors"]))
            self.assertIn(word, told)
        self.assertEqual(self.listed()[-1]["state"], "incomplete")
        self.assertEqual(self.listed()[-1]["exit_code"], status)

    def test_servers_that_never_serve(self):
        for fault, status, completion, reason, word in [
            ("no-port", TIMED_OUT, "timed_out", "never_ready", "served no request in time"),
            ("garbage-port", MEMBER_DIED, "member_failed", "never_ready", "instead of its port"),
            ("die-at-start", MEMBER_DIED, "member_failed", "exited", "dying as asked at the start"),
            ("port-taken", MEMBER_DIED, "member_failed", "port_taken", "its port is taken"),
            ("format-fails", MEMBER_DIED, "member_failed", "exited", "failing as asked to format"),
        ]:
            with self.subTest(fault):
                _, result = self.bench(*IMPATIENT, fault=fault, status=status)
                self.check_failed(result, status, completion, reason, word)

    def test_a_run_that_went_wrong_leaves_a_bundle_unless_it_shall_not(self):
        done, _ = self.bench(fault="die-at-start", status=MEMBER_DIED)
        path = f"runs/{self.run_folder().name}/bundle.tar.zst"
        self.assertIn(f": {path}\n", done.stderr)
        listed = subprocess.run(["tar", "--zstd", "-tf", path], cwd=self.folder, text=True,
                                capture_output=True, check=True, timeout=60).stdout
        names = {line.split("/", 1)[1] for line in listed.splitlines()}
        self.assertLessEqual({"result.json", "plan.json", "request.json", "environment.json",
                              "commands.txt", "logs/m0-r0.log", "BUNDLE.txt"}, names)
        self.assertNotIn("bundle.tar.zst", names)
        for arguments in (["--no-bundle"], ["--set", "/report/bundle=never"]):
            done, _ = self.bench(*arguments, fault="die-at-start", status=MEMBER_DIED)
            self.assertFalse((self.run_folder() / "bundle.tar.zst").exists())
            self.assertNotIn("bundle", done.stderr)
        self.bench(status={0, INVALID})  # the latter on a busy machine
        self.assertFalse((self.run_folder() / "bundle.tar.zst").exists())
        self.run_elytractl("runs", "gc", "--keep=1", "--yes")
        self.assertEqual(len(self.listed()), 1)

    def test_servers_that_end_under_load(self):
        for fault, reason, word in [
            ("die-after=20", "exited", "dying as asked after 20 requests"),
            ("kill-after=20", "signalled", "was killed by signal 9"),
            ("disk-full", "disk_full", "its disk is full"),
        ]:
            with self.subTest(fault):
                # A request is small enough for the twentieth to come soon on any machine.
                _, result = self.bench(*IMPATIENT, "--batch-max=10", "--set",
                                       "/measure/duration=1h", fault=fault, status=MEMBER_DIED)
                self.check_failed(result, MEMBER_DIED, "member_failed", reason, word)

    def test_a_repeat_that_fails_ends_the_run_and_keeps_the_others(self):
        (self.folder / "third").write_text("x")
        server = self.folder / "server"
        # Ends at the second start.
        server.write_text(
            f'#!/bin/sh\n[ "$1" = start ] && [ -e ran ] && ELYTRA_FAKE=die-at-start\n'
            f'[ "$1" = start ] && touch ran\nexport ELYTRA_FAKE\nexec {FAKE} "$@"\n')
        server.chmod(0o755)
        _, result = self.bench("--repeat=3", binary="./server", status=MEMBER_DIED)
        self.assertEqual([one["completion"] for one in result["measurements"]],
                         ["complete", "member_failed"])
        self.assertEqual(result["summary"][0]["n"], 1)
        self.assertIn("given up, 2 measured", self.why())
        self.check_folder("third", "server", "ran")

    def test_servers_that_do_not_end_are_ended(self):
        for fault, reason, status in [
            ("hang-on-stop", "stopped", 0),  # by SIGTERM
            ("ignore-sigterm", "stopped", 0),  # by the end of its input
            ("hang-on-stop,ignore-sigterm", "killed_by_us", TIMED_OUT),
        ]:
            with self.subTest(fault):
                _, result = self.bench(*IMPATIENT, fault=fault, status=status)
                measurement = result["measurements"][0]
                self.assertEqual(measurement["completion"], "complete")
                self.assertEqual(measurement["members"][0]["reason"], reason)
                hung = "did not end when told to" in "\n".join(measurement["errors"])
                self.assertEqual(hung, "hang-on-stop" in fault)
                self.check_folder()
                self.check_children()

    def test_a_flood_on_stderr_blocks_nobody_and_its_log_is_bounded(self):
        self.bench("--batch-max=10", fault="flood-stderr")
        log = self.run_folder() / "logs" / "m0-r0.log"
        self.assertLess(log.stat().st_size, LOG_BYTES_MAX)
        self.check_folder()

    def test_grandchildren_end_with_their_server(self):
        self.bench(fault="spawn-grandchild")
        # It was killed with the group of its server, and is ours to reap.
        self.assertEqual(reap_children(harness.STOP_SECONDS_MAX), [])
        self.check_folder()

    def test_a_sweep_that_is_killed_keeps_the_steps_that_it_had_measured(self):
        process = self.start_bench(*SHORT, verb=["sweep"])
        # Each is recorded when it has ended, before the end of the next one.
        for _ in range(4):
            self.wait_for_event(process, "measurement_ended")
        process.kill()
        process.wait()
        self.assertEqual(reap_children(harness.STOP_SECONDS_MAX), [])  # its server went with it
        result = self.result()
        self.assertEqual(result["run"]["state"], "running")
        kept = result["measurements"]
        self.assertGreaterEqual(len(kept), 3)
        self.assertEqual([one["index"] for one in kept], list(range(len(kept))))
        self.assertEqual({one["completion"] for one in kept}, {"complete"})
        self.assertTrue(all(one["counts"]["answered"] > 0 for one in kept))

    def test_a_folder_for_the_runs_that_cannot_be_made(self):
        for directory in ("precious", "precious/runs", "/proc/runs"):
            done = self.run_elytractl("bench", *SHORT, f"--binary={FAKE}", f"--runs={directory}",
                                      status=HOST)
            self.assertEqual((done.stdout, done.stderr.count("error: ")), ("", 1))
            self.assertIn(directory, done.stderr)
        self.assertEqual([one.name for one in self.folder.iterdir()], ["precious"])

    def test_a_folder_for_the_data_that_is_not_there(self):
        _, result = self.bench("--dir=missing", status=HOST)
        self.assertEqual(result["run"]["state"], "incomplete")
        self.assertIn("missing", self.why())
        self.assertEqual(result["measurements"], [])
        self.check_folder()

    def test_what_stands_where_the_data_should_go_is_not_touched(self):
        process = self.start_bench(*SHORT, "--repeat=10")
        self.wait_for_phase(process, "measurement")
        identity = self.run_folder().name
        taken = self.folder / f"{identity}-m9"
        taken.mkdir()
        (taken / "m9-r0.elytra").write_text("mine")
        self.assertEqual(self.wait_for_end(process), REFUSED)
        self.assertEqual((taken / "m9-r0.elytra").read_text(), "mine")
        self.assertIn(taken.name, self.why())
        self.assertEqual(len(self.result()["measurements"]), 9)
        self.check_folder(taken.name)

    def test_files_of_others_in_our_folder_stay_and_are_told(self):
        process = self.start_bench(*LONG)
        self.wait_for_phase(process, "measurement")
        [data] = self.folder.glob("*-m0")
        (data / "notes").write_text("mine")
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_for_end(process), INTERRUPTED)
        self.assertEqual([one.name for one in data.iterdir()], ["notes"])
        self.assertIn(data.name, "\n".join(self.result()["measurements"][0]["left_behind"]))

    def test_runs_at_the_same_time_in_one_folder_do_not_meet(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = [
                pool.submit(self.run_elytractl, "bench", *SHORT, f"--binary={FAKE}", "--repeat=2",
                            f"--name=n{number}", "--json")
                for number in range(4)
            ]
            for run in runs:
                run.result()
        listed = self.listed()
        self.assertEqual({one["name"] for one in listed}, {"n0", "n1", "n2", "n3"})
        self.assertEqual(len({one["id"] for one in listed}), 4)
        self.assertEqual({one["state"] for one in listed}, {"complete"})
        self.check_folder()

    def test_a_run_that_goes_on_is_told_and_not_cleaned_by_another(self):
        process = self.start_bench(*LONG)
        self.wait_for_phase(process, "measurement")
        self.bench()
        self.assertEqual([one["state"] for one in self.listed()], ["running", "complete"])
        self.assertEqual(len(list(self.folder.glob("0001-*-m0/*"))), 1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_for_end(process), INTERRUPTED)
        self.check_folder()


class Interrupts(BenchTest):
    def check_interrupted(self):
        result = self.result()
        self.assertEqual(result["run"]["exit_code"], INTERRUPTED)
        self.assertEqual(result["run"]["state"], "incomplete")
        self.assertIn(f"exit status {INTERRUPTED}", self.why())
        self.check_folder()
        self.check_children()
        return result

    def test_the_first_interrupt_ends_a_run_gently_in_every_phase(self):
        for phase in ("formatting", "starting", "setup", "warm-up", "measurement"):
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(phase=phase, signal=number):
                    process = self.start_bench(*LONG, "--set", "/measure/warmup/min=1h",
                                               *([] if phase != "measurement" else NO_WARM_UP))
                    self.wait_for_phase(process, phase)
                    process.send_signal(number)
                    self.assertEqual(self.wait_for_end(process), INTERRUPTED)
                    result = self.check_interrupted()
                    measurement = result["measurements"][0]
                    self.assertEqual(measurement["completion"], "interrupted")
                    self.assertNotEqual(measurement["members"][0]["reason"], "killed_by_us")

    def test_what_was_measured_until_then_is_kept(self):
        process = self.start_bench(*LONG, "--interval=50ms")
        self.wait_for_phase(process, "measurement")
        for line in process.stdout:
            event = json.loads(line)
            # The first interval of all is the rest of the warm-up.
            if event["event"] == "interval" and event["phase"] == "measurement":
                if event["accepted"] > 0:
                    break
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_for_end(process), INTERRUPTED)
        measurement = self.check_interrupted()["measurements"][0]
        self.assertGreater(measurement["counts"]["accepted"], 0)
        self.assertEqual(measurement["audit"]["findings"], [])
        self.assertTrue((self.run_folder() / "report.html").exists())

    def test_the_second_interrupt_kills(self):
        # The server stalls, so that a gentle end would have to wait for it.
        process = self.start_bench(*LONG, fault="stall=3600s/3601s,hang-on-stop,ignore-sigterm")
        self.wait_for_phase(process, "measurement")
        for line in process.stdout:
            if b'"interval"' in line and b'"answered":0' in line:
                break
        process.send_signal(signal.SIGINT)
        for line in process.stdout:
            if b'"interrupt"' in line:
                break
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_for_end(process), INTERRUPTED)
        result = self.check_interrupted()
        self.assertEqual(result["measurements"][0]["members"][0]["reason"], "killed_by_us")

    def test_an_interrupt_between_repeats_ends_the_run(self):
        process = self.start_bench(*SHORT, "--repeat=1000")
        self.wait_for_phase(process, "ended")
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_for_end(process), INTERRUPTED)
        result = self.check_interrupted()
        self.assertLess(len(result["measurements"]), 1000)


if __name__ == "__main__":
    unittest.main()
