#!/usr/bin/env python3
"""Compares what two builds compile: the same sources with the same defines.

usage: check_parity.py CMAKE_BUILD_FOLDER MESON_BUILD_FOLDER
"""

import json
import pathlib
import re
import shlex
import sys

import tree

# Programs for measuring and for searching that only the CMake build has.
CMAKE_ONLY = re.compile(r"(bench/micro|tests/sim|tests/fuzz|tests/integration|tests/property)/")

# Switches of the libraries' own packages, which pkg-config and CMake word differently; and the
# commit at which a build was configured.
FOREIGN = re.compile(r"(FMT|SPDLOG|BOOST|JSON|_FILE_OFFSET_BITS|_GLIBCXX|ELYTRA_COMMIT)")


def defines_of(entry):
    words = entry.get("arguments") or shlex.split(entry["command"])
    defines = [word[2:] for word in words if word.startswith("-D")]
    return sorted({define for define in defines if not FOREIGN.match(define)})


def read_build(folder):
    """The defines of every source of the project, by its path from the root."""
    build = {}
    folder = pathlib.Path(folder).resolve()
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if folder in source.parents or tree.ROOT not in source.parents:
            continue
        name = str(source.relative_to(tree.ROOT))
        if not CMAKE_ONLY.match(name):
            build[name] = defines_of(entry)
    return build


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    cmake, meson = read_build(sys.argv[1]), read_build(sys.argv[2])
    problems = []
    if not cmake or not meson:
        problems.append("a build without sources; configure both first")
    for source in sorted(cmake.keys() | meson.keys()):
        if source not in meson:
            problems.append(f"{source}: not in the Meson build")
        elif source not in cmake:
            problems.append(f"{source}: not in the CMake build")
        elif cmake[source] != meson[source]:
            problems.append(f"{source}: CMake defines {cmake[source]}, Meson {meson[source]}")
    tree.finish("check_parity", problems)


if __name__ == "__main__":
    main()
