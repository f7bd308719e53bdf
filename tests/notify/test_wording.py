"""Words of notifications, and that a text message fits into one."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from livemon.notify import wording
from tests.conftest import MORNING

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize("text", ["A child fell. " * 30, "아이가 넘어졌습니다. " * 30, "short"])
def test_a_text_message_fits_into_one(text: str) -> None:
    line = wording.short(text)
    assert len(line) <= (160 if line.isascii() else 70)
    assert text.startswith(line.removesuffix("..."))


def test_an_event_is_told_in_the_recipients_time_and_language() -> None:
    event = {"title": "넘어진 것 같습니다", "description": "", "start_utc": MORNING}
    said = wording.say_event(event, "danger", "놀이방", "ko", SEOUL)
    assert (said.title, said.text) == ("위험: 넘어진 것 같습니다", "놀이방, 17:00:00.")


def test_a_digest_counts_what_is_the_same() -> None:
    events = [
        {"title": f"Thing {n % 20}", "camera_id": "camera-1", "start_utc": MORNING + timedelta(minutes=n)}
        for n in range(40)
    ]
    said = wording.say_digest(events, "warning", {"camera-1": "Playroom"}, "en", ZoneInfo("UTC"))
    assert said.title == "40 more warnings since 08:00"
    assert said.text.splitlines()[0] == "2x Thing 0 (Playroom)"
    assert said.text.splitlines()[-1] == "and 16 others"
