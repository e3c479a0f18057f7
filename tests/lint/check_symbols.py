#!/usr/bin/env python3
"""Looks for symbols in the core's archives that the core must not need.

usage: check_symbols.py BUILD_FOLDER
"""

import pathlib
import re
import subprocess
import sys

import tree

FUNCTIONS = """
    clock_gettime clock_nanosleep gettimeofday nanosleep time usleep sleep
    open open64 openat close read write pread pread64 pwrite pwrite64 readv writev fopen fopen64
    fdatasync fsync ftruncate fallocate mmap munmap lseek stat fstat unlink rename
    socket bind listen accept accept4 connect send recv sendto recvfrom sendmsg recvmsg poll
    epoll_create1 epoll_ctl epoll_wait select
    fork vfork execve execvp posix_spawn kill wait4 waitpid signal sigaction
    getrandom getentropy rand srand random getenv
""".split()

DENIED = re.compile(
    "|".join(
        [
            r"(?:%s)$" % "|".join(FUNCTIONS),
            r"pthread_(?:create|join|mutex|cond)",
            r"std::chrono::_V2::",
            r"std::random_device",
            r"std::(?:thread|this_thread|condition_variable)",
            r"std::basic_(?:i|o|f|io)",
            r"std::(?:cout|cerr|cin|clog)",
            r"std::locale",
            r"boost::",
            r"spdlog::",
            r"fmt::",
            r"io_uring",
            r"__cxa_(?:throw|allocate_exception|begin_catch|dynamic_cast)",
            r"__dynamic_cast",
        ]
    )
)

# The rules of the ledger work on rows handed to them and never allocate.
DENIED_LEDGER = re.compile(r"operator new|malloc$|calloc$|realloc$")


def undefined_symbols(archive):
    listing = subprocess.run(
        ["nm", "-uC", archive], check=True, capture_output=True, text=True
    ).stdout
    for line in listing.splitlines():
        kind, _, symbol = line.strip().partition(" ")
        if kind in ("U", "w", "v") and symbol:
            yield symbol.strip().split("@")[0]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = []
    archives = 0
    for layer in tree.read_graph("tests/lint/layers.txt")["core"]:
        archive = pathlib.Path(sys.argv[1]) / f"lib{layer.replace('/', '_')}.a"
        if not archive.exists():
            continue
        archives += 1
        for symbol in sorted(set(undefined_symbols(archive))):
            denied = DENIED.match(symbol)
            if layer == "server/ledger":
                denied = denied or DENIED_LEDGER.match(symbol)
            if denied:
                problems.append(f"{archive.name}: needs {symbol}")
    if archives == 0:
        problems.append(f"{sys.argv[1]}: no archive of the core; build it first")
    tree.finish("check_symbols", problems)


if __name__ == "__main__":
    main()
