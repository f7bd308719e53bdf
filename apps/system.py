"""The System page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.web.auth.session_monitor import visit
from livemon.web.pages.system import system_page
from livemon.web.server.plugin import get_monitor

system_page(visit(get_monitor()), live="dashboard").servable()
