"""A dashboard of your own on one page: each camera's live picture, with the day and the open events below.

    python examples/dashboard.py [DATA_DIR]

In a notebook: `from dashboard import page`, and `page(lm.Monitor())` as the last line of a cell. The parts are Jupyter
widgets, so ipywidgets arranges them, and Voilà serves the notebook as a page without code.
"""

import sys

import ipywidgets as widgets

import livemon as lm


def page(monitor: lm.Monitor) -> widgets.Widget:
    """Return the page; the pictures stream from this kernel."""
    cameras = list(monitor.cameras)
    players = widgets.GridBox(
        [monitor.view.player(camera) for camera in cameras],
        layout=widgets.Layout(grid_template_columns="repeat(auto-fit, minmax(320px, 1fr))"),
    )
    days = widgets.Tab([monitor.view.timeline(camera) for camera in cameras], titles=cameras)
    return widgets.VBox([players, days, monitor.view.events()])


def main(data_dir: str) -> None:
    """Make the page for two drawn cameras, and print what is on it."""
    cameras = {name: {"source": "test-pattern"} for name in ("hall", "garden")}
    with lm.Monitor(data_dir=data_dir, cameras=cameras, model="local") as monitor:
        players, days, events = page(monitor).children
        print(len(players.children), "players,", days.titles, type(events).__name__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "data")
