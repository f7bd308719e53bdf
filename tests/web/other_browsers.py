"""Drivers of browsers that are not Chromium: WebKitGTK by WebDriver, Firefox by WebDriver BiDi. Both run scripts only.

W3C WebDriver: https://www.w3.org/TR/webdriver2/. BiDi: https://w3c.github.io/webdriver-bidi/. Neither driver needs a
package: of both protocols a test needs three commands.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.ports import free_port
from tests.waiting import PATIENCE_S, answers, wait_until

DEEP = """
const deep = selector => {
  const roots = [document];
  for (const root of roots)
    for (const node of root.querySelectorAll("*")) if (node.shadowRoot) roots.push(node.shadowRoot);
  return roots.flatMap(root => [...root.querySelectorAll(selector)]);
};
const named = (selector, words) => deep(selector).find(
  node => (node.getAttribute("aria-label") || node.textContent).trim() === words && node.getClientRects().length);
"""
"""Finds nodes also in shadow roots, in which Panel's components stand."""

FIREFOX_PREFERENCES = """
user_pref("media.autoplay.default", 0);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("remote.active-protocols", 1);
"""


class RemotePage(Protocol):
    """A page of a browser."""

    def goto(self, url: str) -> None:
        """Load an address and wait until it is loaded."""
        ...

    def run(self, script: str) -> Any:
        """Return what a script's ``return`` gives, as JSON; `deep` and `named` find nodes."""
        ...


class WebKitPage:
    """A page of WebKitGTK's MiniBrowser."""

    def __init__(self, port: int, program: str) -> None:
        self._root = f"http://127.0.0.1:{port}"
        options = {"binary": program, "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        self._session = self._ask("/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def goto(self, url: str) -> None:
        self._ask(f"/session/{self._session}/url", {"url": url})

    def run(self, script: str) -> Any:
        return self._ask(f"/session/{self._session}/execute/sync", {"script": DEEP + script, "args": []})

    def _ask(self, path: str, values: dict[str, Any]) -> Any:
        request = urllib.request.Request(self._root + path, json.dumps(values).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return json.load(reply)["value"]


class FirefoxPage:
    """A page of Firefox."""

    def __init__(self, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._socket = self._loop.run_until_complete(_connected(f"ws://127.0.0.1:{port}/session"))
        self._number = 0
        self._ask("session.new", {"capabilities": {}})
        self._context = self._ask("browsingContext.getTree", {})["contexts"][0]["context"]

    def goto(self, url: str) -> None:
        self._ask("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    def run(self, script: str) -> Any:
        expression = f"JSON.stringify((() => {{ {DEEP} {script} }})() ?? null)"
        target = {"context": self._context}
        found = self._ask("script.evaluate", {"expression": expression, "target": target, "awaitPromise": False})
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])

    def close(self) -> None:
        self._socket.close()
        self._loop.close()

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        return self._loop.run_until_complete(asyncio.wait_for(self._answer(method, params), PATIENCE_S))

    async def _answer(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        await self._socket.write_message(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            text = await self._socket.read_message()
            assert text is not None, "Firefox closed the connection"
            reply = json.loads(text)
            if reply.get("id") == self._number:
                assert reply["type"] == "success", reply
                return reply["result"]


async def _connected(url: str) -> WebSocketClientConnection:
    return await websocket_connect(url)


def programs(browser: str) -> list[str]:
    """Return the programs that a browser's driver needs; empty when one is missing."""
    if browser == "firefox":
        found = [shutil.which("firefox-esr") or shutil.which("firefox")]
    else:
        browsers = [str(path) for path in sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))]
        found = [shutil.which("WebKitWebDriver"), *(browsers[-1:] or [None]), shutil.which("Xvfb")]
    return [one for one in found if one] if all(found) else []


@contextmanager
def opened(browser: str, folder: Path) -> Iterator[RemotePage]:
    """A page of a browser, which ends with it."""
    with (_firefox if browser == "firefox" else _webkit)(folder) as page:
        yield page


@contextmanager
def _firefox(folder: Path) -> Iterator[RemotePage]:
    (folder / "user.js").write_text(FIREFOX_PREFERENCES)
    port = free_port()
    command = [*programs("firefox"), "--headless", "--no-remote", "--profile", str(folder)]
    with _running([*command, "--remote-debugging-port", str(port)], {"HOME": str(folder)}):
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/"), "Firefox")
        page = FirefoxPage(port)
        yield page
        page.close()


@contextmanager
def _webkit(folder: Path) -> Iterator[RemotePage]:
    driver, browser, screen = programs("webkit")
    display = f":{free_port() % 20_000 + 100}"
    own = {"HOME": str(folder), "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "WEBKIT_DISABLE_DMABUF_RENDERER": "1"}
    socket = Path(f"/tmp/.X11-unix/X{display[1:]}")
    with _running([screen, display, "-screen", "0", "1440x900x24", "-nolisten", "tcp"], {}):
        wait_until(socket.exists, "a screen")
        port = free_port()
        with _running([driver, f"--port={port}", "--host=127.0.0.1"], own):
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/status"), "WebKit's driver")
            yield WebKitPage(port, browser)


@contextmanager
def _running(command: list[str], own: dict[str, str]) -> Iterator[None]:
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, **own}, start_new_session=True, **quiet)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
