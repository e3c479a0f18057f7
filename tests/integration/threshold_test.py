"""Thresholds of `elytractl bench` that end a run, bind one step, or follow from earlier runs."""

import json
import unittest
import xml.etree.ElementTree

import jsonschema

import harness
from bench_runs import FAILED, INCONCLUSIVE, INVALID, OK, REGRESSION, USAGE, BenchTest

SCHEMA = harness.ROOT / "configs" / "schema" / "bench-result.schema.json"
FORMATS = '/report/formats=["text", "json", "html", "markdown", "junit"]'


def regression(against, worse_than, metric="throughput"):
    return {"metric": metric, "regression": {"against": against, "worse_than": worse_than}}


class Thresholds(BenchTest):
    def bench_with(self, *thresholds, arguments=(), status=(OK,)):
        """Runs this short may be invalid on a busy machine, which outranks other statuses."""
        done, result = self.bench("--set", f"/thresholds={json.dumps(thresholds)}", "--set",
                                  FORMATS, *arguments, status=(*status, INVALID))
        jsonschema.validate(result, json.loads(SCHEMA.read_text()))
        return done, result

    def make_past(self, throughput, tags=()):
        """A run whose throughput is said to have been something else."""
        _, result = self.bench(status={OK, INVALID})
        for measurement in result["measurements"]:
            measurement["verdict"]["word"] = "USABLE"
        folder = self.run_folder()
        result["measurements"][0]["metrics"]["throughput"] = throughput
        (folder / "result.json").write_text(json.dumps(result))
        for tag in tags:
            self.run_elytractl("runs", "tag", result["run"]["id"], tag)
        return result["run"]["id"]

    def junit(self):
        tree = xml.etree.ElementTree.parse(self.run_folder() / "junit.xml")
        return {case.get("name"): [child.tag for child in case] for case in tree.iter("testcase")}

    def test_a_bound_that_says_abort_ends_the_run(self):
        done, result = self.bench_with(
            {"metric": "throughput", "min": "1M/s"},
            {"metric": "throughput", "min": "900M/s", "abort": True},
            arguments=["--repeat=3"], status=(FAILED,))
        self.assertEqual(len(result["measurements"]), 1)
        self.assertIn(result["run"]["exit_code"], (FAILED, INVALID))
        self.assertEqual([one["aborted"] for one in result["thresholds"]], [False, True])
        self.assertIn("threshold_abort", self.reasons(result))
        self.assertIn("ended the run after measurement 1", " ".join(done.stdout.split()))
        self.check_folder()

    def test_a_bound_that_is_kept_ends_nothing(self):
        _, result = self.bench_with({"metric": "throughput", "min": 1, "abort": True},
                                    arguments=["--repeat=2"])
        self.assertEqual(len(result["measurements"]), 2)
        self.assertEqual([one["passed"] for one in result["thresholds"]], [True, True])

    def test_a_bound_of_one_step_binds_only_that(self):
        _, result = self.bench_with(
            {"metric": "load.offered", "min": 1, "at": 0.2},
            arguments=["--rate=auto", "--set", "/load/arrival/steps=[0.1, 0.2]"],
            status=(OK, INCONCLUSIVE))
        self.assertEqual([one["measurement"] for one in result["thresholds"]], [2])
        self.assertEqual(result["thresholds"][0]["at"], 0.2)

    def test_a_run_is_held_against_an_earlier_one(self):
        past = self.make_past(1.0)
        done, result = self.bench_with(regression("last", "5%"))
        checked = result["thresholds"][0]
        self.assertTrue(checked["passed"])
        self.assertEqual(checked["regression"]["runs"], [past])
        self.assertEqual((checked["minimum"], checked["regression"]["reference"]), (0.95, 1))
        self.assertIn("1 run of last, worse than 5%", " ".join(done.stdout.split()))
        self.assertEqual(self.junit()["throughput against last"], [])

    def test_a_regression_has_its_status(self):
        past = self.make_past(1e12, tags=["main"])
        for against in ("tag:main", f"run:{past}", "run:1"):
            done, result = self.bench_with(regression(against, "5%"), status=(REGRESSION,))
            self.assertFalse(result["thresholds"][0]["passed"])
            self.assertEqual(self.junit()[f"throughput against {against}"], ["failure"])
            self.assertIn(f"of {against}", (self.run_folder() / "report.html").read_text())
            self.assertIn(f"of {against}", (self.run_folder() / "report.md").read_text())
            self.assertIn("0 of 1 kept", " ".join(done.stdout.split()))
            self.assertIn(f"against {against}", self.why())

    def test_what_cannot_be_known_is_inconclusive(self):
        self.make_past(1.0, tags=["main"])
        for rule, words in ((regression("tag:main", "noise+2%"), "the noise is unknown"),
                            (regression("tag:nobody", "5%"), "no earlier run"),
                            (regression("tag:main", "5%", "query.p99"), "no earlier run")):
            done, result = self.bench_with(rule, status=(INCONCLUSIVE,))
            self.assertIn("regression_undecided", self.reasons(result))
            self.assertIn(words, " ".join(done.stdout.split()))
            self.assertIn("skipped", [tag for tags in self.junit().values() for tag in tags])

    def test_enough_runs_tell_the_noise(self):
        for throughput in (0.9, 1.0, 1.1):
            self.make_past(throughput, tags=["main"])
        _, result = self.bench_with(regression("tag:main", "noise"), arguments=["--repeat=3"])
        checked = result["thresholds"][0]
        self.assertTrue(checked["passed"])
        self.assertGreaterEqual(checked["regression"]["noise"], 0.29)
        self.assertEqual(len(checked["regression"]["runs"]), 3)

    def test_a_run_that_does_not_exist_is_told_before_anything_runs(self):
        self.bench(status={OK, INVALID})
        done = self.run_elytractl(
            "bench", "--set", f"/thresholds={json.dumps([regression('run:99', '5%')])}",
            status=USAGE)
        self.assertIn("run:99: there is no such run", done.stderr)
        self.assertEqual(len(self.listed()), 1)


if __name__ == "__main__":
    unittest.main()
