"""`elytractl bench`: what it prints and records, how it refuses, and that it cleans up."""

import json
import shutil
import subprocess
import unittest

import jsonschema

import harness
from bench_runs import FAILED, FAKE, INVALID, SHORT, USAGE, BenchTest

SCHEMA = harness.ROOT / "configs" / "schema" / "bench-result.schema.json"


def squeezed(text):
    """Without the breaks of lines, which depend on lengths of paths."""
    return " ".join(text.split())


class Bench(BenchTest):
    def check_result(self, result):
        jsonschema.validate(result, json.loads(SCHEMA.read_text()))

    def test_a_run_is_recorded_completely_and_leaves_nothing_else(self):
        done, result = self.bench("--repeat=2", "--name=first", binary="elytra")
        self.check_folder()
        self.check_result(result)
        self.assertEqual((result["run"]["state"], result["run"]["exit_code"]), ("complete", 0))
        self.assertEqual(result["run"]["name"], "first")
        self.assertEqual([one["index"] for one in result["measurements"]], [0, 1])
        self.assertRegex(result["subjects"][0]["version"], "^Elytra")
        for one in result["measurements"]:
            self.assertGreater(one["counts"]["accepted"], 0)
            self.assertEqual(one["audit"]["findings"], [])
            self.assertGreater(one["audit"]["accounts_checked"], 0)
            self.assertEqual(one["members"][0]["reason"], "stopped")
            self.assertEqual(one["left_behind"], [])
            self.assertGreater(one["members"][0]["proportional_bytes"], 1 << 20)
            self.assertEqual(set(one["foreign"]), {"before", "during", "after"})
        self.assertEqual(len(result["run"]["config_sha256"]), 64)
        folder = self.run_folder()
        found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        self.assertEqual(
            found,
            {"result.json", "plan.json", "environment.json", "events.jsonl", "commands.txt",
             "report.html", "report.txt", "request.json", "owned.jsonl", "lock",
             "hdr/m0.hlog", "hdr/m1.hlog", "logs/m0-r0.log", "logs/m1-r0.log"},
        )
        plan = json.loads((folder / "plan.json").read_text())
        # Members differ by their padding alone.
        sizes = [one["members"][0]["environment_bytes"] for one in result["measurements"]]
        paddings = [one["environment_padding"] for one in plan["measurements"]]
        self.assertEqual(sizes[1] - sizes[0], paddings[1] - paddings[0])
        self.assertNotEqual(*paddings)
        self.assertEqual(plan, result["plan"])
        commands = (folder / "commands.txt").read_text().splitlines()
        self.assertEqual(len(commands), 2)
        self.assertRegex(commands[0], r"^\S+/elytra start --addresses=0 .*\.elytra$")
        self.assertIn("#[Histogram log format version", (folder / "hdr/m0.hlog").read_text())
        self.assertEqual(squeezed(done.stdout), squeezed((folder / "report.txt").read_text()))

    def test_somebody_else_who_uses_the_processors_is_named(self):
        with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as other:
            try:
                _, result = self.bench("--set", "/measure/duration=2s")
            finally:
                other.kill()
        self.check_result(result)
        measurement = result["measurements"][0]
        pids = [one["pid"] for one in measurement["foreign"]["during"]["processes"]]
        self.assertIn(other.pid, pids)
        reasons = {one["code"]: one["text"] for one in result["verdict"]["reasons"]}
        self.assertIn(f"sh (process {other.pid}) ", reasons["foreign_process"])

    def test_the_configuration_has_one_digest_whatever_the_run_is_called(self):
        digests = []
        for flags in (["--name=one"], ["--name=two"], ["--name=two", "--clients=3"]):
            _, result = self.bench(*flags)
            digests.append(result["run"]["config_sha256"])
            for left in (self.folder / "runs").iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        self.assertEqual(digests[0], digests[1])
        self.assertNotEqual(digests[1], digests[2])

    def test_every_event_is_recorded_and_streamed(self):
        done, _ = self.bench("--events=-", "-q")
        self.assertEqual(done.stderr, "")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        recorded = (self.run_folder() / "events.jsonl").read_text().splitlines()
        self.assertEqual(lines, [json.loads(line) for line in recorded])
        phases = [one["phase"] for one in lines if one["event"] == "phase"]
        self.assertEqual(
            phases,
            ["formatting", "starting", "setup", "warm-up", "measurement", "drain", "stopping",
             "ended"],
        )
        self.assertLessEqual({"member_started", "member_listening", "interval", "member_ended",
                              "measurement_ended"}, {one["event"] for one in lines})
        times = [one["at_ms"] for one in lines]
        self.assertEqual(times, sorted(times))

    def test_the_result_is_printed_and_written_where_asked(self):
        done, result = self.bench("--json", "-q", "-o", "out.json", "--events=events.jsonl")
        self.assertEqual(done.stderr, "")
        self.assertEqual(json.loads(done.stdout), result)
        self.assertEqual(json.loads((self.folder / "out.json").read_text()), result)
        events = (self.folder / "events.jsonl").read_text()
        self.assertEqual(events, (self.run_folder() / "events.jsonl").read_text())
        self.check_folder("out.json", "events.jsonl")

    def test_progress_goes_to_stderr_and_can_be_left_out(self):
        loud, _ = self.bench()
        self.assertIn("measurement", loud.stderr)
        self.assertNotIn("\x1b", loud.stdout + loud.stderr)
        quiet, _ = self.bench("--quiet")
        self.assertEqual(quiet.stderr, "")
        self.assertIn("transfers/s", quiet.stdout)
        self.assertIn("VERDICT", quiet.stdout)

    def test_all_formats_of_the_report_are_written(self):
        formats = ["text", "json", "hdr", "html", "markdown", "junit", "csv"]
        self.bench("--set", f"/report/formats={json.dumps(formats)}")
        folder = self.run_folder()
        for name in ("report.html", "report.md", "report.txt", "junit.xml", "series.csv"):
            self.assertGreater((folder / name).stat().st_size, 0, name)

    def test_a_dry_run_is_the_plan_and_creates_nothing(self):
        for format_flags in ([], ["--json"]):
            flags = [*SHORT, "--clients=3", "--repeat=4", *format_flags]
            dry = self.run_elytractl("bench", "--dry-run", *flags)
            self.assertEqual(dry.stdout, self.run_elytractl("plan", *flags).stdout)
        for verb in (["compare", f"--a={FAKE}", f"--b={FAKE}"], ["sweep"], ["null"]):
            plan = json.loads(
                self.run_elytractl("bench", *verb, "--dry-run", "--json", *SHORT).stdout)
            self.assertGreater(len(plan["measurements"]), 0)
        self.assertEqual([one.name for one in self.folder.iterdir()], ["precious"])

    def test_flags_that_make_no_sense_are_refused_before_anything_is_created(self):
        compare = ["compare", "--a=elytra", "--b=elytra"]
        matrix = ["--set", '/matrix={"/load/clients": [1, 2]}']
        for arguments, named in [
            (["--foo"], "--foo"),
            (["missing.json"], "missing.json"),
            (["-n", "3"], "/cluster/replicas (3)"),
            (["--clients=0"], "/load/clients"),
            (["--accounts=1"], "/load/accounts"),
            (["--repeat=0"], "/measure/repeat"),
            (["--duration=10"], "/measure/duration"),
            (["--rate=fast"], "/load/arrival/rate"),
            (["--set", "/load/driver=pipe:x"], 'must be "builtin:transfers", or "exec:" and a'),
            (["--set", "/load/driver=exec:"], "/load/driver"),
            (["--think=1ms", "--rate=1k/s"], "/load/arrival/think"),
            (["--set", "/load/cleints=4"], 'did you mean "clients"'),
            (["--binary=./missing"], "./missing"),
            (["--binary=/bin/false"], "/bin/false"),
            (["-o", "precious"], "precious"),
            (["--events=/no/such/folder/events"], "/no/such/folder/events"),
            (["--events=precious"], "precious"),
            (["--json", "--events=-"], "--events"),
            ([*compare, "--pairs=0"], "--pairs"),
            (["compare", "--a=elytra"], "--b"),
            ([*compare, "--b-set=/load/cleints=4"], 'did you mean "clients"'),
            ([*compare, "--a-set=/report/dir=there"], "--a-set (/report/dir=there)"),
            ([*compare, "--rate=auto"], "rate"),
            ([*compare, *matrix], "matrix"),
            (["sweep", "--slo=soon"], "--slo (soon)"),
            (["sweep", *matrix], "matrix"),
        ]:
            with self.subTest(arguments=arguments):
                done = self.run_elytractl("bench", *arguments, status=USAGE)
                self.assertEqual(done.stdout, "")
                self.assertIn(named, done.stderr)
                self.assertEqual([one.name for one in self.folder.iterdir()], ["precious"])

    def test_a_bound_that_is_not_kept_decides_the_status(self):
        for on_fail, status, word in (("fail", FAILED, None), ("invalid", INVALID, "INVALID")):
            bound = [{"metric": "throughput", "min": 1e12, "on_fail": on_fail}]
            _, result = self.bench("--set", f"/thresholds={json.dumps(bound)}", status=status)
            self.check_result(result)
            self.assertEqual(result["run"]["exit_code"], status)
            self.assertFalse(result["thresholds"][0]["passed"])
            if word:
                self.assertEqual(result["verdict"]["word"], word)
            self.assertIn("threshold: throughput", self.why())

    def test_a_bound_that_is_kept_changes_nothing(self):
        bound = [{"metric": "throughput", "min": 1}, {"metric": "load.dropped_fraction", "max": 0}]
        _, result = self.bench("--set", f"/thresholds={json.dumps(bound)}")
        self.assertTrue(all(one["passed"] for one in result["thresholds"]))

    def test_data_files_are_kept_where_asked(self):
        _, result = self.bench("--keep", "--dir=.", binary="elytra")
        folder = f"{result['run']['id']}-m0"
        self.check_folder(folder)
        files = list((self.folder / folder).iterdir())
        self.assertEqual([one.name for one in files], ["m0-r0.elytra"])
        self.bench()  # nor does a later run take them for leftovers
        self.check_folder(folder)
        server = self.start("--addresses=0", str(files[0]))
        server.read_port()
        self.assertEqual(server.close_stdin(), 0)

    def test_the_records_tell_what_was_measured(self):
        self.bench("--name=one")
        _, second = self.bench("--name=two")
        identity = second["run"]["id"]
        self.assertEqual([one["name"] for one in self.listed()], ["one", "two"])
        self.assertEqual({one["state"] for one in self.listed()}, {"complete"})
        shown = self.run_elytractl("runs", "show", "--json").stdout
        self.assertEqual(json.loads(shown), second)
        self.assertIn(identity, self.why())
        history = json.loads(self.run_elytractl("history", "throughput", "--json").stdout)
        points = [point["run"] for one in history["series"] for point in one["points"]]
        self.assertIn(identity, points)
        again = self.run_elytractl("bench", "report", identity, "--format=text").stdout
        self.assertEqual(again, (self.run_folder() / "report.txt").read_text())

    def test_the_command_in_the_report_runs_again(self):
        done, result = self.bench("--name=again")
        command = squeezed(done.stdout.split("repeat:")[1])
        again = self.run_elytractl("bench", *SHORT, "--dry-run", "--json", f"--binary={FAKE}")
        quoted = subprocess.run(
            ["sh", "-c", command + " --dry-run --json"], cwd=self.folder, capture_output=True,
            text=True, check=True, timeout=harness.COMMAND_SECONDS_MAX,
        )
        expected = json.loads(again.stdout)
        self.assertEqual(json.loads(quoted.stdout)["measurements"], expected["measurements"])
        self.assertEqual(json.loads(quoted.stdout)["name"], result["run"]["name"])

    def test_the_null_server_shows_what_the_generator_can(self):
        # A generator that is busy all the time, as it should be here, makes the numbers INVALID.
        self.run_elytractl("bench", "null", *SHORT, status={0, INVALID})
        result = self.result()
        self.check_result(result)
        self.assertEqual(result["run"]["kind"], "null")
        self.assertFalse(result["measurements"][0]["audit"]["enabled"])
        self.assertGreater(result["measurements"][0]["metrics"]["throughput"], 0)
        self.check_folder()

    def test_a_sweep_climbs_until_the_rate_is_not_served(self):
        status = {0, INVALID, 14}  # steps beyond the knee are not to be believed, and it says so
        self.run_elytractl("bench", "sweep", *SHORT, f"--binary={FAKE}", "--slo=p99=40ms",
                           status=status)
        result = self.result()
        self.check_result(result)
        steps = result["sweep"]["steps"]
        up = [one["fraction"] for one in steps if one["direction"] == "up"]
        down = [one["fraction"] for one in steps if one["direction"] == "down"]
        self.assertGreaterEqual(len(up), 2)  # two that were not served end the way up
        self.assertEqual(down, sorted(down, reverse=True))
        self.assertGreater(result["sweep"]["ceiling"], 0)
        self.assertEqual(result["run"]["state"], "complete")
        # What goes down was offered on the way up, below the highest rate of all.
        self.assertLess(set(down), set(up))
        pairs = result["sweep"]["hysteresis"]["pairs"]
        self.assertEqual([pair["fraction"] for pair in pairs], down[::-1])
        self.assertEqual(result["sweep"]["recovery"]["fraction"], 0.7)
        self.assertIn("hysteresis", (self.run_folder() / "report.txt").read_text())
        self.check_folder()

    def test_the_steps_of_a_sweep_share_one_cluster(self):
        status = {0, INVALID, 14}
        self.run_elytractl("bench", "sweep", *SHORT, f"--binary={FAKE}", status=status)
        result = self.result()
        steps = [one for one in result["measurements"] if one["role"] == "measurement"]
        swept = [one for one in steps if one["carried"]["followed"]]
        swept.append(steps[len(swept)])
        self.assertEqual({one["members"][0]["address"] for one in swept},
                         {swept[0]["members"][0]["address"]})
        # Its cluster is taken down once, at the end; only then is it known how it ended.
        reasons = [one["members"][0]["reason"] for one in swept]
        self.assertEqual(reasons, [None] * (len(swept) - 1) + ["stopped"])
        self.assertGreater(swept[-1]["audit"]["accounts_checked"], 0)
        for one in swept:
            self.assertEqual(one["series"]["rows"][0][0], 0)
        self.assertGreater(sum(one["counts"]["answered"] for one in swept), 0)
        for earlier, later in zip(swept, swept[1:]):
            self.assertEqual(later["carried"]["in"], earlier["carried"]["out"])
        # A sweep that is planned is the one that is made.
        places = [one["place"] for one in result["plan"]["measurements"]]
        self.assertEqual(places, ["alone", "first", *["between"] * 17, "last"])


if __name__ == "__main__":
    unittest.main()
