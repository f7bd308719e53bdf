import pytest

from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.live import Dashboard
from livemon.web.pages.parts.wall import columns_for
from livemon.web.pages.shell.nav import LIVE, Nav


def dashboard_of(monitor: Monitor, visitor: str = "") -> Dashboard:
    visited = of_session(monitor, visitor)
    return Dashboard(visited, Nav(LIVE, ".", visited))


def test_a_button_that_the_browser_says_is_loading_is_free_again_at_the_next_refresh(monitor: Monitor) -> None:
    """The browser's echo of `loading` may come after the camera has stopped; seen in Chromium on a busy machine."""
    view = dashboard_of(monitor)
    view._toggle.loading = True
    view.show(view.read())
    assert not view._toggle.loading


@pytest.mark.parametrize(("tiles", "columns"), [(0, 1), (1, 1), (2, 2), (4, 3), (9, 5), (16, 6)])
def test_as_few_columns_as_let_all_tiles_fit_on_a_wall_screen(tiles: int, columns: int) -> None:
    assert columns_for(tiles) == columns
