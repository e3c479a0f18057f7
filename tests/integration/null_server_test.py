"""The null server: a server's command line, sessions and answers, without a ledger behind them."""

import os
import signal
import subprocess
import unittest

import harness

ELYTRACTL = harness.BUILD / "elytractl"


class NullServer(harness.ProcessTest):
    def run_null(self, *arguments):
        return subprocess.run(
            [ELYTRACTL, "null-server", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=False,
        )

    def start_null(self, *arguments):
        path = self.path("null.elytra")
        done = self.run_null("format", "--cluster=0", "--replica=0", "--replica-count=1", path)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return self.start(*arguments, path, program=[ELYTRACTL, "null-server"])

    def test_a_load_of_several_clients_is_answered(self):
        server = self.start_null("--addresses=0", "--development", "--cache-grid=1GiB")
        done = self.run_elytra("benchmark", f"--addresses={server.read_port()}", "--clients=4",
                               "--transfer-count=200000", "--query-count=10")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("load accepted = ", done.stdout)
        self.assertEqual(server.close_stdin(), 0)

    def test_more_clients_than_sessions_come_one_after_another(self):
        server = self.start_null("--addresses=0")
        port = server.read_port()
        for _ in range(3):
            done = self.run_elytra("benchmark", f"--addresses={port}", "--clients=30",
                                   "--transfer-count=30000", "--query-count=0")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(server.close_stdin(), 0)

    def test_with_a_given_address_only_a_signal_ends_it(self):
        port = harness.free_port()
        server = self.start_null(f"--addresses={port}")
        server.process.stdin.close()
        done = self.run_elytra("benchmark", f"--addresses={port}", "--transfer-count=10000",
                               "--query-count=0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(server.signal(signal.SIGTERM), -signal.SIGTERM)
        self.assertEqual(server.process.stdout.read(), b"")

    def test_format_never_replaces_a_file(self):
        with open(self.path("F"), "w", encoding="utf-8") as file:
            file.write("precious")
        self.assertEqual(self.run_null("format", "F").returncode, 1)
        with open(self.path("F"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")
        self.assertEqual(os.listdir(self.folder), ["F"])

    def test_a_file_serves_one_server_at_a_time(self):
        server = self.start_null("--addresses=0")
        server.read_port()
        done = self.run_null("start", "--addresses=0", self.path("null.elytra"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(server.close_stdin(), 0)

    def test_a_command_line_that_makes_no_sense_is_refused(self):
        for arguments in ([], ["serve"], ["start"], ["format"], ["format", "a", "b"],
                          ["start", "--addresses=here", "a"], ["start", "a"]):
            with self.subTest(arguments):
                done = self.run_null(*arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertTrue(done.stderr.startswith("error: "), done.stderr)

    def test_it_tells_its_version_and_is_not_in_the_help(self):
        done = self.run_null("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^Elytra null server version [^ ]+\n$")
        shown = subprocess.run([ELYTRACTL, "--help"], capture_output=True, text=True, check=True)
        self.assertNotIn("null-server", shown.stdout)


if __name__ == "__main__":
    unittest.main()
