"""Drives the programs of a build as child processes. Knows nothing of what is inside them.

The build is in the folder that ELYTRA_BUILD names, by default build/release.
"""

import ctypes
import errno
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ELYTRA_BUILD", ROOT / "build" / "release")).resolve()
ELYTRA = BUILD / "elytra"

COMMAND_SECONDS_MAX = 30
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10

ELYTRACTL = BUILD / "elytractl"
KILL_LOOP = BUILD / "tests" / "elytra_kill_loop"

# Commands are recorded, but not among those of whoever runs the tests.
STATE = tempfile.TemporaryDirectory(prefix="elytra-test-state-")
os.environ["XDG_STATE_HOME"] = STATE.name

PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
SECCOMP_RET_ALLOW = 0x7FFF0000
SECCOMP_RET_ERRNO = 0x00050000
BPF_LOAD_WORD = 0x20
BPF_JUMP_IF_EQUAL = 0x15
BPF_RETURN = 0x06
IO_URING_SETUP = 425  # on every architecture


class FilterProgram(ctypes.Structure):
    """What the kernel takes as a seccomp filter."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def free_port():
    """A port that was free a moment ago, for the few tests that must name one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def deny_io_uring():
    """Makes io_uring_setup fail in this process and its children, as containers do.

    For `preexec_fn`; nothing takes it back.
    """
    denied = SECCOMP_RET_ERRNO | errno.EPERM
    instructions = b"".join(
        struct.pack("=HBBI", *one)
        for one in [
            (BPF_LOAD_WORD, 0, 0, 0),  # the number of the system call
            (BPF_JUMP_IF_EQUAL, 0, 1, IO_URING_SETUP),
            (BPF_RETURN, 0, 0, denied),
            (BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW),
        ]
    )
    program = FilterProgram(4, instructions)
    system = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if system.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def can_connect(port):
    with socket.socket() as client:
        client.settimeout(START_SECONDS_MAX)
        return client.connect_ex(("127.0.0.1", port)) == 0


def read_to_end(stream, seconds):
    """All bytes of a pipe until its writer closes it."""
    deadline = time.monotonic() + seconds
    received = b""
    while True:
        ready, _, _ = select.select([stream], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"no end of output after {seconds} s; so far: {received!r}")
        chunk = os.read(stream.fileno(), 4096)
        if not chunk:
            return received
        received += chunk


class Log:
    """The lines of a stream as they come. Reads all the time: a full pipe blocks nobody."""

    def __init__(self, stream):
        self.stream = stream
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.stream:
            with self.changed:
                self.lines.append(line.decode(errors="replace"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def find(self, pattern):
        return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

    def wait_for(self, pattern):
        """The first match of a line, which may still have to come."""
        with self.changed:
            self.changed.wait_for(lambda: self.find(pattern) or self.ended, START_SECONDS_MAX)
            found = self.find(pattern)
        if not found:
            raise AssertionError(f"no {pattern!r} in the log:\n{self.text()}")
        return found

    def text(self):
        return "".join(self.lines)

    def close(self):
        """Requires: the writer has ended."""
        self.reader.join()
        self.stream.close()


class Server:
    """One `elytra start`, or that of another program with its command line."""

    def __init__(self, arguments, stdin=subprocess.PIPE, program=(ELYTRA,), **options):
        self.process = subprocess.Popen(
            [*program, "start", *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        self.log = Log(self.process.stderr)

    def read_port(self):
        """What the port protocol says: one line and the end of stdout."""
        output = read_to_end(self.process.stdout, START_SECONDS_MAX)
        if not re.fullmatch(rb"[1-9][0-9]{0,4}\n", output):
            raise AssertionError(f"not a port: {output!r}; log:\n{self.log.text()}")
        return int(output)

    def signal(self, number):
        """Sends a signal and returns the status with which the server ends."""
        self.process.send_signal(number)
        return self.wait()

    def close_stdin(self):
        """Asks the server to end as the port protocol does; returns its status."""
        self.process.stdin.close()
        return self.wait()

    def wait(self):
        return self.process.wait(timeout=STOP_SECONDS_MAX)

    def discard(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()


class ProcessTest(unittest.TestCase):
    """A test with a folder of its own. No child survives it; the folder does if the test fails."""

    @classmethod
    def setUpClass(cls):
        # Orphaned grandchildren become our children, so that check_children() sees them.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="elytra-test-"))
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            server.discard()
        self.check_children()
        outcome = self._outcome.result
        failed = [test for test, _ in outcome.failures + outcome.errors]
        if any(self in (test, getattr(test, "test_case", None)) for test in failed):
            for number, server in enumerate(self.servers):
                (self.folder / f"start-{number}.log").write_text(server.log.text())
            print(f"the files of {self.id()} are in {self.folder}")
        else:
            shutil.rmtree(self.folder)

    def check_children(self):
        task = f"/proc/self/task/{os.getpid()}/children"
        children = pathlib.Path(task).read_text().split()
        commands = [pathlib.Path(f"/proc/{child}/cmdline").read_text() for child in children]
        for child in children:
            os.kill(int(child), signal.SIGKILL)
            os.waitpid(int(child), 0)
        self.assertEqual(children, [], f"processes were left behind: {commands}")

    def path(self, name):
        return str(self.folder / name)

    def run_elytra(self, *arguments, **options):
        """Runs a command to its end with an empty stdin; returns status, stdout and stderr."""
        return subprocess.run(
            [ELYTRA, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
            check=False,
            **options,
        )

    def format(self, name="0_0.elytra", replica=0, replica_count=1):
        """Creates a data file and returns its path."""
        path = self.path(name)
        done = self.run_elytra(
            "format",
            "--cluster=0",
            f"--replica={replica}",
            f"--replica-count={replica_count}",
            "--development",
            path,
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return path

    def start(self, *arguments, **options):
        """Starts a server that ends with the test at the latest."""
        server = Server(arguments, **options)
        self.servers.append(server)
        return server
