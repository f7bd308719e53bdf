"""Dataset: stretches of footage with their known events, frozen by content hash.

Values only: collecting lives in collect.py, showing them to models in lab/experiments/live_plan.py, storing in
store/lab.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from livemon.base.clock import iso, require_utc
from livemon.base.datatypes import Severity
from livemon.base.errors import LabError

VERSION_CHARS = 16
"""Hex characters of a dataset's and an item's version: 64 bits of a sha256."""

ALL = "all"
"""The stratum of items without sampling: the whole population."""


@dataclass(frozen=True, slots=True, order=True)
class Truth:
    """Something that happened, as a person or a script says. `kind` is a model's or a label file's word for it."""

    start_utc: datetime
    end_utc: datetime
    kind: str
    severity: Severity
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A part of an item that could not be judged: reports there count neither for nor against."""

    start_utc: datetime
    end_utc: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of one camera's footage, or of a clip, with all that happened in it.

    Attributes
    ----------
    camera_id
        A camera's id, or a clip's.
    footage
        Content hash of the recorded files: other footage is another item.
    hours
        Recorded duration.
    cluster
        Camera and day. Events in one are not independent, so whole clusters are resampled, and held out.
    stratum, weight
        Its stratum, and the number of similar items that it represents; 0 when only single moments of it are judged.
    """

    camera_id: str
    start_utc: datetime
    end_utc: datetime
    footage: str
    truths: tuple[Truth, ...] = ()
    unsure: tuple[Stretch, ...] = ()
    hours: float = 0.0
    cluster: str = ""
    stratum: str = ALL
    weight: float = 1.0
    night: bool = False
    title: str = ""

    @property
    def id(self) -> str:
        """Content hash of the footage shown; its truths may be corrected, and what was asked still counts."""
        told = [self.camera_id, iso(self.start_utc), iso(self.end_utc), self.footage]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:VERSION_CHARS]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.end_utc - self.start_utc).total_seconds()

    @property
    def judged_hours(self) -> float:
        """Recorded hours that are not unsure: the base of rates, as alerts elsewhere are not judged."""
        unsure_s, until = 0.0, self.start_utc
        for one in sorted(self.unsure):
            begin, end = max(one.start_utc, until), min(one.end_utc, self.end_utc)
            unsure_s += max(0.0, (end - begin).total_seconds())
            until = max(until, end)
        share = max(0.0, 1 - unsure_s / self.duration_s) if self.duration_s else 0.0
        return self.hours * share


@dataclass(frozen=True)
class Dataset:
    """Items, and in a sentence how they were chosen. Frozen: a change makes another version."""

    name: str
    items: tuple[Item, ...]
    how: str = ""

    def __post_init__(self) -> None:
        ids = [item.id for item in self.items]
        if len(set(ids)) < len(ids):
            raise LabError("lab.footage_twice", name=self.name)

    @cached_property
    def version(self) -> str:
        """Content hash: the same footage, truths and weights are the same version, whatever it is called."""
        content = {"items": self.content["items"]}
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:VERSION_CHARS]

    @cached_property
    def content(self) -> dict[str, Any]:
        """Everything, as JSON values; `from_content` makes it a dataset again."""
        return {"name": self.name, "how": self.how, "items": [_plain(asdict(item)) for item in self.items]}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Dataset:
        """Return the dataset that `content` was made of."""
        return cls(content["name"], tuple(_item(one) for one in content["items"]), content["how"])

    def item(self, item_id: str) -> Item:
        """Return an item by its id; LabError when there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise LabError("lab.no_item", name=self.name, item_id=item_id)

    def only(self, items: Iterable[Item], name: str = "") -> Dataset:
        """Return a dataset of some of the items."""
        return replace(self, name=name or self.name, items=tuple(items))

    def split(self, held_out: float = 0.3) -> tuple[Dataset, Dataset]:
        """Return the items to work on, and those held out: whole camera-days, always the same ones of a name.

        Parameters
        ----------
        held_out
            About which share of the camera-days is held out, 0 to 1; at least one, and not all, where there are two.

        Raises
        ------
        LabError
            When it is not a share, or all footage is of one camera-day: then no independent part can be held out.
        """
        if not isinstance(held_out, int | float) or not 0 <= held_out <= 1:
            raise LabError("lab.wrong_share", held_out=repr(held_out))
        clusters = sorted({item.cluster for item in self.items}, key=_chance)
        if len(clusters) < 2:
            raise LabError("lab.one_camera_day")
        kept = clusters[min(len(clusters) - 1, max(1, round(held_out * len(clusters)))) :]
        work = [item for item in self.items if item.cluster in kept]
        rest = [item for item in self.items if item.cluster not in kept]
        return self.only(work, f"{self.name}, to work on"), self.only(rest, f"{self.name}, held out")

    def table(self) -> pd.DataFrame:
        """Return the items for people: a row each, with how many events of which severity."""
        rows = [
            {
                "item": item.id,
                "title": item.title,
                "camera_id": item.camera_id,
                "start_utc": item.start_utc,
                "duration_s": item.duration_s,
                "events": len(item.truths),
                "dangers": sum(truth.severity is Severity.DANGER for truth in item.truths),
                "stratum": item.stratum,
                "weight": item.weight,
                "cluster": item.cluster,
            }
            for item in self.items
        ]
        return pd.DataFrame(rows, columns=list(_ITEM_TABLE))

    def items_table(self) -> pd.DataFrame:
        """Return the items as lab/scoring/matching.py takes them."""
        rows = [
            (one.id, one.camera_id, one.cluster, one.judged_hours, one.weight, one.stratum, one.night)
            for one in self.items
        ]
        columns = ["item", "camera_id", "cluster", "hours", "weight", "stratum", "night"]
        types = {"item": "str", "camera_id": "str", "cluster": "str", "stratum": "str"}
        return pd.DataFrame(rows, columns=columns).astype({**types, "hours": float, "weight": float, "night": bool})

    def truths_table(self) -> pd.DataFrame:
        """Return what happened as lab/scoring/matching.py takes it; times in seconds since the epoch."""
        rows = [
            (item.id, t.start_utc.timestamp(), t.end_utc.timestamp(), t.kind, t.severity.value)
            for item in self.items
            for t in item.truths
        ]
        table = pd.DataFrame(rows, columns=["item", "start_s", "end_s", "kind", "severity"])
        table = table.astype({"item": "str", "start_s": float, "end_s": float, "kind": "str", "severity": "str"})
        table.insert(1, "truth", range(len(table)))
        return table

    def ignored_table(self) -> pd.DataFrame:
        """Return the stretches that could not be judged as lab/scoring/matching.py takes them."""
        rows = [(i.id, s.start_utc.timestamp(), s.end_utc.timestamp()) for i in self.items for s in i.unsure]
        table = pd.DataFrame(rows, columns=["item", "start_s", "end_s"])
        return table.astype({"item": "str", "start_s": float, "end_s": float})

    def __repr__(self) -> str:
        """Say what it is in a line."""
        hours = sum(item.hours for item in self.items)
        truths = [truth for item in self.items for truth in item.truths]
        dangers = sum(truth.severity is Severity.DANGER for truth in truths)
        said = f"{len(self.items)} items, {hours:.2f} h, {len(truths)} events, {dangers} of them dangers"
        return f"<Dataset {self.name} {self.version[:8]}: {said}>"


_ITEM_TABLE = (
    "item", "title", "camera_id", "start_utc", "duration_s", "events", "dangers", "stratum", "weight", "cluster",
)  # fmt: skip


def _chance(cluster: str) -> str:
    """Order that has nothing to do with names, and is always the same."""
    return hashlib.sha256(cluster.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # Microseconds: footage begins and ends between milliseconds, and an item is known by its ends.
        return require_utc(value).isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _item(content: Mapping[str, Any]) -> Item:
    def times(one: Mapping[str, Any]) -> dict[str, Any]:
        at = {name: require_utc(datetime.fromisoformat(one[name])) for name in ("start_utc", "end_utc")}
        return {**one, **at}

    truths = tuple(Truth(**{**times(one), "severity": Severity(one["severity"])}) for one in content["truths"])
    unsure = tuple(Stretch(**times(one)) for one in content["unsure"])
    return Item(**{**times(content), "truths": truths, "unsure": unsure})


def cluster_of(camera_id: str, start_utc: datetime) -> str:
    """Return the name of a camera-day."""
    return f"{camera_id} {start_utc:%Y-%m-%d}"


def at_night(start_utc: datetime, end_utc: datetime, zone: Any) -> bool:
    """Whether the middle of a stretch lies between eight in the evening and seven in the morning, local time."""
    middle = (start_utc + (end_utc - start_utc) / 2).astimezone(zone)
    return not timedelta(hours=7) <= timedelta(hours=middle.hour, minutes=middle.minute) < timedelta(hours=20)
