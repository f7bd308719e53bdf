"""Where crops lie beside the frames of a sheet."""

from hypothesis import given
from hypothesis import strategies as st

from livemon.vlm.crop_sheet import LEAST_ZOOM, CropSize, arrange

STANDING = CropSize(50, 100, 4.0)

sizes = st.lists(st.builds(CropSize, st.floats(5, 320), st.floats(5, 240), st.floats(0.5, 6)), max_size=50)


@given(st.integers(320, 1600), st.integers(180, 1200), sizes, st.floats(1, 3e6))
def test_crops_never_cover_frames_and_never_pass_the_limit(
    width: int, height: int, crops: list[CropSize], most_pixels: float
) -> None:
    grid = arrange(width, height, crops, most_pixels)
    if grid is None:
        return
    assert grid.sheet_width * grid.sheet_height <= most_pixels
    assert grid.left >= width or grid.top >= height
    rows = -(-len(crops) // grid.columns)
    assert grid.left + grid.columns * grid.width <= grid.sheet_width >= width
    assert grid.top + rows * grid.height <= grid.sheet_height >= height


def test_people_are_enlarged_as_far_as_there_is_room() -> None:
    roomy, tight = arrange(640, 360, [STANDING] * 4, 640_000), arrange(640, 360, [STANDING] * 4, 320_000)
    assert roomy is not None and tight is not None
    assert roomy.height == 250
    assert LEAST_ZOOM * 100 <= tight.height < 250


def test_crops_are_left_out_when_there_is_no_room_or_the_source_shows_no_more() -> None:
    assert arrange(640, 360, [STANDING], 640 * 360) is None
    assert arrange(640, 360, [CropSize(50, 100, 1.2)], 640_000) is None
    assert arrange(640, 360, [], 640_000) is None
