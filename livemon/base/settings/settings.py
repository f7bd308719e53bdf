"""Settings: `livemon.toml`, then `LIVEMON_*` from the environment on top. Unknown keys are errors.

Every setting that a user may turn is here, documented where it stands, with DESIGN's default. Secrets come from
the environment only. No other module reads the environment.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from livemon.base.errors import ConfigError
from livemon.base.settings.access import AccessSettings, OAuthSettings, UploadSettings
from livemon.base.settings.cameras import CameraSettings, problems
from livemon.base.settings.copies import CopySettings
from livemon.base.settings.jobs import AnalysisSettings, NotifySettings, ReportSettings
from livemon.base.settings.models import (
    BudgetSettings,
    GeminiSettings,
    OpenAICompatSettings,
    PriceSettings,
    ServiceTier,
    Tier,
)

CONFIG_FILE = Path("livemon.toml")
CAMERA_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

SHORTEST_HOST_SECRET = 32
"""Characters; 32 hex digits are 128 bits."""

PositiveSeconds = Annotated[float, Field(gt=0, le=604_800)]
"""Up to a week: without an end, no calendar holds the sum of it and now."""


def same_but_for_case(name: str, others: Iterable[str]) -> str:
    """Return which of `others` would be the same folder as `name` where file systems ignore case; empty if none."""
    return next((other for other in others if other != name and other.lower() == name.lower()), "")


class Settings(BaseSettings):
    """Everything that can be set, with its default."""

    model_config = SettingsConfigDict(env_prefix="LIVEMON_", env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(Path("data"), description="Where footage, thumbnails and the SQLite file live.")
    database_url: str = Field("", description="SQLAlchemy URL; a SQLite file in data_dir when empty.")
    address: str = Field("127.0.0.1", description="Address to listen on; any but this machine's own needs `access`.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names to answer to, besides localhost and address.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$",
        description="Where others reach livemon: https://cameras.example. Notifications link there.",
    )
    timezone: str = Field("", description="IANA zone for times on screen; the machine's own when empty.")
    model: str = Field("auto", description="The model that looks: auto, local, gemini or openai_compat.")
    fallback: str = Field("local", description="Who looks when the model cannot: another model, or none.")
    detector: str = Field("people", description="What finds people in pictures: people, or none.")
    pets: bool = Field(True, description="Look for dogs and cats, too, where people are looked for.")
    prompts_dir: Path = Field(Path("prompts"), description="Your own prompts, one TOML file each.")
    gemini: GeminiSettings = Field(GeminiSettings(), description="Gemini: model, tier, limits.")
    openai_compat: OpenAICompatSettings = Field(OpenAICompatSettings(), description="Any OpenAI-compatible server.")
    budget: BudgetSettings = Field(BudgetSettings(), description="What may be spent.")
    prices: dict[str, PriceSettings] = Field(default_factory=dict, description="Prices of models, by name.")
    analysis: AnalysisSettings = Field(AnalysisSettings(), description="Studies of the ten-minute windows.")
    report: ReportSettings = Field(ReportSettings(), description="The daily report.")
    notify: NotifySettings = Field(NotifySettings(), description="Notifications.")
    access: AccessSettings = Field(AccessSettings(), description="Who may come in.")
    oauth: OAuthSettings = Field(OAuthSettings(), description="Login by somebody else's accounts.")
    upload: UploadSettings = Field(UploadSettings(), description="Videos that people bring.")
    copies: CopySettings = Field(CopySettings(), description="Copies off the premises.")
    camera_hosts: tuple[str, ...] = Field(
        (), description="Hosts and networks that added cameras may be on, though they are refused otherwise."
    )
    camera_folders: tuple[Path, ...] = Field(
        (), description="Folders of videos that added cameras may play, besides data_dir/videos."
    )
    heartbeat_url: SecretStr = Field(
        SecretStr(""), description="Asked every minute, for a dead man's switch; only from the environment."
    )
    mqtt_url: SecretStr = Field(
        SecretStr(""), description="Broker for Home Assistant: mqtt://user:password@host; only from the environment."
    )
    copies_user: str = Field("", repr=False, description="User or access key of the bucket of copies.")
    copies_secret: SecretStr = Field(
        SecretStr(""), description="Password or secret key of the bucket of copies; only from the environment."
    )
    oauth_secret: SecretStr = Field(SecretStr(""), description="The OAuth client's secret; only from the environment.")
    gemini_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("LIVEMON_GEMINI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "gemini_api_key"),
        description="Google's key; only from the environment.",
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("LIVEMON_OPENAI_API_KEY", "OPENAI_API_KEY", "openai_api_key"),
        description="Key of the OpenAI-compatible server, if it wants one; only from the environment.",
    )
    look_interval_s: float = Field(45, gt=0, le=100, description="Look this often while anything moves.")
    look_floor_s: PositiveSeconds = Field(10, description="A motion burst may bring a look forward to this.")
    looks_per_hour: float = Field(
        7, gt=0, le=400, description="A model that costs money looks so often in the long run; sooner at news."
    )
    heartbeat_s: PositiveSeconds = Field(600, description="Look at a still scene this often.")
    cooldown_s: PositiveSeconds = Field(10, description="The same thing seen again within this is one event.")
    time_shift_s: float = Field(
        7200, ge=600, le=2_592_000, description="Keep live segments this long after they are archived."
    )
    retention_days: float = Field(
        7, gt=0, le=36_500, description="Keep footage and pictures this long; pinned archives stay."
    )
    min_free_gb: float = Field(
        2, ge=0, le=1_000_000, description="Delete the oldest footage when less disk space is free."
    )
    several_hosts: bool = Field(
        False, description="Share the cameras with other hosts that have the same PostgreSQL database."
    )
    camera_slots: int | None = Field(
        None, ge=0, le=10_000, description="Most cameras that this host records; without a limit when not set."
    )
    lease_s: float = Field(
        10, ge=1, le=600, description="Another host takes a camera when its host was silent for so long."
    )
    host_url: str = Field(
        "",
        max_length=200,
        pattern=r"^(https?://[^/?#@\s]+(/[^?#@\s]*)?)?$",
        description="Address at which the other hosts reach this one, to show its cameras.",
    )
    host_secret: SecretStr = Field(
        SecretStr(""), description="Signs what hosts ask of each other; the same on all, only from the environment."
    )
    cameras: dict[str, CameraSettings] = Field(
        default_factory=lambda: {"camera-1": CameraSettings(source="videos/camera-1", name="Playroom", autostart=True)},
        description="Cameras by id.",
    )

    @field_validator("cameras")
    @classmethod
    def _camera_ids_are_safe_names(cls, cameras: dict[str, CameraSettings]) -> dict[str, CameraSettings]:
        # The id is a folder name and a part of URLs.
        for camera_id in cameras:
            if not CAMERA_ID.fullmatch(camera_id):
                raise ValueError(f"camera id '{camera_id}' must be letters, digits, '-' or '_'")
            other = same_but_for_case(camera_id, cameras)
            if other:
                raise ValueError(f"camera ids '{camera_id}' and '{other}' differ only by case: one folder for both")
        return cameras

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError) as exc:
                raise ValueError(f"'{zone}' is not an IANA time zone such as Europe/Berlin or Asia/Seoul") from exc
        return zone

    @model_validator(mode="after")
    def _hosts_share_postgresql(self) -> Self:
        if self.several_hosts and not self.database_url.startswith("postgresql"):
            raise ValueError("several_hosts needs a database_url of PostgreSQL: SQLite serves one host (docs/hosts.md)")
        return self

    @model_validator(mode="after")
    def _hosts_have_a_strong_secret(self) -> Self:
        secret = self.host_secret.get_secret_value()
        if self.host_url and not secret:
            raise ValueError("host_url needs LIVEMON_HOST_SECRET, the same on every host (docs/hosts.md)")
        if secret and len(secret) < SHORTEST_HOST_SECRET:
            raise ValueError(f"LIVEMON_HOST_SECRET has {len(secret)} characters; it needs {SHORTEST_HOST_SECRET}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, which wins over the file."""
        return init_settings, env_settings, _FileWithoutSecrets(settings_cls)

    @property
    def looking_model(self) -> str:
        """The model of live looks: with `auto`, Gemini given a key that may be used for footage, else the local one.

        A key alone sends nothing to anybody: its owner says what tier it is (docs/models.md).
        """
        if self.model != "auto":
            return self.model
        return "gemini" if self.gemini_api_key.get_secret_value() and self.may_use_gemini else "local"

    @property
    def may_use_gemini(self) -> bool:
        """Whether the owner said enough for footage of people to be sent to Gemini."""
        if self.gemini.tier is Tier.UNPAID:
            return self.gemini.allow_unpaid
        return self.gemini.tier is Tier.PAID or bool(self.gemini.base_url)

    @property
    def study_tier(self) -> ServiceTier:
        """The tier in which windows are studied: flex is for keys with billing."""
        return ServiceTier.STANDARD if self.gemini.tier is Tier.UNPAID else self.gemini.study_tier

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        from sqlalchemy import URL  # takes a while to import, and only who opens a database needs it

        file = URL.create("sqlite", database=str((self.data_dir / "livemon.db").absolute()))
        return self.database_url or file.render_as_string()

    @property
    def shared_data_dir(self) -> Path | None:
        """Folder of this host's footage among those of several hosts; None when there is one host."""
        return self.data_dir if self.several_hosts else None

    @property
    def config_file(self) -> Path | None:
        """The settings file that was read; None without one."""
        given = self.model_config.get("toml_file")
        path = Path(given) if isinstance(given, str | Path) else CONFIG_FILE
        return path if path.is_file() else None

    @property
    def zone(self) -> ZoneInfo | None:
        """Zone for the screen; None means the machine's own."""
        return ZoneInfo(self.timezone) if self.timezone else None

    def zone_named(self, name: str = "") -> ZoneInfo:
        """Return a zone by its IANA name; the setting's when empty, the machine's when that is empty, too.

        Raises
        ------
        ConfigError
            When the zone is unknown, or the machine's cannot be determined.
        """
        name = name or self.timezone
        try:
            if name:
                return ZoneInfo(name)
            from tzlocal import get_localzone

            return get_localzone()
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            if name:
                raise ConfigError("settings.unknown_zone", zone=name) from exc
            raise ConfigError("settings.machine_zone_unnamed") from exc

    @property
    def zone_name(self) -> str:
        """IANA name of the zone for the screen, for browsers; empty when the machine's own has none."""
        try:
            return self.zone_named().key
        except ConfigError:
            return ""

    def of_camera(self, camera_id: str) -> Settings:
        """Return the settings with those in force for a camera that has its own; any other id has none."""
        own = self.cameras.get(camera_id)
        if own is None or own.heartbeat_s is None:
            return self
        return self.model_copy(update={"heartbeat_s": own.heartbeat_s})

    def camera_cap_usd(self, camera_id: str) -> float | None:
        """Return a camera's daily cap in dollars; None where it does not have a cap."""
        own = self.cameras[camera_id].usd_per_day
        cap_usd = self.budget.camera_usd_per_day if own is None else own
        return None if cap_usd is None or math.isinf(cap_usd) else cap_usd

    def replace_cameras(self, cameras: dict[str, CameraSettings]) -> None:
        """Let cameras come and go while livemon runs; nothing else ever changes.

        Everybody shares these settings. The dict is a new one, so that who walks through the old one is not disturbed.
        """
        self.__dict__["cameras"] = cameras

    def camera_dir(self, camera_id: str) -> Path:
        """Folder of one camera's footage."""
        return self.data_dir / "cameras" / camera_id


class _FileWithoutSecrets(TomlConfigSettingsSource):
    """The settings file, in which no key may stand: files are copied, committed and shown."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        secret = [
            key.lower().removeprefix("livemon_") for key in values if key.lower().endswith(("_api_key", "_secret"))
        ]
        if secret:
            raise ConfigError("settings.key_in_file", secret=secret)
        return values


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings.

    Parameters
    ----------
    path
        The TOML file; `livemon.toml` in the working directory when None, which need not exist.
    overrides
        Values that win over file and environment.

    Raises
    ------
    ConfigError
        When a file is missing or unreadable, a key is unknown, or a value is wrong; the message names each.
    """
    if path is not None and not path.is_file():
        raise ConfigError("settings.no_file", path=path)
    unknown = sorted(
        key
        for key in os.environ
        if key.startswith("LIVEMON_")
        and key.removeprefix("LIVEMON_").split("__")[0].lower() not in Settings.model_fields
    )
    if unknown:
        raise ConfigError("settings.unknown_variable", unknown=unknown)

    class _File(Settings):
        model_config = SettingsConfigDict(toml_file=path or CONFIG_FILE)

    try:
        return _File(**overrides)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError("settings.not_toml", path=path or CONFIG_FILE, reason=exc) from exc
    except ValidationError as exc:
        raise ConfigError("settings.wrong", problems=problems(exc)) from exc


def tool_environment() -> dict[str, str]:
    """Return the environment of ffmpeg and its like: of ours, which holds keys, only where libraries are."""
    kept = {name: value for name in ("LD_LIBRARY_PATH",) if (value := os.environ.get(name))}
    return {"LC_ALL": "C", **kept}


def child_environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return the environment of a process that shall find the same data: ours, these settings, and `more`."""
    own = {
        "LIVEMON_DATA_DIR": str(settings.data_dir.absolute()),
        "LIVEMON_DATABASE_URL": settings.database,
        "LIVEMON_TIMEZONE": settings.timezone,
        "LIVEMON_MIN_FREE_GB": str(settings.min_free_gb),
    }
    return {**os.environ, **own, **more}


def environment_languages() -> list[str]:
    """Return the languages that the environment asks for, the first before the others."""
    wanted = os.environ.get("LANGUAGE", "").split(":")
    return [*wanted, *(os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))]
