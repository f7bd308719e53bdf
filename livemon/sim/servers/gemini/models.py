"""The models that the Gemini stand-in knows, and in what they differ.

On purpose not shared with livemon.vlm: the stand-in checks the client, so it must not believe what the client believes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livemon.sim.servers.records import Refused

INPUT_LIMIT = 1_048_576
OUTPUT_LIMIT = 65_536

# Fixed cost of thinking here; a real model thinks as long as it likes.
THOUGHT_TOKENS = {"MINIMAL": 0, "LOW": 100, "MEDIUM": 400, "HIGH": 1000}
DYNAMIC_THOUGHT_TOKENS = 400


@dataclass(frozen=True, slots=True)
class Model:
    """A model's peculiarities.

    Attributes
    ----------
    family
        3 or 2: how media are counted, how thinking is set.
    thinking
        The level when none is asked for; of 2.5 `ON` or `OFF`.
    levels
        The thinking levels that it has.
    sampling
        Whether temperature, topP, topK and candidateCount may be set.
    min_cached_tokens
        The least that can be cached.
    """

    name: str
    family: int = 3
    thinking: str = "MINIMAL"
    levels: frozenset[str] = frozenset(THOUGHT_TOKENS)
    sampling: bool = False
    min_cached_tokens: int = 4096

    def thought_tokens(self, config: dict[str, Any]) -> int:
        """Return what thinking costs under a checked thinkingConfig."""
        if self.family == 2:
            budget = int(config.get("thinkingBudget", -1 if self.thinking == "ON" else 0))
            return DYNAMIC_THOUGHT_TOKENS if budget < 0 else min(budget, DYNAMIC_THOUGHT_TOKENS)
        level = config.get("thinkingLevel", "THINKING_LEVEL_UNSPECIFIED").upper()
        return THOUGHT_TOKENS[self.thinking if level == "THINKING_LEVEL_UNSPECIFIED" else level]


MODELS = {
    model.name: model
    for model in (
        Model("gemini-3.5-flash-lite"),
        Model("gemini-3.1-flash-lite", sampling=True),
        Model("gemini-3.5-flash", thinking="MEDIUM"),
        Model("gemini-3.6-flash", thinking="MEDIUM"),
        Model("gemini-3.7-flash", thinking="MEDIUM", levels=frozenset({"LOW", "MEDIUM", "HIGH"})),
        Model("gemini-3.8-flash", thinking="MEDIUM", levels=frozenset({"LOW", "MEDIUM", "HIGH"})),
        Model("gemini-3-flash-preview", thinking="HIGH", sampling=True),
        Model("gemini-2.5-flash", family=2, thinking="ON", sampling=True, min_cached_tokens=2048),
        Model("gemini-2.5-flash-lite", family=2, thinking="OFF", sampling=True, min_cached_tokens=2048),
        Model("gemini-2.5-pro", family=2, thinking="ON", sampling=True, min_cached_tokens=2048),
    )
}
LATEST = {"gemini-flash-lite-latest": "gemini-3.5-flash-lite", "gemini-flash-latest": "gemini-3.8-flash"}


def find_model(name: str, version: str, method: str, *, allow_2_5: bool) -> Model:
    """Return the model called `name`, without its `models/`.

    Raises
    ------
    Refused
        404 when the API version has no such model.
    """
    if version != "v1":
        name = LATEST.get(name, name)
    model = MODELS.get(name)
    if model is None:
        raise Refused(
            404,
            f"models/{name} is not found for API version {version}, or is not supported for {method}. Call "
            "ModelService.ListModels to see the list of available models and their supported methods.",
        )
    if model.family == 2 and not allow_2_5:
        raise Refused(
            404, f"This model models/{name} is no longer available to new users. Please update to a newer model."
        )
    return model


def describe(model: Model) -> dict[str, Any]:
    """Return a model as models.get shows it."""
    return {
        "name": f"models/{model.name}",
        "version": "stand-in",
        "displayName": f"Stand-in for {model.name}",
        "description": "Answers are canned, no model looks.",
        "inputTokenLimit": INPUT_LIMIT,
        "outputTokenLimit": OUTPUT_LIMIT,
        "supportedGenerationMethods": [
            "generateContent",
            "countTokens",
            "createCachedContent",
            "batchGenerateContent",
        ],
        "thinking": model.thinking != "OFF",
    }
