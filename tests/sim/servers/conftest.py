"""Stand-ins with a real client each, and the pictures and films that are sent."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from google import genai
from google.genai import types

from livemon.base.clock import FakeClock
from livemon.sim.servers import GeminiServer

MODEL = "gemini-3.5-flash-lite"
# Reading the machine's certificates takes a client longer than the rest of a test; all of this is plain HTTP.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
Ask = Callable[..., types.GenerateContentResponse]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def gemini() -> Iterator[GeminiServer]:
    with GeminiServer() as server:
        yield server


def connect(server: GeminiServer, api_version: str = "v1beta", **options: Any) -> genai.Client:
    http = types.HttpOptions(
        base_url=server.url,
        api_version=api_version,
        client_args={"verify": NO_TLS},
        async_client_args={"verify": NO_TLS, "ssl": NO_TLS},
        **options,
    )
    return genai.Client(api_key="anything", http_options=http)


@pytest.fixture
def client(gemini: GeminiServer) -> Iterator[genai.Client]:
    with connect(gemini) as made:
        yield made


@pytest.fixture
def ask(client: genai.Client) -> Ask:
    """Ask the stand-in; keywords are those of GenerateContentConfig."""

    def ask(contents: Any = "What is there?", *, model: str = MODEL, **config: Any) -> types.GenerateContentResponse:
        return client.models.generate_content(
            model=model, contents=contents, config=types.GenerateContentConfig(**config) if config else None
        )

    return ask


def picture(width: int = 64, height: int = 48, extension: str = ".jpg") -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(extension, noise)[1].tobytes()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    return picture()


@pytest.fixture(scope="session")
def film(video: Path) -> bytes:
    """Two seconds without sound."""
    return video.read_bytes()


@pytest.fixture(scope="session")
def film_with_sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four seconds with sound."""
    path = tmp_path_factory.mktemp("sound") / "sound.mp4"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=4", "-f", "lavfi"]
    command += ["-i", "sine=duration=4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def upload(client: genai.Client, data: bytes, mime: str = "video/mp4", *, wait: bool = True) -> types.File:
    """Upload, and ask until it is no longer PROCESSING."""
    import io

    file = client.files.upload(file=io.BytesIO(data), config=types.UploadFileConfig(mime_type=mime))
    for _ in range(2 if wait else 0):
        file = client.files.get(name=str(file.name))
    return file


def image_part(data: bytes, mime: str = "image/jpeg", **more: Any) -> types.Part:
    return types.Part(inline_data=types.Blob(data=data, mime_type=mime), **more)


def file_part(file: types.File, **more: Any) -> types.Part:
    return types.Part(file_data=types.FileData(file_uri=file.uri, mime_type=file.mime_type), **more)
