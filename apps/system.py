"""The System page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.plugin import get_monitor
from livemon.ui.system import system_page

system_page(get_monitor(), live="dashboard").servable()
