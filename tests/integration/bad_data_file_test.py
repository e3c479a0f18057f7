"""Data files that a server must not serve: refused with a line that tells why, and not touched."""

import hashlib
import os
import pathlib
import re
import resource
import subprocess
import unittest

import harness

FORMAT = ["format", "--cluster=7", "--replica=0", "--replica-count=1", "--development"]
NOBODY = 65534
LIMIT_STORAGE_MIN = "1114624KiB"
EXIT_REFUSED = 1
EXIT_FILE_ABOVE_LIMIT = 4

# Parts of a file as `format` makes it (server/storage/README.md).
SUPERBLOCK_COPY_DISTANCE = 64 << 10
SUPERBLOCK_ZONE_SIZE = 2 * SUPERBLOCK_COPY_DISTANCE
LOG_OFFSET = 1 << 20


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def overwrite(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


class DataFile(harness.ProcessTest):
    def check_untouched(self, path, named, *flags, status=EXIT_REFUSED, **options):
        """`start` refuses, one line names everything expected, and no byte changes."""
        before = digest(path)
        done = self.run_elytra("start", "--addresses=0", "--development", *flags, path, **options)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(errors), 1, done.stderr)
        for text in [path, *named]:
            self.assertIn(text, errors[0])
        self.assertEqual(digest(path), before)

    def load(self, path):
        done = self.run_elytra(
            "benchmark", f"--file={path}", "--account-count=100", "--transfer-count=10_000",
            cwd=self.folder,
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_truncated(self):
        for size in (0, 4096, (64 << 20)):
            path = self.format(f"truncated-{size}")
            os.truncate(path, size)
            self.check_untouched(path, [str(size), "truncated"])

    def test_zeros_and_other_formats(self):
        size = os.path.getsize(self.format())
        for name, content in (("zeros", b""), ("text", b"not a data file\n" * 4096)):
            path = self.path(name)
            pathlib.Path(path).write_bytes(content)
            os.truncate(path, size)
            self.check_untouched(path, ["not a data file", "format"])

    def test_every_superblock_copy_damaged(self):
        path = self.format()
        end = os.path.getsize(path)
        for offset in (0, end - SUPERBLOCK_ZONE_SIZE):
            for copy in range(2):
                overwrite(path, offset + copy * SUPERBLOCK_COPY_DISTANCE, b"\xff" * 512)
        self.check_untouched(path, ["not a data file"])

    def test_one_superblock_copy_damaged_is_repaired_with_a_warning(self):
        path = self.format()
        overwrite(path, SUPERBLOCK_COPY_DISTANCE, b"\xff" * 512)
        server = self.start("--addresses=0", "--development", path)
        self.assertTrue(harness.can_connect(server.read_port()))
        server.log.wait_for(r"warning.*superblock repaired: copy=1")
        self.assertEqual(server.close_stdin(), 0)

    def test_superblock_copies_of_another_cluster(self):
        path, other = self.format("a"), self.path("b")
        self.assertEqual(self.run_elytra(*FORMAT, other).returncode, 0)
        with open(other, "rb") as file:
            foreign = file.read(SUPERBLOCK_ZONE_SIZE)
        overwrite(path, 0, foreign)
        self.check_untouched(path, ["superblock copies", "backup"])

    def test_a_log_of_another_cluster(self):
        path, other = self.path("mine"), self.path("other")
        self.load(path)
        self.assertEqual(self.run_elytra(*FORMAT, other).returncode, 0)
        with open(other, "rb") as file:
            file.seek(SUPERBLOCK_ZONE_SIZE)
            foreign = file.read((64 << 20) - SUPERBLOCK_ZONE_SIZE)
        overwrite(path, SUPERBLOCK_ZONE_SIZE, foreign)
        self.check_untouched(path, ["log is damaged", "backup"])

    def test_a_damaged_log(self):
        path = self.path("F")
        self.load(path)
        overwrite(path, LOG_OFFSET, b"\xff" * (62 << 20))
        self.check_untouched(path, ["log is damaged", "op "])

    def test_in_use(self):
        path = self.format()
        server = self.start("--addresses=0", "--development", path)
        server.read_port()
        self.check_untouched(path, [f"process {server.process.pid}"])
        self.assertEqual(server.close_stdin(), 0)

    def test_larger_than_the_limit(self):
        path = self.format()
        os.truncate(path, 1200 << 20)
        self.check_untouched(
            path, [str(1200 << 20), str(1114624 << 10)], f"--limit-storage={LIMIT_STORAGE_MIN}",
            status=EXIT_FILE_ABOVE_LIMIT,
        )

    def test_another_replica_count(self):
        self.check_untouched(self.format(replica_count=3), ["3"])

    def test_format_tells_what_is_there(self):
        path = self.path("F")
        self.assertEqual(self.run_elytra(*FORMAT, path).returncode, 0)
        for in_use in (False, True):
            if in_use:
                self.start("--addresses=0", "--development", path).read_port()
            done = self.run_elytra(*FORMAT, path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            for text in (path, str(os.path.getsize(path)), "cluster 7", "replica 0"):
                self.assertIn(text, done.stderr)
            self.assertIn("and in use" if in_use else "and not in use", done.stderr)
        text = self.folder / "text"
        text.write_text("precious")
        done = self.run_elytra(*FORMAT, str(text))
        self.assertEqual(done.returncode, 1)
        self.assertIn("not a data file", done.stderr)
        self.assertEqual(text.read_text(), "precious")


@unittest.skipUnless(os.getuid() == 0, "SKIPPED: only root can become somebody without rights")
class WithoutRights(harness.ProcessTest):
    def run_as_nobody(self, *arguments):
        return self.run_elytra(*arguments, cwd="/", preexec_fn=become_nobody)

    def test_a_file_that_may_not_be_read(self):
        path = self.format()
        os.chmod(self.folder, 0o755)
        done = self.run_as_nobody("start", "--addresses=0", "--development", path)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"{re.escape(path)}.*Permission denied; check the owner")

    def test_a_folder_that_may_not_be_written(self):
        os.chmod(self.folder, 0o755)
        done = self.run_as_nobody(*FORMAT, self.path("f"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(self.path("f"), done.stderr)
        self.assertIn("Permission denied", done.stderr)
        done = self.run_as_nobody("benchmark", f"--file={self.path('f')}")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_port_that_only_root_may_take(self):
        first = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
        if first <= 80:
            self.skipTest("SKIPPED: port 80 is free for everybody here")
        path = self.format()
        os.chmod(self.folder, 0o755)
        os.chown(path, NOBODY, NOBODY)
        done = self.run_as_nobody("start", "--addresses=80", "--development", path)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("127.0.0.1:80: Permission denied; choose a port of 1024", done.stderr)


class FewResources(harness.ProcessTest):
    def test_a_limit_on_memory_is_an_error_of_one_line(self):
        path = self.format()
        before = digest(path)
        for limit in (32 << 20, 300 << 20):
            done = self.run_elytra(
                "start", "--addresses=0", "--development", path,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
            )
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("ulimit -v", done.stderr)
            self.assertIn(str(limit), done.stderr)
            self.assertNotIn("terminate", done.stderr)
        self.assertEqual(digest(path), before)


class Accepted(harness.ProcessTest):
    """What the reference refuses or mistakes, and Elytra serves."""

    def test_cluster_zero_warns_unless_in_development(self):
        flags = ["format", "--cluster=0", "--replica=0", "--replica-count=1"]
        loud = self.run_elytra(*flags, self.path("loud"))
        if "direct I/O" in loud.stderr and loud.returncode == 1:
            self.skipTest("SKIPPED: no direct I/O in the temporary directory")
        self.assertEqual((loud.returncode, loud.stderr.count("warning: ")), (0, 2), loud.stderr)
        quiet = self.run_elytra(*flags, "--development", self.path("quiet"))
        self.assertEqual(quiet.returncode, 0)
        self.assertNotIn("cluster id 0", quiet.stderr)

    def test_flags_that_need_no_other_flag(self):
        path = self.format()
        for flags in (["--cache-accounts=1GiB"], ["--log-trace"], ["--cache-grid=32MiB"],
                      ["--memory-lsm-compaction=100GiB"]):
            server = self.start("--addresses=0", "--development", *flags, path)
            self.assertTrue(harness.can_connect(server.read_port()), flags)
            self.assertEqual(server.close_stdin(), 0)

    def test_more_addresses_than_replicas_are_warned_of_once(self):
        server = self.start(
            "--addresses=127.0.0.1:0,127.0.0.1:1", "--development", self.format(),
            stdin=subprocess.DEVNULL,
        )
        server.log.wait_for("2 addresses for a cluster of 1")
        server.log.wait_for("listening on")
        server.process.terminate()
        server.wait()
        server.log.close()
        self.assertEqual(server.log.text().count("standbys"), 1)

    def test_more_clients_than_the_reference_takes(self):
        done = self.run_elytra(
            "benchmark", "--clients=64", "--account-count=100", "--transfer-count=20_000",
            "--transfer-batch-count=100", cwd=self.folder,
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_second_sequential_benchmark_says_that_the_cluster_is_not_empty(self):
        server = self.start("--addresses=0", self.format())
        flags = [f"--addresses={server.read_port()}", "--account-count=100",
                 "--transfer-count=10_000", "--id-order=sequential", "--validate"]
        first = self.run_elytra("benchmark", *flags, cwd=self.folder)
        self.assertEqual(first.returncode, 0, first.stderr)
        second = self.run_elytra("benchmark", *flags, cwd=self.folder)
        self.assertEqual(second.returncode, 1, second.stdout + second.stderr)
        self.assertIn("exists", second.stderr)
        self.assertEqual(server.close_stdin(), 0)


if __name__ == "__main__":
    unittest.main()
