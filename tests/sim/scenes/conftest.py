"""What is costly to compute, once for all tests: the painter with its rooms, the labels of the whole day."""

import pytest

from livemon.sim.scenes import Label, ground_truth
from livemon.sim.scenes.day import clips
from livemon.sim.scenes.picture import Painter


@pytest.fixture(scope="session")
def painter() -> Painter:
    return Painter()


@pytest.fixture(scope="session")
def labels() -> dict[str, Label]:
    """Labels by the clip's file name."""
    return {clip.name: ground_truth(clip) for clip in clips()}
