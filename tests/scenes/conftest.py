"""What is costly to compute, once for all tests: the painter with its rooms, the labels of the whole day."""

import pytest

from livemon.scenes import Label, ground_truth
from livemon.scenes.day import clips
from livemon.scenes.picture import Painter


@pytest.fixture(scope="session")
def painter() -> Painter:
    return Painter()


@pytest.fixture(scope="session")
def labels() -> dict[str, Label]:
    """Labels by the clip's file name."""
    return {clip.name: ground_truth(clip) for clip in clips()}
