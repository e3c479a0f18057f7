"""What the lints share: where the project's files are and how its list files read."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("server", "orchestrator", "bench", "tests")
CPP = (".cpp", ".hpp")


def files(suffixes):
    """The project's own files with one of the suffixes, as sorted paths relative to the root."""
    found = []
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            relative = path.relative_to(ROOT)
            if path.suffix in suffixes and "node_modules" not in relative.parts and path.is_file():
                found.append(relative)
    return sorted(found)


def read_lines(path):
    """The lines of a list file without comments and blank lines."""
    lines = (ROOT / path).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def read_graph(path):
    """The lines "name: other other" of a file as a dictionary, in the order of the file."""
    graph = {}
    for line in read_lines(path):
        name, _, others = line.partition(":")
        graph[name] = others.split()
    return graph


def finish(name, problems):
    """Prints the problems and ends the lint: status 1 if there is any."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problems")
    sys.exit(1 if problems else 0)
