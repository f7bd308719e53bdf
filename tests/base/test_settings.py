import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from livemon.base.errors import ConfigError
from livemon.base.settings.settings import Settings, load_settings


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "livemon.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_are_the_designs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.address, settings.port, settings.looking_model) == ("127.0.0.1", 8000, "local")
    assert (settings.look_interval_s, settings.look_floor_s, settings.heartbeat_s) == (45, 10, 600)
    assert settings.cooldown_s == 10
    assert settings.cameras["camera-1"].source == "videos/camera-1"
    assert settings.database.startswith("sqlite:///")


def test_file_then_environment_then_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "port = 8001\nlook_interval_s = 30\ncooldown_s = 5\n")
    monkeypatch.setenv("LIVEMON_LOOK_INTERVAL_S", "20")
    monkeypatch.setenv("LIVEMON_COOLDOWN_S", "7")
    settings = load_settings(path, cooldown_s=9)
    assert (settings.port, settings.look_interval_s, settings.cooldown_s) == (8001, 20, 9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 8001", "prot"),
        ("port = 'x'", "port"),
        ("port = 99999", "port"),
        ("cooldown_s = 0", "cooldown_s"),
        ("timezone = 'Mars/Base'", "Europe/Berlin"),
        ("[cameras.'../etc']\nsource = 'x'", "camera id"),
        ("[cameras.Hall]\nsource = 'x'\n[cameras.hall]\nsource = 'y'", "'Hall' and 'hall' differ only by case"),
        ("[cameras.a]\nsource = 'x'\nsuorce = 'y'", "suorce"),
        ("[cameras.a]\nname = 'x'", "source"),
        ("port = ", "TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(write(tmp_path, text))


def test_an_unknown_environment_variable_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEMON_PROT", "1")
    with pytest.raises(ConfigError, match="LIVEMON_PROT"):
        load_settings(write(tmp_path, ""))


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_settings(tmp_path / "nope.toml")


def test_a_key_in_the_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\(gemini_api_key\)") as caught:
        load_settings(write(tmp_path, 'gemini_api_key = "very secret"'))
    assert "GEMINI_API_KEY" in caught.value.hint
    assert "very secret" not in str(caught.value)


def test_a_key_in_the_environment_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "very secret")
    settings = load_settings(write(tmp_path, ""))
    assert settings.gemini_api_key.get_secret_value() == "very secret"
    assert "very secret" not in f"{settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("text", "cap_usd"),
    [
        ("", 0.8),
        ("[budget]\ncamera_usd_per_day = 0.1", 0.1),
        ("[budget]\ncamera_usd_per_day = inf", None),
        ("[cameras.hall]\nsource = 'x'\nusd_per_day = 0", 0.0),
        ("[cameras.hall]\nsource = 'x'\nusd_per_day = inf", None),
    ],
)
def test_a_camera_has_its_own_cap_or_that_of_all(tmp_path: Path, text: str, cap_usd: float | None) -> None:
    settings = load_settings(write(tmp_path, text))
    assert settings.camera_cap_usd(next(iter(settings.cameras))) == cap_usd


def numbers_of(model: type[BaseModel], way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where each setting is that may be any number; of a table by name, under the name x."""
    for name, field in model.model_fields.items():
        kinds = {getattr(one, "__origin__", one) for one in (field.annotation, *get_args(field.annotation))}
        inner = [one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)]
        for one in inner:
            yield from numbers_of(one, (*way, name, *(["x"] if get_origin(field.annotation) is dict else [])))
        if float in kinds:
            yield (*way, name)


NUMBERS = sorted(numbers_of(Settings))
CAPS = ("usd_per_day", "camera_usd_per_day", "usd_total")
NEEDED = {"cameras": {"source": "x"}, "prices": {"input": 1, "output": 1}}


def set_to(way: tuple[str, ...], value: float) -> Settings:
    nested: Any = {**NEEDED.get(way[0], {}), way[-1]: value}
    for name in reversed(way[:-1]):
        nested = {name: nested}
    return Settings(**nested if len(way) > 1 else {way[-1]: value})


def test_the_numbers_of_all_groups_are_tried() -> None:
    assert {("budget", "usd_total"), ("prices", "x", "audio"), ("cameras", "x", "usd_per_day")} < set(NUMBERS)
    assert len(NUMBERS) > 20
    assert set_to(("prices", "x", "audio"), 1.0).prices["x"].audio == 1


@pytest.mark.parametrize("way", NUMBERS, ids=".".join)
def test_no_setting_takes_what_is_no_number(way: tuple[str, ...]) -> None:
    for value in (math.nan, -math.inf, -1.0):
        with pytest.raises(ValidationError, match=way[-1]):
            set_to(way, value)
    if way[-1] in CAPS:
        set_to(way, math.inf)  # no cap
    else:
        with pytest.raises(ValidationError, match=way[-1]):
            set_to(way, math.inf)


def test_a_camera_may_have_a_heartbeat_of_its_own_and_the_others_keep_theirs() -> None:
    settings = Settings(cameras={"hall": {"source": "test-pattern", "heartbeat_s": 1800}, "den": {"source": "videos"}})
    assert settings.of_camera("hall").heartbeat_s == 1800
    assert settings.of_camera("den") is settings
    assert settings.of_camera("not there") is settings
    with pytest.raises(ValidationError, match="greater than or equal to 60"):
        Settings(cameras={"hall": {"source": "test-pattern", "heartbeat_s": 5}})
