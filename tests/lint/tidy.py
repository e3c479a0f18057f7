#!/usr/bin/env python3
"""Style that a machine can check: lengths, words, orphans and missing READMEs."""

import re

import tree

LINE_MAX = 100
FILE_MAX = {".cpp": 600, ".hpp": 250}
FUNCTION_MAX = 70

# A word, the folders where it is allowed all the same, and what to write instead.
BANNED = [
    (r"\bsleep_for\b|\bsleep_until\b|\busleep\(", None, "wait for the event"),
    # The engine: runs, which never change, belong to the catalog and to whoever still reads them.
    (r"\bshared_ptr\b", ("server/io/", "server/engine/", "tests/"),
     "decide who owns it; unique_ptr or a reference"),
    (r"catch \(\.\.\.\)", None, "catch what the library throws, or let it reach terminate"),
    (r"\bstd::endl\b", None, "'\\n'"),
    (r"\bs?rand\(", None, "Prng"),
    (r"::now\(", ("server/io/", "tests/"), "take the time as an argument"),
    (r"<cassert>|\bassert\(", None, "ELYTRA_ASSERT"),
    (r"\bFIXME\b|\bXXX\b", None, "fix it"),
    (r"\bTODO\b(?!\(#\d+\))", None, "TODO(#issue)"),
    (r"#if 0", None, "delete it"),
    (r"\busing namespace\b", "tests/", "qualified names"),
    (r"\bNOLINT\b(?!(NEXTLINE)?\([a-z].*\): )", None, "NOLINT(check): reason"),
]

# The head of a function ends in '{' behind its parameters; these heads open something else.
NOT_A_FUNCTION = re.compile(
    r"^\s*(namespace|class|struct|union|enum|extern|switch|if|for|while|do|else|return|\}|//|#)"
    r"|= \{$"
)
LITERAL = re.compile(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])\'|//.*')


def check_words(file, lines):
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield f"{file}:{number}: {len(line)} columns, at most {LINE_MAX}"
        if line != line.rstrip() or "\t" in line:
            yield f"{file}:{number}: blank at the end of the line, or a tab"
        if file.suffix not in tree.CPP:
            continue
        for pattern, allowed, instead in BANNED:
            if allowed and str(file).startswith(allowed):
                continue
            if found := re.search(pattern, line):
                yield f"{file}:{number}: '{found.group()}'; instead: {instead}"


def head_of(lines, index):
    """The first line of the declaration that ends in line `index`."""
    while index > 0 and re.match(r"(?!\s*(//|#)).*[\w,(&|>)]$", lines[index - 1]):
        index -= 1
    return index


def functions(lines):
    """First line and number of lines of every function. Relies on the layout of clang-format."""
    start, depth = None, 0
    for index, line in enumerate(lines):
        code = LITERAL.sub("", line)
        if start is None:
            if not code.endswith("{") or ")" not in code:
                continue
            start, depth = head_of(lines, index), 0
            if NOT_A_FUNCTION.search(lines[start]) or code.endswith("= {"):
                start = None
                continue
        depth += code.count("{") - code.count("}")
        if depth == 0:
            yield lines[start].strip(), index - start + 1
            start = None


def check_lengths(file, lines, tolerated):
    """The tolerated exceptions name the exact length, so that they can only shrink."""
    lengths = [(str(file), len(lines), FILE_MAX[file.suffix])]
    if file.parts[0] != "tests":
        for head, length in functions(lines):
            lengths.append((f"{file}: {head}", length, FUNCTION_MAX))
    for subject, length, length_max in lengths:
        allowed = tolerated.pop(subject, None)
        if allowed is not None and length != allowed:
            yield f"tolerated.txt: {subject} has {length} lines now, not {allowed}"
        if allowed is None and length > length_max:
            yield f"{subject}: {length} lines, at most {length_max}"


def check_first_include(file, lines):
    """The header of a .cpp comes first in it: so it includes what it needs."""
    header = file.with_suffix(".hpp")
    if file.suffix != ".cpp" or not (tree.ROOT / header).exists():
        return
    first = next((line for line in lines if line.startswith("#include")), None)
    if first != f'#include "{header}"':
        yield f"{file}: its first #include is not that of {header}"


def read_tolerated():
    """Lines of the form "LENGTH SUBJECT"."""
    tolerated = {}
    for line in tree.read_lines("tests/lint/tolerated.txt"):
        length, _, subject = line.partition(" ")
        tolerated[subject] = int(length)
    return tolerated


def check_orphans():
    """Every source is named by the sources.txt of its folder or of one above, and exists."""
    listed = set()
    for folder in tree.FOLDERS:
        for listing in (tree.ROOT / folder).rglob("sources.txt"):
            base = listing.parent.relative_to(tree.ROOT)
            names = tree.read_lines(listing)
            for name in names:
                if not (tree.ROOT / base / name).exists():
                    yield f"{base}/sources.txt: {name} does not exist"
                if names.count(name) > 1:
                    yield f"{base}/sources.txt: {name} is named twice"
                listed.add(base / name)
            if not (listing.parent / "README.md").exists():
                yield f"{base}: README.md is missing"
    for file in tree.files(tree.CPP):
        if file not in listed:
            yield f"{file}: in no sources.txt"
    for file in tree.files((".py",)):
        if file.name.endswith("_test.py") and file not in listed:
            yield f"{file}: in no sources.txt"


def main():
    problems = []
    tolerated = read_tolerated()
    for file in tree.files(tree.CPP + (".py",)):
        lines = (tree.ROOT / file).read_text().splitlines()
        problems += check_words(file, lines)
        problems += check_first_include(file, lines)
        if file.suffix in FILE_MAX:
            problems += check_lengths(file, lines, tolerated)
    problems += [f"tolerated.txt: there is no {subject}" for subject in tolerated]
    problems += check_orphans()
    tree.finish("tidy", sorted(set(problems)))


if __name__ == "__main__":
    main()
