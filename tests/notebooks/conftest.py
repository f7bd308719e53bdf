"""The rendered days, made into footage of the lab once, for every notebook of the lab in a data folder of its own."""

import fcntl
import shutil
from pathlib import Path

import pytest

from livemon.monitor.monitor import Monitor


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the rendered days and the local model's answers to them; shared by all workers, read only.

    What was answered once is not asked again, so that each test runs its own questions only.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if base.name.startswith("popen-") else base) / "rendered_days"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            with Monitor(data_dir=shared / "data", model="local") as monitor:
                lab = monitor.lab
                lab.experiment(lab.from_scenes(), models="local").run(progress=False)
            (shared / "done").touch()
    return shared / "data"


@pytest.fixture
def data_dir(rendered: Path, tmp_path: Path) -> Path:
    """A data folder of one's own with the rendered days in it."""
    return Path(shutil.copytree(rendered, tmp_path / "data"))
