"""The official clients against the server, each test with a fresh one (README.md)."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

import harness  # noqa: E402  the harness of the process-level tests

INSTALLED = harness.ROOT / "build" / "interop"
INSTALL_SECONDS_MAX = 120
# One more attempt, soon: a registry that is out of reach shall not hold up the other tests.
NPM_IMPATIENT = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
CLIENT_SECONDS_MAX = 180
# Nobody answers, or somebody in between whom this machine does not trust.
UNREACHABLE = re.compile(
    r"ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EAI_AGAIN|E50[0-9]|NewConnectionError|ReadTimeout"
    r"|SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERTIFICATE_VERIFY_FAILED"
)


def install_node_client(release):
    """The module path of a release of the Node client; skips the test without its registry."""
    folder = INSTALLED / f"node-{release}"
    module = folder / "node_modules" / "tigerbeetle-node"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}\n")
    if not module.exists():
        package = f"tigerbeetle-node@{release}"
        install(["npm", "install", "--no-audit", "--no-fund", *NPM_IMPATIENT, package], folder)
    return module


def install_python_client(release):
    """The folder to put on PYTHONPATH; skips the test without its registry."""
    folder = INSTALLED / f"python-{release}"
    if not (folder / "tigerbeetle").exists():
        folder.mkdir(parents=True, exist_ok=True)
        package = f"tigerbeetle=={release}"
        install([sys.executable, "-m", "pip", "install", "--retries=1", "--no-deps", "-t", ".",
                 package], folder)
    return folder


def install(command, folder):
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise unittest.SkipTest(f"SKIPPED: no answer of the registry: {expired}") from expired
    if done.returncode != 0:
        if UNREACHABLE.search(done.stderr):
            raise unittest.SkipTest(f"SKIPPED: the registry is out of reach: {done.stderr}")
        raise AssertionError(done.stderr)


class OfficialClient(harness.ProcessTest):
    def run_client(self, command, environment):
        """Runs a client against a fresh server; returns everything it printed."""
        path = self.format()
        server = harness.Server(["--addresses=0", path])
        self.servers.append(server)
        port = server.read_port()
        done = subprocess.run(
            command,
            env={**os.environ, "TB_ADDRESS": str(port), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=CLIENT_SECONDS_MAX,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(server.close_stdin(), 0)
        return done.stdout

    def run_node(self, script, module):
        return self.run_client(["node", script], {"TB_CLIENT": str(module)})

    def test_the_newest_python_client_gets_right_answers(self):
        environment = {"PYTHONPATH": str(install_python_client("0.17.9"))}
        script = HERE / "python" / "smoke.py"
        self.assertIn("OK", self.run_client([sys.executable, "-B", script], environment))

    def test_the_newest_node_client_gets_right_answers(self):
        output = self.run_node(HERE / "node" / "smoke.js", install_node_client("0.17.9"))
        self.assertIn("9 passed, 0 failed", output)

    def test_an_older_node_client_gets_right_answers(self):
        output = self.run_node(HERE / "node" / "smoke_sparse.js", install_node_client("0.16.40"))
        self.assertIn("1 passed, 0 failed", output)

    def test_the_own_suite_of_the_node_client_passes(self):
        module = install_node_client("0.17.9")
        output = self.run_node(module / "dist" / "test.js", module)
        self.assertNotIn("FAILED", output)
        self.assertEqual(output.count(": PASSED"), 27, output)


if __name__ == "__main__":
    unittest.main()
