"""Bad command lines: each is refused with status 1, one line that names the culprit, an empty
stdout and no file left behind."""

import os
import pathlib
import resource
import socket
import subprocess
import unittest

import harness

FORMAT = ["format", "--cluster=0", "--replica=0", "--replica-count=1"]
START = ["start", "--addresses=3000"]
U128_MAX_PLUS_1 = str(2**128)

# Arguments, and what the one line on stderr must name. FILE stands for a path that does not exist.
FILE = object()
SYNTAX = [
    ([], ["--help", "format", "start", "version"]),
    (["foo"], ["foo", "format"]),
    (["fromat"], ["fromat", "did you mean format"]),
    (["--foo"], ["--foo"]),
    (["format"], ["--replica", "--replica-count", "<path>"]),
    (["format", "--cluster=0", "--replica-count=1", FILE], ["--replica"]),
    (FORMAT, ["<path>", "data file to create"]),
    ([*FORMAT, "a", "b"], ["a, b"]),
    ([*FORMAT, "-x"], ["-x", "./-x"]),
    ([*FORMAT, ""], ["<path>", "empty"]),
    (["format", "--cluster", "0", *FORMAT[2:], FILE], ["--cluster=0"]),
    (["format", "--cluster=", *FORMAT[2:], FILE], ["--cluster", "value"]),
    ([*FORMAT, "--cluster=1", FILE], ["--cluster", "'0'", "'1'"]),
    (["format", *FORMAT[2:], FILE, "--cluster=0"], ["--cluster", "before"]),
    ([*FORMAT, "--clusters=0", FILE], ["--clusters", "did you mean --cluster"]),
    ([*FORMAT, "--foo=1", FILE], ["--foo", "--cluster", "--replica", "--development"]),
    (["format", "--cluster=abc", *FORMAT[2:], FILE], ["--cluster (abc)", "2^128-1"]),
    (["format", "--cluster=-1", *FORMAT[2:], FILE], ["--cluster (-1)", "2^128-1"]),
    (["format", "--cluster=0x10", *FORMAT[2:], FILE], ["--cluster (0x10)", "decimal"]),
    (["format", "--cluster=007", *FORMAT[2:], FILE], ["--cluster (007)", "decimal"]),
    (["format", f"--cluster={U128_MAX_PLUS_1}", *FORMAT[2:], FILE], ["--cluster", "2^128-1"]),
    (["format", "--replica=256", "--replica-count=1", FILE], ["--replica (256)", "from 0 to 5"]),
    ([*FORMAT, "--development=maybe", FILE], ["--development (maybe)", "true or false"]),
    (["version", "foo"], ["foo"]),
    (["version", "--foo"], ["--foo", "--verbose"]),
    # format
    (["format", "--replica=0", "--replica-count=0", FILE], ["--replica-count (0)", "from 1 to 6"]),
    (["format", "--replica=0", "--replica-count=7", FILE], ["--replica-count (7)", "from 1 to 6"]),
    (["format", "--replica=1", "--replica-count=1", FILE], ["--replica (1)", "--standby"]),
    (["format", "--standby=0", "--replica-count=1", FILE], ["--standby (0)", "from 1 to 6"]),
    (["format", "--standby=7", "--replica-count=1", FILE], ["--standby (7)", "from 1 to 6"]),
    ([*FORMAT, "--standby=3", FILE], ["--standby (3)", "--replica"]),
    # start
    (["start"], ["--addresses", "<path>"]),
    ([*START, "--cache-grid=1GB", FILE], ["--cache-grid (1GB)", "1GiB"]),
    ([*START, "--cache-grid=1.5GiB", FILE], ["--cache-grid (1.5GiB)", "whole numbers"]),
    ([*START, "--cache-grid=-1GiB", FILE], ["--cache-grid (-1GiB)", "size"]),
    ([*START, "--cache-grid=99999999TiB", FILE], ["--cache-grid (99999999TiB)", "16 EiB"]),
    ([*START, "--cache-grid=16MiB", FILE], ["--cache-grid (16MiB)", "32MiB"]),
    ([*START, "--commit-stall-probability=2/1", FILE], ["--commit-stall-probability (2/1)", "1"]),
    ([*START, "--limit-storage=1GiB", FILE], ["--limit-storage (1GiB)", "1114624KiB"]),
    ([*START, "--limit-storage=65TiB", FILE], ["--limit-storage (65TiB)", "64TiB"]),
    ([*START, "--limit-storage=1141374977", FILE], ["--limit-storage", "4KiB", "1141379072"]),
    ([*START, "--limit-pipeline-requests=58", FILE], ["--limit-pipeline-requests (58)", "57"]),
    ([*START, "--limit-request=1KiB", FILE], ["--limit-request (1KiB)", "4KiB"]),
    ([*START, "--limit-request=2MiB", FILE], ["--limit-request (2MiB)", "1MiB"]),
    ([*START, "--memory-lsm-manifest=1", FILE], ["--memory-lsm-manifest (1)", "1MiB"]),
    ([*START, "--memory-lsm-manifest=4GiB", FILE], ["--memory-lsm-manifest (4GiB)", "4095MiB"]),
    ([*START, "--memory-lsm-compaction=1MiB", FILE], ["--memory-lsm-compaction", "10752KiB"]),
    ([*START, "--memory-lsm-compaction=20000000", FILE], ["--memory-lsm-compaction", "512KiB"]),
    ([*START, "--cache-accounts=1TiB", FILE], ["--cache-accounts (1TiB)", "at most"]),
    ([*START, "--timeout-prepare-ms=0", FILE], ["--timeout-prepare-ms (0)", "10"]),
    ([*START, "--timeout-prepare-ms=15", FILE], ["--timeout-prepare-ms (15)", "multiple of 10"]),
    ([*START, "--statsd=localhost", FILE], ["--statsd (localhost)", "address"]),
    ([*START, "--aof-file=x.log", FILE], ["--aof-file (x.log)", ".aof"]),
    ([*START, "--aof", "--aof-file=x.aof", FILE], ["--aof", "--aof-file"]),
    ([*START, "--aof-file=nodir/x.aof", FILE], ["--aof-file (nodir/x.aof)", "directory nodir"]),
    ([*START, "--trace=nodir/T", FILE], ["--trace (nodir/T)", "directory nodir"]),
    ([*START, "--trace=.", FILE], ["--trace (.)", "exists already"]),
    # benchmark: all of it is known before a file or a process is created
    (["benchmark", "extra"], ["extra"]),
    (["benchmark", "--account-count=1"], ["--account-count (1)"]),
    (["benchmark", "--account-count-hot=10_001"], ["--account-count-hot (10001)"]),
    (["benchmark", "--account-distribution=normal"], ["normal", "uniform", "zipfian", "latest"]),
    (["benchmark", "--id-order=foo"], ["foo", "tbid", "sequential", "random", "reversed"]),
    (["benchmark", "--clients=0"], ["--clients (0)", "64"]),
    (["benchmark", "--validate"], ["--validate", "--id-order"]),
    (["benchmark", "--validate", "--id-order=random", "--clients=2"], ["--validate", "--clients"]),
    (["benchmark", "--transfer-hot-percent=101"], ["--transfer-hot-percent (101)", "100"]),
    (["benchmark", "--transfer-batch-count=9000"], ["--transfer-batch-count (9000)", "8189"]),
    (["benchmark", "--transfer-batch-count=8190"], ["--transfer-batch-count (8190)", "8189"]),
    (["benchmark", "--transfer-batch-count=0"], ["--transfer-batch-count (0)", "8189"]),
    (["benchmark", "--transfer-batch-delay=1"], ["--transfer-batch-delay (1)", "500ms"]),
    (["benchmark", "--transfer-batch-delay=s"], ["--transfer-batch-delay (s)", "500ms"]),
    (["benchmark", "--transfer-batch-delay=1x"], ["--transfer-batch-delay (1x)", "ms"]),
    (["benchmark", "--transfer-batch-delay=99999d"], ["--transfer-batch-delay", "1000d"]),
    (["benchmark", "--seed=xyz"], ["--seed (xyz)"]),
    (["benchmark", "--addresses=0"], ["--addresses (0)"]),
    (["benchmark", "--addresses=3000", "--file=x"], ["--file", "--addresses"]),
    (["benchmark", "--addresses=3000", "--cache-grid=1GiB"], ["--cache-grid", "already running"]),
    (["benchmark", "--addresses=3000", "--statsd=127.0.0.1"], ["--statsd", "already running"]),
    (["benchmark", "--addresses=3000", "--log-debug-replica"], ["--log-debug-replica"]),
    (["benchmark", "--addresses=3000", "--cache-accounts=1MiB"], ["--cache-accounts"]),
    (["benchmark", "--addresses=3000", "--trace=x"], ["--trace", "already running"]),
]

# Faulty lists of addresses, and what the line must quote besides the list.
ADDRESSES = [
    ("", ["value"]),
    ("3000,", ["entry 2"]),
    (",", ["entry 1"]),
    (",3000", ["entry 1"]),
    ("3000,,3001", ["entry 2"]),
    ("localhost", ["localhost"]),
    ("65536", ["65535"]),
    ("-1", ["65535"]),
    ("0x10", ["65535"]),
    ("007", ["65535"]),
    ("4_321", ["65535"]),
    ("127.0.0.1:", ["port"]),
    (":", []),
    (" 3000", []),
    ("localhost:3000", ["localhost"]),
    ("1.2.3", ["1.2.3"]),
    ("256.1.1.1", ["256.1.1.1"]),
    ("[127.0.0.1]:1", ["127.0.0.1"]),
    ("::1:3000", ["[::1]:3000"]),
    ("[::1]3000", ["[::1]:3000"]),
    ("tcp://127.0.0.1", []),
    ("[fe80::1%eth0]", ["zone"]),
    ("::1", ["[::1]"]),
    ("[::1", ["bracket"]),
    (",".join(["3000"] * 13), ["12"]),
]


class BadCommandLine(harness.ProcessTest):
    def check_refused(self, arguments, named):
        """Status 1, empty stdout, one line that names everything expected, nothing created."""
        before = sorted(self.folder.rglob("*"))
        done = self.run_elytra(*arguments, cwd=self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("error: "), done.stderr)
        for text in named:
            self.assertIn(text, done.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_a_mistake_in_the_syntax_or_in_a_range_is_named(self):
        for arguments, named in SYNTAX:
            arguments = [self.path("f") if word is FILE else word for word in arguments]
            with self.subTest(arguments=arguments):
                self.check_refused(arguments, named)

    def test_a_faulty_address_is_named(self):
        for addresses, named in ADDRESSES:
            with self.subTest(addresses=addresses):
                self.check_refused(
                    ["start", f"--addresses={addresses}", self.path("f")],
                    ["--addresses", *named],
                )

    def test_a_full_device_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [harness.ELYTRA, "version"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)


class Help(harness.ProcessTest):
    def test_help_goes_to_stdout(self):
        for arguments in (["--help"], ["-h"]):
            done = self.run_elytra(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for command in ("format", "start", "version", "benchmark"):
                self.assertIn(command, done.stdout)

    def test_every_command_explains_itself(self):
        for command in ("format", "start", "version", "benchmark"):
            for word in ("--help", "-h"):
                done = self.run_elytra(command, word)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"Usage: elytra {command}", done.stdout)


class Version(harness.ProcessTest):
    def test_the_first_line_has_the_release_that_clients_speak(self):
        for arguments in (["version"], ["--version"], ["-v"], ["version", "--verbose"]):
            done = self.run_elytra(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(
                done.stdout.splitlines()[0],
                r"^Elytra version \S+ \(compatible with TigerBeetle version "
                r"0\.17\.9\+[0-9a-f]{7}\)$",
            )

    def test_the_verbose_version_has_keys_and_values(self):
        done = self.run_elytra("version", "--verbose")
        self.assertIn("\nprocess.backoff_max=", done.stdout)
        for line in filter(None, done.stdout.splitlines()[1:]):
            self.assertRegex(line, r"^[a-z]+\.[a-z_]+=.+$")


class BadEnvironment(harness.ProcessTest):
    """What only the attempt shows: files, devices, ports. Messages name the path or the address."""

    def check_fails(self, arguments, named, **options):
        before = {path: path.lstat().st_size for path in self.folder.rglob("*")}
        done = self.run_elytra(*arguments, **options)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout, "")
        for text in named:
            self.assertIn(text, done.stderr)
        for noise in ("assert", "terminate called", "Sanitizer"):
            self.assertNotIn(noise, done.stderr)
        self.assertEqual({path: path.lstat().st_size for path in self.folder.rglob("*")}, before)

    def check_format_fails(self, path, **options):
        self.check_fails([*FORMAT, "--development", path], [path], **options)

    def check_start_fails(self, path, *named, addresses="0"):
        self.check_fails(
            ["start", f"--addresses={addresses}", "--development", path], [path, *named]
        )

    def test_format_never_replaces_what_exists(self):
        path = self.format()
        content = pathlib.Path(path).read_bytes()[:4096]
        self.check_format_fails(path)
        self.assertEqual(pathlib.Path(path).read_bytes()[:4096], content)

        link = self.path("link")
        os.symlink(path, link)
        self.check_format_fails(link)
        os.symlink(self.path("nothing"), self.path("dangling"))
        self.check_format_fails(self.path("dangling"))
        os.mkdir(self.path("folder"))
        self.check_format_fails(self.path("folder"))

    def test_format_leaves_the_file_of_a_running_server_alone(self):
        path = self.format()
        server = self.start("--addresses=0", "--development", path)
        server.read_port()
        self.check_fails([*FORMAT, "--development", path], [path])
        self.assertEqual(server.close_stdin(), 0)

    def test_format_names_a_folder_that_is_missing_or_takes_no_files(self):
        self.check_format_fails(self.path("missing/f"))
        self.check_format_fails("/sys/elytra-test")

    def test_format_leaves_nothing_where_files_may_not_grow(self):
        limit = 64 << 10
        self.check_format_fails(
            self.path("f"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )

    def test_start_names_a_data_file_that_is_missing_or_none(self):
        self.check_start_fails(self.path("missing"), "format")
        os.mkdir(self.path("folder"))
        self.check_start_fails(self.path("folder"))
        self.check_start_fails("/dev/null")

    def test_start_refuses_a_file_of_zeros_and_a_truncated_one(self):
        path = self.format()
        size = os.path.getsize(path)
        zeros = self.path("zeros")
        with open(zeros, "wb") as file:
            file.truncate(size)
        self.check_start_fails(zeros)
        os.truncate(path, 4096)
        self.check_start_fails(path)
        os.truncate(path, 0)
        self.check_start_fails(path)

    def test_start_refuses_a_data_file_in_use(self):
        path = self.format()
        server = self.start("--addresses=0", "--development", path)
        server.read_port()
        self.check_fails(["start", "--addresses=0", "--development", path], [path])
        self.assertEqual(server.close_stdin(), 0)

    def test_start_compares_the_addresses_with_the_data_file(self):
        path = self.format(replica_count=3)
        self.check_start_fails(path, "3")
        self.check_start_fails(path, "3", "2", addresses="127.0.0.1:0,127.0.0.1:0")

    def test_start_names_an_address_that_it_cannot_listen_on(self):
        path = self.format()
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            taken = f"127.0.0.1:{holder.getsockname()[1]}"
            self.check_fails(["start", f"--addresses={taken}", "--development", path], [taken])
        # An address of a network reserved for documentation.
        foreign = "192.0.2.1:3001"
        self.check_fails(["start", f"--addresses={foreign}", "--development", path], [foreign])


if __name__ == "__main__":
    unittest.main()
