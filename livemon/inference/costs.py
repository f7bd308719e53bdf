"""CostQueries: cost of calls, state of budgets, forecast of a camera; for notebooks, pages, the command line.

Reading only. Calls are admitted in budget.py; the forecast's arithmetic lives in forecast.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from livemon.base.clock import Clock, local_day
from livemon.base.errors import UnknownCamera
from livemon.base.settings.settings import Settings
from livemon.inference.budget import Balance, CameraBudget
from livemon.inference.forecast import forecast
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.store import queries
from livemon.store.session import Database


class CostQueries:
    """Costs of a monitor's cameras. Its methods block briefly, and may be called from any thread."""

    def __init__(
        self, settings: Settings, database: Database, pool: ModelPool, book: PromptRegistry, clock: Clock
    ) -> None:
        self._settings = settings
        self._database = database
        self._pool = pool
        self._book = book
        self._clock = clock

    def spent(self, days: int = 1, camera_id: str | None = None) -> pd.DataFrame:
        """Return the spending of today, or of so many local days with today; see `livemon.store.queries.costs`."""
        now = self._clock.now()
        _, day_start, day_end = local_day(now, self._settings.zone)
        # From noon to noon, so that days of 23 and 25 hours are days too.
        noon = day_start + (day_end - day_start) / 2
        _, since, _ = local_day(noon - timedelta(days=days - 1), self._settings.zone)
        return queries.costs(self._database, since, now + timedelta(seconds=1), camera_id)

    def between(self, since: datetime, until: datetime, camera_id: str | None = None) -> pd.DataFrame:
        """Return the spending in [since, until)."""
        return queries.costs(self._database, since, until, camera_id)

    def calls(self, camera_id: str, limit: int = 100, before_id: int | None = None) -> pd.DataFrame:
        """Return a camera's calls, newest first; see `livemon.store.queries.calls`."""
        return queries.calls(self._database, self._known(camera_id), limit, before_id)

    def call(self, call_id: int) -> dict[str, Any] | None:
        """Return one call with everything that is kept of it: frames, parameters, raw reply; None when unknown."""
        return queries.call(self._database, call_id)

    def balance(self, camera_id: str) -> Balance:
        """Return how a camera's budget stands now."""
        return CameraBudget(self._known(camera_id), self._settings, self._database, self._clock).balance()

    def budget(self, camera_id: str, *, shared: bool = True) -> pd.DataFrame:
        """Return each cap that holds for a camera: ``of``, ``cap_usd``, ``spent_usd``, ``projected_usd``.

        Parameters
        ----------
        shared
            With those of all cameras.
        """
        lines = [line for line in self.balance(camera_id).lines if shared or not line.is_shared]
        rows = [(line.name, line.cap_usd, line.spent_usd, line.projected_usd) for line in lines]
        return pd.DataFrame(rows, columns=["of", "cap_usd", "spent_usd", "projected_usd"])

    def forecast(self, camera_id: str) -> pd.DataFrame:
        """Return a camera's daily cost; see `livemon.inference.forecast.forecast`."""
        camera_id = self._known(camera_id)
        return forecast(camera_id, self._settings, self._pool.main, self._book, self._database, self._clock)

    def _known(self, camera_id: str) -> str:
        if camera_id not in self._settings.cameras:
            raise UnknownCamera(camera_id, sorted(self._settings.cameras))
        return camera_id
