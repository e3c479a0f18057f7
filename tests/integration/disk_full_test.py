"""A file system without room, for real: format leaves nothing, a server ends without damage.

Needs the right to mount, in a mount namespace of its own; is skipped where that is refused.
"""

import re
import subprocess
import unittest

import harness

EXIT_NO_SPACE = 2
DATA_FILE_MIB = 65  # an empty one, rounded up
FILL_SECONDS_MAX = 300

# Mounts the image $1 on $2 for the rest of the line, and shows what is in there at the end.
MOUNTED = """
mount -o loop "$1" "$2" || exit 125
folder=$2
shift 2
"$@"
status=$?
ls -A "$folder" >&3
exit $status
"""


class DiskFull(harness.ProcessTest):
    def make_disk(self, mebibytes):
        """A file system in a file, and where to mount it."""
        image = self.path("image")
        with open(image, "wb") as file:
            file.truncate(mebibytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
        (self.folder / "disk").mkdir()
        return image, self.path("disk")

    def run_mounted(self, disk, *command, seconds=harness.COMMAND_SECONDS_MAX):
        """Runs a command while the disk is mounted; returns it and what it left on the disk."""
        listing = self.folder / "listing"
        with listing.open("wb") as output:
            done = subprocess.run(
                ["unshare", "--mount", "sh", "-c", f"exec 3>&{output.fileno()}; {MOUNTED}", "-",
                 *disk, *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                pass_fds=[output.fileno()],
            )
        left = [name for name in listing.read_text().split() if name != "lost+found"]
        return done, left

    def setUp(self):
        super().setUp()
        probe, _ = self.run_mounted(self.make_disk(4), "true")
        (self.folder / "image").unlink()
        (self.folder / "disk").rmdir()
        if probe.returncode != 0:
            self.skipTest(f"mounting is not permitted here: {probe.stderr.strip()}")

    def test_format_names_the_space_it_needs_and_leaves_nothing(self):
        image, folder = self.make_disk(DATA_FILE_MIB // 2)
        path = f"{folder}/0_0.elytra"
        done, left = self.run_mounted(
            (image, folder),
            harness.ELYTRA, "format", "--cluster=0", "--replica=0", "--replica-count=1", path,
        )
        self.assertEqual((done.returncode, done.stdout), (EXIT_NO_SPACE, ""), done.stderr)
        self.assertEqual(done.stderr.count("error: "), 1)
        self.assertRegex(done.stderr, rf"{re.escape(path)}.*needs \d+ bytes, \d+ are free")
        self.assertEqual(left, [])

    def test_the_benchmark_quotes_the_failed_format_and_leaves_nothing(self):
        image, folder = self.make_disk(DATA_FILE_MIB // 2)
        done, left = self.run_mounted(
            (image, folder), harness.ELYTRA, "benchmark", f"--file={folder}/F"
        )
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("bytes, ", done.stderr)
        self.assertEqual(left, [])

    def test_a_server_on_a_full_disk_ends_and_loses_nothing(self):
        disk = self.make_disk(DATA_FILE_MIB + 45)
        done, left = self.run_mounted(
            disk,
            harness.KILL_LOOP, f"--server={harness.ELYTRA}", f"--fill={disk[1]}",
            seconds=FILL_SECONDS_MAX,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 passed, 0 failed", done.stdout)
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
