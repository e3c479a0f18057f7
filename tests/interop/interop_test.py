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
CLIENT_SECONDS_MAX = 180
UNREACHABLE = re.compile(r"ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EAI_AGAIN|E50[0-9]")


def install_node_client(release):
    """The module path of a release of the Node client; skips the test without its registry."""
    folder = INSTALLED / f"node-{release}"
    module = folder / "node_modules" / "tigerbeetle-node"
    if module.exists():
        return module
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}\n")
    command = ["npm", "install", "--no-audit", "--no-fund", f"tigerbeetle-node@{release}"]
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
        raise unittest.SkipTest(f"SKIPPED: no answer of the npm registry: {expired}") from expired
    if done.returncode != 0:
        if UNREACHABLE.search(done.stderr):
            raise unittest.SkipTest(f"SKIPPED: the npm registry is out of reach: {done.stderr}")
        raise AssertionError(done.stderr)
    return module


class OfficialClient(harness.ProcessTest):
    def run_node(self, script, module):
        """Runs a script of the client against a fresh server; returns everything it printed."""
        path = self.format()
        server = harness.Server(["--addresses=0", path])
        self.servers.append(server)
        port = server.read_port()
        environment = {**os.environ, "TB_ADDRESS": str(port), "TB_CLIENT": str(module)}
        done = subprocess.run(
            ["node", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CLIENT_SECONDS_MAX,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(server.close_stdin(), 0)
        return done.stdout

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
