"""Daily reports made by real workers and kernels. Where the content does not matter the notebook is a tiny one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
import sqlalchemy as sa
from nbformat.v4 import new_code_cell, new_notebook

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError, LivemonError, ReportError, UnknownCamera
from livemon.base.private_files import exposed
from livemon.base.settings.settings import Settings
from livemon.reports.making import export
from livemon.reports.making.files import MAKING
from livemon.reports.making.kill import MARK
from livemon.reports.making.reporter import DailyReporter, MadeReport
from livemon.store import reports
from livemon.store.tables.jobs import DailyReport
from tests.reports.synthetic import CAM, LATER, SUNDAY, Made, at, incident, marks
from tests.waiting import wait_async

PARAMETERS = "camera_id = date = timezone = language = data_dir = clips_dir = now = ''"
Notebook = Callable[..., Path]


class House:
    """A data folder with one camera, and a reporter with a clock."""

    def __init__(self, data_dir: Path, **report: Any) -> None:
        data_dir.mkdir(exist_ok=True)
        settings = Settings(data_dir=data_dir, timezone="Asia/Seoul", cameras={CAM: {"source": "unused"}})
        self.settings = settings.model_copy(update={"report": settings.report.model_copy(update=report)})
        self.made = Made(data_dir)
        self.clock = FakeClock(LATER)
        self.folder = settings.camera_dir(CAM) / "reports"
        self.reporter = DailyReporter(self.settings, self.made.database, self.clock)

    def set(self, **report: Any) -> None:
        """Go on with other settings of reports."""
        changed = self.settings.model_copy(update={"report": self.settings.report.model_copy(update=report)})
        self.reporter = DailyReporter(changed, self.made.database, self.clock)

    async def make(self, day: date = SUNDAY, **which: str) -> MadeReport:
        return await self.reporter.make(CAM, day, **which)

    @property
    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    @property
    def processes(self) -> list[psutil.Process]:
        """What still runs for a report of this house."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK, "").startswith(str(self.folder)):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def rows(self) -> list[dict[str, Any]]:
        return reports.reports(self.made.database, CAM).astype("str").to_dict("records")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "data", pdf=False)
    yield made
    assert made.processes == [], "nothing of a report outlives it"
    if made.folder.exists():
        assert [path.name for path in made.folder.glob(f"{MAKING}*")] == []
    made.made.database.close()


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """Write a notebook with a section of this code."""

    def write(code: str, name: str = "own.ipynb", tags: tuple[str, ...] = ("section",)) -> Path:
        cells = [
            new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            new_code_cell(code, metadata={"tags": list(tags)}),
        ]
        nbformat.write(new_notebook(cells=cells), tmp_path / name)
        return tmp_path / name

    return write


async def begun(house: House, count: int = 3) -> None:
    """Wait until so many processes work on a report."""
    await wait_async(lambda: len(house.processes) >= count, "it did not begin")


async def test_a_report_is_a_page_a_pdf_a_notebook_and_a_row(house: House) -> None:
    made, day = house.made, marks(at(0), at(24))
    made.archives(day)
    made.analyses(day[:100])
    made.analyses(day[100:142], result={"incidents": [incident(at(17), "danger", "Fell <b>off</b> the sofa")]})
    house.set(pdf=True)
    told: list[float] = []

    report = await house.reporter.make(CAM, SUNDAY, on_progress=lambda share, _doing: told.append(share))

    page = report.report_path.read_text(encoding="utf-8")
    assert (report.report_path.name, report.no_pdf) == ("2026-11-22.Asia-Seoul.en.html", "")
    assert page.count("<section") == 8
    assert "Fell &lt;b&gt;off&lt;/b&gt; the sofa" in page
    assert "<script" not in page
    for folder in (house.settings.data_dir, Path(export.__file__).parents[3], Path(sys.prefix)):
        assert str(folder) not in page, "whoever gets a link is not told where things lie on the server"
    assert report.pdf_path and report.pdf_path.read_bytes().startswith(b"%PDF")
    nbformat.validate(nbformat.read(report.notebook_path, 4))
    row = reports.report(made.database, CAM, SUNDAY, "Asia/Seoul", "en")
    assert row is not None
    facts = made.day()
    assert (row["average_safety_score"], row["incident_count"]) == (facts.average_safety_score, len(facts.incidents))
    assert (row["windows_waiting"], row["coverage_s"], row["created_utc"]) == (2, 86400.0, LATER)
    assert len(row["hourly_summary"]) == 24
    assert row["hourly_summary"][0]["start_utc"] == "2026-11-21T15:00:00.000Z"
    assert row["report_path"] == f"cameras/{CAM}/reports/2026-11-22.Asia-Seoul.en.html"
    assert (house.settings.data_dir / row["pdf_path"]).samefile(report.pdf_path)
    assert told == sorted(told)
    assert told[-1] < 1
    assert list(exposed(house.folder)) == [], "other users read no report"


async def test_made_again_it_replaces_itself_and_a_pdf_that_is_no_longer_made(house: House, notebook: Notebook) -> None:
    house.set(notebook=notebook("print('first')"), pdf=True)
    assert (await house.make()).pdf_path is not None
    house.set(notebook=notebook("print('second')"), pdf=False)
    again = await house.make()
    assert sorted(house.files) == ["2026-11-22.Asia-Seoul.en.html", "2026-11-22.Asia-Seoul.en.ipynb"]
    assert b"second" in house.files["2026-11-22.Asia-Seoul.en.html"]
    (row,) = house.rows()
    assert (row["pdf_path"], again.pdf_path) == ("", None)


async def test_reports_in_other_zones_lie_side_by_side(house: House, notebook: Notebook) -> None:
    house.set(notebook=notebook("print(language, timezone)"))
    home = await house.make(language="ko")
    away = await house.make(language="ko", timezone="America/New_York")
    names = [one.report_path.name for one in (home, away)]
    assert names == ["2026-11-22.Asia-Seoul.ko.html", "2026-11-22.America-New_York.ko.html"]
    assert "ko Asia/Seoul" in home.report_path.read_text(), "it is as it was"
    assert "ko America/New_York" in away.report_path.read_text()
    assert len(house.rows()) == 2


async def test_a_cell_that_fails_leaves_the_report_before_and_its_own_notebook(
    house: House, notebook: Notebook
) -> None:
    house.set(notebook=notebook("print('good')"))
    await house.make()
    before, rows = house.files, house.rows()
    house.set(notebook=notebook("raise RuntimeError('no such plot')"))
    with pytest.raises(ReportError, match=r"RuntimeError: no such plot.*2026-11-22\.Asia-Seoul\.en\.failed\.ipynb"):
        await house.make()
    after = house.files
    assert b"no such plot" in after.pop("2026-11-22.Asia-Seoul.en.failed.ipynb")
    assert after == before
    assert house.rows() == rows
    house.set(notebook=notebook("print('good again')"))
    await house.make()
    assert "2026-11-22.Asia-Seoul.en.failed.ipynb" not in house.files


async def test_a_report_that_takes_too_long_is_stopped_with_all_it_started(house: House, notebook: Notebook) -> None:
    house.set(notebook=notebook("import subprocess\nsubprocess.run(['sleep', '600'])"), timeout_s=5.0)
    with pytest.raises(ReportError, match="longer than 5 s"):
        await house.make()
    assert house.processes == []
    assert house.rows() == []


async def test_a_cancelled_report_leaves_no_process(house: House, notebook: Notebook) -> None:
    house.set(notebook=notebook("import subprocess\nsubprocess.run(['sleep', '600'])"))
    making = asyncio.create_task(house.make())
    await begun(house)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert house.processes == []
    assert house.files == {}


async def test_a_worker_that_dies_takes_its_kernel_along(house: House, notebook: Notebook) -> None:
    house.set(notebook=notebook("import subprocess\nsubprocess.run(['sleep', '600'])"))
    making = asyncio.create_task(house.make())
    await begun(house)
    (worker,) = [one for one in house.processes if "livemon.reports.making.worker" in one.cmdline()]
    worker.kill()
    with pytest.raises(ReportError, match="ended unexpectedly"):
        await making


async def test_a_notebook_that_shows_nothing_is_no_report(house: House, notebook: Notebook) -> None:
    house.set(notebook=notebook("print('hello')", tags=()))
    with pytest.raises(ReportError, match="Tag the cells"):
        await house.make()


async def test_a_notebook_that_is_not_there_is_named(house: House, tmp_path: Path) -> None:
    house.set(notebook=tmp_path / "nowhere.ipynb")
    with pytest.raises(ReportError, match="nowhere.ipynb"):
        await house.make()


@pytest.mark.parametrize(
    ("which", "error", "said"),
    [
        ({"camera_id": "camera-9"}, UnknownCamera, "camera-9"),
        ({"timezone": "Asia/Atlantis"}, ConfigError, "Atlantis"),
        ({"language": "fr"}, ReportError, "'fr'"),
        ({"day": SUNDAY + timedelta(days=2)}, ReportError, "has not begun"),
    ],
)
async def test_what_is_wrong_with_an_order_is_said_at_once(
    house: House, which: dict[str, Any], error: type[LivemonError], said: str
) -> None:
    order = {"camera_id": CAM, "day": SUNDAY, **which}
    with pytest.raises(error, match=said):
        await house.reporter.make(order.pop("camera_id"), order.pop("day"), **order)


async def test_today_is_reported_as_far_as_it_went(house: House, notebook: Notebook) -> None:
    left, fresh = (house.folder / f"{MAKING}{name}" for name in ("old", "new"))
    for folder, age_h in ((left, 7), (fresh, 1)):
        folder.mkdir(parents=True)
        made_s = (LATER - timedelta(hours=age_h)).timestamp()
        os.utime(folder, (made_s, made_s))
    house.set(notebook=notebook("print(now)"))
    house.made.archives(marks(at(24), at(33)))
    report = await house.make(SUNDAY + timedelta(days=1))
    assert (left.exists(), fresh.exists()) == (False, True), "what a dead process left is cleared away"
    fresh.rmdir()
    assert report.windows_waiting == 54
    assert "2026-11-23T01:00:00.000Z" in report.report_path.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a tmpfs")
async def test_a_full_disk_leaves_the_report_before(tmp_path: Path, notebook: Notebook) -> None:
    disk = tmp_path / "data"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        house = House(disk, pdf=False, notebook=notebook("print('small')"))
        await house.make()
        before, rows = house.files, house.rows()
        # The notebook fits, but not the page made of it.
        house.set(notebook=notebook("from IPython.display import HTML\nHTML('<p>' + 'x' * 4_500_000)"))
        with pytest.raises(ReportError, match="No space left"):
            await house.make()
        after = house.files
        after.pop("2026-11-22.Asia-Seoul.en.failed.ipynb", None)
        assert after == before
        assert house.rows() == rows
        assert list(house.folder.glob(f"{MAKING}*")) == []
        house.made.database.close()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_files_that_an_older_livemon_named_without_the_zone_go_once_the_new_ones_are_there(
    house: House, notebook: Notebook
) -> None:
    house.set(notebook=notebook("'first'"))
    made = await house.make()
    old = f"{SUNDAY}.en"
    for path in (made.report_path, made.notebook_path):
        path.rename(house.folder / f"{old}{path.suffix}")
    clips = house.folder / str(SUNDAY)
    clips.mkdir()
    (clips / "080000.mp4").write_bytes(b"a clip")
    row = house.rows()[0]
    named = {"report_path": f"cameras/{CAM}/reports/{old}.html", "notebook_path": f"cameras/{CAM}/reports/{old}.ipynb"}
    with house.made.database.writing() as session:
        session.execute(sa.update(DailyReport).values(named))
    house.set(notebook=notebook("1 / 0", "broken.ipynb"))
    with pytest.raises(ReportError):
        await house.make()
    assert f"{old}.html" in house.files, "the previous report is still there"
    house.set(notebook=notebook("'second'"))
    again = await house.make()
    assert again.report_path == made.report_path
    assert sorted(house.files) == sorted([made.report_path.name, made.notebook_path.name])
    assert "second" in again.report_path.read_text()
    assert not clips.exists(), "no page shows them any more"
    assert [each["report_path"] for each in house.rows()] == [row["report_path"]]
