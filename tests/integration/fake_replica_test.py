"""The fake replica: every fault of it is what the tests that use it take it for."""

import os
import re
import signal
import subprocess
import unittest

import harness

FAKE = harness.BUILD / "tests" / "elytra_fake_replica"
LOAD = ["--transfer-count=20000", "--account-count=50", "--query-count=5",
        "--transfer-batch-count=1000", "--id-order=sequential"]


def cpu_ticks(process):
    """User and system time of a process, in 10 ms."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class FakeReplica(harness.ProcessTest):
    def run_fake(self, *arguments, fault=""):
        return subprocess.run(
            [FAKE, *arguments],
            env={**os.environ, "ELYTRA_FAKE": fault},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=False,
        )

    def start_fake(self, fault=""):
        path = self.path("fake.elytra")
        if not os.path.exists(path):
            done = self.run_fake("format", "--cluster=0", path)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return self.start("--addresses=0", path, program=[FAKE],
                          env={**os.environ, "ELYTRA_FAKE": fault})

    def load(self, server, *arguments):
        port = server.read_port()
        return self.run_elytra("benchmark", f"--addresses={port}", *LOAD, *arguments)

    def test_without_a_fault_everything_that_is_read_back_is_right(self):
        server = self.start_fake()
        done = self.load(server, "--validate", "--transfer-pending")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(server.close_stdin(), 0)

    def test_a_wrong_code_and_a_lost_and_a_doubled_transfer_are_found(self):
        for fault, finding in (
            ("wrong-code=7000", "create_transfers: exists"),
            ("lose=7000", "lookup_transfers: not what was sent"),
            ("double=7000", "balances do not add up"),
        ):
            with self.subTest(fault):
                server = self.start_fake(fault)
                done = self.load(server, "--validate")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(finding, done.stderr)
                self.assertEqual(server.close_stdin(), 0)

    def test_it_ends_in_the_middle_of_a_load(self):
        for fault, status in (
            ("die-after=5", 1),
            ("kill-after=5", -signal.SIGKILL),
            ("disk-full", 2),
        ):
            with self.subTest(fault):
                server = self.start_fake(fault)
                command = ["benchmark", f"--addresses={server.read_port()}", *LOAD]
                with subprocess.Popen([harness.ELYTRA, *command], stderr=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL) as load:
                    self.assertEqual(server.wait(), status)
                    load.kill()
                if fault == "disk-full":
                    server.log.wait_for("no space left")

    def test_it_does_not_start(self):
        for fault, words in (
            ("die-at-start", "dying as asked"),
            ("port-taken", "Address already in use"),
        ):
            with self.subTest(fault):
                server = self.start_fake(fault)
                self.assertEqual(server.wait(), 1)
                server.log.wait_for(words)
        done = self.run_fake("format", self.path("f"), fault="format-fails")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertFalse(os.path.exists(self.path("f")))

    def test_it_tells_no_port_or_no_number(self):
        server = self.start_fake("no-port")
        self.assertEqual(server.close_stdin(), 0)
        self.assertEqual(server.process.stdout.read(), b"")
        server = self.start_fake("garbage-port")
        with self.assertRaisesRegex(AssertionError, "not a port"):
            server.read_port()
        self.assertEqual(server.close_stdin(), 0)

    def test_it_stays_when_asked_to_end(self):
        server = self.start_fake("hang-on-stop,ignore-sigterm")
        port = server.read_port()
        server.process.stdin.close()
        server.process.send_signal(signal.SIGTERM)
        done = self.run_elytra("benchmark", f"--addresses={port}", *LOAD)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(server.signal(signal.SIGKILL), -signal.SIGKILL)

    def test_sigterm_ends_it_where_that_is_not_ignored(self):
        server = self.start_fake("hang-on-stop")
        server.read_port()
        self.assertEqual(server.signal(signal.SIGTERM), -signal.SIGTERM)

    def test_stderr_is_flooded(self):
        server = self.start_fake("flood-stderr")
        self.assertEqual(self.load(server).returncode, 0)
        self.assertEqual(server.close_stdin(), 0)
        server.log.reader.join()
        self.assertGreater(len(server.log.text()), 10_000_000)

    def test_a_grandchild_stays_in_the_process_group(self):
        server = self.start_fake("spawn-grandchild")
        server.read_port()
        children = f"/proc/{server.process.pid}/task/{server.process.pid}/children"
        with open(children, encoding="ascii") as file:
            grandchild = int(file.read())
        self.assertEqual(server.close_stdin(), 0)
        self.assertEqual(os.getpgid(grandchild), os.getpgid(0))
        os.kill(grandchild, signal.SIGTERM)
        os.waitpid(grandchild, 0)  # ours now: the harness adopts orphans

    def test_it_stalls_again_and_again(self):
        server = self.start_fake("stall=300ms/600ms")
        done = self.load(server, "--transfer-batch-delay=50ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        # The load takes a second at least; a request soon after the begin of a stall waits for all
        # of the rest.
        longest = re.search(r"^batch latency p100 = (\d+) ms$", done.stdout, re.MULTILINE)
        self.assertGreater(int(longest[1]), 100)

    def cpu_ticks_of_load(self, fault):
        server = self.start_fake(fault)
        port = server.read_port()
        begin = cpu_ticks(server.process.pid)
        done = self.run_elytra("benchmark", f"--addresses={port}", "--transfer-count=200000",
                               "--query-count=0", "--id-order=sequential")
        self.assertEqual(done.returncode, 0, done.stderr)
        ticks = cpu_ticks(server.process.pid) - begin
        self.assertEqual(server.close_stdin(), 0)
        return ticks

    def test_a_slow_one_takes_more_cpu_time_for_the_same_load(self):
        # Four times as much; processors that are shared with others make CPU time vary.
        self.assertGreater(self.cpu_ticks_of_load("slow=300%"), 2 * self.cpu_ticks_of_load(""))

    def test_unknown_faults_are_refused(self):
        for fault in ("stal", "lose", "lose=0", "lose=x", "slow=5", "stall=2s", "stall=2s/1s", ","):
            with self.subTest(fault):
                self.assertEqual(self.run_fake("version", fault=fault).returncode, 1)
        self.assertEqual(self.run_fake("version", fault="slow=5%,lose=3").returncode, 0)


if __name__ == "__main__":
    unittest.main()
