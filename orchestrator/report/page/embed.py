#!/usr/bin/env python3
"""Writes page_assets.cpp: files as texts in the program.

usage: embed.py OUTPUT PAGE_FOLDER DYGRAPHS_FOLDER
"""

import pathlib
import re
import sys

# Names of page_assets.hpp. A reference to a source map would make a browser fetch it.
SOURCE_MAP = re.compile(r"(//|/\*)# sourceMappingURL=[^\n]*")
PIECE = 8000


def literal(text):
    """Adjacent raw strings: some compilers bound the length of one."""
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    return "\n".join(f'R"page({piece})page"' for piece in pieces)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    page, dygraphs = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    assets = {
        "page_style": page / "style.css",
        "page_script": page / "script.js",
        "dygraphs_style": dygraphs / "dygraph.min.css",
        "dygraphs_script": dygraphs / "dygraph.min.js",
        "dygraphs_license": page / "dygraphs-license.txt",
    }
    lines = ['#include "orchestrator/report/page_assets.hpp"', "", "namespace elytractl::report {"]
    for name, file in assets.items():
        text = SOURCE_MAP.sub("", file.read_text(encoding="utf-8"))
        for ends in ("</script", "</style", ')page"'):
            if ends in text:
                sys.exit(f"{file}: has {ends}, which would end what it is put into")
        lines.append(f"const std::string_view {name} =\n{literal(text)};")
    lines.append("}  // namespace elytractl::report\n")
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
