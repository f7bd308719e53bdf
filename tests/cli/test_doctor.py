"""The model's check of `livemon doctor`: key, tier, model and prompts, before anything is sent that costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.messages.catalog import text
from livemon.base.messages.message import message
from livemon.base.settings.settings import Settings
from livemon.cli.doctor import CHECKS, CheckResult, Finding, ends_soon, examine
from livemon.notify.recipients import RecipientRegistry
from livemon.sim.servers import Endpoint, Fault, GeminiServer, OpenAIServer
from livemon.store.session import Database
from livemon.vlm.hosted.gemini import open_gemini
from livemon.vlm.options import ModelOptions
from livemon.vlm.prompt import shipped_prompts


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def models_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which a test runs does not decide it."""
    monkeypatch.setattr("livemon.cli.doctor.WARN_BEFORE", timedelta.min)


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer(api_key="right") as running:
        yield running


def of_the_model(folder: Path, camera: dict[str, Any] | None = None, **more: Any) -> Finding:
    """What doctor says of the model under these settings."""
    cameras = {"camera-1": {"source": "test-pattern", **(camera or {})}}
    settings = Settings(data_dir=folder, prompts_dir=folder / "prompts", cameras=cameras, **more)
    return next(finding for finding in examine(settings) if finding.subject == "model")


def test_without_a_key_the_local_model_is_fine(tmp_path: Path) -> None:
    finding = of_the_model(tmp_path)
    assert (finding.verdict, finding.advice) == (CheckResult.OK, "")
    assert finding.text == "local: needs no key and no network"


def test_a_key_of_which_nobody_said_what_it_is_warns_and_sends_nothing(tmp_path: Path) -> None:
    finding = of_the_model(tmp_path, gemini_api_key="k")
    assert finding.verdict is CheckResult.WARNING
    assert finding.text.startswith("local:")
    assert "tier = 'paid'" in finding.advice and "docs/models.md" in finding.advice


def test_a_right_key_is_asked_for_and_fine(tmp_path: Path, server: GeminiServer) -> None:
    finding = of_the_model(tmp_path, model="gemini", gemini_api_key="right", gemini={"base_url": server.url})
    assert finding.verdict is CheckResult.OK, finding
    asked = server.requests[-1]
    cost_usd = (asked.usage["promptTokenCount"] * 0.30 + asked.usage["candidatesTokenCount"] * 2.50) / 1e6
    assert finding.text == (
        f"gemini: gemini-3.5-flash-lite answered a question, which cost ${cost_usd:.4f}; local looks when it cannot"
    )
    assert 0 < cost_usd < 0.002
    assert [request.method for request in server.requests] == ["GET", "POST"]
    assert len(asked.media) == 1


@pytest.mark.parametrize(
    ("fault", "verdict", "said"),
    [
        (Fault.BAD_PARAMETER, CheckResult.FAILED, "refuses such requests (400)"),
        (Fault.PAYMENT_REQUIRED, CheckResult.FAILED, "no credit left (402)"),
        (Fault.QUOTA_SPENT, CheckResult.FAILED, "no credit left (429)"),
        (Fault.ERROR_AS_REPLY, CheckResult.FAILED, "the model is not found"),
        (Fault.NOT_JSON, CheckResult.FAILED, "is not OpenAI-compatible"),
        (Fault.INVALID_JSON, CheckResult.WARNING, "unparsable"),
        (Fault.PROSE, CheckResult.OK, "which cost nothing"),
        (Fault.MAX_TOKENS_REFUSED, CheckResult.OK, "which cost nothing"),
    ],
)
def test_what_only_a_question_shows_is_found(tmp_path: Path, fault: Fault, verdict: CheckResult, said: str) -> None:
    with OpenAIServer(models=("llava:latest",)) as server:
        server.fail(fault, on=Endpoint.GENERATE)
        finding = of_the_model(
            tmp_path,
            model="openai_compat",
            openai_compat={"base_url": server.base_url, "model": "llava:latest"},
            prices={"llava:latest": {"input": 0, "output": 0}},
        )
    assert (finding.verdict, said in finding.text) == (verdict, True), finding
    assert bool(finding.advice) is (verdict is not CheckResult.OK)


def test_without_a_stand_in_nobody_looks(tmp_path: Path, server: GeminiServer) -> None:
    finding = of_the_model(
        tmp_path, model="gemini", gemini_api_key="right", gemini={"base_url": server.url}, fallback="none"
    )
    assert finding.text.endswith("no model looks when it cannot")


@pytest.mark.parametrize(
    ("settings", "text", "advice"),
    [
        ({"model": "gemini"}, "There is no Gemini key", "GEMINI_API_KEY"),
        ({"model": "gemini", "gemini_api_key": "k"}, "people may read it", "tier = 'paid'"),
        (
            {"model": "gemini", "gemini_api_key": "k", "gemini": {"tier": "unpaid"}},
            "people may read it",
            "allow_unpaid",
        ),
        ({"model": "openai_compat"}, "No model is named", "ollama list"),
        ({"model": "gpt"}, "There is no model 'gpt'", "openai_compat"),
    ],
)
def test_what_cannot_be_used_fails_and_says_what_to_do(
    tmp_path: Path, settings: dict[str, Any], text: str, advice: str
) -> None:
    finding = of_the_model(tmp_path, **settings)
    assert finding.verdict is CheckResult.FAILED
    assert text in finding.text
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("key", "model", "text"),
    [
        ("wrong", "gemini-3.5-flash-lite", "Gemini refuses the key (400)"),
        ("right", "gemini-1.0-antique", "Gemini does not offer this to you (404)"),
    ],
)
def test_a_wrong_key_and_a_model_that_is_not_offered_fail_with_advice(
    tmp_path: Path, server: GeminiServer, key: str, model: str, text: str
) -> None:
    finding = of_the_model(
        tmp_path,
        model="gemini",
        gemini_api_key=key,
        gemini={"base_url": server.url, "model": model},
        prices={model: {"input": 1, "output": 1}},
    )
    assert finding.verdict is CheckResult.FAILED
    assert finding.text.startswith(text)
    assert finding.advice == "Check key, model and address in the settings."
    assert key not in finding.text


def test_a_server_that_is_not_there_or_not_well_fails(tmp_path: Path, server: GeminiServer) -> None:
    server.fail(Fault.OVERLOADED)
    settings: dict[str, Any] = {"model": "gemini", "gemini_api_key": "right"}
    finding = of_the_model(tmp_path, **settings, gemini={"base_url": server.url})
    assert (finding.verdict, "(503)" in finding.text) == (CheckResult.FAILED, True)
    assert not finding.text.endswith("..")
    assert finding.advice.startswith("Try again later")
    finding = of_the_model(tmp_path, **settings, gemini={"base_url": "http://127.0.0.1:9"})
    assert finding.verdict is CheckResult.FAILED
    assert "cannot be reached" in finding.text


def test_an_openai_compatible_server_names_the_models_that_it_has(tmp_path: Path) -> None:
    with OpenAIServer(models=("qwen2.5vl:7b", "llava:13b")) as server:
        url = f"{server.url}/v1"
        finding = of_the_model(
            tmp_path, model="openai_compat", openai_compat={"base_url": url, "model": "qwen2.5vl:7b"}
        )
        assert finding.verdict is CheckResult.OK, finding
        assert finding.text.startswith("openai_compat: qwen2.5vl:7b answered a question, which cost an unknown amount")
        finding = of_the_model(tmp_path, model="openai_compat", openai_compat={"base_url": url, "model": "qwen"})
    assert finding.verdict is CheckResult.FAILED
    assert finding.text == "The server has no model 'qwen'; it has: llava:13b, qwen2.5vl:7b."


def test_a_prompt_whose_options_the_model_does_not_take_fails_before_anything_is_sent(
    tmp_path: Path, server: GeminiServer
) -> None:
    (tmp_path / "prompts").mkdir()
    hot = shipped_prompts()["look_en"].model_copy(update={"options": ModelOptions(temperature=0.7)})
    (tmp_path / "prompts" / "hot.toml").write_text(hot.to_toml())
    settings: dict[str, Any] = {"model": "gemini", "gemini_api_key": "right", "gemini": {"base_url": server.url}}
    finding = of_the_model(tmp_path, {"look_prompt": "hot"}, **settings)
    assert finding.verdict is CheckResult.FAILED
    assert "does not take temperature" in finding.text
    finding = of_the_model(tmp_path, {"look_prompt": "cold"}, **settings)
    assert "There is no prompt 'cold'" in finding.text
    assert server.requests == []


def of_reports(folder: Path, **more: Any) -> Finding:
    """What doctor says of reports under these settings."""
    settings = Settings(data_dir=folder, cameras={"camera-1": {"source": "test-pattern", "language": "ko"}}, **more)
    return next(finding for finding in examine(settings) if finding.subject == "reports")


def test_without_pango_reports_have_no_pdf_and_doctor_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livemon.cli.doctor.pdf_trouble", lambda: message("report.no_pango", reason="libpango"))
    finding = of_reports(tmp_path)
    assert finding.verdict is CheckResult.WARNING
    assert "libpango-1.0-0" in finding.advice
    assert of_reports(tmp_path, report={"pdf": False}).verdict is CheckResult.OK


def test_korean_reports_need_a_korean_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livemon.cli.doctor.pdf_trouble", lambda: None)
    monkeypatch.setattr("livemon.cli.doctor._has_korean_font", lambda: False)
    finding = of_reports(tmp_path)
    assert (finding.verdict, finding.advice) == (CheckResult.WARNING, "sudo apt-get install fonts-nanum")
    monkeypatch.setattr("livemon.cli.doctor._has_korean_font", lambda: True)
    assert of_reports(tmp_path).text == "HTML and PDF"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 23), ""),
        (date(2027, 2, 6), "gemini-3.1-flash-lite may be turned off from 2027-05-07 on"),
    ],
)
def test_a_model_that_ends_within_three_months_is_said(day: date, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livemon.cli.doctor.WARN_BEFORE", timedelta(days=90))
    settings = Settings(gemini_api_key="k", gemini={"base_url": "http://127.0.0.1:1"})
    model = open_gemini(settings, FakeClock(datetime(2026, 11, 23, tzinfo=UTC)))
    ending = ends_soon(model, ("gemini-3.5-flash-lite", "gemini-3.1-flash-lite", ""), day)
    assert ", ".join(map(str, ending)) == said


def of_notifications(folder: Path, **more: Any) -> Finding:
    settings = Settings(data_dir=folder, cameras={"camera-1": {"source": "test-pattern"}}, **more)
    return next(finding for finding in examine(settings) if finding.subject == "notifications")


def test_that_nobody_is_told_of_a_danger_is_said(tmp_path: Path) -> None:
    assert of_notifications(tmp_path).verdict is CheckResult.WARNING
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.database)
    registry = RecipientRegistry(settings, database, FakeClock())
    registry.put("Operator", ["ntfy://x/y"], rules=[{"severities": ["warning"]}])
    assert of_notifications(tmp_path).text == "no recipient is notified of a danger"
    registry.put("Mother", ["ntfy://x/y"])
    finding = of_notifications(tmp_path)
    assert (finding.verdict, finding.text) == (CheckResult.OK, "notified of a danger, without a link: Mother")
    assert "public_url" in finding.advice
    finding = of_notifications(tmp_path, public_url="https://cameras.example")
    assert (finding.verdict, finding.advice) == (CheckResult.FAILED, "Add cameras.example to allowed_hosts.")
    known: dict[str, Any] = {"public_url": "https://cameras.example", "allowed_hosts": ("cameras.example",)}
    finding = of_notifications(tmp_path, **known)
    assert finding.verdict is CheckResult.WARNING
    assert "cookies are also sent without it" in finding.text
    known["access"] = {"login": "password", "https": True}
    assert of_notifications(tmp_path, **known).verdict is CheckResult.OK
    (tmp_path / "secret.key").write_text("0" * 64)
    finding = of_notifications(tmp_path)
    assert finding.verdict is CheckResult.FAILED
    assert finding.text.startswith("Mother:")
    database.close()


def test_zone_rules_that_can_never_fire_are_said(tmp_path: Path) -> None:
    off = {"name": "Off", "when": "inside", "enabled": False}
    rules = [{"name": "Anybody", "when": "inside"}, {"name": "Cat", "when": "pet"}, off]
    cameras = {"hall": {"source": "test-pattern", "zone_rules": rules}}

    def of_people(**more: Any) -> Finding:
        return CHECKS["people"](Settings(data_dir=tmp_path, cameras=cameras, **more), "people")

    assert of_people().verdict is CheckResult.OK
    blind = of_people(detector="none")
    assert (blind.verdict, "Anybody (hall), Cat (hall)" in blind.text) == (CheckResult.WARNING, True)
    without_pets = of_people(pets=False)
    assert "Cat (hall)" in without_pets.text and "Anybody" not in without_pets.text


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("subject", CHECKS)
def test_every_check_has_a_name_in_every_language(subject: str, language: str) -> None:
    code = f"doctor.about_{subject}"
    assert text(message(code), language) != code
