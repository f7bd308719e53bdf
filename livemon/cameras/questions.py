"""Questions about the past: which recorded frames make up a look or a study of a stretch of footage.

The same choice of moments as of a live look. Footage lives in archive/footage.py, the choice of the model in
inference/gateway.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from livemon.archive.footage import Footage
from livemon.base.clock import require_utc
from livemon.base.datatypes import Frame, LookReason, MotionSample, Segment
from livemon.base.detections import Detector
from livemon.base.errors import NoFootage
from livemon.base.model_types import Crop, Look, Scene, Study
from livemon.cameras.gate_memory import GateMemory
from livemon.cameras.people_crops import cut_crops
from livemon.detect.moments import choose_moments
from livemon.detect.motion import MotionGate
from livemon.stream.files.frames import read_frames
from livemon.vlm.options import StudyInput
from livemon.vlm.provider import InputSpec, PromptTerms

BEFORE = timedelta(seconds=10)
"""A look at a moment shows the ten seconds up to it."""

END = timedelta(seconds=1)
"""Footage that ends with the last frame of a question is asked for a little longer, so that it holds that frame."""


class Notes(Protocol):
    """Source of a model's context beside the pictures; see `livemon.inference.scene.SceneContext`."""

    def then(self, moment: datetime) -> Scene:
        """Return the context of a moment in the past."""
        ...


class QuestionBuilder:
    """Makes looks and studies of one camera's recorded footage. Its methods block: they decode.

    Parameters
    ----------
    gate_memory
        Live measurements of the gate; their segments are not decoded again.
    detector
        Finds the people that crops show; None when they are not looked for.
    """

    def __init__(
        self,
        camera_id: str,
        footage: Footage,
        notes: Notes,
        gate_memory: GateMemory | None = None,
        detector: Detector | None = None,
    ) -> None:
        self._camera_id = camera_id
        self._footage = footage
        self._notes = notes
        self._gate_memory = gate_memory or GateMemory()
        self._detector = detector

    def look(self, at: datetime, appetite: InputSpec) -> Look:
        """Return a look at the ten seconds up to a moment.

        Raises
        ------
        NoFootage
            When nothing was recorded then.
        """
        at = require_utc(at)
        frames = self._moments(at - BEFORE, at, appetite, keyframes_only=False)
        crops = self._crops(frames, appetite, keyframes_only=False)
        return Look(self._camera_id, LookReason.ASKED, frames, self._notes.then(at), crops=crops)

    def study(
        self,
        start: datetime,
        end: datetime,
        appetite: InputSpec,
        terms: PromptTerms,
        *,
        keyframes_only: bool,
        samples: Sequence[MotionSample] | None = None,
    ) -> Study:
        """Return a study of [start, end): its moments that matter, or its video when the terms say so.

        Parameters
        ----------
        keyframes_only
            Judge by keyframes: of a copied stream decoding the rest costs more than it tells.
        samples
            Result of `measure` for [start, end), when it is known already.

        Raises
        ------
        NoFootage
            When nothing was recorded then.
        """
        start, end = require_utc(start), require_utc(end)
        scene = self._notes.then(start)
        if terms.options.study_input is StudyInput.VIDEO:
            clip = self._footage.clip(start, end)
            duration_s = (clip.end_utc - clip.start_utc).total_seconds()
            study = Study(self._camera_id, clip.start_utc, duration_s, (), clip.path, scene=scene)
            return replace(study, video_sound=_has_sound(clip.path))
        frames = self._moments(start, end, appetite, keyframes_only=keyframes_only, samples=samples)
        crops = self._crops(frames, appetite, keyframes_only=keyframes_only)
        return Study(self._camera_id, start, (end - start).total_seconds(), frames, scene=scene, crops=crops)

    def measure(
        self, start: datetime, end: datetime, appetite: InputSpec, *, keyframes_only: bool
    ) -> list[MotionSample]:
        """Return the motion gate's measurements of the recorded frames of [start, end); empty without frames."""
        return self._measured(self._footage.segments(start, end), start, end, appetite, keyframes_only)

    def _crops(self, frames: Sequence[Frame], appetite: InputSpec, *, keyframes_only: bool) -> tuple[Crop, ...]:
        """Return crops of the people in frames, where they are wanted."""
        if not appetite.crops or self._detector is None:
            return ()
        segments = self._footage.segments(frames[0].utc, frames[-1].utc + END)
        return cut_crops(self._detector, segments, frames, keyframes_only=keyframes_only)

    def _measured(
        self, segments: Sequence[Segment], start: datetime, end: datetime, appetite: InputSpec, keyframes_only: bool
    ) -> list[MotionSample]:
        gate = MotionGate()
        samples: list[MotionSample] = []
        for segment in segments:
            known = self._gate_memory.of(segment, keyframes_only=keyframes_only)
            if known is None:
                width = appetite.frame_width
                frames = read_frames(self._camera_id, segment, width=width, keyframes_only=keyframes_only)
                known = tuple(gate.measure(frame) for frame in frames if start <= frame.utc < end)
            samples += [sample for sample in known if start <= sample.utc < end]
        return samples

    def _moments(
        self,
        start: datetime,
        end: datetime,
        appetite: InputSpec,
        *,
        keyframes_only: bool,
        samples: Sequence[MotionSample] | None = None,
    ) -> tuple[Frame, ...]:
        """Decode twice: small and all of it to find the moments, then these. Only one picture is held at a time."""
        segments = self._footage.segments(start, end)
        if samples is None:
            samples = self._measured(segments, start, end, appetite, keyframes_only)
        chosen = choose_moments(samples, appetite.frames)
        if not chosen:
            raise NoFootage("footage.no_picture_between", camera=self._camera_id, start=start, end=end)
        frames: list[Frame] = []
        for segment in segments:
            wanted = [utc for utc in chosen if segment.start_utc <= utc < segment.end_utc]
            if wanted:
                frames += read_frames(
                    self._camera_id, segment, wanted, appetite.frame_width, keyframes_only=keyframes_only
                )
        # A camera may come back with another size; a question is about pictures that can be compared.
        return tuple(frame for frame in frames if frame.image.shape == frames[-1].image.shape)


def _has_sound(video: Path) -> bool:
    import av

    with av.open(str(video)) as container:
        return bool(container.streams.audio)
