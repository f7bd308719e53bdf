"""The live player as an anywidget for JupyterLab; mounts the same player_core.js as web/pages/parts/player.py.

The stream comes from the kernel's own server, through jupyter-server-proxy.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from livemon.monitor.monitor import Monitor
from livemon.stream.live.live_playlist import PLAYLIST
from livemon.web.api.guard import API_ROOT
from livemon.web.pages.parts.player import built_player
from livemon.web.pages.parts.player_text import PLAYER_WORDS
from livemon.web.server.serve import Server


class PlayerWidget(anywidget.AnyWidget):
    """A camera's live picture in a notebook cell.

    Attributes
    ----------
    status
        From the browser: ``state`` (live, waiting, error, paused, off), ``detail``, ``latency_s``.
    """

    port = traitlets.Int(0).tag(sync=True)
    path = traitlets.Unicode("").tag(sync=True)
    past = traitlets.Unicode("").tag(sync=True)
    camera = traitlets.Unicode("").tag(sync=True)
    zone = traitlets.Unicode("").tag(sync=True)
    words = traitlets.Dict(PLAYER_WORDS).tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Dict().tag(sync=True)

    def __init__(self, monitor: Monitor, **traits: Any) -> None:
        super().__init__(**traits)
        self._monitor = monitor
        self._live = self.path
        monitor.tell(self.refresh)

    def refresh(self) -> None:
        """Show what is now: the picture, or that the camera was stopped or the monitor closed."""
        if not self._monitor.alive:
            self.path, self.past, self.notice = "", "", "The monitor was closed. What was recorded is kept."
        elif self._monitor.camera(self.camera).running:
            self.path, self.notice = self._live, ""
        else:
            self.path, self.notice = "", f"Stopped. Start it again: monitor.start({self.camera!r})"

    @classmethod
    def of(cls, monitor: Monitor, camera_id: str, server: Server) -> PlayerWidget:
        """Return a player of a monitor's camera, served by `server`."""
        camera = monitor.camera(camera_id)
        # Read here and not as a class attribute, so that importing this module needs no built file.
        esm = built_player("jupyter_player").read_text()
        notice = "" if camera.running else f"Start it: monitor.start({camera_id!r})"
        api = API_ROOT.lstrip("/")
        widget: PlayerWidget = cls(
            monitor,
            _esm=esm,
            port=server.port,
            path=f"{api}/hls/{camera_id}/{PLAYLIST}",
            past=f"{api}/playback/{camera_id}.m3u8",
            camera=camera_id,
            zone=monitor.settings.zone_name,
            notice=notice,
        )
        return widget
