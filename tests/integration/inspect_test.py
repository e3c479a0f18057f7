"""`elytra inspect` on fresh, loaded, killed, running and damaged files: shows what is there, finds
every damage and names it, and never changes a byte."""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

import harness

# Parts of a file as `format` makes it (server/storage/README.md).
SUPERBLOCK_COPY_DISTANCE = 64 << 10
EVIDENCE_OFFSET = 128 << 10
LOG_OFFSET = 384 << 10
LOG_SIZE = 64 << 20
SUPERBLOCK_B_OFFSET = LOG_OFFSET + LOG_SIZE
PAGE_STORE_OFFSET = (64 << 20) + (512 << 10)
SECTOR = 4096
PAGE = 4096

VIEWS = [
    ["superblock"],
    ["wal"],
    ["wal", "--slot=0"],
    ["replies"],
    ["replies", "--slot=0"],
    ["grid"],
    ["manifest"],
    ["tables", "--tree=transfers"],
    ["tables", "--tree=transfers.id"],
    ["tables", "--tree=2", "--level=0"],
    ["tables", "--tree=accounts"],
    ["integrity"],
]

# Arguments, and what the one line on stderr must name. FILE stands for a formatted file.
FILE = object()
REFUSED = [
    ([], ["superblock", "wal", "replies", "grid", "manifest", "tables", "integrity"]),
    (["foo"], ["foo"]),
    (["walk"], ["did you mean wal"]),
    (["superblock"], ["<path>"]),
    (["superblock", "missing"], ["missing", "No such file"]),
    (["wal", "--slot=1024", FILE], ["--slot (1024)", "1023"]),
    (["replies", "--slot=64", FILE], ["--slot (64)", "63"]),
    (["replies", "--superblock-copy=4", FILE], ["--superblock-copy (4)", "3"]),
    (["grid", "--superblock-copy=4", FILE], ["--superblock-copy (4)", "3"]),
    (["manifest", "--superblock-copy=4", FILE], ["--superblock-copy (4)", "3"]),
    (["tables", FILE], ["--tree"]),
    (["tables", "--tree=foo", FILE], ["--tree (foo)", "transfers", "transfers.id"]),
    (["tables", "--tree=999", FILE], ["--tree (999)", "transfers"]),
    (["tables", "--tree=transfers", "--level=64", FILE], ["--level (64)", "6"]),
    (["tables", "--tree=transfers", "--level=9", FILE], ["--level (9)", "6"]),
    (["grid", "--block=0", FILE], ["--block (0)", "1"]),
    (["grid", "--block=1", FILE], ["--block (1)", "log"]),
    (["grid", "--block=99999999", FILE], ["--block (99999999)", "never written"]),
    (["integrity", "--seed=x", FILE], ["--seed (x)"]),
    (["integrity", "--memory-lsm-manifest=1", FILE], ["--memory-lsm-manifest (1)", "1MiB"]),
]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def flip(path, offset, count=1):
    """Inverts bytes; a second call takes it back."""
    with open(path, "r+b") as file:
        file.seek(offset)
        content = file.read(count)
        file.seek(offset)
        file.write(bytes(byte ^ 0xFF for byte in content))


class InspectTest(harness.ProcessTest):
    def inspect(self, *arguments, **options):
        return self.run_elytra("inspect", *arguments, **options)

    def show(self, *arguments):
        """Lines of a view that must succeed."""
        done = self.inspect(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotEqual(done.stdout, "")
        return done.stdout.splitlines()

    def load(self, path, *flags):
        done = self.run_elytra(
            "benchmark", f"--file={path}", "--account-count=100", *flags, cwd=self.folder
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def load_checkpoints(self, path):
        """A file with two checkpoints and operations behind them."""
        self.load(path, "--transfer-count=500_000")
        self.assertIn("checkpoint=previous", "\n".join(self.show("manifest", path)))
        return path

    def check_views(self, path):
        before = digest(path)
        for view in VIEWS:
            with self.subTest(view=view):
                self.show(*view, path)
                done = self.inspect(*view[:1], "--json", *view[1:], path)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreater(len(json.loads(done.stdout)), 0)
        self.assertEqual(digest(path), before)

    def damages(self, path):
        """What integrity finds: (zone, offset, size) of each damage."""
        done = self.inspect("integrity", "--json", path)
        lines = json.loads(done.stdout)
        found = [line for line in lines if line["kind"] == "damage"]
        self.assertEqual(done.returncode, 1 if found else 0, done.stdout + done.stderr)
        self.assertEqual(lines[-1]["result"], "damaged" if found else "sound")
        return [(line["zone"], line["offset"], line["size"]) for line in found]

    def check_damage(self, path, zone, offset, count=1):
        """Damage at a place is found there, and is gone with it."""
        flip(path, offset, count)
        before = digest(path)
        found = self.damages(path)
        self.assertEqual(digest(path), before)
        flip(path, offset, count)
        self.assertTrue(
            any(z == zone and o <= offset < o + s for z, o, s in found),
            f"{zone} at {offset} is not among {found}",
        )


class CommandLine(InspectTest):
    def test_what_is_refused_is_named_on_one_line(self):
        path = self.format()
        before = digest(path)
        for arguments, named in REFUSED:
            with self.subTest(arguments=arguments):
                given = [path if argument is FILE else argument for argument in arguments]
                done = self.inspect(*given, cwd=self.folder)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertTrue(done.stderr.startswith("error: "), done.stderr)
                for text in named:
                    self.assertIn(text, done.stderr)
        self.assertEqual(digest(path), before)
        self.assertEqual(os.listdir(self.folder), [os.path.basename(path)])

    def test_help(self):
        done = self.inspect("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("tables --tree", done.stdout)
        for view in VIEWS:
            done = self.inspect(view[0], "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("--json", done.stdout)

    def test_a_closed_pipe_is_no_error_and_a_full_device_is_one(self):
        path = self.load(self.path("F"), "--transfer-count=10_000")
        for view in (["wal", "--slot=5"], ["superblock"], ["integrity"]):
            reader, writer = os.pipe()
            os.close(reader)
            with os.fdopen(writer, "wb") as pipe:
                done = subprocess.run(
                    [harness.ELYTRA, "inspect", *view, path], stdout=pipe,
                    stderr=subprocess.PIPE, check=False,
                )
            self.assertEqual((done.returncode, done.stderr.count(b"error")), (0, 0), done.stderr)
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [harness.ELYTRA, "inspect", "superblock", path], stdout=full,
                stderr=subprocess.PIPE, check=False,
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)


class OtherFiles(InspectTest):
    def check_refused(self, path, named):
        for view in VIEWS:
            with self.subTest(view=view):
                done = self.inspect(*view, path)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                for text in [path, *named]:
                    self.assertIn(text, done.stderr)

    def test_not_a_data_file(self):
        path = self.path("zeros")
        for size in (0, 4096, 70 << 20):
            pathlib.Path(path).write_bytes(b"")
            os.truncate(path, size)
            self.check_refused(path, ["no valid superblock"])

    def test_truncated(self):
        path = self.format()
        os.truncate(path, 1 << 20)
        self.show("superblock", path)
        for view in VIEWS[1:]:
            done = self.inspect(*view, path)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("truncated", done.stderr)
            self.assertIn(str(1 << 20), done.stderr)

    def test_truncated_in_the_page_store(self):
        path = self.load_checkpoints(self.path("F"))
        os.truncate(path, PAGE_STORE_OFFSET)
        done = self.inspect("integrity", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("damage", done.stdout)
        for view in ("manifest", "grid", "replies"):
            done = self.inspect(view, path)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(path, done.stderr)

    def test_a_folder(self):
        self.check_refused(str(self.folder), ["directory"])


class SoundFiles(InspectTest):
    def test_a_fresh_file(self):
        path = self.format()
        self.check_views(path)
        self.assertIn("no client sessions", self.show("replies", path)[0])
        self.assertIn("|||| sequence=1", self.show("superblock", path))

    def test_operations_that_are_only_in_the_log(self):
        path = self.load(self.path("F"), "--transfer-count=10_000", "--transfer-batch-count=10")
        self.check_views(path)
        events = self.show("wal", "--slot=3", path)
        self.assertRegex(events[0], r"^\|\| class=present .*slot=3 op=3 ")
        self.assertRegex(events[1], r"^header: \.checksum=[0-9a-f]{32} ")
        self.assertRegex(events[2], r"^events\[0\]: \.id=\d+ \.debit_account_id=\d+ ")
        offset = int(re.search(r" O=(\d+)", self.show("tables", "--tree=transfers", path)[0])[1])
        self.check_damage(path, "log", offset, 256)

    def test_checkpoints(self):
        path = self.load_checkpoints(self.path("F"))
        self.check_views(path)
        tables = self.show("tables", "--tree=transfers", path)
        rows = sum(int(re.search(r" V=(\d+)", line)[1]) for line in tables if "part=pages" in line)
        table = next(line for line in self.show("manifest", path) if "name=transfers " in line)
        self.assertEqual(rows, int(re.search(r" rows=(\d+)", table)[1]))
        block = re.search(r" A=(\d+)", tables[0])[1]
        self.assertIn("verified=true", self.show("grid", f"--block={block}", path)[0])
        results = self.show("replies", "--slot=0", path)
        self.assertRegex(results[2], r"^results\[0\]: \.timestamp=\d+ \.status=created$")
        for flags in (["--skip-wal"], ["--skip-client-replies"], ["--skip-grid"],
                      ["--seed=7", "--log-debug"], ["--memory-lsm-manifest=1MiB"]):
            self.show("integrity", *flags, path)

    def test_a_file_whose_server_was_killed(self):
        path = self.format()
        server = self.start("--addresses=0", path)
        with subprocess.Popen(
            [harness.ELYTRA, "benchmark", f"--addresses={server.read_port()}",
             "--transfer-count=100_000_000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as load:
            while os.path.getsize(path) < PAGE_STORE_OFFSET + (64 << 20):
                self.assertIsNone(load.poll())
            self.assertEqual(server.signal(signal.SIGKILL), -signal.SIGKILL)
            load.kill()
        self.check_views(path)


class InUse(InspectTest):
    def test_a_running_server_is_not_disturbed(self):
        path = self.format()
        server = self.start("--addresses=0", path)
        port = server.read_port()
        with subprocess.Popen(
            [harness.ELYTRA, "benchmark", f"--addresses={port}", "--transfer-count=2_000_000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=self.folder,
        ) as load:
            rounds = 0
            while load.poll() is None:
                self.check_round(path)
                rounds += 1
            self.assertEqual(load.wait(), 0)
        self.assertGreater(rounds, 0)
        self.assertTrue(harness.can_connect(port))
        self.assertEqual(server.close_stdin(), 0)
        self.show("integrity", path)

    def check_round(self, path):
        for view in VIEWS:
            done = self.inspect(*view, path)
            # What changes while it is read may be refused, but never with a signal.
            self.assertIn(done.returncode, (0, 1), done.stderr)
            if view == ["integrity"]:
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn("--force", done.stderr)
            else:
                self.assertIn("may be inconsistent", done.stderr)
        done = self.inspect("integrity", "--force", path)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertIn("may be inconsistent", done.stderr)


class Damage(InspectTest):
    def test_superblock(self):
        path = self.format()
        for copy in range(4):
            start = SUPERBLOCK_B_OFFSET if copy >= 2 else 0
            place = start + copy % 2 * SUPERBLOCK_COPY_DISTANCE
            for offset in (0, 16, 20, 32, 300, 20_000, (32 << 10) - 1):
                self.check_damage(path, "superblock", place + offset)
        flip(path, 100)
        marks = [line[:4] for line in self.show("superblock", path)]
        self.assertIn("X|||", marks)
        self.assertEqual(self.inspect("manifest", "--superblock-copy=0", path).returncode, 1)
        self.show("manifest", "--superblock-copy=1", path)

    def test_three_copies_of_the_superblock(self):
        path = self.format()
        for offset in (100, SUPERBLOCK_COPY_DISTANCE + 100, SUPERBLOCK_B_OFFSET + 100):
            flip(path, offset)
        self.assertIn("XXX| sequence=1", self.show("superblock", path))
        for view in VIEWS[1:]:
            done = self.inspect(*view, path)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("only one superblock copy", done.stderr)

    def test_evidence(self):
        path = self.load(self.path("F"), "--transfer-count=10_000")
        for sector in (0, 31, 63):
            self.check_damage(path, "evidence", EVIDENCE_OFFSET + sector * SECTOR + 40)

    def test_log(self):
        path = self.load(self.path("F"), "--transfer-count=50_000")
        records = json.loads(self.inspect("wal", "--json", path).stdout)[1:]
        for record in (records[0], records[3], records[-1]):
            place = LOG_OFFSET + record["lsn"] % LOG_SIZE
            for offset in (0, 100, 3_900, 4_000, *([5_000] if record["size"] > 5_000 else [])):
                self.check_damage(path, "log", place + offset)
        flip(path, LOG_OFFSET + records[3]["lsn"])
        lost = self.show("wal", path)
        self.assertEqual(len([line for line in lost if line.startswith("_| class=lost")]), 1)
        self.assertEqual(self.inspect("integrity", "--skip-wal", path).returncode, 0)

    def test_every_part_of_a_checkpoint(self):
        path = self.load_checkpoints(self.path("F"))
        manifest = json.loads(self.inspect("manifest", "--json", path).stdout)
        for line in manifest:
            if line["kind"] in ("manifest", "leaf"):
                self.check_damage(path, "manifest", line["offset"] + 17)
        chosen = {}
        for line in manifest:
            if line["kind"] == "segment" and line["chunks"] > 0:
                chosen.setdefault((line["checkpoint"], line["content"]), line)
        self.assertGreater(len(chosen), 10)
        for (_, content), line in chosen.items():
            with self.subTest(content=content):
                zone = "replies" if content.startswith(("reply", "sessions")) else "grid"
                self.check_damage(path, zone, line["offset"] + min(line["size"] - 1, 3_000))
        self.assertEqual(self.damages(path), [])

    def test_the_page_at_the_offset_that_tables_names(self):
        path = self.load_checkpoints(self.path("F"))
        for tree in ("accounts", "transfers", "transfers.id", "transfers.code"):
            lines = self.show("tables", f"--tree={tree}", path)
            for line in (lines[0], lines[-1]):
                zone = "log" if line.startswith("W") else "grid"
                self.check_damage(path, zone, int(re.search(r" O=(\d+)", line)[1]), 256)

    def test_several_damages_are_all_listed(self):
        path = self.load_checkpoints(self.path("F"))
        lines = self.show("tables", "--tree=transfers", path)
        offsets = [int(re.search(r" O=(\d+)", line)[1]) for line in (lines[0], lines[1])]
        for offset in offsets:
            flip(path, offset + 50)
            flip(path, offset + PAGE + 50)
        expected = [("grid", offset + page, PAGE) for offset in offsets for page in (0, PAGE)]
        self.assertEqual(sorted(self.damages(path)), sorted(expected))
        self.assertEqual(self.inspect("integrity", "--skip-grid", path).returncode, 0)

    def test_a_running_server_finds_it_by_scrubbing(self):
        path = self.load_checkpoints(self.path("F"))
        # Nothing that is replayed needs this index.
        line = self.show("tables", "--tree=transfers.code", path)[0]
        offset = int(re.search(r" O=(\d+)", line)[1])
        flip(path, offset + 50)
        server = self.start("--addresses=0", "--scrub-period=1s", path)
        port = server.read_port()
        # Blocks are read as they were written, which may be several pages at a time.
        found = server.log.wait_for(r"scrub: (\d+) bytes at offset (\d+) .*are damaged")
        self.assertLessEqual(int(found[2]), offset)
        self.assertGreater(int(found[2]) + int(found[1]), offset)
        server.log.wait_for(r"scrub completed: blocks=\d+ damaged=1\b")
        self.assertTrue(harness.can_connect(port))
        self.assertEqual(server.close_stdin(), 0)
        flip(path, offset + 50)
        server = self.start("--addresses=0", "--scrub-period=1s", path)
        server.log.wait_for(r"scrub completed: blocks=\d+ damaged=0\b")
        self.assertEqual(server.close_stdin(), 0)


if __name__ == "__main__":
    unittest.main()
