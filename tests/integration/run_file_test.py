"""Run files as users meet them: init, validate, plan, explain, schema, and layers."""

import json
import os
import subprocess
import unittest

import jsonschema

import harness

ELYTRACTL = harness.BUILD / "elytractl"
CONFIGS = harness.ROOT / "configs"
FORMAT = {"$schema": "elytractl/1", "kind": "bench"}

# Each is wrong in a way that the schema can know.
WRONG = [
    {},
    {"$schema": "elytractl/1"},
    {**FORMAT, "kind": "rehearsal"},
    {**FORMAT, "lod": {}},
    {**FORMAT, "name": "a/b"},
    {**FORMAT, "load": {"clients": 0}},
    {**FORMAT, "load": {"clients": 1.5}},
    {**FORMAT, "load": {"clients": "4"}},
    {**FORMAT, "load": {"driver": "./driver"}},
    {**FORMAT, "load": {"driver": "exec:"}},
    {**FORMAT, "load": {"driver": "exec: ./driver"}},
    {**FORMAT, "load": {"driver": "exec:a\nb"}},
    {**FORMAT, "load": {"linger": 2}},
    {**FORMAT, "load": {"linger": "2 ms"}},
    {**FORMAT, "load": {"distribution": "normal"}},
    {**FORMAT, "load": {"mix": {"query": "half"}}},
    {**FORMAT, "load": {"mix": {"query": 2}}},
    {**FORMAT, "load": {"arrival": {"rate": "fast"}}},
    {**FORMAT, "load": {"arrival": {"shape": []}}},
    {**FORMAT, "load": {"arrival": {"shape": [{"rates": 1}]}}},
    {**FORMAT, "cluster": {"start": {"cache-grid": "1GiB"}}},
    {**FORMAT, "measure": {"percentiles": [100]}},
    {**FORMAT, "measure": {"warmup": {"slope": "0,5%"}}},
    {**FORMAT, "thresholds": [{"metric": "batch.p99"}]},
    {**FORMAT, "thresholds": [{"metric": "batch.99", "max": 1}]},
    {**FORMAT, "thresholds": [{"metric": "throughput", "regression": {"against": "last"}}]},
    {**FORMAT, "thresholds": [{"metric": "throughput", "abort": True,
                               "regression": {"against": "last", "worse_than": "5%"}}]},
    {**FORMAT, "thresholds": [{"metric": "throughput",
                               "regression": {"against": "main", "worse_than": "5%"}}]},
    {**FORMAT, "thresholds": [{"metric": "throughput",
                               "regression": {"against": "last", "worse_than": "noise+2"}}]},
    {**FORMAT, "report": {"formats": ["pdf"]}},
    {**FORMAT, "matrix": {"/load/cleints": [1]}},
    {**FORMAT, "matrix": {"/load/clients": []}},
    {**FORMAT, "matrix": {"/load/clients": [0]}},
]


class RunFile(harness.ProcessTest):
    def run_elytractl(self, *arguments, **variables):
        return subprocess.run(
            [ELYTRACTL, *arguments],
            cwd=self.folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
            check=False,
        )

    def result_of(self, *arguments, **variables):
        """What a verb prints as JSON."""
        done = self.run_elytractl(*arguments, "--json", **variables)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def write(self, name, content):
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / name).write_text(text)
        return name

    def test_init_writes_a_valid_file_and_never_over_another(self):
        self.assertEqual(self.run_elytractl("init", "a.json").returncode, 0)
        self.assertEqual(self.run_elytractl("validate", "a.json").returncode, 0)
        self.write("mine.json", "mine")
        (self.folder / "link.json").symlink_to("nowhere")
        for name in ("mine.json", "link.json"):
            done = self.run_elytractl("init", name)
            self.assertEqual((done.returncode, done.stdout), (12, ""), done.stderr)
            self.assertIn(name, done.stderr)
        self.assertEqual((self.folder / "mine.json").read_text(), "mine")
        self.assertEqual(self.run_elytractl("init", "no/such/folder.json").returncode, 3)

    def test_validate_says_everything_that_is_wrong_with_place_and_suggestion(self):
        name = self.write(
            "bad.json",
            '{"$schema": "elytractl/1", "kind": "bench",\n'
            ' "load": {"cleints": 4,\n'
            '  "distribution": "zipfan", "threads": 0}}\n',
        )
        done = self.run_elytractl("validate", name)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(
            done.stderr.splitlines(),
            [
                "error: bad.json:2:11: /load/cleints: there is no such key; "
                'did you mean "clients"?',
                'error: bad.json:3:19: /load/distribution ("zipfan"): must be one of uniform, '
                'zipfian, latest, hot; did you mean "zipfian"?',
                "error: bad.json:3:40: /load/threads (0): must be a whole number from 1 to 64",
            ],
        )
        done = self.run_elytractl("validate", name, "--json")
        self.assertEqual((done.returncode, done.stderr), (2, ""))
        result = json.loads(done.stdout)
        self.assertFalse(result["valid"])
        problem = result["files"][0]["problems"][0]
        self.assertEqual((problem["line"], problem["column"]), (2, 11))
        self.assertEqual(problem["suggestion"], "clients")

    def test_validate_takes_each_file_on_its_own(self):
        good = self.write("good.json", FORMAT)
        bad = self.write("bad.json", {"kind": "bench"})
        done = self.run_elytractl("validate", good, bad)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "good.json: valid, 1 measurements\n")
        self.assertIn("bad.json:1:1: /$schema: is missing", done.stderr)

    def test_every_verb_refuses_a_bad_file_with_status_2(self):
        bad = self.write("bad.json", "{// no\n}")
        for verb in ("validate", "plan", "explain"):
            for name in (bad, "missing.json"):
                with self.subTest(verb=verb, name=name):
                    done = self.run_elytractl(verb, name)
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertIn(name, done.stderr)

    def test_explain_tells_the_layer_of_every_value(self):
        a = self.write("a.json", {**FORMAT, "load": {"clients": 1, "threads": 1, "seed": 1}})
        b = self.write("b.json", '{"load":\n{"clients": 2, "threads": 2, "seed": null}}')
        values = self.result_of(
            "explain", a, "-f", b, "--accounts=9", "--set", "/cluster/dir=/x",
            ELYTRACTL_LOAD_THREADS="1", ELYTRACTL_LOAD_ACCOUNTS="8",
        )
        found = {one["pointer"]: one for one in values}
        clients = {"pointer": "/load/clients", "value": 2, "source": "file", "name": "b.json"}
        self.assertEqual(found["/load/clients"], {**clients, "line": 2, "column": 13})
        threads = found["/load/threads"]
        self.assertEqual((threads["value"], threads["name"]), (1, "ELYTRACTL_LOAD_THREADS"))
        accounts = found["/load/accounts"]
        self.assertEqual((accounts["value"], accounts["name"]), (9, "--accounts"))
        self.assertEqual(found["/cluster/dir"]["name"], "--set")
        seed = found["/load/seed"]
        self.assertEqual((seed["value"], seed["source"]), (42, "default"))

    def test_explain_describes_every_key_of_the_schema(self):
        keys = {one["pointer"] for one in self.result_of("explain", "--keys")}
        schema = json.loads(self.run_elytractl("schema").stdout)
        self.assertLess({"/" + name for name in schema["properties"]}, keys)
        self.assertIn("/load/arrival/shape/*/for", keys)

    def test_plan_shows_what_flags_would_run(self):
        plan = self.result_of("plan", "-n", "2", "--rate=5k/s", "--repeat=3", "--keep")
        self.assertEqual(len(plan["measurements"]), 3)
        self.assertEqual({one["rate"] for one in plan["measurements"]}, {5000})
        steps = [(one["step"], one["member"]) for one in plan["measurements"][0]["steps"]]
        self.assertEqual(steps[:4], [("format", 0), ("format", 1), ("start", 0), ("start", 1)])
        self.assertNotIn(("remove", None), steps)
        text = self.run_elytractl("plan", str(CONFIGS / "matrix.json")).stdout
        self.assertIn("25 measurements", text)
        self.assertIn("/load/clients = 16", text)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        with subprocess.Popen(
            [ELYTRACTL, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(harness.COMMAND_SECONDS_MAX), 0)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([ELYTRACTL, "schema"], stdout=full, check=False)
        self.assertEqual(done.returncode, 1)

    def test_the_schema_accepts_all_run_files_of_the_repository(self):
        schema = json.loads(self.run_elytractl("schema").stdout)
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        self.run_elytractl("init", "start.json")
        files = sorted(CONFIGS.glob("*.json")) + [self.folder / "start.json"]
        self.assertGreater(len(files), 8)
        for path in files:
            with self.subTest(path=path):
                errors = list(validator.iter_errors(json.loads(path.read_text())))
                self.assertEqual(errors, [])
                self.assertEqual(self.run_elytractl("validate", str(path)).returncode, 0)

    def test_the_schema_and_the_program_refuse_the_same_files(self):
        schema = json.loads(self.run_elytractl("schema").stdout)
        validator = jsonschema.Draft7Validator(schema)
        for content in WRONG:
            with self.subTest(content=content):
                self.assertFalse(validator.is_valid(content))
                name = self.write("wrong.json", content)
                done = self.run_elytractl("validate", name)
                self.assertEqual((done.returncode, done.stdout), (2, ""), content)


if __name__ == "__main__":
    unittest.main()
