"""Schema of a model's answer as pydantic models, and the parsing of a reply's text.

The order of fields is the order in which the model writes: evidence first, the verdict last. Every field is required,
because optional ones are written last or not at all. Oddities of a reply are corrected in normalize.py, the meaning of
an answer lives in interpret.py, asking elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livemon.base.messages.message import Message, message
from livemon.base.model_types import AnswerStatus
from livemon.vlm.json_text import json_objects
from livemon.vlm.normalize import Mender, NoVerdict

Severity = Literal["danger", "warning", "info", "safe"]
View = Literal["clear", "partly_hidden", "too_dark", "covered", "nothing_to_judge"]
SafetyKind = Literal[
    "fall",
    "climbing",
    "choking",
    "face_covered",
    "hot_or_sharp",
    "fire",
    "water",
    "trapped",
    "left_the_area",
    "stranger",
    "rough_play",
    "crying",
    "other_risk",
]
ActivityKind = Literal["person_came", "person_left", "play", "eating", "sleeping", "care", "other_activity"]
Area = Literal["gross_motor", "fine_motor", "cognition", "language", "social_emotional"]
Kind = Literal[SafetyKind, Area, ActivityKind]
KINDS = (*get_args(SafetyKind), *get_args(Area), *get_args(ActivityKind))
Mark = Annotated[int, Field(ge=0, le=1000)]
Box = Annotated[list[Mark], Field(max_length=4)]
Offset = Annotated[str, Field(pattern=r"^\d{1,3}:[0-5]\d$", description="MM:SS from the beginning")]

Level = Literal["emerging", "practising", "secure"]

MOST_EVENTS = 25
MOST_ACTIVITIES = 60
MOST_OBSERVED = 40
MOST_INCIDENTS = 40


class _Answer(BaseModel):
    # A field too many is dropped. Oddities were corrected before.
    model_config = ConfigDict(strict=True, frozen=True)


class SeenEvent(_Answer):
    """One thing that happened in the frames of a look."""

    evidence: str = Field(description="what is visible that shows it")
    frames: list[int] = Field(max_length=100, description="numbers of the pictures, the clearest first")
    box_2d: Box = Field(description="ymin, xmin, ymax, xmax in the clearest picture, 0-1000; [] for all of it")
    location: str
    kind: Kind
    title: str = Field(description="a few words")
    confidence: float = Field(ge=0, le=1, description="0 to 1")
    severity: Severity


class LookAnswer(_Answer):
    """The answer to a look."""

    view: View
    scene: str = Field(description="one sentence: who and what is there, at the end")
    events: list[SeenEvent] = Field(max_length=MOST_EVENTS)


class Activity(_Answer):
    """An activity that lasted for a while."""

    start: Offset
    end: Offset
    what: str


class Observed(_Answer):
    """A skill that the child showed."""

    at: Offset
    evidence: str
    area: Area
    title: str = Field(description="a few words")
    level: Level


class Incident(_Answer):
    """Something that endangered the child."""

    start: Offset
    end: Offset
    evidence: str = Field(description="what is visible that shows it")
    box_2d: Box = Field(description="ymin, xmin, ymax, xmax at its start, 0-1000; [] for all of it")
    kind: SafetyKind
    title: str = Field(description="a few words")
    confidence: float = Field(ge=0, le=1, description="0 to 1")
    severity: Severity


class StudyAnswer(_Answer):
    """The answer to a study of a window."""

    view: View
    activities: list[Activity] = Field(max_length=MOST_ACTIVITIES)
    development: list[Observed] = Field(max_length=MOST_OBSERVED)
    incidents: list[Incident] = Field(max_length=MOST_INCIDENTS)
    summary: str


SCHEMAS: Mapping[str, type[LookAnswer] | type[StudyAnswer]] = {"look": LookAnswer, "study": StudyAnswer}


class BadReply(Exception):
    """A reply that is not a valid answer; its text is the reason.

    It never leaves vlm, where it becomes an Answer.
    """

    def __init__(self, status: AnswerStatus, reason: Message) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def parse(
    text: str, schema: type[LookAnswer] | type[StudyAnswer], odd: list[str] | None = None
) -> LookAnswer | StudyAnswer:
    """Return the answer in a reply.

    The verdict decides: what happened, and how grave it is. Side information that is odd is put right, unknown or
    dropped, and never costs it.

    Parameters
    ----------
    odd
        Gets a short sentence for each thing that was not as the schema says.

    Raises
    ------
    BadReply
        When the text is empty, has no answer or several that differ, or its answer has no verdict.
    """
    if not text.strip():
        raise BadReply(AnswerStatus.EMPTY, Message("answer.no_text"))
    odd = [] if odd is None else odd
    raw = _answer_in(text, schema, odd)
    mender = Mender(
        odd,
        views=get_args(View),
        kinds=KINDS,
        safety_kinds=get_args(SafetyKind),
        areas=get_args(Area),
        levels=get_args(Level),
    )
    try:
        if schema is LookAnswer:
            fields = mender.look(raw, MOST_EVENTS)
        else:
            most = {"incidents": MOST_INCIDENTS, "activities": MOST_ACTIVITIES, "development": MOST_OBSERVED}
            fields = mender.study(raw, most)
        return schema.model_validate(fields)
    except NoVerdict as exc:
        raise BadReply(AnswerStatus.UNPARSABLE, message("answer.odd_schema", reason=exc)) from exc
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        said = message("answer.odd_schema", reason=f"{where}: {first['msg']}")
        raise BadReply(AnswerStatus.UNPARSABLE, said) from exc


def _answer_in(text: str, schema: type[BaseModel], odd: list[str]) -> Mapping[str, Any]:
    """Return the one object of a text that has the verdict, also when it is nested in another one."""
    verdict = "events" if schema is LookAnswer else "incidents"
    found = json_objects(text)
    if not found:
        raise BadReply(AnswerStatus.UNPARSABLE, Message("answer.no_json"))
    wrapped = [inner for one in found if verdict not in one for inner in one.values() if isinstance(inner, dict)]
    answers = [one for one in (*found, *wrapped) if verdict in one]
    if not answers:
        raise BadReply(AnswerStatus.UNPARSABLE, message("answer.no_verdict", field=verdict))
    if len(answers) > 1:
        if not _all_equal(answers):
            raise BadReply(AnswerStatus.UNPARSABLE, message("answer.differing", n=len(answers)))
        odd.append(f"the same answer {len(answers)} times")
    return answers[0]


def _all_equal(answers: Sequence[Mapping[str, Any]]) -> bool:
    try:
        # As texts, because NaN does not equal itself.
        return len({json.dumps(one, sort_keys=True) for one in answers}) == 1
    except RecursionError:
        return False
