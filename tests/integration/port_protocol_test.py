"""What existing tools rely on when they drive a server: files, the port line, signals."""

import os
import signal
import subprocess
import time
import unittest

import harness


class Format(harness.ProcessTest):
    def test_format_creates_the_file_silently_and_only_once(self):
        path = self.path("0_0.elytra")
        arguments = ["format", "--cluster=0", "--replica=0", "--replica-count=1"]
        done = self.run_elytra(*arguments, "--development", path)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(os.listdir(self.folder), ["0_0.elytra"])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        again = self.run_elytra(*arguments, "--development", path)
        self.assertEqual((again.returncode, again.stdout), (1, ""))

    def test_a_cluster_without_a_number_gets_one(self):
        done = self.run_elytra(
            "format", "--replica=0", "--replica-count=1", "--development", self.path("f")
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


class PortProtocol(harness.ProcessTest):
    def test_the_port_is_all_of_stdout_and_can_be_connected_to_at_once(self):
        path = self.format()
        server = self.start("--addresses=0", "--development", path)
        self.assertTrue(harness.can_connect(server.read_port()))
        begin = time.monotonic()
        self.assertEqual(server.close_stdin(), 0)
        self.assertLess(time.monotonic() - begin, 1)

    def test_any_byte_on_stdin_ends_the_server(self):
        server = self.start("--addresses=0", "--development", self.format())
        server.read_port()
        server.process.stdin.write(b"x")
        server.process.stdin.flush()
        self.assertEqual(server.wait(), 0)

    def test_an_empty_stdin_ends_the_server_right_after_the_start(self):
        server = self.start(
            "--addresses=0", "--development", self.format(), stdin=subprocess.DEVNULL
        )
        server.read_port()
        self.assertEqual(server.wait(), 0)

    def test_flags_come_in_any_order_and_development_takes_a_value(self):
        path = self.format()
        for arguments in (
            ["--development=true", "--addresses=0"],
            ["--addresses=0", "--development=true", "--experimental"],
            ["--experimental", "--cache-grid=64MiB", "--addresses=0", "--development=true"],
        ):
            server = self.start(*arguments, path)
            self.assertTrue(harness.can_connect(server.read_port()))
            self.assertEqual(server.close_stdin(), 0)

    def test_production_mode_serves_as_well(self):
        server = self.start("--addresses=0", "--development=false", self.format())
        self.assertTrue(harness.can_connect(server.read_port()))
        self.assertEqual(server.close_stdin(), 0)

    def test_flags_without_a_counterpart_are_mentioned_once(self):
        server = self.start(
            "--addresses=0",
            "--development",
            "--experimental",
            "--cache-accounts=1MiB",
            "--memory-lsm-manifest=1MiB",
            self.format(),
        )
        server.read_port()
        self.assertEqual(server.close_stdin(), 0)
        server.log.close()
        lines = [line for line in server.log.lines if "no effect in elytra" in line]
        self.assertEqual(len(lines), 1)
        self.assertIn("--cache-accounts", lines[0])
        self.assertIn("--memory-lsm-manifest", lines[0])


class Signals(harness.ProcessTest):
    def test_signals_end_the_server_within_a_second_and_show_in_its_status(self):
        path = self.format()
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.start("--addresses=0", "--development", path)
            server.read_port()
            begin = time.monotonic()
            self.assertEqual(server.signal(number), -number)
            self.assertLess(time.monotonic() - begin, 1)

    def test_a_killed_server_is_replaced_at_once(self):
        path = self.format()
        for _ in range(3):
            server = self.start("--addresses=0", "--development", path)
            self.assertTrue(harness.can_connect(server.read_port()))
            server.signal(signal.SIGKILL)
        server = self.start("--addresses=0", "--development", path)
        self.assertTrue(harness.can_connect(server.read_port()))
        self.assertEqual(server.close_stdin(), 0)


class NamedPort(harness.ProcessTest):
    def test_a_server_in_the_background_keeps_running_and_prints_nothing(self):
        port = harness.free_port()
        server = self.start(
            f"--addresses={port}", "--development", self.format(), stdin=subprocess.DEVNULL
        )
        server.log.wait_for(rf"listening on 127\.0\.0\.1:{port}")
        self.assertTrue(harness.can_connect(port))
        self.assertIsNone(server.process.poll())
        self.assertEqual(server.signal(signal.SIGTERM), -signal.SIGTERM)
        self.assertEqual(server.process.stdout.read(), b"")


if __name__ == "__main__":
    unittest.main()
