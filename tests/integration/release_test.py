"""`elytractl release`: programs by the hash of their bytes, also when many add at once."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import unittest

import harness

ADDERS = 50
EXIT_USAGE, EXIT_UNSUITABLE, EXIT_DAMAGED, EXIT_REFUSED = 2, 3, 10, 12


class Release(harness.ProcessTest):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "store"
        self.environment = {**os.environ, "ELYTRACTL_RELEASES": str(self.store)}

    def command(self, *arguments):
        return {
            "args": [harness.ELYTRACTL, "release", *arguments],
            "cwd": self.folder,
            "env": self.environment,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }

    def release(self, *arguments):
        return subprocess.run(
            **self.command(*arguments), timeout=harness.COMMAND_SECONDS_MAX, check=False
        )

    def program(self, version):
        """A program that answers `version`; its path and the hash of its bytes."""
        path = self.folder / f"server-{version}"
        path.write_text(f"#!/bin/sh\necho 'Server {version}'\n")
        path.chmod(0o755)
        return path.name, hashlib.sha256(path.read_bytes()).hexdigest()

    def add(self, *wishes):
        done = self.release("add", *wishes)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def listed(self):
        done = self.release("ls", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "elytractl-releases/1")
        return {one["name"]: one for one in report["releases"]}

    def blobs(self):
        return sorted(os.listdir(self.store / "blobs"))

    def test_a_real_server_is_added_listed_and_verified(self):
        self.add(f"now={harness.ELYTRA}")
        one = self.listed()["now"]
        content = harness.ELYTRA.read_bytes()
        self.assertEqual(one["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(one["size"], len(content))
        self.assertIn("0.17.9", one["version"])
        for arguments in (["verify"], ["verify", "now"]):
            done = self.release(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("intact", done.stdout)
        self.assertEqual(self.blobs(), [one["sha256"]])

    def test_an_empty_store_is_an_empty_list_and_is_not_created(self):
        done = self.release("ls")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertFalse(self.store.exists())

    def test_many_processes_add_at_once(self):
        programs = [self.program(number % 10) for number in range(ADDERS)]
        adders = [
            subprocess.Popen(**self.command("add", f"r{number}={path}"))
            for number, (path, _) in enumerate(programs)
        ]
        for adder in adders:
            _, errors = adder.communicate(timeout=harness.COMMAND_SECONDS_MAX)
            self.assertEqual(adder.returncode, 0, errors)
        listed = self.listed()
        self.assertEqual(len(listed), ADDERS)
        for number, (_, sha256) in enumerate(programs):
            self.assertEqual(listed[f"r{number}"]["sha256"], sha256)
        self.assertEqual(self.blobs(), sorted({sha256 for _, sha256 in programs}))
        self.assertEqual(self.release("verify").returncode, 0)
        self.assertEqual(sorted(os.listdir(self.store)), ["blobs", "index.json", "lock"])

    def test_of_many_with_one_name_exactly_one_wins(self):
        adders = [
            subprocess.Popen(**self.command("add", f"one={self.program(number)[0]}"))
            for number in range(ADDERS)
        ]
        statuses = []
        for adder in adders:
            adder.communicate(timeout=harness.COMMAND_SECONDS_MAX)
            statuses.append(adder.returncode)
        self.assertEqual(statuses.count(0), 1)
        self.assertEqual(statuses.count(EXIT_REFUSED), ADDERS - 1)
        self.assertEqual(self.blobs(), [self.listed()["one"]["sha256"]])

    def test_killed_adders_leave_a_store_that_works(self):
        path, sha256 = self.program("slow")
        for _ in range(10):
            adder = subprocess.Popen(**self.command("add", f"one={path}"))
            adder.send_signal(signal.SIGKILL)
            adder.communicate()
        self.add(f"one={path}")
        self.assertEqual(self.listed()["one"]["sha256"], sha256)
        self.assertEqual(self.release("verify").returncode, 0)

    def test_a_name_moves_only_with_replace(self):
        first, second = self.program(1), self.program(2)
        self.add(f"one={first[0]}")
        self.assertIn("known", self.add(f"one={first[0]}").stdout)
        done = self.release("add", f"one={second[0]}")
        self.assertEqual((done.returncode, done.stdout), (EXIT_REFUSED, ""))
        self.assertIn(first[1], done.stderr)
        self.assertIn("--replace", done.stderr)
        self.assertIn("replaced", self.add("--replace", f"one={second[0]}").stdout)
        self.assertEqual(self.listed()["one"]["sha256"], second[1])

    def test_damage_is_found_and_named(self):
        path, sha256 = self.program(1)
        self.add(f"one={path}", f"two={self.program(2)[0]}")
        blob = self.store / "blobs" / sha256
        self.assertEqual(blob.stat().st_mode & 0o777, 0o555)
        blob.chmod(0o755)
        with blob.open("a", encoding="ascii") as file:
            file.write("#")
        done = self.release("verify")
        self.assertEqual(done.returncode, EXIT_DAMAGED)
        self.assertRegex(done.stdout, r"changed +one ")
        self.assertRegex(done.stdout, r"intact +two ")
        self.assertIn(hashlib.sha256(blob.read_bytes()).hexdigest(), done.stdout)
        self.assertEqual(self.release("verify", "two").returncode, 0)
        blob.unlink()
        self.assertRegex(self.release("verify").stdout, r"missing +one ")
        self.add(f"one={path}")
        self.assertEqual(self.release("verify").returncode, 0)

    def test_what_makes_no_sense_is_refused_by_name(self):
        path, _ = self.program(1)
        (self.folder / "text").write_text("no program")
        for arguments, status, named in [
            ([], EXIT_USAGE, "subcommand"),
            (["add"], EXIT_USAGE, "programs"),
            (["add", "one"], EXIT_USAGE, "'one'"),
            (["add", f"../x={path}"], EXIT_USAGE, "../x"),
            (["add", "one=missing"], EXIT_USAGE, "missing: No such file"),
            (["add", "one=."], EXIT_USAGE, ".: "),
            (["add", "one=text"], EXIT_USAGE, "text: "),
            (["add", "one=/bin/false"], EXIT_USAGE, "/bin/false"),
            (["verify", "nothing"], EXIT_USAGE, "nothing"),
        ]:
            with self.subTest(arguments=arguments):
                done = self.release(*arguments)
                self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
                self.assertIn(named, done.stderr)
        self.assertEqual(self.listed(), {})
        self.assertEqual(self.blobs(), [])

    def test_a_store_that_cannot_be_written_or_read(self):
        path, _ = self.program(1)
        self.environment["ELYTRACTL_RELEASES"] = str(self.folder / path)
        done = self.release("add", f"one={path}")
        self.assertEqual((done.returncode, done.stdout), (EXIT_UNSUITABLE, ""))
        self.assertIn("Not a directory", done.stderr)
        self.environment["ELYTRACTL_RELEASES"] = str(self.store)
        self.add(f"one={path}")
        (self.store / "index.json").write_text("{")
        for arguments in (["ls"], ["verify"], ["add", f"two={path}"]):
            done = self.release(*arguments)
            self.assertEqual((done.returncode, done.stdout), (EXIT_DAMAGED, ""))
            self.assertIn("index.json", done.stderr)

    def test_the_store_is_where_the_desktop_says(self):
        path, _ = self.program(1)
        del self.environment["ELYTRACTL_RELEASES"]
        self.environment["XDG_DATA_HOME"] = str(self.folder / "data")
        self.add(f"one={path}")
        self.assertTrue((self.folder / "data/elytractl/releases/index.json").is_file())
        del self.environment["XDG_DATA_HOME"]
        self.environment["HOME"] = str(self.folder / "home")
        self.add(f"one={path}")
        home = pathlib.Path(self.environment["HOME"])
        self.assertTrue((home / ".local/share/elytractl/releases/index.json").is_file())


if __name__ == "__main__":
    unittest.main()
