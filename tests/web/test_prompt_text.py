"""What the Prompts page says."""

import pandas as pd

from livemon.web.pages.parts.prompt_text import diff_html, history_html, live_html
from tests.conftest import MORNING

HISTORY = pd.DataFrame(
    [(pd.Timestamp(MORNING), "", "", "Ada", "<b>why</b>"), (pd.Timestamp(MORNING), "abcdef1234", "mine", "Ada", "")],
    columns=["from_utc", "version", "name", "by", "note"],
)


def test_a_diff_says_what_was_added_and_removed_not_by_colour_alone() -> None:
    html = diff_html("--- a\n+++ b\n@@ -1 +1 @@\n-old <i>\n+new\n same\n")
    assert "aria-label='removed: old &lt;i&gt;'>-old &lt;i&gt;</span>" in html
    assert "aria-label='added: new'>+new</span>" in html
    assert "--- a" not in html
    assert "They are the same" in diff_html("")


def test_a_history_tells_settings_from_versions_and_escapes() -> None:
    html = history_html(HISTORY, None)
    assert "as in the settings" in html
    assert "mine <code class='quiet'>abcdef12</code>" in html
    assert "&lt;b&gt;why" in html
    assert "Nothing has been changed here yet" in history_html(HISTORY.iloc[:0], None)


def test_what_the_settings_chose_has_no_since() -> None:
    live = pd.DataFrame(
        [("hall", "look", "look_en", "12345678ff", "settings", None)],
        columns=["camera_id", "purpose", "name", "version", "by", "since_utc"],
    )
    html = live_html(live, {"hall": "Hall & stairs"}, None)
    assert "Hall &amp; stairs" in html
    assert "\N{EN DASH}" in html
