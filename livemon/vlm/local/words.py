"""What the local model says: one table of sentences, English and Korean, and how a sighting is put into them.

Events are kept in English, as all that livemon says itself, and shown in the page's language. No measuring here.
"""

from __future__ import annotations

from dataclasses import dataclass

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.detections import Sighting

_LOOK_ALIKE = "Lying down quickly on purpose looks the same. Please look at the pictures."


@dataclass(frozen=True, slots=True)
class KindWords:
    """What a kind of sighting is and is called; `description` comes after the sentence that says what was measured."""

    event_type: EventType
    severity: Severity
    title: str
    description: str = ""


KINDS = {
    "possible_fall": KindWords(EventType.SAFETY, Severity.DANGER, "Somebody may have fallen", _LOOK_ALIKE),
    "lying_after_fall": KindWords(
        EventType.SAFETY, Severity.DANGER, "Somebody who may have fallen still lies there", "Nobody was seen to get up."
    ),
    "person_came": KindWords(EventType.ACTIVITY, Severity.INFO, "Somebody came into view"),
    "person_left": KindWords(EventType.ACTIVITY, Severity.INFO, "Somebody went out of view"),
    "person_present": KindWords(EventType.ACTIVITY, Severity.INFO, "Somebody is in the picture"),
    "person_lies": KindWords(EventType.ACTIVITY, Severity.INFO, "Somebody is lying", "Asleep or not, it cannot tell."),
    "movement": KindWords(EventType.ACTIVITY, Severity.INFO, "Something moved", "No person was recognised in it."),
    "people_unseen": KindWords(
        EventType.SYSTEM,
        Severity.WARNING,
        "People cannot be recognised",
        "Only motion and the state of the picture are watched. livemon doctor says why.",
    ),
    "picture_dark": KindWords(
        EventType.SYSTEM,
        Severity.WARNING,
        "The picture is dark",
        "Nothing can be seen, so nothing can be said of the room.",
    ),
    "picture_covered": KindWords(
        EventType.SYSTEM,
        Severity.WARNING,
        "The camera may be covered or out of focus",
        "The fine detail that this camera usually shows is gone.",
    ),
    "picture_frozen": KindWords(
        EventType.SYSTEM,
        Severity.WARNING,
        "The picture may be frozen",
        "A camera that shows no noise where it did before often repeats an old picture.",
    ),
    "camera_moved": KindWords(
        EventType.SYSTEM,
        Severity.INFO,
        "The camera shows another place",
        "It was turned or moved, or another film began: what was known of the place is forgotten.",
    ),
    "lights_changed": KindWords(
        EventType.SYSTEM,
        Severity.INFO,
        "The light changed",
        "A lamp, the sun or the camera's exposure: it cannot tell which.",
    ),
}

GRAVE = frozenset(kind for kind, words in KINDS.items() if words.severity is Severity.DANGER)
"""Kinds that are told at once, whatever model looks."""

DETAILS = {
    "": "",
    "sank_and_lies": "Somebody sank within {0} s and then lay for at least {1} s.",
    "lies_for": "It has lasted for {0} s.",
    "over_edge": "It was over the edge of the picture.",
    "inside": "It was inside the picture, as through a door.",
    "first_look": "Whoever it is was there when the watching began.",
    "not_seen_coming": "Whoever it is was not seen to come.",
    "stays": "It has been so for a while.",
    "changed": "Up to {0} of the picture changed from one frame to the next.",
    "level": "Mean brightness is {0} of 255.",
    "light_again": "The picture was dark and can be seen again.",
    "repeats": "{0} of the frames repeat the one before, pixel for pixel.",
    "brighter": "The whole picture became {0} brighter.",
    "darker": "The whole picture became {0} darker.",
}
"""What was measured, by `Sighting.detail`."""

COUNT = "People in the picture now: {0}."

KOREAN = {
    "Somebody may have fallen": "누군가 넘어졌을 수 있습니다",
    "Lying down quickly on purpose looks the same.": "일부러 빨리 눕는 것도 똑같이 보입니다.",
    "Please look at the pictures.": "사진을 봐 주세요.",
    "Somebody who may have fallen still lies there": "넘어졌을 수 있는 사람이 아직 누워 있습니다",
    "Nobody was seen to get up.": "일어나는 모습이 보이지 않았습니다.",
    "Somebody came into view": "누군가 나타났습니다",
    "Somebody went out of view": "누군가 화면에서 사라졌습니다",
    "Somebody is in the picture": "누군가 화면에 있습니다",
    "Somebody is lying": "누군가 누워 있습니다",
    "Asleep or not, it cannot tell.": "자는지는 알 수 없습니다.",
    "Something moved": "무언가 움직였습니다",
    "No person was recognised in it.": "사람은 알아보지 못했습니다.",
    "People cannot be recognised": "사람을 알아볼 수 없습니다",
    "Only motion and the state of the picture are watched.": "움직임과 화면 상태만 살핍니다.",
    "livemon doctor says why.": "이유는 livemon doctor가 알려 줍니다.",
    "The picture is dark": "화면이 어둡습니다",
    "Nothing can be seen, so nothing can be said of the room.": "아무것도 보이지 않아 방에 대해 말할 수 없습니다.",
    "The camera may be covered or out of focus": "카메라가 가려졌거나 초점이 맞지 않을 수 있습니다",
    "The fine detail that this camera usually shows is gone.": "이 카메라에 평소 보이던 세밀한 부분이 없습니다.",
    "The picture may be frozen": "화면이 멈췄을 수 있습니다",
    "A camera that shows no noise where it did before often repeats an old picture.": "전에 있던 노이즈가 없는 카메라는"
    " 옛 화면을 되풀이하는 때가 많습니다.",
    "The camera shows another place": "카메라가 다른 곳을 비춥니다",
    "It was turned or moved, or another film began: what was known of the place is forgotten.": "카메라가 돌아갔거나"
    " 옮겨졌거나 다른 영상이 시작되었습니다. 그곳에 대해 알던 것은 잊었습니다.",
    "The light changed": "밝기가 바뀌었습니다",
    "A lamp, the sun or the camera's exposure: it cannot tell which.": "전등인지 햇빛인지 카메라의 노출인지 알 수"
    " 없습니다.",
    "Somebody sank within {0} s and then lay for at least {1} s.": "누군가 {0}초 안에 낮아진 뒤 {1}초 넘게 누워"
    " 있었습니다.",
    "It has lasted for {0} s.": "{0}초째 이어지고 있습니다.",
    "It was over the edge of the picture.": "화면 가장자리에서였습니다.",
    "It was inside the picture, as through a door.": "화면 안에서, 문을 지난 듯했습니다.",
    "Whoever it is was there when the watching began.": "살피기 시작할 때 이미 있었습니다.",
    "Whoever it is was not seen to come.": "오는 모습은 보이지 않았습니다.",
    "It has been so for a while.": "한동안 그대로입니다.",
    "Up to {0} of the picture changed from one frame to the next.": "프레임 사이에 화면의 {0}까지 바뀌었습니다.",
    "Mean brightness is {0} of 255.": "평균 밝기는 255 가운데 {0}입니다.",
    "The picture was dark and can be seen again.": "어두웠던 화면이 다시 보입니다.",
    "{0} of the frames repeat the one before, pixel for pixel.": "프레임의 {0}가 앞의 것과 화소까지 똑같습니다.",
    "The whole picture became {0} brighter.": "화면 전체가 {0} 밝아졌습니다.",
    "The whole picture became {0} darker.": "화면 전체가 {0} 어두워졌습니다.",
    "People in the picture now: {0}.": "지금 화면에 있는 사람: {0}명.",
}
"""Each sentence above in Korean."""

NOTHING = {
    "en": "Nothing to report: neither falls, nor people coming and going, nor a change of the picture.",
    "ko": "보고할 일이 없습니다. 넘어짐도, 오가는 사람도, 화면의 변화도 없었습니다.",
}
SOMETHING = {"en": "Seen: {0}.", "ko": "본 것: {0}."}
"""Of a study, with the titles of what was seen."""


def observation(sighting: Sighting) -> Observation:
    """Put a sighting into words."""
    words = KINDS[sighting.kind]
    numbers = [_number(name, value) for name, value in sighting.values.items() if name != "count"]
    sentences = [DETAILS[sighting.detail].format(*numbers)]
    if "count" in sighting.values:
        sentences.append(COUNT.format(round(sighting.values["count"])))
    sentences.append(words.description)
    return Observation(
        kind=sighting.kind,
        event_type=words.event_type,
        severity=words.severity,
        title=words.title,
        description=" ".join(sentence for sentence in sentences if sentence),
        confidence=round(sighting.confidence, 2),
        start_utc=sighting.start_utc,
        end_utc=sighting.end_utc,
        evidence_utcs=sighting.evidence_utcs,
        box=sighting.box,
    )


def _number(name: str, value: float) -> str:
    """Return a value as it is read: a share in percent, seconds with a tenth, others whole."""
    if name == "share":
        return f"{value:.0%}"
    return f"{value:.1f}" if name.endswith("_s") and value < 10 else f"{value:.0f}"
