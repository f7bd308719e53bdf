"""Track of the bar under a live picture, over the last two hours: recorded stretches, and moments of motion.

Drawn by js/player_scale.js. Events on the bar are parts/event_table.py's, the days before parts/day_timeline.py's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from livemon.monitor.monitor import Monitor
from livemon.store import activity

SHOWN = timedelta(hours=2)


def read_track(monitor: Monitor, camera_id: str) -> dict[str, Any]:
    """Return `recorded`, stretches as pairs, and `moved`, moments; seconds since 1970. Blocks some milliseconds.

    Raises
    ------
    UnknownCamera, StoreError
        When the camera does not exist, or the database refuses.
    """
    end = monitor.clock.now()
    start = end - SHOWN
    recorded = monitor.camera(camera_id).footage.recorded(start, end)
    moved = activity.motion_looks(monitor.database, camera_id, start, end)
    return {
        "recorded": [[round(first.timestamp(), 1), round(last.timestamp(), 1)] for first, last in recorded],
        "moved": [round(moment.timestamp()) for moment in moved],
    }
