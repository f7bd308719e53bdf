"""DailyReporter: has a day's report made in a process of its own, and puts files and row in place when all is well.

A report that fails leaves the one before as it was. Due times, and the choice of one process, live in jobs/scheduler.py
and jobs/report_jobs.py; running the notebook in worker.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from livemon.base.clock import Clock, iso
from livemon.base.errors import ReportError
from livemon.base.messages.message import Told, system_reason
from livemon.base.private_files import CHILD_UMASK, make_folder
from livemon.base.settings.settings import Settings, child_environment
from livemon.base.tasks import run_to_completion
from livemon.reports.asked_day import AskedDay, asked_day
from livemon.reports.making.files import ReportFiles, files_of, report_files
from livemon.reports.making.kill import MARK, kill_marked
from livemon.reports.making.read_row import ReadRow, RowOrder, read_answer
from livemon.reports.making.worker import Order, WorkerMessage
from livemon.store.session import Database

log = logging.getLogger(__name__)

Progress = Callable[[float, Told], None]
"""Called with how much is done, 0 to 1, and with what is being done."""

SHIPPED = "daily_report.ipynb"
MOST_STDERR = 4000
MOST_ROW_BYTES = 2**20
"""Of one line of progress; a row is read to its end, however long."""
LAST_WORDS_S = 2.0
"""The last output of an ended worker is read within this."""


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report that was made. Paths are absolute; `pdf_path` is None when there is no PDF, and `no_pdf` says why."""

    camera_id: str
    day: date
    timezone: str
    language: str
    summary: str
    windows_waiting: int
    report_path: Path
    pdf_path: Path | None
    notebook_path: Path
    no_pdf: Told = ""


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
            When the day has not begun, the notebook fails, it takes too long, or the disk refuses. The report before is
            still there, and the notebook as far as it came lies beside it.
        """
        now = self._clock.now()
        asked = await asyncio.to_thread(
            asked_day, self._settings, self._database, now, camera_id, day, timezone, language
        )
        folder = self._settings.camera_dir(camera_id).absolute() / "reports"
        files = report_files(folder, str(day), asked.language, asked.zone.key)
        try:
            with files.making(now) as work:
                try:
                    values, no_pdf = await self._work(work, asked, now, files, on_progress)
                except ReportError as exc:
                    if not files.keep_failed(work):
                        raise
                    raise ReportError("report.failed_kept", cause=exc.said, notebook=files.failed) from exc
                await asyncio.to_thread(files.place, work)
        except OSError as exc:
            reason = system_reason(exc)
            raise ReportError("report.day_not_written", day=day, reason=reason) from exc
        made = await asyncio.to_thread(self._record, values, asked, files, no_pdf)
        log.info("camera %s: the report of %s lies at %s", camera_id, day, made.report_path)
        return made

    async def _work(
        self, work: Path, asked: AskedDay, now: datetime, files: ReportFiles, on_progress: Progress | None
    ) -> tuple[dict[str, Any], Told]:
        """Read the day and run the worker to its end; returns the row's values, and why there is no PDF.

        However this ends, no process of it is left.
        """
        cache = self._settings.data_dir.absolute() / "cache" / "matplotlib"
        make_folder(cache)
        data_dir = str(self._settings.data_dir.absolute())
        about = {"camera_id": asked.camera_id, "date": asked.date.isoformat(), "timezone": asked.zone.key}
        about |= {"language": asked.language, "data_dir": data_dir, "now": iso(now)}
        environment = child_environment(
            self._settings,
            JUPYTER_RUNTIME_DIR=str(work / "jupyter"),
            IPYTHONDIR=str(work / "ipython"),
            MPLCONFIGDIR=str(cache),
            **{MARK: str(work)},
        )
        longest_s = self._settings.report.timeout_s
        processes = []
        try:
            async with asyncio.timeout(longest_s):
                # Both load what they need at the same time; the worker waits for its order.
                for module in ("read_row", "worker"):
                    processes.append(await _started(module, work, environment))
                reader, worker = processes
                # Read before the notebook does: what lands meanwhile must not count as reported.
                row = await _read_row(reader, RowOrder(**about))
                parameters = about | {"clips_dir": str(work / files.clips)}
                order = Order(
                    str(self._notebook()), parameters, row.title, asked.language, pdf=self._settings.report.pdf
                )
                return row.values, await _follow(worker, order, on_progress)
        except TimeoutError as exc:
            raise ReportError("report.took_too_long", date=asked.date, longest_s=longest_s) from exc
        finally:
            # To its end: a task that is cancelled twice must not leave them running.
            await run_to_completion(asyncio.to_thread(kill_marked, work))
            for process in processes:
                await process.wait()

    def _notebook(self) -> Path:
        """Return the notebook that is run: one's own, or the shipped one of the wheel or of the checkout."""
        own = self._settings.report.notebook
        here = Path(__file__).parents[1]
        for path in (own,) if own else (here / "notebooks" / SHIPPED, here.parents[1] / "notebooks" / SHIPPED):
            if path.is_file():
                return path.absolute()
        raise ReportError("report.no_notebook", notebook=own or SHIPPED)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._settings.data_dir.absolute()).as_posix()

    def _record(self, values: dict[str, Any], asked: AskedDay, files: ReportFiles, no_pdf: Told) -> MadeReport:
        """Write the row; files that an older livemon named otherwise go."""
        from livemon.store import reports  # loads pandas, when what takes memory has ended

        before = reports.report(self._database, asked.camera_id, asked.date, asked.zone.key, asked.language)
        pdf = files.pdf if files.pdf.is_file() else None
        reports.upsert_report(
            self._database,
            {
                **values,
                "report_path": self._relative(files.html),
                "pdf_path": self._relative(pdf) if pdf else "",
                "notebook_path": self._relative(files.notebook),
                "created_utc": self._clock.now(),
            },
        )
        if before is not None and before["report_path"] != self._relative(files.html):
            files_of(self._settings.data_dir.absolute() / before["report_path"], asked.language).remove()
        return MadeReport(
            camera_id=asked.camera_id,
            day=asked.date,
            timezone=asked.zone.key,
            language=asked.language,
            summary=values["summary"],
            windows_waiting=values["windows_waiting"],
            report_path=files.html,
            pdf_path=pdf,
            notebook_path=files.notebook,
            no_pdf=no_pdf,
        )


async def _started(module: str, work: Path, environment: dict[str, str]) -> asyncio.subprocess.Process:
    """Start one of the report's processes in its folder."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"livemon.reports.making.{module}"),
        cwd=work,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
        umask=CHILD_UMASK,
        limit=MOST_ROW_BYTES,
    )


async def _read_row(process: asyncio.subprocess.Process, order: RowOrder) -> ReadRow:
    """Have the day read."""
    said, complaints = await process.communicate(json.dumps(asdict(order)).encode() + b"\n")
    if process.returncode or not said:
        lines = complaints.decode(errors="replace").strip().splitlines()
        raise ReportError("report.process_ended", last_words=lines[-1] if lines else "")
    return read_answer(said)


async def _follow(process: asyncio.subprocess.Process, order: Order, on_progress: Progress | None) -> Told:
    """Give the worker its order and listen to it; returns why there is no PDF."""
    assert process.stdin and process.stdout and process.stderr, "these are pipes"
    complaints = bytearray()
    process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
    listening = asyncio.create_task(_listen(process.stdout, on_progress))
    heard = asyncio.create_task(_overhear(process.stderr, complaints))
    ended = asyncio.create_task(_exited(process))
    try:
        await asyncio.wait({listening, ended}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({listening}, timeout=LAST_WORDS_S)
        if not listening.done() or (last := listening.result()) is None:
            lines = complaints.decode(errors="replace").strip().splitlines()
            raise ReportError("report.process_ended", last_words=lines[-1] if lines else "")
        if last.failed:
            raise ReportError("report.failed", failed=last.failed)
        return last.no_pdf
    finally:
        for task in (listening, heard, ended):
            task.cancel()


async def _exited(process: asyncio.subprocess.Process) -> None:
    """Wait until the process has ended; `wait` waits for its pipes, too, which a kernel that outlives it holds open."""
    while process.returncode is None:  # noqa: ASYNC110 (asyncio tells of it in no other way)
        await asyncio.sleep(LAST_WORDS_S / 4)


async def _listen(stream: asyncio.StreamReader, on_progress: Progress | None) -> WorkerMessage | None:
    """Tell how far it is; returns the last message, None when there is none."""
    async for line in stream:
        said = WorkerMessage.from_line(line)
        if said.failed or said.finished:
            return said
        if on_progress is not None:
            on_progress(said.share, said.doing)
    return None


async def _overhear(stream: asyncio.StreamReader, into: bytearray) -> None:
    """Read to the end, which keeps the pipe from filling up, and keep the end of it."""
    while block := await stream.read(65536):
        into += block
        del into[:-MOST_STDERR]
