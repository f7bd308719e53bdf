"""Nobody in who does not belong: every method of every route, by everybody who might try."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from limits import RateLimitItemPerMinute

from livemon.base.clock import FakeClock
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import audit_log, tokens, users, writes
from livemon.store.tables.access import SignedLink
from livemon.web.api.app import ROUTES, linkable, routes
from livemon.web.api.guard import API_ROOT, Guarded
from livemon.web.api.openapi import METHODS
from livemon.web.api.operation import Operation, Scope, operation_of
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, report
from tests.waiting import PATIENCE_S
from tests.web.api.houses import OTHER, PASSWORD, House, with_a_login
from tests.web.api.test_api import Client

EXAMPLES = {
    "camera_id": CAM,
    "window": "2026-11-22T14:00:00Z",
    "event_id": "1",
    "call_id": "1",
    "segment": "seg_1.ts",
    "past_segment": "seg_1.ts",
    "thumbnail": "20261122/a.jpg",
    "archive": "segment_20261122_140000.mp4",
    "report_file": "2026-11-22.en.html",
    "asset": "docs.bundle.js",
    "app_file": "icon-192.png",
    "clip_id": "clip-0123456789abcdef",
    "link_id": "0123456789abcdef",
    "token_id": "999999",
    "user_name": "nobody",
    "recipient": "nobody",
    "reply": "nobody-signed-this",
    "upload_id": "7d9f4c7e-8f5e-4f6e-9d35-0a4f3c1b2a10",
}
OPEN_TO_ALL = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/install/{app_file}")}
SIGNED = {
    ("GET", "/answers/{reply}"),
    ("POST", "/answers/{reply}"),
    ("GET", "/answers/{reply}/picture.jpg"),
    ("GET", "/household-reports/{reply}"),
    ("POST", "/household-reports/{reply}"),
}
"""Open to who has a link that livemon signed, and to nobody else."""
REFUSED = (401, 403)

DECLARED = [
    (method, template, found)
    for template, handler in ROUTES
    for method in METHODS
    if (found := operation_of(handler, method)) is not None
]
IDS = [f"{method} {template}" for method, template, _ in DECLARED]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "videos").mkdir()
    settings = Settings(
        data_dir=folder / "data", port=0, timezone="UTC", cameras={CAM: {"source": str(folder / "videos")}}
    )
    settings = with_a_login(settings, requests_per_minute=1_000_000, login_tries=1000)
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as monitor:
        writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
        report(monitor)
        # One address tries hundreds of bad tokens here; a test of its own sees that slowed down.
        monitor.authenticator.throttle._bad_tokens = RateLimitItemPerMinute(1_000_000)
        yield House(monitor)


@pytest.fixture
def fresh(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings, login_tries=3), clock=FakeClock(MORNING), profile=FAST) as monitor:
        yield House(monitor)


def address(template: str, camera_id: str = CAM) -> str:
    parts = {**EXAMPLES, "camera_id": camera_id}
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], template)


def test_every_method_that_a_handler_has_says_who_may_call_it() -> None:
    for template, handler in ROUTES:
        assert issubclass(handler, Guarded), f"{template} passes no guard"
        for method in METHODS:
            own = getattr(handler, method.lower())
            written = own.__module__.startswith("livemon.") or method == "GET"
            if written and own.__name__ != "_unimplemented_method":
                found = operation_of(handler, method)
                assert found is not None, f"{method} {template} has no @operation"
                assert found.needs is not None or (method, template) in OPEN_TO_ALL | SIGNED, (
                    f"{method} {template} lets all in"
                )
        if "{camera_id}" in template:
            for method, of, found in DECLARED:
                if of == template:
                    assert found.scope is Scope.CAMERA, f"{method} {template} does not look at its camera"


@pytest.mark.parametrize(("method", "template", "found"), DECLARED, ids=IDS)
def test_nobody_without_a_name_comes_in(house: House, method: str, template: str, found: Operation) -> None:
    anonymous = house.ask(address(template), method)
    forged = house.ask(address(template), method, token="livemon_" + "x" * 43)
    if (method, template) in SIGNED:
        assert anonymous.status in (400, 401), "a POST without an answer is wrong before it is refused"
        return
    if found.needs is None:
        assert anonymous.status not in REFUSED
        return
    assert anonymous.status == forged.status == 401
    assert anonymous.headers["WWW-Authenticate"].startswith("Bearer")
    assert anonymous.json["title"] == "Log in first"
    stale = house.ask(address(template), method, Cookie="livemon_session=" + "x" * 43)
    assert stale.status == 401


@pytest.mark.parametrize(("method", "template", "found"), DECLARED, ids=IDS)
def test_a_role_below_what_is_needed_is_refused(house: House, method: str, template: str, found: Operation) -> None:
    for role in Role:
        if found.needs is None or role.covers(found.needs):
            continue
        reply = house.ask(address(template), method, house.token(role))
        assert reply.status == 403, role
        assert reply.json["title"] == "Not allowed"


@pytest.mark.parametrize(("method", "template", "found"), DECLARED, ids=IDS)
def test_another_camera_is_refused_whether_there_is_one_or_not(
    house: House, method: str, template: str, found: Operation
) -> None:
    mine = house.token(Role.ADMIN, frozenset({OTHER}))
    if found.scope is Scope.ALL and found.needs is not None:
        assert house.ask(address(template), method, mine).status == 403
    if found.scope is not Scope.CAMERA or "{camera_id}" not in template:
        return
    other, nowhere = (house.ask(address(template, camera_id), method, mine) for camera_id in (CAM, "nowhere"))
    assert (other.status, nowhere.status) == (403, 403)
    assert "There are:" not in nowhere.body.decode(), "it does not tell which there are"


@pytest.mark.parametrize(("method", "template", "found"), DECLARED, ids=IDS)
def test_a_change_from_another_sites_page_is_refused(
    house: House, method: str, template: str, found: Operation
) -> None:
    if method == "GET" or found.needs is None:
        return
    cookie = house.monitor.authenticator.log_in("root", PASSWORD, "127.0.0.1")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        reply = house.ask(address(template), method, Cookie=f"livemon_session={cookie}", **headers)
        assert reply.status == 403, headers
        assert "may not change anything" in reply.json["detail"]


def test_a_viewer_sees_only_their_own_cameras_in_the_list(house: House) -> None:
    listed = house.ask("/cameras", token=house.token(Role.VIEWER, frozenset({OTHER}))).json["cameras"]
    assert [camera["camera_id"] for camera in listed] == [OTHER]


def test_what_is_allowed_is_answered(house: House) -> None:
    viewer, operator = house.token(Role.VIEWER, frozenset({CAM})), house.token(Role.OPERATOR, frozenset({CAM}))
    assert house.ask(f"/events/{CAM}", token=viewer).status == 200
    assert house.ask(f"/stop-hls-stream/{CAM}", "POST", operator).status == 200
    assert house.ask("/audit-log", token=house.token(Role.ADMIN)).status == 200


def test_a_token_ends_is_revoked_and_its_use_is_noted(fresh: House) -> None:
    clock = fresh.monitor.clock
    assert isinstance(clock, FakeClock)
    short, long = fresh.token(Role.VIEWER, lasts=timedelta(hours=1)), fresh.token(Role.VIEWER)
    assert fresh.ask("/cameras", token=short).status == fresh.ask("/cameras", token=long).status == 200
    clock.advance(3601)
    fresh.monitor.authenticator.forget_seen()  # what five seconds of real time do
    assert fresh.ask("/cameras", token=short).status == 401
    assert fresh.ask("/cameras", token=long).status == 200
    known = tokens.tokens(fresh.monitor.database)
    assert known[0].used_utc == MORNING
    tokens.revoke_token(fresh.monitor.database, known[1].id, clock.now())
    fresh.monitor.authenticator.forget_seen()
    assert fresh.ask("/cameras", token=long).status == 401


def test_no_secret_is_kept(fresh: House) -> None:
    token = fresh.token(Role.VIEWER)
    cookie = fresh.monitor.authenticator.log_in("root", PASSWORD, "127.0.0.1")
    kept = b"".join(path.read_bytes() for path in fresh.monitor.settings.data_dir.glob("livemon.db*"))
    for secret in (token, cookie, PASSWORD):
        assert secret.encode() not in kept


def test_guessing_a_token_is_slowed_down(fresh: House) -> None:
    replies = [fresh.ask("/cameras", token=f"livemon_{n}") for n in range(31)]
    assert [reply.status for reply in replies] == [401] * 30 + [429]
    assert int(replies[-1].headers["Retry-After"]) >= 1
    assert fresh.ask("/cameras", token=fresh.token(Role.VIEWER)).status == 200, "others share the address"


def test_too_many_requests_are_refused_and_pictures_are_not_counted(settings: Settings) -> None:
    with Monitor(with_a_login(settings, requests_per_minute=10), profile=FAST) as monitor:
        house = House(monitor)
        token = house.token(Role.VIEWER)
        statuses = [house.ask("/cameras", token=token).status for _ in range(12)]
        assert statuses == [200] * 10 + [429] * 2
        assert house.ask(f"/hls/{CAM}/seg_1.ts", token=token).status == 404


class TestLinks:
    def made(self, house: House, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(house.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {house.token(Role.OPERATOR)}", "Content-Type": "application/json"}
        connection.request("POST", f"{API_ROOT}/links", json.dumps({"path": path, **body}), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def test_a_link_opens_its_report_and_the_clips_of_it_and_nothing_else(self, house: House) -> None:
        status, made = self.made(house, f"daily-reports/{CAM}/files/2026-11-22.en.html")
        assert status == 201
        page = house.ask(made["url"])
        assert page.status == 200 and b"A quiet day" in page.body
        folder = made["url"].rpartition("/")[0]
        assert house.ask(f"{folder}/2026-11-22/140210.mp4").body == b"0123456789"
        token = made["url"].split("/links/")[1].split("/")[0]
        for path in (f"daily-reports/{CAM}/files/2026-11-21.en.html", f"archives/{CAM}/segment_20261122_140000.mp4"):
            assert house.ask(f"/links/{token}/{path}").status == 401
        assert house.ask(f"/links/{token}x/daily-reports/{CAM}/files/2026-11-22.en.html").status == 401
        assert house.ask(f"/links/{token}/events/{CAM}").status == 404, "a link never leads to lists"
        assert house.ask(made["url"], "POST").status in (401, 405)

    def test_a_link_to_a_report_does_not_lead_to_its_notebook(self, house: House) -> None:
        status, _ = self.made(house, f"daily-reports/{CAM}/files/2026-11-22.en.ipynb")
        assert status == 400
        _, made = self.made(house, f"daily-reports/{CAM}/files/2026-11-22.en.html")
        assert house.ask(made["url"].replace(".html", ".pdf")).status == 200
        assert house.ask(made["url"].replace(".html", ".ipynb")).status == 403
        viewer, operator = house.token(Role.VIEWER), house.token(Role.OPERATOR)
        notebook = f"/daily-reports/{CAM}/files/2026-11-22.en.ipynb"
        assert house.ask(notebook, token=viewer).status == 403
        assert house.ask(notebook, token=operator).status == 200
        told = house.ask(f"/daily-report/{CAM}?date=2026-11-22", token=viewer).json
        assert told["notebook_url"] is None and told["html_url"]
        assert house.ask(f"/daily-report/{CAM}?date=2026-11-22", token=operator).json["notebook_url"]

    def test_links_are_listed_and_revoked_by_who_made_them_and_by_admins(self, fresh: House) -> None:
        report(fresh.monitor)
        path = f"daily-reports/{CAM}/files/2026-11-22.en.html"
        _, made = self.made(fresh, path)
        tokens_of = {role: fresh.token(role) for role in Role}
        stranger = fresh.monitor.authenticator.new_token("stranger", Role.OPERATOR, None, None)[1]
        elsewhere = fresh.token(Role.ADMIN, frozenset({OTHER}))
        listed = fresh.ask("/links", token=tokens_of[Role.OPERATOR]).json["links"]
        assert [(one["id"], one["path"], one["camera_id"]) for one in listed] == [
            (made["id"], f"daily-reports/{CAM}/files/2026-11-22*", CAM)
        ]
        assert "url" not in listed[0], "an address is told once"
        assert fresh.ask("/links", token=tokens_of[Role.ADMIN]).json["links"] == listed
        assert fresh.ask("/links", token=tokens_of[Role.VIEWER]).status == 403
        for token in (stranger, elsewhere):
            assert fresh.ask("/links", token=token).json["links"] == []
            assert fresh.ask(f"/links/{made['id']}", "DELETE", token).status == 404
        assert fresh.ask(made["url"]).status == 200
        assert fresh.ask(f"/links/{made['id']}", "DELETE", tokens_of[Role.ADMIN]).status == 204
        assert fresh.ask(made["url"]).status == 401
        assert fresh.ask("/links", token=tokens_of[Role.OPERATOR]).json["links"] == []
        assert fresh.ask(f"/links/{made['id']}", "DELETE", tokens_of[Role.ADMIN]).status == 404

    def test_links_whose_time_is_over_are_forgotten(self, fresh: House) -> None:
        clock = fresh.monitor.clock
        assert isinstance(clock, FakeClock)
        self.made(fresh, f"events/{CAM}/1/clip.mp4", hours=1)
        clock.advance(3601)
        assert fresh.ask("/links", token=fresh.token(Role.ADMIN)).json["links"] == []
        _, kept = self.made(fresh, f"events/{CAM}/1/clip.mp4", hours=1)
        with fresh.monitor.database.reading() as connection:
            assert connection.execute(sa.select(SignedLink.id)).scalars().all() == [kept["id"]]

    def test_a_link_to_a_range_opens_no_other_range_no_other_camera_and_nothing_when_it_is_over(
        self, fresh: House
    ) -> None:
        clock = fresh.monitor.clock
        assert isinstance(clock, FakeClock)
        span = "start=2026-11-23T08%3A00%3A00.000Z&end=2026-11-23T08%3A01%3A00.000Z"
        status, made = self.made(fresh, f"clips/{CAM}.mp4?{span}", hours=1)
        assert status == 201
        assert fresh.ask(made["url"]).status == 404, "it is opened, and nothing was recorded then"
        for changed in (
            made["url"].replace("08%3A01", "08%3A02"),
            made["url"].replace(f"clips/{CAM}", f"clips/{OTHER}"),
            made["url"].replace(span, ""),
            made["url"].replace("clips/", "playback/").replace(".mp4", ".m3u8"),
        ):
            assert changed != made["url"] and fresh.ask(changed).status in (401, 404)
            assert fresh.ask(changed).status == 401 or "m3u8" in changed
        clock.advance(3601)
        assert fresh.ask(made["url"]).status == 401

    def test_a_signed_text_that_is_no_link_opens_nothing(self, fresh: House) -> None:
        report(fresh.monitor)
        path = f"daily-reports/{CAM}/files/2026-11-22.en.html"
        authenticator = fresh.monitor.authenticator
        for value in ({"camera": CAM, "path": path, "until": 2**40}, {"link": "0" * 16}, {"browser": "root"}):
            assert fresh.ask(f"/links/{authenticator.secrets.sign(value)}/{path}").status == 401

    def test_a_link_ends(self, fresh: House) -> None:
        report(fresh.monitor)
        _, made = self.made(fresh, f"daily-reports/{CAM}/files/2026-11-22.en.html", hours=1)
        assert made["until_utc"] == "2026-11-23T09:00:00.000Z"
        clock = fresh.monitor.clock
        assert isinstance(clock, FakeClock)
        clock.advance(3599)
        assert fresh.ask(made["url"]).status == 200
        clock.advance(2)
        assert fresh.ask(made["url"]).status == 401

    def test_the_query_of_a_link_cannot_be_changed(self, house: House) -> None:
        query = "start=2026-11-22T14:00:00Z&end=2026-11-22T14:00:10Z"
        _, made = self.made(house, f"clips/{CAM}.mp4?{query}")
        assert house.ask(made["url"]).status == 404, "nothing was recorded then; it was asked"
        assert house.ask(made["url"].replace("14:00:10", "15:00:10")).status == 401

    @pytest.mark.parametrize(
        "path",
        ["cameras", f"events/{CAM}", "../../secret", "http://evil.example/", f"reset/{CAM}", f"playback/{CAM}.m3u8"],
    )
    def test_only_files_can_be_linked_to(self, house: House, path: str) -> None:
        status, problem = self.made(house, path)
        assert status == 400
        assert "cannot be linked to" in problem["detail"]

    def test_a_link_lasts_no_longer_than_the_setting_says(self, house: House) -> None:
        status, problem = self.made(house, f"events/{CAM}/1/clip.mp4", hours=24 * 31)
        assert (status, problem["detail"]) == (400, "A link may last up to 30 days.")

    def test_every_route_that_a_link_may_lead_to_is_a_file_of_one_camera(self) -> None:
        for template, handler in ROUTES:
            if linkable(template, handler):
                assert template.startswith(
                    (
                        "/hls",
                        "/cameras",
                        "/thumb",
                        "/archives",
                        "/playback",
                        "/frames",
                        "/clips",
                        "/sheets",
                        "/events",
                        "/daily",
                    )
                )


class TestAuditLog:
    def test_changes_and_refusals_are_written_down(self, fresh: House) -> None:
        fresh.ask(f"/stop-hls-stream/{CAM}", "POST", fresh.token(Role.OPERATOR))
        fresh.ask(f"/stop-hls-stream/{OTHER}", "POST", fresh.token(Role.VIEWER))
        fresh.ask("/cameras")
        fresh.ask("/cameras", token=fresh.token(Role.VIEWER))
        fresh.monitor.close()  # what is written beside the loop is written by then
        found = audit_log.deeds(fresh.monitor.database).to_dict("records")
        noted = {(row["action"], row["camera_id"], row["outcome"], row["proof"]) for row in found}
        assert noted >= {
            ("POST /stop-hls-stream/{camera_id}", CAM, 200, "token"),
            ("POST /stop-hls-stream/{camera_id}", OTHER, 403, "token"),
            ("GET /cameras", "", 401, ""),
        }
        assert ("GET /cameras", "", 200, "token") not in noted, "reading is no news"
        assert all(row["address"] == "127.0.0.1" for row in found)

    def test_of_a_flood_of_refusals_only_the_first_are_written_down(self, fresh: House) -> None:
        for _ in range(40):
            fresh.ask("/cameras")
        fresh.monitor.close()
        assert len(audit_log.deeds(fresh.monitor.database)) == 30


class TestHeaders:
    def test_every_answer_protects_the_browser(self, house: House) -> None:
        for path in ("/cameras", f"/events/{CAM}", "/nothing/here"):
            headers = house.ask(path).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "SAMEORIGIN"
            assert headers["Referrer-Policy"] == "same-origin"
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "Server" not in headers

    def test_a_foreign_name_is_not_answered(self, house: House) -> None:
        assert house.ask("/cameras", Host="evil.example", token=house.token(Role.ADMIN)).status == 403

    def test_no_page_of_another_site_may_read_unless_it_is_named(self, settings: Settings) -> None:
        named = with_a_login(settings, cors_origins=("https://family.example",))
        with Monitor(named, profile=FAST) as monitor:
            house = House(monitor)
            token = house.token(Role.VIEWER)
            friend = house.ask("/cameras", "OPTIONS", Origin="https://family.example")
            assert friend.status == 204
            assert friend.headers["Access-Control-Allow-Origin"] == "https://family.example"
            assert "Authorization" in friend.headers["Access-Control-Allow-Headers"]
            assert "If-Match" in friend.headers["Access-Control-Allow-Headers"]
            read = house.ask("/cameras", token=token, Origin="https://family.example")
            assert read.headers["Access-Control-Allow-Origin"] == "https://family.example"
            assert "ETag" in read.headers["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Credentials" not in read.headers, "no cookie is ever sent along"
            foreign = house.ask("/cameras", token=token, Origin="https://evil.example")
            assert "Access-Control-Allow-Origin" not in foreign.headers

    def test_lists_are_compressed_and_known_ones_are_not_sent_again(self, house: House) -> None:
        token = house.token(Role.VIEWER)
        reply = house.ask("/openapi.json", token=token, **{"Accept-Encoding": "gzip"})
        assert reply.headers["Content-Encoding"] == "gzip"
        known = house.ask("/openapi.json", token=token).headers["Etag"]
        assert house.ask("/openapi.json", token=token, **{"If-None-Match": known}).status == 304

    def test_a_method_that_a_route_has_not_is_refused_with_those_it_has(self, house: House) -> None:
        reply = house.ask("/cameras", "DELETE", house.token(Role.ADMIN))
        assert reply.status == 405
        assert reply.headers["Allow"] == "GET, HEAD, POST"


def test_a_proxy_that_shows_where_requests_come_from_opens_no_door(settings: Settings) -> None:
    with Monitor(settings, profile=FAST) as monitor:
        api = Client(monitor.serve().url)
        assert api("/cameras").status == 200
        assert api("/cameras", **{"X-Forwarded-For": "203.0.113.9"}).status == 401
        assert api("/cameras", **{"X-Forwarded-For": "127.0.0.1"}).status == 200
        # A client writes what it likes before the proxy adds its own.
        for name, value in (
            ("X-Forwarded-For", "127.0.0.1, 203.0.113.9"),
            ("X-Forwarded-For", "203.0.113.9, 127.0.0.1"),
            ("X-Real-Ip", "203.0.113.9"),
            ("Forwarded", "for=203.0.113.9"),
            ("Forwarded", 'for="[2001:db8::1]:4711";proto=https'),
            ("X-Forwarded-For", "unknown"),
        ):
            assert api("/cameras", **{name: value}).status == 401, (name, value)


def test_every_pattern_of_the_table_begins_below_the_root(house: House) -> None:
    assert all(pattern.startswith(API_ROOT) for pattern, *_ in routes(house.monitor))


def test_a_removed_user_is_out_at_once(fresh: House) -> None:
    fresh.add_user("anna", Role.VIEWER)
    cookie = fresh.monitor.authenticator.log_in("anna", PASSWORD, "127.0.0.1")
    own = {"Cookie": f"livemon_session={cookie}"}
    assert fresh.ask("/cameras", **own).status == 200
    users.remove_user(fresh.monitor.database, "anna")
    fresh.monitor.authenticator.forget_seen()
    assert fresh.ask("/cameras", **own).status == 401
