"""DayReport: a local day as sections that show themselves in a notebook. The shipped notebook is a page of these.

Opens database and footage by the settings; sections live in render/sections.py, their pictures in render/evidence.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from livemon.base.clock import SystemClock, local_day, require_utc
from livemon.base.settings.settings import Settings, load_settings
from livemon.reports.asked_day import asked_day
from livemon.reports.facts.day import Day, read_day
from livemon.reports.facts.groups import Evidence
from livemon.reports.render import sections
from livemon.reports.render.sections import Section
from livemon.reports.render.text import Words
from livemon.store.session import Database


class DayReport:
    """The report of a day, section by section; a notebook shows each `Section` that ends a cell.

    Attributes
    ----------
    day
        The facts: DataFrames of windows, events, incidents, hours and so on (`livemon.reports.facts.day.Day`).
    words
        Language and zone.
    """

    def __init__(self, day: Day, words: Words, evidence: Mapping[int, Evidence]) -> None:
        self.day = day
        self.words = words
        self._evidence = evidence

    @cached_property
    def title(self) -> Section:
        """Camera, date, the day in a paragraph, and the key numbers."""
        return sections.title(self.day, self.words)

    @cached_property
    def safety(self) -> Section:
        """The safety score through the day."""
        return sections.safety(self.day, self.words)

    @cached_property
    def incidents(self) -> Section:
        """The incidents, the gravest with picture and clip."""
        return sections.incidents(self.day, self.words, self._evidence)

    @cached_property
    def development(self) -> Section:
        """Observations of development, by area."""
        return sections.development(self.day, self.words)

    @cached_property
    def activity(self) -> Section:
        """The day hour by hour."""
        return sections.activity(self.day, self.words)

    @cached_property
    def coverage(self) -> Section:
        """Periods that were not monitored."""
        return sections.coverage(self.day, self.words)

    @cached_property
    def costs(self) -> Section:
        """Costs of the models."""
        return sections.costs(self.day, self.words)

    @cached_property
    def models(self) -> Section:
        """The models and prompts that answered."""
        return sections.models(self.day, self.words)


def day_report(
    camera_id: str,
    date: date | str = "",
    *,
    timezone: str = "",
    language: str = "",
    data_dir: str | Path = "data",
    clips_dir: str | Path = "",
    now: datetime | str = "",
) -> DayReport:
    """Return the report of a local day, for a notebook.

    Parameters
    ----------
    date
        The day, as ``2026-11-22``; yesterday when empty.
    timezone, language
        IANA zone and ``en`` or ``ko``; what the settings say when empty.
    data_dir
        Folder of livemon's data.
    clips_dir
        Folder for the clips of incidents, beside the page that links to them; no clips when empty.
    now
        Time that counts as now; the clock's when empty.

    Raises
    ------
    ConfigError
        When a setting is wrong or the zone is unknown.
    UnknownCamera, ReportError
        When the camera is unknown, or the day is out of range.
    """
    settings = load_settings(data_dir=Path(data_dir))
    moment = datetime.fromisoformat(now) if isinstance(now, str) and now else now or SystemClock().now()
    assert isinstance(moment, datetime), "text was read above"
    zone = settings.zone_named(timezone)
    wanted = date or local_day(moment, zone)[0] - timedelta(days=1)
    database = Database(settings.database)
    day, words = open_day(settings, database, require_utc(moment), camera_id, wanted, timezone, language)
    from livemon.reports.render.evidence import gather  # loads OpenCV, which who only reads a day does not need

    return DayReport(day, words, gather(day, settings, database, Path(clips_dir) if clips_dir else None))


def open_day(
    settings: Settings,
    database: Database,
    now: datetime,
    camera_id: str,
    wanted: date | str,
    timezone: str = "",
    language: str = "",
) -> tuple[Day, Words]:
    """Read a day, when there is such a camera, day, zone and language; the settings' when empty."""
    asked = asked_day(settings, database, now, camera_id, wanted, timezone, language)
    hls = settings.camera_dir(camera_id) / "hls"
    return read_day(database, camera_id, asked.date, asked.zone, now, hls), Words(asked.language, asked.zone)
