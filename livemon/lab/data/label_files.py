"""Label files: the events of a clip, as JSON beside it. The format is documented in docs/lab.md.

One file a clip, `labels/<clip's file name>.json`. Reading it is all that belongs here; the clip itself is clips.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from livemon.base.datatypes import Severity
from livemon.base.errors import LabError
from livemon.base.event_families import UNSCORED, WILDCARD
from livemon.base.messages.message import system_reason
from livemon.lab.data.dataset import Stretch, Truth
from livemon.stream.sources.video_queue import is_video_name

NIGHT = "night"
"""The tag of a clip that was taken at night."""

LONGEST_S = 86_400.0
SLACK_S, SLACK_SHARE = 1.5, 0.05
"""A label's times may be off by so much: containers round, and some clips say nothing of how long they are."""

FALL, LIES = "person_falls", "person_lies"
JOIN_S = 1.0
"""One alert covers a fall and the lying that follows it: with two labels for it, one would always be missed."""


class LabelledEvent(BaseModel):
    """Something that happens in a clip; seconds from its start."""

    model_config = ConfigDict(frozen=True)

    start_s: float = Field(ge=0, le=LONGEST_S)
    end_s: float = Field(ge=0, le=LONGEST_S)
    type: str = Field(min_length=1, max_length=64)
    severity: Severity
    description: str = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> LabelledEvent:
        if self.end_s < self.start_s:
            raise ValueError("end_s is before start_s")
        if self.type in UNSCORED:
            raise ValueError(f"'{self.type}' is not scored; say what happened, such as person_walks")
        return self


class LabelFile(BaseModel):
    """A clip's label file. Other fields of the file are left alone.

    Attributes
    ----------
    unsure_s
        [start, end] of the parts that cannot be judged.
    cluster
        Clips that are not independent of each other (one room, one day) have the same; a clip's own when empty.
    """

    model_config = ConfigDict(frozen=True)

    duration_s: float = Field(gt=0, le=LONGEST_S)
    events: tuple[LabelledEvent, ...]
    unsure_s: tuple[tuple[float, float], ...] = ()
    scene: str = ""
    tags: tuple[str, ...] = ()
    cluster: str = ""

    @model_validator(mode="after")
    def _unsure_ends_after_it_begins(self) -> LabelFile:
        if any(not 0 <= begin <= end <= LONGEST_S for begin, end in self.unsure_s):
            raise ValueError("a stretch of unsure_s ends before it begins, or lies outside of any clip")
        return self

    def check(self, clip_s: float, title: str) -> None:
        """Refuse a label that is not this clip's: one that is longer or shorter, or tells of times behind its end.

        Raises
        ------
        LabError
            Saying which time.
        """
        slack_s = max(SLACK_S, SLACK_SHARE * clip_s)
        if abs(self.duration_s - clip_s) > slack_s:
            raise LabError("lab.label_other_length", title=title, duration_s=self.duration_s, clip_s=clip_s)
        late = [one for one in self.events if one.start_s > clip_s + slack_s or one.end_s > clip_s + slack_s]
        if late:
            raise LabError("lab.label_beyond_clip", title=title, type=late[0].type, end_s=late[0].end_s, clip_s=clip_s)

    def truths(self, start_utc: datetime) -> tuple[Truth, ...]:
        """Return what happens, at the times that the clip's footage has.

        Lying after a fall is that fall's end.
        """
        found: list[LabelledEvent] = []
        for one in sorted(self.events, key=lambda event: (event.start_s, event.end_s)):
            fall = next((event for event in reversed(found) if event.type == FALL), None)
            if one.type == LIES and fall is not None and abs(one.start_s - fall.end_s) <= JOIN_S:
                found[found.index(fall)] = fall.model_copy(update={"end_s": max(fall.end_s, one.end_s)})
            elif one.type == LIES and one.severity.rank >= Severity.WARNING.rank:
                # Not lying down on purpose, and how it came to that is not in the picture: any alert tells of it.
                found.append(one.model_copy(update={"type": WILDCARD}))
            else:
                found.append(one)
        return tuple(
            Truth(_at(start_utc, one.start_s), _at(start_utc, one.end_s), one.type, one.severity, one.description)
            for one in found
        )

    def unsure(self, start_utc: datetime) -> tuple[Stretch, ...]:
        """Return the parts that cannot be judged, at the times of the clip's footage."""
        return tuple(Stretch(_at(start_utc, begin), _at(start_utc, end)) for begin, end in self.unsure_s)


def read_label_file(path: Path) -> LabelFile:
    """Read a label file.

    Raises
    ------
    LabError
        When it is missing, no JSON, or a field is missing or wrong; it says which.
    """
    try:
        return LabelFile.model_validate_json(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise LabError("lab.label_file_not_readable", path=path, reason=system_reason(exc)) from exc
    except UnicodeDecodeError as exc:
        raise LabError("lab.label_file_not_text", file=path.name) from exc
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = first["msg"].removeprefix("Value error, ")
        raise LabError("lab.label_file_wrong", file=path.name, where=f", {where}" if where else "", what=what) from exc


def labelled_clips(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the clips of a folder, each with where its label file should be; by name.

    The clips lie in the folder itself or in its `clips`, the label files in its `labels`.

    Raises
    ------
    LabError
        When there is no such folder, or no clip in it.
    """
    inside = folder / "clips" if (folder / "clips").is_dir() else folder
    found = sorted(path for path in inside.iterdir() if is_video_name(path.name)) if inside.is_dir() else []
    if not found:
        raise LabError("lab.no_clip", inside=inside)
    for path in found:
        yield path, folder / "labels" / f"{path.name}.json"


def _at(start_utc: datetime, seconds: float) -> datetime:
    return start_utc + timedelta(seconds=seconds)
