"""docs/models.md and docs/prompts.md tell what is so: outcomes of failures, prices, options, placeholders."""

from __future__ import annotations

import re
from pathlib import Path

from livemon.base.model_types import AnswerStatus
from livemon.sim.servers import Fault, GeminiServer
from livemon.vlm.catalog import Catalog
from livemon.vlm.options import ModelOptions
from livemon.vlm.prompt import PLACEHOLDERS, shipped_prompts
from tests.test_rules import written_default
from tests.vlm.test_gemini import OUTCOMES

DOCS = Path(__file__).parents[2] / "docs"
MODELS, PROMPTS = (DOCS / "models.md").read_text(), (DOCS / "prompts.md").read_text()
TOO_LARGE = {Fault.TOO_LARGE, Fault.TOO_MANY_TOKENS, Fault.TOO_MANY_IMAGES}
BILLED = {"known": "yes", "nothing": "no", "unknown": "unknown"}


def rows(text: str) -> list[list[str]]:
    """The cells of every line of every table."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_every_fault_is_told_with_its_outcome() -> None:
    told = {
        fault: (status.strip("`"), again.startswith("yes"), billed)
        for _, faults, status, again, billed in (row for row in rows(MODELS) if len(row) == 5)
        for fault in re.findall(r"`([a-z-]+)`", faults)
    }
    batches = {Fault.BATCH_EXPIRED, Fault.BATCH_ITEM_FAILED}
    assert set(told) == GeminiServer.faults_known - batches
    for fault, (status, attempts, cost) in OUTCOMES.items():
        if fault in TOO_LARGE:
            assert (told[fault][0].startswith("refused"), *told[fault][1:]) == (True, True, "no"), fault
        elif attempts > 1:
            assert told[fault] == ("unavailable", True, "no"), fault
        else:
            assert told[fault] == (status.value, False, BILLED[cost]), fault


def test_every_status_is_told() -> None:
    told = {row[0].strip("`") for row in rows(MODELS) if len(row) == 3}
    assert {status.value for status in AnswerStatus} <= told


def test_every_price_is_told() -> None:
    catalog = Catalog()
    for name in catalog.names():
        for price in catalog.entry(name).prices:
            numbers = [price.input, price.output, price.cached]
            dated = [row for row in rows(MODELS) if len(row) == 7 and row[5] == price.from_day.isoformat()]
            assert any([float(cell) for cell in row[1:4]] == numbers for row in dated), name
        assert f"`{name}`" in MODELS


def test_every_option_is_told_with_its_default_and_every_placeholder() -> None:
    told = {row[0]: row[1] for row in rows(PROMPTS) if len(row) == 3}
    for name, field in ModelOptions.model_fields.items():
        assert told[f"`{name}`"] == written_default(field), name
    assert {f"`${name}`" for name in PLACEHOLDERS} == {name for name in told if name.startswith("`$")}


def test_every_shipped_prompt_is_told() -> None:
    assert [name for name in shipped_prompts() if f"`{name}`" not in PROMPTS] == []
