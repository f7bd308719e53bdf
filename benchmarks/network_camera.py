"""A camera for benchmarks: 1280x720, 25 fps, H.264, 3 Mbit/s, a keyframe every 2 s, sent over HTTP to all who ask.

    python benchmarks/network_camera.py PORT [CLIP]

One ffmpeg plays the clip in real time without encoding; each viewer gets the same packets, as from a camera.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from common import ROOT, demo_clips

CLIP = ROOT / "benchmarks" / "camera_720p.mp4"
ENCODER = "-c:v libx264 -preset veryfast -b:v 3M -maxrate 3M -bufsize 6M -g 50 -sc_threshold 0 -bf 0".split()
WAITING_BYTES = 100_000_000


def camera_clip() -> Path:
    """Return a minute of what an IP camera would send of the demo's playroom, making it when it is not there."""
    if not CLIP.exists():
        listed = CLIP.with_suffix(".ffconcat")
        clips = sorted(demo_clips().glob("*.mp4"))
        listed.write_text("ffconcat version 1.0\n" + "".join(f"file '{clip}'\n" for clip in clips))
        look = "fps=25,scale=1280:960,crop=1280:720,noise=alls=6:allf=t,format=yuv420p"
        source = ["-f", "concat", "-safe", "0", "-i", str(listed), "-t", "60", "-vf", look]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *ENCODER, "-an", str(CLIP)], check=True)
        listed.unlink()
    return CLIP


async def serve(port: int, clip: Path) -> None:
    viewers: set[asyncio.StreamWriter] = set()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n")
        writer.transport.set_write_buffer_limits(high=WAITING_BYTES)
        viewers.add(writer)

    await asyncio.start_server(welcome, "127.0.0.1", port)
    command = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(clip), "-c", "copy"]
    sending = await asyncio.create_subprocess_exec(*command, "-f", "mpegts", "pipe:1", stdout=asyncio.subprocess.PIPE)
    assert sending.stdout
    print("ready", flush=True)
    try:
        while chunk := await sending.stdout.read(188 * 512):
            for viewer in list(viewers):
                if viewer.is_closing() or viewer.transport.get_write_buffer_size() > WAITING_BYTES:
                    viewers.discard(viewer)
                    viewer.close()
                else:
                    viewer.write(chunk)
    finally:
        with suppress(ProcessLookupError):
            sending.kill()


class NetworkCamera:
    """The camera as a process of its own, so that it does not count to what is measured."""

    def __init__(self, port: int, clip: Path | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}/camera.ts"
        command = [sys.executable, __file__, str(port), str(clip or camera_clip())]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else camera_clip()))
