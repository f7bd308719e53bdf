"""Library: the lab's datasets and labels: made, frozen, kept, found again.

Experiments live in lab.py, the making of a dataset from labels and clips in data/collect.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from livemon.base.clock import Clock, Window, require_utc
from livemon.base.datatypes import Severity
from livemon.base.errors import LabError, UnknownCamera
from livemon.base.event_families import UNSCORED
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.lab.data import collect
from livemon.lab.data.clips import PREFIX, LabClips
from livemon.lab.data.dataset import Dataset
from livemon.lab.data.footage import Cameras, Places
from livemon.lab.data.sampling import Stratum, draw, strata_of
from livemon.lab.scoring import agreement as agreeing
from livemon.lab.scoring.agreement import Agreement
from livemon.lab.scoring.match_rule import MatchRule
from livemon.store import lab as store
from livemon.store import labels
from livemon.store.labels import LabelVerdict
from livemon.store.session import Database

ME = "researcher"
"""Default author of actions in the lab."""


class Library:
    """Datasets and labels. Its methods block, and may be called from any thread."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, cameras: Cameras, profile: StreamProfile
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._cameras = cameras
        self.clips = LabClips(settings, database, clock, profile)
        self.places = Places(settings, database, clock, cameras, self.clips)

    def from_folder(self, folder: Path | str, name: str = "") -> Dataset:
        """Return the labelled clips of a folder, frozen; new clips are made into footage. See `docs/lab.md`.

        Raises
        ------
        LabError
            When there is no clip, a label file is wrong, or no clip has one.
        """
        folder = Path(folder)
        return self.freeze(collect.from_folder(folder, self.clips, name or folder.name))

    def from_scenes(self, name: str = "rendered scenes") -> Dataset:
        """Return eight rendered days with their exact labels, frozen; renders them the first time (half a minute)."""
        from livemon.sim.scenes import render_lab_days

        folder = self._settings.data_dir / "lab" / "rendered_days"
        render_lab_days(folder)
        return self.from_folder(folder, name)

    def from_labels(
        self,
        cameras: str | Sequence[str],
        since: datetime,
        until: datetime,
        name: str = "",
        *,
        labellers: Collection[str] = (),
        unlabelled: bool = False,
    ) -> Dataset:
        """Return the windows of [since, until) that people labelled, here or on the pages, frozen.

        See `livemon.lab.data.collect.from_labels` for what counts as known, and for the parameters.
        """
        wanted = self._known(cameras)
        name = name or f"{', '.join(wanted)} {since:%Y-%m-%d} to {until:%Y-%m-%d}"
        made = collect.from_labels(
            wanted, since, until, name, self._settings, self._database, labellers=labellers, unlabelled=unlabelled
        )
        return self.freeze(made)

    def relabelled(self, dataset: Dataset, name: str = "", *, by: str | Collection[str] = ()) -> Dataset:
        """Return a dataset's items with what people said of them instead of what was known, frozen.

        Parameters
        ----------
        by
            Only what these said; all when empty. Items without labels are left out.

        Raises
        ------
        LabError
            When none has labels.
        """
        said = self.labels([item.camera_id for item in dataset.items])
        people = [by] if isinstance(by, str) else by
        own = said[said["labeller"].isin(people)] if people else said
        return self.freeze(collect.relabelled(dataset, own, name or f"{dataset.name}, labelled"))

    def freeze(self, dataset: Dataset) -> Dataset:
        """Keep a dataset, and its footage: retention leaves it alone until the dataset is dropped."""
        footage = [(item.camera_id, item.start_utc, item.end_utc) for item in dataset.items]
        store.keep_dataset(self._database, dataset.version, dataset.content, footage, self._clock.now())
        return dataset

    def drop(self, dataset: Dataset | str, *, with_experiments: bool = False) -> None:
        """Delete a dataset, by itself, its name or its version: retention may have its footage again. Labels stay.

        Parameters
        ----------
        with_experiments
            The experiments on it go too, with all answers that were paid for.

        Raises
        ------
        LabError
            When there is none, or experiments stand on it and are not to go.
        """
        version = (self.dataset(dataset) if isinstance(dataset, str) else dataset).version
        experiments = store.experiments(self._database)
        on_it = experiments.loc[experiments["dataset_version"] == version, "id"]
        if len(on_it) and not with_experiments:
            numbers = ", ".join(map(str, sorted(on_it)))
            raise LabError("lab.dataset_in_use", numbers=numbers)
        with self._database.writing() as session:
            store.drop_datasets(session, [version])

    def dataset(self, name_or_version: str) -> Dataset:
        """Return a frozen dataset; of a name the newest.

        Raises
        ------
        LabError
            When there is none.
        """
        found = store.dataset(self._database, name_or_version) if name_or_version else []
        if not found:
            raise LabError("lab.no_dataset", name_or_version=name_or_version)
        return Dataset.from_content(found[0])

    def datasets(self) -> pd.DataFrame:
        """Return what is frozen: version, name, items, created_utc; the newest first."""
        return store.datasets(self._database)

    def sample(
        self, cameras: str | Sequence[str], since: datetime, until: datetime, count: int = 30, seed: int = 0
    ) -> list[Stratum]:
        """Return windows to label, drawn by lot: some with alerts, some with motion, some in which all seemed quiet.

        Label them with ``monitor.view.labeller(...)``: only so is recall of all that happened, and not of what was
        reported. The same seed draws the same ones.

        Raises
        ------
        UnknownCamera, LabError
            When the camera is unknown, nothing was archived in this time, or `count` is not a number of windows.
        """
        if not isinstance(count, int) or count < 1:
            raise LabError("lab.wrong_window_count", count=repr(count))
        span = require_utc(since), require_utc(until)
        windows = [one for each in self._known(cameras) for one in strata_of(self._database, each, *span)]
        if not windows:
            raise LabError("lab.nothing_archived")
        return draw(windows, count, seed)

    def label(
        self,
        camera_id: str,
        start: datetime,
        end: datetime,
        verdict: str,
        *,
        by: str = ME,
        kind: str = "",
        severity: str = "",
        about: str = "",
        note: str = "",
    ) -> int:
        """Keep what a person says of a stretch of footage; returns the label's id.

        Parameters
        ----------
        verdict
            ``watched``, ``right``, ``wrong``, ``missed``, ``unsure``, ``withdrawn``; see
            `livemon.store.labels.LabelVerdict`.
        kind, severity
            The event; needed for ``right`` and ``missed``.
        about
            ``event-12`` that it judges, ``label-3`` that it withdraws.

        Raises
        ------
        LabError
            When the verdict is invalid, an event is missing, the camera or clip is unknown, or this person has no label
            to withdraw.
        """
        try:
            meant, begin, finish = LabelVerdict(verdict), require_utc(start), require_utc(end)
        except ValueError as exc:
            raise LabError("lab.wrong_label", reason=exc, verdicts=LabelVerdict) from exc
        grave = severity_named(severity) if severity else None
        if finish < begin:
            raise LabError("lab.label_ends_before_begin")
        if camera_id not in self._cameras():
            self.clips.footage(camera_id)
        if meant in (LabelVerdict.RIGHT, LabelVerdict.MISSED) and not (kind and grave):
            raise LabError("lab.verdict_without_kind", verdict=verdict)
        if kind in UNSCORED and (meant is LabelVerdict.MISSED or (grave and grave.rank > Severity.INFO.rank)):
            raise LabError("lab.kind_not_scored", kind=kind)
        if meant is LabelVerdict.WITHDRAWN:
            own = self.labels()
            mine = "label-" + own.loc[own["labeller"] == by, "id"].astype(str)
            if about not in set(mine):
                raise LabError("lab.no_label_to_withdraw", by=by, about=repr(about))
        now = self._clock.now()
        said = {"labeller": by, "kind": kind, "severity": grave, "about": about, "note": note}
        return labels.add_label(self._database, camera_id, begin, finish, meant, now, **said)  # type: ignore[arg-type]

    def labels(
        self, cameras: str | Sequence[str] = (), since: datetime | None = None, until: datetime | None = None
    ) -> pd.DataFrame:
        """Return the labels that count; see `livemon.store.labels.labels`."""
        return labels.labels(self._database, [cameras] if isinstance(cameras, str) else cameras, since, until)

    def agreement(self, first: str, second: str, rule: MatchRule | None = None) -> Agreement:
        """Return how far two labellers agree: on verdicts (Cohen's kappa), and on what happened when (F1)."""
        said = self.labels()
        verdicts = said[said["about"] != ""].rename(columns={"about": "event"})
        return agreeing.agreement(verdicts, _marked(said, first, second), first, second, rule or MatchRule())

    def _known(self, cameras: str | Sequence[str]) -> list[str]:
        wanted = [cameras] if isinstance(cameras, str) else list(cameras)
        if not wanted:
            raise LabError("lab.no_camera_named", cameras=sorted(self._cameras()))
        for camera_id in wanted:
            if camera_id not in self._cameras():
                raise UnknownCamera(camera_id, sorted(self._cameras()))
        return wanted


def severity_named(name: str) -> Severity:
    """Return the severity of this name; LabError when it is invalid."""
    try:
        return Severity(name)
    except ValueError as exc:
        raise LabError("lab.no_severity", name=repr(name), severities=Severity) from exc


def _marked(said: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return what two people marked by themselves in the windows that both watched, for scoring/agreement.py."""
    windows = said["start_utc"].map(lambda moment: Window.containing(moment.to_pydatetime()).start_utc.isoformat())
    # A clip is one item, however long; of a camera each window is.
    within = windows.astype("str").where(~said["camera_id"].str.startswith(PREFIX), "")
    said = said.assign(item=said["camera_id"] + " " + within)
    watched = said[said["verdict"] == LabelVerdict.WATCHED.value].groupby("labeller")["item"].agg(set)
    both = set(watched.get(first, set())) & set(watched.get(second, set()))
    marked = said[(said["verdict"] == LabelVerdict.MISSED.value) & said["item"].isin(both)]
    seconds = {f"{end}_s": marked[f"{end}_utc"].astype("int64") / 1e6 for end in ("start", "end")}
    return marked[["labeller", "item", "kind", "severity"]].assign(**seconds)
