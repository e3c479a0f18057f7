"""`elytractl doctor`: looks at the machine, leaves nothing, and tells programs and people."""

import json
import os
import subprocess
import unittest

import harness

LEVELS = ["ok", "note", "warn", "fail"]
EXIT_UNSUITABLE = 3


class Doctor(harness.ProcessTest):
    def doctor(self, *arguments, columns=None, **options):
        environment = dict(os.environ)
        environment.pop("COLUMNS", None)
        if columns is not None:
            environment["COLUMNS"] = str(columns)
        return subprocess.run(
            [harness.ELYTRACTL, "doctor", *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=False,
            **options,
        )

    def findings(self, done):
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "elytractl-doctor/1")
        findings = {one["id"]: one for one in report["findings"]}
        self.assertEqual(len(findings), len(report["findings"]))
        worst = max(LEVELS.index(one["level"]) for one in findings.values())
        self.assertEqual(report["suitable"], worst < LEVELS.index("fail"))
        self.assertEqual(done.returncode, 0 if report["suitable"] else EXIT_UNSUITABLE)
        return findings

    def test_every_finding_has_text_and_value_and_nothing_is_left(self):
        done = self.doctor("--json")
        self.assertEqual(done.stderr, "")
        findings = self.findings(done)
        for finding in findings.values():
            self.assertTrue(finding["text"])
            if finding["level"] in ("warn", "fail"):
                self.assertTrue(finding["advice"], finding)
        for name in ("cpu", "aes", "governor", "io_uring", "direct_io", "write_latency", "memlock",
                     "clock_source", "free_space", "pressure"):
            self.assertIn(name, findings)
        self.assertEqual(os.listdir(self.folder), [])

    def test_text_keeps_to_the_width(self):
        for columns in (60, 80, 140):
            done = self.doctor(columns=columns)
            self.assertIn(done.returncode, (0, EXIT_UNSUITABLE), done.stderr)
            for line in done.stdout.splitlines():
                self.assertLessEqual(len(line), columns)
                self.assertEqual(line, line.rstrip())

    def test_a_directory_that_takes_no_files_makes_the_machine_unsuitable(self):
        done = self.doctor("--json", "--dir=missing")
        self.assertEqual(done.returncode, EXIT_UNSUITABLE)
        findings = self.findings(done)
        self.assertEqual(findings["directory"]["level"], "fail")
        self.assertIn("missing: No such file", findings["directory"]["text"])

    def test_a_denied_io_uring_is_seen(self):
        findings = self.findings(self.doctor("--json", preexec_fn=harness.deny_io_uring))
        self.assertEqual(findings["io_uring"]["level"], "warn")
        self.assertIn("seccomp", findings["io_uring"]["advice"])
        self.assertEqual(findings["container"]["level"], "note")

    def test_a_closed_pipe_is_no_crash(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [harness.ELYTRACTL, "doctor"], stdout=full, stderr=subprocess.PIPE,
                cwd=self.folder, check=False, timeout=harness.COMMAND_SECONDS_MAX,
            )
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
