"""A video on Google's file store for as long as one call needs it: upload, wait until ready, delete in every case.

Asking about it does not belong here (gemini.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from livemon.base.clock import Clock
from livemon.base.messages.message import Message, message
from livemon.base.model_types import AnswerStatus
from livemon.vlm.hosted.gemini_errors import translated
from livemon.vlm.hosted.transport import CallFailed

if TYPE_CHECKING:
    from google import genai

log = logging.getLogger(__name__)

INLINE_VIDEO_BYTES = 14_000_000
"""A request may be 20 MB, and base64 makes a video a third larger."""

MOST_FILE_BYTES = 2_000_000_000
"""Google's file store takes 2 GB a file."""

POLL_S = 2.0
READY_WITHIN_S = 180.0
DELETE_WITHIN_S = 30.0
UPLOAD_WITHIN_MS = 240_000

GONE = (403, 404)
"""Statuses of a file that was never kept; Google says 403 of a name that it does not know."""


@asynccontextmanager
async def uploaded(client: genai.Client, video: Path, clock: Clock) -> AsyncIterator[str]:
    """Upload an MP4, wait until it can be asked about, and delete it when the block ends, however it ends.

    Yields
    ------
    str
        The file's URI.

    Raises
    ------
    CallFailed
        When Google could not make sense of the video, or was not done with it in time.
    """
    from google.genai import types

    # A name of our own: what was uploaded can be deleted even when the answer to the upload was lost.
    name = f"livemon-{uuid4().hex[:24]}"
    config = types.UploadFileConfig(
        name=name, mime_type="video/mp4", http_options=types.HttpOptions(timeout=UPLOAD_WITHIN_MS)
    )
    try:
        file = await client.aio.files.upload(file=str(video), config=config)
        waited_from_s = clock.monotonic_s()
        while file.state is not None and file.state.value == "PROCESSING":
            if clock.monotonic_s() - waited_from_s > READY_WITHIN_S:
                raise CallFailed(AnswerStatus.UNAVAILABLE, message("answer.video_not_ready", limit_s=READY_WITHIN_S))
            await clock.sleep(POLL_S)
            file = await client.aio.files.get(name=f"files/{name}")
        if file.state is None or file.state.value != "ACTIVE" or not file.uri:
            why = file.error.message if file.error and file.error.message else Message("answer.no_reason")
            raise CallFailed(AnswerStatus.FAILED, message("answer.video_not_read", reason=why))
        yield file.uri
    finally:
        # Shielded: also when the call is cancelled, footage does not stay behind.
        await asyncio.shield(asyncio.ensure_future(_delete(client, name, clock)))


async def _delete(client: genai.Client, name: str, clock: Clock) -> None:
    """Delete; what cannot be deleted expires after 48 hours, and is said."""
    try:
        async with asyncio.timeout(DELETE_WITHIN_S):
            await client.aio.files.delete(name=f"files/{name}")
    except Exception as exc:  # the answer matters more than the clearing away
        if getattr(exc, "code", None) not in GONE:
            failed = translated(exc, clock.now()) if not isinstance(exc, TimeoutError) else exc
            log.warning("the uploaded video %s could not be deleted; Google deletes it in 48 hours: %s", name, failed)
