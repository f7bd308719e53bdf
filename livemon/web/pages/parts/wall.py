"""The wall: every camera's live picture at once, in a grid that fits from a phone to a wall screen.

One camera with its events and controls lives in web/pages/live.py; the player in player.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import partial
from html import escape
from math import ceil
from typing import Any
from urllib.parse import urlencode

import panel as pn

from livemon.base.datatypes import Severity
from livemon.base.stream_types import StreamState
from livemon.monitor.monitor import Monitor
from livemon.store import activity, event_search
from livemon.store.event_search import EventSearch, ReviewState
from livemon.stream.live.live_playlist import PLAYLIST
from livemon.web.api.guard import API_ROOT
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr, tr_all, tr_message
from livemon.web.i18n.messages import event_html, tr_event
from livemon.web.pages.parts.event_queue import chip, when_words
from livemon.web.pages.parts.player import PlayerPane
from livemon.web.pages.parts.player_text import PLAYER_WORDS
from livemon.web.pages.parts.states import state_chip

SCREEN = (2560, 1440)
"""Pixels of a wall screen; nearly all have this shape, and the wall then fills them at any size."""

CAPTION_PX, BAR_PX = 60, 70

WALL_CSS = """
:host {{ display: grid; gap: 10px; grid-auto-rows: max-content; align-items: start; padding: 14px;
  box-sizing: border-box;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, max(320px, 100% / {columns} - 10px)), 1fr)); }}
/* Panel's own button to scroll to the newest entry would take the first cell. */
.scroll-button {{ display: none; }}
@media (max-width: 900px) {{ :host {{ padding: 8px; gap: 8px; }} }}
"""


KIOSK_CSS = """
:host {{ display: grid; gap: 12px; padding: 20px; box-sizing: border-box; min-height: 100dvh; align-content: center;
  grid-auto-rows: max-content;
  justify-content: center; grid-template-columns: repeat({columns}, min((100vw - 40px) / {columns} - 12px,
  ((100dvh - 40px) / {rows} - {caption_px}px - 12px) * 4 / 3)); }}
.scroll-button {{ display: none; }}
@media (max-width: 900px) {{ :host {{ grid-template-columns: minmax(0, 1fr); padding: 8px; gap: 8px; }} }}
"""
"""All tiles fit on the screen, at any size; on a phone they stand one below the other."""

KIOSK_CAPTION_PX = 92

KIOSK_TILE_CSS = f"""
:host {{ height: {KIOSK_CAPTION_PX}px; overflow: hidden; }}
.name {{ flex-wrap: nowrap; font-size: 30px; }}
.name b {{ font-weight: 700; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }}
.chip {{ font-size: 20px; padding: 2px 14px; }}
.last {{ font-size: 22px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
"""

KIOSK_COLUMN_CSS = ":host(.danger) { outline: 10px solid #ff2b1f; border-radius: 12px; }"

DANGER_LASTS = timedelta(minutes=10)
"""So long after it was last seen an unreviewed danger has its frame."""

TILE_CSS = """
.name { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; padding: 4px; }
.name a { font-weight: 650; color: inherit; overflow-wrap: anywhere; }
.chip { color: #fff; border-radius: 999px; padding: 1px 9px; font-size: 12px; font-weight: 600; }
.last { padding: 0 4px 4px; font-size: 13px; line-height: 1.4; overflow-wrap: anywhere; }
.spark { height: 17px; width: 96px; margin-left: auto; fill: currentColor; opacity: .76; }
.quiet { opacity: .76; font-variant-numeric: tabular-nums; }
"""

CAPTION: dict[str, Any] = {"stylesheets": [TILE_CSS], "sizing_mode": "stretch_width", "margin": 0}

POSTER_WIDTH = 640
"""Pixels of the picture that stands there while a player connects."""

SPARK_STEP = timedelta(minutes=5)
SPARK_STEPS = 24
"""Two hours, as far as the bar under a picture goes."""

SPARK_FULL = 4
"""A bar is never full for less: one look is not a commotion."""


@dataclass(frozen=True, slots=True)
class TileReading:
    """A camera's newest event, None when it has none; and how often something moved, in each five minutes.

    `danger` is the newest unreviewed danger, however old.
    """

    newest: dict[Any, Any] | None
    motion: tuple[int, ...]
    danger: dict[Any, Any] | None = None


Tiles = Mapping[str, TileReading]

OFFLINE = frozenset({StreamState.STALLED, StreamState.RECONNECTING, StreamState.FAILED})


def columns_for(tiles: int) -> int:
    """Return how many columns at most: as few as let all tiles, four wide and three high, fit on a wall screen."""
    width_px, height_px = SCREEN

    def height_of(columns: int) -> float:
        return BAR_PX + ceil(tiles / columns) * (width_px / columns * 3 / 4 + CAPTION_PX)

    # A little that has to be scrolled is better than tiles a third smaller.
    return next((each for each in range(1, tiles) if height_of(each) <= 1.05 * height_px), max(1, tiles))


def kiosk_columns(tiles: int) -> int:
    """Return in how many columns the tiles are largest on a wall screen, all of them seen."""
    width_px, height_px = SCREEN
    tiles = max(tiles, 1)

    def width_of(columns: int) -> float:
        row_px = (height_px - 40) / ceil(tiles / columns)  # as KIOSK_CSS has it
        return min((width_px - 40) / columns - 12, (row_px - KIOSK_CAPTION_PX - 12) * 4 / 3)

    return max(range(1, tiles + 1), key=width_of)


def dangers_now(monitor: AuthorizedMonitor, tiles: Tiles) -> list[list[Any]]:
    """Return the dangers that have a frame now, [id, words] each."""
    return [
        [int(tile.danger["id"]), f"{monitor.camera(camera_id).name}: {tr_event(tile.danger, 'title')}"]
        for camera_id, tile in tiles.items()
        if tile.danger is not None and _is_fresh(monitor, tile)
    ]


def _is_fresh(monitor: AuthorizedMonitor, tile: TileReading) -> bool:
    return tile.danger is not None and monitor.clock.now() - tile.danger["last_seen_utc"] < DANGER_LASTS


def live_source(monitor: AuthorizedMonitor, camera_id: str) -> dict[str, Any]:
    """Return a player's `src`, `latest`, `notice` and `offline` for a camera as it is now."""
    camera = monitor.camera(camera_id)
    running, status = camera.running, camera.status
    return {
        "src": f"{API_ROOT.lstrip('/')}/hls/{camera_id}/{PLAYLIST}" if running else "",
        "latest": f"{API_ROOT.lstrip('/')}/cameras/{camera_id}/latest.jpg?width={POSTER_WIDTH}" if running else "",
        "notice": tr_message(status.said) if running and status.state is not StreamState.LIVE else "",
        "offline": running and status.state in OFFLINE,
    }


def past_source(camera_id: str) -> dict[str, str]:
    """Return a player's `past`, `frames` and `camera`; without a camera it gets no bar."""
    if not camera_id:
        return {"past": "", "frames": "", "camera": ""}
    api = API_ROOT.lstrip("/")
    return {"past": f"{api}/playback/{camera_id}.m3u8", "frames": f"{api}/frames/{camera_id}.jpg", "camera": camera_id}


class Wall(pn.viewable.Viewer):
    """A tile for each camera.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    only
        The only camera to show; all of them when empty.
    kiosk
        Whether it fills a wall screen: all tiles fit, with large words, a frame at a danger, and no links.
    """

    def __init__(self, monitor: AuthorizedMonitor, *, only: str = "", kiosk: bool = False) -> None:
        super().__init__()
        self._monitor = monitor
        self._only = only
        self._kiosk = kiosk
        self._players: dict[str, PlayerPane] = {}
        self._captions: dict[str, pn.pane.HTML] = {}
        self._columns: dict[str, pn.Column] = {}
        self._empty = pn.Spacer(width=0, height=0, margin=0)  # Bokeh warns of a layout without children
        self._tiles = pn.Column(self._empty, sizing_mode="stretch_width", visible=False)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._tiles

    @property
    def shown(self) -> bool:
        """Whether the page shows the wall."""
        return bool(self._tiles.visible)

    def read(self) -> Tiles:
        """Read the cameras' latest events, once for all sessions; blocks some milliseconds after each change.

        Raises
        ------
        NotLoggedIn, StoreError
            When the user is gone, or the database refuses.
        """

        def tile(camera_id: str, monitor: Monitor) -> TileReading:
            database = monitor.database
            found = event_search.search(database, EventSearch((camera_id,)), limit=1)
            end = monitor.clock.now()
            start = end - SPARK_STEP * SPARK_STEPS
            moved = activity.motion_looks(database, camera_id, start, end)
            counts = activity.counted(moved, start, SPARK_STEP, SPARK_STEPS)
            open_dangers = EventSearch((camera_id,), (Severity.DANGER.value,), state=ReviewState.OPEN)
            danger = event_search.search(database, open_dangers, limit=1)
            newest, grave = (next(iter(rows.to_dict("records")), None) for rows in (found, danger))
            return TileReading(newest, tuple(counts), grave)

        return {each: self._monitor.read((each,), ("tile", each), partial(tile, each)) for each in self._cameras()}

    def _cameras(self) -> list[str]:
        return [each for each in self._monitor.cameras if self._only in ("", each)]

    def show(self, tiles: Tiles) -> None:
        """Play every camera; called again, bring the tiles up to date."""
        sources = {camera_id: live_source(self._monitor, camera_id) for camera_id in self._cameras()}
        for source in sources.values():
            # A browser opens six connections to a server; requests that wait for segments would take them all.
            source["src"] += "?blocking=no" if source["src"] else ""
        if self.shown and list(sources) == list(self._players):
            for camera_id, source in sources.items():
                self._players[camera_id].param.update(**source)
        else:
            # Made anew each time: a player out of sight would load. A tile has no Start; its camera's page has.
            words, zone = tr_all(PLAYER_WORDS) | {"press_start": ""}, self._monitor.zone_name
            self._players = {
                camera_id: PlayerPane(**source, words=words, zone=zone, sizing_mode="stretch_width")
                for camera_id, source in sources.items()
            }
            caption = CAPTION | {"stylesheets": [TILE_CSS, *([KIOSK_TILE_CSS] if self._kiosk else [])]}
            self._captions = {each: pn.pane.HTML("", **caption) for each in self._players}
            self._tiles.stylesheets = [self._style(len(sources))]
            self._tiles.objects = [self._tile(camera_id) for camera_id in self._players] or [self._empty]
            self._tiles.visible = True
        for camera_id, caption in self._captions.items():
            tile = tiles.get(camera_id)
            html = caption_html(self._monitor, camera_id, tile, linked=not self._kiosk)
            if caption.object != html:
                caption.object = html
            if self._kiosk and self._columns[camera_id].css_classes != (
                classes := ["danger"] if tile and _is_fresh(self._monitor, tile) else []
            ):
                self._columns[camera_id].css_classes = classes

    def _style(self, tiles: int) -> str:
        if not self._kiosk:
            return WALL_CSS.format(columns=columns_for(tiles))
        columns = kiosk_columns(tiles)
        return KIOSK_CSS.format(columns=columns, rows=ceil(tiles / columns) or 1, caption_px=KIOSK_CAPTION_PX)

    def hide(self) -> None:
        """Take the tiles away."""
        if self.shown:
            self._tiles.visible = False
            self._tiles.objects = [self._empty]
            self._players, self._captions, self._columns = {}, {}, {}

    def _tile(self, camera_id: str) -> pn.Column:
        parts = (self._players[camera_id], self._captions[camera_id])
        style = [KIOSK_COLUMN_CSS] if self._kiosk else []
        self._columns[camera_id] = pn.Column(*parts, sizing_mode="stretch_width", margin=0, stylesheets=style)
        return self._columns[camera_id]


def caption_html(monitor: AuthorizedMonitor, camera_id: str, tile: TileReading | None, *, linked: bool = True) -> str:
    """Return a tile's words: which camera, what its stream is doing, the newest event, when something moved.

    A fresh danger replaces the newest event where nothing is linked, which is on a wall screen.
    """
    camera = monitor.camera(camera_id)
    colour, word = state_chip(camera.status)
    address = escape("?" + urlencode({"camera": camera_id}), quote=True)
    last = (
        f"<span class='quiet'>{tr('review.no_events_yet')}</span>"
        if tile is None or tile.newest is None
        else _event(tile.newest, monitor.zone)
        if linked
        else _plain_event(tile.danger if tile.danger and _is_fresh(monitor, tile) else tile.newest, monitor.zone)
    )
    name = escape(camera.name)
    named = f"<a href='{address}'>{name}</a>" if linked else f"<b>{name}</b>"
    return (
        f"<div class='name'>{named}"
        f"<span class='chip' style='background:{colour}'>{word}</span>{spark_svg(tile.motion) if tile else ''}</div>"
        f"<div class='last'>{last}</div>"
    )


def spark_svg(counts: Sequence[int]) -> str:
    """Return bars of how often something moved, oldest first."""
    most = max(*counts, SPARK_FULL)
    bars = "".join(
        f"<rect x='{4 * place}' y='{16 - 15 * count / most:.1f}' width='3' height='{15 * count / most:.1f}'/>"
        for place, count in enumerate(counts)
        if count
    )
    words = tr("live.something_moved_times_in", n=sum(counts)) if any(counts) else tr("live.nothing_moved_in_two")
    return (
        f"<svg class='spark' viewBox='0 0 {4 * len(counts)} 17' role='img' aria-label='{words}'><title>{words}</title>"
        f"<path d='M0 16.500H{4 * len(counts)}' stroke='currentColor' stroke-opacity='.3'/>{bars}</svg>"
    )


def _plain_event(event: dict[Any, Any], zone: tzinfo | None) -> str:
    colour, word = chip(event)
    return (
        f"<span class='chip' style='background:{colour}'>{word}</span> {event_html(event, 'title')}"
        f" <span class='quiet'>{escape(when_words(event, zone))}</span>"
    )


def _event(event: dict[Any, Any], zone: tzinfo | None) -> str:
    colour, word = chip(event)
    address = escape("events?" + urlencode({"state": "any", "event": int(event["id"])}), quote=True)
    return (
        f"<span class='chip' style='background:{colour}'>{word}</span> <a href='{address}' style='color:inherit'>"
        f"{event_html(event, 'title')}</a> <span class='quiet'>{escape(when_words(event, zone))}</span>"
    )
