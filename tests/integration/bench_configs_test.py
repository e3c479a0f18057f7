"""Every run file of the repository runs, shortened, and leaves nothing but its record."""

import json
import unittest

import harness
from bench_runs import INCONCLUSIVE, INVALID, NO_WARM_UP, OK, BenchTest

CONFIGS = harness.ROOT / "configs"

# Less of everything that takes time; what is measured so short need not be usable, and says so.
SHORTER = {
    "measure": {
        "warmup": None,
        "duration": "400ms",
        "interval": "50ms",
        "cover": None,
        "repeat": 1,
    },
    "thresholds": None,
}


class Configs(BenchTest):
    def setUp(self):
        super().setUp()
        (self.folder / "shorter.json").write_text(json.dumps(SHORTER))

    def measure(self, path, name):
        self.run_elytractl("bench", "-q", str(path), "-f", "shorter.json", *NO_WARM_UP,
                           status=(OK, INVALID, INCONCLUSIVE))
        result = self.result()
        self.assertEqual(result["run"]["state"], "complete")
        self.assertEqual(result["run"]["name"], name)
        for measurement in result["measurements"]:
            self.assertEqual(measurement["completion"], "complete")
            self.assertEqual(measurement["errors"], [])
            self.assertEqual(measurement["audit"]["findings"], [])
            self.assertGreater(measurement["counts"]["accepted"], 0)

    def test_every_run_file_runs(self):
        files = sorted(CONFIGS.glob("*.json"))
        self.assertGreater(len(files), 8)
        for path in files:
            binary = json.loads(path.read_text()).get("cluster", {}).get("binary", "elytra")
            beside = harness.BUILD if "/" not in binary else harness.ROOT
            with self.subTest(path.name):
                if not (beside / binary).exists():
                    print(f"NOT RUN: {path.name}, because there is no {binary} here", flush=True)
                    continue
                self.measure(path, path.stem)
        self.check_folder("shorter.json")

    def test_the_file_that_init_writes_runs(self):
        self.run_elytractl("init", "start.json")
        self.measure(self.folder / "start.json", "first")
        self.check_folder("shorter.json", "start.json")


if __name__ == "__main__":
    unittest.main()
