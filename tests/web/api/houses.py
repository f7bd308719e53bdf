"""A house with a door: two cameras, a login, and what people and programs of every role show at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from livemon.base.roles import Role
from livemon.base.settings.access import AccessSettings, Login
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import users
from tests.days import CAM
from tests.web.api.test_api import Client, Reply

PASSWORD = "four words nobody guesses"
OTHER = "camera-2"


def with_a_login(settings: Settings, **access: object) -> Settings:
    """The settings of a test, with a login and a second camera."""
    return settings.model_copy(
        update={
            "access": AccessSettings(login=Login.PASSWORD, **access),  # type: ignore[arg-type]
            "cameras": {**settings.cameras, OTHER: settings.cameras[CAM]},
        }
    )


@dataclass
class House:
    monitor: Monitor

    def __post_init__(self) -> None:
        self.add_user("root", Role.ADMIN)
        self.url = self.monitor.serve().url
        self.api = Client(self.url)

    def add_user(self, name: str, role: Role, cameras: frozenset[str] | None = None) -> None:
        hashed = self.monitor.authenticator.hashed(PASSWORD)
        assert users.add_user(self.monitor.database, name, hashed, role, cameras, self.monitor.clock.now())

    def token(self, role: Role, cameras: frozenset[str] | None = None, lasts: timedelta | None = None) -> str:
        return self.monitor.authenticator.new_token(f"{role} of {cameras}", role, cameras, lasts)[1]

    def ask(self, path: str, method: str = "GET", token: str = "", **headers: str) -> Reply:
        own = {"Authorization": f"Bearer {token}"} if token else {}
        return self.api(path, method, **own, **headers)
