"""Who asks to erase a camera erases it from the lab, too; other cameras and clips stay."""

from pathlib import Path

from livemon.lab.data.dataset import Dataset
from livemon.monitor.monitor import Monitor
from livemon.store.erase import count_rows
from livemon.vlm.prompt import Prompt
from tests import days
from tests.conftest import make_video
from tests.days import CAM, at


def test_labels_answers_datasets_and_plans_of_a_camera_go(
    monitor: Monitor, dataset: Dataset, falls: Prompt, tmp_path: Path
) -> None:
    lab = monitor.lab
    video = make_video(tmp_path / "window.mp4", 3)
    days.archive(monitor, at(9), video, coverage_s=3.0)
    lab.label(CAM, at(9), at(9, 10), "watched")
    own = lab.from_labels(CAM, at(9), at(10))
    lab.experiment(own, {"falls": falls}).run(1, progress=False)
    kept = lab.experiment(dataset, {"falls": falls}).run(1, progress=False)
    monitor.prompts.keep(falls, "falls")
    lab.shadow(falls.version, CAM)
    counts = count_rows(monitor.database, CAM)
    assert {name: counts[name] > 0 for name in ("labels", "answers", "datasets", "shadows")} == dict.fromkeys(
        ("labels", "answers", "datasets", "shadows"), True
    )
    plans = monitor.settings.camera_dir(CAM) / "lab"
    assert list(plans.iterdir())
    monitor.eraser.reset(CAM, monitor.eraser.confirmation(CAM))
    assert not any(count_rows(monitor.database, CAM).values())
    assert not plans.exists()
    assert lab.experiments()["id"].tolist() == [kept.id]
    assert lab.datasets()["version"].tolist() == [dataset.version]
    assert len(kept.answers()) > 0
