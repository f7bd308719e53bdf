"""The routes of the HTTP API, all under /api/live-monitoring, in the same process as the dashboard."""

from __future__ import annotations

import re
from typing import Any

from tornado.web import RequestHandler

from livemon.api import analyses, costs, events, media, playback, reports, streams
from livemon.api.base import API_ROOT, ApiHandler, NotThere
from livemon.monitor import Monitor
from livemon.stream.live_playlist import PLAYLIST

Route = tuple[str, type[RequestHandler], dict[str, Any]]

CAMERA = r"([^/]+)"
WINDOW = r"([0-9TZ:.+-]+)"
REPORT_FILE = r"((?:\d{4}-\d\d-\d\d/)?[0-9A-Za-z][0-9A-Za-z._-]*\.(?:html|pdf|ipynb|mp4))"


class _NoRoute(ApiHandler):
    """Everything else under the API's root."""

    async def prepare(self) -> None:
        """Answer with a problem instead of the dashboard's HTML."""
        raise NotThere(
            f"There is no {self.request.method} {self.request.path}.", "The API is described in docs/api.md."
        )


def routes(monitor: Monitor) -> list[Route]:
    """Return the Tornado routes for a monitor, ready for `panel.serve(extra_patterns=...)` or `--plugins`."""
    table: list[tuple[str, type[RequestHandler]]] = [
        (rf"/start-hls-stream/{CAMERA}", streams.StartStream),
        (rf"/stop-hls-stream/{CAMERA}", streams.StopStream),
        (rf"/stream-status/{CAMERA}", streams.Status),
        (r"/cameras", streams.Cameras),
        (rf"/hls/{CAMERA}/{re.escape(PLAYLIST)}", media.LivePlaylist),
        (rf"/hls/{CAMERA}/(seg_[0-9A-Za-z._]+\.ts)", media.Segments),
        (rf"/thumbnails/{CAMERA}/(\d{{8}}/[0-9A-Za-z._]+\.jpg)", media.Thumbnails),
        (rf"/archives/{CAMERA}", media.Archives),
        (rf"/archives/{CAMERA}/(segment_\d{{8}}_\d{{6}}(?:_\d+)?\.mp4)", media.ArchiveFiles),
        (rf"/playback/{CAMERA}\.m3u8", playback.Playback),
        (rf"/playback/{CAMERA}/((?:segment_[0-9a-z_-]+/)?seg_[0-9A-Za-z._]+\.ts)", playback.PlaybackSegments),
        (rf"/frames/{CAMERA}\.jpg", playback.Frames),
        (rf"/clips/{CAMERA}\.mp4", playback.Clips),
        (rf"/sheets/{CAMERA}\.jpg", playback.Sheets),
        (rf"/events/{CAMERA}", events.Events),
        (rf"/events/{CAMERA}/latest", events.LatestEvent),
        (rf"/stats/{CAMERA}", events.Stats),
        (rf"/costs/{CAMERA}", costs.Costs),
        (rf"/calls/{CAMERA}", costs.Calls),
        (rf"/calls/{CAMERA}/(\d{{1,18}})", costs.Call),
        (rf"/segment-analyses/{CAMERA}", analyses.SegmentAnalyses),
        (rf"/segment-analyses/{CAMERA}/{WINDOW}", analyses.OneSegmentAnalysis),
        (rf"/segment-analyses/{CAMERA}/{WINDOW}/retry", analyses.RetryAnalysis),
        (rf"/hourly-analyses/{CAMERA}", analyses.HourlyAnalyses),
        (rf"/list-segment-files/{CAMERA}", analyses.SegmentFiles),
        (rf"/list-hourly-files/{CAMERA}", analyses.HourlyFiles),
        (rf"/day/{CAMERA}", reports.DayHandler),
        (rf"/daily-report/{CAMERA}", reports.DailyReport),
        (rf"/daily-reports/{CAMERA}/list", reports.DailyReports),
        (rf"/daily-reports/{CAMERA}/files/{REPORT_FILE}", reports.ReportFiles),
        (r"/.*", _NoRoute),
    ]
    return [(f"{API_ROOT}{pattern}", handler, {"monitor": monitor}) for pattern, handler in table]
