"""The day page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.web.auth.session_monitor import visit
from livemon.web.pages.day import day_page
from livemon.web.server.plugin import get_monitor

day_page(visit(get_monitor()), live="dashboard").servable()
