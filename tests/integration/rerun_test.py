"""`elytractl bench --rerun`: the same again, or a refusal that says what is different."""

import json
import os
import shutil
import unittest

from bench_runs import FAKE, NO_WARM_UP, REFUSED, SHORT, USAGE, BenchTest

QUICK = [*NO_WARM_UP, "--duration=100ms", "--interval=50ms", "--accounts=100"]
MEASURED = (0, 7, 9, 14)  # a busy machine may make runs this short invalid
COMPARABLE = ("kind", "name", "seed")


class Rerun(BenchTest):
    def rerun(self, *arguments, **options):
        return self.run_elytractl("bench", "--rerun", *arguments, **options)

    def check_same(self, first, second):
        for key in COMPARABLE:
            self.assertEqual(first["run"][key], second["run"][key], key)
        self.assertNotEqual(first["run"]["id"], second["run"]["id"])
        for a, b in zip(first["subjects"], second["subjects"]):
            self.assertEqual(a["sha256"], b["sha256"])
        for plan in (first["plan"], second["plan"]):
            for subject in plan["subjects"]:
                for cell in subject["cells"]:
                    del cell["cluster"]["binary"], cell["cluster"]["dir"]
        self.assertEqual(first["plan"], second["plan"])

    def test_a_run_is_measured_again_as_it_was(self):
        (self.folder / "bench.json").write_text(json.dumps({
            "$schema": "elytractl/1", "kind": "bench", "name": "mine",
            "load": {"seed": 7},
            "matrix": {"/load/clients": [2, 1], "/load/batch_max": [20, 10]},
            "thresholds": [{"metric": "throughput", "min": 1}]}))
        _, first = self.bench("bench.json", status=MEASURED)
        (self.folder / "bench.json").unlink()
        self.rerun("1", "-q", status=MEASURED)
        self.check_same(first, self.result())
        self.assertEqual(len(self.result()["thresholds"]), 4)

    def test_the_report_names_the_command_and_the_command_works(self):
        done = self.run_elytractl("bench", *SHORT, f"--binary={FAKE}", "--runs=elsewhere",
                                  "--seed=9", status=MEASURED)
        command = done.stdout.split("repeat: ")[1].split()
        self.assertEqual(command[1:3], ["bench", "--rerun"])
        self.assertEqual(command[4], "--runs=elsewhere")
        self.run_elytractl(*command[1:], "-q", status=MEASURED)
        runs = sorted((self.folder / "elsewhere").glob("[0-9]*"))
        results = [json.loads((run / "result.json").read_text()) for run in runs]
        self.check_same(*results)
        self.assertEqual(results[1]["run"]["seed"], 9)
        shutil.rmtree(self.folder / "elsewhere")

    def test_relative_paths_mean_what_they_meant(self):
        server = self.server_with("", "server")
        self.run_elytractl("bench", *SHORT, f"--binary={server}", "-q",
                           status=MEASURED)
        inner = self.folder / "inner"
        inner.mkdir()
        os.rename(self.folder / "runs", inner / "runs")
        done = self.run_elytractl("bench", "--rerun", "1", f"--runs={inner}/runs", "-q",
                                  status=MEASURED)
        self.assertNotIn("error", done.stderr)
        self.assertEqual(len(list((inner / "runs").glob("[0-9]*"))), 2)

    def test_comparisons_sweeps_and_null_runs_come_again(self):
        for verb in (["compare", f"--a={FAKE}", f"--b={FAKE}", "--pairs=1", "--order-seed=5"],
                     ["sweep", f"--binary={FAKE}", "--slo=p99=40ms"], ["null"]):
            with self.subTest(verb=verb[0]):
                self.run_elytractl("bench", *verb, *QUICK, "-q",
                                   status=MEASURED)
                first = self.result()
                self.rerun("last", "-q", status=MEASURED)
                self.check_same(first, self.result())

    def test_other_bytes_are_refused_unless_they_are_named(self):
        server = self.server_with("", "server")
        self.run_elytractl("bench", *SHORT, f"--binary={server}", "-q",
                           status=MEASURED)
        self.server_with("", "other")
        with open(self.folder / "server", "a") as file:
            file.write("# changed\n")
        done = self.rerun("1", status=REFUSED)
        self.assertIn("has other bytes", done.stderr)
        self.assertIn("--binary", done.stderr)
        self.assertEqual(len(self.listed()), 1)
        self.rerun("1", "--binary=./server", "-q", status=MEASURED)
        self.assertEqual(len(self.listed()), 2)
        (self.folder / "server").unlink()
        self.rerun("1", status=USAGE)

    def test_what_does_not_go_with_it_is_refused(self):
        self.bench(status=MEASURED)
        self.assertIn("only --binary", self.rerun("1", "--clients=2", status=USAGE).stderr)
        self.rerun("1", "--set", "/load/clients=2", status=USAGE)
        self.rerun("9", status=USAGE)

    def test_a_run_that_does_not_say_enough_is_refused(self):
        self.bench(status=MEASURED)
        folder = self.run_folder()
        plan = json.loads((folder / "plan.json").read_text())
        plan["measurements"][0]["repeat"] = 5
        (folder / "plan.json").write_text(json.dumps(plan))
        self.assertIn("measure something else", self.rerun("1", status=USAGE).stderr)
        request = json.loads((folder / "request.json").read_text())
        request["documents"][0]["load"]["clients"] = "many"
        (folder / "request.json").write_text(json.dumps(request))
        self.assertIn("/load/clients", self.rerun("1", status=USAGE).stderr)
        (folder / "request.json").unlink()
        self.assertIn("request.json", self.rerun("1", status=USAGE).stderr)


if __name__ == "__main__":
    unittest.main()
