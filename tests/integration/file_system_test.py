"""File systems without room, without writing and without direct I/O, for real.

Needs the right to mount, in a mount namespace of its own; is skipped where that is refused.
"""

import re
import subprocess
import unittest

import bench_runs
import harness

EXIT_NO_SPACE = 2
DATA_FILE_MIB = 65  # an empty one, rounded up
FILL_SECONDS_MAX = 300

# Mounts with options $1 a file system of type $2, the device $3, on $4; runs the rest of the line;
# shows what is in there at the end.
MOUNTED = """
mount -o "$1" -t "$2" "$3" "$4" || exit 125
folder=$4
shift 4
"$@"
status=$?
ls -A "$folder" >&3
exit $status
"""


class FileSystems(harness.ProcessTest):
    def make_disk(self, mebibytes):
        """A file system in a file, and where to mount it."""
        image = self.path("image")
        with open(image, "wb") as file:
            file.truncate(mebibytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
        (self.folder / "disk").mkdir()
        return "ext4", image, self.path("disk")

    def make_disk_of_type(self, kind):
        (self.folder / "disk").mkdir()
        return kind, "none", self.path("disk")

    def run_mounted(self, disk, *command, options="rw", seconds=harness.COMMAND_SECONDS_MAX):
        """Runs a command while the disk is mounted; returns it and what it left on the disk."""
        listing = self.folder / "listing"
        with listing.open("wb") as output:
            done = subprocess.run(
                ["unshare", "--mount", "sh", "-c", f"exec 3>&{output.fileno()}; {MOUNTED}", "-",
                 options, *disk, *command],
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
        disk = self.make_disk(DATA_FILE_MIB // 2)
        path = f"{disk[2]}/0_0.elytra"
        done, left = self.run_mounted(
            disk,
            harness.ELYTRA, "format", "--cluster=0", "--replica=0", "--replica-count=1", path,
        )
        self.assertEqual((done.returncode, done.stdout), (EXIT_NO_SPACE, ""), done.stderr)
        self.assertEqual(done.stderr.count("error: "), 1)
        self.assertRegex(done.stderr, rf"{re.escape(path)}.*needs \d+ bytes, \d+ are free")
        self.assertEqual(left, [])

    def test_the_benchmark_quotes_the_failed_format_and_leaves_nothing(self):
        disk = self.make_disk(DATA_FILE_MIB // 2)
        done, left = self.run_mounted(disk, harness.ELYTRA, "benchmark", f"--file={disk[2]}/F")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("bytes, ", done.stderr)
        self.assertEqual(left, [])

    def test_a_server_on_a_full_disk_ends_and_loses_nothing(self):
        disk = self.make_disk(DATA_FILE_MIB + 45)
        done, left = self.run_mounted(
            disk,
            harness.KILL_LOOP, f"--server={harness.ELYTRA}", f"--fill={disk[2]}",
            seconds=FILL_SECONDS_MAX,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 passed, 0 failed", done.stdout)
        self.assertEqual(left, [])

    def bench_on(self, disk, kibibytes_free, status):
        """A run whose records are on a disk with so much room and whose data are elsewhere."""
        fill = f"dd if=/dev/zero of={disk[2]}/fill bs=1k count={1024 - kibibytes_free} 2>&1"
        command = " ".join([
            f"{fill} && {harness.ELYTRACTL} bench -q --binary={bench_runs.FAKE}",
            f"--runs={disk[2]}/runs --duration=300ms --interval=50ms --accounts=100",
            "--set '/measure/warmup={\"until\": \"time\", \"min\": \"0s\", \"ramp\": \"0s\"}';",
            f"status=$?; {harness.ELYTRACTL} why last --runs={disk[2]}/runs >&2; exit $status",
        ])
        done, _ = self.run_mounted(disk, "sh", "-c", command, options="size=1m")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual({one.name for one in self.folder.iterdir()}, {"disk", "listing"})
        return done

    def test_a_full_disk_for_the_records_costs_what_was_not_recorded_and_nothing_else(self):
        disk = self.make_disk_of_type("tmpfs")
        self.bench_on(disk, 4, status=3)  # not even a lock
        self.bench_on(disk, 12, status=3)  # no list of what is owned
        done = self.bench_on(disk, 140, status=1)  # no reports
        self.assertIn("transfers/s", done.stdout)
        self.assertIn("ended USABLE", done.stderr)

    def format_on(self, disk, *flags, options="rw"):
        path = f"{disk[2]}/f"
        done, left = self.run_mounted(
            disk, harness.ELYTRA, "format", "--replica=0", "--replica-count=1", *flags, path,
            options=options,
        )
        self.assertEqual(done.stdout, "")
        if done.returncode != 0:
            self.assertIn(path, done.stderr)
            self.assertEqual(left, [])
        return done

    def test_format_on_a_read_only_file_system(self):
        kind, image, folder = self.make_disk(8)
        done = self.format_on((kind, image, folder), "--development", options="ro")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("Read-only file system", done.stderr)

    def test_format_without_direct_io_names_the_file_system_and_the_flag(self):
        disk = self.make_disk_of_type("ramfs")
        refused = self.format_on(disk)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("does not support direct I/O", refused.stderr)
        self.assertIn("--development", refused.stderr)
        accepted = self.format_on(disk, "--development")
        self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.assertIn("without direct I/O", accepted.stderr)


if __name__ == "__main__":
    unittest.main()
