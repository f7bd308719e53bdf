"""A model of your own in the lab: it sees a climb when something moves where the sofa stands.

    python examples/own_model.py [DATA_DIR]

A model is an object with `name`, `appetite`, `prepare`, `ask` and `close` (livemon.vlm.provider.VisionModel). This one
costs nothing and takes no prompt. One that costs says `free=False`, and in `prepare` the most that a call can cost.
"""

import hashlib
import sys
from itertools import pairwise

import numpy as np

import livemon as lm
from livemon.base.datatypes import EventType, Observation
from livemon.base.model_types import Answer, AnswerStatus, Look, Question
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms

SOFA = ((0.25, 0.60), (0.08, 0.34))
"""First and last row and column, as shares of the picture."""
MOVED_LEVELS = 6.0


class SofaModel:
    """Sees a climb when the place of the sofa changes between two frames of a look."""

    name = "sofa"

    def appetite(self, terms: PromptTerms) -> InputSpec:
        """Return what it wants to be shown: eight frames, small ones."""
        return InputSpec(model="sofa-1", frames=8, frame_width=160, free=True)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        """Return the question, ready to be asked; the hash is of all that decides the answer."""
        pixels = "".join(frame.sha256 for frame in question.frames)
        return PreparedCall(question, terms, "sofa-1", 0.0, hashlib.sha256(pixels.encode()).hexdigest())

    async def ask(self, prepared: PreparedCall) -> Answer:
        """Answer; a bad picture would be an Answer with its status, never an exception."""
        look = prepared.question
        assert isinstance(look, Look)
        places = [_cut(frame.image).astype(np.float32) for frame in look.frames]
        moved = [float(np.abs(after - before).mean()) for before, after in pairwise(places)]
        seen = [frame.utc for frame, levels in zip(look.frames[1:], moved, strict=True) if levels > MOVED_LEVELS]
        found = ()
        if seen:
            what = ("climbing", EventType.SAFETY, lm.Severity.WARNING, "Somebody is on the sofa", "Its place changed.")
            found = (Observation(*what, confidence=0.5, start_utc=seen[0], end_utc=seen[-1], evidence_utcs=(seen[0],)),)
        return Answer("sofa-1", AnswerStatus.OK, observations=found, scene="A room with a sofa.")

    async def close(self) -> None:
        """Give back what it holds: nothing."""


def _cut(image: np.ndarray) -> np.ndarray:
    rows, columns = (
        slice(int(first * size), int(last * size)) for (first, last), size in zip(SOFA, image.shape, strict=False)
    )
    return image[rows, columns]


def main(data_dir: str) -> None:
    """Compare it with the local model on the rendered days."""
    lab = lm.Monitor(data_dir=data_dir, model="local").lab
    experiment = lab.experiment(lab.from_scenes(), models=[SofaModel(), "local"], name="a model of my own")
    experiment.run(progress=False)
    print(experiment.scores()[["arm", "truths", "found", "recall", "false_alerts"]])
    print(experiment.compare("local", "sofa").sentence)
    # After a restart of the kernel: lab.open(experiment.id, models=[SofaModel()]).


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "data/lab")
