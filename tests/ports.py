"""Ports for the servers of tests."""

import random
import socket


def free_port() -> int:
    """Return a port that is free now, below those that the system gives to all who ask for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
