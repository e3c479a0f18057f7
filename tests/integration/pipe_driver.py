"""A load driver that needs nothing but a pipe: it answers by itself, or misbehaves as told."""

import os
import signal
import struct
import sys
import time

HELLO, REQUEST, ANSWER = struct.Struct("<4sIII"), struct.Struct("<QII"), struct.Struct("<QII")
CREATE_ACCOUNTS, CREATE_TRANSFERS, LOOKUP_ACCOUNTS, TRANSFERS_OF = 146, 147, 140, 142
EVENT_SIZE = {CREATE_ACCOUNTS: 128, CREATE_TRANSFERS: 128, LOOKUP_ACCOUNTS: 16, TRANSFERS_OF: 128}
CREATED = 0xFFFFFFFF


def read(size):
    """Exactly so many bytes; none at the end."""
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def write(data):
    while data:
        data = data[os.write(1, data):]


def results_of(operation, count):
    if operation not in (CREATE_ACCOUNTS, CREATE_TRANSFERS):
        return b""
    return b"".join(struct.pack("<QII", time.time_ns() + index, CREATED, 0)
                    for index in range(count))


def hang():
    """Ignores the end of input as well."""
    while True:
        signal.pause()


def fault_of_hello(fault):
    if fault == "exit":
        print("no cluster for me", file=sys.stderr)
        sys.exit(3)
    if fault == "garbage":
        write(b"Hello, I am ready to serve you.\n")
    if fault == "version":
        write(HELLO.pack(b"ELYD", 2, 8189, 0))
    if fault == "no-hello":
        hang()


def answer(fault, number, operation, results):
    """What is written for a request, as the fault wants it."""
    count = len(results)
    if operation == CREATE_TRANSFERS:
        if fault == "exit-in-load":
            print("my library has lost its session", file=sys.stderr)
            sys.exit(4)
        if fault == "wrong-number":
            number += 7
        if fault == "odd-size":
            results, count = results[:-1], count - 1
        if fault == "too-many":
            results, count = results + results[:16], count + 16
    return ANSWER.pack(number, count, 0) + results


def main():
    fault = sys.argv[1] if len(sys.argv) > 1 else ""
    fault_of_hello(fault)
    write(HELLO.pack(b"ELYD", 1, 8189, 0))
    while head := read(REQUEST.size):
        number, operation, size = REQUEST.unpack(head)
        events = read(size)
        if fault == "no-answer":
            hang()
        results = results_of(operation, len(events) // EVENT_SIZE[operation])
        write(answer(fault, number, operation, results))
    if fault == "ignore-end":
        hang()
    if fault == "bad-end":
        sys.exit(5)


main()
