"""LiveProcess: one ffmpeg with its three pipes, from spawning to its certain end.

The meaning of its output lives in live/hls.py, its command in live/ffmpeg_command.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import signal
from collections import deque
from collections.abc import Callable

from livemon.base.private_files import CHILD_UMASK
from livemon.base.settings.settings import tool_environment
from livemon.stream.sandbox import LIVE, limited

STOP_TIMEOUT_S = 5.0
REMEMBERED_LINES = 20
TICKS_PER_S = 90_000
"""MPEG-TS timestamps (ISO/IEC 13818-1 section 2.4.3.6); the unit of the muxer's complaint below."""

# ffmpeg 5 says "Non-monotonous DTS in output stream 0:0; previous", ffmpeg 7 "Non-monotonic DTS; previous".
BACKWARD_JUMP = re.compile(r"Non-monoton(?:ous|ic) DTS.*; previous: (-?\d+), current: (-?\d+)")
NO_SPACE = os.strerror(errno.ENOSPC)
NOISE = re.compile(r"^\[[^\]@]+ @ 0x[0-9a-f]+\] ")
LEVEL = re.compile(r"^\[([a-z]+)\] *")
SMALL_TALK = ("info", "verbose", "debug", "trace")

INPUT_STREAM = re.compile(r"Stream #0:(\d+)\S*: ((?:Video|Audio): .*)")
RATES = re.compile(r", (?:[\d.]+k? (?:fps|tbr|tbn|tbc|kb/s)|start -?[\d.]+)")
"""Of the same camera they differ from run to run, as they are estimated."""
DESCRIBED = ("Stream mapping:", "Output #0")
"""ffmpeg has told all of its input when it says this."""
DESCRIBED_WITHIN_S = 2.0


class LiveProcess:
    """A running ffmpeg.

    Attributes
    ----------
    stdin, stdout
        Its pipes; standard error is drained here.
    backward_jump_s
        By how much its input's timestamps went back, at most; 0.0 when they never did. The muxer squeezes the footage
        after such a jump into no time, so the run is worthless from then on.
    disk_full
        Whether it complained that there is no space left.
    input_streams
        Description of its input, a text for each stream of pictures or sound, without rates; complete when `described`
        is set.
    """

    def __init__(self, process: asyncio.subprocess.Process, redact: Callable[[str], str]) -> None:
        assert process.stdin and process.stdout and process.stderr
        self._process = process
        self._redact = redact
        self._said: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self.stdin = process.stdin
        self.stdout = process.stdout
        self.backward_jump_s = 0.0
        self.disk_full = False
        self.input_streams: tuple[str, ...] = ()
        self.described = asyncio.Event()
        self._drain = asyncio.create_task(self._keep_last_lines(process.stderr))

    @classmethod
    async def spawn(cls, command: list[str], redact: Callable[[str], str] = lambda text: text) -> LiveProcess:
        """Start a command; see `spawn`."""
        return cls(await spawn(command, stdin=asyncio.subprocess.PIPE), redact)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code; None while it runs. It says nothing about a live source: a dead camera ends with 0."""
        return self._process.returncode

    @property
    def last_words(self) -> str:
        """Last messages of ffmpeg, without credentials and memory addresses."""
        return self._said[-1] if self._said else "it said nothing"

    async def description(self) -> tuple[str, ...]:
        """Return `input_streams` of an ffmpeg that writes already; empty when it does not tell of them."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DESCRIBED_WITHIN_S):
                await self.described.wait()
        return self.input_streams if self.described.is_set() else ()

    async def end(self) -> None:
        """Let it finish its last segment, then make sure that it is gone; its standard output is at its end then."""
        # Not send_signal: it would collect an exit that asyncio waits for, and asyncio would complain of it.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)
                # A stopped process (SIGSTOP) hears SIGTERM only when it goes on.
                os.kill(self._process.pid, signal.SIGCONT)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        self.stdin.close()
        with contextlib.suppress(ConnectionError):  # asyncio complains of it otherwise
            await self.stdin.wait_closed()
        await asyncio.wait([self._drain], timeout=STOP_TIMEOUT_S)
        self._drain.cancel()

    async def _keep_last_lines(self, stderr: asyncio.StreamReader) -> None:
        """Keep ffmpeg's last lines and never let its pipe fill up."""
        while True:
            try:
                line = await stderr.readline()
            except ValueError:  # a line longer than the reader's buffer: dropped, and on
                continue
            if not line:
                return
            text = NOISE.sub("", line.decode(errors="replace").strip())
            level = LEVEL.match(text)
            text = LEVEL.sub("", text)
            if level and level[1] in SMALL_TALK:
                self._hear(text)
                continue
            self.disk_full = self.disk_full or NO_SPACE in text
            jump = BACKWARD_JUMP.search(text)
            if jump:
                self.backward_jump_s = max(self.backward_jump_s, (int(jump[1]) - int(jump[2])) / TICKS_PER_S)
            elif text:
                self._said.append(self._redact(text))

    def _hear(self, text: str) -> None:
        """Take in a line that is not a complaint."""
        if text.startswith(DESCRIBED):
            self.described.set()
        elif not self.described.is_set() and (stream := INPUT_STREAM.match(text)):
            self.input_streams += (f"{stream[1]} {RATES.sub('', stream[2])}",)


async def spawn(command: list[str], *, stdin: int = asyncio.subprocess.DEVNULL) -> asyncio.subprocess.Process:
    """Start a command with pipes and the limits of a live ffmpeg; a cancellation meanwhile ends it before going on.

    asyncio itself would wait for ever for a process whose creation is cancelled half-way. In Python 3.11, `_wait` needs
    all three pipes, which are not there yet.
    """
    spawning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *limited(command, LIVE, network=True),
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # A terminal's Ctrl-C goes to its whole process group; stopping is ours to order.
            start_new_session=True,
            umask=CHILD_UMASK,
            env=tool_environment(),
        )
    )
    try:
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        await asyncio.wait([spawning])
        if spawning.exception() is None:
            await kill(spawning.result())
        raise


async def kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process that may be gone already, and wait for its end; its pipes are read, or that would not come."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate()
