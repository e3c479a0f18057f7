"""A few rounds of orchestrator_kill_loop.py; .ci/steps.toml runs many."""

import pathlib
import subprocess
import sys
import unittest

KILLS = 16
SECONDS_MAX = 300


class OrchestratorKill(unittest.TestCase):
    def test_the_loop_passes(self):
        loop = pathlib.Path(__file__).with_name("orchestrator_kill_loop.py")
        done = subprocess.run(
            [sys.executable, "-B", loop, f"--kills={KILLS}"], capture_output=True, text=True,
            timeout=SECONDS_MAX, check=False,
        )
        print(done.stdout)  # the seed
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
