#!/usr/bin/env python3
"""Compares the includes of every layer with layers.txt and externals.txt.

Fails on an include that is not allowed, and on an allowance that nobody uses any more.
"""

import re

import tree

INCLUDE = re.compile(r'^#include (?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

# Which library a header in angle brackets belongs to; all others are of the standard library, of
# the C library or of the kernel.
EXTERNAL_HEADERS = {
    "boost": re.compile(r"boost/"),
    "cli11": re.compile(r"CLI/"),
    "spdlog": re.compile(r"spdlog/"),
    "fmt": re.compile(r"fmt/"),
    "liburing": re.compile(r"liburing"),
    "libsodium": re.compile(r"sodium\.h$"),
    "nlohmann_json": re.compile(r"nlohmann/"),
    "threads": re.compile(r"(thread|mutex|shared_mutex|condition_variable|future|pthread\.h)$"),
    "sqlite3": re.compile(r"sqlite3\.h$"),
    "libarchive": re.compile(r"archive(_entry)?\.h$"),
    "zlib": re.compile(r"zlib\.h$"),
}

# Parts of the standard library that would bring a clock, a file, a thread, randomness, floating
# point or hidden allocation into the core.
CORE_NEVER = re.compile(
    r"(chrono|ctime|iostream|fstream|sstream|filesystem|functional|random|regex|locale|cmath"
    r"|unordered_map|unordered_set|future|thread|mutex|shared_mutex|condition_variable"
    r"|exception|stdexcept|typeinfo|unistd\.h|fcntl\.h|sys/.*|netinet/.*|arpa/.*|pthread\.h)$"
)


def layer_of(path, layers):
    folder = path.rsplit("/", 1)[0]
    return folder if folder in layers else None


def check_own(file, layer, included, layers, used):
    target = layer_of(included, layers)
    if target is None:
        return f'{file}: "{included}" is in no layer'
    if target != layer and target not in layers[layer]:
        return f"{file}: {layer} may not include {target}"
    used.add((layer, target))
    return None


def check_system(file, layer, header, core, externals, used):
    if layer in core and CORE_NEVER.match(header):
        return f"{file}: the core may not include <{header}>"
    for external, pattern in EXTERNAL_HEADERS.items():
        if not pattern.match(header):
            continue
        if external not in externals.get(layer, []):
            return f"{file}: {layer} may not use {external}"
        used.add((layer, external))
    return None


def check_order(layers):
    """A layer stands below those that it uses, so the graph has no cycle."""
    seen = set()
    for layer, targets in layers.items():
        for target in targets:
            if target not in seen:
                yield f"layers.txt: {layer} names {target}, which is not declared above it"
        seen.add(layer)


def main():
    layers = tree.read_graph("tests/lint/layers.txt")
    core = layers.pop("core")
    externals = tree.read_graph("tests/lint/externals.txt")
    problems = list(check_order(layers))
    used, inhabited = set(), set()
    for file in tree.files(tree.CPP):
        layer = layer_of(str(file), layers)
        if layer is None:
            continue
        inhabited.add(layer)
        for own, system in INCLUDE.findall((tree.ROOT / file).read_text()):
            problem = (
                check_own(file, layer, own, layers, used)
                if own
                else check_system(file, layer, system, core, externals, used)
            )
            if problem:
                problems.append(problem)
    for layer in inhabited:
        allowed = [target for target in layers[layer] if target in inhabited]
        for target in allowed + externals.get(layer, []):
            if (layer, target) not in used:
                problems.append(f"layers: {layer} does not use {target} any more")
    tree.finish("check_layers", problems)


if __name__ == "__main__":
    main()
