"""An OAuth provider for tests: it lets in whoever `email` says, as providers do, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.waiting import PATIENCE_S


class Provider(ThreadingHTTPServer):
    email = "anna@family.example"
    secrets: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":
            back = asked["redirect_uri"] + "?" + urlencode({"code": "c0de", "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", back)
            self.end_headers()
        else:
            self.answer({"email": self.server.email, "name": "Anna"})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.secrets.append(form["client_secret"][0])
        self.answer({"access_token": "t0ken", "token_type": "bearer"} if form["code"] == ["c0de"] else {})

    def answer(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        pass


@contextmanager
def oauth_provider() -> Iterator[Provider]:
    """Serve a provider while the block runs."""
    server = Provider(("127.0.0.1", 0), _Handler)
    server.secrets = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(PATIENCE_S)
        server.server_close()
