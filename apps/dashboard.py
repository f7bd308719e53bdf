"""The dashboard for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.plugin import get_monitor
from livemon.ui.dashboard import dashboard

dashboard(get_monitor(), live="dashboard").servable()
