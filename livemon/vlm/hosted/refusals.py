"""Classes of refusals by a model's server: passing ones, permanent ones, and those of one request.

By HTTP status and by the words of OpenAI, Google, Ollama, vLLM and llama.cpp. Errors of one server are read in
openai_compat_errors.py and gemini_errors.py.
"""

from __future__ import annotations

import re
from typing import Any

LONGEST_REASON = 300

TOO_LARGE = re.compile(
    r"too large|too long|too many (images|tokens|input)|context[ _](length|size|window)|maximum context|num_ctx"
    r"|token count.{0,40}exceeds|tokens? limit exceeded|exceeds? the (maximum|limit|token)|payload size"
    r"|at most \d+ (image|frame)|limit-mm-per-prompt|up to \d+ images|fewer than \d+ images|maximum of \d+ images"
    r"|request_too_large|string_above_max_length",
    re.IGNORECASE,
)
CONTENT = re.compile(r"content.?(policy|filter|management)|safety system|moderation|responsible.?ai", re.IGNORECASE)
PICTURE = re.compile(
    r"(unsupported|invalid|corrupt\w*|broken|decode|parse|process).{0,20}\bimage|image.{0,20}pars", re.I
)
SPENT = re.compile(
    r"insufficient.{0,10}(quota|credit|balance|funds)|credit balance|exceeded your current quota", re.IGNORECASE
)
BUSY_WORDS = re.compile(r"rate.?limit|too many requests|overloaded|try again|temporarily|capacity|busy", re.IGNORECASE)


def passes(code: int) -> bool:
    """Whether an HTTP status says that another attempt may help and that nothing was done yet.

    520 to 530 are a content network's, whose own server could not be reached; 529 is Anthropic's for overloaded.
    """
    return code in (408, 409, 425, 429, 500, 502, 503) or (520 <= code <= 530 and code != 524)


def took_too_long(code: int) -> bool:
    """Whether a server gave up on a call that may have been worked on, and billed."""
    return code in (504, 524)


def is_too_large(code: int, said: str) -> bool:
    """Whether a smaller request would be taken: fewer bytes, tokens or pictures."""
    return code == 413 or (400 <= code < 500 and code != 429 and TOO_LARGE.search(said) is not None)


def is_about_content(said: str) -> bool:
    """Whether the provider withholds an answer to these pictures."""
    return CONTENT.search(said) is not None


def is_about_a_picture(said: str) -> bool:
    """Whether a picture of this request cannot be read; another request may be fine."""
    return PICTURE.search(said) is not None


def is_money(code: int, said: str) -> bool:
    """Whether the account has nothing left: no waiting helps, until its owner pays."""
    return code == 402 or (400 <= code < 500 and SPENT.search(said) is not None)


def status_of(error: Any, said: str) -> int:
    """Return the HTTP status that an error body stands for when it came with 200."""
    code = error.get("code", error.get("status")) if isinstance(error, dict) else None
    if isinstance(code, str) and code.isdigit():
        code = int(code)
    if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600:
        return code
    return 429 if BUSY_WORDS.search(f"{said} {code}") else 400


def in_one_line(text: object) -> str:
    """Return an error in one line: no markup, not endless, nothing that no database takes."""
    flat = " ".join(re.sub(r"<[^>]*>", " ", str(text)).split())
    return flat[:LONGEST_REASON].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
