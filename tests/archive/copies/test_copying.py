"""What is copied, in which order, what survives a kill and a bucket that refuses: over a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.archive.copies.address import bucket_label, open_vault
from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.archive.copies.inspection import inspect_bucket
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.manifest import MARKER, read_manifest
from livemon.base.datatypes import Severity
from livemon.base.errors import BucketError, CopyError
from livemon.base.settings.copies import CopySettings
from livemon.base.settings.settings import Settings
from livemon.monitor.history import History
from livemon.monitor.monitor import Monitor
from livemon.store import copies
from livemon.store.copies import CopyRecord
from livemon.store.tables.copies import CopyState
from tests.archive.copies.houses import CAM, NOW, OTHER, House, attempt, files_of
from tests.conftest import FAST
from tests.web.api.test_api import Client

ROOT = Path(__file__).parents[3]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home", str(tmp_path / "bucket"))
    yield made
    made.close()


def vault_of(house: House):
    return open_vault(house.settings, KeyStore(house.data_dir).keys())


def in_bucket(house: House, kind: str = "") -> list[str]:
    """The paths that the bucket's manifest lists."""
    entries = read_manifest(vault_of(house)).entries.values()
    return sorted(entry.path for entry in entries if entry.kind.startswith(kind))


def test_the_footage_and_picture_of_a_danger_are_copied_and_nothing_else_of_the_camera(house: House) -> None:
    segments = house.segments(30)
    house.event(100)
    house.event(250, Severity.INFO)
    house.work()
    wanted = [f"cameras/{CAM}/hls/{path.name}" for path in segments[9:12]]
    assert in_bucket(house, "clip") == wanted
    assert in_bucket(house, "picture") == [f"cameras/{CAM}/thumbnails/20261123/camera_1_100.jpg"]


def test_segments_that_finish_after_the_event_follow(house: House) -> None:
    house.segments(11)
    house.event(100)
    house.work()
    assert len(in_bucket(house, "clip")) == 2
    house.segments(30)
    house.work()
    assert len(in_bucket(house, "clip")) == 3


def test_all_that_is_asked_for_is_copied_and_can_be_read_by_nobody_else(house: House, tmp_path: Path) -> None:
    house.segments()
    house.event(60)
    house.archive(0), house.archive(10, OTHER)
    house.nightly()
    (house.settings.prompts_dir).mkdir()
    (house.settings.prompts_dir / "mine.toml").write_text("name = 'mine'")
    page = house.settings.camera_dir(CAM) / "reports" / "2026-11-22.UTC.en.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>footage of a day</h1>")
    house.work()
    kinds = {entry.kind for entry in read_manifest(vault_of(house)).entries.values()}
    assert kinds == {"clip", "picture", "archive", "report", "database", "setting"}
    assert "settings/secret.key" in in_bucket(house, "setting")
    for words in (b"footage", b"archive camera", b"picture", b"SQLite", b"mine"):
        assert not [name for name, content in files_of(tmp_path / "bucket").items() if words in content]
    assert inspect_bucket(vault_of(house), deep=True).findings == ()


def test_a_bucket_that_is_not_encrypted_holds_files_as_they_are_and_no_secret(tmp_path: Path) -> None:
    house = House(tmp_path / "home", str(tmp_path / "bucket"), encrypt=False)
    segments = house.segments()
    house.event(60)
    house.nightly()
    house.work()
    copy = tmp_path / "bucket" / "clip" / "cameras" / CAM / "hls" / segments[6].name
    assert copy.read_bytes() == segments[6].read_bytes(), "it plays by itself"
    assert in_bucket(house, "setting") == []
    house.close()


def test_after_an_outage_the_newest_danger_comes_first(house: House, tmp_path: Path) -> None:
    house.segments(30)
    house.archive()
    for at_s, severity in (
        (20, Severity.WARNING),
        (60, Severity.DANGER),
        (200, Severity.DANGER),
        (260, Severity.WARNING),
    ):
        house.event(at_s, severity)
    order: list[str] = []
    send = FolderBucket.put

    def noted(self: FolderBucket, path: Path, name: str) -> None:
        order.append(name)
        send(self, path, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderBucket, "put", noted)
        house.work()
    pictures = [name.rpartition("_")[2] for name in order if name.startswith("picture/")]
    assert pictures == ["200.jpg.enc", "60.jpg.enc", "260.jpg.enc", "20.jpg.enc"]
    last_clip = max(n for n, name in enumerate(order) if name.startswith("clip/"))
    assert last_clip < next(n for n, name in enumerate(order) if name.startswith("archive/"))


def test_footage_that_waits_stays_though_the_camera_deletes_its_own(house: House, tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("not a folder")
    segments = house.segments()
    content = segments[6].read_bytes()
    house.event(60)
    house.worker.plan()
    for path in segments:
        path.unlink()
    assert attempt(lambda: house.worker.send((0, 1)))
    (tmp_path / "bucket").unlink()
    house.work()
    target = tmp_path / "copy"
    name = f"clip/cameras/{CAM}/hls/{segments[6].name}.enc"
    vault_of(house).get(name, target)
    assert target.read_bytes() == content
    assert not list((house.data_dir / "copies" / "queue").rglob("*")), "what was sent is let go of"


def test_the_queue_is_bounded_and_says_what_it_gives_up(tmp_path: Path) -> None:
    house = House(tmp_path / "home", str(tmp_path / "nowhere" / "bucket"), queue_gb=0.0002)
    house.segments(30)
    house.event(30, Severity.WARNING)
    house.event(200, Severity.DANGER)
    house.worker.plan()
    kept = sum(p.stat().st_size for p in (house.data_dir / "copies" / "queue").rglob("*.ts"))
    assert kept <= 200_000
    lost = given_up(house)
    assert lost and {row.rank for row in lost} == {1}, "warnings go before dangers"
    history = History(house.settings, house.database, house.clock)
    for _ in range(3):
        house.clock.advance(31)
        house.worker.plan()
    assert given_up(house) == lost
    assert list(history.events(CAM)["title"]).count("Footage of events was not copied") == 1, "said once"
    (tmp_path / "nowhere").mkdir()
    for _ in range(3):
        house.work()
    assert given_up(house) == [] and len(in_bucket(house, "clip")) == 6, "sent after all, as there is room"
    assert list(history.events(CAM)["title"]).count("Footage of events was not copied") == 1
    house.close()


def given_up(house: House) -> list[CopyRecord]:
    return copies.copies(house.database, house.worker.bucket, [CopyState.GIVEN_UP])


def queued(house: House) -> list[str]:
    """Names of the footage that waits, as it lies on the disk."""
    return sorted(path.name for path in (house.data_dir / "copies" / "queue").rglob("*.ts"))


def test_footage_that_was_given_up_has_its_second_name_again_before_it_waits(tmp_path: Path) -> None:
    house = House(tmp_path / "home", str(tmp_path / "nowhere" / "bucket"), queue_gb=0.0001)
    segments = house.segments(30)
    house.event(200)
    house.worker.plan()
    waiting, lost = queued(house), given_up(house)
    assert waiting and lost
    larger = House(tmp_path / "home", str(tmp_path / "nowhere" / "bucket"), queue_gb=1)
    larger.worker.plan()
    assert queued(larger) == sorted({*waiting, *(Path(row.path).name for row in lost)}) and given_up(larger) == []
    for path in segments:
        path.unlink()
    (tmp_path / "nowhere").mkdir()
    larger.work()
    assert len(in_bucket(larger, "clip")) == len(waiting) + len(lost), "retention took nothing of it"
    house.close(), larger.close()


def test_footage_that_was_given_up_and_is_gone_is_lost(tmp_path: Path) -> None:
    house = House(tmp_path / "home", str(tmp_path / "nowhere" / "bucket"), queue_gb=0.0001)
    segments = house.segments(30)
    house.event(200)
    house.worker.plan()
    count = len(given_up(house))
    for path in segments:
        path.unlink()
    house.clock.advance(31)
    house.worker.plan()
    assert count and given_up(house) == [] and house.totals().counts["lost"] == count
    house.close()


def test_footage_that_is_there_again_is_kept_when_it_is_queued_again(house: House) -> None:
    segments = house.segments()
    house.event(60)
    house.worker.plan()
    names = queued(house)
    for path in [*segments, *(house.data_dir / "copies" / "queue").rglob("*.ts")]:
        path.unlink()
    assert house.worker.claim()
    while house.worker.send((0, 1)) is not None:
        pass
    assert house.totals().counts["lost"] == len(names)
    house.segments()
    house.worker.plan()
    assert queued(house) == names
    for path in segments:
        path.unlink()
    house.work()
    assert len(in_bucket(house, "clip")) == len(names)


def test_footage_that_the_bucket_has_lost_is_kept_until_it_is_sent_again(house: House, tmp_path: Path) -> None:
    segments = house.segments()
    house.event(60)
    house.work()
    names = [Path(path).name for path in in_bucket(house, "clip")]
    for path in (tmp_path / "bucket" / "clip").rglob("*.enc"):
        path.unlink()
    house.restart()

    def refuse(self: FolderBucket, path: Path, name: str) -> None:
        raise BucketError("copies.unreachable", bucket=self.label, reason=f"no {path.name} for {name}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderBucket, "put", refuse)
        assert attempt(lambda: house.worker.send((0, 1)))
    assert queued(house) == names
    for path in segments:
        path.unlink()
    house.clock.advance(400)
    house.work()
    assert [Path(path).name for path in in_bucket(house, "clip")] == names
    assert inspect_bucket(vault_of(house), deep=True).findings == ()


def test_a_bucket_that_refuses_is_waited_for_longer_and_longer(house: House, tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("not a folder")
    house.segments()
    house.event(60)
    house.worker.plan()
    tries = 0
    for _ in range(600):
        tries += attempt(lambda: house.worker.send((0, 1, 2, 3))) is not None
        house.clock.advance(1)
    assert 5 <= tries <= 20
    (tmp_path / "bucket").unlink()
    house.clock.advance(300)
    house.work()
    assert not house.totals().counts.get("waiting") and len(in_bucket(house, "clip")) == 3


def test_copies_that_fall_a_day_behind_are_an_event_and_so_is_catching_up(house: House, tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("not a folder")
    house.segments()
    house.event(60)
    house.worker.plan()
    attempt(lambda: house.worker.send((0, 1)))
    history = History(house.settings, house.database, house.clock)
    for _ in range(3):
        house.clock.advance(timedelta(hours=13).total_seconds())
        house.worker.plan()
    titles = list(history.events(CAM)["title"])
    assert titles.count("Copies are a day behind") == 1
    (tmp_path / "bucket").unlink()
    house.work()
    house.clock.advance(60)
    house.worker.plan()
    assert "Copies are up to date again" in list(history.events(CAM)["title"])


def test_what_the_bucket_has_lost_is_said_and_sent_again(house: House, tmp_path: Path) -> None:
    house.segments()
    house.event(60)
    house.archive()
    house.work()
    for path in sorted((tmp_path / "bucket").rglob("*")):
        if path.is_file() and path.name != MARKER:
            path.unlink()
    house.restart()
    house.work()
    assert inspect_bucket(vault_of(house), deep=True).findings == ()
    assert any(name.startswith(f"cameras/{CAM}/archive") for name in in_bucket(house, "archive"))
    titles = list(History(house.settings, house.database, house.clock).events(CAM)["title"])
    assert "The bucket has lost copies" in titles


def test_another_livemon_and_another_key_never_write_to_it(house: House, tmp_path: Path) -> None:
    house.work()
    before = files_of(tmp_path / "bucket")
    stranger = House(tmp_path / "stranger", str(tmp_path / "bucket"))
    stranger.segments()
    stranger.event(60)
    stranger.worker.plan()
    refusal = attempt(lambda: stranger.worker.send((0, 1, 2, 3)))
    assert isinstance(refusal, CopyError) and refusal.said.code == "copies.other_key"
    plain = House(tmp_path / "plain", str(tmp_path / "bucket"), encrypt=False)
    refusal = attempt(lambda: plain.worker.send((0, 1, 2, 3)))
    assert isinstance(refusal, CopyError) and refusal.said.code == "copies.other_key"
    assert files_of(tmp_path / "bucket") == before
    stranger.close(), plain.close()


def test_archives_in_which_nothing_moved_are_left_out_when_asked(tmp_path: Path) -> None:
    house = House(tmp_path / "home", str(tmp_path / "bucket"), archives="moving")
    still, moved, unknown = house.archive(0), house.archive(10), house.archive(60)
    start = NOW.replace(hour=5, minute=0)
    for minutes, model in ((0, "rule: nothing moved"), (10, "local")):
        _analysed(house, start + timedelta(minutes=minutes), model)
    house.work()
    names = [f"cameras/{CAM}/archive/{path.name}" for path in (moved, unknown)]
    assert in_bucket(house, "archive") == names, f"{still.name} is left out; unknown counts as moving"
    house.close()


def _analysed(house: House, start, model: str) -> None:
    import sqlalchemy as sa

    from livemon.store.tables.jobs import SegmentAnalysis

    values = {"camera_id": CAM, "window_start_utc": start, "status": "completed", "model": model, "attempts": 1}
    values |= {"error": "", "summary": "", "prompt_version": ""}
    with house.database.writing() as session:
        session.execute(sa.insert(SegmentAnalysis).values(**values))


KILLED = """
import sys
from pathlib import Path
from tests.archive.copies.houses import House
house = House(Path(sys.argv[1]), sys.argv[2])
print("ready", flush=True)
house.work()
print("done", flush=True)
"""


@pytest.mark.parametrize("after", [1, 4, 9, 15])
def test_a_kill_loses_and_doubles_nothing(house: House, tmp_path: Path, after: int) -> None:
    """The process dies in the middle of the nth upload: half of the object is written, and nothing after it runs."""
    segments = house.segments(30)
    for at_s in (30, 100, 200):
        house.event(at_s)
    house.archive()
    house.close()
    dies = f"""
import os, signal
from livemon.archive.copies.buckets.folder import FolderBucket
count = 0
put = FolderBucket.put
def dying(self, path, name):
    global count
    count += 1
    if count == {after}:
        part = self._folder / (name + ".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(path.read_bytes()[:100])
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, path, name)
FolderBucket.put = dying
"""
    command = [sys.executable, "-c", dies + KILLED, str(tmp_path / "home"), str(tmp_path / "bucket")]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    again = House(tmp_path / "home", str(tmp_path / "bucket"))
    again.work()
    assert inspect_bucket(vault_of(again), deep=True).findings == ()
    wanted = {path.name for path in segments[2:5] + segments[9:12] + segments[19:22]}
    assert {Path(path).name for path in in_bucket(again, "clip")} == wanted
    assert not list((tmp_path / "bucket").rglob("*.part")) and not list((again.data_dir / "copies").rglob("*.enc"))
    again.close()


def test_without_an_address_neither_fsspec_nor_its_backends_are_imported() -> None:
    code = """
import sys, tempfile
from pathlib import Path
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
import livemon.web.api.app, livemon.cli.app
folder = tempfile.mkdtemp()
with Monitor(Settings(data_dir=Path(folder), detector="none", cameras={})) as monitor:
    monitor.start_all()
    monitor.metrics.text()
heavy = [m for m in ("s3fs", "fsspec", "sshfs", "webdav4", "aiobotocore", "botocore", "asyncssh") if m in sys.modules]
print(heavy)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "url",
    [
        *("s3://key:secret@bucket", "ftp://host/x", "sftp://user:word@host/x", "webdav+https://a:b@host", "s3://"),
        "webdav+http://host/x",
    ],
)
def test_an_address_with_secrets_in_the_clear_or_of_an_unknown_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        CopySettings(url=url)


def test_rows_are_of_the_address_without_user(tmp_path: Path) -> None:
    def label(url: str) -> str:
        return bucket_label(Settings(data_dir=tmp_path, copies=CopySettings(url=url)))

    assert label("sftp://mum@nas:2222/backup/livemon/") == "sftp://nas:2222/backup/livemon"
    assert label("s3://bucket/livemon") == "s3://bucket/livemon"
    assert label(f"file://{tmp_path}/x") == label(f"{tmp_path}/x") == f"{tmp_path}/x"


def test_the_system_page_and_the_api_say_what_is_not_yet_copied(house: House, tmp_path: Path) -> None:
    from livemon.web.pages.parts.system_data import CopiesReading
    from livemon.web.pages.system import copies_html

    (tmp_path / "bucket").write_text("not a folder")
    house.segments()
    house.event(60)
    house.worker.plan()
    attempt(lambda: house.worker.send((0, 1)))

    def card() -> str:
        return copies_html(CopiesReading(house.worker.bucket, True, house.totals(), house.clock.now()))

    with Monitor(house.settings.model_copy(update={"port": 0, "detector": "none"}), profile=FAST) as monitor:
        api = Client(monitor.serve().url)

        def counts() -> dict[str, int]:
            return {one["state"]: one["count"] for one in api("/copies").json["states"] if one["count"]}

        assert "Being sent" in card() and "4 files" in card() and "refuses" in card()
        answer = api("/copies").json
        assert counts() == {"waiting": 4} and "refuses" in answer["error"] and answer["waiting_since_utc"]
        house.clock.advance(timedelta(days=2).total_seconds())
        assert "A day behind" in card()
        (tmp_path / "bucket").unlink()
        house.work()
        assert "Up to date" in card()
        answer = api("/copies").json
        assert set(counts()) == {"listed"} and counts()["listed"] >= 4
        assert answer["error"] == "" and answer["waiting_since_utc"] is None and answer["newest_utc"]
