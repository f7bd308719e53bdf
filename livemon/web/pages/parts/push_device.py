"""PushDevice: the button that turns on notifications of dangers on this device; see push_device.js.

The owner of the device lives in pages/notifications.py, its messages in livemon.notify.
"""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.web.pages.parts.player import STATIC
from livemon.web.pages.shell.pwa import FILES

WORDS: dict[str, Any] = {
    "add": "notify_page.push_add",
    "remove": "notify_page.push_remove",
    "here": "notify_page.push_here",
    "nobody": "notify_page.push_nobody",
    "insecure": "notify_page.push_insecure",
    "unsupported": "notify_page.push_unsupported",
    "denied": "notify_page.push_denied",
    "failed": "notify_page.push_failed",
}


class PushDevice(JSComponent):
    """Subscribes this device, and gives its subscription to the page."""

    key = param.String(default="", doc="This installation's public key, base64url.")
    recipient = param.String(default="", doc="Who is to be told on this device; empty when nobody is chosen.")
    endpoints = param.List(default=[], doc="Where devices are told already: a device finds itself among them.")
    given = param.Dict(default={}, doc="What the browser says: subscription and device, or gone.")
    worker = param.String(default=f"{FILES}/worker.js", doc="Address of the worker, relative to the page.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "push_device.bundle.js"
