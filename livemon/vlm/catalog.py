"""The catalog: known facts of each model.

They are its options, its counting of tokens, and its prices with their dates.

The facts are in catalog.toml with their sources; the owner's own prices come from the settings on top. Counting the
tokens of a question does not belong here (tokens.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from livemon.base.errors import ConfigError, TooLarge
from livemon.base.model_types import Usage
from livemon.base.settings.models import PriceSettings, ServiceTier
from livemon.vlm.options import MediaResolution, ModelOptions, StudyInput, Thinking

CATALOG_FILE = Path(__file__).with_name("catalog.toml")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, from a day on. `cached` and `audio` default to `input`."""

    from_day: date
    input: float
    output: float
    cached: float
    audio: float

    def cost_usd(self, usage: Usage, factor: float = 1.0) -> float:
        """Return what so many tokens cost.

        Parameters
        ----------
        factor
            Of a batch or of the flex tier. Cached tokens with a price of their own are not discounted further. For
            batches Google says so; for flex it says nothing, and the dearer reading is kept.
        """
        audio = min(usage.input_by_modality.get("audio", 0), usage.input_tokens)
        plain = max(0, usage.input_tokens - usage.cached_tokens - audio)
        out = usage.output_tokens + usage.thought_tokens
        cached = self.cached if self.cached < self.input else self.cached * factor
        fresh = (plain * self.input + audio * self.audio + out * self.output) * factor
        return (fresh + usage.cached_tokens * cached) / MILLION


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Token counting of media by a family of models; see catalog.toml for the sources."""

    image_tokens: Mapping[str, int]
    video_frame_tokens: Mapping[str, int]
    audio_tokens_per_s: int
    longest_video_s: float
    most_images: int
    context_tokens: int


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """Known facts of one model.

    Attributes
    ----------
    rules
        Its token rules for media; None when unknown: then a picture's tokens are guessed (tokens.py).
    prices
        Oldest first; empty when unknown.
    batch_factor
        Price factor of a batch call; 1 without a batch mode.
    flex_factor
        The same of the flex tier; None when there is none, or it is unknown.
    shutdown
        From which day on it is gone, at the earliest; None when no day is announced.
    note
        Further notes for its owner.
    """

    name: str
    rules: TokenRules | None = None
    thinking: tuple[str, ...] = ()
    sampling: bool = True
    takes_video: bool = False
    batch_factor: float = 1.0
    flex_factor: float | None = None
    prices: tuple[Price, ...] = ()
    source: str = ""
    shutdown: date | None = None
    note: str = ""

    def price(self, day: date) -> Price | None:
        """Return the price of that day; None when it is not known."""
        valid = [price for price in self.prices if price.from_day <= day]
        return valid[-1] if valid else None

    def tier_factor(self, tier: ServiceTier) -> float:
        """Return what a call in this tier costs of the price."""
        return self.flex_factor if tier is ServiceTier.FLEX and self.flex_factor is not None else 1.0

    def check(self, options: ModelOptions) -> None:
        """Refuse options that this model does not take, before anything is sent.

        Raises
        ------
        ConfigError
            Naming the model, the option, and what it takes instead.
        """
        problems = []
        if options.thinking is not Thinking.DEFAULT and options.thinking.value not in self.thinking:
            takes = ", ".join(self.thinking) or "no thinking level"
            problems.append(f"thinking = '{options.thinking.value}' (it takes: {takes})")
        if options.temperature is not None and not self.sampling:
            problems.append("temperature (it takes none)")
        if options.study_input is StudyInput.VIDEO and not self.takes_video:
            problems.append("study_input = 'video' (it takes frames)")
        if self.rules is None and options.media_resolution is not MediaResolution.AUTO:
            problems.append("media_resolution (it knows none)")
        if options.clip_end_s is not None and options.clip_end_s <= options.clip_start_s:
            problems.append("clip_end_s, which is not after clip_start_s")
        if problems:
            raise ConfigError("model.options_not_taken", name=self.name, problems="; ".join(problems))

    def check_video(self, duration_s: float) -> None:
        """Refuse a video that is longer than this model takes; 0 s means none.

        Raises
        ------
        TooLarge
            Saying how much it takes.
        """
        if self.rules is not None and duration_s > self.rules.longest_video_s:
            raise TooLarge(
                "model.video_too_long",
                name=self.name,
                longest_min=self.rules.longest_video_s / 60,
                asked_min=duration_s / 60,
            )


class Catalog:
    """The models that are known, the owner's own prices on top.

    Parameters
    ----------
    own
        Prices by model name, US dollars per million tokens: ``{"qwen2.5vl:7b": {"input": 0, "output": 0}}``.
    """

    def __init__(self, own: Mapping[str, Mapping[str, float]] | None = None) -> None:
        self._entries = dict(_shipped())
        for name, price in (own or {}).items():
            entry = self._entries.get(name, ModelEntry(name))
            given = _price({"from": date.min, **price})
            self._entries[name] = replace(entry, prices=(given,), source="your settings")

    @classmethod
    def of(cls, prices: Mapping[str, PriceSettings]) -> Catalog:
        """Return the catalog with the prices of the settings on top."""
        return cls({name: price.model_dump(exclude_none=True) for name, price in prices.items()})

    def entry(self, name: str) -> ModelEntry:
        """Return the facts of a model; an unknown one has none."""
        return self._entries.get(name) or ModelEntry(name)

    def names(self) -> list[str]:
        """Return the models with a price, the cheapest input first."""
        priced = [(entry.prices[-1].input, name) for name, entry in self._entries.items() if entry.prices]
        return [name for _, name in sorted(priced)]


def require_price(entry: ModelEntry, day: date) -> None:
    """Refuse a model whose price is not known: no budget could be kept.

    Raises
    ------
    ConfigError
        Saying what to put into the settings.
    """
    if entry.price(day) is None:
        raise ConfigError("model.price_unknown", model=entry.name)


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, ModelEntry]:
    data = tomllib.loads(CATALOG_FILE.read_text(encoding="utf-8"))
    rules = {name: TokenRules(**fields) for name, fields in data["rules"].items()}
    return {
        name: ModelEntry(
            name=name,
            rules=rules.get(fields.get("rules", "")),
            thinking=tuple(fields.get("thinking", ())),
            sampling=fields["sampling"],
            takes_video="rules" in fields,
            batch_factor=fields.get("batch_factor", 1.0),
            flex_factor=fields.get("flex_factor"),
            prices=tuple(_price(price) for price in fields["prices"]),
            source=fields["source"],
            shutdown=fields.get("shutdown"),
            note=fields.get("note", ""),
        )
        for name, fields in data["models"].items()
    }


def _price(fields: Mapping[str, Any]) -> Price:
    return Price(
        from_day=fields["from"],
        input=fields["input"],
        output=fields["output"],
        cached=fields.get("cached", fields["input"]),
        audio=fields.get("audio", fields["input"]),
    )
