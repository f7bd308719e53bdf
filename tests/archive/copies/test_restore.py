"""A lost machine comes back from its copies, bit by bit; and what a bucket holds only in part is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from livemon.archive.copies.encryption import new_key
from livemon.archive.copies.inspection import CopyFault, inspect_bucket
from livemon.archive.copies.key_store import KeyStore, recovery_text
from livemon.archive.copies.manifest import read_manifest
from livemon.base.errors import CopyError
from livemon.base.secret_key import Secrets
from livemon.cli.app import app
from livemon.monitor.history import History
from livemon.store import archives
from livemon.store.session import Database
from tests.archive.copies.houses import CAM, OTHER, House, attempt, files_of
from tests.archive.copies.test_copying import vault_of

KEPT = ("archive", "thumbnails", "reports")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home", str(tmp_path / "bucket"))
    made.segments(30)
    made.event(60, title="Marked-by-the-test")
    made.event(200)
    for n in range(3):
        made.archive(10 * n)
        made.archive(10 * n, OTHER, size=300_000)
    (made.settings.prompts_dir).mkdir()
    (made.settings.prompts_dir / "mine.toml").write_text("name = 'mine'")
    made.nightly()
    yield made
    made.close()


def config_of(tmp_path: Path, folder: str, url: str = "", database_url: str = "") -> Path:
    """The settings file of a machine."""
    (tmp_path / folder).mkdir(exist_ok=True)
    file = tmp_path / folder / "livemon.toml"
    home = tmp_path / folder
    file.write_text(
        f'data_dir = "{home}/data"\nprompts_dir = "{home}/prompts"\ndatabase_url = "{database_url}"\n'
        f'[cameras.{CAM}]\nsource = "test-pattern"\n[cameras.{OTHER}]\nsource = "test-pattern"\n'
        + (f'[copies]\nurl = "{url}"\narchives = "all"\n' if url else "")
    )
    return file


def run(*arguments: object, given: str = "") -> str:
    """The command's output; it must end well."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], input=given)
    assert result.exit_code == 0, result.output
    return result.output


def footage(data_dir: Path) -> dict[str, bytes]:
    """What cannot be made again."""
    return {
        name: content
        for name, content in files_of(data_dir / "cameras").items()
        if any(f"/{kind}/" in name for kind in KEPT)
    }


def test_an_empty_machine_gets_rows_footage_prompts_and_secret_back_bit_by_bit(house: House, tmp_path: Path) -> None:
    house.work()
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(recovery_text(KeyStore(house.data_dir).keys().raw))
    sealed = Secrets(house.data_dir).seal("rtsp://user:password@camera")
    before = footage(house.data_dir)
    events = History(house.settings, house.database, house.clock).events(CAM)
    house.close()
    shutil.rmtree(tmp_path / "home")
    config = config_of(tmp_path, "new", str(tmp_path / "bucket"))
    said = run("copies", "restore", "--config", config, "--key-file", sheet)
    data = tmp_path / "new" / "data"
    assert footage(data) == before
    assert (tmp_path / "new" / "prompts" / "mine.toml").read_text() == "name = 'mine'"
    assert Secrets(data).open(sealed) == "rtsp://user:password@camera"
    assert "archives: 6" in said and "backups/livemon-2026-11-23.db" in said
    restored = House(tmp_path / "new", str(tmp_path / "bucket"))
    got = History(restored.settings, restored.database, restored.clock).events(CAM)
    assert list(got["title"]) == list(events["title"]) and len(got) == 2
    known = archives.records(restored.database)
    assert len(known) == 6 and all((restored.data_dir / row.path).is_file() for row in known)
    # It goes on writing to the same bucket, and sends nothing twice.
    sent: list[int] = []
    restored.worker.plan()
    while (size := restored.worker.send((0, 1, 2, 3))) is not None:
        sent.append(size)
    assert not restored.totals().counts.get("waiting")
    assert inspect_bucket(vault_of(restored), deep=True).findings == ()
    restored.close()


def test_a_half_written_bucket_gives_back_what_is_whole_and_names_the_rest(house: House, tmp_path: Path) -> None:
    house.work()
    keys = KeyStore(house.data_dir).keys()
    bucket = tmp_path / "bucket"
    gone, cut, swapped = sorted((bucket / "archive").rglob("*.enc"))[:3]
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-10])
    swapped.write_bytes(swapped.read_bytes()[:200] + b"\0" + swapped.read_bytes()[201:])
    parts = sorted((bucket / "manifest").iterdir())
    parts[0].write_bytes(b"{" + parts[0].read_bytes())
    faults = {finding.fault for finding in inspect_bucket(vault_of(house), deep=True).findings}
    assert CopyFault.MANIFEST in faults
    house.close()
    before = footage(house.data_dir)
    config = config_of(tmp_path, "new", str(bucket))
    result = CliRunner().invoke(
        app, ["copies", "restore", "--config", str(config)], input=recovery_text(keys.raw) + "\n"
    )
    assert result.exit_code == 1
    after = footage(tmp_path / "new" / "data")
    assert all(before[name] == content for name, content in after.items()), "nothing damaged was put in place"
    lost = {Path(path).name for path in set(before) - set(after)}
    assert lost == {gone.name.removesuffix(".enc"), cut.name.removesuffix(".enc"), swapped.name.removesuffix(".enc")}
    for path in (cut, swapped):
        assert path.name.removesuffix(".enc") in result.output
    assert parts[0].name in result.output


def refuse(*_: object) -> None:
    raise CopyError("copies.stopped", bucket="bucket")


def test_a_restore_that_was_interrupted_goes_on(house: House, tmp_path: Path) -> None:
    house.work()
    house.close()
    before = footage(house.data_dir)
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(recovery_text(KeyStore(house.data_dir).keys().raw))
    config = config_of(tmp_path, "new", str(tmp_path / "bucket"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyStore, "replace", refuse)
        assert (
            CliRunner().invoke(app, ["copies", "restore", "--config", str(config), "--key-file", str(sheet)]).exit_code
        )
    assert not (tmp_path / "new" / "data" / "livemon.db").exists()
    kept = next(iter((tmp_path / "new" / "data" / "cameras").rglob("*.mp4")))
    kept.write_bytes(b"half")
    run("copies", "restore", "--config", config, "--key-file", sheet)
    assert footage(tmp_path / "new" / "data") == before
    assert not (tmp_path / "new" / "data" / "restore-unfinished").exists()


def test_a_folder_with_a_database_is_never_restored_over(house: House, tmp_path: Path) -> None:
    house.work()
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(recovery_text(KeyStore(house.data_dir).keys().raw))
    config = config_of(tmp_path, "home", str(tmp_path / "bucket"))
    before = files_of(house.data_dir)["livemon.db"]
    result = CliRunner().invoke(app, ["copies", "restore", "--config", str(config), "--key-file", str(sheet)])
    assert result.exit_code == 1 and "livemon.db" in result.output
    assert files_of(house.data_dir)["livemon.db"] == before


def test_the_wrong_recovery_key_is_refused(house: House, tmp_path: Path) -> None:
    house.work()
    config = config_of(tmp_path, "new", str(tmp_path / "bucket"))
    for typed in (recovery_text(new_key()), "ABCD"):
        result = CliRunner().invoke(app, ["copies", "restore", "--config", str(config)], input=typed + "\n")
        assert result.exit_code == 1
        assert not (tmp_path / "new" / "data" / "livemon.db").exists()


def test_a_backup_to_a_folder_is_restored_by_the_same_code_and_the_second_sends_what_is_new(
    house: House, tmp_path: Path
) -> None:
    config = config_of(tmp_path, "home")
    disk = tmp_path / "disk"
    first = run("backup", disk, "--config", config)
    assert "is encrypted" in first
    segments = {p.name: p.read_bytes() for p in (house.settings.camera_dir(CAM) / "hls").iterdir()}
    size = len(list(disk.rglob("*.mp4.enc")))
    house.archive(60)
    second = run("backup", disk, "--config", config)
    assert len(list(disk.rglob("*.mp4.enc"))) == size + 1
    assert "2 files" in second or "3 files" in second, second  # the archive, the database, settings with its time
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(run("copies", "key", "--config", config).split("\n\n")[1])
    before = footage(house.data_dir)
    house.close()
    new = config_of(tmp_path, "new")
    run("restore", disk, "--config", new, "--key-file", sheet)
    data = tmp_path / "new" / "data"
    assert footage(data) == before
    assert {p.name: p.read_bytes() for p in (data / "cameras" / CAM / "hls").iterdir()} == segments
    assert len(Database(f"sqlite:///{data}/livemon.db").url) > 0
    assert (data / "settings" / "livemon.toml").read_text() == config.read_text()


def test_a_plain_backup_needs_no_key_and_holds_no_secret(house: House, tmp_path: Path) -> None:
    config, disk = config_of(tmp_path, "home"), tmp_path / "disk"
    run("backup", disk, "--plain", "--config", config)
    assert not [name for name in files_of(disk) if "secret" in name or "livemon.toml" in name]
    before = footage(house.data_dir)
    house.close()
    run("restore", disk, "--config", config_of(tmp_path, "new"))
    assert footage(tmp_path / "new" / "data") == before


def test_a_manifest_that_leads_out_of_the_data_folder_is_not_followed(tmp_path: Path) -> None:
    from livemon.archive.copies.layout import target_of
    from livemon.base.errors import CopyError

    settings = House(tmp_path / "home", "").settings
    for path in ("../x", "/etc/passwd", "a/../../x", "", "settings/prompts/../../x", "a\0b"):
        with pytest.raises(CopyError):
            target_of(settings, path)


def test_verify_and_status_say_how_it_stands(house: House, tmp_path: Path) -> None:
    config = config_of(tmp_path, "home", str(tmp_path / "bucket"))
    house.work()
    assert "all well" in run("copies", "verify", "--deep", "--config", config)
    said = run("copies", "status", "--config", config)
    assert "encrypted" in said and "copied:" in said and "waiting" not in said
    next(iter((tmp_path / "bucket" / "archive").rglob("*.enc"))).unlink()
    result = CliRunner().invoke(app, ["copies", "verify", "--config", str(config)])
    assert result.exit_code == 1 and "missing in the bucket" in result.output
    shutil.rmtree(tmp_path / "bucket")
    (tmp_path / "bucket").write_text("not a folder")
    house.archive(120)
    house.restart()
    house.worker.plan()
    assert attempt(lambda: house.worker.send((0, 1, 2, 3)))
    # The machine's own clock says whether that is a day ago.
    said = CliRunner().invoke(app, ["copies", "status", "--config", str(config)]).output
    assert "waiting to be sent: 1 " in said and "refuses" in said


class Bar:
    """What a progress bar is told."""

    def __init__(self, steps: list[tuple[int, int]]) -> None:
        self.length, self.pos, self._steps = 0, 0, steps

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, by: int) -> None:
        self.pos += by
        self._steps.append((self.pos, self.length))


def test_backup_check_and_restore_show_how_far_they_are(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[int, int]] = []
    labels: list[str] = []

    def bar(*, length: int, label: str) -> Bar:
        labels.append(label)
        assert length == 0
        return Bar(steps)

    monkeypatch.setattr("typer.progressbar", bar)

    def shown() -> int:
        """How many steps were shown: one after the other, up to the end."""
        found = list(steps)
        steps.clear()
        assert found and [done for done, _ in found] == sorted(done for done, _ in found)
        assert {total for _, total in found} == {found[-1][0]}
        return found[-1][0]

    home = config_of(tmp_path, "home", str(tmp_path / "bucket"))
    run("backup", tmp_path / "disk", "--config", home)
    first = shown()
    run("backup", tmp_path / "disk", "--config", home)
    assert shown() >= first, "what is there already counts as done"
    house.work()
    run("copies", "verify", "--config", home)
    assert steps == [], "sizes alone are compared at once"
    run("copies", "verify", "--deep", "--config", home)
    assert shown() == len(read_manifest(vault_of(house)).entries)
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(recovery_text(KeyStore(house.data_dir).keys().raw))
    house.close()
    run("restore", tmp_path / "disk", "--config", config_of(tmp_path, "new"), "--key-file", sheet)
    assert shown() >= first
    assert labels == ["Copying", "Copying", "Checking", "Restoring"]


def test_without_an_address_the_commands_say_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["copies", "status", "--config", str(config_of(tmp_path, "home"))])
    assert result.exit_code == 1 and "[copies]" in result.output
