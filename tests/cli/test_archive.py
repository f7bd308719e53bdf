"""`livemon archive` as a user runs it."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from livemon.cli.app import app
from tests.cli.test_app import write_config
from tests.conftest import MORNING
from tests.recorded import record

NAME = "segment_20261123_080000.mp4"


class Shell:
    """Runs `livemon archive ...` over one camera with four seconds of footage of one window."""

    def __init__(self, folder: Path, videos: Path) -> None:
        self.config = write_config(folder, videos)
        self.camera = folder / "data" / "cameras" / "camera-1"
        record(self.camera / "hls", MORNING)

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["archive", *arguments, "--config", str(self.config)])


@pytest.fixture
def shell(tmp_path: Path, video_folder: Path) -> Shell:
    return Shell(tmp_path, video_folder)


def test_rebuild_makes_what_is_missing_and_verify_is_content(shell: Shell) -> None:
    assert f"camera-1: {NAME} was made again: 4 s of footage." in shell("rebuild").output
    done = shell("verify", "--deep")
    assert (done.exit_code, done.output.strip()) == (0, "1 archive(s), all well.")


def test_verify_says_what_is_wrong_and_what_rebuild_would_do(shell: Shell) -> None:
    shell("rebuild")
    (shell.camera / "archive" / NAME).unlink()
    done = shell("verify", "--camera", "camera-1")
    assert done.exit_code == 1
    assert f"camera-1: {NAME} has a row and no file; rebuild would make it again from its segments." in done.output
    for path in (shell.camera / "hls").iterdir():
        path.unlink()
    assert "rebuild would drop the row: the footage is gone." in shell("verify").output
    assert shell("rebuild").exit_code == 0
    assert shell("verify").exit_code == 0


def test_a_lost_database_is_written_again_from_the_archives(shell: Shell) -> None:
    shell("rebuild")
    for path in (*(shell.camera / "hls").iterdir(), *shell.camera.parents[1].glob("livemon.db*")):
        path.unlink()
    assert "has no row; rebuild would write its row from what the file says." in shell("verify").output
    assert f"{NAME} has a row now: 4 s of footage." in shell("rebuild").output
    assert shell("verify", "--deep").exit_code == 0


def test_rebuild_of_one_window(shell: Shell) -> None:
    assert "was made again" in shell("rebuild", "--window", "2026-11-23T08:00Z").output
    done = shell("rebuild", "--window", "2026-11-23T09:00+00:00")
    assert done.exit_code == 1
    assert "There is no readable footage of 2026-11-23 09:00 UTC" in done.output


def test_what_is_pinned_is_counted(shell: Shell) -> None:
    shell("rebuild")
    until = (MORNING + timedelta(minutes=1)).isoformat()
    arguments = ("--camera", "camera-1", "--from", MORNING.isoformat(), "--to", until)
    assert "1 archive(s) with footage" in shell("pin", *arguments).output
    unpinned = shell("unpin", *arguments)
    assert unpinned.exit_code == 0
    assert "datasets" not in unpinned.output
    later = ("--camera", "camera-1", "--from", "2026-11-24T08:00Z", "--to", "2026-11-24T09:00Z")
    assert shell("pin", *later).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("verify", "--camera", "camera-9"), 1, "There is no camera 'camera-9'"),
        (("rebuild", "--window", "2026-11-23T08:03Z"), 2, "ten-minute marks"),
        (("rebuild", "--window", "2026-11-23T08:00"), 2, "a time with a zone"),
        (("pin", "--camera", "camera-1", "--from", "soon", "--to", "later"), 2, "a time with a zone"),
    ],
)
def test_wrong_arguments_are_sentences(shell: Shell, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = shell(*arguments)
    assert done.exit_code == code
    assert says in " ".join(done.output.replace("│", " ").split())
