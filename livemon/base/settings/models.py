"""The groups of settings about models and money: [gemini], [openai_compat], [budget], [prices], zones.

Settings only, documented where they stand; settings.py puts them together and reads them. Keys are not here: they come
from the environment.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from livemon.base.datatypes import Severity
from livemon.base.settings.hours import Hours
from livemon.base.texts import Line, Named

Dollars = Annotated[float, Field(ge=0)]
"""As a cap, infinite means unlimited."""
Price = Annotated[float, Field(ge=0, le=1_000_000)]
Mark = Annotated[int, Field(ge=0, le=1000)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tier(StrEnum):
    """Billing tier of a key. livemon cannot see it from the key."""

    UNKNOWN = ""
    PAID = "paid"
    UNPAID = "unpaid"


class ServiceTier(StrEnum):
    """The provider's queue in which a question waits."""

    STANDARD = "standard"
    FLEX = "flex"
    """Half the price, answered within minutes, refused when the provider is busy."""


class GeminiSettings(_Group):
    """`[gemini]`. The key is GEMINI_API_KEY in the environment."""

    model: str = Field("gemini-3.5-flash-lite", description="Which Gemini model looks.")
    cheaper_model: str = Field("gemini-3.1-flash-lite", description="Which one takes over when money runs short.")
    tier: Tier = Field(Tier.UNKNOWN, description="paid: the key's project has billing; unpaid: it has none.")
    allow_unpaid: bool = Field(False, description="Send footage although Google may use it and people may read it.")
    base_url: str = Field("", description="Another address than Google's: a proxy, or the stand-in server.")
    max_concurrency: int = Field(4, ge=1, le=100, description="Calls at once, of each model.")
    requests_per_minute: int = Field(60, ge=1, le=10_000, description="Calls a minute, of each model.")
    attempts: int = Field(3, ge=1, le=10, description="Times a call is tried when the server is busy.")
    timeout_s: float = Field(60, ge=10, le=600, description="Longest a look may take, waiting and retries included.")
    study_timeout_s: float = Field(300, ge=10, le=3600, description="The same for a study of a window.")
    study_tier: ServiceTier = Field(ServiceTier.FLEX, description="flex: windows are studied for half the price.")
    flex_timeout_s: float = Field(
        900, ge=60, le=3000, description="A study at flex that takes longer goes to standard."
    )


class OpenAICompatSettings(_Group):
    """`[openai_compat]`: Ollama, vLLM, llama.cpp and others. The key, if any, is OPENAI_API_KEY in the environment."""

    model: str = Field("", description="The server's name for the model, for example qwen2.5vl:7b.")
    cheaper_model: str = Field("", description="Which one takes over when money runs short; none when empty.")
    base_url: str = Field("http://127.0.0.1:11434/v1", description="The server; Ollama's own when not given.")
    max_concurrency: int = Field(1, ge=1, le=100, description="Calls at once.")
    requests_per_minute: int = Field(60, ge=1, le=10_000, description="Calls a minute.")
    attempts: int = Field(2, ge=1, le=10, description="Times a call is tried when the server is busy.")
    timeout_s: float = Field(120, ge=1, le=3600, description="Longest a call may take.")


class BudgetSettings(_Group):
    """`[budget]`: what may be spent, in US dollars. A day begins at midnight in `timezone`."""

    usd_per_day: Dollars | None = Field(2.0, description="By all cameras together in a day.")
    camera_usd_per_day: Dollars | None = Field(0.8, description="By each camera in a day.")
    usd_total: Dollars | None = Field(None, description="By all cameras together, ever.")
    max_calls_per_hour: int = Field(400, ge=1, description="Calls of a camera in an hour, whatever they cost.")

    @field_validator("usd_per_day", "camera_usd_per_day", "usd_total")
    @classmethod
    def _infinite_is_no_cap(cls, usd: float | None) -> float | None:
        # TOML has no word for nothing; it has one for without end.
        return None if usd is not None and math.isinf(usd) else usd


class PriceSettings(_Group):
    """`[prices."<model>"]`: US dollars per million tokens, for a model that livemon does not know, or knows wrongly."""

    input: Price = Field(description="Tokens in.")
    output: Price = Field(description="Tokens out, thoughts included.")
    cached: Price | None = Field(None, description="Tokens in that the provider had cached; as input when not given.")
    audio: Price | None = Field(None, description="Tokens of sound; as input when not given.")


class ZoneSeverity(StrEnum):
    """Severity of the child's presence in a zone; most zones have none."""

    NONE = ""
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class ZoneSettings(_Group):
    """`[[cameras.<id>.zones]]`: a part of the picture with a name."""

    name: Named = Field(min_length=1, max_length=40, description="What the place is called.")
    box: tuple[Mark, Mark, Mark, Mark] = Field(description="ymin, xmin, ymax, xmax, each 0 to 1000 of the picture.")
    note: Line = Field("", max_length=100, description="What the model should know about it.")
    severity: ZoneSeverity = Field(ZoneSeverity.NONE, description="How grave it is that the child is there.")

    @model_validator(mode="after")
    def _is_a_box(self) -> Self:
        top, left, bottom, right = self.box
        if top >= bottom or left >= right:
            raise ValueError("box is ymin, xmin, ymax, xmax, and each max is above its min")
        return self


class RuleCondition(StrEnum):
    """Condition that fires a zone rule."""

    INSIDE = "inside"
    """A person is in the zone."""
    OUTSIDE = "outside"
    """A person is in the picture and not in the zone."""
    LEFT = "left"
    """A person who was in the zone is seen outside it."""
    CROSSED = "crossed"
    """A person crosses the line."""
    ABSENT = "absent"
    """No person is seen in the zone."""
    MORE_THAN = "more_than"
    """More people than `people` are in the zone."""
    PET = "pet"
    """A dog or a cat is in the zone."""


class ZoneRuleSettings(_Group):
    """`[[cameras.<id>.zone_rules]]`: what makes an event without a model."""

    name: Named = Field(min_length=1, max_length=60, description="Title of its events.")
    when: RuleCondition = Field(description="What makes it fire.")
    zone: Line = Field("", max_length=40, description="Name of a zone of this camera; the whole picture when empty.")
    line: tuple[Mark, Mark, Mark, Mark] | None = Field(
        None, description="For `crossed`: y and x of its two ends, each 0 to 1000 of the picture."
    )
    for_s: float = Field(5, ge=0, le=86_400, description="It must be so for this long; `crossed` needs no time.")
    people: int = Field(1, ge=1, le=5, description="For `more_than`: more people than this.")
    severity: Severity = Field(Severity.WARNING, description="Of its events: info, warning, danger.")
    hours: Hours = Field("", description="Local times in which it holds: 22:00-07:00; always when empty.")
    enabled: bool = Field(True, description="Whether it makes events.")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if (self.when is RuleCondition.CROSSED) != (self.line is not None):
            raise ValueError("a line belongs to a rule with when = 'crossed', and only to that")
        if self.line is not None and self.line[:2] == self.line[2:]:
            raise ValueError("line is y, x, y, x of two different points")
        if self.when in (RuleCondition.OUTSIDE, RuleCondition.LEFT) and not self.zone:
            raise ValueError(f"when = '{self.when}' needs a zone")
        if self.when is RuleCondition.CROSSED and self.zone:
            raise ValueError("when = 'crossed' has a line and no zone")
        if self.severity is Severity.SAFE:
            raise ValueError("severity is info, warning or danger")
        return self
