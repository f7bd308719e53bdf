"""The wall: every camera's live picture at once, in a grid that fits from a phone to a wall screen.

One camera with its events and controls stands in dashboard.py; the player in player.py.
"""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn

from livemon.api.guard import API_ROOT
from livemon.monitor import Monitor
from livemon.stream.live_playlist import PLAYLIST
from livemon.streaming import StreamState
from livemon.ui.player import PlayerPane

WALL_CSS = """
:host { display: grid; gap: 10px; grid-auto-rows: max-content; align-items: start; padding: 14px;
  box-sizing: border-box; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); }
/* Panel's own button to scroll to the newest entry would take the first cell. */
.scroll-button { display: none; }
@media (max-width: 900px) { :host { padding: 8px; gap: 8px; } }
"""


OFFLINE = frozenset({StreamState.STALLED, StreamState.RECONNECTING, StreamState.FAILED})


def live_source(monitor: Monitor, camera_id: str) -> dict[str, Any]:
    """Return a player's `src`, `notice` and `offline` for a camera as it is now."""
    camera = monitor.camera(camera_id)
    running, status = camera.running, camera.status
    return {
        "src": f"{API_ROOT.lstrip('/')}/hls/{camera_id}/{PLAYLIST}" if running else "",
        "notice": status.reason if running and status.state is not StreamState.LIVE else "",
        "offline": running and status.state in OFFLINE,
    }


class Wall(pn.viewable.Viewer):
    """A tile for each camera.

    Parameters
    ----------
    monitor
        The process's monitor; shared by all sessions.
    """

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self._monitor = monitor
        self._players: dict[str, PlayerPane] = {}
        self._tiles = pn.Column(stylesheets=[WALL_CSS], sizing_mode="stretch_width", visible=False)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._tiles

    @property
    def shown(self) -> bool:
        """Whether the wall is what the page shows."""
        return bool(self._tiles.visible)

    def show(self) -> None:
        """Play every camera; called again, bring the tiles up to date."""
        sources = {camera_id: live_source(self._monitor, camera_id) for camera_id in self._monitor.cameras}
        for camera_id, source in sources.items():
            # A browser opens six connections to a server; requests that wait for segments would take them all.
            source["src"] += "?blocking=no" if source["src"] else ""
            if self.shown:
                self._players[camera_id].param.update(**source)
        if not self.shown:
            # Made anew each time: a player that nobody sees would be one that loads.
            self._players = {
                camera_id: PlayerPane(**source, sizing_mode="stretch_width") for camera_id, source in sources.items()
            }
            self._tiles.objects = [self._tile(camera_id) for camera_id in self._players]
            self._tiles.visible = True

    def hide(self) -> None:
        """Take the tiles away."""
        if self.shown:
            self._tiles.visible = False
            self._tiles.objects = []
            self._players = {}

    def _tile(self, camera_id: str) -> pn.Column:
        name = pn.pane.HTML(
            f"<div style='font-weight:600;padding:2px 4px'>{escape(self._monitor.camera(camera_id).name)}</div>",
            sizing_mode="stretch_width",
            margin=0,
        )
        return pn.Column(self._players[camera_id], name, sizing_mode="stretch_width", margin=0)
