"""`gemini`: Google's models through google-genai. One client, its requests, its replies, its errors translated.

The ten-minute video goes through the Files API (gemini_files.py), what may wait through batches (gemini_batch.py).
Retries, limits and costs are those of every prompted model (hosted_model.py).
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.base.settings.models import ServiceTier
from livemon.base.settings.settings import Settings
from livemon.vlm.catalog import Catalog, require_price
from livemon.vlm.hosted.gemini_errors import no_such_server, translated
from livemon.vlm.hosted.gemini_files import INLINE_VIDEO_BYTES, MOST_FILE_BYTES, uploaded
from livemon.vlm.hosted.gemini_reply import read_response
from livemon.vlm.hosted.hosted_model import PromptedModel, RequestLimits
from livemon.vlm.hosted.transport import CallFailed, Reply
from livemon.vlm.options import MediaResolution, Thinking
from livemon.vlm.request import Request
from livemon.vlm.schema import gemini_schema

if TYPE_CHECKING:
    from google import genai
    from google.genai import types

log = logging.getLogger(__name__)

GOOGLE = "https://generativelanguage.googleapis.com/"
API_VERSION = "v1beta"
"""Pinned: the SDK's default is v1, where batches are missing (google-genai 3.x)."""

SHORTEST_DEADLINE_S = 10
"""The server refuses a shorter one: "Minimum allowed deadline is 10s"."""

MOST_PICTURE_BYTES = 19_000_000
"""Google takes 20 MB in a request, words and all."""


def open_gemini(settings: Settings, clock: Clock) -> PromptedModel:
    """Make the model of these settings; nothing is sent.

    Raises
    ------
    ConfigError
        When there is no key, or its owner has not said that footage of people may be sent with it.
    """
    key, gemini = settings.gemini_api_key.get_secret_value(), settings.gemini
    if not key:
        raise ConfigError("model.no_gemini_key")
    if not settings.may_use_gemini:
        raise ConfigError("model.gemini_tier_unknown")
    limits = RequestLimits(gemini.max_concurrency, gemini.requests_per_minute, gemini.attempts, gemini.timeout_s)
    deadlines = Deadlines(gemini.timeout_s, gemini.study_timeout_s, gemini.flex_timeout_s)
    wire = GeminiWire(key, gemini.base_url or GOOGLE, deadlines, clock)
    catalog = Catalog.of(settings.prices)
    for model in (gemini.model, gemini.cheaper_model):
        if model:
            require_price(catalog.entry(model), clock.now().date())
    return PromptedModel(
        "gemini",
        wire,
        gemini.model,
        catalog,
        limits,
        clock,
        study_timeout_s=gemini.study_timeout_s,
        flex_timeout_s=gemini.flex_timeout_s,
        priced_only=True,
        most_bytes=MOST_PICTURE_BYTES,
        most_video_bytes=MOST_FILE_BYTES,
    )


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The server's deadlines: for pictures, for a video, for what is asked at flex."""

    pictures_s: float
    video_s: float
    flex_s: float

    def of(self, request: Request) -> float:
        """Return the deadline of a request in seconds."""
        if request.tier is ServiceTier.FLEX:
            return self.flex_s
        return self.pictures_s if request.video is None else self.video_s


class GeminiWire:
    """One shared client, opened at the first request and closed with the model."""

    def __init__(self, api_key: str, base_url: str, deadlines: Deadlines, clock: Clock) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._deadlines = deadlines
        self._clock = clock
        self._opened: genai.Client | None = None
        self._opening = asyncio.Lock()

    async def client(self) -> genai.Client:
        """Return the client; the SDK takes a second to import, so that happens in a thread."""
        async with self._opening:
            if self._opened is None:
                await asyncio.to_thread(importlib.import_module, "google.genai")
                self._opened = make_client(self._api_key, self._base_url)
            return self._opened

    async def send(self, request: Request) -> Reply:
        """Send once; see `livemon.vlm.hosted.transport.Wire`."""
        client = await self.client()
        config = self._config(request)
        try:
            if request.video is None:
                parts = picture_parts(request)
                return await _generate(client, request, parts, config)
            elif request.video.stat().st_size <= INLINE_VIDEO_BYTES:
                part = _video_part(request, data=await asyncio.to_thread(request.video.read_bytes))
                return await _generate(client, request, [part], config)
            async with uploaded(client, request.video, self._clock) as uri:
                return await _generate(client, request, [_video_part(request, uri=uri)], config)
        except CallFailed:
            raise
        except Exception as exc:  # every way in which the SDK and its HTTP client fail is told apart there
            raise translated(exc, self._clock.now()) from exc

    async def check(self, model: str) -> None:
        """Ask what the model is; see `livemon.vlm.hosted.transport.Wire`."""
        client = await self.client()
        try:
            await client.aio.models.get(model=model)
        except Exception as exc:  # translated once
            raise translated(exc, self._clock.now()) from exc

    async def close(self) -> None:
        """Close the client's connections."""
        client, self._opened = self._opened, None
        if client is not None:
            await client.aio.aclose()
            client.close()

    def _config(self, request: Request) -> types.GenerateContentConfig:
        from google.genai import types

        deadline_ms = math.ceil(max(self._deadlines.of(request), SHORTEST_DEADLINE_S) * 1000)
        return generate_config(request, types.HttpOptions(timeout=deadline_ms))


def make_client(api_key: str, base_url: str) -> genai.Client:
    """Return a client that never retries by itself, never follows a redirect with the key, and uses httpx.

    With aiohttp installed, as Jupyter has it, the SDK would use that one, whose time limits and errors are others.
    """
    import httpx2
    from google import genai
    from google.genai import types

    return genai.Client(
        api_key=api_key,
        vertexai=False,
        http_options=types.HttpOptions(
            base_url=base_url,
            api_version=API_VERSION,
            retry_options=types.HttpRetryOptions(attempts=1),
            async_client_args={"transport": httpx2.AsyncHTTPTransport(), "follow_redirects": False},
        ),
    )


def generate_config(request: Request, http_options: types.HttpOptions | None = None) -> types.GenerateContentConfig:
    """Return the options of a request in Gemini's words."""
    from google.genai import types

    options = request.options
    thinking = None
    if options.thinking is not Thinking.DEFAULT:
        thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel(options.thinking.value.upper()))
    return types.GenerateContentConfig(
        http_options=http_options,
        system_instruction=request.instructions,
        response_mime_type="application/json",
        response_schema=types.Schema.model_validate(gemini_schema(request.schema)),
        max_output_tokens=options.max_output_tokens,
        media_resolution=_resolution(request.resolution),
        thinking_config=thinking,
        temperature=options.temperature,
        seed=options.seed,
        automatic_continuation=False,
        service_tier=types.ServiceTier.FLEX if request.tier is ServiceTier.FLEX else None,
    )


def contents(request: Request, parts: list[types.Part]) -> list[types.Content]:
    """Return the one turn of a request; the words stand after the pictures, as Google advises."""
    from google.genai import types

    return [types.Content(role="user", parts=[*parts, types.Part(text=request.text)])]


async def _generate(
    client: genai.Client, request: Request, parts: list[types.Part], config: types.GenerateContentConfig
) -> Reply:
    raw_config = config.model_copy(update={"should_return_http_response": True})
    response = await client.aio.models.generate_content(
        model=request.model, contents=contents(request, parts), config=raw_config
    )
    http = response.sdk_http_response
    assert http is not None, "asked for"
    return read_response(_json_of(http.body or ""), http.headers)


def _json_of(body: str) -> Any:
    try:
        return json.loads(body.removeprefix("\ufeff")) if body else {}
    except (ValueError, RecursionError) as exc:
        raise no_such_server() from exc


def picture_parts(request: Request) -> list[types.Part]:
    """Return the pictures, each after its label when it has one."""
    from google.genai import types

    parts = []
    for picture in request.pictures:
        if picture.label:
            parts.append(types.Part(text=picture.label))
        parts.append(types.Part(inline_data=types.Blob(data=picture.jpeg, mime_type="image/jpeg")))
    return parts


def _video_part(request: Request, *, data: bytes | None = None, uri: str = "") -> types.Part:
    from google.genai import types

    options = request.options
    end_s = options.clip_start_s + request.video_s
    metadata = types.VideoMetadata(
        fps=options.video_fps, start_offset=f"{options.clip_start_s:g}s", end_offset=f"{math.floor(end_s)}s"
    )
    if data is not None:
        return types.Part(inline_data=types.Blob(data=data, mime_type="video/mp4"), video_metadata=metadata)
    return types.Part(file_data=types.FileData(file_uri=uri, mime_type="video/mp4"), video_metadata=metadata)


def _resolution(resolution: MediaResolution) -> types.MediaResolution:
    from google.genai import types

    return types.MediaResolution(f"MEDIA_RESOLUTION_{resolution.value.upper()}")
