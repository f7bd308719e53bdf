"""The Prompts page for `panel serve`: see README. `livemon serve` shows the same page."""

from livemon.ui.plugin import get_monitor
from livemon.ui.prompts import prompts_page

prompts_page(get_monitor(), live="dashboard").servable()
