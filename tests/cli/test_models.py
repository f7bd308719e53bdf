"""`livemon prompt` and `livemon cost` as a user runs them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from livemon.base.clock import SystemClock
from livemon.base.model_types import Purpose
from livemon.base.settings.settings import load_settings
from livemon.cli.app import app
from livemon.store import prompts, writes
from livemon.store.session import Database
from livemon.vlm.prompt import shipped_prompts
from tests.spent import spend

LOOK_EN = shipped_prompts()["look_en"].version
KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY")
GEMINI = '\n[gemini]\ntier = "paid"'
OLLAMA = '\n[openai_compat]\nmodel = "qwen2.5vl:7b"'


class Shell:
    """Runs `livemon ...` over two cameras that were never started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prompts = folder / "prompts"
        self.prompts.mkdir()
        self.write()

    def write(self, model: str = "auto", more: str = "") -> None:
        """Write the settings."""
        top = f'data_dir = "{self.folder}"\nprompts_dir = "{self.prompts}"\ntimezone = "UTC"\nmodel = "{model}"'
        cameras = "".join(f'\n[cameras.{each}]\nsource = "test-pattern"' for each in ("camera-1", "hall"))
        (self.folder / "livemon.toml").write_text(top + more + cameras)

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--config", str(self.folder / "livemon.toml")])

    def database(self) -> Database:
        """Open the database, which knows the cameras."""
        settings = load_settings(self.folder / "livemon.toml")
        database = Database(settings.database)
        writes.add_missing_cameras(database, dict.fromkeys(settings.cameras, ""), SystemClock().now())
        return database

    def write_prompt(self, name: str, more: str = "Count the toys.") -> str:
        """Write a prompt that is the shipped one and a little more; returns its version."""
        prompt = shipped_prompts()["look_en"]
        prompt = prompt.model_copy(update={"instructions": f"{prompt.instructions}\n{more}"})
        (self.prompts / f"{name}.toml").write_text(prompt.to_toml())
        return prompt.version


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    return Shell(tmp_path)


def said(done: Result) -> str:
    """What was printed, without the frames and line breaks of an error about arguments."""
    return " ".join(done.output.replace("│", " ").split())


def row(done: Result, name: str) -> list[str]:
    """The words of the table's line that begins with `name`."""
    return next(line.split() for line in done.output.splitlines() if line.strip().startswith(name))


class TestPrompt:
    def test_the_list_says_which_is_live_where(self, shell: Shell) -> None:
        version = shell.write_prompt("mine")
        done = shell("prompt", "list")
        assert done.exit_code == 0
        assert row(done, "look_en") == ["look_en", LOOK_EN, "look", "en", "camera-1,", "hall"]
        assert row(done, "mine") == ["mine", version, "look", "en"]

    def test_a_shown_prompt_is_a_file_of_ones_own(self, shell: Shell) -> None:
        mine = shell.prompts / "mine.toml"
        mine.touch()  # as a shell does before the command runs whose output is to go there
        shown = shell("prompt", "show", "look_en")
        assert shown.exit_code == 0
        mine.write_text(shown.output)
        checked = CliRunner().invoke(app, ["prompt", "check", str(mine)])
        assert checked.exit_code == 0
        assert f"is a look prompt, version {LOOK_EN}, about" in said(checked)

    def test_a_prompt_is_shown_by_the_beginning_of_its_version(self, shell: Shell) -> None:
        assert shell("prompt", "show", LOOK_EN[:5]).output == shell("prompt", "show", "look_en").output

    def test_the_difference_of_two(self, shell: Shell) -> None:
        shell.write_prompt("mine")
        assert "\n+Count the toys.\n" in shell("prompt", "diff", "look_en", "mine").output
        assert shell("prompt", "diff", "look_en", LOOK_EN).output == "They are the same.\n"

    def test_a_prompt_is_made_live_and_given_back(self, shell: Shell) -> None:
        version = shell.write_prompt("mine")
        done = shell("prompt", "use", "mine", "--camera", "hall", "--note", "misses toys")
        assert said(done) == f"hall: look prompt mine, version {version}, is live."
        assert row(shell("prompt", "list"), "mine")[-1] == "hall"
        (promotion,) = prompts.promotions(shell.database(), "hall", "look")
        assert (promotion.version, promotion.note) == (version, "misses toys")
        assert promotion.by
        back = shell("prompt", "reset", "look", "--camera", "hall")
        assert said(back) == f"hall: look prompt look_en, version {LOOK_EN}, is live."
        assert row(shell("prompt", "list"), "look_en")[-2:] == ["camera-1,", "hall"]

    def test_what_is_live_stays_live_when_its_file_changes_or_goes(self, shell: Shell) -> None:
        version = shell.write_prompt("mine")
        shell("prompt", "use", "mine", "--camera", "hall")
        shell.write_prompt("mine", "Count the books.")
        assert version in shell("prompt", "list").output
        (shell.prompts / "mine.toml").unlink()
        assert row(shell("prompt", "list"), "mine") == ["mine", version, "look", "en", "hall"]

    def test_a_file_that_is_no_prompt_is_named_and_hides_no_other(self, shell: Shell) -> None:
        shell.write_prompt("mine")
        (shell.prompts / "half.toml").write_text("purpose = ")
        done = shell("prompt", "list")
        assert done.exit_code == 0
        assert "half.toml cannot be read" in said(done)
        assert row(done, "mine")
        assert shell("prompt", "use", "mine", "--camera", "hall").exit_code == 0

    def test_a_user_without_a_name_can_promote(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody() -> str:
            raise KeyError("getpwuid(): uid not found: 4711")

        monkeypatch.setattr("getpass.getuser", nobody)
        assert shell("prompt", "use", "look_ko", "--camera", "hall").exit_code == 0

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (None, "cannot be read"),
            ("purpose = ", "cannot be read"),
            ("", "purpose: Field required"),
            ('purpose = "look"\nlanguage = "fr"', "language: Input should be 'en' or 'ko'"),
            ('template = "Camera: $kamera"', "unknown $kamera; known: $age"),
            ('template = "It costs 5$."', "is written '$$'"),
            ('purpose = "look"\nanswer = "study"\ntemplate = "x"\ninstructions = "x"\nlanguage = "en"', "answered as"),
            ("[options]\nframe = 4", "options.frame: Extra inputs are not permitted"),
        ],
    )
    def test_a_wrong_file_is_a_sentence_that_names_what_is_wrong(self, shell: Shell, text: str, says: str) -> None:
        file = shell.folder / "wrong.toml"
        if text is not None:
            file.write_text(text)
        done = CliRunner().invoke(app, ["prompt", "check", str(file)])
        assert done.exit_code == 1
        assert says in said(done)
        assert "docs/prompts.md shows the form" in said(done)

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (("show", "nobody"), 1, "There is no prompt 'nobody'. Known by name: look_en"),
            (("show", "../look_en"), 1, "There is no prompt '../look_en'"),
            (("diff", "look_en", "nobody"), 1, "There is no prompt 'nobody'"),
            (("use", "nobody", "--camera", "hall"), 1, "There is no prompt 'nobody'"),
            (("use", "look_en", "--camera", "attic"), 1, "There is no camera 'attic'"),
            (("use", "look_en"), 2, "Missing option '--camera'"),
            (("reset", "look", "--camera", "attic"), 1, "There is no camera 'attic'"),
            (("reset", "glance", "--camera", "hall"), 2, "'glance' is not one of 'look', 'study'"),
        ],
    )
    def test_wrong_arguments_are_sentences(
        self, shell: Shell, arguments: tuple[str, ...], code: int, says: str
    ) -> None:
        done = shell("prompt", *arguments)
        assert done.exit_code == code
        assert says in said(done)


class TestCost:
    def test_without_a_call_nothing_was_spent_and_the_local_model_is_free(self, shell: Shell) -> None:
        done = shell("cost")
        assert done.exit_code == 0
        assert "Spent today: nothing; no call was made. camera-1 looks as set." in said(done)
        assert row(done, "busy")[3] == "local"
        assert row(done, "busy")[6:10] == ["0.0000"] * 4

    def test_what_was_spent_is_told_by_camera_model_and_purpose(self, shell: Shell) -> None:
        now, database = SystemClock().now(), shell.database()
        spend(database, now, 0.02)
        spend(database, now, 0.03)
        spend(database, now, 0.5, camera_id="hall", purpose=Purpose.STUDY)
        done = shell("cost")
        looks = row(done, "camera-1 gemini")
        assert looks[2:] == ["look", "2", "0", "2000", "200", "0.05", "0", "0.05"]
        assert row(done, "hall gemini")[2] == "study"
        assert row(done, "this camera's day")[-3:-1] == ["0.8000", "0.0500"]
        assert "not known" not in said(done)
        assert "camera-1" not in shell("cost", "--camera", "hall").output

    def test_days_before_today_are_asked_for(self, shell: Shell) -> None:
        spend(shell.database(), SystemClock().now() - timedelta(days=2), 0.25)
        assert "no call was made" in said(shell("cost"))
        done = shell("cost", "--days", "3")
        assert "Spent in 3 day(s):" in done.output
        assert "0.25" in row(done, "camera-1 gemini")

    def test_a_cost_that_nobody_knows_is_said_and_bounded(self, shell: Shell) -> None:
        spend(shell.database(), SystemClock().now(), None, bound_usd=0.04)
        done = shell("cost")
        assert [float(word) for word in row(done, "camera-1 gemini")[-3:]] == [0.0, 1, 0.04]
        assert "The cost of some calls is not known; at_most_usd counts the most they can have cost." in said(done)
        assert row(done, "this camera's day")[-2] == "0.0400"

    def test_a_budget_that_is_spent_says_what_is_done_about_it(self, shell: Shell) -> None:
        spend(shell.database(), SystemClock().now(), 0.8)
        says = "camera-1 is watched by the local model only: $0.80 of the $0.80 of this camera's day are spent."
        assert says in said(shell("cost"))

    def test_a_day_is_forecast_before_a_camera_starts(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GEMINI_API_KEY", "k")
        shell.write("gemini", "\nlooks_per_hour = 12" + GEMINI)
        done = shell("cost", "--camera", "hall")
        assert done.exit_code == 0, done.output
        still, busy = row(done, "still"), row(done, "busy")
        assert still[:4] == ["still", "144", "0", "gemini-3.5-flash-lite"]
        assert busy[:3] == ["busy", "288", "144"]
        looks_usd, studies_usd, usd_per_day = map(float, busy[6:9])
        assert looks_usd == pytest.approx(2 * float(still[6]), abs=2e-4)
        assert studies_usd > float(still[7]) == 0
        assert still[-2:] == ["nothing", "moves"]
        assert usd_per_day == pytest.approx(looks_usd + studies_usd, abs=2e-4)

    def test_without_the_key_what_was_spent_is_told_all_the_same(self, shell: Shell) -> None:
        spend(shell.database(), SystemClock().now(), 0.02)
        shell.write("gemini", GEMINI)
        done = shell("cost")
        assert done.exit_code == 0
        assert row(done, "camera-1 gemini")
        assert "Nothing can be forecast. There is no Gemini key. Set GEMINI_API_KEY" in said(done)
        assert "usual" not in done.output

    def test_a_price_that_nobody_knows_is_unknown_and_never_nothing(self, shell: Shell) -> None:
        shell.write("openai_compat", OLLAMA)
        unknown = row(shell("cost", "--camera", "hall"), "usual")
        assert unknown[3] == "qwen2.5vl:7b"
        assert unknown[6:10] == ["unknown"] * 4
        shell.write("openai_compat", OLLAMA + '\n[prices."qwen2.5vl:7b"]\ninput = 0\noutput = 0')
        assert row(shell("cost", "--camera", "hall"), "usual")[6:10] == ["0.0000"] * 4

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (("--camera", "attic"), 1, "There is no camera 'attic'"),
            (("--days", "0"), 2, "greater than or equal to 1"),
            (("--days", "99999999"), 2, "less than or equal to 3660"),
        ],
    )
    def test_wrong_arguments_are_sentences(
        self, shell: Shell, arguments: tuple[str, ...], code: int, says: str
    ) -> None:
        done = shell("cost", *arguments)
        assert done.exit_code == code
        assert says in said(done)

    def test_a_wrong_setting_is_a_sentence(self, shell: Shell) -> None:
        shell.write("auto", "\n[budget]\nusd_per_weak = 3")
        done = shell("cost")
        assert done.exit_code == 1
        assert "budget.usd_per_weak: there is no such setting" in said(done)
