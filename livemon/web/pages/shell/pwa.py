"""Head elements of an installable app: manifest, icons, colours of the window's frame.

The files are in icons/ and are served by the API (web/api/app.py), which needs no login for them. Their PNGs were
rendered by Chromium. icon.svg became icon-192, icon-512 and favicon (48 pixels). maskable.svg, whose edges systems may
cut off, became maskable-512 and apple-touch-icon (180). The service worker there (worker.js) only shows notifications:
Chromium installs without one, and live pictures are of no use offline.
"""

from __future__ import annotations

from typing import Any

from livemon.web.api.guard import API_ROOT

# Relative to the page, so that a path prefix of a proxy stays; all pages stand on one level.
FILES = f"{API_ROOT.lstrip('/')}/install"

LIGHT, DARK = "#3448c5", "#1b2130"
"""The app bar's colours, light and dark (THEME in page.py)."""

# The manifest is asked for with cookies, which browsers leave out otherwise: ours needs none, a proxy's login may.
# `base` is Panel's own page, which Panel hands to every template.
HEAD = f"""{{% extends base %}}
{{% block postamble %}}
    {{script}}
{{{{ super() }}}}
    <link rel="manifest" href="{FILES}/{{manifest}}" crossorigin="use-credentials">
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="{LIGHT}">
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="{DARK}">
    <meta name="mobile-web-app-capable" content="yes">
    <meta name="apple-mobile-web-app-title" content="livemon">
{{% endblock %}}
"""


def install_head(live: str, script: str) -> dict[str, Any]:
    """Return the arguments of a pmui.Page that put a script, manifest and icons into its head.

    Parameters
    ----------
    live
        The live page's address, with which the installed app starts: `dashboard` under `panel serve`, else the root.
    script
        Elements to come first: the script to run before anything is loaded, and what to load early.
    """
    manifest = "dashboard.webmanifest" if live == "dashboard" else "livemon.webmanifest"
    return {
        "template": HEAD.replace("{script}", script).replace("{manifest}", manifest),
        "favicon": f"{FILES}/favicon.png",
        "meta_apple_touch_icon": f"{FILES}/apple-touch-icon.png",
    }
