"""Events of all cameras that somebody may see, in one list."""

from collections.abc import Iterator

import pytest

from livemon.base.detections import UNKNOWN, DetectionSummary, PetKind
from livemon.base.errors import SearchError
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM
from tests.web.api.houses import OTHER, House, with_a_login


def test_events_of_all_cameras_are_one_list(house: House) -> None:
    database = house.monitor.database
    first = [
        writes.add_event(database, camera_id, seen(60 * n), MORNING, model="local")
        for n, camera_id in enumerate([CAM, OTHER, CAM, OTHER, CAM])
    ]
    everything, mine = house.token(Role.VIEWER), house.token(Role.VIEWER, frozenset({OTHER}))
    page = house.ask("/events?limit=3", token=everything).json
    assert [(one["id"], one["camera_id"]) for one in page["events"]] == [
        (first[4], CAM),
        (first[3], OTHER),
        (first[2], CAM),
    ]
    rest = house.ask(f"/events?limit=3&cursor={page['next_cursor']}", token=everything).json
    assert [one["id"] for one in rest["events"]] == first[1::-1] and rest["next_cursor"] is None
    assert {one["camera_id"] for one in house.ask("/events", token=mine).json["events"]} == {OTHER}
    one = house.ask(f"/events?camera_id={OTHER}&since=2026-11-23T08:02:00Z&severity=info", token=everything).json
    assert [each["id"] for each in one["events"]] == [first[3]]
    assert house.ask(f"/events?camera_id={CAM}", token=mine).status == 403
    assert house.ask("/events?camera_id=nowhere", token=everything).status == 404
    assert house.ask("/events?severity=safe", token=everything).json == {"events": [], "next_cursor": None, "notes": []}


def test_people_pets_and_zones_are_asked_for_and_answered(house: House) -> None:
    database = house.monitor.database
    told = (DetectionSummary(2, (PetKind.DOG,), ("cot",)), DetectionSummary(0, (), ()), UNKNOWN)
    two, empty, unknown = [
        writes.add_event(database, CAM, seen(60 * n), MORNING, model="local", detected=each)
        for n, each in enumerate(told)
    ]
    theirs, mine = house.token(Role.VIEWER), house.token(Role.VIEWER, frozenset({OTHER}))

    def ids(asked: str, token: str = theirs) -> list[int]:
        return [one["id"] for one in house.ask(f"/events?{asked}", token=token).json["events"]]

    assert (ids("seen=people"), ids("seen=pets"), ids("zone=cot")) == ([two], [two], [two])
    assert (ids("seen=nobody"), ids("seen=unknown")) == ([empty], [unknown])
    assert ids("seen=nobody&zone=cot") == []
    assert ids("zone=cot", mine) == ids("zone=nowhere", mine) == [], "the zones of other cameras are not told"
    rows = {
        one["id"]: (one["people"], one["pets"], one["zones"])
        for one in house.ask("/events", token=theirs).json["events"]
    }
    assert rows == {two: (2, ["dog"], ["cot"]), empty: (0, [], []), unknown: (None, None, None)}
    for bad in ("seen=somebody", "seen=", "zone=", f"zone={'z' * 41}", "people=2"):
        assert house.ask(f"/events?{bad}", token=theirs).status in (400, 422), bad
    assert list(house.monitor.events(CAM, seen="nobody")["id"]) == [empty]
    assert list(house.monitor.events(CAM, zone="cot")["people"]) == [2]
    with pytest.raises(SearchError, match="seen must be one of people, pets, nobody, unknown, got 'cats'"):
        house.monitor.events(CAM, seen="cats")


@pytest.mark.parametrize("path", ["/events?text={}", "/segment-analyses/camera-1?text={}"])
@pytest.mark.parametrize("characters", [201, 20_000, 1_000_000])
def test_too_long_a_text_is_refused_and_the_server_goes_on(house: House, path: str, characters: int) -> None:
    writes.add_event(house.monitor.database, CAM, seen(0, title="sofa"), MORNING, model="local")
    token = house.token(Role.VIEWER)
    try:
        status = house.ask(path.format("a" * characters), token=token).status
    except OSError:
        status = 400  # closed at a request line that is longer than any may be
    assert status in (400, 414, 422)
    assert [one["title"] for one in house.ask("/events?text=sofas", token=token).json["events"]] == ["sofa"]


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        yield House(monitor)
