"""The files of a report: their names, the folder they are made in, and putting them in place when all are there.

Making them lives in worker.py, the row that points to them in store/reports.py.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.private_files import create, make_folder

MAKING = ".making-"
LEFT_BEHIND = timedelta(hours=6)
"""A working folder this old is of a process that died."""

HTML, PDF, NOTEBOOK = "report.html", "report.pdf", "report.ipynb"
"""Names of the worker's output files."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Paths of a report's files.

    Attributes
    ----------
    folder
        The camera's folder of reports.
    stem
        Prefix of the names of HTML, PDF and notebook.
    clips
        Name of the folder of its clips, which serves the day's reports in all languages.
    """

    folder: Path
    stem: str
    clips: str

    @property
    def html(self) -> Path:
        """The page."""
        return self.folder / f"{self.stem}.html"

    @property
    def pdf(self) -> Path:
        """The page on paper; not always there."""
        return self.folder / f"{self.stem}.pdf"

    @property
    def notebook(self) -> Path:
        """The notebook as it ran."""
        return self.folder / f"{self.stem}.ipynb"

    @property
    def failed(self) -> Path:
        """The notebook as far as it came, when it failed last."""
        return self.folder / f"{self.stem}.failed.ipynb"

    @contextmanager
    def making(self, now: datetime) -> Iterator[Path]:
        """Make a working folder beside the files, which is gone afterwards; what dead processes left goes, too.

        The day's clips are in it already: what footage is not kept any more cannot be cut anew.
        """
        make_folder(self.folder)
        for left in self.folder.glob(f"{MAKING}*"):
            if left.stat().st_mtime < (now - LEFT_BEHIND).timestamp():
                shutil.rmtree(left, ignore_errors=True)
        work = self.folder / f"{MAKING}{uuid.uuid4().hex}"
        try:
            make_folder(work / self.clips)
            for clip in (self.folder / self.clips).glob("*.mp4"):
                _link(clip, work / self.clips / clip.name)
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def place(self, work: Path) -> None:
        """Move what was made over what was there: clips first, the page that links to them last."""
        clips = self.folder / self.clips
        for clip in sorted((work / self.clips).glob("*.mp4")):
            make_folder(clips)
            clip.replace(clips / clip.name)
        if (work / PDF).is_file():
            (work / PDF).replace(self.pdf)
        else:
            self.pdf.unlink(missing_ok=True)  # of the report before
        (work / NOTEBOOK).replace(self.notebook)
        (work / HTML).replace(self.html)
        self.failed.unlink(missing_ok=True)
        self._clear_clips()

    def keep_failed(self, work: Path) -> bool:
        """Keep the notebook as far as it came; False when it never began."""
        try:
            (work / NOTEBOOK).replace(self.failed)
        except OSError:
            return False
        return True

    def remove(self) -> None:
        """Delete all files, and the clips that no other language's page shows."""
        for path in (self.html, self.pdf, self.notebook, self.failed):
            path.unlink(missing_ok=True)
        self._clear_clips()

    def _clear_clips(self) -> None:
        """Remove the clips that no page shows any more."""
        link = re.compile(rf'"{re.escape(self.clips)}/([\w-]+\.mp4)"')
        shown = {name for path in self.folder.glob(f"{self.clips}.*.html") for name in link.findall(_read(path))}
        clips = self.folder / self.clips
        for clip in clips.glob("*.mp4"):
            if clip.name not in shown:
                clip.unlink(missing_ok=True)
        if clips.is_dir() and not any(clips.iterdir()):
            clips.rmdir()


def report_files(folder: Path, day: str, language: str, zone: str) -> ReportFiles:
    """Return the files of a day's report; a date means nothing without its zone, so all their names say it."""
    clips = f"{day}.{zone.replace('/', '-')}"
    return ReportFiles(folder, f"{clips}.{language}", clips)


def files_of(page: Path, language: str) -> ReportFiles:
    """Return the files beside a report's page, whatever names it was made with."""
    stem = page.name.removesuffix(".html")
    return ReportFiles(page.parent, stem, stem.removesuffix(f".{language}"))


def _link(file: Path, name: Path) -> None:
    try:
        name.hardlink_to(file)
    except OSError:  # some file systems have no links
        create(name)
        shutil.copyfile(file, name)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
