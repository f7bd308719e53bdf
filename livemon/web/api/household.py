"""A household's day as a page: for who is logged in, and by the signed link of a message, with verdicts."""

from __future__ import annotations

import base64
from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from livemon.base.clock import local_day
from livemon.base.datatypes import Language
from livemon.base.messages.catalog import ENGLISH
from livemon.base.roles import Role
from livemon.notify.household_links import HouseholdLinks, OpenedDay
from livemon.notify.pictures import picture_of
from livemon.reports.facts.household import Household, read_household
from livemon.reports.render.household import household_html
from livemon.reports.render.text import Words
from livemon.web.api.base import ApiHandler
from livemon.web.api.operation import Day as LocalDay
from livemon.web.api.operation import RequestModel, Scope, operation

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class HouseholdLabel(StrEnum):
    """A verdict on an event."""

    RIGHT = "right"
    WRONG = "wrong"


class HouseholdQuery(RequestModel):
    """Choice of a day."""

    date: LocalDay | None = Field(None, description="A local day; yesterday when not given.")
    language: Language | None = Field(None, description="The caller's when not given.")


class HouseholdVerdictQuery(RequestModel):
    """A verdict on one event of the day."""

    event: int = Field(ge=1)
    said: HouseholdLabel


class _HouseholdPage(ApiHandler):
    """Sends a household's day as a page that loads nothing."""

    def page(self, household: Household, words: Words, *, answer_address: str = "", link_note: str = "") -> str:
        """Return the page; blocks."""
        return household_html(
            household, words, picture_of=self._picture, answer_address=answer_address, link_note=link_note
        )

    def send_page(self, page: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cache-Control", "no-store")
        self.write(page)

    def _picture(self, camera_id: str, thumbnail: str) -> str:
        """Return a picture inside its address: who has the link alone may see it."""
        picture = picture_of(self.monitor.settings, camera_id, thumbnail)
        return f"data:image/jpeg;base64,{base64.b64encode(picture).decode('ascii')}" if picture else ""


class HouseholdHandler(_HouseholdPage):
    """/household-report."""

    @operation(
        "A day of all cameras, against the seven days before, as a page",
        Role.VIEWER,
        scope=Scope.OWN,
        query=HouseholdQuery,
        media="text/html",
    )
    async def get(self) -> None:
        """Answer with the day of the cameras that the caller may see."""
        asked = self.query(HouseholdQuery)
        self.send_page(await self.blocking(self._made, asked))

    def _made(self, asked: HouseholdQuery) -> str:
        monitor = self.monitor
        zone, now = monitor.settings.zone_named(""), monitor.clock.now()
        day = asked.date or local_day(now, zone)[0] - timedelta(days=1)
        cameras = [one for one in monitor.cameras if self.identity and self.identity.sees(one)]
        household = read_household(monitor.settings, monitor.database, cameras, day, zone, now)
        return self.page(household, Words(asked.language or self.language or ENGLISH, zone))


class HouseholdLinkHandler(_HouseholdPage):
    """/household-reports/{reply}. Opening it changes nothing: mail scanners open links."""

    @property
    def _links(self) -> HouseholdLinks:
        monitor = self.monitor
        return HouseholdLinks(monitor.settings, monitor.database, monitor.clock, monitor.notify)

    @operation("A household's day, by a message's link", None, scope=Scope.OWN, media="text/html")
    async def get(self, signed: str) -> None:
        """Answer with the page."""
        opened = await self.blocking(self._links.opened, signed)
        self.send_page(await self.blocking(self._made, opened, signed))

    @operation("Judge an event of the day", None, scope=Scope.OWN, query=HouseholdVerdictQuery, media="text/html")
    async def post(self, signed: str) -> None:
        """Keep the verdict and answer with the page."""
        asked = self.query(HouseholdVerdictQuery)
        await self.blocking(self._links.judge, signed, asked.event, asked.said.value)
        opened = await self.blocking(self._links.opened, signed)
        self.send_page(await self.blocking(self._made, opened, signed))

    def _made(self, opened: OpenedDay, signed: str) -> str:
        household = self._links.read(opened)
        words = Words(opened.recipient.language, household.zone)
        note = words.say("house_link", name=opened.recipient.name)
        return self.page(household, words, answer_address=signed, link_note=note)
