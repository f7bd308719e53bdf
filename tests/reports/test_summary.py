from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.base.datatypes import Language
from livemon.reports.render.summary import key_numbers, tell
from livemon.reports.render.text import Words
from tests.reports.synthetic import SEOUL, Made, at, incident, marks, observation

ENGLISH = Words(Language.ENGLISH, SEOUL)
KOREAN = Words(Language.KOREAN, SEOUL)
DAY = marks(at(0), at(24))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    filled = Made(tmp_path)
    yield filled
    filled.database.close()


def numbers(made: Made) -> dict[str, str]:
    return {one.name: f"{one.value} ({one.note})" for one in key_numbers(made.day(), ENGLISH)}


def test_a_quiet_day(made: Made) -> None:
    made.archives(DAY)
    made.analyses(DAY)
    assert tell(made.day(), ENGLISH) == (
        "The camera recorded the whole day. No danger or warning was seen in what was watched. "
        "The safety score was 100 of 100 all the time that was judged."
    )
    assert tell(made.day(), KOREAN) == (
        "카메라가 하루 내내 녹화했습니다. 지켜본 시간에는 위험한 일도 주의할 일도 보이지 않았습니다. "
        "안전 점수는 판단된 시간 내내 100점이었습니다(100점 만점)."
    )
    assert numbers(made) == {
        "recorded": "24 h (100% of the day)",
        "safety score": "100 (lowest 100)",
        "incidents": "0 (in what was watched)",
        "observations of development": "0 (none made)",
    }


def test_a_day_with_danger(made: Made) -> None:
    made.archives(DAY)
    made.analyses([one for one in DAY if one != at(14)])
    seen = [incident(at(14, 2), "danger", "Fell from the chair.", kind="fall"), incident(at(14, 5))]
    made.analyses([at(14)], safety_score=48.0, result={"incidents": seen})
    story = tell(made.day(), ENGLISH)
    assert "There was 1 danger: “Fell from the chair” at 14:02. There was also 1 warning." in story
    assert "100 of 100 on average; the lowest was 48, at 14:00." in story
    assert "No danger" not in story
    assert numbers(made)["incidents"] == "2 (1 danger, 1 warning)"


def test_a_day_with_warnings_only(made: Made) -> None:
    made.archives(DAY)
    made.analyses(DAY[1:])
    made.analyses(DAY[:1], safety_score=76.0, result={"incidents": [incident(at(0, 1)), incident(at(0, 4))]})
    assert "No danger was seen, but 2 warnings, the first of them “Climbed the sofa” at 00:01." in tell(
        made.day(), ENGLISH
    )


def test_a_busy_day_counts_development(made: Made) -> None:
    made.archives(DAY)
    found = [observation(at(9)), observation(at(9, 1)), observation(at(9, 2), "language")]
    made.analyses(DAY[:1], result={"development": found})
    made.analyses(DAY[1:])
    assert "There are 3 observations of development, in 2 areas." in tell(made.day(), ENGLISH)
    assert numbers(made)["observations of development"] == "3 (in 2 areas)"


def test_a_day_that_was_partly_recorded_does_not_speak_for_the_rest(made: Made) -> None:
    made.archives(marks(at(8), at(20)))
    made.analyses(marks(at(8), at(20)))
    assert tell(made.day(), ENGLISH).startswith(
        "The camera recorded 12 h, 50% of the day. It is not known what happened in the 12 h that were not recorded."
    )


def test_windows_that_failed_or_wait_are_told(made: Made) -> None:
    made.archives(DAY)
    made.analyses(DAY[:3], "failed", error="503")
    made.analyses(DAY[3:-1])
    story = tell(made.day(), ENGLISH)
    assert "3 ten-minute windows could not be analysed: what they show is not known." in story
    assert "1 ten-minute window waits for its analysis." in story


def test_a_recorded_day_at_which_nobody_looked_is_not_called_safe(made: Made) -> None:
    made.archives(DAY)
    for words in (ENGLISH, KOREAN):
        story = tell(made.day(), words)
        assert words.say("story_unwatched") in story
        assert words.say("story_calm") not in story
    assert numbers(made)["safety score"] == "\N{EN DASH} (not known)"
    assert numbers(made)["incidents"] == "\N{EN DASH} (no model looked)"
    assert numbers(made)["observations of development"] == "\N{EN DASH} (no model looked)"


def test_a_day_that_the_local_model_judged_has_no_score(made: Made) -> None:
    made.archives(DAY)
    made.analyses(DAY[1:], safety_score=None, model="local")
    made.analyses(DAY[:1], safety_score=88.0, model="local", result={"incidents": [incident(at(0, 1))]})
    story = tell(made.day(), ENGLISH)
    assert "The lowest safety score was 88, at 00:00. There is no average" in story
    assert numbers(made)["safety score"] == "\N{EN DASH} (lowest 88)"


def test_a_day_without_footage_is_no_quiet_day(made: Made) -> None:
    assert tell(made.day(), ENGLISH) == (
        "Nothing was recorded on this day. That does not mean that nothing happened: it is not known."
    )
    assert "알 수 없다" in tell(made.day(), KOREAN)


def test_a_day_whose_footage_is_gone_was_recorded_all_the_same(made: Made) -> None:
    made.events([{"start_utc": at(9)}])
    assert "but no footage of them is kept" in tell(made.day(), ENGLISH)


def test_a_day_that_is_not_over_speaks_of_the_time_so_far(made: Made) -> None:
    made.archives(marks(at(0), at(14)))
    made.analyses(marks(at(0), at(14)))
    story = tell(made.day(now=at(14, 5)), ENGLISH)
    assert story.startswith("Until 14:05 the camera recorded 14 h, 100% of the time so far.")
    assert tell(made.day(now=at(0, -1)), ENGLISH) == "This day has not begun."
