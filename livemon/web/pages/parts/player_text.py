"""What the player and its bar say. In English here; Korean stands in korean/player.py.

What is in braces comes from the player. Sentences about a stream (`notice`) come from the stream.
"""

from __future__ import annotations

PLAYER_WORDS = {
    "video": "Live video",
    "loading": "Loading",
    "loading_past": "Loading what was recorded",
    "nothing": "Nothing was recorded then",
    "nothing_hint": "Drag to another moment, or go back to live.",
    "skipped": "Nothing at {asked}, next: {shown}",
    "paused": "Paused",
    "paused_at": "Paused \u00b7 {when}",
    "resting": "Resting",
    "stopped": "Stopped",
    "not_streaming": "Not streaming",
    "press_start": "Press Start to watch.",
    "offline": "Offline",
    "no_picture": "No picture",
    "connecting": "Connecting",
    "connecting_camera": "Connecting to the camera",
    "first_picture": "The first picture comes with the first segment.",
    "starting": "Starting",
    "waiting_first": "Waiting for the first picture",
    "segment_takes": "A segment takes up to ten seconds.",
    "waiting_next": "Waiting for the next segment",
    "live": "LIVE",
    "behind": "LIVE \u00b7 {s} s behind",
    "stood_still": "The picture stood still, connecting again",
    "lost": "Connection lost, connecting again",
    "broken": "The picture could not be decoded, connecting again",
    "s_ago": "{s} s ago",
    "min_ago": "{min} min ago",
    "h_ago": "{h} h {min} min ago",
    "shift": "Time shift",
    "is_live": "live",
    "back": "Back to live",
    "snapshot": "Save a snapshot",
    "full": "Full screen",
    "two_hours": "2 h ago",
    "now": "now",
    "play": "Play",
    "pause": "Pause",
    "sound": "Sound on",
    "mute": "Mute",
}
