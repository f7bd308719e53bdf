"""The routes of the HTTP API, all under /api/live-monitoring, in the same process as the dashboard."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from tornado.web import RequestHandler

from livemon.monitor.monitor import Monitor
from livemon.stream.live.live_playlist import PLAYLIST
from livemon.web.api import (
    analyses,
    audit,
    cameras,
    copies,
    costs,
    documents,
    events,
    health,
    household,
    lab,
    links,
    media,
    notifications,
    playback,
    push,
    reports,
    streams,
    uploads,
    users,
)
from livemon.web.api.base import ApiHandler, NotThere
from livemon.web.api.guard import API_ROOT, LINKS, Guarded
from livemon.web.api.openapi import document
from livemon.web.api.operation import JSON, Scope, operation, operation_of
from livemon.web.api.relay import Relay

Route = tuple[str, type[RequestHandler], dict[str, Any]]

PARTS = {
    "camera_id": r"[^/]+",
    "window": r"[0-9TZ:.+-]+",
    "event_id": r"[0-9]{1,18}",
    "call_id": r"[0-9]{1,18}",
    "link_id": links.LINK_ID,
    "token_id": r"[0-9]{1,18}",
    "user_name": r"[^/]+",
    "recipient": r"[^/]+",
    "reply": r"[0-9A-Za-z._-]{10,300}",
    "upload_id": uploads.ID,
    "clip_id": lab.ID,
    "segment": r"seg_[0-9A-Za-z._]+\.ts",
    "past_segment": r"(?:segment_[0-9a-z_-]+/)?seg_[0-9A-Za-z._]+\.ts",
    "thumbnail": r"[0-9]{8}/[0-9A-Za-z._]+\.jpg",
    "archive": r"segment_[0-9]{8}_[0-9]{6}(?:_[0-9]+)?\.mp4",
    "report_file": r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}/)?[0-9A-Za-z][0-9A-Za-z._-]*\.(?:html|pdf|ipynb|mp4)",
    "asset": r"docs\.bundle\.(?:js|css)",
    "app_file": r"(?:livemon|dashboard)\.webmanifest|(?:icon-192|icon-512|maskable-512|apple-touch-icon|favicon)\.png"
    r"|worker\.js",
}
"""Pattern of each variable part of an address."""

WORKER_POLICY = "default-src 'none'; connect-src 'self'; img-src 'self'"
"""The worker posts answers to this livemon, and asks for nothing else."""
ICONS = Path(__file__).parent.parent / "icons"
INSTALL_TYPES = {".webmanifest": "application/manifest+json", ".png": "image/png", ".js": "text/javascript"}


class InstallFilesHandler(ApiHandler):
    """/install/{app_file}: what a browser installs the pages with (web/pages/shell/pwa.py names it in their heads).

    Open to all: browsers ask for it without a cookie, and it says nothing about the house.
    """

    media = "*/*"

    @operation("A manifest, icon or worker, to install the pages as an app", None, scope=Scope.OWN, media="*/*")
    async def get(self, name: str) -> None:
        """Answer with a file; browsers may keep it for a day."""
        path = ICONS / name
        self.set_header("Content-Type", INSTALL_TYPES[path.suffix])
        self.set_header("Cache-Control", "public, max-age=86400")
        if path.suffix == ".js":
            self.set_header("Cache-Control", "no-cache")  # browsers look for a newer worker; no cache hides it
            self.set_header("Content-Security-Policy", WORKER_POLICY)
        self.write(await self.blocking(path.read_bytes))


ROUTES: tuple[tuple[str, type[Guarded]], ...] = (
    ("/start-hls-stream/{camera_id}", streams.StartStreamHandler),
    ("/stop-hls-stream/{camera_id}", streams.StopStreamHandler),
    ("/pause/{camera_id}", streams.PauseHandler),
    ("/stream-status/{camera_id}", streams.StatusHandler),
    ("/cameras", cameras.CamerasHandler),
    ("/cameras/{camera_id}", cameras.OneCameraHandler),
    ("/cameras/{camera_id}/changes", cameras.CameraChangesHandler),
    ("/cameras/{camera_id}/zone-rule-trial", cameras.RuleTrialHandler),
    ("/cameras/{camera_id}/latest.jpg", playback.LatestHandler),
    ("/reset/{camera_id}", cameras.ResetHandler),
    (f"/hls/{{camera_id}}/{PLAYLIST}", media.LivePlaylistHandler),
    ("/hls/{camera_id}/{segment}", media.SegmentsHandler),
    ("/thumbnails/{camera_id}/{thumbnail}", media.ThumbnailsHandler),
    ("/archives/{camera_id}", media.ArchivesHandler),
    ("/archives/{camera_id}/{archive}", media.ArchiveFilesHandler),
    ("/playback/{camera_id}.m3u8", playback.PlaybackHandler),
    ("/playback/{camera_id}/{past_segment}", playback.PlaybackSegmentsHandler),
    ("/frames/{camera_id}.jpg", playback.FramesHandler),
    ("/clips/{camera_id}.mp4", playback.ClipsHandler),
    ("/sheets/{camera_id}.jpg", playback.SheetsHandler),
    ("/lab/{clip_id}.m3u8", lab.ClipPlaylistHandler),
    ("/lab/{clip_id}/{segment}", lab.ClipSegmentsHandler),
    ("/events", events.AllEventsHandler),
    ("/events/{camera_id}", events.EventsHandler),
    ("/events/{camera_id}/latest", events.LatestEventHandler),
    ("/events/{camera_id}/{event_id}", events.OneEventHandler),
    ("/events/{camera_id}/{event_id}/clip.mp4", events.EventClipHandler),
    ("/stats/{camera_id}", events.StatsHandler),
    ("/copies", copies.CopiesHandler),
    ("/costs/{camera_id}", costs.CostsHandler),
    ("/calls/{camera_id}", costs.CallsHandler),
    ("/calls/{camera_id}/{call_id}", costs.CallHandler),
    ("/segment-analyses/{camera_id}", analyses.SegmentAnalysesHandler),
    ("/segment-analyses/{camera_id}/{window}", analyses.OneSegmentAnalysisHandler),
    ("/segment-analyses/{camera_id}/{window}/retry", analyses.RetryAnalysisHandler),
    ("/hourly-analyses/{camera_id}", analyses.HourlyAnalysesHandler),
    ("/list-segment-files/{camera_id}", analyses.SegmentFilesHandler),
    ("/list-hourly-files/{camera_id}", analyses.HourlyFilesHandler),
    ("/day/{camera_id}", reports.DayHandler),
    ("/daily-report/{camera_id}", reports.DailyReportHandler),
    ("/daily-reports/{camera_id}/list", reports.DailyReportsHandler),
    ("/daily-reports/{camera_id}/files/{report_file}", reports.ReportFilesHandler),
    ("/upload-video", uploads.UploadVideoHandler),
    ("/uploads", uploads.UploadsHandler),
    ("/uploads/{upload_id}", uploads.OneUploadHandler),
    ("/links", links.LinksHandler),
    ("/links/{link_id}", links.OneLinkHandler),
    ("/users", users.UsersHandler),
    ("/users/{user_name}", users.OneUserHandler),
    ("/tokens", users.TokensHandler),
    ("/tokens/{token_id}", users.OneTokenHandler),
    ("/recipients", notifications.RecipientsHandler),
    ("/recipients/{recipient}", notifications.OneRecipientHandler),
    ("/recipients/{recipient}/test", notifications.RecipientTestHandler),
    ("/notifications", notifications.NotificationsHandler),
    ("/household-report", household.HouseholdHandler),
    ("/household-reports/{reply}", household.HouseholdLinkHandler),
    ("/answers/{reply}", notifications.FeedbackHandler),
    ("/answers/{reply}/picture.jpg", notifications.FeedbackPictureHandler),
    ("/push", push.PushSocketHandler),
    ("/push/events", push.PushEventsHandler),
    ("/audit-log", audit.AuditLogHandler),
    ("/healthz", health.HealthzHandler),
    ("/readyz", health.ReadyzHandler),
    ("/metrics", health.MetricsTextHandler),
    ("/openapi.json", documents.OpenApiHandler),
    ("/docs", documents.DocsHandler),
    ("/docs/{asset}", documents.DocsAssetsHandler),
    ("/install/{app_file}", InstallFilesHandler),
)
"""Every address of the API. The role, arguments and answer of each method are declared beside it."""


@cache
def openapi_text() -> str:
    """Return the API's OpenAPI document as text."""
    return json.dumps(document(ROUTES, PARTS), ensure_ascii=False)


class _NoRoute(ApiHandler):
    """Everything else under the API's root."""

    async def prepare(self) -> None:
        """Answer with a problem instead of the dashboard's HTML."""
        raise NotThere("api.no_route", method=self.request.method, path=self.request.path)


def pattern(template: str) -> str:
    """Return a route's template as a regular expression."""
    pieces = re.split(r"\{(\w+)\}", template)
    return "".join(f"({PARTS[piece]})" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))


def linkable(template: str, handler: type[Guarded]) -> bool:
    """Whether a signed link may lead to a route: to files and pictures of one camera."""
    declared = operation_of(handler, "GET")
    return "{camera_id}" in template and declared is not None and declared.media != JSON


def routes(monitor: Monitor) -> list[Route]:
    """Return the Tornado routes for a monitor, ready for `panel.serve(extra_patterns=...)` or `--plugins`."""
    made: list[Route] = []
    relay = Relay(monitor.settings, monitor.clock)
    for template, handler in ROUTES:
        kwargs: dict[str, Any] = {"monitor": monitor, "route": template, "relay": relay}
        if handler is documents.OpenApiHandler:
            kwargs["describe"] = openapi_text
        made.append((API_ROOT + pattern(template), handler, kwargs))
        if linkable(template, handler):
            made.append((f"{API_ROOT}/{LINKS}/[^/]+{pattern(template)}", handler, kwargs))
    return [*made, (f"{API_ROOT}/.*", _NoRoute, {"monitor": monitor})]
