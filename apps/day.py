"""The day page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.plugin import get_monitor
from livemon.ui.day import day_page

day_page(get_monitor(), live="dashboard").servable()
