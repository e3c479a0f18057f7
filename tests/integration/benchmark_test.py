"""The benchmark as scripts run it: figures by label on stdout, nothing left behind."""

import json
import os
import re
import unittest

import harness

SMALL = ["--transfer-count=10_000", "--transfer-batch-count=100", "--account-count=100"]

# What scripts search for, and the unit at which they cut.
LABELS = {
    "load accepted": "tx/s",
    "batch latency p100": "ms",
    "query latency p100": "ms",
    "rss": "bytes",
    "datafile": "bytes",
    "datafile empty": "bytes",
}


def figure(output, label, unit):
    """The number behind the first occurrence of the label, read as scripts do."""
    text = output.split(label + " = ", 1)[1].split(unit, 1)[0]
    return int(text)


class Benchmark(harness.ProcessTest):
    def run_benchmark(self, *flags):
        return self.run_elytra("benchmark", *flags, cwd=self.folder)

    def test_the_figures_are_found_by_their_labels(self):
        done = self.run_benchmark(
            "--transfer-count=10_000",
            "--transfer-batch-count=10",
            "--validate",
            "--id-order=sequential",
            "--trace=T.json",
            "--statsd=127.0.0.1:65535",
            "--file=F",
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        output = re.sub(r" +=", " =", done.stdout)
        for label, unit in LABELS.items():
            self.assertGreaterEqual(figure(output, label, unit), 0, label)
        self.assertEqual(figure(output, "datafile", "bytes"), os.path.getsize(self.path("F")))
        self.assertIn("validated 10000 accounts\n", done.stdout)
        self.assertIn("validated 10000 transfers\n", done.stdout)
        self.assertEqual(os.listdir(self.folder), ["F"])

    def test_as_many_clients_as_there_are_sessions_survive_a_checkpoint(self):
        # Requests of one transfer: a checkpoint after 4096 of them holds 64 replies.
        done = self.run_benchmark("--account-count=100", "--transfer-count=6000",
                                  "--transfer-batch-count=1", "--clients=64", "--query-count=1")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_data_file_of_its_own_is_removed(self):
        done = self.run_benchmark(*SMALL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_server_that_does_not_start_is_quoted(self):
        done = self.run_benchmark(*SMALL, "--cache-grid=1MiB")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--cache-grid (1MiB)", done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_an_existing_file_is_neither_used_nor_removed(self):
        with open(self.path("F"), "w", encoding="utf-8") as file:
            file.write("precious")
        done = self.run_benchmark(*SMALL, "--file=F")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("F", done.stderr)
        with open(self.path("F"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")

    def test_a_running_cluster_is_measured_without_figures_of_a_server(self):
        server = self.start("--addresses=0", self.format())
        done = self.run_benchmark(*SMALL, f"--addresses={server.read_port()}", "--clients=4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("load accepted = ", done.stdout)
        self.assertNotIn("rss = ", done.stdout)
        self.assertNotIn("datafile", done.stdout)
        self.assertEqual(server.close_stdin(), 0)

    def test_the_report_is_available_as_json(self):
        done = self.run_benchmark(*SMALL, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("environment", json.loads(done.stdout))


if __name__ == "__main__":
    unittest.main()
