"""The Dockerfile, the compose files and the systemd units: what they promise, and that what they name exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from livemon.base.settings.settings import Settings
from livemon.web.api.app import ROUTES
from livemon.web.api.guard import API_ROOT

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "deploy").glob("livemon*.service"))


def instructions() -> list[list[tuple[str, str]]]:
    """The stages of the Dockerfile, as instructions and their arguments."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[list[tuple[str, str]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest.strip()))
    return stages


def compose(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return loaded


def test_the_image_runs_without_rights_and_says_how_it_is() -> None:
    last = dict(instructions()[-1])
    assert last["USER"] == "10001:10001"
    assert last["VOLUME"] == '["/data"]'
    assert f"{API_ROOT}/healthz" in last["HEALTHCHECK"]
    assert "/healthz" in dict(ROUTES)
    assert (last["ENTRYPOINT"], last["CMD"]) == ('["livemon"]', '["serve"]')
    assert not any("pip" in rest or "npm" in rest for _, rest in instructions()[-1]), "built in other stages"


def test_what_the_dockerfile_copies_and_sets_exists() -> None:
    for stage in instructions():
        for name, rest in stage:
            if name == "COPY" and "--from" not in rest:
                assert all((ROOT / source).exists() for source in rest.split()[:-1]), rest
            assert name not in ("ADD", "MAINTAINER")
            assert "latest" not in rest or name != "FROM"
            if name == "RUN" and "apt-get install" in rest:
                assert "--no-install-recommends" in rest
                assert "rm -rf /var/lib/apt/lists/*" in rest
    environment = dict(word.split("=", 1) for word in shlex.split(dict(instructions()[-1])["ENV"]))
    known_settings(environment)
    assert environment["LIVEMON_ACCESS__LOGIN"] == "password", "reachable from outside"


def known_settings(environment: dict[str, str]) -> None:
    for name in (name for name in environment if name.startswith("LIVEMON_")):
        group, _, key = name.removeprefix("LIVEMON_").lower().partition("__")
        assert group in Settings.model_fields, name
        if key:
            assert key in Settings.model_fields[group].annotation.model_fields, name  # type: ignore[union-attr]


def test_containers_get_no_more_than_they_need() -> None:
    alone, database = compose("compose.yaml"), compose("compose.postgres.yaml")
    service = alone["services"]["livemon"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == ["livemon:/data"]
    known_settings(database["services"]["livemon"]["environment"])
    assert database["services"]["livemon"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in database["services"]["database"]
    assert "ports" not in database["services"]["database"]
    for file in (alone, database):
        used = {volume.partition(":")[0] for one in file["services"].values() for volume in one.get("volumes", ())}
        assert used == set(file["volumes"])


def test_footage_and_passwords_do_not_get_into_an_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", "data", "livemon.toml", "*.env"} <= set(ignored)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_run_without_rights(unit: Path) -> None:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(unit)
    service = parser["Service"]
    assert service["User"] == "livemon"
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"):
        assert service[name] == "true"
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"], service["UMask"]) == ("strict", "", "0077")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_units() -> None:
    units = [*UNITS, ROOT / "deploy" / "livemon-report.timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)], capture_output=True, text=True, env={"SYSTEMD_COLORS": "0"}
    )
    faults = [line for line in done.stderr.splitlines() if "livemon" in line and "not executable" not in line]
    assert faults == []
