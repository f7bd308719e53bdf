"""The Events page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.plugin import get_monitor
from livemon.ui.review import review_page

review_page(get_monitor(), live="dashboard").servable()
