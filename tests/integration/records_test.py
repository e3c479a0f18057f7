"""`elytractl runs`, `history`, `why` and `bundle` on run folders made by hand."""

import fcntl
import json
import os
import pty
import subprocess
import unittest
import unittest.mock

import harness

ELYTRACTL = harness.BUILD / "elytractl"
EXAMPLE = harness.ROOT / "tests" / "data" / "bench_result.json"


class Records(harness.ProcessTest):
    def setUp(self):
        super().setUp()
        self.runs = self.folder / "runs"

    def make_run(self, name, throughput=100000.0, **head):
        result = json.loads(EXAMPLE.read_text())
        result["run"].update({"id": name, **head})
        for measurement in result["measurements"]:
            measurement["metrics"]["throughput"] = throughput
            measurement["members"][0]["log"] = "logs/m0-r0.log"
        result["summary"][0]["metrics"]["throughput"]["median"] = throughput
        folder = self.runs / name
        (folder / "logs").mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(result))
        (folder / "logs" / "m0-r0.log").write_text("starting\nlast words\n")
        return folder

    def elytractl(self, *arguments, status=0, stdin=subprocess.DEVNULL):
        done = subprocess.run(
            [ELYTRACTL, *arguments],
            cwd=self.folder,
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=False,
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def listed(self):
        return json.loads(self.elytractl("runs", "ls", "--json").stdout)

    def test_without_runs_there_is_nothing_to_list(self):
        self.assertEqual(self.elytractl("runs", "ls").stdout, "no runs\n")
        self.assertEqual(self.listed(), [])
        self.elytractl("why", status=2)
        self.assertFalse(self.runs.exists())

    def test_runs_are_listed_shown_and_compared(self):
        self.make_run("0042-brisk-otter")
        self.make_run("0043-calm-wren", throughput=110000.0)
        text = self.elytractl("runs", "ls").stdout
        self.assertIn("0042-brisk-otter", text)
        self.assertIn("USABLE WITH CARE", text)
        self.assertEqual([one["metrics"]["throughput"] for one in self.listed()], [100000, 110000])
        self.assertIn("--rate=100000", self.elytractl("runs", "show", "42").stdout)
        shown = json.loads(self.elytractl("runs", "show", "wren", "--json").stdout)
        self.assertEqual(shown["run"]["id"], "0043-calm-wren")
        self.assertIn("+10.0 %", self.elytractl("runs", "diff", "42", "43").stdout)
        self.elytractl("runs", "show", "99", status=2)

    def test_a_record_that_cannot_be_printed_is_no_success(self):
        self.make_run("0042-brisk-otter")
        for arguments in (["runs", "ls"], ["runs", "show", "--json"], ["history", "throughput"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([ELYTRACTL, *arguments], cwd=self.folder, stdout=full,
                                      timeout=harness.COMMAND_SECONDS_MAX, check=False)
                self.assertEqual(done.returncode, 1)

    def test_metrics_are_exported_and_have_a_history(self):
        for number in range(1, 21):
            self.make_run(f"{number:04}-brisk-otter", throughput=1e5 - (number > 10) * 2e4 + number)
        lines = self.elytractl("runs", "export", "--metric=throughput").stdout.splitlines()
        self.assertEqual(len(lines), 1 + 40)
        history = json.loads(self.elytractl("history", "throughput", "--json").stdout)
        self.assertEqual(len(history["series"][0]["points"]), 20)
        self.assertEqual(history["series"][0]["changes"][0]["run"], "0011-brisk-otter")
        text = self.elytractl("history", "throughput").stdout
        self.assertIn("worse since 0011-brisk-otter", text)
        self.assertIn("batch.p99", self.elytractl("history", "nothing", status=2).stderr)

    def test_a_run_without_a_living_orchestrator_is_incomplete(self):
        folder = self.make_run("0042-brisk-otter", state="running", ended=None)
        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(self.listed()[0]["state"], "running")
            self.elytractl("runs", "gc", "42", "--yes", status=12)
        self.assertEqual(self.listed()[0]["state"], "incomplete")
        self.assertIn('"incomplete"', (folder / "result.json").read_text())
        self.assertIn("before it was done", self.elytractl("why").stdout)

    def test_why_explains_the_youngest_run_that_went_wrong(self):
        self.make_run("0042-brisk-otter", exit_code=5)
        self.make_run("0043-calm-wren")
        lines = self.elytractl("why").stdout.splitlines()
        self.assertLessEqual(len(lines), 10)
        self.assertIn("0042-brisk-otter", lines[0])
        self.assertTrue(any("last words" in line for line in lines))
        self.assertIn("0043-calm-wren", self.elytractl("why", "43").stdout)

    def test_a_damaged_index_is_made_again(self):
        self.make_run("0042-brisk-otter")
        self.assertEqual(len(self.listed()), 1)
        (self.runs / "runs.sqlite").write_bytes(b"not a database")
        done = self.elytractl("runs", "ls")
        self.assertIn("damaged", done.stderr)
        self.assertIn("0042-brisk-otter", done.stdout)
        self.assertTrue((self.runs / "runs.sqlite.damaged-1").exists())

    def test_folders_that_are_gone_are_told(self):
        folder = self.make_run("0042-brisk-otter")
        self.make_run("0043-calm-wren")
        self.assertEqual(len(self.listed()), 2)
        folder.rename(self.folder / "elsewhere")
        done = self.elytractl("runs", "ls")
        self.assertIn("0042-brisk-otter is gone", done.stderr)
        self.assertEqual(self.listed()[0]["state"], "missing")

    def test_gc_shows_and_removes_what_a_run_has_written(self):
        folder = self.make_run("0042-brisk-otter")
        self.make_run("0043-calm-wren")
        shown = self.elytractl("runs", "gc", "--keep=1", "--dry-run").stdout
        self.assertIn("runs/0042-brisk-otter/logs/m0-r0.log\n", shown)
        self.assertTrue((folder / "result.json").exists())
        self.elytractl("runs", "gc", "--keep=1", status=12)
        self.elytractl("runs", "gc", status=2)
        self.elytractl("runs", "tag", "42", "main")
        self.elytractl("runs", "gc", "42", "--yes", status=12)
        self.elytractl("runs", "gc", "--keep=1", "--yes")
        self.assertTrue((folder / "result.json").exists())
        self.elytractl("runs", "tag", "42", "main", "--remove")
        self.elytractl("runs", "gc", "--keep=0", "--yes")
        self.assertFalse(folder.exists())
        self.assertEqual([one["id"] for one in self.listed()], ["0043-calm-wren"])

    def test_gc_removes_exactly_what_it_has_shown(self):
        for name in ("0042-brisk-otter", "0043-calm-wren"):
            folder = self.make_run(name)
            (folder / "lock").write_text("")
            (folder / "hdr").mkdir()
            (folder / "hdr" / "m0.hlog").write_text("#")
        self.listed()
        before = {str(path.relative_to(self.folder)) for path in self.runs.rglob("*")}
        shown = json.loads(self.elytractl("runs", "gc", "42", "--dry-run", "--json").stdout)
        self.assertFalse(shown["removed"])
        self.assertEqual({str(path.relative_to(self.folder)) for path in self.runs.rglob("*")},
                         before)
        self.elytractl("runs", "gc", "42", "--yes")
        after = {str(path.relative_to(self.folder)) for path in self.runs.rglob("*")}
        paths = {path.rstrip("/") for run in shown["runs"] for path in run["paths"]}
        self.assertEqual(before - after, paths)
        self.assertEqual(after - before, set())

    def test_gc_refuses_folders_with_anything_else_in_them(self):
        for name, spoil in [
            ("0001-brisk-otter", lambda folder: (folder / "notes.txt").write_text("mine")),
            ("0002-brisk-otter", lambda folder: (folder / "logs" / "r0.elytra").write_text("mine")),
            ("0003-brisk-otter", lambda folder: (folder / "plan.json").symlink_to("/etc/passwd")),
            ("0004-brisk-otter", lambda folder: (folder / "hdr").symlink_to(self.folder)),
        ]:
            spoil(self.make_run(name))
        self.make_run("0005-calm-wren")
        for number in range(1, 5):
            before = sorted(self.runs.glob("*/**/*"))
            self.elytractl("runs", "gc", str(number), "--yes", status=12)
            self.assertEqual(sorted(self.runs.glob("*/**/*")), before)

    def test_gc_on_a_terminal_asks_for_a_sentence(self):
        self.make_run("0043-calm-wren")
        for typed, status in [("yes\n", 12), ("remove 1 run\n", 0)]:
            folder = self.runs / "0042-brisk-otter"
            if not folder.exists():
                self.make_run("0042-brisk-otter")
            ours, theirs = pty.openpty()
            os.write(ours, typed.encode())
            done = self.elytractl("runs", "gc", "42", status=status, stdin=theirs)
            os.close(ours)
            os.close(theirs)
            self.assertIn("type: remove 1 run\n", done.stderr)
            self.assertEqual(folder.exists(), status != 0)

    def test_a_bundle_has_the_files_of_the_run_and_nothing_else(self):
        folder = self.make_run("0042-brisk-otter")
        (folder / "r0.elytra").write_text("a data file")
        (folder / "plan.json").symlink_to("/etc/passwd")
        done = self.elytractl("bundle", "42")
        self.assertIn("r0.elytra is left out", done.stderr)
        listed = subprocess.run(
            ["tar", "--zstd", "-tf", "0042-brisk-otter.tar.zst"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=True,
        )
        packed = ["result.json", "logs/m0-r0.log", "BUNDLE.txt"]
        self.assertEqual(listed.stdout.split(), [f"0042-brisk-otter/{name}" for name in packed])
        self.elytractl("bundle", "42", status=1)
        small = self.elytractl("bundle", "42", "-o", "small.tar.zst", "--size-max=10", "--json")
        self.assertEqual([one["packed"] for one in json.loads(small.stdout)["files"]], [0, 0])

    def packed(self, archive, name):
        return subprocess.run(
            ["tar", "--zstd", "-xOf", archive, f"0042-brisk-otter/{name}"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=True,
        ).stdout

    def test_a_log_that_does_not_fit_keeps_its_ends(self):
        folder = self.make_run("0042-brisk-otter")
        size = (folder / "result.json").stat().st_size + 4000
        log = "first\n" + "x" * 100_000 + "\nlast\n"
        (folder / "logs" / "m0-r0.log").write_text(log)
        self.elytractl("bundle", "42", f"--size-max={size}", "-o", "a.tar.zst", "--no-redact")
        packed = self.packed("a.tar.zst", "logs/m0-r0.log")
        self.assertEqual(packed[:1000], log[:1000])
        self.assertEqual(packed[-3000:], log[-3000:])
        self.assertIn(f"[... {len(log) - 4000} bytes cut ...]", packed)
        self.assertIn("logs/m0-r0.log (the first 1000 and the last 3000)",
                      self.packed("a.tar.zst", "BUNDLE.txt"))

    def test_a_bundle_shows_no_secrets_unless_it_shall(self):
        folder = self.make_run("0042-brisk-otter", command=["elytractl", "--api-key=argument"])
        log = f"variable {os.uname().nodename} {self.folder}/x argument DB_PASSWORD=assigned end\n"
        (folder / "logs" / "m0-r0.log").write_text(log)
        variables = {"SOME_TOKEN": "variable", "HOME": str(self.folder)}
        patch = unittest.mock.patch.dict(os.environ, variables)
        patch.start()
        self.addCleanup(patch.stop)
        done = self.elytractl("bundle", "42", "-o", "a.tar.zst", "--json")
        self.assertEqual(self.packed("a.tar.zst", "logs/m0-r0.log"),
                         "<secret> <host> <home>/x <secret> DB_PASSWORD=<secret> end\n")
        self.assertIn("--api-key=<secret>", self.packed("a.tar.zst", "result.json"))
        counts = json.loads(done.stdout)["redacted"]
        self.assertGreaterEqual(counts["secrets"], 4)
        self.assertEqual((counts["home"], counts["host"]), (1, 1))
        self.assertIn(f"redacted: {counts['secrets']} times a secret, 1 times the home",
                      self.packed("a.tar.zst", "BUNDLE.txt"))
        self.elytractl("bundle", "42", "-o", "b.tar.zst", "--no-redact")
        self.assertEqual(self.packed("b.tar.zst", "logs/m0-r0.log"), log)


if __name__ == "__main__":
    unittest.main()
