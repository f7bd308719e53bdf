"""Token count of text, by rule of thumb; real counts differ, and no test should hang on a single token.

Of pictures and film the price is each model family's: gemini/tokens.py and openai/rules.py.
"""

from __future__ import annotations

import math

ASCII_PER_TOKEN = 4.0
OTHER_PER_TOKEN = 1.5


def text_tokens(text: str) -> int:
    """Count four ASCII characters, or one and a half of any other script, as a token."""
    plain = sum(character.isascii() for character in text)
    return math.ceil(plain / ASCII_PER_TOKEN + (len(text) - plain) / OTHER_PER_TOKEN)


def cut_to_tokens(text: str, budget: int) -> str:
    """Return the longest beginning of `text` that costs no more than `budget` tokens."""
    spent = 0.0
    for index, character in enumerate(text):
        spent += 1 / (ASCII_PER_TOKEN if character.isascii() else OTHER_PER_TOKEN)
        if math.ceil(spent - 1e-9) > budget:
            return text[:index]
    return text
