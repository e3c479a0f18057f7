#!/usr/bin/env python3
"""Are the reports what their readers need: browsers, JSON Schema, HdrHistogram's own tools?"""

import functools
import html.parser
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest
import xml.etree.ElementTree

import jsonschema

import harness

CHROMIUM = shutil.which("chromium")
HDR_JAR = pathlib.Path("/usr/share/java/hdrhistogram.jar")
HDR_MAIN = "org.HdrHistogram.HistogramLogProcessor"
EXAMPLES = harness.BUILD / "tests" / "elytra_report_examples"
ELYTRACTL = harness.BUILD / "elytractl"
SCHEMA = harness.ROOT / "configs" / "schema" / "bench-result.schema.json"
BROWSER_SECONDS_MAX = 60
PICTURE_SIZE_MIN = 20_000  # bytes; an empty page takes a tenth of it

DARK = "--blink-settings=preferredColorScheme=0"


class Page(html.parser.HTMLParser):
    """The elements of a document with their attributes, and its text."""

    def __init__(self, source):
        super().__init__()
        self.elements = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def count(self, tag, **wanted):
        return sum(
            name == tag
            and all(value in (attributes.get(key) or "").split() for key, value in wanted.items())
            for name, attributes in self.elements
        )

    def ids(self):
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}


class Recorder(http.server.SimpleHTTPRequestHandler):
    """Serves the report and remembers what else a browser asks for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *arguments):
        pass


class ReportTest(harness.ProcessTest):
    def setUp(self):
        super().setUp()
        subprocess.run([EXAMPLES, self.folder], check=True, timeout=harness.COMMAND_SECONDS_MAX)

    def render(self, name, form, *arguments):
        return subprocess.run(
            [ELYTRACTL, "bench", "report", f"{name}.json", "--format", form, *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=harness.COMMAND_SECONDS_MAX,
        ).stdout

    def page(self, name):
        path = self.folder / f"{name}.html"
        if not path.exists():
            path.write_text(self.render(name, "html"))
        return path


class Formats(ReportTest):
    def test_results_keep_to_their_schema(self):
        validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
        for name in ("bench", "compare", "sweep", "incomplete"):
            with self.subTest(name):
                result = json.loads((self.folder / f"{name}.json").read_text())
                errors = validator.iter_errors(result)
                self.assertEqual([f"{list(e.path)}: {e.message}" for e in errors], [])

    def test_the_result_that_other_tests_read_keeps_to_the_schema(self):
        validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
        shared = harness.ROOT / "tests" / "data" / "bench_result.json"
        self.assertEqual(list(validator.iter_errors(json.loads(shared.read_text()))), [])

    def test_the_schema_refuses_a_result_without_a_part(self):
        validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
        result = json.loads((self.folder / "bench.json").read_text())
        del result["measurements"][0]["latency"]
        self.assertFalse(validator.is_valid(result))

    def test_junit_is_xml_with_the_counts_it_claims(self):
        suite = xml.etree.ElementTree.fromstring(self.render("incomplete", "junit"))
        cases = suite.findall("testcase")
        self.assertEqual(int(suite.get("tests")), len(cases))
        self.assertEqual(int(suite.get("errors")), sum(c.find("error") is not None for c in cases))

    def test_a_file_that_exists_is_not_written(self):
        (self.folder / "taken.html").write_text("mine")
        with self.assertRaises(subprocess.CalledProcessError) as raised:
            self.render("bench", "html", "-o", "taken.html")
        self.assertIn("taken.html: File exists", raised.exception.stderr)
        self.assertEqual((self.folder / "taken.html").read_text(), "mine")

    def test_what_is_no_result_is_refused(self):
        for name, content in {"no": "{", "other": '{"schema": "elytractl-bench/9"}'}.items():
            (self.folder / f"{name}.json").write_text(content)
            with self.subTest(name), self.assertRaises(subprocess.CalledProcessError) as raised:
                self.render(name, "text")
            self.assertEqual(raised.exception.returncode, 2)
            self.assertIn(f"{name}.json: is not", raised.exception.stderr)

    def test_a_run_is_found_by_its_folder_and_by_the_begin_of_its_id(self):
        run = self.folder / "runs" / "0042-brisk-otter"
        run.mkdir(parents=True)
        shutil.copy(self.folder / "bench.json", run / "result.json")
        for name in ("0042", "0042-brisk-otter", "runs/0042-brisk-otter"):
            shown = subprocess.run(
                [ELYTRACTL, "bench", "report", name],
                cwd=self.folder, check=True, capture_output=True, text=True,
                timeout=harness.COMMAND_SECONDS_MAX,
            ).stdout
            self.assertIn("VERDICT  USABLE WITH CARE", shown)


@unittest.skipUnless(HDR_JAR.exists(), "libhdrhistogram-java is not installed")
class HdrLog(ReportTest):
    def process(self, tag):
        """What the Java library finds: count, maximum, and two values between which the 99th
        percentile lies, because its table has no line for it."""
        shown = subprocess.run(
            ["java", "-cp", HDR_JAR, HDR_MAIN, "-i", "m0.hlog", "-tag", tag,
             "-outputValueUnitRatio", "1"],
            cwd=self.folder, check=True, capture_output=True, text=True,
            timeout=BROWSER_SECONDS_MAX,
        ).stdout
        largest = float(re.search(r"#\[Max\s+=\s+([0-9.]+)", shown)[1])
        count = int(re.search(r"Total count\s+=\s+([0-9]+)", shown)[1])
        table = re.findall(r"^\s*([0-9.]+)\s+([01]\.[0-9]+)\s+[0-9]+", shown, re.MULTILINE)
        rows = [(float(value), float(quantile)) for value, quantile in table]
        low = max(value for value, quantile in rows if quantile <= 0.99)
        high = min(value for value, quantile in rows if quantile >= 0.99)
        return count, largest, (low, high)

    def test_the_java_library_reads_the_same_numbers(self):
        measurement = json.loads((self.folder / "bench.json").read_text())["measurements"][0]
        for tag in ("event", "batch", "service", "queue", "fill"):
            with self.subTest(tag):
                ours = measurement["latency"][tag]
                count, largest, (low, high) = self.process(tag)
                self.assertEqual(count, ours["count"])
                # The log keeps the class of the largest value, which is a thousandth wide.
                self.assertAlmostEqual(largest, ours["max"], delta=ours["max"] * 0.001 + 1)
                self.assertLessEqual(low, ours["quantiles"]["p99"])
                self.assertLessEqual(ours["quantiles"]["p99"], high)
                self.assertLess(high - low, high * 0.05)


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Browser(ReportTest):
    def chromium(self, *arguments):
        shown = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", f"--user-data-dir={self.folder}/chromium",
             *arguments],
            cwd=self.folder, check=True, capture_output=True, text=True,
            timeout=BROWSER_SECONDS_MAX,
        ).stdout
        self.reap_helpers()
        return shown

    def reap_helpers(self):
        """The browser's own children outlive it by a moment and then are ours."""
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            return

    def dom(self, name):
        return Page(self.chromium("--dump-dom", self.page(name).as_uri()))

    def still_page(self, name):
        """The page with its policy forbidding all scripts. Turning them off for the whole browser
        would leave it without the script that hands out the document."""
        path = self.folder / f"{name}-still.html"
        source = self.page(name).read_text()
        self.assertIn("script-src 'unsafe-inline'", source)
        path.write_text(source.replace("script-src 'unsafe-inline'", "script-src 'none'"))
        return path

    def dom_without_script(self, name):
        return Page(self.chromium("--dump-dom", self.still_page(name).as_uri()))

    def picture(self, page, *arguments):
        path = self.folder / "picture.png"
        path.unlink(missing_ok=True)
        self.chromium(
            f"--screenshot={path}", "--window-size=1100,1400", *arguments, page.as_uri()
        )
        return path.read_bytes()

    def test_without_script_everything_but_zooming_is_there(self):
        page = self.dom_without_script("bench")
        for part in ("verdict", "numbers", "thresholds", "timeline", "latency", "resources",
                     "measurements", "members", "reproduction"):
            self.assertIn(part, page.ids())
        self.assertIn("USABLE WITH CARE", page.text)
        self.assertIn("elytractl bench -n 3", page.text)
        self.assertGreater(page.count("svg", role="img"), 10)
        self.assertGreater(page.count("path", **{"class": "checkpoint"}), 0)
        self.assertGreater(page.count("rect", **{"class": "idle"}), 0)
        self.assertEqual(page.count("canvas"), 0)

    def test_every_drawing_says_in_words_what_it_shows(self):
        for name in ("bench", "compare", "sweep"):
            page = self.dom_without_script(name)
            labels = [a.get("aria-label") for tag, a in page.elements if tag == "svg"]
            self.assertTrue(labels)
            self.assertTrue(all(labels))

    def test_with_script_the_series_over_time_can_be_zoomed(self):
        page = self.dom("bench")
        self.assertEqual(page.count("div", **{"class": "zoomed"}), 1)  # the others are folded
        self.assertEqual(page.count("div", **{"class": "zoom"}), 2)
        self.assertGreater(page.count("canvas"), 2)

    def test_a_comparison_has_its_forest_plot_and_a_sweep_its_knee(self):
        comparison = self.dom_without_script("compare")
        self.assertIn("comparison", comparison.ids())
        self.assertEqual(comparison.count("rect", **{"class": "noise"}), 1)
        self.assertIn("A/A noise floor ±1.8 %", comparison.text)
        sweep = self.dom_without_script("sweep")
        self.assertIn("sweep", sweep.ids())
        self.assertIn("knee 117 900/s", sweep.text)

    def test_markup_in_names_stays_text(self):
        page = self.dom("incomplete")
        self.assertEqual(page.count("img"), 0)
        self.assertIn("r1 ended: <b>disk full</b> & more", page.text)

    def test_light_and_dark_differ_and_both_are_drawn(self):
        light = self.picture(self.page("bench"))
        dark = self.picture(self.page("bench"), DARK)
        still = self.picture(self.still_page("bench"))
        for picture in (light, dark, still):
            self.assertGreater(len(picture), PICTURE_SIZE_MIN)
        self.assertNotEqual(light, dark)
        self.assertNotEqual(light, still)

    def test_it_prints(self):
        path = self.folder / "report.pdf"
        self.chromium(f"--print-to-pdf={path}", self.page("bench").as_uri())
        self.assertTrue(path.read_bytes().startswith(b"%PDF"))

    def test_the_page_asks_for_nothing_else(self):
        self.page("bench")
        handler = functools.partial(Recorder, directory=self.folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            server.asked = []
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            address = f"http://127.0.0.1:{server.server_port}/bench.html"
            page = Page(self.chromium("--dump-dom", address))
            server.shutdown()
            thread.join()
        self.assertIn("verdict", page.ids())
        # A browser looks for an icon of a site by itself; the page does not name one.
        self.assertEqual([path for path in server.asked if path != "/favicon.ico"], ["/bench.html"])


if __name__ == "__main__":
    unittest.main()
