"""Users and tokens over HTTP, for admins of all cameras: listed, added, changed, removed. `livemon user` does the same.

Passwords and secrets live in livemon.monitor.authenticator, the rights of roles in livemon.base.roles.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field

from livemon.base.clock import iso
from livemon.base.roles import Role
from livemon.base.texts import Named
from livemon.monitor.authenticator import LONGEST_PASSWORD, SHORTEST_PASSWORD
from livemon.store import tokens, users
from livemon.store.tokens import Token
from livemon.store.users import Account
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.operation import RequestModel, ResponseModel, Scope, operation
from livemon.web.api.rows import Utc

MOST_NAME_CHARS = 200
MOST_CAMERAS = 1000

Name = Annotated[Named, Field(max_length=MOST_NAME_CHARS)]
Cameras = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(min_length=1, max_length=MOST_CAMERAS, description="Their cameras only; null: all, those to come too."),
]
Password = Annotated[str, Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]


class NewUser(RequestModel):
    """A user who may log in."""

    name: Name = Field(description="User name; for OAuth, the name at the provider.")
    role: Role = Role.VIEWER
    cameras: Cameras | None = None
    password: Password | None = Field(None, description="Without one they log in by OAuth.", repr=False)


class UserChange(RequestModel):
    """Changes of a user; omitted fields stay as they are."""

    role: Role = Field(Role.VIEWER, description="Another role.")
    cameras: Cameras | None = Field(None, description="Other cameras; null: all.")
    password: Password = Field("", description="Another password; they are logged out everywhere.", repr=False)


class UserTold(ResponseModel):
    """A user."""

    name: str
    role: Role
    cameras: list[str] | None = Field(description="null: all, those to come too.")
    has_password: bool = Field(description="Whether they log in with a password; else by OAuth.")
    created_utc: Utc


class UsersTold(ResponseModel):
    """All users, by name."""

    users: list[UserTold]


class NewToken(RequestModel):
    """A secret of a program."""

    name: Name = Field(description="What it is for.", examples=["grafana"])
    role: Role = Role.VIEWER
    cameras: Cameras | None = None
    days: float | None = Field(None, gt=0, le=3650, description="Days until it expires; null: never.")


class TokenTold(ResponseModel):
    """Stored data of a token."""

    id: int
    name: str
    role: Role
    cameras: list[str] | None
    works: bool
    created_utc: Utc
    expires_utc: Utc | None
    used_utc: Utc | None
    revoked_utc: Utc | None


class TokenMade(TokenTold):
    """A new token with its secret, which is shown this once."""

    secret: str


class TokensTold(ResponseModel):
    """All tokens, also those that work no more."""

    tokens: list[TokenTold]


class _PeopleHandler(ApiHandler):
    def reach(self, cameras: list[str] | None) -> frozenset[str] | None:
        """Return the cameras that are asked for; BadRequest when there is no such camera."""
        if cameras is None:
            return None
        unknown = sorted(set(cameras) - set(self.monitor.cameras))
        if unknown:
            there = ", ".join(sorted(self.monitor.cameras))
            raise BadRequest("api.no_camera", unknown=unknown, there=there)
        return frozenset(cameras)

    def user(self, name: str) -> Account:
        """Return a user; blocks. NotThere when there is none of this name."""
        found = users.accounts(self.monitor.database, name)
        if not found:
            raise NotThere("api.no_user", name=name)
        return found[0]


class UsersHandler(_PeopleHandler):
    """/users."""

    @operation("Users", Role.ADMIN, scope=Scope.ALL, answer=UsersTold)
    async def get(self) -> None:
        """Answer with all users, without anything of their passwords."""
        found = await self.blocking(users.accounts, self.monitor.database)
        self.tell(UsersTold, {"users": [_user(one) for one in found]})

    @operation("Add a user", Role.ADMIN, scope=Scope.ALL, body=NewUser, answer=UserTold, status=HTTPStatus.CREATED)
    async def post(self) -> None:
        """Add a user, who may then log in."""
        asked = self.body(NewUser)
        cameras = self.reach(asked.cameras)
        self.deed_detail = f"add user {asked.name} as {asked.role}"

        def add() -> Account:
            hashed = "" if asked.password is None else self.monitor.authenticator.hashed(asked.password)
            now = self.monitor.clock.now()
            if not users.add_user(self.monitor.database, asked.name, hashed, asked.role, cameras, now):
                raise BadRequest("access.user_exists_api", name=asked.name)
            return self.user(asked.name)

        made = await self.blocking(add)
        self.set_status(HTTPStatus.CREATED)
        self.tell_version(UserTold, _user(made))


class OneUserHandler(_PeopleHandler):
    """/users/{user_name}."""

    @operation("One user", Role.ADMIN, scope=Scope.ALL, answer=UserTold)
    async def get(self, name: str) -> None:
        """Answer with the user."""
        self.tell_version(UserTold, _user(await self.blocking(self.user, name)))

    @operation("Change a user", Role.ADMIN, scope=Scope.ALL, body=UserChange, answer=UserTold)
    async def patch(self, name: str) -> None:
        """Change role, cameras or password. The last admin of all cameras stays one."""
        asked = self.body(UserChange)
        given = asked.model_fields_set
        if not given:
            raise BadRequest("api.nothing_to_change")
        cameras = self.reach(asked.cameras)
        self.deed_detail = f"change {', '.join(sorted(given))} of {name}"

        def change() -> Account:
            database, authenticator = self.monitor.database, self.monitor.authenticator
            with self.monitor.changing:
                before = self.user(name)
                self.check_version(UserTold, _user(before))
                hashed = authenticator.hashed(asked.password) if "password" in given else None
                users.change_rights(
                    database,
                    name,
                    asked.role if "role" in given else before.role,
                    cameras if "cameras" in given else before.cameras,
                )
                if hashed is not None:
                    users.set_password(database, name, hashed)
                authenticator.forget_seen()
                return self.user(name)

        self.tell_version(UserTold, _user(await self.blocking(change)))

    @operation("Remove a user", Role.ADMIN, scope=Scope.ALL, status=HTTPStatus.NO_CONTENT)
    async def delete(self, name: str) -> None:
        """Remove a user; the user is logged out everywhere."""
        self.deed_detail = f"remove user {name}"

        def remove() -> None:
            self.user(name)
            users.remove_user(self.monitor.database, name, spare_last_admin=True)
            self.monitor.authenticator.forget_seen()

        await self.blocking(remove)
        self.set_status(HTTPStatus.NO_CONTENT)


class TokensHandler(_PeopleHandler):
    """/tokens."""

    @operation("Tokens", Role.ADMIN, scope=Scope.ALL, answer=TokensTold)
    async def get(self) -> None:
        """Answer with all tokens; a secret is never told again."""
        found = await self.blocking(tokens.tokens, self.monitor.database)
        self.tell(TokensTold, {"tokens": [self._token(one) for one in found]})

    @operation("Make a token", Role.ADMIN, scope=Scope.ALL, body=NewToken, answer=TokenMade, status=HTTPStatus.CREATED)
    async def post(self) -> None:
        """Answer with the token and its secret, this once."""
        asked = self.body(NewToken)
        cameras = self.reach(asked.cameras)
        lasts = None if asked.days is None else timedelta(days=asked.days)

        def make() -> dict[str, Any]:
            number, secret = self.monitor.authenticator.new_token(asked.name, asked.role, cameras, lasts)
            self.deed_detail = f"create token {number} {asked.name} as {asked.role}"
            made = next(one for one in tokens.tokens(self.monitor.database) if one.id == number)
            return {**self._token(made), "secret": secret}

        answer = await self.blocking(make)
        self.set_header("Cache-Control", "no-store")
        self.set_status(HTTPStatus.CREATED)
        self.tell(TokenMade, answer)

    def _token(self, token: Token) -> dict[str, Any]:
        times = {name: getattr(token, name) for name in ("created_utc", "expires_utc", "used_utc", "revoked_utc")}
        return {
            "id": token.id,
            "name": token.name,
            "role": token.role,
            "cameras": None if token.cameras is None else sorted(token.cameras),
            "works": token.works(self.monitor.clock.now()),
            **{name: None if at is None else iso(at) for name, at in times.items()},
        }


class OneTokenHandler(_PeopleHandler):
    """/tokens/{token_id}."""

    @operation("Revoke a token", Role.ADMIN, scope=Scope.ALL, status=HTTPStatus.NO_CONTENT)
    async def delete(self, token_id: str) -> None:
        """Make a token stop working: at once here, within five seconds in other processes."""
        self.deed_detail = f"revoke token {token_id}"

        def revoke() -> None:
            if not tokens.revoke_token(self.monitor.database, int(token_id), self.monitor.clock.now()):
                raise NotThere("api.no_token", token_id=token_id)
            self.monitor.authenticator.forget_seen()

        await self.blocking(revoke)
        self.set_status(HTTPStatus.NO_CONTENT)


def _user(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "cameras": None if account.cameras is None else sorted(account.cameras),
        "has_password": bool(account.password_hash),
        "created_utc": iso(account.created_utc),
    }
