"""Users and tokens over the API: admins of all cameras only, written down, and never without an admin."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import NotLoggedIn
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.authenticator import session_key
from livemon.monitor.monitor import Monitor
from livemon.store import audit_log, users
from tests.conftest import FAST, MORNING
from tests.days import CAM
from tests.web.api.houses import OTHER, PASSWORD, House, with_a_login
from tests.web.api.test_api import Reply


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings), clock=FakeClock(MORNING), profile=FAST) as monitor:
        yield House(monitor)


class Admin:
    def __init__(self, house: House) -> None:
        self.house, self.token = house, house.token(Role.ADMIN)

    def __call__(self, path: str, method: str = "GET", body: Any = None) -> Reply:
        if body is None:
            return self.house.ask(path, method, self.token)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        url = f"{self.house.url}/api/live-monitoring{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())


@pytest.fixture
def admin(house: House) -> Admin:
    return Admin(house)


def test_a_user_is_added_changed_and_removed(house: House, admin: Admin) -> None:
    authenticator = house.monitor.authenticator
    made = admin("/users", "POST", {"name": "anna", "password": PASSWORD, "cameras": [CAM]})
    assert made.status == 201
    told = {"name": "anna", "role": "viewer", "cameras": [CAM], "has_password": True}
    assert made.json == told | {"created_utc": "2026-11-23T08:00:00.000Z"}
    cookie = authenticator.log_in("anna", PASSWORD, "127.0.0.1")
    changed = admin("/users/anna", "PATCH", {"role": "operator", "cameras": None})
    assert (changed.json["role"], changed.json["cameras"]) == ("operator", None)
    who = authenticator.by_session(session_key(cookie))
    assert who is not None and who.may(Role.OPERATOR, OTHER), "from the next request on"
    other = "other words nobody guesses"
    assert admin("/users/anna", "PATCH", {"password": other}).status == 200
    assert authenticator.by_session(session_key(cookie)) is None
    with pytest.raises(NotLoggedIn):
        authenticator.log_in("anna", PASSWORD, "127.0.0.1")
    cookie = authenticator.log_in("anna", other, "127.0.0.1")
    assert [one["name"] for one in admin("/users").json["users"]] == ["anna", "root"]
    assert admin("/users/anna", "DELETE").status == 204
    assert authenticator.by_session(session_key(cookie)) is None
    assert admin("/users/anna").status == admin("/users/anna", "DELETE").status == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "root", "password": PASSWORD}, "There is already a user root."),
        ({"name": "a\x00b"}, "'name' must be plain text"),
        ({"name": "  "}, "'name' must not be empty"),
        ({"name": "x" * 201}, "'name'"),
        ({"name": "anna", "password": "short one"}, "'password'"),
        ({"name": "anna", "cameras": ["nowhere"]}, "There is no camera nowhere."),
        ({"name": "anna", "cameras": []}, "'cameras'"),
        ({"name": "anna", "role": "king"}, "'role' must be one of viewer, operator, admin"),
        ({"name": "anna", "hash": "x"}, "There is no field 'hash'"),
    ],
)
def test_what_cannot_be_a_user_is_refused_in_a_sentence(admin: Admin, body: Any, said: str) -> None:
    reply = admin("/users", "POST", body)
    assert reply.status == 400 and said in reply.json["detail"], reply.body
    assert b"short one" not in reply.body, "a password is not repeated"
    assert [one["name"] for one in admin("/users").json["users"]] == ["root"]


def test_the_last_admin_stays_one(house: House, admin: Admin) -> None:
    house.add_user("anna", Role.ADMIN, frozenset({CAM}))  # of one camera only
    for path, method, body in [
        ("/users/root", "DELETE", None),
        ("/users/root", "PATCH", {"role": "operator"}),
        ("/users/root", "PATCH", {"cameras": [CAM]}),
    ]:
        reply = admin(path, method, body)
        assert (reply.status, reply.json["title"]) == (409, "Last admin")
    assert admin("/users/root", "PATCH", {"role": "admin", "cameras": None}).status == 200
    house.add_user("ben", Role.ADMIN)
    assert admin("/users/root", "PATCH", {"role": "viewer"}).status == 200
    assert admin("/users/ben", "DELETE").status == 409


def test_a_refused_change_of_rights_changes_no_password_either(house: House, admin: Admin) -> None:
    reply = admin("/users/root", "PATCH", {"role": "viewer", "password": "other words nobody guesses"})
    assert reply.status == 409
    assert house.monitor.authenticator.log_in("root", PASSWORD, "127.0.0.1")


def test_a_token_is_made_shown_once_and_revoked(house: House, admin: Admin) -> None:
    made = admin("/tokens", "POST", {"name": "grafana", "role": "viewer", "cameras": [CAM], "days": 1})
    assert made.status == 201 and made.headers["Cache-Control"] == "no-store"
    secret, number = made.json["secret"], made.json["id"]
    assert made.json["expires_utc"] == "2026-11-24T08:00:00.000Z"
    assert house.ask(f"/events/{CAM}", token=secret).status == 200
    assert house.ask(f"/events/{OTHER}", token=secret).status == 403
    listed = admin("/tokens")
    assert secret.encode() not in listed.body
    assert {one["name"]: one["works"] for one in listed.json["tokens"]}["grafana"]
    assert admin(f"/tokens/{number}", "DELETE").status == 204
    assert house.ask(f"/events/{CAM}", token=secret).status == 401
    assert not {one["name"]: one["works"] for one in admin("/tokens").json["tokens"]}["grafana"]
    assert admin("/tokens/123456", "DELETE").status == 404


def test_what_is_done_is_written_down_without_secrets(house: House, admin: Admin) -> None:
    admin("/users", "POST", {"name": "anna", "password": PASSWORD})
    admin("/users/anna", "PATCH", {"password": "other words nobody guesses"})
    secret = admin("/tokens", "POST", {"name": "grafana"}).json["secret"]
    admin("/users/anna", "DELETE")
    house.monitor.close()
    noted = audit_log.deeds(house.monitor.database)
    assert set(noted["detail"]) >= {"add user anna as viewer", "change password of anna", "remove user anna"}
    assert any(detail.endswith("grafana as viewer") for detail in noted["detail"])
    assert (
        not noted.astype(str)
        .apply(lambda column: column.str.contains(f"{secret}|{PASSWORD}|other words"))
        .any(axis=None)
    )


@pytest.mark.parametrize("path", ["/users", "/users/root", "/tokens"])
def test_only_admins_of_all_cameras_see_people(house: House, path: str) -> None:
    for role, cameras in [(Role.OPERATOR, None), (Role.VIEWER, None), (Role.ADMIN, frozenset({CAM}))]:
        assert house.ask(path, token=house.token(role, cameras)).status == 403
    assert (
        users.accounts(house.monitor.database)[0].password_hash.encode()
        not in house.ask(path, token=house.token(Role.ADMIN)).body
    )
