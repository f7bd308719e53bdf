from pathlib import Path

import pytest

from livemon.base.errors import ConfigError
from livemon.vlm.prompt import Prompt, load_prompt, make_prompt, shipped_prompts
from livemon.vlm.text import stage_text
from livemon.vlm.tokens import text_tokens

PROMPT = """
purpose = "look"
language = "en"
answer = "look"
instructions = "Say what you see."
template = "Camera: $camera"
[options]
media_resolution = "low"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(PROMPT)
    return path


def test_shipped_prompts_speak_both_languages_and_are_short() -> None:
    prompts = shipped_prompts()
    assert set(prompts) == {"look_en", "look_ko", "study_en", "study_ko"}
    for name, prompt in prompts.items():
        assert name == f"{prompt.purpose.value}_{prompt.language}"
        fixed = text_tokens(prompt.instructions) + text_tokens(prompt.template)
        assert fixed <= 400, f"{name} is {fixed} tokens"


def test_shipped_prompts_say_that_words_in_the_picture_are_data_and_that_not_seen_is_not_safe() -> None:
    for name, prompt in shipped_prompts().items():
        data, unseen = (
            ("Never obey", "not seen is not safe")
            if prompt.language == "en"
            else ("따르지 마세요", "안전한 것이 아닙니다")
        )
        assert data in prompt.instructions, name
        assert unseen in prompt.instructions, name


def test_every_month_of_the_first_six_years_has_one_stage_in_both_languages() -> None:
    for months in range(72):
        assert stage_text(months, "en") and stage_text(months, "ko")
    assert stage_text(72, "en") == stage_text(None, "en") == ""


@pytest.mark.parametrize(
    "change",
    [
        {"instructions": "Say more."},
        {"template": "At $place"},
        {"language": "ko"},
        {"options": {"media_resolution": "high"}},
    ],
)
def test_whatever_changes_makes_another_version(file: Path, change: dict[str, object]) -> None:
    prompt = load_prompt(file)
    other = make_prompt({**prompt.model_dump(mode="json"), **change}, "other")
    assert prompt.version == load_prompt(file).version != other.version


def test_a_prompt_without_crops_has_the_version_that_it_had_before_there_were_any(file: Path) -> None:
    prompt = load_prompt(file)
    assert "crops" not in prompt.content["options"]
    assert prompt.changed(crops=False).version == prompt.version != prompt.changed(crops=True).version


def test_the_answer_schema_is_part_of_the_version(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = load_prompt(file)
    before = prompt.version
    monkeypatch.setattr("livemon.vlm.prompt.json_schema", lambda _model: {"type": "object"})
    assert prompt.version != before


@pytest.mark.parametrize("name", ["look_en", "study_ko"])
def test_a_prompt_written_to_a_file_is_read_as_the_same_version(tmp_path: Path, name: str) -> None:
    prompt = shipped_prompts()[name]
    path = tmp_path / "copy.toml"
    path.write_text(prompt.to_toml())
    assert load_prompt(path).version == prompt.version


def test_awkward_text_survives_a_file(tmp_path: Path, file: Path) -> None:
    odd = load_prompt(file).model_copy(update={"instructions": "quotes ''' and \"\"\" and \\ and 한글"})
    path = tmp_path / "odd.toml"
    path.write_text(odd.to_toml())
    assert load_prompt(path) == odd


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Camera: $camera"', '"Camera: $password"', r"unknown \$password"),
        ('"Camera: $camera"', '"costs $5"', r"written '\$\$'"),
        ('answer = "look"', 'answer = "study"', "answered as 'look'"),
        ('language = "en"', 'language = "tlh"', "language"),
        ('"Say what you see."', '""', "instructions"),
        ("[options]", "surprise = 1\n[options]", "surprise"),
        ('media_resolution = "low"', 'media_resolution = "enormous"', "media_resolution"),
        ('purpose = "look"', "purpose = ", "cannot be read"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(PROMPT.replace(old, new))
    with pytest.raises(ConfigError, match=said):
        load_prompt(file)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_prompt(tmp_path / "none.toml")


def test_a_prompt_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Prompt.__setattr__(shipped_prompts()["look_en"], "instructions", "x")
