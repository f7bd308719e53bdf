"""DailyReporter: has a day's report made in a process of its own, and puts files and row in place when all is well.

A report that fails leaves the one before as it was. When one is due, and that one process makes it, stands in
scheduler.py and report_desk.py; running the notebook in worker.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from livemon.clock import Clock, iso
from livemon.config import Settings, child_environment
from livemon.errors import ReportError
from livemon.reports.day import Day
from livemon.reports.day_report import open_day
from livemon.reports.process_tree import kill_tree
from livemon.reports.row import report_values
from livemon.reports.worker import Message, Order
from livemon.reports.words import Words
from livemon.store import reports
from livemon.store.session import Database

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]
"""Called with how much is done, 0 to 1, and with what is being done."""

NOTEBOOK = "daily_report.ipynb"
MAKING = ".making-"
LEFT_BEHIND = timedelta(hours=6)
"""A working folder this old is of a process that died."""

MOST_STDERR = 4000


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report that was made. Paths are absolute; `pdf_path` is None when there is none, and `no_pdf` says why."""

    camera_id: str
    day: date
    timezone: str
    language: str
    summary: str
    windows_waiting: int
    report_path: Path
    pdf_path: Path | None
    notebook_path: Path
    no_pdf: str = ""


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of a report's files in the camera's folder of reports."""

    stem: str
    clips: str

    @property
    def html(self) -> str:
        return f"{self.stem}.html"

    @property
    def pdf(self) -> str:
        return f"{self.stem}.pdf"

    @property
    def notebook(self) -> str:
        return f"{self.stem}.ipynb"

    @property
    def failed(self) -> str:
        return f"{self.stem}.failed.ipynb"


class DailyReporter:
    """Makes daily reports. Its coroutine runs on any loop, one or more at a time."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock

    async def make(
        self,
        camera_id: str,
        day: date,
        *,
        timezone: str = "",
        language: str = "",
        on_progress: Progress | None = None,
    ) -> MadeReport:
        """Make the report of a local day, today's for what there is of it; the one before is replaced.

        Parameters
        ----------
        timezone, language
            Other ones than the settings say.

        Raises
        ------
        UnknownCamera, ConfigError
            When there is no such camera or zone.
        ReportError
            When the day has not begun, the notebook fails, it takes too long, or the disk refuses: the report before
            is still there, and what the notebook did lies beside it.
        """
        # Read before the notebook does: what lands meanwhile must not count as reported.
        facts, words = await asyncio.to_thread(
            open_day, self._settings, self._database, self._clock.now(), camera_id, day, timezone, language
        )
        names = await asyncio.to_thread(self._names, facts, words)
        folder = self._settings.camera_dir(camera_id).absolute() / "reports"
        work = folder / f"{MAKING}{uuid.uuid4().hex}"
        try:
            await asyncio.to_thread(self._prepare, folder, work)
            no_pdf = await self._work(work, facts, words, names, on_progress)
            made = await asyncio.to_thread(self._place, facts, words, names, work, no_pdf)
        except ReportError as exc:
            kept = await asyncio.to_thread(_keep_failed, work, folder / names.failed)
            raise ReportError(exc.message, f"{exc.hint} {kept}".strip()) from exc
        except OSError as exc:
            raise ReportError(
                f"The report of {day} could not be written: {exc.strerror or exc}.", "Look at the disk of data_dir."
            ) from exc
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        log.info("camera %s: the report of %s lies at %s", camera_id, day, made.report_path)
        return made

    async def _work(
        self, work: Path, day: Day, words: Words, names: _Names, on_progress: Progress | None
    ) -> str:
        """Run the worker to its end; returns why there is no PDF. Nothing of it is left when this ends, however."""
        order = Order(
            notebook=str(self._notebook()),
            parameters={
                "camera_id": day.camera_id,
                "date": day.date.isoformat(),
                "timezone": day.zone.key,
                "language": words.language.value,
                "data_dir": str(self._settings.data_dir.absolute()),
                "clips_dir": str(work / names.clips),
                "now": iso(day.now),
            },
            title=f"{day.camera_name} · {words.date(day.date)}",
            language=words.language.value,
            pdf=self._settings.report.pdf,
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "livemon.reports.worker"),
            cwd=work,
            env=child_environment(
                self._settings,
                JUPYTER_RUNTIME_DIR=str(work / "jupyter"),
                IPYTHONDIR=str(work / "ipython"),
                MPLCONFIGDIR=str(self._settings.data_dir.absolute() / "cache" / "matplotlib"),
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._settings.report.timeout_s):
                return await _follow(process, order, on_progress)
        except TimeoutError as exc:
            raise ReportError(
                f"The report of {day.date} took longer than {self._settings.report.timeout_s:g} s and was stopped.",
                "Give it longer with timeout_s under [report].",
            ) from exc
        finally:
            # Here, not in a thread: a task that is cancelled twice would leave them running.
            kill_tree(process.pid)
            await process.wait()

    def _notebook(self) -> Path:
        """Return the notebook that is run: one's own, or the shipped one of the wheel or of the checkout."""
        own = self._settings.report.notebook
        here = Path(__file__).parent
        for path in (own,) if own else (here / "notebooks" / NOTEBOOK, here.parents[1] / "notebooks" / NOTEBOOK):
            if path.is_file():
                return path.absolute()
        raise ReportError(f"There is no notebook {own or NOTEBOOK}.", "Correct `notebook` under [report].")

    def _names(self, day: Day, words: Words) -> _Names:
        """Return the names of this report's files; those of another zone's report of the same date are not taken."""
        stem = f"{day.date}.{words.language}"
        known = reports.reports(self._database, day.camera_id)
        plain = known["report_path"] == self._relative(day.camera_id, f"{stem}.html")
        if (plain & (known["timezone"] != day.zone.key)).any():
            place = day.zone.key.replace("/", "-")
            return _Names(f"{stem}.{place}", f"{day.date}.{place}")
        return _Names(stem, str(day.date))

    def _relative(self, camera_id: str, name: str) -> str:
        folder = self._settings.camera_dir(camera_id).relative_to(self._settings.data_dir)
        return (folder / "reports" / name).as_posix()

    def _prepare(self, folder: Path, work: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        too_old = (self._clock.now() - LEFT_BEHIND).timestamp()
        for left in folder.glob(f"{MAKING}*"):
            if left.stat().st_mtime < too_old:
                shutil.rmtree(left, ignore_errors=True)
        work.mkdir()
        (self._settings.data_dir / "cache" / "matplotlib").mkdir(parents=True, exist_ok=True)

    def _place(self, day: Day, words: Words, names: _Names, work: Path, no_pdf: str) -> MadeReport:
        """Move the files over the ones before, then write the row."""
        folder = work.parent
        clips = folder / names.clips
        for clip in sorted((work / names.clips).glob("*.mp4")):
            clips.mkdir(exist_ok=True)
            clip.replace(clips / clip.name)
        has_pdf = (work / "report.pdf").is_file()
        for made, name in (("report.pdf", names.pdf), ("report.ipynb", names.notebook), ("report.html", names.html)):
            if (work / made).is_file():
                (work / made).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)  # a PDF of the report before
        (folder / names.failed).unlink(missing_ok=True)
        _clear_clips(clips)
        values = report_values(day, words)
        paths = {
            "report_path": self._relative(day.camera_id, names.html),
            "pdf_path": self._relative(day.camera_id, names.pdf) if has_pdf else "",
            "notebook_path": self._relative(day.camera_id, names.notebook),
        }
        reports.upsert_report(self._database, {**values, **paths, "created_utc": self._clock.now()})
        return MadeReport(
            camera_id=day.camera_id,
            day=day.date,
            timezone=day.zone.key,
            language=words.language.value,
            summary=values["summary"],
            windows_waiting=day.windows_waiting,
            report_path=folder / names.html,
            pdf_path=folder / names.pdf if has_pdf else None,
            notebook_path=folder / names.notebook,
            no_pdf=no_pdf,
        )


async def _follow(process: asyncio.subprocess.Process, order: Order, on_progress: Progress | None) -> str:
    """Give the worker its order and listen; returns why there is no PDF."""
    assert process.stdin and process.stdout and process.stderr, "these are pipes"
    heard = asyncio.create_task(_tail(process.stderr))
    try:
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        async for line in process.stdout:
            message = Message(**json.loads(line))
            if message.failed:
                raise ReportError(f"The notebook of the report failed: {message.failed}")
            if message.finished:
                return message.no_pdf
            if on_progress is not None:
                on_progress(message.share, message.doing)
        said = await heard
        raise ReportError("The process that makes the report ended before its time.", said)
    finally:
        heard.cancel()


async def _tail(stream: asyncio.StreamReader) -> str:
    """Read to the end, which keeps the pipe from filling up; returns the last line."""
    tail = b""
    while block := await stream.read(65536):
        tail = (tail + block)[-MOST_STDERR:]
    lines = tail.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _keep_failed(work: Path, target: Path) -> str:
    """Keep the notebook as far as it came; says where."""
    ran = work / "report.ipynb"
    try:
        ran.replace(target)
    except OSError:
        return ""  # it had not begun
    return f"How far it came is in {target}."


def _clear_clips(clips: Path) -> None:
    """Remove the clips that no report of this date shows any more; one folder serves all its languages."""
    pages = [path.read_text(encoding="utf-8") for path in clips.parent.glob(f"{clips.name}*.html")]
    pages += [path.read_text(encoding="utf-8") for path in clips.parent.glob(f"{clips.name[:10]}.*.html")]
    shown = {name for text in pages for name in re.findall(rf'{re.escape(clips.name)}/([\w-]+\.mp4)"', text)}
    for clip in clips.glob("*.mp4"):
        if clip.name not in shown:
            clip.unlink(missing_ok=True)
    if clips.is_dir() and not any(clips.iterdir()):
        clips.rmdir()
