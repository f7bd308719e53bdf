"""RemoteBucket: a folder of another machine, by SFTP (sshfs) or WebDAV (webdav4).

An upload goes to a name beside it and is renamed when its size is right. Host keys of SFTP are checked: sshfs itself
would take any.
"""

from __future__ import annotations

import inspect
import posixpath
import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from livemon.archive.copies.buckets.calls import BucketCalls
from livemon.base.errors import BucketError
from livemon.base.private_files import open_private

PART = ".part"


class RemoteBucket:
    """Objects are files below a folder of an fsspec file system."""

    may_be_unmounted = False

    def __init__(self, fs: Any, root: str, label: str, calls: BucketCalls) -> None:
        self._fs = fs
        self._root = root.rstrip("/")
        self._calls = calls
        self.label = label

    def put(self, path: Path, name: str) -> None:
        """Store a file under a name, replacing what is there."""
        size = path.stat().st_size
        target = f"{self._root}/{name}"
        part = f"{target}.{secrets.token_hex(4)}{PART}"
        self._call("makedirs", posixpath.dirname(target), exist_ok=True)
        try:
            self._call("put_file", str(path), part, size=size)
            if self._call("info", part)["size"] != size:
                raise BucketError("copies.refused", bucket=self.label, reason=f"{name} is not as long as it was sent")
            self._rename(part, target)
        except BucketError:
            with suppress(BucketError):
                self._call("rm_file", part)
            raise

    def get(self, name: str, target: Path) -> None:
        """Write an object to a file."""
        with open_private(target, "wb"):
            pass
        path = f"{self._root}/{name}"
        size = int(self._call("info", path, name=name)["size"])
        self._call("get_file", path, str(target), name=name, size=size)

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Return bytes [start, end) of an object; to its end when None."""
        path = f"{self._root}/{name}"

        def read() -> bytes:
            with self._fs.open(path, "rb") as file:
                file.seek(start)
                return bytes(file.read() if end is None else file.read(end - start))

        return bytes(self._blocking(read, name, 0 if end is None else end - start))

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Return the objects whose name begins with a prefix, with their bytes."""
        found: dict[str, int] = {}
        folders = [f"{self._root}/{prefix.rpartition('/')[0]}".rstrip("/") or "/"]
        while folders:
            try:
                entries = self._call("ls", folders.pop(), detail=True, name="?")
            except BucketError as exc:
                if exc.said.code != "copies.no_object":
                    raise
                continue
            for entry in entries:
                path = "/" + str(entry["name"]).lstrip("/") if self._root.startswith("/") else str(entry["name"])
                if entry["type"] == "directory":
                    folders.append(path)
                elif not path.endswith(PART):
                    found[path.removeprefix(f"{self._root}/")] = int(entry["size"] or 0)
        return {name: size for name, size in found.items() if name.startswith(prefix)}

    def delete(self, names: Collection[str]) -> None:
        """Delete objects; ignore those that are gone."""
        for name in names:
            try:
                self._call("rm_file", f"{self._root}/{name}", name=name)
            except BucketError as exc:
                if exc.said.code != "copies.no_object":
                    raise

    def delete_below(self, prefix: str) -> None:
        """Delete every object whose name begins with a prefix."""
        self.delete(self.sizes(prefix))

    def clean(self) -> None:
        """Leave it: a part is removed by the upload that made it, and shown by no listing of ours."""

    def stop(self) -> None:
        """End running calls, from any thread."""
        self._calls.stop()

    def _rename(self, part: str, target: str) -> None:
        """Rename over what is there; WebDAV's refuses that, and so the old object goes first."""
        try:
            self._call("mv", part, target)
        except BucketError as exc:
            if type(exc.__cause__).__name__ != "ResourceAlreadyExists":
                raise
            self._call("rm_file", target)
            self._call("mv", part, target)

    def _call(self, method: str, *given: Any, name: str = "", size: int = 0, **named: Any) -> Any:
        """Call a method of the file system: on fsspec's loop where it has a coroutine, else here."""
        coroutine = getattr(self._fs, f"_{method}", None)
        try:
            if coroutine is not None and inspect.iscoroutinefunction(inspect.unwrap(coroutine)):
                return self._calls.run(self._fs.loop, lambda: coroutine(*given, **named), size)
            return self._blocking(lambda: getattr(self._fs, method)(*given, **named), name, size)
        except BucketError as exc:
            if exc.said.code == "copies.no_bucket" and name and isinstance(exc.__cause__, FileNotFoundError):
                raise self._calls.error(exc.__cause__, name) from exc
            raise

    def _blocking(self, call: Callable[[], Any], name: str, size: int = 0) -> Any:
        try:
            return self._calls.run_blocking(call, size)
        except BucketError as exc:
            if name and isinstance(exc.__cause__, FileNotFoundError):
                raise self._calls.error(exc.__cause__, name) from exc
            raise


def open_sftp(url: str, user: str, secret: str, ssh_key: Path | None, known_hosts: Path | None) -> RemoteBucket:
    """Open a folder by SFTP; the host must be in `known_hosts`, or in the user's own when None."""
    from sshfs import SSHFileSystem

    at = urlsplit(url)
    label = f"sftp://{at.hostname}{f':{at.port}' if at.port else ''}{at.path}"
    calls = BucketCalls(label, (secret,))
    options: dict[str, Any] = {
        "port": at.port or 22,
        "connect_timeout": 10,
        "login_timeout": 20,
        "keepalive_interval": 15,
    }
    options["known_hosts"] = str(known_hosts.absolute()) if known_hosts else ()
    if user or at.username:
        options["username"] = user or at.username
    if ssh_key:
        options |= {"client_keys": [str(ssh_key.expanduser())], "passphrase": secret or None}
    elif secret:
        options |= {"password": secret, "client_keys": None}
    try:
        fs = SSHFileSystem(str(at.hostname), skip_instance_cache=True, timeout=30, **options)
    except Exception as exc:
        raise calls.error(exc) from exc
    return RemoteBucket(fs, at.path, label, calls)


def open_webdav(url: str, user: str, secret: str) -> RemoteBucket:
    """Open a folder by WebDAV: ``webdav+https://host/path``."""
    from webdav4.fsspec import WebdavFileSystem

    at = urlsplit(url)
    label = f"{at.scheme}://{at.hostname}{f':{at.port}' if at.port else ''}{at.path}"
    host = label.removeprefix("webdav+").removesuffix(at.path)
    fs = WebdavFileSystem(host, auth=(user, secret) if user else None, timeout=60, skip_instance_cache=True)
    return RemoteBucket(fs, at.path.strip("/"), label, BucketCalls(label, (secret,)))
