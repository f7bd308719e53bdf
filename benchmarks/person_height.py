"""Height of people in the pictures that a model gets, without crops and with them, at the same picture tokens.

    python benchmarks/person_height.py --clips DIR [--skip NAME ...]

Each clip is a copied camera's footage: a look at each ten seconds of it, and a study of all of it, under the shipped
prompts and by the code of live cameras. The height of a person is that of the detector's box; with crops it is that in
the crop, where one is drawn, never counted larger than the source's own pixels. Clips without people count for nothing.

`worst case` is for a model that scales each sheet to one number of pixels whatever its tokens are said to hold.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, cast

import av
from common import record

from livemon.archive.footage import Footage
from livemon.base.datatypes import Image, Segment
from livemon.base.errors import LivemonError
from livemon.base.model_types import Crop, Look, Purpose, Question, Scene, Study
from livemon.cameras.people_crops import cut_crops
from livemon.cameras.questions import QuestionBuilder
from livemon.detect.people import shared_detector
from livemon.detect.tracks import STRONG_SCORE
from livemon.vlm.catalog import Catalog
from livemon.vlm.crop_sheet import PIXELS_PER_TOKEN, arrange
from livemon.vlm.options import MOST_ON_A_SHEET
from livemon.vlm.pictures import crop_size, even_parts
from livemon.vlm.prompt import Prompt, shipped_prompts
from livemon.vlm.provider import InputSpec, PromptTerms
from livemon.vlm.request import Request, make_request
from livemon.vlm.tokens import text_tokens

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = Catalog.of({}).entry("gemini-3.5-flash-lite")
LOOK_S = 10.0


@dataclass
class Heights:
    """What was measured of one kind of question."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    worst: list[float] = field(default_factory=list)
    """Of `after`, when the model scales each sheet to the pixels that it had without crops."""
    questions: int = 0
    with_crops: int = 0
    words: list[int] = field(default_factory=list)
    cpu_s: float = 0.0


def questions(path: Path, segment: Segment) -> Iterator[tuple[Question, Prompt]]:
    """Yield the looks and the study of a clip, without crops."""
    footage = cast(Footage, SimpleNamespace(segments=lambda _start, _end: [segment]))
    builder = QuestionBuilder(path.name, footage, cast(Any, SimpleNamespace(then=lambda _moment: Scene())))
    shipped = shipped_prompts()
    for name in ("look_en", "study_en"):
        prompt = shipped[name]
        appetite = InputSpec(MODEL.name, prompt.options.frames, prompt.options.frame_width, free=False)
        if prompt.purpose is Purpose.STUDY:
            yield builder.study(START, segment.end_utc, appetite, PromptTerms.of(prompt), keyframes_only=False), prompt
            continue
        for number in range(math.ceil(segment.duration_s / LOOK_S)):
            at = START + timedelta(seconds=(number + 1) * LOOK_S)
            try:
                yield builder.look(at, appetite), prompt
            except LivemonError:
                continue  # nothing in the last second of it


def zooms(question: Question, request: Request) -> list[tuple[Crop, float, float]]:
    """Return each crop on the sheets, by how much it is enlarged, and by how much its sheet has grown in each way."""
    images: list[Image] = [frame.image for frame in question.frames]
    columns = math.ceil(math.sqrt(min(len(images), MOST_ON_A_SHEET)))
    assert MODEL.rules is not None
    most = MODEL.rules.image_tokens[request.resolution.value] * PIXELS_PER_TOKEN
    found = []
    for first, last in even_parts(len(images), MOST_ON_A_SHEET):
        own = [crop for crop in question.crops if first <= crop.frame < last]
        sizes = [crop_size(crop, images[crop.frame]) for crop in own]
        height, width = images[0].shape[:2]
        size = columns * width, math.ceil((last - first) / columns) * height
        grid = arrange(*size, sizes, most)
        if grid is None:
            continue
        grown = math.sqrt(grid.sheet_width * grid.sheet_height / (size[0] * size[1]))
        for crop, part in zip(own, sizes, strict=True):
            found.append((crop, min(grid.width / part.width, grid.height / part.height, part.most_zoom), grown))
    assert len(found) == request.crops, "as the request has it"
    return found


def measure(question: Question, prompt: Prompt, segment: Segment, heights: Heights) -> None:
    """Add what one question shows."""
    detector = shared_detector()
    people = [[one.box for one in detector.people(f.image) if one.score >= STRONG_SCORE] for f in question.frames]
    if not any(people):
        return
    began_s = time.process_time()
    crops = cut_crops(detector, [segment], question.frames, keyframes_only=False)
    heights.cpu_s += time.process_time() - began_s
    before, after = (
        make_request(one, prompt, prompt.options, MODEL.name, rules=MODEL.rules)
        for one in (question, _with_crops(question, crops))
    )
    assert (len(before.pictures), before.resolution) == (len(after.pictures), after.resolution), "the same tokens"
    heights.questions += 1
    heights.with_crops += after.crops > 0
    heights.words.append(text_tokens(after.text) - text_tokens(before.text))
    enlarged = zooms(_with_crops(question, crops), after)
    for place, boxes in enumerate(people):
        for box in boxes:
            height = (box[2] - box[0]) / 1000 * question.frames[place].image.shape[0]
            held = [(zoom, zoom / grown) for crop, zoom, grown in enlarged if crop.frame == place and holds(crop, box)]
            shown = max([*held, (1.0, 1.0)])
            heights.before.append(height)
            heights.after.append(height * shown[0])
            heights.worst.append(height * shown[1])


def _with_crops(question: Question, crops: tuple[Crop, ...]) -> Look | Study:
    return replace(question, crops=crops)


def holds(crop: Crop, box: Sequence[int]) -> bool:
    """Say whether a person is in a crop."""
    top, left, bottom, right = crop.box
    return top <= box[0] and left <= box[1] and bottom >= box[2] and right >= box[3]


def report(heights: Heights) -> dict[str, object]:
    """Return the figures of one kind of question."""
    before, after, worst = (median(one) for one in (heights.before, heights.after, heights.worst))
    return {
        "people": len(heights.before),
        "questions with people": heights.questions,
        "of these with crops": heights.with_crops,
        "median height before, px": round(before, 1),
        "median height after, px": round(after, 1),
        "ratio": round(after / before, 2),
        "ratio, worst case": round(worst / before, 2),
        "words of crops, tokens at most": max(heights.words),
        "CPU of crops, s a question": round(heights.cpu_s / heights.questions, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--skip", nargs="*", default=())
    arguments = parser.parse_args()
    of = {Purpose.LOOK: Heights(), Purpose.STUDY: Heights()}
    clips = [path for path in sorted(arguments.clips.iterdir()) if path.is_file() and path.name not in arguments.skip]
    left_out = []
    for path in clips:
        with av.open(str(path)) as container:
            duration_s = (container.duration or 0) / 1e6
        segment = Segment(START, duration_s, path, duration_s)
        try:
            for question, prompt in questions(path, segment):
                measure(question, prompt, segment, of[prompt.purpose])
        except LivemonError as exc:
            left_out.append(f"{path.name}: {exc}")
        print(path.name, {purpose.value: len(heights.before) for purpose, heights in of.items()}, flush=True)
    values: dict[str, object] = {purpose.value: report(heights) for purpose, heights in of.items()}
    print("left out:", left_out)
    record("person_height", {"clips": len(clips), "of these unreadable": len(left_out), **values})


if __name__ == "__main__":
    main()
