"""What livemon writes is its owner's only: the data folder after a run, and what doctor says and mends."""

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from livemon.base import private_files
from livemon.base.clock import Window
from livemon.base.errors import LivemonError
from livemon.base.private_files import exposed, make_folder, mend, open_private, trouble
from livemon.base.settings.settings import Settings
from livemon.cli.app import app
from livemon.cli.doctor import CheckResult, Finding, examine
from livemon.monitor.monitor import Monitor
from livemon.stream.files.archive import assemble
from livemon.stream.segments import list_segments
from tests.cameras.test_camera import saw_something
from tests.conftest import FAST, ScriptedModel
from tests.monitor.test_uploads import bring
from tests.test_rules import MODULES, ROOT
from tests.waiting import wait_until


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A umask that takes nothing away, as some programs around a notebook have it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_after_a_camera_ran_nothing_in_the_data_folder_is_open_to_others(
    settings: Settings, scripted: ScriptedModel, video: Path
) -> None:
    scripted.reply = saw_something
    eager = settings.model_copy(update={"min_free_gb": 0.0, "heartbeat_s": 1.0})
    with Monitor(eager, profile=FAST, model=scripted) as monitor:
        camera = monitor.camera("camera-1")
        monitor.start("camera-1")
        wait_until(lambda: len(monitor.events("camera-1")) > 0 and len(list_segments(camera.hls_folder)) > 2)
        segments = list_segments(camera.hls_folder)
        first = segments[0].start_utc
        monitor.camera("camera-1").footage.clip(first, first + timedelta(seconds=1))
        window = Window.containing(first)
        assemble("camera-1", window, segments, settings.camera_dir("camera-1") / "archive")
        upload = bring(monitor, video)
        wait_until(lambda: not upload.is_open)
        # While it runs: the database's files beside it, and segments that ffmpeg is writing.
        during = list(exposed(settings.data_dir))
    assert during == []
    assert list(exposed(settings.data_dir)) == []
    kinds = {path.suffix for path in settings.data_dir.rglob("*") if path.is_file()}
    assert {".ts", ".mp4", ".jpg", ".db", ".h264", ".lock", ".m3u8"} <= kinds
    clips = Path(settings.cameras["camera-1"].source)
    assert not stat.S_IMODE((clips / upload.clip).stat().st_mode) & private_files.OF_OTHERS


@pytest.mark.usefixtures("open_umask")
def test_a_link_in_the_place_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError):
        open_private(tmp_path / "link", "w")
    assert not (tmp_path / "target").exists()


def of_privacy(settings: Settings) -> Finding:
    return next(finding for finding in examine(settings) if finding.subject == "privacy")


def test_doctor_says_that_an_older_folder_is_open_and_closes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("left alone")
    outside.chmod(0o644)
    folder = tmp_path / "data"
    (folder / "cameras").mkdir(parents=True)
    (folder / "cameras" / "a.mp4").write_bytes(b"x")
    for path, mode in ((folder, 0o755), (folder / "cameras", 0o775), (folder / "cameras" / "a.mp4", 0o644)):
        path.chmod(mode)
    (folder / "link").symlink_to(outside)
    found = of_privacy(Settings(data_dir=folder, cameras={}))
    assert found.verdict is CheckResult.WARNING and "livemon doctor --fix" in found.advice

    config = tmp_path / "livemon.toml"
    config.write_text(f"data_dir = '{folder}'\n[cameras.a]\nsource = 'test-pattern'\n")
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["doctor", "--fix", "--config", str(config)]).stdout
    assert f"files and folders in {folder} are closed to other users now." in " ".join(said.split())
    assert list(exposed(folder)) == []
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert of_privacy(Settings(data_dir=folder, cameras={})).verdict is CheckResult.OK


def test_what_cannot_be_mended_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)

    def refuse(_handle: int, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchmod", refuse)
    assert mend(folder) == (0, [folder])


def test_a_folder_of_another_user_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert f"belongs to user number {me}" in str(trouble(tmp_path))


def test_a_link_into_a_folder_of_all_users_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "data").mkdir(mode=0o700)
    (tmp_path / "data").symlink_to(shared / "data")
    settings = Settings(data_dir=tmp_path / "data", cameras={})
    assert of_privacy(settings).verdict is CheckResult.FAILED
    assert "where every user can write" in of_privacy(settings).text
    with Monitor(settings):
        assert "where every user can write" in caplog.text
    assert trouble(shared / "data") is None, "a sticky folder lets no other user take its place"
    shared.chmod(0o777)
    assert "where every user can write" in str(trouble(shared / "data"))


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LivemonError, match="cannot be used"):
        Monitor(Settings(data_dir=tmp_path / "file" / "data", cameras={}))


@pytest.mark.usefixtures("open_umask")
def test_folders_that_are_made_on_the_way_are_private_too(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert list(exposed(tmp_path / "a")) == []


def test_files_are_written_by_one_module_only() -> None:
    """Elsewhere a mode is forgotten. The demo, stand-in servers, and files where a user asked for them are exempt."""
    exempt = {"base/private_files.py", "cli/app.py", "lab/results/results.py", "lab/experiment.py"}
    writes = re.compile(
        r"\.mkdir\(|\.write_bytes\(|\.touch\(|(?<!self)\.write_text\(|(?<!av)(\.| )open\(([^()]*, )?\"[wax]"
    )
    offenders = [
        f"{path.name}: {line.strip()}"
        for path in MODULES
        if str(path.relative_to(ROOT / "livemon")) not in exempt and "sim" not in path.parts
        for line in path.read_text().splitlines()
        if writes.search(line)
    ]
    assert offenders == []


def test_the_umask_of_the_process_stays_what_it_is(settings: Settings) -> None:
    before = os.umask(0o022)
    try:
        with Monitor(settings, profile=FAST):
            pass
        assert os.umask(0o022) == 0o022
        child = subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True)
        assert child.stdout.strip().endswith("022")
    finally:
        os.umask(before)


def test_a_file_that_is_linked_from_elsewhere_is_left_alone(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "data"
    outside.write_text("of the system")
    outside.chmod(0o644)
    folder.mkdir(mode=0o700)
    (folder / "linked").hardlink_to(outside)
    assert mend(folder) == (0, [folder / "linked"])
    assert outside.stat().st_mode & 0o777 == 0o644
