"""Files that only the bucket has, sent through livemon: with range requests, a block in memory at a time.

Files that are here are Tornado's to send (media.py). Reading the bucket does not belong here (copy_reader.py).
"""

from __future__ import annotations

import re
from http import HTTPStatus

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from livemon.archive.copies.copy_reader import CopyReader
from livemon.base.errors import LivemonError
from livemon.store.copies import CopyRecord

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return which bytes [start, end) a Range header asks for; None when a file of `size` bytes has none of them.

    A header of another form, or of several ranges, counts as not given (RFC 9110 section 14.2).
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return 0, size
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < start:
            return 0, size
    return (start, end) if start < end else None


async def send_copy(handler: RequestHandler, reader: CopyReader, copy: CopyRecord, include_body: bool) -> None:
    """Answer with a copied file; its type is the handler's own.

    Raises
    ------
    LivemonError
        When the bucket refuses before anything was sent; afterwards the connection is closed.
    """
    asked = handler.request.headers.get("Range", "")
    span = byte_range(asked, copy.bytes)
    handler.set_header("Accept-Ranges", "bytes")
    if span is None:
        handler.set_status(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        handler.set_header("Content-Range", f"bytes */{copy.bytes}")
        return
    at, end = span
    block = await reader.read(copy, at, end) if include_body else b""
    if (at, end) != (0, copy.bytes):
        handler.set_status(HTTPStatus.PARTIAL_CONTENT)
        handler.set_header("Content-Range", f"bytes {at}-{end - 1}/{copy.bytes}")
    handler.set_header("Content-Length", str(end - at))
    if not include_body:
        return
    try:
        while block:
            handler.write(block)
            await handler.flush()
            at += len(block)
            block = await reader.read(copy, at, end) if at < end else b""
    except StreamClosedError:
        return  # a player that has seen enough
    except LivemonError:
        handler.detach().close()  # shorter than was said: a player asks for the rest again
