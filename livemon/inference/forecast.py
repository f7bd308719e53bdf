"""Forecast: daily cost of a camera, before it starts, and the effect of the budget on it.

Tokens and prices are those of the call that would be made. Their number depends on the motion, so there are three days:
a still, a usual and a busy one. When the camera has run there is also one as measured. All are long-run days: the looks
that a camera has saved up when it starts are spent once, and are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
import sqlalchemy as sa

from livemon.base.clock import WINDOW, Clock
from livemon.base.datatypes import NOT_LIVE, Frame, LookReason
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Look, Purpose, Study, Usage
from livemon.base.settings.settings import Settings
from livemon.inference.prompts import PromptRegistry
from livemon.inference.scene import SceneContext
from livemon.store.session import Database
from livemon.store.tables.jobs import RULES, SegmentAnalysis
from livemon.store.tables.recordings import VlmCallRow
from livemon.store.tables.work_status import WorkStatus
from livemon.vlm.catalog import Catalog
from livemon.vlm.options import MOST_ON_A_SHEET, StudyInput
from livemon.vlm.provider import PromptTerms, VisionModel

DAY_S = 24 * 3600
USUAL_MOVING = 0.2
"""Share of a day in which something moves before a camera at home: an assumption, until the camera has run."""

USUAL_MOVING_WINDOWS = 0.4
"""Share of a day's windows in which something moves: an assumption, too. Each of their studies takes all it may."""

FEWEST_WINDOWS = 6
"""So many analysed windows say how many of a day's move."""

WINDOWS_A_DAY = 144

OUTPUT_TOKENS = 90
"""Of a look's answer: the scene in a sentence, and now and then an event."""

STUDY_OUTPUT_TOKENS = 350
"""Of a study's answer: a summary, some activities, now and then an incident."""

LEAST_HISTORY = timedelta(hours=1)


class ForecastDay(StrEnum):
    """Type of the forecast day."""

    STILL = "still"
    USUAL = "usual"
    BUSY = "busy"
    AS_MEASURED = "as measured"


@dataclass(frozen=True, slots=True)
class PerCall:
    """Tokens and cost of one call; `cost_usd` is None when the price is not known.

    A model at the price of 0 is not `free`: it is asked with the care of one that costs.
    """

    model: str
    free: bool
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


def forecast(
    camera_id: str, settings: Settings, model: VisionModel, book: PromptRegistry, database: Database, clock: Clock
) -> pd.DataFrame:
    """Return a camera's cost, a row for each kind of day; blocks for some milliseconds.

    Returns
    -------
    DataFrame
        The columns ``day``, ``looks``, ``studies`` and ``model`` come first, then ``input_tokens`` and
        ``output_tokens`` of a look. ``looks_usd`` and ``studies_usd`` are of a day, ``usd_per_day`` and
        ``usd_per_month`` of both (NaN when the price is unknown). ``cap_usd`` is the camera's budget for a day (NaN
        without one), and ``based_on`` the source of the counts.
    """
    look = per_look(camera_id, settings, model, book, clock)
    terms = PromptTerms.of(book.in_use(camera_id, Purpose.STUDY)[0].prompt)
    terms = replace(terms, tier=settings.study_tier)
    full = per_study(camera_id, settings, model, terms, clock)
    by_rule = settings.analysis.still_by_rule and not full.free
    still = per_study(camera_id, settings, model, terms, clock, MOST_ON_A_SHEET)
    cap_usd = settings.camera_cap_usd(camera_id)
    rows = []
    for kind in _days(database, camera_id, settings, clock, free=look.free):
        studied = kind.moving_windows if by_rule else 1.0
        studies = WINDOWS_A_DAY * studied if settings.analysis.enabled else 0.0
        moving = min(1.0, kind.moving_windows / studied) if studied else 0.0
        looks_usd = kind.looks * _usd(look)
        studies_usd = studies * (moving * _usd(full) + (1 - moving) * _usd(still)) if studies else 0.0
        rows.append(
            {
                "day": kind.day.value,
                "looks": round(kind.looks),
                "studies": round(studies),
                "model": look.model,
                "input_tokens": look.input_tokens,
                "output_tokens": look.output_tokens,
                "looks_usd": looks_usd,
                "studies_usd": studies_usd,
                "usd_per_day": looks_usd + studies_usd,
                "usd_per_month": (looks_usd + studies_usd) * 30,
                "cap_usd": math.nan if cap_usd is None else cap_usd,
                "based_on": kind.based_on,
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of day: its looks, the share of its windows in which something moves, and where both come from."""

    day: ForecastDay
    looks: float
    moving_windows: float
    based_on: Message


def _days(database: Database, camera_id: str, settings: Settings, clock: Clock, *, free: bool) -> list[_Kind]:
    """Return the days that are forecast; blocks briefly."""
    settings = settings.of_camera(camera_id)
    kinds = [
        _Kind(ForecastDay.STILL, looks_per_day(settings, 0.0, free=free), 0.0, message("forecast.nothing_moves")),
        _Kind(
            ForecastDay.USUAL,
            looks_per_day(settings, USUAL_MOVING, free=free),
            USUAL_MOVING_WINDOWS,
            message("forecast.assumed", day=USUAL_MOVING, windows=USUAL_MOVING_WINDOWS),
        ),
        _Kind(ForecastDay.BUSY, looks_per_day(settings, 1.0, free=free), 1.0, message("forecast.everything_moves")),
    ]
    measured = _measured_looks(database, camera_id, clock)
    if measured is None:
        return kinds
    moving, windows = _moving_windows(database, camera_id, clock)
    counted = {"looks": measured.count, "hours": measured.hours}
    if windows:
        based_on = message("forecast.measured_windows", **counted, windows=windows)
    else:
        based_on = message("forecast.assumed_windows", **counted, moving=USUAL_MOVING_WINDOWS)
    return [*kinds, _Kind(ForecastDay.AS_MEASURED, measured.per_day(settings), moving, based_on)]


def _usd(call: PerCall) -> float:
    return math.nan if call.cost_usd is None else call.cost_usd


def looks_per_day(settings: Settings, moving: float, *, free: bool) -> float:
    """Return how many looks a day has in which something moves for that share of it."""
    as_moved = moving * DAY_S / settings.look_interval_s + (1 - moving) * DAY_S / settings.heartbeat_s
    return as_moved if free else max(DAY_S / settings.heartbeat_s, min(as_moved, settings.looks_per_hour * 24))


def per_look(camera_id: str, settings: Settings, model: VisionModel, book: PromptRegistry, clock: Clock) -> PerCall:
    """Return what one look of this camera is: its live prompt, as many frames as it takes, today's price."""
    terms = PromptTerms.of(book.in_use(camera_id, Purpose.LOOK)[0].prompt)
    return _per_call(camera_id, settings, model, terms, clock)


def per_study(
    camera_id: str, settings: Settings, model: VisionModel, terms: PromptTerms, clock: Clock, frames: int | None = None
) -> PerCall:
    """Return the study of one ten-minute window: of so many moments, or of all of its video.

    Parameters
    ----------
    frames
        As many as the model takes when None: the most that a study can be.
    """
    return _per_call(camera_id, settings, model, terms, clock, frames)


def _per_call(
    camera_id: str, settings: Settings, model: VisionModel, terms: PromptTerms, clock: Clock, frames: int | None = None
) -> PerCall:
    appetite = model.appetite(terms)
    if appetite.free:
        return PerCall(model.name, True, 0, 0, 0.0)
    frames = min(frames or appetite.frames, appetite.frames)
    drawn = min(frames, MOST_ON_A_SHEET)
    blank = np.zeros((appetite.frame_width * 3 // 4, appetite.frame_width, 3), np.uint8)
    now = clock.now()
    shown = tuple(Frame(camera_id, now, blank) for _ in range(drawn))
    scene = SceneContext(camera_id, settings, clock).now()
    question: Look | Study = Look(camera_id, LookReason.INTERVAL, shown, scene)
    study = terms.prompt.purpose is Purpose.STUDY
    if study:
        question = Study(camera_id, now, WINDOW.total_seconds(), shown, scene=scene)
    prepared = model.prepare(question, terms)
    entry = Catalog.of(settings.prices).entry(prepared.model)
    request = prepared.request
    if request is not None:
        # All sheets are worth the same; drawing one is enough.
        request = replace(request, pictures=request.pictures * math.ceil(frames / drawn))
    if request is not None and study and terms.options.study_input is StudyInput.VIDEO:
        request = replace(request, video=Path("not read"), video_s=WINDOW.total_seconds())
    tokens = request.input_tokens(entry) if request is not None else 0
    output = STUDY_OUTPUT_TOKENS if study else OUTPUT_TOKENS
    price = entry.price(now.date())
    factor = 1.0 if request is None else entry.tier_factor(request.tier)
    cost_usd = None if price is None else price.cost_usd(Usage(tokens, output), factor)
    return PerCall(prepared.model, False, tokens, output, cost_usd)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Paid looks of the last day, since the first of them; `heartbeats` are those that found nothing moving."""

    count: int
    heartbeats: int
    hours: float

    def per_day(self, settings: Settings) -> float:
        """Return the looks of a day that goes on like this.

        The long-run limit holds for all but heartbeats: what is above it was saved up before, and is spent once.
        """
        moved = min((self.count - self.heartbeats) / self.hours, settings.looks_per_hour)
        return max(DAY_S / settings.heartbeat_s, 24 * (moved + self.heartbeats / self.hours))


def _measured_looks(database: Database, camera_id: str, clock: Clock) -> _Measured | None:
    """Return the looks of the last day; None when there were too few hours of them."""
    now = clock.now()
    heartbeat = sa.case((VlmCallRow.reason == LookReason.HEARTBEAT.value, 1), else_=0)
    query = sa.select(sa.func.count(), sa.func.sum(heartbeat), sa.func.min(VlmCallRow.called_utc)).where(
        VlmCallRow.camera_id == camera_id,
        VlmCallRow.purpose == Purpose.LOOK.value,
        VlmCallRow.called_utc >= now - timedelta(days=1),
        VlmCallRow.cost_usd > 0,
        VlmCallRow.reason.not_in(NOT_LIVE),
    )
    with database.reading() as connection:
        count, heartbeats, first = connection.execute(query).one()
    if not count or now - first < LEAST_HISTORY:
        return None
    return _Measured(int(count), int(heartbeats), (now - first).total_seconds() / 3600)


def _moving_windows(database: Database, camera_id: str, clock: Clock) -> tuple[float, int]:
    """Return the share of the last day's analysed windows in which something moved, and how many they are.

    The usual share, and 0, when they are too few, or none was left to the rule.
    """
    now = clock.now()
    by_rule = sa.case((SegmentAnalysis.model.in_(RULES), 1), else_=0)
    query = sa.select(sa.func.count(), sa.func.sum(by_rule)).where(
        SegmentAnalysis.camera_id == camera_id,
        SegmentAnalysis.window_start_utc >= now - timedelta(days=1),
        SegmentAnalysis.status == WorkStatus.COMPLETED.value,
    )
    with database.reading() as connection:
        windows, still = connection.execute(query).one()
    if windows < FEWEST_WINDOWS or not still:
        return USUAL_MOVING_WINDOWS, 0
    return 1 - still / windows, int(windows)
