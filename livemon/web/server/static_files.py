"""Scripts, styles and fonts of pages: sent compressed, and kept by browsers for as long as their address names them.

The files are defined by the handlers of Panel and Bokeh, access to them by route_guard.py.
"""

from __future__ import annotations

import asyncio
import gzip
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from tornado.web import StaticFileHandler

WORTH_COMPRESSING = frozenset({".js", ".mjs", ".css", ".svg", ".json", ".map"})
"""Kinds of files that are text; pictures and fonts are compressed already."""
NAMED_BY_CONTENT = frozenset({".woff2"})
"""Kinds of files whose names hold a hash of their content."""
YEAR_S = 365 * 86400
MOST_KEPT_BYTES = 32_000_000

_kept: dict[tuple[str, int, int], bytes] = {}


def compressed(path: str) -> bytes:
    """Return a file's content, compressed; kept until the file changes. Blocks for 30 ms a megabyte the first time."""
    file = Path(path)
    found = file.stat()
    key = (path, found.st_mtime_ns, found.st_size)
    kept = _kept.get(key)
    if kept is None:
        kept = gzip.compress(file.read_bytes(), 6, mtime=0)
        if sum(map(len, _kept.values())) > MOST_KEPT_BYTES:
            _kept.clear()
        _kept[key] = kept
    return kept


class CompressedFiles(StaticFileHandler):
    """Part of a handler of files: compresses text, and lets browsers keep what is named by its content."""

    _compressed: bytes | None = None

    async def prepare(self) -> None:
        """Compress the file beside the server's loop, when the browser takes it so."""
        prepared: Any = super().prepare()
        if prepared is not None:
            await prepared
        accepts = "gzip" in self.request.headers.get("Accept-Encoding", "")
        if self._finished or not accepts or "Range" in self.request.headers or not self._is_text():
            return
        self.path = self.parse_url_path(self.path_args[0])
        checked = self.validate_absolute_path(self.root, self.get_absolute_path(self.root, self.path))
        if checked is not None:
            content = self._compressed = await asyncio.to_thread(compressed, checked)
            # On this request only: the class reads the plain file, for its hash.
            self.get_content = lambda *_range: content  # type: ignore[method-assign, assignment]

    def set_headers(self) -> None:
        """Add how the content is encoded, and how long it may be kept."""
        super().set_headers()
        if self._is_text():
            self.add_header("Vary", "Accept-Encoding")
        if self._compressed is not None:
            self.set_header("Content-Encoding", "gzip")
        if self.get_cache_time(self.path, None, ""):
            self.set_header("Cache-Control", f"max-age={YEAR_S}, immutable")

    def compute_etag(self) -> str | None:
        """Return a tag of its own for the compressed form (RFC 9110, 8.8.3.3)."""
        tag = super().compute_etag()
        return tag if tag is None or self._compressed is None else f'{tag[:-1]}-gzip"'

    def get_content_size(self) -> int:
        """Return how many bytes are sent."""
        return super().get_content_size() if self._compressed is None else len(self._compressed)

    def get_cache_time(self, path: str, modified: datetime | None, mime_type: str) -> int:
        """Return for how many seconds a browser need not ask again; Panel's and Bokeh's addresses carry a hash."""
        named = self.request.query or PurePath(path).suffix in NAMED_BY_CONTENT
        return YEAR_S if named else super().get_cache_time(path, modified, mime_type)

    def _is_text(self) -> bool:
        return PurePath(self.request.path).suffix in WORTH_COMPRESSING
