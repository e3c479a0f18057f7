"""Numbers of `elytractl bench` that one can believe: what a server or the generator does wrong
shows where it has to.

What is compared are orders of magnitude, shares that follow from the arithmetic of a load, and
which verdict there is; nothing here depends on how fast the machine is.
"""

import unittest

from bench_runs import (
    ELYTRACTL, FAKE, INCONCLUSIVE, INVALID, NO_WARM_UP, OK, REGRESSION, SHORT, WRONG, BenchTest,
)

STALL = "stall=2s/10s"
STALL_US = 2_000_000
# Long enough for one stall, which comes 8 s after the start.
AROUND_A_STALL = [*NO_WARM_UP, "--duration=10s", "--accounts=100"]


def stalled_intervals(measurement):
    """The longest row of intervals in which nothing was answered, in milliseconds."""
    series = measurement["series"]
    length, phase, accepted = (
        series["columns"].index(name) for name in ("length_ms", "phase", "accepted")
    )
    longest = current = 0
    for row in series["rows"]:
        idle = row[phase] == "measurement" and row[accepted] == 0
        current = current + row[length] if idle else 0
        longest = max(longest, current)
    return longest


class Stalls(BenchTest):
    def measure(self, *arguments):
        self.run_elytractl("bench", *AROUND_A_STALL, f"--binary={FAKE}", *arguments, fault=STALL,
                           status=(OK, INVALID))
        return self.result()["measurements"][0]

    def test_an_open_loop_counts_everybody_who_had_to_wait(self):
        # A fifth of all events arrives while the server stalls and waits for 1 s on average.
        measurement = self.measure("--rate=5k/s", "--process=constant", "--linger=2ms")
        event = measurement["latency"]["event"]
        self.assertGreater(event["max"], 0.9 * STALL_US)
        self.assertGreater(event["quantiles"]["p99"], 0.7 * STALL_US)
        self.assertGreater(event["quantiles"]["p90"], 0.3 * STALL_US)
        self.assertLess(event["quantiles"]["p50"], 0.5 * STALL_US)
        self.assertGreater(measurement["rates"]["late_fraction"], 0.1)
        # All that was offered is in the histogram, and offered at the rate that was asked for.
        self.assertEqual(event["count"], measurement["counts"]["offered"])
        self.assertAlmostEqual(measurement["rates"]["offered"], 5000, delta=100)
        self.assertGreater(stalled_intervals(measurement), 1000)

    def test_a_closed_loop_hides_it_from_all_but_one_request(self):
        measurement = self.measure("--batch-max=100")
        batch = measurement["latency"]["batch"]
        self.assertGreater(batch["max"], 0.9 * STALL_US)
        self.assertLess(batch["quantiles"]["p99"], 0.2 * STALL_US)
        self.assertGreater(stalled_intervals(measurement), 1000)


class Generator(BenchTest):
    def test_more_than_twice_what_its_sessions_can_carry_is_invalid(self):
        # The probe finds what one session carries, small requests one after another. Four times as
        # much is offered: the generator reaches less than half of the rate it was asked for, also
        # where something else slowed the probe down.
        done = self.run_elytractl(
            "bench", *SHORT, f"--binary={FAKE}", "--clients=1", "--batch-max=10", "--rate=auto",
            "--set", '/load/arrival/steps=["400%"]', "--set", "/measure/duration=1s",
            status=INVALID,
        )
        result = self.result()
        self.assertEqual(result["verdict"]["word"], "INVALID")
        self.assertIn("rate_not_reached", self.reasons(result))
        probe, measurement = result["measurements"]
        self.assertEqual(probe["role"], "probe")
        asked = 4 * probe["metrics"]["throughput"]
        self.assertAlmostEqual(measurement["rate"], asked, delta=1)
        self.assertLess(measurement["rates"]["accepted"], 0.99 * measurement["rates"]["offered"])
        self.assertAlmostEqual(measurement["rates"]["offered"], asked, delta=0.05 * asked)
        self.assertIn("INVALID", done.stdout)

    def test_what_the_backlog_cannot_hold_is_dropped_and_counted(self):
        _, result = self.bench("--rate=1M/s", "--clients=1", "--batch-max=1", "--set",
                               "/load/backlog_max=100", status=INVALID)
        measurement = result["measurements"][0]
        counts = measurement["counts"]
        self.assertIn("events_dropped", self.reasons(result))
        self.assertGreater(counts["dropped"], 0)
        self.assertEqual(counts["offered"], counts["sent"] + counts["dropped"])
        self.assertEqual(measurement["latency"]["event"]["count"], counts["offered"])


    def test_the_floor_of_the_null_server_counts_for_the_same_load_only(self):
        small = ["--clients=1", "--batch-max=1"]
        self.run_elytractl("bench", "null", *SHORT, *small, status=(OK, INVALID))
        self.run_elytractl("bench", "null", *SHORT, "--rate=1k/s", status=(OK, INVALID))
        _, large = self.bench()  # many times what batches of one can carry
        self.assertNotIn("generator_near_ceiling", self.reasons(large))
        # The null server itself, taken for a server: as fast as the generator can be.
        null = self.folder / "null"
        null.write_text(f'#!/bin/sh\nexec {ELYTRACTL} null-server "$@"\n')
        null.chmod(0o755)
        _, same = self.bench(*small, "--no-audit", binary="./null", status=INVALID)
        self.assertIn("generator_near_ceiling", self.reasons(same))


class Auditor(BenchTest):
    def test_servers_with_wrong_books_are_caught(self):
        for fault in ("wrong-code=1000", "lose=1000", "double=1000"):
            for loop in (["--batch-max=1000"], ["--rate=20k/s", "--batch-max=1000"]):
                with self.subTest(fault=fault, loop=loop):
                    done, result = self.bench(*loop, fault=fault, status=WRONG)
                    self.assertEqual(result["verdict"]["word"], "INVALID")
                    self.assertIn("wrong_answers", self.reasons(result))
                    findings = result["measurements"][0]["audit"]["findings"]
                    named = "exists instead of created" if "wrong" in fault else "balances"
                    self.assertIn(named, findings[0])
                    self.assertIn("wrong answer", self.why())
                    self.assertIn("INVALID", done.stdout)

    def test_without_the_audit_nothing_is_checked_and_that_is_said(self):
        _, result = self.bench("--no-audit", fault="lose=1000")
        self.assertFalse(result["measurements"][0]["audit"]["enabled"])

    def test_a_wrong_answer_ends_the_run(self):
        _, result = self.bench("--repeat=5", fault="lose=100", status=WRONG)
        self.assertEqual(len(result["measurements"]), 1)
        self.assertEqual(result["run"]["state"], "incomplete")


class Comparison(BenchTest):
    def compare(self, b, *arguments, status):
        a = self.server_with("", "a")
        self.run_elytractl("bench", "compare", "-q", f"--a={a}", f"--b={b}", *SHORT, "--no-audit",
                           *arguments, status=status)
        result = self.result()
        self.assertEqual([one["name"] for one in result["subjects"]], ["a", "b"])
        return result

    def test_a_server_that_is_ten_times_slower_is_called_worse(self):
        b = self.server_with("slow=900%", "b")
        # Six pairs of one direction are the fewest that can decide at 5 %.
        result = self.compare(b, "--pairs=6", status=REGRESSION)
        comparison = result["comparison"]
        self.assertEqual(comparison["pairs"], 6)
        self.assertEqual(sorted(map(tuple, comparison["blocks"])),
                         [("a", "b")] * 3 + [("b", "a")] * 3)
        throughput = comparison["metrics"]["throughput"]
        self.assertEqual(throughput["verdict"], "worse")
        self.assertLess(throughput["high"], 1)
        self.assertLess(throughput["ratio"], 0.5)
        self.assertIn("B is worse", throughput["sentence"])
        self.assertEqual({one["role"] for one in result["measurements"]},
                         {"measurement", "noise"})
        self.check_folder("a", "b")

    def test_two_configurations_of_one_server_are_told_apart(self):
        # A thousandth is beyond the noise of whatever else the machine does.
        result = self.compare(self.server_with("", "b"), "--pairs=6",
                              "--a-set=/load/batch_max=8189", "--b-set=/load/batch_max=1",
                              "--b-set=/load/arrival/think=1ms", status=REGRESSION)
        self.assertEqual([one["settings"] for one in result["subjects"]],
                         [["/load/batch_max=8189"],
                          ["/load/batch_max=1", "/load/arrival/think=1ms"]])
        self.assertEqual(result["comparison"]["metrics"]["throughput"]["verdict"], "worse")
        self.assertIn("b: Elytra", (self.run_folder() / "report.txt").read_text())

    def test_too_few_pairs_never_find_a_difference(self):
        # The smallest p-value of four pairs is 0.125, however they come out; on a machine that does
        # something else besides they are invalid.
        result = self.compare(self.server_with("", "b"), "--pairs=4",
                              status=(OK, INCONCLUSIVE, INVALID))
        for metric, effect in result["comparison"]["metrics"].items():
            with self.subTest(metric):
                self.assertNotIn(effect["verdict"], ("worse", "better"))
                self.assertGreater(effect["p_value"], 0.05)
        self.assertGreaterEqual(result["comparison"]["noise_floor"], 0)


if __name__ == "__main__":
    unittest.main()
