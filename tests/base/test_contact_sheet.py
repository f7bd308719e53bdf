from datetime import UTC
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from livemon.base.contact_sheet import GREY, Sheet, draw_sheet, time_label
from livemon.base.datatypes import Image
from tests.conftest import MORNING


def picture(level: int, height: int = 120, width: int = 160) -> Image:
    return np.full((height, width, 3), level, np.uint8)


def test_cells_stand_row_by_row_in_time_order() -> None:
    image = draw_sheet([picture(40 * n + 20) for n in range(6)], ["10:00"] * 6, 3)
    assert image.shape == (240, 480, 3)
    middles = [int(image[row * 120 + 60, column * 160 + 80, 0]) for row in range(2) for column in range(3)]
    assert middles == [20, 60, 100, 140, 180, 220]


def test_a_cell_without_footage_is_grey_and_says_so() -> None:
    image = draw_sheet([picture(200), None], ["10:00", ""], 2)
    empty = image[:, 160:]
    assert int(empty[5, 5, 0]) == GREY
    assert int(empty.max()) > 240, "words stand in it"
    assert draw_sheet([None, None], ["", ""], 2).shape == (240, 640, 3)


def test_the_time_is_stamped_in_the_zone_of_the_screen() -> None:
    utc, seoul = (draw_sheet([picture(200)], [time_label(MORNING, zone)], 1) for zone in (UTC, ZoneInfo("Asia/Seoul")))
    assert not np.array_equal(utc, seoul)
    assert np.array_equal(utc[:90], seoul[:90]), "only the stamp differs"


def test_pictures_of_another_size_are_fitted() -> None:
    image = draw_sheet([picture(200), picture(20, height=160, width=80)], ["10:00", "10:01"], 2)
    tall = image[:, 160:]
    assert image.shape == (120, 320, 3)
    assert [int(tall[20, x, 0]) for x in (5, 80, 155)] == [GREY, 20, GREY]


def test_an_incomplete_last_row_is_filled_up() -> None:
    assert draw_sheet([picture(20)] * 3, ["10:00"] * 3, 2).shape == (240, 320, 3)


def test_a_sheet_shows_itself_in_a_notebook() -> None:
    sheet = Sheet(MORNING, MORNING, (MORNING,), picture(20))
    assert cv2.imdecode(np.frombuffer(sheet._repr_jpeg_(), np.uint8), cv2.IMREAD_COLOR) is not None
