"""The demo: a camera of its own over rendered clips, and the week before today, made and not recorded.

Everything of it belongs to the camera `DEMO_CAMERA`, so that it can be told apart on every page, and removed without
touching anything else. The script of the week is sim/scenes/week.py, the banner web/pages/shell/demo_banner.py.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.base.clock import WINDOW, Window, at_local, floor_to, iso, local_day
from livemon.base.datatypes import Archive, EventType, Frame, Image, Observation, Severity
from livemon.base.detections import DetectionSummary, PetKind
from livemon.base.errors import StoreError
from livemon.base.messages.catalog import text
from livemon.base.messages.message import Message, message, system_reason
from livemon.base.private_files import make_folder, write_text
from livemon.base.safety_score import safety_score
from livemon.store import hours, made_week, reviews, writes
from livemon.store.cameras import known_cameras
from livemon.stream.files.archive import archive_name
from livemon.stream.files.frames import write_thumbnail

if TYPE_CHECKING:
    from livemon.monitor.monitor import Monitor
    from livemon.sim.scenes.week import SceneEvent

DEMO_CAMERA = "demo"
SCRIPTED = "scripted (demo)"
"""Stands for the model of the week's answers: none looked."""
MARKER = ".livemon-demo"
"""A file beside the demo's clips: only the demo writes it, so a user's camera called `demo` is never taken for it."""

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1."""

RENDERED, WRITTEN = 0.6, 0.8
"""Shares of the work after which the clips are rendered, and the week's rows written."""
PICTURE_FPS = 5
"""As folders of videos are played: more pictures would be rendered, and thrown away."""
REVIEWED_AFTER = timedelta(hours=1)
LEFT_TO_REVIEW_DAYS = 1
"""Grave events of today and of this many days before it are left to review."""

COPIED_DAYS = 1
"""If files cannot share their bytes, this many days before today have footage: a day is more than half a gigabyte."""

WORDS: dict[str, tuple[str, EventType, Severity]] = {
    "fall": ("possible_fall", EventType.SAFETY, Severity.DANGER),
    "climb": ("climbing", EventType.SAFETY, Severity.WARNING),
    "cat": ("cat_present", EventType.ACTIVITY, Severity.INFO),
    "grown_up": ("person_came", EventType.ACTIVITY, Severity.INFO),
}
"""Kinds of scripted events: kind, type and severity. The words are ``demo.<what>`` and ``demo.<what>_text``."""


@dataclass(frozen=True, slots=True)
class _MadeWindow:
    """A window of the week: when it begins, what kind it is, and how many days before today."""

    start_utc: datetime
    kind: str
    days_back: int


def is_there(monitor: Monitor) -> bool:
    """Return whether the demo's camera is there: a camera that a person called `demo` is another."""
    return DEMO_CAMERA in monitor.camera_registry.cameras and _is_own(monitor)


def make_demo(monitor: Monitor, *, language: str = "en", on_progress: Progress = lambda _share: None) -> None:
    """Render the demo's clips, add its camera, and make the week before today and yesterday's report; blocks.

    Existing data is left as it is, so that an interrupted run is completed. Takes up to a minute.

    Parameters
    ----------
    language
        Of the scripted answers and of the report: a code of the catalogs.

    Raises
    ------
    LivemonError
        When a person's camera or folder has the demo's name, a clip cannot be rendered, the disk refuses, or the report
        cannot be made.
    """
    from livemon.sim.scenes import day, render_clips

    clips_folder = _clips_folder(monitor)
    _take_name(monitor, clips_folder)
    scripts = [replace(clip, fps=PICTURE_FPS) for clip in day.clips()]
    render_clips(scripts, clips_folder, on_progress=lambda share, _what: on_progress(RENDERED * share))
    if not is_there(monitor):
        name = text(message("demo.camera_name"), language)
        monitor.camera_registry.add(
            DEMO_CAMERA, source=str(clips_folder), name=name, language=language, latency="low", autostart=True
        )
    if not made_week.is_made(monitor.database, DEMO_CAMERA, SCRIPTED):
        _make_week(monitor, clips_folder, language)
    on_progress(WRITTEN)
    if monitor.reports(DEMO_CAMERA, 1).empty:
        today = local_day(monitor.clock.now(), monitor.settings.zone)[0]
        monitor.make_report(DEMO_CAMERA, today - timedelta(days=1), language=language)
    on_progress(1.0)


def remove_demo(monitor: Monitor) -> None:
    """Remove the demo's camera, all that is kept of it, and its clips; blocks. Harmless when there is nothing of it.

    Raises
    ------
    StoreError, CameraBusy
        When something cannot be deleted, or another process streams the camera.
    """
    from livemon.sim.scenes.render import clip_names

    if not _is_own(monitor):
        return
    if DEMO_CAMERA in monitor.camera_registry.cameras:
        monitor.camera_registry.remove(DEMO_CAMERA)
    if DEMO_CAMERA in known_cameras(monitor.database):
        monitor.eraser.reset(DEMO_CAMERA, monitor.eraser.confirmation(DEMO_CAMERA))
    folder = _clips_folder(monitor)
    try:
        for name in (*clip_names(), MARKER):  # the marker last: until then the rest is still the demo's
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    except OSError as exc:
        raise StoreError("erase.files_left", camera=DEMO_CAMERA, reason=system_reason(exc)) from exc


def _is_own(monitor: Monitor) -> bool:
    """Return whether the camera called `demo` is the demo's."""
    folder = _clips_folder(monitor)
    own = monitor.settings.cameras.get(DEMO_CAMERA)
    added = own is None or (monitor.camera_registry.is_added(DEMO_CAMERA) and Path(own.source) == folder)
    return added and (folder / MARKER).is_file()


def _take_name(monitor: Monitor, folder: Path) -> None:
    """Mark the folder of the clips as the demo's; refuse when a person's camera or folder has the name."""
    if _is_own(monitor):
        return
    taken = DEMO_CAMERA in monitor.settings.cameras or DEMO_CAMERA in known_cameras(monitor.database)
    try:
        if taken or (folder.is_dir() and any(folder.iterdir())):
            raise StoreError("demo.name_taken", camera=DEMO_CAMERA, folder=folder)
        make_folder(folder)
        write_text(folder / MARKER, "")
    except OSError as exc:
        raise StoreError("demo.week_not_written", reason=system_reason(exc)) from exc


def _clips_folder(monitor: Monitor) -> Path:
    """Return where the demo's clips lie: in the folder whose videos an added camera may play."""
    return monitor.camera_registry.folders[0].absolute() / DEMO_CAMERA


def _make_week(monitor: Monitor, clips_folder: Path, language: str) -> None:
    """Write footage, windows, studies, events and hours of the week."""
    from livemon.sim.scenes.window_files import write_window_files

    windows = list(_windows(monitor))
    folder = monitor.settings.camera_dir(DEMO_CAMERA)
    try:
        make_folder(folder)
        with tempfile.TemporaryDirectory(prefix="demo-", dir=folder) as made:
            files = write_window_files(clips_folder, Path(made))
            archives = _archives(windows, files, folder / "archive")
    except OSError as exc:
        raise StoreError("demo.week_not_written", reason=system_reason(exc)) from exc
    made_week.remove_events(monitor.database, DEMO_CAMERA, SCRIPTED)  # of a making that was interrupted
    _add_events(monitor, windows)
    studies = [_study(window, language) for window in windows]
    made_week.add_windows(monitor.database, archives, studies, monitor.settings.data_dir)
    now = monitor.clock.now()
    for hour in sorted({floor_to(window.start_utc, hours.HOUR) for window in windows}):
        if hour + hours.HOUR <= now:
            hours.compute_hour(monitor.database, DEMO_CAMERA, hour, now)


def _windows(monitor: Monitor) -> Iterator[_MadeWindow]:
    """Yield the windows of the week before today, and those of today that are over, oldest first."""
    from livemon.sim.scenes.week import DAYS, day_windows

    zone, now = monitor.settings.zone, monitor.clock.now()
    today = local_day(now, zone)[0]
    for days_back in range(DAYS, -1, -1):
        for minute, kind in day_windows(days_back):
            local = time(*divmod(minute, 60))
            start_utc = floor_to(at_local(today - timedelta(days=days_back), local, zone), WINDOW)
            if start_utc + WINDOW <= now:
                yield _MadeWindow(start_utc, kind, days_back)


def _archives(windows: list[_MadeWindow], files: dict[str, Path], folder: Path) -> list[Archive]:
    """Give each window a file of its own name; those of a kind share their bytes where the disk can do that."""
    make_folder(folder)
    hashes = {kind: hashlib.sha256(path.read_bytes()).hexdigest() for kind, path in files.items()}
    made = []
    for window in windows:
        source, target = files[window.kind], folder / archive_name(Window(window.start_utc))
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:  # a file system without links has room for the last days only
            if window.days_back > COPIED_DAYS:
                continue
            shutil.copyfile(source, target)
        end_utc = window.start_utc + WINDOW
        seconds = WINDOW.total_seconds()
        made.append(
            Archive(
                DEMO_CAMERA,
                window.start_utc,
                window.start_utc,
                end_utc,
                target,
                round(seconds * PICTURE_FPS),
                target.stat().st_size,
                hashes[window.kind],
                seconds,
                (),
            )
        )
    return made


def _add_events(monitor: Monitor, windows: list[_MadeWindow]) -> None:
    """Write the week's events with their pictures; people have reviewed the older ones."""
    from livemon.sim.scenes.picture import Painter

    painter, pictures = Painter(), dict[tuple[str, str], Image]()
    folder = monitor.settings.camera_dir(DEMO_CAMERA) / "thumbnails"
    for window in windows:
        for one in _told(window):
            if (window.kind, one.what) not in pictures:
                pictures[window.kind, one.what] = painter.frame(one.clip, one.clip_s)
            seen = _observation(window, one)
            shown = write_thumbnail(Frame(DEMO_CAMERA, seen.evidence_utcs[0], pictures[window.kind, one.what]), folder)
            event_id = writes.add_event(
                monitor.database,
                DEMO_CAMERA,
                seen,
                seen.end_utc,
                model=SCRIPTED,
                thumbnail=shown.relative_to(folder).as_posix(),
                detected=_detected(one),
            )
            if window.days_back > LEFT_TO_REVIEW_DAYS and seen.event_type is EventType.SAFETY:
                reviews.review_events(monitor.database, [event_id], {"label": "right"}, seen.end_utc + REVIEWED_AFTER)
    made_week.tell_of_none(monitor.database, DEMO_CAMERA)


def _told(window: _MadeWindow) -> list[SceneEvent]:
    """Return the events of a window: grave ones, and in the first window of an hour one more."""
    from livemon.sim.scenes.week import happenings

    grave = [one for one in happenings(window.kind) if WORDS[one.what][1] is EventType.SAFETY]
    rest = [one for one in happenings(window.kind) if one not in grave]
    if grave or not rest or window.start_utc.minute:
        return grave
    return [rest[window.start_utc.hour % len(rest)]]


def _observation(window: _MadeWindow, one: SceneEvent) -> Observation:
    kind, event_type, severity = WORDS[one.what]
    said = _said(one)
    at = [window.start_utc + timedelta(seconds=seconds) for seconds in (one.start_s, one.end_s, one.picture_s)]
    return Observation(
        kind, event_type, severity, text(said[0]), text(said[1]), 0.9, at[0], at[1], (at[2],), box=one.box, said=said
    )


def _detected(one: SceneEvent) -> DetectionSummary:
    """Return the people and the cat in the event's picture, by its script; the demo's camera has no zones."""
    return DetectionSummary(one.people, (PetKind.CAT,) if one.has_cat else (), ())


def _said(one: SceneEvent) -> tuple[Message, Message]:
    return Message(f"demo.{one.what}"), Message(f"demo.{one.what}_text")


def _study(window: _MadeWindow, language: str) -> dict[str, Any]:
    """Return the scripted study of a window, as a model's would be."""
    from livemon.sim.scenes.week import happenings

    grave = [one for one in happenings(window.kind) if WORDS[one.what][1] is EventType.SAFETY]
    incidents = [_incident(window, one, language) for one in grave]
    score = safety_score(WORDS[one.what][2] for one in grave)
    summary = text(Message(f"demo.study_{window.kind}"), language)
    what = text(Message(f"demo.doing_{window.kind}"), language)
    end_utc = window.start_utc + WINDOW
    result = {
        "view": "clear",
        "summary": summary,
        "safety_score": score,
        "incident_count": len(incidents),
        "incidents": incidents,
        "development": _development(window, language),
        "activities": [{"start_utc": iso(window.start_utc), "end_utc": iso(end_utc), "what": what}],
    }
    return {
        "camera_id": DEMO_CAMERA,
        "window_start_utc": window.start_utc,
        "safety_score": score,
        "incident_count": len(incidents),
        "summary": summary,
        "analysis_result": result,
        "coverage_s": WINDOW.total_seconds(),
        "model": SCRIPTED,
        "cost_usd": 0.0,
        "finished_utc": end_utc + timedelta(minutes=1),
    }


def _incident(window: _MadeWindow, one: SceneEvent, language: str) -> dict[str, Any]:
    kind, _, severity = WORDS[one.what]
    title, evidence = (text(part, language) for part in _said(one))
    return {
        "start_utc": iso(window.start_utc + timedelta(seconds=one.start_s)),
        "end_utc": iso(window.start_utc + timedelta(seconds=one.end_s)),
        "kind": kind,
        "severity": severity.value,
        "title": title,
        "evidence": evidence,
        "confidence": 0.9,
        "box": list(one.box),
    }


def _development(window: _MadeWindow, language: str) -> list[dict[str, Any]]:
    """Return a window's observations of development, once an hour of play: the first clip is the tower of blocks."""
    if window.kind != "play" or window.start_utc.minute:
        return []
    return [
        {
            "at_utc": iso(window.start_utc + timedelta(seconds=8)),
            "area": "fine_motor",
            "level": "emerging",
            "title": text(message("demo.tower"), language),
            "evidence": text(message("demo.tower_text"), language),
        }
    ]
