"""The groups of settings on scheduled work: [analysis], [report] and [notify]. settings.py reads them."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from livemon.base.messages.catalog import languages

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnalysisSettings(_Group):
    """`[analysis]`: the study of every ten-minute window."""

    enabled: bool = Field(True, description="Study every window of a camera that runs, 30 s after it ends.")
    still_by_rule: bool = Field(True, description="Ask no model that costs about windows in which nothing moved.")
    catch_up_hours: float = Field(24, ge=0, le=744, description="Windows that ended longer ago are not studied late.")


class ReportSettings(_Group):
    """`[report]`: the report of every day."""

    enabled: bool = Field(True, description="Make the report of the day before by itself.")
    at: str = Field("00:05", description="When, as a time of day in `timezone`.")
    catch_up_days: int = Field(7, ge=1, le=60, description="After a pause, make the reports of this many days.")
    language: str | None = Field(None, description="en, ko ...; the camera's language when not given.")
    pdf: bool = Field(True, description="Make a PDF beside the HTML.")
    notebook: Path | None = Field(None, description="A notebook of your own instead of the shipped one.")
    timeout_s: float = Field(600, ge=10, le=7200, description="Longest a report may take; then it is stopped.")

    @field_validator("language")
    @classmethod
    def _has_catalog(cls, value: str | None) -> str | None:
        if value is not None and value not in languages():
            raise ValueError(f"must be one of {', '.join(languages())}")
        return value

    @field_validator("at")
    @classmethod
    def _is_a_time_of_day(cls, text: str) -> str:
        if not TIME_OF_DAY.fullmatch(text):
            raise ValueError("at is a time of day such as 00:05")
        return text

    @property
    def due(self) -> time:
        """The time of day."""
        return time.fromisoformat(self.at)


class NotifySettings(_Group):
    """`[notify]`: notifications. The recipients are in the database (`livemon notify`)."""

    cooldown_s: float = Field(600, ge=0, le=86_400, description="The same kind of warning rings once within this.")
    push_hosts: tuple[str, ...] = Field((), description="Push services of your own, besides those of the browsers.")
