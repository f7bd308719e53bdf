"""The API's own description: openapi.json, and a page that shows it. Everything on it is served from here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livemon.base.errors import ToolMissing
from livemon.base.roles import Role
from livemon.monitor.monitor import Monitor
from livemon.web.api.base import ApiHandler
from livemon.web.api.guard import API_ROOT
from livemon.web.api.operation import Scope, operation
from livemon.web.api.relay import Relay

STATIC = Path(__file__).parents[1] / "pages" / "parts" / "static"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>livemon API</title>
<link rel="stylesheet" href="docs/docs.bundle.css">
</head>
<body><div id="docs"></div><script type="module" src="docs/docs.bundle.js"></script></body>
</html>
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class OpenApiHandler(ApiHandler):
    """/openapi.json."""

    def initialize(
        self, monitor: Monitor, route: str = "", relay: Relay | None = None, describe: Callable[[], str] = str
    ) -> None:
        """Tornado's constructor hook. `describe` returns the document; it blocks."""
        super().initialize(monitor, route, relay)
        self._describe = describe

    @operation("This description", Role.VIEWER, scope=Scope.OWN, media="application/vnd.oai.openapi+json")
    async def get(self) -> None:
        """Answer with the OpenAPI 3.1 document."""
        self.set_header("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
        text = await self.blocking(self._describe)
        self.write_text(text.replace(f'"url": "{API_ROOT}"', f'"url": "{self.prefix}{API_ROOT}"', 1))


class DocsHandler(ApiHandler):
    """/docs."""

    @operation("A page to read this on", Role.VIEWER, scope=Scope.OWN, media="text/html")
    async def get(self) -> None:
        """Answer with the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.write(PAGE)


class DocsAssetsHandler(ApiHandler):
    """/docs/{asset}: what the page is made of."""

    media = "*/*"

    @operation("A part of the page", Role.VIEWER, scope=Scope.OWN, media="application/octet-stream")
    async def get(self, name: str) -> None:
        """Answer with a script or style sheet."""
        path = STATIC / name
        self.set_header("Content-Type", TYPES[path.suffix])
        try:
            self.write_text(await self.blocking(path.read_text))
        except FileNotFoundError as exc:
            raise ToolMissing("tool.page_not_built") from exc
