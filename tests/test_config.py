from pathlib import Path

import pytest

from livemon.config import load_settings
from livemon.errors import ConfigError


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
