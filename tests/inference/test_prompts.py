from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError, UnknownPrompt
from livemon.base.model_types import Purpose
from livemon.base.settings.settings import Settings
from livemon.inference.prompts import PromptRegistry
from livemon.store import writes
from livemon.store.session import Database
from livemon.vlm.prompt import shipped_prompts
from tests.conftest import MORNING

SHIPPED = shipped_prompts()


def book(tmp_path: Path, **camera: object) -> PromptRegistry:
    settings = Settings(
        data_dir=tmp_path,
        prompts_dir=tmp_path / "prompts",
        cameras={"hall": {"source": "test-pattern", **camera}, "attic": {"source": "test-pattern"}},
    )
    (tmp_path / "prompts").mkdir(exist_ok=True)
    database = Database(settings.database)
    for camera_id in settings.cameras:
        writes.upsert_camera(database, camera_id, camera_id, "", MORNING)
    return PromptRegistry(settings, database, FakeClock(MORNING))


def write(tmp_path: Path, name: str, instructions: str, base: str = "look_en") -> str:
    prompt = SHIPPED[base].model_copy(update={"instructions": instructions})
    (tmp_path / "prompts" / f"{name}.toml").write_text(prompt.to_toml())
    return prompt.version


def test_the_shipped_prompt_of_the_cameras_language_is_live(tmp_path: Path) -> None:
    prompts = book(tmp_path, language="ko")
    assert prompts.live("hall", Purpose.LOOK).prompt == SHIPPED["look_ko"]
    assert prompts.live("attic", Purpose.STUDY).prompt == SHIPPED["study_en"]


def test_the_settings_name_a_file_of_ones_own(tmp_path: Path) -> None:
    prompts = book(tmp_path, look_prompt="mine")
    version = write(tmp_path, "mine", "Look well.")
    assert prompts.live("hall", Purpose.LOOK).prompt.version == version


def test_a_promotion_wins_and_can_be_given_back(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    version = write(tmp_path, "mine", "Look well.")
    prompts.promote("hall", "mine", by="Ada")
    write(tmp_path, "mine", "Changed since.")
    live = prompts.live("hall", Purpose.LOOK)
    assert (live.prompt.version, live.name, live.by) == (version, "mine", "Ada")
    assert prompts.live("attic", Purpose.LOOK).prompt == SHIPPED["look_en"], "other cameras keep theirs"
    prompts.demote("hall", Purpose.LOOK, by="Ada")
    assert prompts.live("hall", Purpose.LOOK).prompt == SHIPPED["look_en"]


def test_a_prompt_is_found_by_name_and_by_the_beginning_of_its_version(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    version = write(tmp_path, "mine", "Look well.")
    kept = prompts.get("mine")
    prompts.keep(kept, "mine")
    (tmp_path / "prompts" / "mine.toml").unlink()
    assert prompts.get(version[:6]) == kept
    for unknown in ("mine", "", "xyz", "../look_en"):
        with pytest.raises(UnknownPrompt, match="look_en"):
            prompts.get(unknown)


def test_a_prompt_for_another_purpose_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="for a study"):
        book(tmp_path, look_prompt="study_en").live("hall", Purpose.LOOK)


def test_the_table_says_where_each_is_live(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    prompts.promote("hall", "look_ko", by="Ada")
    table = prompts.table().set_index("name")
    assert table.loc["look_ko", "live_for"] == "hall"
    assert table.loc["look_en", "live_for"] == "attic"
    assert table.loc["study_en", "live_for"] == "hall, attic"


def test_a_difference_shows_what_changed(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    write(tmp_path, "mine", SHIPPED["look_en"].instructions + "\nCount the toys.")
    assert "+Count the toys." in prompts.diff("look_en", "mine")
    assert prompts.diff("look_en", "look_en") == ""


def test_a_file_that_is_no_prompt_hides_no_other(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    version = write(tmp_path, "mine", "Look well.")
    (tmp_path / "prompts" / "half.toml").write_text("purpose = ")
    assert prompts.get("mine").version == version
    assert prompts.live("hall", Purpose.LOOK).prompt == SHIPPED["look_en"]
    assert "half" not in prompts.named()
    (problem,) = prompts.problems()
    assert "half.toml cannot be read" in str(problem)
    with pytest.raises(ConfigError, match="half.toml"):
        prompts.get("half")


def test_what_is_promoted_by_version_keeps_its_name(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    prompts.promote("hall", SHIPPED["look_ko"].version[:6], by="Ada")
    assert prompts.live("hall", Purpose.LOOK).name == "look_ko"


def test_rolling_back_brings_what_was_live_before_and_the_history_says_so(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    first, second = write(tmp_path, "one", "Look well."), write(tmp_path, "two", "Look better.")
    prompts.promote("hall", "one", by="Ada", note="try")
    prompts.promote("hall", "two", by="Ada")
    assert prompts.roll_back("hall", Purpose.LOOK, by="Bo", note="missed a fall").prompt.version == first
    history = prompts.history("hall", Purpose.LOOK)
    assert history["version"].tolist() == [first, second, first]
    assert history[["by", "note"]].to_numpy().tolist()[0] == ["Bo", "missed a fall"]
    assert prompts.roll_back("hall", Purpose.LOOK, by="Bo").prompt.version == second, "and forth again"


def test_rolling_back_the_first_change_gives_the_choice_to_the_settings(tmp_path: Path) -> None:
    prompts = book(tmp_path)
    with pytest.raises(ConfigError, match="ever made live for hall"):
        prompts.roll_back("hall", Purpose.LOOK, by="Bo")
    write(tmp_path, "one", "Look well.")
    prompts.promote("hall", "one", by="Ada")
    assert prompts.roll_back("hall", Purpose.LOOK, by="Bo").prompt == SHIPPED["look_en"]
    assert prompts.history("hall", Purpose.STUDY).empty
