"""The dashboard for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.web.auth.session_monitor import visit
from livemon.web.pages.live import dashboard
from livemon.web.server.plugin import get_monitor

dashboard(visit(get_monitor()), live="dashboard").servable()
