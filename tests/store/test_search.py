"""Words of events, notes and windows are found by an index that is current in each transaction, on either database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from livemon.base.clock import Window
from livemon.base.datatypes import EventType, Severity
from livemon.base.detections import UNKNOWN, DetectionSummary, PetKind
from livemon.base.errors import SearchError
from livemon.monitor.metrics import read_rows
from livemon.store import (
    analyses,
    event_counts,
    event_indexes,
    event_search,
    queries,
    reviews,
    window_search,
    word_index,
    word_order,
    work,
    writes,
)
from livemon.store.erase import erase_rows
from livemon.store.event_search import EventSearch, ReviewState
from livemon.store.search_words import MOST_TEXT, read_terms, split_words
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import RealtimeEvent
from livemon.store.tables.search import EventCount, WordIndexProgress
from livemon.store.word_index import SeenFilter
from tests.conftest import MORNING, seen
from tests.postgres import postgres

BOTH = ("camera-1", "hall")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL server for all tests here."""
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with two cameras."""
    url = f"sqlite:///{tmp_path / 'livemon.db'}"
    if request.param == "postgresql":
        admin = sa.create_engine(request.getfixturevalue("server"), isolation_level="AUTOCOMMIT")
        name = f"t{abs(hash(request.node.name))}"
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        url = request.getfixturevalue("server").replace("/postgres", f"/{name}")
    opened = Database(url)
    writes.add_missing_cameras(opened, {each: each for each in BOTH}, MORNING)
    yield opened
    opened.close()


def add(database: Database, title: str, second: float = 0, camera_id: str = "camera-1", **values: Any) -> int:
    return writes.add_event(database, camera_id, seen(second, title=title, **values), MORNING, model="m")


def found(database: Database, text: str, **wanted: Any) -> list[int]:
    return list(event_search.search(database, EventSearch(**{"cameras": BOTH, "text": text, **wanted}))["id"])


def studied(database: Database, summary: str, number: int = 0, **result: Any) -> None:
    window = Window(MORNING + number * timedelta(minutes=10))
    row = analyses.analysis_id(database, "camera-1", window)
    assert work.claim(database, SegmentAnalysis, row, "me", MORNING)
    assert work.complete(database, SegmentAnalysis, row, "me", MORNING, summary=summary, analysis_result=result)


def windows(database: Database, text: str, cameras: tuple[str, ...] = BOTH) -> list[str]:
    return list(window_search.search_windows(database, EventSearch(cameras, text=text))["summary"])


def truth(database: Database, **wanted: Any) -> list[tuple[Any, ...]]:
    """What the rows say, without index and counts."""
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*wanted["of"]).order_by(*wanted["of"]))]


def test_korean_words_of_one_two_and_more_syllables_are_found(database: Database) -> None:
    fell = add(database, "아이가 계단에서 낙상했습니다")
    knife = add(database, "칼을 들고 있음", 10)
    other = add(database, "상자와 낙엽", 20)
    assert found(database, "낙상") == [fell], "two syllables, wherever they stand"
    assert found(database, "계단에서") == [fell]
    assert found(database, "단에") == [fell], "also within a word"
    assert found(database, "계단 낙상") == [fell]
    assert found(database, "낙상했습니다만") == []
    assert found(database, "칼") == [knife], "one syllable begins a word"
    assert found(database, "상") == [other]
    assert found(database, "\u1102\u1161\u11a8\u1109\u1161\u11bc") == [fell], "decomposed, as a Mac writes it"


def test_the_pairs_of_a_longer_word_must_follow_each_other(database: Database) -> None:
    add(database, "가나 나다 다라")
    whole = add(database, "가나다라", 10)
    assert found(database, "가나다라") == [whole]


def test_english_words_are_found_in_their_forms_and_any_case(database: Database) -> None:
    climbed = add(database, "Climbed the sofas", kind="climbing_up")
    for text in ("climb", "CLIMBING", "sofa", "up", "sofa climb"):
        assert found(database, text) == [climbed], text
    assert found(database, "clim") == []


def test_notes_repetitions_and_places_are_found_and_what_is_gone_is_not(database: Database) -> None:
    event = add(database, "Something", location="balcony", severity=Severity.DANGER)
    assert found(database, "balcony") == [event]
    reviews.review_events(database, [event], {"note": "할머니가 있었음"}, MORNING)
    assert found(database, "할머니") == [event]
    reviews.review_events(database, [event], {"note": "a blanket"}, MORNING)
    assert found(database, "할머니") == []
    assert found(database, "blanket") == [event]
    again = seen(60, severity=Severity.DANGER, title="Hangs from the railing")
    writes.fold_event(database, event, again.end_utc, MORNING, again)
    assert found(database, "railing") == [event]


def test_windows_are_found_by_summary_and_by_what_was_seen_in_them(database: Database) -> None:
    studied(database, "아이가 블록을 쌓음", incidents=[{"title": "Fell over", "evidence": "의자에서 낙상"}])
    studied(database, "Slept", 1, activities=[{"what": "napping"}], development=[{"title": "First steps"}])
    assert windows(database, "블록") == ["아이가 블록을 쌓음"]
    assert windows(database, "낙상") == ["아이가 블록을 쌓음"]
    assert windows(database, "nap") == windows(database, "step") == ["Slept"]
    assert windows(database, "낙상", ("hall",)) == [], "only of cameras that may be seen"
    listed = analyses.segment_analyses(database, "camera-1", text="nap")
    assert list(listed["summary"]) == ["Slept"]
    studied_again = analyses.analysis_id(database, "camera-1", Window(MORNING))
    assert work.claim(database, SegmentAnalysis, studied_again, "me", MORNING, again=True)
    assert work.complete(database, SegmentAnalysis, studied_again, "me", MORNING, summary="Quiet", analysis_result={})
    assert windows(database, "낙상") == []


def test_only_cameras_that_are_asked_for_answer(database: Database) -> None:
    mine, theirs = add(database, "낙상"), add(database, "낙상", camera_id="hall")
    assert found(database, "낙상") == [theirs, mine]
    assert found(database, "낙상", cameras=("camera-1",)) == [mine]
    assert found(database, "낙상", cameras=()) == []


def test_a_search_keeps_the_other_filters_and_the_order(database: Database) -> None:
    warning = add(database, "sofa", 0, severity=Severity.WARNING)
    danger = add(database, "sofa", 10, severity=Severity.DANGER, event_type=EventType.SAFETY)
    safe = add(database, "sofa", 20, severity=Severity.SAFE)
    assert found(database, "sofa") == [safe, danger, warning]
    assert found(database, "sofa", worst_first=True) == [danger, warning, safe]
    assert found(database, "sofa", severities=("warning", "safe")) == [safe, warning]
    assert found(database, "sofa", event_types=("safety",)) == [danger]
    assert found(database, "sofa", until=MORNING + timedelta(seconds=10)) == [warning]
    reviews.review_events(database, [danger], {"label": "right"}, MORNING)
    assert found(database, "sofa", state=ReviewState.OPEN, worst_first=True) == [warning, safe]
    wanted = EventSearch(BOTH, text="sofa")
    assert event_search.count(database, wanted) == {"danger": 1, "warning": 1, "safe": 1}
    first = event_search.search(database, wanted, limit=2)
    following = event_search.search(database, wanted, limit=2, before_id=int(first["id"].iloc[-1]))
    assert list(first["id"]) + list(following["id"]) == [safe, danger, warning]


def test_a_list_goes_on_where_a_page_ended(database: Database) -> None:
    ids = [add(database, "x", second, BOTH[second % 2]) for second in (30, 10, 20, 20, 0)]
    wanted, pages, before = EventSearch(BOTH), [], None
    while len(page := event_search.search(database, wanted, 2, before)):
        before = int(page["id"].iloc[-1])
        pages.append(list(page["id"]))
    assert pages == [[ids[0], ids[3]], [ids[2], ids[1]], [ids[4]]]
    with pytest.raises(SearchError, match="There is no event 99 to go on from"):
        event_search.search(database, wanted, before_id=99)


def test_a_rare_word_is_found_among_the_newest_rows_and_beyond_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_order, "NEAR", 4)
    ids = [add(database, "A wardrobe tilts" if n in (0, 1, 18) else "A sofa", n * 60) for n in range(20)]
    assert found(database, "wardrobe") == [ids[18], ids[1], ids[0]]
    assert (
        list(event_search.search(database, EventSearch(BOTH, text="wardrobe"), before_id=ids[18])["id"]) == ids[1::-1]
    )
    assert list(event_search.search(database, EventSearch(BOTH, text="sofa"), 3)["id"]) == [ids[19], ids[17], ids[16]]
    assert event_search.count(database, EventSearch(BOTH, text="wardrobe")) == {"info": 3}
    for number in range(6):
        studied(database, "A lamp falls." if number == 0 else "Nothing.", number)
    assert windows(database, "lamp") == ["A lamp falls."]


def scattered(database: Database, events: int) -> None:
    """Write events of all severities over days, some of them judged."""
    for number in range(events):
        begin = number * 7.3 * 3600
        longer = begin + (number % 5) * 9 * 3600
        severity = list(Severity)[number % len(Severity)]
        event_type = list(EventType)[number % 3]
        add_one = seen(begin, longer, severity=severity, event_type=event_type)
        writes.add_event(database, BOTH[number % 2], add_one, MORNING, model="m")
    ids = list(event_search.search(database, EventSearch(BOTH), 100)["id"])
    reviews.review_events(database, ids[::3], {"label": "wrong"}, MORNING)
    reviews.review_events(database, ids[1::4], {"reviewed": True}, MORNING)


def test_counts_are_those_of_the_rows_whatever_is_asked(database: Database) -> None:
    scattered(database, 40)
    moments = [None, *(MORNING + hours * timedelta(hours=1) for hours in (-5, 3, 17, 48, 64, 120, 400))]
    for since in moments:
        for until in moments:
            for state in ReviewState:
                for severities in ((), ("danger", "info")):
                    wanted = EventSearch(BOTH, severities=severities, state=state, since=since, until=until)
                    listed = event_search.search(database, wanted, 1000)
                    counted = event_search.count(database, wanted)
                    assert counted == listed["severity"].value_counts().to_dict(), wanted
                    assert set(listed["id"]) == plainly(database, wanted), wanted


def uncounted(database: Database) -> None:
    """Make all rows older than the counts, as migration 0010 finds them."""
    with database.writing() as session:
        session.execute(sa.delete(EventCount))
        below = session.execute(sa.select(sa.func.max(RealtimeEvent.id) + 1)).scalar_one()
        session.execute(
            sa.update(WordIndexProgress)
            .where(WordIndexProgress.name == event_counts.COUNTS)
            .values(below_id=below, first_below_id=below)
        )


def assert_right(database: Database) -> None:
    """Lists, counts, metrics and stats say what the rows say, whatever is asked."""
    hours_in = [(None, None), (3, 48), (48, None), (None, 120)]
    for hours, state in product(hours_in, (ReviewState.ANY, ReviewState.OPEN, ReviewState.WRONG)):
        since, until = (None if each is None else MORNING + each * timedelta(hours=1) for each in hours)
        for severities in ((), ("danger", "info")):
            wanted = EventSearch(BOTH, severities=severities, state=state, since=since, until=until)
            listed = event_search.search(database, wanted, 1000)
            assert set(listed["id"]) == plainly(database, wanted), wanted
            assert event_search.count(database, wanted) == listed["severity"].value_counts().to_dict(), wanted
            worst = event_search.search(database, replace(wanted, worst_first=True), 1000)
            assert set(worst["id"]) == set(listed["id"]), wanted
    rows = truth(database, of=(RealtimeEvent.camera_id, RealtimeEvent.severity))
    assert {(camera, severity): events for camera, severity, events in read_rows(database).events} == Counter(rows)
    rows = truth(database, of=(RealtimeEvent.start_utc, RealtimeEvent.severity, RealtimeEvent.camera_id))
    last_day = [severity for start, severity, camera in rows if start >= MORNING and camera == "hall"]
    assert queries.stats(database, "hall", MORNING + DAY)["events"] == Counter(last_day)


def test_counts_are_right_at_every_moment_while_older_rows_are_counted(database: Database) -> None:
    scattered(database, 40)
    uncounted(database)
    assert truth(database, of=(EventCount.events,)) == []
    assert_right(database)
    assert event_counts.fill(database, 7)
    ids = [row[0] for row in truth(database, of=(RealtimeEvent.id,))]
    reviews.review_events(database, [ids[3], ids[-2]], {"label": "right"}, MORNING)  # one counted, and one not yet
    writes.fold_event(database, ids[5], MORNING + 30 * DAY, MORNING, seen(0, severity=Severity.DANGER))
    add(database, "new", 50, "hall", severity=Severity.DANGER)
    assert_right(database)
    again = Database(database.url)  # a start after one that was killed
    assert event_counts.fill(again, 7)
    assert 0 < event_counts.uncounted_share(again) < 1
    with again.writing() as session:  # with the newest gone, SQLite gives their numbers again
        session.execute(sa.delete(RealtimeEvent).where(RealtimeEvent.id > ids[10]))
    add(again, "in an old place", 60, "hall")
    add(again, "and one more", 70)
    assert_right(again)
    while event_counts.fill(again, 4):
        assert_right(again)
    again.close()
    assert event_counts.uncounted_share(database) == 0
    assert_right(database)
    assert sum(row[0] for row in truth(database, of=(EventCount.events,))) == len(plainly(database, EventSearch(BOTH)))
    assert not event_counts.fill(database)


def test_a_batch_of_counts_that_fails_is_not_half_there(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    scattered(database, 10)
    uncounted(database)
    add_counts = event_counts._add

    def fails(*given: Any) -> None:
        add_counts(*given)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(event_counts, "_add", fails)
        with pytest.raises(RuntimeError, match="killed"):
            event_counts.fill(database, 4)
    assert truth(database, of=(EventCount.events,)) == []
    assert_right(database)


def test_indexes_that_are_missing_are_made_one_by_one_and_answers_do_not_need_them(database: Database) -> None:
    scattered(database, 10)
    assert event_indexes.missing(database) == []
    names = ["ix_realtime_events_label", "ix_realtime_events_reviewed", "ix_realtime_events_severity"]
    with database.writing() as session:
        for name in names:
            session.execute(sa.text(f"DROP INDEX {name}"))
    assert_right(database)
    while names:
        assert event_indexes.missing(database) == names
        event_indexes.make_first(database)
        names.pop(0)
    event_indexes.make_first(database)
    assert event_indexes.missing(database) == []
    assert_right(database)


def test_people_pets_and_zones_are_found_and_unknown_is_not_nobody(database: Database) -> None:
    def happened(second: float, detected: DetectionSummary, camera_id: str = "camera-1", **values: Any) -> int:
        observed = seen(second, **values)
        return writes.add_event(database, camera_id, observed, MORNING, model="m", detected=detected)

    cot, odd = "cot", '아기 침대 "x" OR y'
    two = happened(0, DetectionSummary(2, (PetKind.DOG,), (cot,)), title="sofa", severity=Severity.WARNING)
    empty = happened(10, DetectionSummary(0, (), ()), title="sofa")
    unknown = happened(20, UNKNOWN, title="sofa")
    dog = happened(30, DetectionSummary(0, (PetKind.DOG,), (odd,)), "hall", severity=Severity.DANGER)
    assert found(database, "", seen=SeenFilter.PEOPLE) == [two]
    assert found(database, "", seen=SeenFilter.PETS) == [dog, two]
    assert found(database, "", seen=SeenFilter.PETS, worst_first=True) == [dog, two]
    assert found(database, "", seen=SeenFilter.NOBODY) == [dog, empty]
    assert found(database, "", seen=SeenFilter.UNKNOWN) == [unknown]
    assert found(database, "", zone=cot) == [two] and found(database, "", zone=odd) == [dog]
    assert found(database, "", zone="Cot") == found(database, "cot") == [], "its name, and not a word of a text"
    assert found(database, "", zone=odd, cameras=("camera-1",)) == [], "only of cameras that may be seen"
    assert found(database, "sofa", seen=SeenFilter.NOBODY) == [empty]
    assert event_search.count(database, EventSearch(BOTH, seen=SeenFilter.PETS)) == {"danger": 1, "warning": 1}
    reviews.review_events(database, [two], {"label": "wrong", "note": "a doll"}, MORNING)
    writes.fold_event(database, two, MORNING, MORNING, seen(40, severity=Severity.DANGER))
    assert found(database, "doll", seen=SeenFilter.PEOPLE, zone=cot, state=ReviewState.WRONG) == [two]
    assert found(database, "", seen=SeenFilter.PETS, state=ReviewState.OPEN) == [dog]
    rows = event_search.search(database, EventSearch(BOTH)).set_index("id")
    assert (rows["people"][two], rows["pets"][two], rows["zones"][two]) == (2, ["dog"], [cot])
    assert rows["people"].isna().to_dict() == {dog: False, unknown: True, empty: False, two: False}
    assert (rows["pets"][unknown], rows["pets"][empty]) == (None, [])


def test_a_number_of_people_that_cannot_be_read_is_unknown_and_not_nobody(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.add_missing_cameras(database, {each: each for each in BOTH}, MORNING)
    event = add(database, "x")
    with database.writing() as session:
        session.execute(sa.text("UPDATE realtime_events SET people = 'many'"))
    row = event_search.found_event(database, BOTH, event)
    assert row is not None and pd.isna(row["people"])
    database.close()


def steps(database: Database, wanted: EventSearch) -> int:
    """How many hundreds of steps of its machine SQLite takes for a search and its counts."""
    taken = [0]

    def step() -> None:
        taken[0] += 1

    def watched(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(step, 100)

    sa.event.listen(database.engine, "checkout", watched)
    event_search.search(database, wanted)
    event_search.count(database, wanted)
    sa.event.remove(database.engine, "checkout", watched)
    return taken[0]


def test_a_common_word_with_filters_that_reject_nearly_all_reads_little(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.add_missing_cameras(database, {each: each for each in BOTH}, MORNING)
    rare = [add(database, "chair", second, "hall", severity=Severity.DANGER) for second in range(5)]
    labelled = add(database, "a sofa chair", 10)
    reviews.review_events(database, [*rare[:2], labelled], {"label": "wrong"}, MORNING)
    with database.writing() as session:
        rows = [
            RealtimeEvent(camera_id="camera-1", start_utc=MORNING + number * timedelta(minutes=1),
                          last_seen_utc=MORNING + number * timedelta(minutes=1), created_utc=MORNING, kind="x",
                          event_type="activity", severity="info", title="sofa", description="", location="",
                          confidence=1.0, evidence_utcs=[], model="m", prompt_version="")
            for number in range(20_000)
        ]  # fmt: skip
        session.add_all(rows)
        word_index.put_events(session, rows)
    wrong = EventSearch(BOTH, text="sofa", state=ReviewState.WRONG)
    few = [
        wrong,
        EventSearch(("hall",), text="sofa"),
        EventSearch(BOTH, text="sofa", severities=("danger",)),
        EventSearch(BOTH, text="sofa", until=MORNING + timedelta(seconds=20)),
        EventSearch(BOTH, text="chair"),
        EventSearch(BOTH, seen=SeenFilter.PETS),
        EventSearch(BOTH, seen=SeenFilter.UNKNOWN, state=ReviewState.WRONG),
        EventSearch(BOTH, zone="cot", worst_first=True),
        EventSearch(BOTH, text="no such word", since=MORNING + DAY),
    ]
    for wanted in few:
        assert steps(database, wanted) < 300, "20,000 events have the word: to read all are 2,800"
    assert steps(database, EventSearch(BOTH, text="sofa", event_types=("activity",))) < 1000, "the newest are enough"
    assert found(database, "sofa", state=ReviewState.WRONG) == [labelled]
    assert event_search.count(database, wrong) == {"info": 1}
    assert found(database, "sofa", until=MORNING + timedelta(seconds=20))[-1] == labelled
    database.close()


@pytest.mark.parametrize("text", ["sofa", "낙상", "낙상했습니다", "sofa 계단", "한", "sofas climb", "o"])
def test_both_ways_of_looking_for_words_find_the_same(
    database: Database, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = ["Climbed the sofas", "sofa 계단에서 낙상했습니다", "계단", "so far", "낙상 sofa's", "한계단", "o'sofa"]
    for number, title in enumerate(titles):
        add(database, title, number, severity=list(Severity)[number % 4])
    wanted = EventSearch(BOTH, text=text)
    answers = []
    for rarer in (True, False):
        monkeypatch.setattr(event_search, "_filters_are_rarer", lambda *_given, rarer=rarer: rarer)
        pages = [list(event_search.search(database, wanted, 2)["id"])]
        pages += [list(event_search.search(database, wanted, 2, before_id=pages[0][-1])["id"]) if pages[0] else []]
        answers.append((pages, event_search.count(database, wanted), found(database, text, worst_first=True)))
    assert answers[0] == answers[1]


def plainly(database: Database, wanted: EventSearch) -> set[int]:
    """The ids of what is looked for, row by row."""
    ids = set()
    with database.reading() as connection:
        for row in connection.execute(sa.select(RealtimeEvent.__table__)):
            right = row.camera_id in wanted.cameras and (not wanted.severities or row.severity in wanted.severities)
            right = right and (wanted.since is None or row.last_seen_utc >= wanted.since)
            right = right and (wanted.until is None or row.start_utc < wanted.until)
            state = {
                ReviewState.ANY: True,
                ReviewState.OPEN: row.reviewed_utc is None,
                ReviewState.REVIEWED: row.reviewed_utc is not None,
            }.get(wanted.state, row.label == wanted.state.value)
            if right and state:
                ids.add(row.id)
    return ids


def test_an_erased_camera_is_in_no_index_and_in_no_count(database: Database) -> None:
    add(database, "낙상", camera_id="hall")
    kept = add(database, "낙상")
    studied(database, "계단")
    erase_rows(database, "hall")
    assert found(database, "낙상") == [kept]
    erase_rows(database, "camera-1")
    with database.reading() as connection:
        for table in ("event_words", "window_words", "event_counts"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0, table


def test_rows_older_than_the_index_get_into_it_in_batches_and_the_search_says_so(database: Database) -> None:
    ids = [add(database, f"낙상 {number}", number) for number in range(5)]
    below = max(ids) + 1
    with database.writing() as session:
        session.execute(sa.text("DELETE FROM event_words"))
        session.execute(
            sa.update(WordIndexProgress)
            .where(WordIndexProgress.name == word_index.EVENTS)
            .values(below_id=below, first_below_id=below)
        )
    wanted = EventSearch(BOTH, text="낙상")
    newer = add(database, "낙상 new", 100)
    assert found(database, "낙상") == [newer], "what is new is in it at once"
    assert "not complete yet" in str(event_search.notes(database, wanted)[0])
    reviews.review_events(database, [ids[0]], {"note": "changed before its turn"}, MORNING)
    assert word_index.fill(database, word_index.EVENTS, 2)
    assert found(database, "낙상") == [newer, ids[4], ids[3], ids[0]]
    again = Database(database.url)  # another process goes on there
    while word_index.fill(again, word_index.EVENTS, 2):
        pass
    again.close()
    assert found(database, "낙상") == [newer, *reversed(ids)]
    assert event_search.notes(database, wanted) == []
    assert not word_index.fill(database, word_index.EVENTS)


def test_a_write_that_fails_leaves_neither_row_nor_words_nor_count(database: Database) -> None:
    class Broken(Exception):
        pass

    with pytest.raises(Broken), database.writing() as session:
        row = RealtimeEvent(camera_id="hall", start_utc=MORNING, last_seen_utc=MORNING, created_utc=MORNING, kind="x",
                            event_type="safety", severity="danger", title="낙상", description="", location="",
                            confidence=1.0, evidence_utcs=[], model="m", prompt_version="")  # fmt: skip
        session.add(row)
        word_index.put_events(session, [row])
        raise Broken
    assert found(database, "낙상") == []
    assert truth(database, of=(EventCount.events,)) == []


@pytest.mark.parametrize("text", ["", "   ", '"', "!!! ***", "()"])
def test_a_text_without_a_word_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SearchError, match="has no word to search for"):
        read_terms(text)


def test_a_million_characters_are_refused_with_a_sentence(database: Database) -> None:
    with pytest.raises(SearchError, match=f"1,000,000 characters; at most {MOST_TEXT} are allowed"):
        found(database, "낙" * 1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        *('"sofa', "sofa*", "sofa AND child", "NOT sofa", "sofa OR child", "(sofa", "-sofa", "title:sofa", "so'fa"),
        *("^sofa", "sofa) OR 1=1 --", "a:*|!b", "_danger sofa", "sofa \\", "NEAR(sofa child, 2)"),
    ],
)
def test_quotes_and_operators_are_words_and_no_error(database: Database, text: str) -> None:
    add(database, "sofa and child")
    found(database, text)
    event_search.count(database, EventSearch(BOTH, text=text))


def test_that_operators_mean_nothing_is_said(database: Database) -> None:
    event = add(database, "sofa or chair")
    assert found(database, '"sofa" OR chair') == [event]
    assert [str(note) for note in event_search.notes(database, EventSearch(BOTH, text='"sofa" OR chair'))] == [
        "Quotation marks and operators mean nothing here: all the words are looked for."
    ]
    assert event_search.notes(database, EventSearch(BOTH, text="the sofa or the chair")) == []


def test_a_severity_is_no_word_of_a_text(database: Database) -> None:
    add(database, "x", severity=Severity.DANGER)
    assert found(database, "danger") == []
    assert found(database, "_danger") == []


def test_very_long_texts_are_indexed_as_far_as_they_go(database: Database) -> None:
    event = add(database, "x")
    reviews.review_events(database, [event], {"note": "낙" * 2000}, MORNING)
    assert found(database, "낙낙낙") == [event]
    assert len(split_words("a " * 50_000)) == 10_000
