"""The dashboard for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.dashboard import dashboard
from livemon.ui.plugin import get_monitor

dashboard(get_monitor(), live="dashboard").servable()
