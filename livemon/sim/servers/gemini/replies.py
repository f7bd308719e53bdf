"""Replies of the Gemini stand-in to a checked prompt: text, finish reason and usage, or a fault's remains."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from livemon.sim.servers.answers import Answers, spoil
from livemon.sim.servers.faults import Fault
from livemon.sim.servers.gemini.errors import invalid_field
from livemon.sim.servers.gemini.rules import GeminiPrompt
from livemon.sim.servers.gemini.tokens import usage
from livemon.sim.servers.tokens import cut_to_tokens, text_tokens

_FINISH = {
    Fault.CUT: "MAX_TOKENS",
    Fault.ALL_THINKING: "MAX_TOKENS",
    Fault.SAFETY: "SAFETY",
    Fault.RECITATION: "RECITATION",
}
CANNED_THOUGHT = "canned thought of a stand-in server, no model thought"
_NO_TEXT = (Fault.ALL_THINKING, Fault.SAFETY, Fault.RECITATION)


class Replies:
    """Makes replies, and keeps the second halves of answers that are to be continued."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._rests: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def check(self, body: dict[str, Any]) -> None:
        """Refuse a continuationToken that was not given out, or was used up."""
        token = body.get("continuationToken")
        if token is not None and token not in self._rests:
            raise invalid_field("continuation_token", "The continuation token is not valid.")

    def make(self, prompt: GeminiPrompt, fault: Fault | None) -> dict[str, Any]:
        """Return a GenerateContentResponse.

        Raises
        ------
        BadScript
            When the scripted answer cannot be given.
        """
        number = next(self._numbers)
        made: dict[str, Any] = {"modelVersion": prompt.model.name, "responseId": f"canned-{number:04d}"}
        if fault is Fault.BLOCKED:
            made["promptFeedback"] = {"blockReason": "PROHIBITED_CONTENT"}
            return made | {"usageMetadata": usage(prompt.tokens, prompt.cached, 0, 0)}
        if fault is Fault.NO_ANSWER:
            return made | {"candidates": [], "usageMetadata": usage(prompt.tokens, prompt.cached, 0, 0)}
        candidate: dict[str, Any] = {"index": 0}
        text, finish = self._text(prompt, fault), _FINISH.get(fault, "STOP") if fault else "STOP"
        thoughts = prompt.thoughts
        if fault is Fault.CONTINUATION:
            finish, half = "CONTINUATION", len(text) // 2
            candidate["continuationToken"] = f"Y2FubmVk{number:04d}"
            self._rests[candidate["continuationToken"]] = text[half:]
            text = text[:half]
        elif fault is Fault.ALL_THINKING:
            thoughts = prompt.max_output_tokens
        kept = cut_to_tokens(text, max(0, prompt.max_output_tokens - thoughts))
        if kept != text:
            text, finish = kept, "MAX_TOKENS"
            thoughts = min(thoughts, prompt.max_output_tokens)
        if text:
            parts: list[dict[str, Any]] = [{"text": text}]
            if thoughts and prompt.body.get("generationConfig", {}).get("thinkingConfig", {}).get("includeThoughts"):
                parts.insert(0, {"text": CANNED_THOUGHT, "thought": True})
            candidate["content"] = {"role": "model", "parts": parts}
        elif fault in (None, Fault.ALL_THINKING):
            candidate["content"] = {"role": "model"}
        candidate["finishReason"] = finish
        counted = usage(prompt.tokens, prompt.cached, text_tokens(text), thoughts)
        if fault is Fault.ODD_USAGE:
            counted = {"promptTokenCount": None, "candidatesTokenCount": "many", "promptTokensDetails": [None]}
        if prompt.body.get("serviceTier") and fault is not Fault.ODD_USAGE:
            counted["serviceTier"] = prompt.body["serviceTier"].lower()
        return made | {"candidates": [candidate], "usageMetadata": counted}

    def _text(self, prompt: GeminiPrompt, fault: Fault | None) -> str:
        token = prompt.body.get("continuationToken")
        if token is not None:
            return self._rests.pop(token)
        if fault in _NO_TEXT:
            return ""
        text = self._answers.next(prompt.body, prompt.schema, wants_json=prompt.wants_json)
        return spoil(text, fault, prompt.schema) if fault else text


def counted(tokens: Counter[str], details: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a CountTokensResponse."""
    return {"totalTokens": tokens.total(), "promptTokensDetails": details}
