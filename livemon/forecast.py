"""Forecast: what watching a camera will cost in a day, before it starts, and what the budget makes of that.

Tokens and prices are those of the call that would be made; how often that is depends on how much moves, so there are
three days: a still one, a usual one, a busy one, and, when the camera has run, one like yesterday.
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

from livemon.calls import Look, Purpose, Study, Usage
from livemon.clock import WINDOW, Clock
from livemon.config import Settings
from livemon.datatypes import NOT_LIVE, Frame, LookReason
from livemon.prompt_book import PromptBook
from livemon.scene_notes import SceneNotes
from livemon.store.models import VlmCallRow
from livemon.store.session import Database
from livemon.vlm.catalog import Catalog
from livemon.vlm.options import MOST_ON_A_SHEET, StudyInput
from livemon.vlm.provider import Terms, VisionModel

DAY_S = 24 * 3600
USUAL_MOVING = 0.2
"""Share of a day in which something moves before a camera at home: an assumption, until the camera has run."""

USUAL_MOVING_WINDOWS = 0.4
"""Share of a day's windows in which something moves: an assumption, too. Each of their studies takes all it may."""

WINDOWS_A_DAY = 144

OUTPUT_TOKENS = 90
"""Of a look's answer: the scene in a sentence, and now and then an event."""

STUDY_OUTPUT_TOKENS = 350
"""Of a study's answer: a summary, some activities, now and then an incident."""

LEAST_HISTORY = timedelta(hours=1)


class Day(StrEnum):
    """Which day is forecast."""

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
    camera_id: str, settings: Settings, model: VisionModel, book: PromptBook, database: Database, clock: Clock
) -> pd.DataFrame:
    """Return what a camera will cost, a row for each kind of day; blocks for some milliseconds.

    Returns
    -------
    DataFrame
        ``day``, ``looks``, ``studies``, ``model``, ``input_tokens`` and ``output_tokens`` of a look, ``looks_usd`` and
        ``studies_usd`` of a day, ``usd_per_day`` and ``usd_per_month`` of both (NaN when the price is not known), and
        ``cap_usd``, the camera's budget for a day (NaN when there is none).
    """
    look = per_look(camera_id, settings, model, book, clock)
    terms = Terms.of(book.in_use(camera_id, Purpose.STUDY)[0].prompt)
    full = per_study(camera_id, settings, model, terms, clock)
    still = per_study(camera_id, settings, model, terms, clock, MOST_ON_A_SHEET)
    studies = WINDOWS_A_DAY if settings.analysis.enabled else 0
    cap_usd = settings.camera_cap_usd(camera_id)
    counts = {
        Day.STILL: looks_per_day(settings, 0.0, free=look.free),
        Day.USUAL: looks_per_day(settings, USUAL_MOVING, free=look.free),
        Day.BUSY: looks_per_day(settings, 1.0, free=look.free),
    }
    moving = {Day.STILL: 0.0, Day.USUAL: USUAL_MOVING_WINDOWS, Day.BUSY: 1.0, Day.AS_MEASURED: USUAL_MOVING_WINDOWS}
    measured = _measured_looks_per_day(database, camera_id, clock)
    if measured is not None:
        counts[Day.AS_MEASURED] = measured
    look_usd, full_usd, still_usd = (math.nan if one.cost_usd is None else one.cost_usd for one in (look, full, still))
    costs = {
        day: (looks * look_usd, studies * (moving[day] * full_usd + (1 - moving[day]) * still_usd))
        for day, looks in counts.items()
    }
    return pd.DataFrame(
        [
            {
                "day": day.value,
                "looks": round(looks),
                "studies": studies,
                "model": look.model,
                "input_tokens": look.input_tokens,
                "output_tokens": look.output_tokens,
                "looks_usd": costs[day][0],
                "studies_usd": costs[day][1],
                "usd_per_day": sum(costs[day]),
                "usd_per_month": sum(costs[day]) * 30,
                "cap_usd": math.nan if cap_usd is None else cap_usd,
            }
            for day, looks in counts.items()
        ]
    )


def looks_per_day(settings: Settings, moving: float, *, free: bool) -> float:
    """Return how many looks a day has in which something moves for that share of it."""
    as_moved = moving * DAY_S / settings.look_interval_s + (1 - moving) * DAY_S / settings.heartbeat_s
    return as_moved if free else max(DAY_S / settings.heartbeat_s, min(as_moved, settings.looks_per_hour * 24))


def per_look(camera_id: str, settings: Settings, model: VisionModel, book: PromptBook, clock: Clock) -> PerCall:
    """Return what one look of this camera is: its live prompt, as many frames as it takes, today's price."""
    terms = Terms.of(book.in_use(camera_id, Purpose.LOOK)[0].prompt)
    return _per_call(camera_id, settings, model, terms, clock)


def per_study(
    camera_id: str, settings: Settings, model: VisionModel, terms: Terms, clock: Clock, frames: int | None = None
) -> PerCall:
    """Return what the study of one ten-minute window is: of so many moments, or of all of its video.

    Parameters
    ----------
    frames
        As many as the model takes when None: the most that a study can be.
    """
    return _per_call(camera_id, settings, model, terms, clock, frames)


def _per_call(
    camera_id: str, settings: Settings, model: VisionModel, terms: Terms, clock: Clock, frames: int | None = None
) -> PerCall:
    appetite = model.appetite(terms)
    if appetite.free:
        return PerCall(model.name, True, 0, 0, 0.0)
    frames = min(frames or appetite.frames, appetite.frames)
    drawn = min(frames, MOST_ON_A_SHEET)
    blank = np.zeros((appetite.frame_width * 3 // 4, appetite.frame_width, 3), np.uint8)
    now = clock.now()
    shown = tuple(Frame(camera_id, now, blank) for _ in range(drawn))
    scene = SceneNotes(camera_id, settings, clock).now()
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
    cost_usd = None if price is None else price.cost_usd(Usage(tokens, output))
    return PerCall(prepared.model, False, tokens, output, cost_usd)


def _measured_looks_per_day(database: Database, camera_id: str, clock: Clock) -> float | None:
    """Return the looks of the last day, for a whole one; None when there were too few hours of them."""
    now = clock.now()
    query = sa.select(sa.func.count(), sa.func.min(VlmCallRow.called_utc)).where(
        VlmCallRow.camera_id == camera_id,
        VlmCallRow.purpose == Purpose.LOOK.value,
        VlmCallRow.called_utc >= now - timedelta(days=1),
        VlmCallRow.cost_usd > 0,
        VlmCallRow.reason.not_in(NOT_LIVE),
    )
    with database.reading() as connection:
        count, first = connection.execute(query).one()
    if not count or now - first < LEAST_HISTORY:
        return None
    return float(count) * DAY_S / (now - first).total_seconds()
