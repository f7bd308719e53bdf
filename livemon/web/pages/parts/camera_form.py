"""The form in which a camera is described: tried before it is added, or changed later.

Its values are applied in web/pages/cameras.py; the settings live in base/settings/cameras.py.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import iso
from livemon.base.datatypes import Language
from livemon.base.errors import LivemonError, SourceError
from livemon.base.messages.message import message
from livemon.base.model_types import Purpose
from livemon.base.settings.cameras import CameraSettings, LatencySetting, field_problems
from livemon.stream.redact import redact_url
from livemon.stream.sources.check import SourceReport
from livemon.web.api.guard import API_ROOT
from livemon.web.i18n.language import tr, tr_all, tr_message, tr_options
from livemon.web.pages.parts.zone_editor import WORDS as ZONE_WORDS
from livemon.web.pages.parts.zone_editor import ZoneEditor
from livemon.web.pages.shell.page import heading, status_html

LANGUAGES = {"English": Language.ENGLISH.value, "Korean": Language.KOREAN.value}
LATENCIES = {
    "cameras.normal_latency": LatencySetting.NORMAL.value,
    "cameras.low_latency": LatencySetting.LOW.value,
}
TURNS = {"cameras.not_turned": "0", "cameras.turned_90": "90", "cameras.turned_180": "180", "cameras.turned_270": "270"}
LOOKS = {"cameras.looks_on": "True", "cameras.looks_off": "False"}
AS_SHIPPED = {"cameras.shipped_one": ""}

PICTURE_AGE = timedelta(seconds=25)
"""The newest picture that is in a whole segment for sure."""

MORE, ZONES = 0, 1
"""Folded sections, in this order."""
FOLDED_CSS = """
.MuiAccordion-root { box-shadow: none; background: transparent; }
.MuiAccordionSummary-content :is(h1, h2, h3, h4, h5, h6, p, span) { font-size: 15px; font-weight: 600; margin: 0; }
.MuiAccordionSummary-root { padding: 0 2px; min-height: 44px; } .MuiAccordionDetails-root { padding: 0; }
"""

ABOUT_ID = ("camera.wrong_id", "camera.exists", "camera.ids_differ_by_case")

Values = dict[str, Any]


class CameraForm(pn.viewable.Viewer):
    """Fields of one camera, a button that tries the source, one that saves.

    Parameters
    ----------
    on_try
        Is given the source, returns what it is, and by how many degrees clockwise its picture is to be turned; raises
        LivemonError.
    on_save
        Is given the id, empty for one made of the name, the settings, and whether the camera is new; returns the
        id; raises LivemonError.
    on_trial
        Is given the id, the zones and one rule of them; returns what the rule would have done; raises LivemonError.
    """

    def __init__(
        self,
        on_try: Callable[[str], Awaitable[tuple[SourceReport, int]]],
        on_save: Callable[[str, Values, bool], Awaitable[str]],
        on_trial: Callable[[str, list[Values], Values], Awaitable[str]],
    ) -> None:
        super().__init__()
        self._on_try, self._on_save, self._on_trial = on_try, on_save, on_trial
        self._title = heading(tr("cameras.add_camera"))
        field: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (6, 5)}
        self._source = pmui.TextInput(label=tr("cameras.source_rtsp_dev_video0"), **field)
        self._id = pmui.TextInput(label=tr("cameras.id_letters_digits_and"), max_length=64, **field)
        self._fields: dict[str, Any] = {
            "name": pmui.TextInput(label=tr("cameras.name"), **field),
            "place": pmui.TextInput(label=tr("cameras.place_model_told"), max_length=100, **field),
            "born": pmui.TextInput(label=tr("cameras.child_born_in_like"), **field),
            "language": pmui.Select(label=tr("cameras.language_answers"), options=LANGUAGES, **field),
            "latency": pmui.Select(label=tr("cameras.delay_picture"), options=tr_options(LATENCIES), **field),
            "rotate": pmui.Select(label=tr("cameras.picture_turned"), options=tr_options(TURNS), **field),
            "hours": pmui.TextInput(label=tr("cameras.runs_at_these_hours"), **field),
            "looks": pmui.Select(label=tr("cameras.looks"), options=tr_options(LOOKS), **field),
            "look_prompt": pmui.Select(label=tr("cameras.prompt_looks"), options=tr_options(AS_SHIPPED), **field),
            "study_prompt": pmui.Select(label=tr("cameras.prompt_studies"), options=tr_options(AS_SHIPPED), **field),
            "usd_per_day": pmui.TextInput(label=tr("cameras.dollars_day_at_most"), **field),
        }
        self._zones = ZoneEditor(words=tr_all(ZONE_WORDS), sizing_mode="stretch_width")
        self._zones.param.watch(self._on_rule_asked, "asked")
        self._try = pmui.Button(
            label=tr("cameras.try_source"), variant="outlined", size="small", margin=(6, 5), on_click=self._on_try_click
        )
        self._save = pmui.Button(label=tr("cameras.add"), size="small", on_click=self._on_save_click)
        self._turn = pmui.Button(label="", variant="outlined", size="small", visible=False, on_click=self._on_turn)
        self._turn_to = 0
        self._new = pmui.Button(label=tr("cameras.add_another_instead"), variant="text", size="small", visible=False)
        self._new.on_click(lambda _event: self.clear())
        self._said = pn.pane.HTML("", sizing_mode="stretch_width")
        self._picture = pn.pane.HTML("", sizing_mode="stretch_width")
        rest = [widget for name, widget in self._fields.items() if name != "name"]
        self._more = pmui.Accordion(
            (tr("cameras.more_settings"), pn.Column(*rest, sizing_mode="stretch_width", margin=0)),
            (tr("cameras.zones_and_rules"), self._zones),
            active=[],
            sizing_mode="stretch_width",
            margin=(6, 5),
            stylesheets=[FOLDED_CSS],
        )
        self._changing = ""

    def __panel__(self) -> pn.viewable.Viewable:
        tried = pn.Row(self._source, self._try, sizing_mode="stretch_width", margin=0)
        fields = (self._turn, self._fields["name"], self._id, self._more)
        buttons = pn.Row(self._save, self._new, margin=0)
        parts = (self._title, tried, self._picture, *fields, buttons, self._said)
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def clear(self, said: str = "") -> None:
        """Empty the form, for a new camera."""
        self._fill("", CameraSettings(source=""))
        self._picture.object = ""
        self._said.object = said

    def offer(self, prompts: Mapping[Purpose, Iterable[str]]) -> None:
        """Offer these prompts, by name."""
        for purpose, field in ((Purpose.LOOK, "look_prompt"), (Purpose.STUDY, "study_prompt")):
            self._fields[field].options = tr_options(AS_SHIPPED) | {name: name for name in prompts[purpose]}

    def change(self, camera_id: str, own: CameraSettings, now: datetime) -> None:
        """Fill in a camera that is to be changed. Of its source only parts without a password are shown."""
        self._fill(camera_id, own)
        at = urlencode({"at": iso(now - PICTURE_AGE), "width": 640})
        self._zones.picture = f"{API_ROOT.lstrip('/')}/frames/{camera_id}.jpg?{at}"
        self._source.placeholder = redact_url(own.source)
        self._picture.object = status_html("#175cd3", tr("cameras.source"), tr("cameras.stays_as_unless_you"))

    def notice_sideways(self, camera_id: str, degrees: int) -> None:
        """Say that people are recognised in a camera's picture once it is turned by so many degrees more."""
        if camera_id == self._changing and degrees:
            self._picture.object += self._sideways((self._rotate + degrees) % 360)

    @property
    def _rotate(self) -> int:
        return int(self._fields["rotate"].value)

    def _sideways(self, degrees: int) -> str:
        """Offer to turn the picture, and return the sentence that says why; nothing when it is set so already."""
        self._turn_to, self._turn.visible = degrees, degrees != self._rotate
        if not self._turn.visible:
            return ""
        self._turn.label = tr("cameras.turn_picture", degrees=degrees)
        return status_html("#b54708", tr("cameras.on_its_side"), tr_message(message("check.sideways", degrees=degrees)))

    def _on_turn(self, _event: Any) -> None:
        """Set how the picture is turned; it is kept with the rest of the form."""
        self._fields["rotate"].value = str(self._turn_to)
        self._turn.visible = False

    def _fill(self, camera_id: str, own: CameraSettings) -> None:
        self._changing, self._turn.visible = camera_id, False
        self._title.object = heading(
            tr("cameras.change", id=camera_id) if camera_id else tr("cameras.add_camera")
        ).object
        self._id.param.update(value=camera_id, disabled=bool(camera_id))
        self._source.param.update(value="", placeholder="")
        self._mark({})
        for name, widget in self._fields.items():
            value = getattr(own, name)
            if name.endswith("_prompt") and value not in widget.options.values():
                widget.options = widget.options | {value: value}  # a version, or a file that is gone
            widget.value = "" if value is None else str(value)
        self._zones.param.update(
            zones=[zone.model_dump(mode="json") for zone in own.zones],
            rules=[rule.model_dump(mode="json") for rule in own.zone_rules],
            tried={},
            picture="",
        )
        self._more.active = [ZONES] if camera_id else []
        self._save.label = tr("page.save") if camera_id else tr("cameras.add")
        self._new.visible = bool(camera_id)

    async def _on_try_click(self, _event: Any) -> None:
        await self._doing(self._picture, self._tried)

    async def _on_save_click(self, _event: Any) -> None:
        await self._doing(self._said, self._saved)

    def _mark(self, problems: Mapping[str, str]) -> None:
        """Show each field's error; the other fields have none. A folded field that is wrong is unfolded."""
        for name, widget in {"id": self._id, "source": self._source, **self._fields}.items():
            said = problems.get(name, "")
            widget.error_state = bool(said)
            if not isinstance(widget, pmui.Select):
                widget.helper_text = said
        if problems.keys() & (self._fields.keys() - {"name"}):
            self._more.active = [*self._more.active, MORE]

    async def _on_rule_asked(self, event: Any) -> None:
        """Show below a rule its firings on the last days."""
        number = event.new.get("number")
        if not isinstance(number, int) or not 0 <= number < len(self._zones.rules):
            return
        if not self._changing:
            said = tr("cameras.rule_needs_camera")
        else:
            self._zones.tried = {str(number): tr("cameras.takes_some_seconds")}
            try:
                said = await self._on_trial(self._changing, self._zones.zones, self._zones.rules[number])
            except LivemonError as exc:
                said = tr_message(exc.said)
        self._zones.tried = {str(number): said}

    async def _doing(self, said: Any, work: Callable[[], Awaitable[str]]) -> None:
        """Say what came of something that takes a while; the buttons are locked meanwhile."""
        if self._save.disabled:
            return  # the second click of two
        said.object = status_html("#175cd3", tr("cameras.wait"), tr("cameras.takes_some_seconds"))
        self._try.disabled = self._save.disabled = True
        self._mark({})
        try:
            said.object = await work()
        except LivemonError as exc:
            field = "id" if exc.said.code in ABOUT_ID else "source" if isinstance(exc, SourceError) else ""
            self._mark({field: tr_message(exc.said)})
            said.object = status_html("#d92d20", tr("page.no"), tr_message(exc.said))
        finally:
            self._try.disabled = self._save.disabled = False

    async def _tried(self) -> str:
        report, degrees = await self._on_try(self._source.value.strip())
        self._zones.picture = f"data:image/jpeg;base64,{base64.b64encode(report.picture).decode('ascii')}"
        return report_html(report) + (self._sideways(degrees) if degrees else "")

    async def _saved(self) -> str:
        camera_id = self._id.value.strip()
        values: Values = {name: widget.value.strip() for name, widget in self._fields.items()}
        values["rotate"], values["looks"] = self._rotate, self._fields["looks"].value == "True"
        values["usd_per_day"] = values["usd_per_day"] or None
        values["zones"], values["zone_rules"] = self._zones.zones, self._zones.rules
        if self._source.value.strip():
            values["source"] = self._source.value.strip()
        wrong = field_problems({"source": "test-pattern", **values})
        if wrong.keys() and wrong.keys() <= self._fields.keys():
            self._mark(wrong)
            return status_html("#d92d20", tr("page.no"), tr("cameras.mend_marked"))
        kept_id = await self._on_save(camera_id, values, not self._changing)
        done = tr("cameras.saved") if self._changing else tr("cameras.added")
        said = status_html("#067647", done, f"{values['name'] or kept_id}.")
        self.clear()
        return said


def report_html(report: SourceReport) -> str:
    """Return a source's format, with a current picture."""
    picture = base64.b64encode(report.picture).decode("ascii")
    return (
        f"{status_html('#067647', tr('cameras.works'), tr_message(report.said))}"
        f"<img alt='{tr('cameras.what_source_shows_now')}' src='data:image/jpeg;base64,{escape(picture, quote=True)}'"
        " style='width:100%;border-radius:10px;margin-top:6px;display:block'>"
    )
