"""Bytes that no client sends: each gets the reaction of the protocol, and nobody else notices."""

import json
import random
import socket
import unittest

import harness

VECTORS = json.loads((harness.ROOT / "tests/data/wire/wire_vectors.json").read_text())
HEADER_SIZE = 256
COMMAND = 114
COMMAND_PONG = 4
COMMAND_EVICTION = 18
REASON = 255
REASONS = {
    name: number + 1
    for number, name in enumerate(
        [
            "no_session",
            "client_release_too_low",
            "client_release_too_high",
            "invalid_request_operation",
            "invalid_request_body",
            "invalid_request_body_size",
            "session_too_low",
            "session_release_mismatch",
        ]
    )
}
PING = next(
    bytes.fromhex(one["hex"])
    for one in VECTORS["messages"]
    if one["name"].startswith("ping_client before")
)


def receive_header(connection):
    received = b""
    while len(received) < HEADER_SIZE:
        chunk = connection.recv(HEADER_SIZE - len(received))
        if not chunk:
            return None
        received += chunk
    return received


class Garbage(harness.ProcessTest):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(["--addresses=0", self.format()])
        self.servers.append(self.server)
        self.port = self.server.read_port()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), harness.STOP_SECONDS_MAX)
        self.addCleanup(connection.close)
        return connection

    def check_serving(self):
        """A client is served. It takes over from any other connection of the same client."""
        other = self.connect()
        other.sendall(PING)
        self.assertEqual(receive_header(other)[COMMAND], COMMAND_PONG)

    def check_closed(self, connection):
        try:
            self.assertIsNone(receive_header(connection))
        except ConnectionResetError:
            pass

    def check_silent(self, connection):
        """No answer, and still open, after the server has dealt with later bytes of others."""
        for _ in range(2):
            self.check_closed(self.send(bytes(HEADER_SIZE)))
        connection.setblocking(False)
        with self.assertRaises(BlockingIOError):
            connection.recv(1)

    def send(self, payload):
        connection = self.connect()
        try:
            connection.sendall(payload)
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed before the last byte; the check comes next
        return connection

    def test_every_refusal_of_the_protocol(self):
        for vector in VECTORS["refusals"]:
            with self.subTest(vector["name"]):
                connection = self.send(bytes.fromhex(vector["hex"]))
                expected, _, reason = vector["expect"].partition(":")
                if expected == "close":
                    self.check_closed(connection)
                elif expected == "drop":
                    self.check_silent(connection)
                elif expected == "evict":
                    header = receive_header(connection)
                    self.assertEqual(header[COMMAND], COMMAND_EVICTION)
                    self.assertEqual(header[REASON], REASONS[reason])
                else:
                    self.assertEqual(expected, "ok")
                    self.assertIsNotNone(receive_header(connection))
                self.check_serving()

    def test_random_bytes(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for _ in range(50):
            connection = self.send(chance.randbytes(chance.randrange(HEADER_SIZE, 4096)))
            self.check_closed(connection)
        self.check_serving()

    def test_a_ping_with_any_byte_changed(self):
        for position in range(0, HEADER_SIZE, 5):
            damaged = bytearray(PING)
            damaged[position] ^= 0x40
            self.check_closed(self.send(bytes(damaged)))
        self.check_serving()

    def test_half_a_message_and_silence(self):
        waiting = self.send(PING[:100])
        self.check_silent(waiting)
        waiting.setblocking(True)
        waiting.sendall(PING[100:])
        self.assertEqual(receive_header(waiting)[COMMAND], COMMAND_PONG)

    def test_more_connections_than_there_are_places(self):
        held = [self.connect() for _ in range(200)]
        for connection in held[:100]:
            connection.close()
        self.check_serving()


if __name__ == "__main__":
    unittest.main()
