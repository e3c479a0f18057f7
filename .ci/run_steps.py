"""Runs the steps of steps.toml and counts test cases.

usage: run_steps.py [PREFIX OF A STEP'S NAME...]

Prints a line per step, the end of the output of a step that failed, and what was skipped. The whole
output is in build/ci. Ends with "N passed, N failed" and status 1 if anything failed.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "ci"
TAIL_LINES = 60
END_SECONDS_MAX = 5

CTEST_RESULT = re.compile(r"^ *\d+/\d+ Test +#(\d+): .*?(Passed|\*\*\*\w+)", re.MULTILINE)
DOCTEST = re.compile(r"\[doctest\] test cases: *\d+ \| *(\d+) passed \| *(\d+) failed")
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n+(OK|FAILED)(?: \((.*)\))?", re.MULTILINE)
COUNTED = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
SKIPPED = re.compile(r"^.*\b(?:skipped ['\"]|SKIPPED).*$", re.MULTILINE)


def count_summaries(text):
    """Passed and failed of the test summaries in `text`, or None where there is none."""
    passed = failed = 0
    found = False
    for match in list(DOCTEST.finditer(text)) + list(COUNTED.finditer(text)):
        found = True
        passed += int(match[1])
        failed += int(match[2])
    for match in UNITTEST.finditer(text):
        found = True
        extra = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", match[3] or "")}
        bad = extra.get("failures", 0) + extra.get("errors", 0)
        # Failed subtests count each, so there may be more of them than tests.
        passed += max(0, int(match[1]) - bad - extra.get("skipped", 0))
        failed += bad
    return (passed, failed) if found else None


def count_ctest(text, results):
    """ctest prefixes the output of test 7 with "7: "; a test without a summary counts as one."""
    passed = failed = 0
    for index, verdict in results:
        output = "\n".join(re.findall(rf"^{index}: ?(.*)$", text, re.MULTILINE))
        inner_passed, inner_failed = count_summaries(output) or (0, 0)
        if verdict == "Passed":
            passed += inner_passed or 1
        elif verdict != "***Skipped":
            passed += inner_passed
            failed += inner_failed or 1
    return passed, failed


def count(text, status):
    results = CTEST_RESULT.findall(text)
    if results:
        passed, failed = count_ctest(text, results)
    else:
        passed, failed = count_summaries(text) or (int(status == 0), 0)
    if status != 0 and failed == 0:
        failed = 1
    return passed, failed


def run(step, log):
    """The exit status of the step; its children end with it, also when it takes too long."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", step["run"]],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(timeout=step["minutes"] * 60)
        except subprocess.TimeoutExpired:
            output.write(f"\nstopped after {step['minutes']} minutes\n".encode())
            return 124
        finally:
            end_group(process)


def end_group(process):
    """Asks first: ninja ends its compilers then, which are in groups of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=END_SECONDS_MAX)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def report(step, log, status, seconds):
    text = log.read_text(errors="replace")
    passed, failed = count(text, status)
    verdict = "ok    " if failed == 0 else "FAILED"
    print(f"{verdict} {step['name']} ({seconds:.0f} s): {passed} passed, {failed} failed", flush=True)
    for line in SKIPPED.findall(text):
        print(f"       {line.strip()}")
    if failed > 0:
        print("\n".join(text.splitlines()[-TAIL_LINES:]))
        print(f"       the whole output is in {log.relative_to(ROOT)}", flush=True)
    return passed, failed


def main():
    # A compiler's cache that is empty costs a second run of the preprocessor otherwise.
    os.environ.setdefault("CCACHE_DEPEND", "1")
    if shutil.which("mold"):
        os.environ["CXX_LD"] = "mold"  # for Meson; CMakeLists.txt finds it by itself
    steps = tomllib.loads((ROOT / ".ci" / "steps.toml").read_text())["step"]
    wanted = tuple(sys.argv[1:])
    if wanted:
        steps = [step for step in steps if step["name"].startswith(wanted)]
    if not steps:
        sys.exit(f"no step begins with {' or '.join(wanted)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    for step in steps:
        log = LOGS / (re.sub(r"\W+", "-", step["name"]) + ".log")
        begin = time.monotonic()
        status = run(step, log)
        step_passed, step_failed = report(step, log, status, time.monotonic() - begin)
        passed += step_passed
        failed += step_failed
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
