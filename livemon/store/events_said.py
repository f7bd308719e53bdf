"""Texts of events: the messages that livemon keeps with them, and a title or description in a language.

Text of a language model or a person is shown as it is. Queries do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livemon.base.datatypes import Observation
from livemon.base.messages.catalog import whole_text
from livemon.base.messages.message import Message
from livemon.base.messages.recognise import recognised
from livemon.base.notices import SYSTEM

TITLE, DESCRIPTION = "title", "description"
OWN_WORDS = (SYSTEM, "local")
"""The models whose words are livemon's own."""


def said_json(seen: Observation) -> dict[str, Any] | None:
    """Return livemon's own text of an observation, as JSON; None for text of a model or a person."""
    if seen.said is None:
        return None
    title, description = seen.said
    return {TITLE: title.to_json(), DESCRIPTION: description.to_json()}


def message_of(event: Mapping[Any, Any], field: str) -> Message | None:
    """Return the message of a field of an event; None where it has none, or one that cannot be read."""
    said = event.get("said")
    try:
        return Message.from_json(said[field]) if isinstance(said, dict) and field in said else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def event_text(event: Mapping[Any, Any], field: str, language: str) -> str:
    """Return an event's title or description: in a language when livemon or its local model wrote it.

    A language model was told its language, and what it wrote stays. Rows of before hold the English sentence only.
    """
    said = message_of(event, field)
    if said is not None:
        return whole_text(said, language)
    text = str(event[field])
    return recognised(text, language) if event.get("model") in OWN_WORDS else text


def is_translated(event: Mapping[Any, Any]) -> bool:
    """Whether the event's text is livemon's own, so that it can be given in any language."""
    return message_of(event, TITLE) is not None or event.get("model") in OWN_WORDS
