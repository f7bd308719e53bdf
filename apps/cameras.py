"""The Cameras page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.cameras import cameras_page
from livemon.ui.plugin import get_monitor

cameras_page(get_monitor(), live="dashboard").servable()
