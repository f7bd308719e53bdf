"""`livemon notify`: a recipient is added, tested, listed and removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from livemon.cli.app import app
from tests.notify.test_transports import Box, box

__all__ = ["box"]

RUNNER = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "livemon.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"\ntimezone = "UTC"\n[cameras.hall]\nsource = "test-pattern"\n')
    return file


def run(config: Path, *arguments: str) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["notify", *arguments, "--config", str(config)])
    return done.exit_code, done.output


def test_a_recipient_is_added_tested_listed_and_removed(config: Path, box: tuple[Box, int]) -> None:
    mails, port = box
    assert "There are no recipients yet" in run(config, "list")[1]
    address = f"mailto://127.0.0.1:{port}?from=livemon@example.org&to=mother@example.org&mode=insecure"
    code, said = run(config, "add", "Mother", address, "--quiet", "22:00-07:00", "--language", "ko")
    assert (code, "livemon notify test Mother" in said) == (0, True)
    code, said = run(config, "test", "Mother")
    assert (code, "accepted it" in said) == (0, True), said
    assert len(mails.mails) == 1
    code, said = run(config, "list")
    assert "Mother: danger; warning by" in said
    assert "example.org" not in said
    assert "sent by" in run(config, "log")[1]
    assert run(config, "remove", "Mother")[0] == 0
    assert "There are no recipients yet" in run(config, "list")[1]


def test_a_test_that_fails_says_why(config: Path) -> None:
    run(config, "add", "Mother", "webhook+http://127.0.0.1:9/")
    code, said = run(config, "test", "Mother")
    assert code == 1
    assert "cannot be reached" in said
    assert run(config, "test", "Father")[0] == 1


@pytest.mark.parametrize("arguments", [("nonsense",), ("mailto://x@y.z", "--quiet", "late")])
def test_what_is_wrong_is_a_sentence(config: Path, arguments: tuple[str, ...]) -> None:
    code, said = run(config, "add", "Mother", *arguments)
    assert code == 1
    assert "Traceback" not in said
    assert "There are no recipients yet" in run(config, "list")[1]
