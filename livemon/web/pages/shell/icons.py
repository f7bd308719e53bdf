"""Icons of buttons, as SVG. By name panel-material-ui takes them out of a font of 129 kB, which every page would load.

The paths are Google's Material icons (Apache License 2.0). The icons of the pages' links live in nav.py.
"""

from __future__ import annotations


def _svg(path: str) -> str:
    # panel-material-ui makes a mask of it: the shape takes the button's colour.
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path}"/></svg>'


BACK = _svg("M15.41 7.41 14 6l-6 6 6 6 1.41-1.41L10.83 12z")
DELETE = _svg("M6 19c0 1.1.9 2 2 2h8c1.1 0 2-.9 2-2V7H6zM19 4h-3.5l-1-1h-5l-1 1H5v2h14z")
FILTERS = _svg(
    "M3 17v2h6v-2zM3 5v2h10V5zm10 16v-2h8v-2h-8v-2h-2v6zM7 9v2H3v2h4v2h2V9zm14 4v-2H11v2zm-6-4h2V7h4V5h-4V3h-2v6z"
)
FORWARD = _svg("M10 6 8.59 7.41 13.17 12l-4.58 4.59L10 18l6-6z")
FULL_SCREEN = _svg("M7 14H5v5h5v-2H7zm-2-4h2V7h3V5H5zm12 7h-3v2h5v-5h-2zM14 5v2h3v3h2V5z")
HIDE = _svg(
    "M12 7c2.76 0 5 2.24 5 5 0 .65-.13 1.26-.36 1.83l2.92 2.92c1.51-1.26 2.7-2.89 3.43-4.75-1.73-4.39-6-7.5-11-7.5"
    "-1.4 0-2.74.25-3.98.7l2.16 2.16C10.74 7.13 11.35 7 12 7M2 4.27l2.28 2.28.46.46C3.08 8.3 1.78 10.02 1 12c1.73 "
    "4.39 6 7.5 11 7.5 1.55 0 3.03-.3 4.38-.84l.42.42L19.73 22 21 20.73 3.27 3zM7.53 9.8l1.55 1.55c-.05.21-.08.43"
    "-.08.65 0 1.66 1.34 3 3 3 .22 0 .44-.03.65-.08l1.55 1.55c-.67.33-1.41.53-2.2.53-2.76 0-5-2.24-5-5 0-.79.2-1.53"
    ".53-2.2m4.31-.78 3.15 3.15.02-.16c0-1.66-1.34-3-3-3z"
)
PLAY = _svg("M8 5v14l11-7z")
REPORT = _svg(
    "M14 2H6c-1.1 0-1.99.9-1.99 2L4 20c0 1.1.89 2 1.99 2H18c1.1 0 2-.9 2-2V8zm2 16H8v-2h8zm0-4H8v-2h8zm-3-5V3.5L18.5 9z"
)
STOP = _svg("M6 6h12v12H6z")
