"""`livemon user`, `livemon token` and `livemon audit` as a user runs them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from livemon.cli.app import app

PASSWORD = "four rendered walls"


class Shell:
    """Runs `livemon ...` over two cameras that were never started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        cameras = "".join(f'\n[cameras.{each}]\nsource = "test-pattern"' for each in ("camera-1", "hall"))
        (folder / "livemon.toml").write_text(f'data_dir = "{folder}"\ntimezone = "UTC"{cameras}')

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.folder / "livemon.toml")], input=typed)

    def said(self, *words: str, typed: str = "") -> str:
        """Return what a command said that went well."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.output

    def refused(self, *words: str, typed: str = "") -> str:
        """Return what a command said that was refused."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 1, result.output
        return result.output

    def stored(self) -> str:
        """Return everything that the database keeps, as text."""
        with sqlite3.connect(self.folder / "livemon.db") as database:
            return "\n".join(database.iterdump())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_user_is_added_listed_and_removed_and_no_password_is_kept(shell: Shell) -> None:
    added = shell.said("user", "add", "anna", "--role", "admin", "--password-stdin", typed=PASSWORD + "\n")
    assert "anna may log in as admin of all cameras." in added
    shell.said("user", "add", "grandma", "--camera", "hall", "--oauth")
    listed = shell.said("user", "list").splitlines()
    assert listed[0].split()[:3] == ["anna", "admin", "password"]
    assert listed[1].split()[:3] == ["grandma", "viewer", "OAuth"]
    assert listed[1].endswith("hall")
    assert PASSWORD not in shell.stored()
    assert "$argon2id$" in shell.stored()
    shell.said("user", "remove", "anna")
    assert "anna" not in shell.said("user", "list")


def test_a_password_is_asked_for_twice(shell: Shell) -> None:
    assert shell.run("user", "add", "anna", typed=f"{PASSWORD}\nanother one, longer\n").exit_code != 0
    assert "no users" in shell.said("user", "list")
    shell.said("user", "add", "anna", typed=f"{PASSWORD}\n{PASSWORD}\n")


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("user", "add", "anna", "--password-stdin"), "short\n", "12"),
        (("user", "add", "an\nna", "--oauth"), "", "cannot be the name"),
        (("user", "add", "anna", "--oauth", "--camera", "attic"), "", "There is no camera attic"),
        (("user", "password", "nobody", "--password-stdin"), PASSWORD + "\n", "There is no user nobody"),
        (("user", "remove", "nobody"), "", "There is no user nobody"),
        (("token", "create", "--camera", "attic"), "", "There is no camera attic"),
        (("token", "revoke", "7"), "", "There is no token 7"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    shell: Shell, words: tuple[str, ...], typed: str, sentence: str
) -> None:
    assert sentence in shell.refused(*words, typed=typed)


def test_a_name_is_taken_once(shell: Shell) -> None:
    shell.said("user", "add", "anna", "--oauth")
    assert "There is already a user anna" in shell.refused("user", "add", "anna", "--oauth")


def test_another_password_replaces_the_one_before(shell: Shell) -> None:
    shell.said("user", "add", "anna", "--password-stdin", typed=PASSWORD + "\n")
    before = shell.stored()
    assert "logged out everywhere" in shell.said("user", "password", "anna", "--password-stdin", typed="x" * 12 + "\n")
    hashes = [line for line in before.splitlines() if "$argon2id$" in line]
    assert hashes
    assert hashes[0] not in shell.stored()


def test_a_token_is_shown_once_alone_on_standard_output(shell: Shell) -> None:
    made = shell.run("token", "create", "grafana", "--camera", "hall", "--days", "1")
    secret = made.stdout.strip()
    assert made.exit_code == 0
    assert len(secret) > 40
    assert " " not in secret
    assert "not shown again" in made.stderr
    listed = shell.said("token", "list")
    assert "grafana" in listed
    assert "works" in listed
    assert secret not in listed + shell.stored()
    shell.said("token", "revoke", "1")
    assert "revoked" in shell.said("token", "list")


def test_the_audit_log_says_what_was_done_here_newest_first(shell: Shell) -> None:
    assert "Nothing has been done yet." in shell.said("audit")
    shell.said("user", "add", "anna", "--oauth")
    shell.said("token", "create", "grafana")
    done = shell.said("audit").splitlines()
    assert "create token 1 grafana as viewer" in done[0]
    assert "add user anna as viewer" in done[1]
    assert len(shell.said("audit", "--limit", "1").splitlines()) == 1
