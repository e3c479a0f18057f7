"""`elytractl audit` and `replay`: what changes something is kept, also many commands at once."""

import json
import os
import pwd
import signal
import subprocess
import unittest

import harness
from bench_runs import FAKE, NO_WARM_UP, REFUSED, SHORT, USAGE, BenchTest, reap_children

CALLERS = 50
MEASURED = (0, 7, 14)  # a busy machine may make runs this short invalid


class Audit(BenchTest):
    def setUp(self):
        super().setUp()
        self.state = self.folder / "state"

    def environment(self, fault=""):
        return {**super().environment(fault), "XDG_STATE_HOME": str(self.state)}

    def log(self):
        return self.state / "elytractl" / "commands.jsonl"

    def commands(self):
        return json.loads(self.run_elytractl("audit", "--json", "-n", "1000").stdout)

    def test_a_command_is_kept_with_its_end(self):
        self.run_elytractl("init", "bench.json")
        self.run_elytractl("init", "bench.json", status=REFUSED)
        first, second = self.commands()
        self.assertEqual([first["number"], second["number"]], [1, 2])
        self.assertEqual(first["arguments"][1:], ["init", "bench.json"])
        self.assertEqual(first["directory"], str(self.folder.resolve()))
        self.assertEqual(first["user"], pwd.getpwuid(os.geteuid()).pw_name)
        self.assertEqual([first["status"], second["status"]], [0, REFUSED])
        self.assertEqual(first["state"], "ended")
        text = self.run_elytractl("audit", "-n", "1").stdout
        self.assertEqual(len(text.splitlines()), 2)
        self.assertIn("init bench.json", text)

    def test_what_only_looks_is_not_kept(self):
        for arguments in (["runs", "ls"], ["schema"], ["plan"], ["bench", "--dry-run"], ["audit"],
                          ["release", "ls"], ["explain", "--keys"]):
            self.run_elytractl(*arguments)
        self.assertFalse(self.log().exists())

    def test_a_run_is_named_and_a_killed_one_shows_as_such(self):
        _, result = self.bench(status=MEASURED)
        process = self.start_bench(*NO_WARM_UP, "--duration=1h", "--accounts=100")
        self.wait_for_phase(process, "measurement")
        self.assertEqual(self.commands()[-1]["state"], "running")
        process.send_signal(signal.SIGKILL)
        self.wait_for_end(process)
        self.assertEqual(reap_children(harness.STOP_SECONDS_MAX), [])
        done, killed = self.commands()
        self.assertEqual((done["run"], done["status"]),
                         (result["run"]["id"], result["run"]["exit_code"]))
        self.assertGreater(done["duration_ms"], 0)
        self.assertEqual((killed["state"], killed["status"]), ("killed", None))
        self.assertRegex(self.run_elytractl("audit").stdout, r"(?m)^ *2 .* killed ")

    def test_many_at_once_get_numbers_of_their_own(self):
        started = [
            subprocess.Popen([harness.ELYTRACTL, "init", f"{one}.json"], cwd=self.folder,
                             env=self.environment(), stdin=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
            for one in range(CALLERS)
        ]
        self.assertEqual([one.wait(60) for one in started], [0] * CALLERS)
        commands = self.commands()
        self.assertEqual([one["number"] for one in commands], list(range(1, CALLERS + 1)))
        self.assertEqual({one["status"] for one in commands}, {0})
        for line in self.log().read_text().splitlines():
            json.loads(line)

    def test_a_log_that_cannot_be_written_fails_no_command(self):
        self.state.write_text("a file where a folder should be")
        done = self.run_elytractl("init", "bench.json")
        self.assertIn("warning: this command is not recorded", done.stderr)
        self.assertTrue((self.folder / "bench.json").exists())

    def test_a_replay_is_the_command_in_its_place(self):
        place = self.folder / "place with a blank"
        place.mkdir()
        subprocess.run([harness.ELYTRACTL, "init", "a.json"], cwd=place, check=True,
                       env=self.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=60)
        (place / "a.json").unlink()
        shown = self.run_elytractl("replay", "1", "--dry-run").stdout
        self.assertRegex(shown, r"^cd '.*place with a blank' && .*elytractl init a\.json\n$")
        self.assertFalse((place / "a.json").exists())
        self.assertIn(shown, self.run_elytractl("replay", "1").stderr)
        self.assertTrue((place / "a.json").exists())
        again = self.commands()[-1]
        self.assertEqual((again["number"], again["arguments"][1]), (2, "init"))
        self.assertEqual(again["directory"], str(place.resolve()))
        self.run_elytractl("replay", "2", status=REFUSED)  # the file is there
        (place / "a.json").unlink()
        place.rmdir()
        done = self.run_elytractl("replay", "1", status=REFUSED)
        self.assertIn("where nobody can go", done.stderr)

    def test_a_replay_has_the_variables_of_the_command(self):
        environment = {**self.environment(), "ELYTRACTL_LOAD_CLIENTS": "3"}
        subprocess.run([harness.ELYTRACTL, "bench", *SHORT, f"--binary={FAKE}", "-q"],
                       cwd=self.folder, check=False, env=environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=60)
        self.run_elytractl("replay", "1", status=MEASURED)
        clients = self.result()["plan"]["subjects"][0]["cells"][0]["load"]["clients"]
        self.assertEqual((len(self.listed()), clients), (2, 3))

    def test_what_cannot_be_replayed_is_refused(self):
        self.run_elytractl("replay", "7", status=USAGE)
        self.log().parent.mkdir(parents=True)
        self.log().write_text(json.dumps({
            "number": 1, "started": "", "directory": str(self.folder), "process": 1, "user": "",
            "arguments": ["elytractl", "replay", "1"]}, separators=(",", ":")) + "\n")
        done = self.run_elytractl("replay", "1", status=REFUSED)
        self.assertIn("is itself a replay", done.stderr)


if __name__ == "__main__":
    unittest.main()
