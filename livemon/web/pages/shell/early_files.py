"""Files that a page's head asks for, before the page itself does: fonts and large bundles.

A browser learns of the player only when it has the document, over a WebSocket, seconds later on a slow network. The
files themselves are panel-material-ui's and the pages' own.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import panel_material_ui
from panel.custom import JSComponent
from panel.io.resources import component_resource_path

FAMILY = "livemon, system-ui, sans-serif"
"""Roboto for Latin letters, the system's own font for others.

Under its own name Chromium loads Roboto's files for all scripts, one after the other: 240 kB, and 3.7 s at 1.6 Mbit/s.
"""

_STATIC = "static/extensions/panel-material-ui"
_DIST = Path(panel_material_ui.__file__).parent / "dist"
_WEIGHTS = ("400", "700")

# Not before the scripts of the page's frame are there: they would share the network, and the frame be painted later.
_SCRIPT = """<script>
addEventListener("DOMContentLoaded", () => {
  for (const [as, href] of []) {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "preload", as, href, crossOrigin: "anonymous" }));
  }
});
</script>"""


def early_files(*components: type[JSComponent]) -> str:
    """Return elements of a page's head; addresses are relative to the page, so that a path prefix of a proxy stays.

    Parameters
    ----------
    components
        Components whose bundles the page will ask for. The bundle of panel-material-ui is always added.
    """
    version = hashlib.md5(panel_material_ui.__version__.encode(), usedforsecurity=False).hexdigest()
    bundles = [f"{_STATIC}/panel-material-ui.bundle.js?{version}"]
    bundles += [component_resource_path(one, "_bundle_path", one._bundle) for one in components]
    fonts = {weight: url for weight in _WEIGHTS if (url := _font(weight))}
    # es-module-shims fetches modules by itself: they are not preloaded as modules.
    wanted = [("fetch", url) for url in bundles] + [("font", url) for url in fonts.values()]
    faces = "".join(
        f'@font-face {{ font-family: livemon; font-weight: {weight}; font-display: swap; src: url("{url}") }}'
        for weight, url in fonts.items()
    )
    return f"<style>{faces}</style>{_SCRIPT.replace('[]', json.dumps(wanted))}"


@cache
def _font(weight: str) -> str:
    """Return the address of Roboto's Latin letters; empty where this panel-material-ui has no such file."""
    found = sorted(_DIST.glob(f"roboto-latin-{weight}-normal-*.woff2"))
    return f"{_STATIC}/{found[0].name}" if found else ""
