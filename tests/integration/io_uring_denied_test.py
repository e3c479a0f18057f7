"""A kernel or a container that forbids io_uring: the server says so once and works all the same."""

import signal
import subprocess
import unittest

import harness

KILLS = 5
KILL_LOOP_SECONDS_MAX = 120


class IoUringDenied(harness.ProcessTest):
    def start_denied(self, path):
        return self.start("--addresses=0", path, preexec_fn=harness.deny_io_uring)

    def check_one_line(self, server):
        """Requires: the server has ended."""
        server.log.close()
        lines = [line for line in server.log.lines if "io_uring" in line]
        self.assertEqual(len(lines), 1, server.log.text())
        for cause in ("kernel.io_uring_disabled", "seccomp", "threads"):
            self.assertIn(cause, lines[0])

    def test_requests_are_served_and_one_line_tells(self):
        server = self.start_denied(self.format())
        port = server.read_port()
        done = self.run_elytra(
            "benchmark",
            f"--addresses={port}",
            "--account-count=100",
            "--transfer-count=20_000",
            "--id-order=sequential",
            "--validate",
            cwd=self.folder,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("validated 20000 transfers\n", done.stdout)
        self.assertEqual(server.close_stdin(), 0)
        self.check_one_line(server)

    def test_a_killed_server_starts_again_on_its_file(self):
        path = self.format()
        server = self.start_denied(path)
        self.assertTrue(harness.can_connect(server.read_port()))
        self.assertEqual(server.signal(signal.SIGKILL), -signal.SIGKILL)
        again = self.start_denied(path)
        self.assertTrue(harness.can_connect(again.read_port()))
        self.assertEqual(again.close_stdin(), 0)
        self.check_one_line(again)

    def test_everything_acknowledged_survives_kills_under_load(self):
        done = subprocess.run(
            [harness.KILL_LOOP, f"--server={harness.ELYTRA}", f"--cycles={KILLS}"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=KILL_LOOP_SECONDS_MAX,
            check=False,
            preexec_fn=harness.deny_io_uring,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{KILLS} passed, 0 failed", done.stdout)

    def test_the_benchmark_and_its_server_run_without_io_uring(self):
        done = self.run_elytra(
            "benchmark",
            "--account-count=100",
            "--transfer-count=10_000",
            cwd=self.folder,
            preexec_fn=harness.deny_io_uring,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
