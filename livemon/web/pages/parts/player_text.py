"""What the player and its bar say. By code; the texts stand in the catalogs.

What is in braces comes from the player. Sentences about a stream (`notice`) come from the stream.
"""

from __future__ import annotations

PLAYER_WORDS = {
    "video": "player.live_video",
    "loading": "player.loading",
    "loading_past": "player.loading_what_was_recorded",
    "nothing": "player.nothing_was_recorded_then",
    "nothing_hint": "player.drag_to_another_moment",
    "skipped": "player.nothing_at_next",
    "paused": "player.paused",
    "paused_at": "player.paused_when",
    "resting": "player.resting",
    "stopped": "page.stopped",
    "not_streaming": "player.not_streaming",
    "press_start": "player.press_start_to_watch",
    "offline": "player.offline",
    "no_picture": "player.no_picture",
    "connecting": "player.connecting",
    "connecting_camera": "player.connecting_to_camera",
    "first_picture": "player.first_picture_comes_first",
    "starting": "page.starting",
    "waiting_first": "player.waiting_for_first_picture",
    "segment_takes": "player.segment_takes_up_to",
    "waiting_next": "player.waiting_for_next_segment",
    "live": "player.live",
    "behind": "player.live_s_behind",
    "stood_still": "player.picture_stood_still_connecting",
    "lost": "player.connection_lost_connecting_again",
    "broken": "player.picture_could_not_be",
    "s_ago": "player.s_ago",
    "min_ago": "player.min_ago",
    "h_ago": "player.h_min_ago",
    "shift": "player.time_shift",
    "is_live": "player.live_word",
    "back": "player.back_to_live",
    "snapshot": "player.save_snapshot",
    "full": "player.full_screen",
    "two_hours": "player.2_h_ago",
    "now": "player.now",
    "play": "player.play",
    "pause": "player.pause",
    "sound": "player.sound_on",
    "mute": "player.mute",
}
