"""docs/testing.md tells of everything that can be scripted."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from livemon.sim.servers import FAULTS, Endpoint, GeminiServer, OpenAIServer
from livemon.sim.servers.gemini import server as gemini_server
from livemon.sim.servers.openai import server as openai_server

TEXT = (Path(__file__).parents[3] / "docs" / "testing.md").read_text()


def test_every_fault_and_endpoint_is_documented_as_it_is() -> None:
    for fault, kind in FAULTS.items():
        row = next((line for line in TEXT.splitlines() if line.startswith(f"| `{fault}` |")), "")
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        known = ["yes" if fault in server.faults_known else "" for server in (GeminiServer, OpenAIServer)]
        number = f"{kind.unit}, {kind.amount:g}" if kind.unit else ""
        assert cells == [f"`{fault}`", kind.text, number, kind.on.value, *known]
    assert [endpoint for endpoint in Endpoint if f"`{endpoint}`" not in TEXT] == []


@pytest.mark.parametrize("module", [gemini_server, openai_server])
def test_the_examples_are_true(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0
