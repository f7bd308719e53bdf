"""History: events, analyses and reports of the cameras, read for notebooks, pages and API. Writes nothing.

The live side of a monitor does not belong here (monitor.py), nor SQL (store/).
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.base.clock import Clock, local_day, require_utc
from livemon.base.errors import UnknownCamera
from livemon.base.messages.catalog import ENGLISH, told
from livemon.base.settings.settings import Settings
from livemon.reports.facts.day import Day, read_day
from livemon.store import analyses, event_search, hours, queries, reports
from livemon.store.event_search import EventSearch, read_seen
from livemon.store.session import Database


class History:
    """Reads a database. Its methods block for milliseconds, and may be called from any thread.

    Each raises UnknownCamera when the settings have no such camera, and StoreError when the database refuses.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock

    def events(
        self,
        camera_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        severity: str | None = None,
        event_type: str | None = None,
        seen: str | None = None,
        zone: str = "",
        text: str = "",
        limit: int = 100,
        before_id: int | None = None,
    ) -> pd.DataFrame:
        """Return a camera's events, newest first.

        Parameters
        ----------
        since, until
            Only events that were going on in [since, until).
        seen
            Only events at whose moment the detector found `people`, `pets` or `nobody`, or where it is `unknown`.
        zone
            Only events with a person in a zone of this name, and those about the zone.
        text
            Words that must all be in an event; see `livemon.store.event_search.EventSearch`.
        limit
            At most this many, 1 to 1000.
        before_id
            Only events that come after this one in the list: the cursor to the next page.

        Raises
        ------
        SearchError
            When the text cannot be looked for, or `seen` is another word.
        """
        wanted = EventSearch(
            (self._known(camera_id),),
            severities=(severity,) if severity else (),
            event_types=(event_type,) if event_type else (),
            seen=read_seen(seen) if seen else None,
            zone=zone,
            text=text,
            since=since,
            until=until,
        )
        return event_search.search(self.database, wanted, limit, before_id)

    def archives(
        self, camera_id: str, limit: int = 144, *, since: datetime | None = None, until: datetime | None = None
    ) -> pd.DataFrame:
        """Return a camera's ten-minute archives, newest first; see `livemon.store.queries.archives`."""
        return queries.archives(self.database, self._known(camera_id), limit, since=since, until=until)

    def stats(self, camera_id: str) -> dict[str, Any]:
        """Return a camera's last 24 hours in numbers; see `livemon.store.queries.stats`."""
        return queries.stats(self.database, self._known(camera_id), self.clock.now())

    def segment_analyses(
        self,
        camera_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: str | None = None,
        text: str | None = None,
        limit: int = 144,
        language: str = ENGLISH,
    ) -> pd.DataFrame:
        """Return the analyses of a camera's windows, newest first; see `livemon.store.analyses.segment_analyses`.

        Parameters
        ----------
        language
            In which `error` says why a window was not analysed.
        """
        found = analyses.segment_analyses(
            self.database, self._known(camera_id), since=since, until=until, status=status, text=text, limit=limit
        )
        found["error"] = pd.Series([told(error, language) for error in found["error"]], found.index, dtype="str")
        return found

    def segment_analysis(self, camera_id: str, window_start_utc: datetime) -> dict[str, Any] | None:
        """Return the analysis of one window with all of its stored fields; None when there is none."""
        return analyses.segment_analysis(self.database, self._known(camera_id), require_utc(window_start_utc))

    def hourly_analyses(
        self, camera_id: str, *, since: datetime | None = None, until: datetime | None = None, limit: int = 168
    ) -> pd.DataFrame:
        """Return a camera's hours, newest first; see `livemon.store.hours.hourly_analyses`."""
        return hours.hourly_analyses(self.database, self._known(camera_id), since=since, until=until, limit=limit)

    def day(self, camera_id: str, day: date | None = None, timezone: str = "") -> Day:
        """Return everything about one local day; today when None. See `livemon.reports.facts.day.Day`."""
        zone = self.settings.zone_named(timezone)
        now = self.clock.now()
        hls = self.settings.camera_dir(self._known(camera_id)) / "hls"
        return read_day(self.database, camera_id, day or local_day(now, zone)[0], zone, now, hls)

    def reports(self, camera_id: str, limit: int = 100, *, before: date | None = None) -> pd.DataFrame:
        """Return a camera's daily reports, the newest day first; see `livemon.store.reports.reports`."""
        return reports.reports(self.database, self._known(camera_id), limit, before)

    def report(
        self, camera_id: str, day: date, timezone: str | None = None, language: str | None = None
    ) -> dict[str, Any] | None:
        """Return one daily report with all of its stored fields; None when there is none."""
        return reports.report(self.database, self._known(camera_id), day, timezone, language)

    def path(self, relative: str) -> Path:
        """Return the file that a row names: of an archive, of a report."""
        return self.settings.data_dir / relative

    def _known(self, camera_id: str) -> str:
        if camera_id not in self.settings.cameras:
            raise UnknownCamera(camera_id, sorted(self.settings.cameras))
        return camera_id
