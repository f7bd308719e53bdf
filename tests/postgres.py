"""A PostgreSQL server of its own for tests, thrown away afterwards; skipped where its programs are missing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from livemon.store.session import Database
from tests.waiting import PATIENCE_S

DEBIAN = "/usr/lib/postgresql"
"""Debian keeps initdb and pg_ctl off the PATH, a folder for each version."""


def _program(name: str) -> str:
    found = shutil.which(name) or next((str(path) for path in sorted(Path(DEBIAN).glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.skip(f"PostgreSQL's {name} is not installed")
    return found


def _run(*command: str) -> None:
    # PostgreSQL refuses to run as root.
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S)


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[Database]:
    """An empty database: a file in the folder, or a PostgreSQL server of its own."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres()) if kind == "postgresql" else f"sqlite:///{folder / 'livemon.db'}"
        yield stack.enter_context(closing(Database(url)))


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server and yield the URL of an empty database."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    pytest.importorskip("psycopg")
    with tempfile.TemporaryDirectory(prefix="pg") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = f"{folder}/data"
        _run(initdb, "-D", data, "-A", "trust", "-U", "livemon", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run(pg_ctl, "-D", data, "-o", options, "-w", "-l", f"{folder}/log", "start")
        try:
            yield f"postgresql+psycopg://livemon@127.0.0.1:{port}/postgres"
        finally:
            _run(pg_ctl, "-D", data, "-m", "immediate", "stop")
