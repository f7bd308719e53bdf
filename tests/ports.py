"""Ports for the servers of tests."""

import socket
from random import SystemRandom

RANDOM = SystemRandom()
"""Hypothesis seeds the usual generator alike in all workers, and they would take the same ports."""


def free_port() -> int:
    """Return a port that is free now, below those that the system gives to all who ask for any."""
    while True:
        port = RANDOM.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
