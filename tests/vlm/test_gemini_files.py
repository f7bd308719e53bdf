"""An uploaded video that stays with Google is told in the log, whatever its name or Google's words hold."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from google.genai import errors

from livemon.base.clock import FakeClock
from livemon.vlm.hosted.gemini_files import _delete
from tests.conftest import MORNING


@pytest.mark.parametrize(("status", "told"), [(500, True), (429, True), (403, False), (404, False)])
async def test_a_deletion_is_judged_by_its_status_and_not_by_words(
    status: int, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(name: str) -> None:
        body = {"error": {"code": status, "message": f"no {name}, see 404 and 403", "status": "X"}}
        raise errors.APIError(status, body)

    client: Any = SimpleNamespace(aio=SimpleNamespace(files=SimpleNamespace(delete=refuse)))
    with caplog.at_level(logging.WARNING):
        await _delete(client, "lm-a404b403", FakeClock(MORNING))
    assert ("could not be deleted" in caplog.text) is told
