"""The forms that a question can take, from the whole to the smallest, for servers that find it too large.

The server, or its limits, decides that a form is too large (hosted/hosted_model.py); drawing it lives in request.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from livemon.base.model_types import Question, Study
from livemon.vlm.options import Layout, MediaResolution, ModelOptions, StudyInput

SLOWEST_VIDEO_FPS = 0.05
"""A picture every twenty seconds; fewer do not make a video."""

SHORTEST_ANSWER_TOKENS = 1024
"""Room for a usual answer; less would break it off."""


@dataclass(frozen=True, slots=True)
class Form:
    """Form of a question: these options, and every n-th of its frames."""

    options: ModelOptions
    every: int = 1


def forms(question: Question, options: ModelOptions, *, resolutions: bool) -> Iterator[Form]:
    """Yield the forms of a question, each smaller than the one before; the first is the question as it was asked.

    Parameters
    ----------
    resolutions
        Whether the model knows media resolutions.
    """
    yield Form(options)
    if isinstance(question, Study) and options.study_input is StudyInput.VIDEO and question.video is not None:
        yield from _of_a_video(options, resolutions=resolutions)
        return
    if options.layout is Layout.PARTS and len(question.frames) > 1:
        # One picture instead of many; a resolution that is set was meant for one frame.
        auto = {"layout": Layout.SHEET, "media_resolution": MediaResolution.AUTO}
        options = options.model_copy(update=auto)
        yield Form(options)
    every = 2
    while every < 2 * len(question.frames):
        options = _shorter(options)
        yield Form(options, every)
        every *= 2


def _of_a_video(options: ModelOptions, *, resolutions: bool) -> Iterator[Form]:
    if resolutions and options.media_resolution is MediaResolution.HIGH:
        options = options.model_copy(update={"media_resolution": MediaResolution.LOW})
        yield Form(options)
    while options.video_fps / 2 >= SLOWEST_VIDEO_FPS:
        options = _shorter(options.model_copy(update={"video_fps": options.video_fps / 2}))
        yield Form(options)


def _shorter(options: ModelOptions) -> ModelOptions:
    """Return options with half the room for the answer, which some servers count as part of the whole."""
    room = min(options.max_output_tokens, max(SHORTEST_ANSWER_TOKENS, options.max_output_tokens // 2))
    return options.model_copy(update={"max_output_tokens": room})
