"""The lab over PostgreSQL: labels, datasets, experiments asked once, shadows, erased with their camera."""

from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import lab as store
from livemon.store.erase import erase_rows
from livemon.vlm import registry
from livemon.vlm.prompt import Prompt
from tests import days
from tests.conftest import FAST, make_video
from tests.days import CAM, at
from tests.lab.bench import PromptedModel
from tests.postgres import postgres


def test_the_lab_works_over_postgresql(
    lab_settings: Settings,
    paid: PromptedModel,
    clips: Path,
    quiet: Prompt,
    falls: Prompt,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry.MODELS, "paid", lambda _settings, _clock, _new_watcher: paid)
    with (
        postgres() as url,
        Monitor(lab_settings.model_copy(update={"database_url": url}), profile=FAST) as monitor,
    ):
        lab = monitor.lab
        data = lab.from_folder(clips)
        first = lab.experiment(data, {"quiet": quiet, "falls": falls}, repeats=2).run(1, progress=False)
        assert first.scores()["found"].tolist() == [0.0, 3.0]
        asked = len(paid.asked)
        assert lab.experiment(data, {"falls": falls}).run(0, progress=False).answers()["cached"].all()
        assert len(paid.asked) == asked
        assert lab.experiments()["paid_usd"].tolist()[0] == 0.0
        now = monitor.clock.now()
        paid_usd = lab.experiments()["paid_usd"].sum()
        assert store.paid_since(monitor.database, now - timedelta(hours=1)) == (pytest.approx(paid_usd), 0)
        assert paid_usd > 0
        assert store.paid_since(monitor.database, now) == (0.0, 0)

        days.archive(monitor, at(9), make_video(tmp_path / "window.mp4", 3), coverage_s=3.0)
        lab.label(CAM, at(9), at(9, 10), "watched")
        lab.label(CAM, at(9), at(9), "missed", kind="fall", severity="danger")
        own = lab.from_labels(CAM, at(9), at(10))
        assert [truth.kind for truth in own.items[0].truths] == ["fall"]
        monitor.prompts.keep(falls, "falls")
        assert lab.shadows().empty
        lab.shadow(falls.version, CAM)
        assert lab.shadows()["version"].tolist() == [falls.version]
        removed = erase_rows(monitor.database, CAM)
        assert (removed["labels"], removed["datasets"], removed["shadows"]) == (2, 1, 1)
        assert lab.datasets()["version"].tolist() == [data.version]
