"""What every answer of the server carries, Panel's pages and files too: headers that browsers protect people by.

The API's own answers set theirs first (api/guard.py); what is set already stays.
"""

from __future__ import annotations

from typing import Any

from tornado.httputil import HTTPHeaders
from tornado.web import Application, OutputTransform

from livemon.api.guard import HTTPS_ONLY
from livemon.monitor import Monitor

PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""Panel writes its pages' scripts inline and compiles code in the browser; what the policy still keeps out is all that
comes from elsewhere: scripts, pictures, connections, frames."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all, browsers send a form without its origin
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": PAGE_POLICY,
}


def harden(application: Application, monitor: Monitor) -> None:
    """Let every answer of a server carry the headers."""
    more = {"Strict-Transport-Security": HTTPS_ONLY} if monitor.settings.access.https else {}

    class Headers(OutputTransform):
        def transform_first_chunk(
            self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
        ) -> tuple[int, HTTPHeaders, bytes]:
            for name, value in {**HEADERS, **more}.items():
                if name not in headers:
                    headers[name] = value
            if "Server" in headers:
                del headers["Server"]  # which version it is concerns nobody
            return status_code, headers, chunk

    application.add_transform(Headers)


def login_for_panel_serve(monitor: Monitor) -> None:
    """Put livemon's login and headers into the server that `panel serve` is about to make.

    Panel offers its command no other way: an `--auth-module` could be forgotten, and the footage would be open.
    """
    from bokeh.server.tornado import BokehTornado

    from livemon.ui.building import build_beside
    from livemon.ui.leaving import let_go_at_once
    from livemon.ui.login import LivemonAuth

    made = BokehTornado.__init__

    def guarded(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **{**kwargs, "auth_provider": LivemonAuth(monitor)})
        harden(self, monitor)
        let_go_at_once(self)
        build_beside(self)

    BokehTornado.__init__ = guarded
