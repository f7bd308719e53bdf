"""The groups of settings on access: [access], [oauth], [upload]. settings.py reads them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ROOT_PATH = r"(/[A-Za-z0-9._~-]+)*"
"""Pattern of a path prefix: plain words, as it becomes a part of every address."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Login(StrEnum):
    """Requests that require a login."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    OAUTH = "oauth"


class AccessSettings(_Group):
    """`[access]`: who comes in, for how long, how often and from which pages."""

    login: Login = Field(Login.NONE, description="none (only from this machine), password or oauth.")
    https: bool = Field(False, description="Browsers reach livemon by https: cookies are then sent over nothing else.")
    proxy: bool = Field(False, description="A proxy in front says, by X-Forwarded-For, who asks.")
    root_path: str = Field(
        "", pattern=f"^{ROOT_PATH}$", max_length=200, description="Path under which a proxy shows livemon: /livemon."
    )
    session_days: float = Field(30, gt=0, le=365, description="A login ends after this.")
    idle_days: float = Field(7, gt=0, le=365, description="A login that is not used ends after this.")
    login_tries: int = Field(10, ge=3, le=1000, description="Wrong passwords in 15 minutes before one has to wait.")
    requests_per_minute: int = Field(1200, ge=10, description="Most requests a minute of one client; media are free.")
    link_days: float = Field(30, gt=0, le=365, description="A signed link works at most this long.")
    cors_origins: tuple[str, ...] = Field(
        (), description="Other sites' pages that may read the API: https://a.example."
    )


class OAuthSettings(_Group):
    """`[oauth]`: who proves identities when `login` is oauth. The client's secret comes from the environment."""

    provider: Literal["auth0", "azure", "bitbucket", "generic", "github", "gitlab", "google", "okta"] = Field(
        "generic", description="One of Panel's providers."
    )
    key: str = Field("", description="The client's id at the provider.")
    redirect_uri: str = Field("", description="Address of the dashboard's login, as the provider knows it.")
    user_key: str = Field("email", description="Which claim of the provider is the name of the user in livemon.")
    authorize_url: str = Field("", description="Of a generic provider: where people log in.")
    token_url: str = Field("", description="Of a generic provider: where codes become tokens.")
    user_url: str = Field("", description="Of a generic provider: who a token belongs to.")
    scope: tuple[str, ...] = Field(("openid", "email"), description="What livemon asks to know.")
    host: str = Field("", description="Of auth0, gitlab and okta: your own domain.")


class UploadSettings(_Group):
    """`[upload]`: videos that people bring."""

    enabled: bool = Field(True, description="Take videos from those who may.")
    max_gb: float = Field(2, gt=0, le=100, description="Largest video.")
    max_minutes: float = Field(240, gt=0, le=10_080, description="Longest video.")
    max_pixels: int = Field(3840 * 2160, ge=64 * 64, description="Largest picture, width times height.")
    at_once: int = Field(2, ge=1, le=16, description="Videos that are received at the same time.")
    memory_mb: int = Field(1024, ge=256, description="Memory of the process that decodes what was brought.")
    timeout_s: float = Field(3600, ge=10, le=604_800, description="Longest time that process may take.")
