"""The dashboard for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.api.plugin import get_monitor
from livemon.ui.dashboard import dashboard

dashboard(get_monitor(), live="dashboard").servable()
