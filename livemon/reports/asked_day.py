"""Request for a day's report: camera, date, zone and language, checked before anything is read.

Loads no pandas: a process that only orders a report stays small. Reading the day lives in day_report.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from livemon.base.clock import local_day
from livemon.base.datatypes import Language
from livemon.base.errors import ReportError, UnknownCamera
from livemon.base.messages.catalog import languages
from livemon.base.settings.settings import Settings
from livemon.store.cameras import known_cameras
from livemon.store.session import Database


@dataclass(frozen=True, slots=True)
class AskedDay:
    """A day of a camera that there is, in a zone and a language that there are."""

    camera_id: str
    date: date
    zone: ZoneInfo
    language: str


def asked_day(
    settings: Settings,
    database: Database,
    now: datetime,
    camera_id: str,
    wanted: date | str,
    timezone: str = "",
    language: str = "",
) -> AskedDay:
    """Check what is asked for; zone and language are the settings' when empty.

    Raises
    ------
    UnknownCamera, ConfigError, ReportError
        When there is no such camera, zone, language or day, or the day has not begun.
    """
    zone = settings.zone_named(timezone)
    known = known_cameras(database)
    if camera_id not in known:
        raise UnknownCamera(camera_id, known)
    camera = settings.cameras.get(camera_id)
    language = language or settings.report.language or (camera.language if camera else Language.ENGLISH)
    if language not in languages():
        raise ReportError("report.unknown_language", language=language, known=languages())
    try:
        wanted = date.fromisoformat(wanted) if isinstance(wanted, str) else wanted
    except ValueError as exc:
        raise ReportError("report.wrong_date", wanted=wanted) from exc
    if wanted > local_day(now, zone)[0]:
        raise ReportError("report.day_to_come", wanted=wanted, zone=zone.key)
    return AskedDay(camera_id, wanted, zone, str(language))
