"""Collecting datasets: from people's labels, from clips with label files, from rendered scenes.

Reads labels and finds footage; datasets live in dataset.py, the choice of windows to label in sampling.py.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.base.clock import require_utc
from livemon.base.datatypes import Severity
from livemon.base.errors import LabError, LivemonError
from livemon.base.event_families import family
from livemon.base.settings.settings import Settings
from livemon.lab.data.clips import LabClip, LabClips
from livemon.lab.data.dataset import ALL, Dataset, Item, Stretch, Truth, at_night, cluster_of
from livemon.lab.data.label_files import NIGHT, LabelFile, labelled_clips, read_label_file
from livemon.lab.data.sampling import Stratum, strata_of
from livemon.lab.experiments.live_plan import footage_hash
from livemon.store import labels as store
from livemon.store.labels import LabelVerdict
from livemon.store.recordings import archives_between
from livemon.store.session import Database

log = logging.getLogger(__name__)

AROUND = timedelta(seconds=10)
"""A reviewer of an event has seen so much before and after it."""

HAPPENED = (LabelVerdict.RIGHT.value, LabelVerdict.MISSED.value)


def from_folder(folder: Path, clips: LabClips, name: str) -> Dataset:
    """Return the labelled clips of a folder; blocks: new ones are made into footage.

    Clips without a label file, or that ffmpeg cannot read, are left out, and `how` says so.

    Raises
    ------
    LabError
        When there is no clip, a label file is wrong, or none of the clips has one.
    """
    items: dict[str, Item] = {}
    left_out: list[str] = []
    for path, label_path in labelled_clips(folder):
        if not label_path.is_file():
            left_out.append(f"{path.name} (no label file)")
            continue
        label = read_label_file(label_path)
        try:
            clip = clips.bring(path)
        except LivemonError as exc:
            log.warning("%s", exc)
            left_out.append(f"{path.name} ({exc.message})")
            continue
        item = _clip_item(clip, label, path.stem)
        twin = items.setdefault(item.id, item)
        if twin.truths != item.truths:
            raise LabError("lab.clip_labelled_twice", file=path.name, title=twin.title)
        if twin is not item:
            left_out.append(f"{path.name} (the same clip as {twin.title})")
    if not items:
        raise LabError("lab.no_usable_clip", folder=folder, left_out="; ".join(left_out))
    without = f" Left out: {'; '.join(left_out)}." if left_out else ""
    return Dataset(name, tuple(items.values()), f"All {len(items)} labelled clips of a folder.{without}")


def from_labels(
    cameras: Sequence[str],
    since: datetime,
    until: datetime,
    name: str,
    settings: Settings,
    database: Database,
    *,
    labellers: Collection[str] = (),
    unlabelled: bool = False,
) -> Dataset:
    """Return the ten-minute windows about which people said something.

    Windows that a reviewer watched whole are taken as drawn by lot (`lab.sample`). Each weighs as many as there are of
    its kind for each that was watched. In the others only the moments of alerts are judged. A weight of 0 says so: they
    count for precision only.

    Parts of a window that were not watched and have no verdict are unsure: they count neither for nor against.
    Different verdicts of two people on the same report make it unsure, too. An event that only one of them marked did
    happen.

    Parameters
    ----------
    labellers
        Only what these said; all when empty.
    unlabelled
        Take the unlabelled windows, too: to compare reports there, not their correctness.

    Raises
    ------
    LabError
        When there is nothing, or a window's footage is gone.
    """
    since, until = require_utc(since), require_utc(until)
    said = labels_of(database, cameras, since, until, labellers)
    strata = {camera_id: strata_of(database, camera_id, since, until) for camera_id in cameras}
    items: list[Item] = []
    gone = 0
    for camera_id in cameras:
        own = said[said["camera_id"] == camera_id]
        for stratum in strata[camera_id]:
            touching = _touching(own, stratum.window.start_utc, stratum.window.end_utc)
            if unlabelled or len(touching):
                item = _window_item(camera_id, stratum, touching, settings, database)
                gone += item is None
                items += [item] if item else []
    if not items:
        raise LabError("lab.no_labelled_window", cameras=cameras)
    counted = [one for camera_id in cameras for one in strata[camera_id]]
    how = _how(items, counted, gone, unlabelled=unlabelled)
    return Dataset(name, weighted(items, counted), how)


def labels_of(
    database: Database, cameras: Collection[str], since: datetime, until: datetime, labellers: Collection[str] = ()
) -> pd.DataFrame:
    """Return what people said about this footage: in the lab, and on the pages."""
    tables = [
        store.labels(database, cameras, since, until),
        store.judged_events(database, cameras, since, until),
    ]
    said = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    return said[said["labeller"].isin(labellers)] if labellers else said


def relabelled(dataset: Dataset, said: pd.DataFrame, name: str) -> Dataset:
    """Return the items that people labelled, with what they said instead of what was known of them before.

    In an item that was not watched whole only single moments are known: its weight is 0.

    Raises
    ------
    LabError
        When there are no labels for them.
    """
    items = []
    for item in dataset.items:
        own = _touching(said[said["camera_id"] == item.camera_id], item.start_utc, item.end_utc)
        if len(own):
            truths, unsure = judged(own, item.start_utc, item.end_utc)
            weight = (item.weight or 1.0) if _is_watched(own, item.start_utc, item.end_utc) else 0.0
            items.append(replace(item, truths=truths, unsure=unsure, weight=weight))
    if not items:
        raise LabError("lab.dataset_not_labelled", dataset=dataset.name)
    return Dataset(name, tuple(items), f"{len(items)} of {len(dataset.items)} items, as people labelled them.")


def judged(said: pd.DataFrame, start_utc: datetime, end_utc: datetime) -> tuple[tuple[Truth, ...], tuple[Stretch, ...]]:
    """Return what happened in a stretch and what of it is unsure, by what people said that touches it."""
    truths: list[tuple[str, Truth]] = []
    seen: list[tuple[datetime, datetime]] = []
    doubted: list[tuple[datetime, datetime]] = []
    verdicts: dict[str, set[str]] = {}
    rows: list[dict[Any, Any]] = said.to_dict("records")
    for row in rows:
        if row["about"]:
            verdicts.setdefault(row["about"], set()).add(row["verdict"])
    for row in rows:
        start, end = row["start_utc"].to_pydatetime(), row["end_utc"].to_pydatetime()
        if row["verdict"] == LabelVerdict.UNSURE or len(verdicts.get(row["about"], ())) > 1:
            doubted.append((start - AROUND, end + AROUND))
        elif row["verdict"] == LabelVerdict.WATCHED:
            seen.append((start, end))
        else:
            seen.append((start - AROUND, end + AROUND))
            if row["verdict"] in HAPPENED:
                truth = Truth(start, end, row["kind"], Severity(row["severity"]), row["note"])
                truths.append((row["labeller"], truth))
    unsure = _holes(seen, start_utc, end_utc)
    unsure += [(max(a, start_utc), min(b, end_utc)) for a, b in doubted]
    return tuple(_distinct(truths)), tuple(Stretch(a, b) for a, b in sorted(unsure) if a < b)


def _touching(said: pd.DataFrame, start_utc: datetime, end_utc: datetime) -> pd.DataFrame:
    """Return the labels in [start_utc, end_utc): one that ends where it begins is not in it, a moment there is."""
    reaches = (said["end_utc"] > start_utc) | (said["start_utc"] >= start_utc)
    return said[(said["start_utc"] < end_utc) & reaches]


def _distinct(said: Iterable[tuple[str, Truth]]) -> list[Truth]:
    """Join what different people marked as the same: of one family of kinds, at times that overlap or nearly do.

    Two marks of one person are two events. Of two severities the graver counts: a danger must not get lost.
    """
    kept: list[tuple[set[str], Truth]] = []
    for labeller, truth in sorted(said, key=lambda one: (one[1], one[0])):
        for place, (people, one) in enumerate(kept):
            near = truth.start_utc <= one.end_utc + AROUND / 2
            if near and labeller not in people and family(one.kind) == family(truth.kind):
                grave = max(one.severity, truth.severity, key=lambda severity: severity.rank)
                joined = replace(one, end_utc=max(one.end_utc, truth.end_utc), severity=grave)
                kept[place] = ({*people, labeller}, joined)
                break
        else:
            kept.append(({labeller}, truth))
    return [truth for _, truth in kept]


def _holes(
    spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the parts of [start, end) that lie in none of the spans."""
    holes = []
    at = start
    for begin, until in sorted(spans):
        if begin > at:
            holes.append((at, min(begin, end)))
        at = max(at, until)
        if at >= end:
            return holes
    return [*holes, (at, end)]


def _window_item(
    camera_id: str, stratum: Stratum, said: pd.DataFrame, settings: Settings, database: Database
) -> Item | None:
    """Return a window as an item; None when its archive is gone."""
    window = stratum.window
    found = archives_between(database, camera_id, window.start_utc, window.end_utc, settings.data_dir)
    archives = [one for one in found if one.path.is_file()]
    if not archives:
        return None
    truths, unsure = judged(said, window.start_utc, window.end_utc)
    zone = settings.zone
    return Item(
        camera_id=camera_id,
        start_utc=window.start_utc,
        end_utc=window.end_utc,
        footage=footage_hash(one.sha256 for one in archives),
        truths=truths,
        unsure=unsure,
        hours=sum(one.coverage_s for one in archives) / 3600,
        cluster=cluster_of(camera_id, window.start_utc.astimezone(zone)),
        stratum=stratum.name,
        weight=1.0 if _is_watched(said, window.start_utc, window.end_utc) else 0.0,
        night=at_night(window.start_utc, window.end_utc, zone),
        title=f"{camera_id} {window.start_utc.astimezone(zone):%Y-%m-%d %H:%M}",
    )


def weighted(items: Sequence[Item], counted: Sequence[Stratum]) -> tuple[Item, ...]:
    """Let each item that was watched whole, of a weight above 0, stand for all windows of its camera and stratum."""
    there = Counter((one.camera_id, one.name) for one in counted)
    watched = Counter((one.camera_id, one.stratum) for one in items if one.weight > 0)

    def weight(item: Item) -> float:
        kind = item.camera_id, item.stratum
        return there.get(kind, watched[kind]) / watched[kind] if item.weight > 0 else 0.0

    return tuple(replace(item, weight=weight(item)) for item in items)


def _is_watched(said: pd.DataFrame, start_utc: datetime, end_utc: datetime) -> bool:
    """Whether a stretch was watched whole, by one person or by several."""
    watched = said[said["verdict"] == LabelVerdict.WATCHED.value]
    spans = zip(watched["start_utc"], watched["end_utc"], strict=True)
    return not _holes(((a.to_pydatetime(), b.to_pydatetime()) for a, b in spans), start_utc, end_utc)


def _how(items: Sequence[Item], counted: Sequence[Stratum], gone: int, *, unlabelled: bool) -> str:
    parts = []
    for name in dict.fromkeys(one.name for one in counted):
        taken = sum(item.stratum == name for item in items)
        parts.append(f"{taken} of {sum(one.name == name for one in counted)} {name}")
    lost = f" The footage of {gone} labelled windows is gone." if gone else ""
    which = "Windows, labelled or not" if unlabelled else "Labelled windows"
    watched = sum(item.weight > 0 for item in items)
    whole = f" {watched} of these {len(items)} were watched whole." if watched < len(items) else ""
    return f"{which}: {', '.join(parts)}.{whole}{lost}"


def _clip_item(clip: LabClip, label: LabelFile, title: str) -> Item:
    label.check((clip.end_utc - clip.start_utc).total_seconds(), title)
    return Item(
        camera_id=clip.id,
        start_utc=clip.start_utc,
        end_utc=clip.end_utc,
        footage=clip.sha256,
        truths=label.truths(clip.start_utc),
        unsure=label.unsure(clip.start_utc),
        hours=(clip.end_utc - clip.start_utc).total_seconds() / 3600,
        cluster=label.cluster or title,
        stratum=ALL,
        night=NIGHT in label.tags,
        title=title,
    )
