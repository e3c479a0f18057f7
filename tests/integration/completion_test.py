"""`elytractl completion`: what the scripts offer is what the program understands."""

import json
import os
import re
import shutil
import subprocess
import unittest

import harness

ELYTRACTL = harness.ELYTRACTL
# Sources the script of its first argument and completes the line of the others; its last word may
# be empty.
COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_elytractl
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(harness.ProcessTest):
    def run_program(self, *arguments):
        done = subprocess.run([ELYTRACTL, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=True,
                              timeout=harness.COMMAND_SECONDS_MAX)
        return done.stdout

    def script(self, shell):
        path = self.folder / f"elytractl.{shell}"
        path.write_text(self.run_program("completion", shell))
        return path

    def complete(self, *words):
        """What bash offers for the last word of `elytractl WORDS`."""
        done = subprocess.run(
            ["bash", "-c", COMPLETE, "bash", self.script("bash"), "elytractl", *words],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
            env={**os.environ, "PATH": f"{harness.BUILD}:{os.environ['PATH']}"},
            timeout=harness.COMMAND_SECONDS_MAX)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def verbs(self, *path):
        """All verbs below one, as help shows them, with their flags."""
        text = self.run_program(*path, "--help")
        flags = set(re.findall(r"(?m)(?:^ *|,)(--?[a-z][a-z0-9-]*)", text))
        yield list(path), flags
        below = text.split("Subcommands:\n")[1] if "Subcommands:\n" in text else ""
        for verb in re.findall(r"(?m)^  ([a-z][a-z-]*) ", below):
            yield from self.verbs(*path, verb)

    def test_verbs_and_flags_are_completed(self):
        self.assertLessEqual({"bench", "runs", "audit", "replay", "completion"}, self.complete(""))
        self.assertEqual(self.complete("rep"), {"replay"})
        self.assertNotIn("null-server", self.complete("n"))
        self.assertEqual(self.complete("runs", "d"), {"diff"})
        self.assertEqual(self.complete("bench", "--rer"), {"--rerun"})
        self.assertEqual(self.complete("bench", "compare", "--unt"), {"--until-decided"})
        self.assertEqual(self.complete("bench", "-q", "comp"), {"compare"})
        self.assertEqual(self.complete("completion", "z"), {"zsh"})

    def test_values_are_completed(self):
        self.assertEqual(self.complete("bench", "--distribution", "z"), {"zipfian"})
        self.assertEqual(self.complete("bench", "--distribution", "=", "z"), {"zipfian"})
        self.assertIn("zipfian", self.complete("bench", "--distribution", "="))
        self.assertEqual(self.complete("bench", "report", "--format", "mark"), {"markdown"})
        self.assertEqual(self.complete("bench", "--clients", ""), set())
        (self.folder / "mine.json").write_text("{}")
        self.assertEqual(self.complete("bench", "mi"), {"mine.json"})
        self.assertEqual(self.complete("bench", "-f", "mi"), {"mine.json"})

    def test_runs_and_releases_are_completed(self):
        result = json.loads((harness.ROOT / "tests" / "data" / "bench_result.json").read_text())
        folder = self.folder / "runs" / "0042-brisk-otter"
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(result))
        for words in (["runs", "show"], ["why"], ["bundle"], ["runs", "diff"], ["runs", "gc"],
                      ["bench", "--rerun"], ["bench", "report"]):
            self.assertEqual(self.complete(*words, "00"), {"0042-brisk-otter"}, words)
        server = self.folder / "server"
        server.write_text("#!/bin/sh\necho Server 1\n")
        server.chmod(0o755)
        os.environ["ELYTRACTL_RELEASES"] = str(self.folder / "store")
        self.addCleanup(os.environ.pop, "ELYTRACTL_RELEASES")
        self.run_program("release", "add", f"stable={server}")
        self.assertEqual(self.complete("release", "verify", "st"), {"stable"})
        self.assertEqual(self.complete("bench", "--binary", "rel"), {"release:stable"})

    def test_every_flag_of_every_verb_is_in_every_script(self):
        bash = self.script("bash").read_text()
        fish = self.script("fish").read_text()
        count = 0
        for path, flags in self.verbs():
            line = re.search(rf"(?m)^ *'{' '.join(path)}'\) .*\n *flags='(.*)' ;;$", bash)
            self.assertIsNotNone(line, path)
            self.assertEqual(set(line[1].split()), flags, path)
            head = f"'__elytractl_verb {' '.join(path)}'" if path else "__fish_use_subcommand"
            fish_flags = "".join(line for line in fish.splitlines(True) if head in line)
            for flag in flags:
                option = f" -l {flag[2:]} " if flag.startswith("--") else f" -s {flag[1:]} "
                self.assertIn(option, fish_flags, path)
            count += len(flags)
        self.assertGreater(count, 100)

    def test_the_scripts_are_scripts(self):
        for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]),
                             ("fish", ["fish", "--no-execute"])):
            script = self.script(shell)
            if shutil.which(shell):
                subprocess.run([*check, script], check=True, timeout=harness.COMMAND_SECONDS_MAX)
        zsh = self.script("zsh").read_text()
        self.assertTrue(zsh.startswith("#compdef elytractl\n"))
        self.assertTrue(zsh.endswith(self.script("bash").read_text()))


if __name__ == "__main__":
    unittest.main()
