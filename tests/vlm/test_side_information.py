"""Dates, waits, counts of tokens and too large questions, by the real SDKs against scripted and raw servers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.clock import FakeClock
from livemon.base.datatypes import LookReason
from livemon.base.errors import ModelError
from livemon.base.model_types import AnswerStatus, Look, Study, Usage
from livemon.base.settings.settings import Settings
from livemon.sim.servers import Endpoint, Fault, GeminiServer, OpenAIServer, Refused
from livemon.vlm.catalog import Price
from livemon.vlm.circuit_breaker import Breaker
from livemon.vlm.hosted.gemini import open_gemini
from livemon.vlm.hosted.gemini_reply import read_response
from livemon.vlm.hosted.hosted_model import PromptedModel
from livemon.vlm.hosted.http_facts import retry_after_s, utc_of
from livemon.vlm.hosted.openai_compat import open_openai_compat, read_completion
from livemon.vlm.hosted.transport import CallFailed
from livemon.vlm.options import Layout, ModelOptions
from livemon.vlm.provider import PromptTerms
from tests.vlm.drawn import START, TERMS, ask, frames, room
from tests.vlm.test_answers import ANYTHING
from tests.vlm.test_provider_contract import LOOK, SEEN, STUDY, STUDY_TERMS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Open = Callable[[str, Any], PromptedModel]


def look(count: int = 4) -> Look:
    return Look("cam", LookReason.MOTION, tuple(frames([room()] * count, noise=0)))


def gemini(url: str, clock: Any) -> PromptedModel:
    return open_gemini(Settings(gemini_api_key="k", gemini={"base_url": url, "attempts": 2}), clock)


def openai(url: str, clock: Any) -> PromptedModel:
    return open_openai_compat(Settings(openai_compat={"base_url": f"{url}/v1", "model": "canned-vision"}), clock)


WIRES: list[tuple[type[GeminiServer] | type[OpenAIServer], Open]] = [(GeminiServer, gemini), (OpenAIServer, openai)]


class RecordingClock(FakeClock):
    """A clock that a sleep sets forward, and that knows how long was slept."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept: list[float] = []

    async def sleep(self, duration_s: float) -> None:
        self.slept.append(duration_s)
        await super().sleep(duration_s)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("Mon, 23 Nov 2026 12:00:00 GMT", NOW),
        ("Mon, 23 Nov 2026 12:00:00 -0000", NOW),
        ("Mon, 23 Nov 2026 14:00:00 +0200", NOW),
        ("Mon Nov 23 12:00:00 2026", NOW),
        ("Monday, 23-Nov-26 12:00:00 GMT", NOW),
        ("Mon, 31 Feb 2026 12:00:00 GMT", None),
        ("Mon, 23 Nov 2026 12:00:00 +9999", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_a_moment_in_utc_or_unknown(text: str, utc: datetime | None) -> None:
    assert utc_of(text) == utc


@given(st.text())
def test_no_date_and_no_wait_raises(text: str) -> None:
    moment = utc_of(text)
    assert moment is None or moment.tzinfo is UTC
    waited_s = retry_after_s({"retry-after": text}, NOW)
    assert waited_s is None or 0 <= waited_s <= 86_400


@pytest.mark.parametrize(
    ("said", "waited_s"),
    [
        ("7", 7),
        ("0.5", 0.5),
        (" 30 ", 30),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), 12),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("999999999", 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(said: str, waited_s: float | None) -> None:
    assert retry_after_s({"Retry-After": said}, NOW) == waited_s


@pytest.mark.parametrize(("server_class", "opened"), WIRES)
@pytest.mark.parametrize("code", [429, 503, 520, 529])
@pytest.mark.parametrize("as_date", [False, True])
async def test_a_retry_waits_as_long_as_the_server_asks(
    server_class: type[GeminiServer] | type[OpenAIServer], opened: Open, code: int, as_date: bool
) -> None:
    clock = RecordingClock()
    said = format_datetime(NOW + timedelta(seconds=9), usegmt=True) if as_date else "9"
    replies = iter([Refused(code, "busy", headers={"Retry-After": said}), None])

    def answer(_request: dict[str, Any]) -> Any:
        refused = next(replies)
        if refused is not None:
            raise refused
        return LOOK

    with server_class() as server:
        server.answer(answer)
        model = opened(server.url, clock)
        found = await ask(model, look())
        await model.close()
    assert (found.status, found.attempts) == (AnswerStatus.OK, 2), found.error
    assert [9 <= slept_s < 10 for slept_s in clock.slept] == [True]


@pytest.mark.parametrize(("server_class", "opened"), WIRES)
@pytest.mark.parametrize("fault", [Fault.CDN_ERROR, Fault.SITE_OVERLOADED])
async def test_a_wait_that_is_too_long_is_reported_and_not_waited(
    server_class: type[GeminiServer] | type[OpenAIServer], opened: Open, fault: Fault
) -> None:
    clock = RecordingClock()
    with server_class(clock=clock) as server:
        server.fail(fault, 300)
        model = opened(server.url, clock)
        found = await ask(model, look())
        await model.close()
    assert (found.status, found.attempts, found.retry_after_s) == (AnswerStatus.UNAVAILABLE, 1, 300)
    assert clock.slept == []


def completion(**changes: Any) -> dict[str, Any]:
    choice = {"message": {"content": json.dumps(LOOK)}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}, **changes}


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, Usage(10, 5)),
        (
            {
                "prompt_tokens": 1000,
                "completion_tokens": 500,
                "total_tokens": 1500,
                "prompt_tokens_details": {"cached_tokens": 800},
                "completion_tokens_details": {"reasoning_tokens": 400},
            },
            Usage(1000, 100, 400, 800),
        ),
        (
            {
                "prompt_tokens": 1000,
                "completion_tokens": 100,
                "total_tokens": 1500,
                "completion_tokens_details": {"reasoning_tokens": 400},
            },
            Usage(1000, 100, 400),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None, "total_tokens": "?"},
            Usage(10, 5),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(10, 5, 0, 10),
        ),
        ({"prompt_tokens": 10}, None),
        ({"prompt_tokens": 10, "completion_tokens": None}, None),
        ({"prompt_tokens": -1, "completion_tokens": 5}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 5}, None),
        (None, None),
        ([], None),
    ],
)
def test_tokens_of_a_completion(usage: Any, read: Usage | None) -> None:
    assert read_completion(completion(usage=usage), {}).usage == read


def test_cached_and_thought_tokens_have_their_prices() -> None:
    price = Price(START.date(), input=1.0, output=10.0, cached=0.1, audio=1.0)
    used = read_completion(
        completion(
            usage={
                "prompt_tokens": 1000,
                "completion_tokens": 500,
                "prompt_tokens_details": {"cached_tokens": 800},
                "completion_tokens_details": {"reasoning_tokens": 400},
            }
        ),
        {},
    ).usage
    same = read_response(
        {
            "candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": 1000,
                "candidatesTokenCount": 100,
                "thoughtsTokenCount": 400,
                "cachedContentTokenCount": 800,
            },
        }
    ).usage
    assert used == same is not None
    assert price.cost_usd(used) == pytest.approx((200 * 1.0 + 800 * 0.1 + 500 * 10.0) / 1e6)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": json.dumps(LOOK)[:9]}, {"type": "text", "text": json.dumps(LOOK)[9:]}],
        [json.dumps(LOOK)],
        [{"type": "reasoning", "text": None}, {"type": "text", "text": json.dumps(LOOK)}, None],
        LOOK,
    ],
)
def test_content_may_be_parts_or_json(content: Any) -> None:
    reply = read_completion(completion(choices=[{"message": {"content": content}, "finish_reason": None}]), {})
    assert json.loads(reply.text) == LOOK and reply.status is AnswerStatus.OK


BESIDE = {"id", "object", "created", "model", "usage", "system_fingerprint", "service_tier"}


@given(st.dictionaries(st.sampled_from(sorted(BESIDE)), ANYTHING), st.text(), ANYTHING)
def test_nothing_beside_a_completion_costs_it(beside: dict[str, Any], date: str, finish: Any) -> None:
    choice = {"message": {"content": json.dumps(LOOK)}, "finish_reason": finish, "logprobs": beside}
    reply = read_completion({**beside, "choices": [choice]}, {"Date": date})
    assert reply.status is AnswerStatus.OK and json.loads(reply.text) == LOOK
    assert reply.server_utc is None or reply.server_utc.tzinfo is UTC


@given(ANYTHING, ANYTHING, ANYTHING)
def test_nothing_beside_a_response_of_gemini_costs_it(usage: Any, details: Any, count: Any) -> None:
    counts = {"promptTokenCount": count, "candidatesTokenCount": count, "promptTokensDetails": details}
    candidate = {"content": {"parts": [{"text": json.dumps(LOOK)}], "role": usage}, "finishReason": "STOP"}
    for told in (usage, counts):
        body = {"candidates": [candidate], "usageMetadata": told, "modelVersion": usage, "responseId": details}
        reply = read_response(body, {"date": str(usage)})
        assert reply.status is AnswerStatus.OK and json.loads(reply.text) == LOOK


@given(ANYTHING)
def test_no_reply_of_any_type_raises_anything_but_that_the_call_failed(body: Any) -> None:
    for whole in (body, {"choices": body}, {"choices": [{"message": body}]}, {"error": body}, {"candidates": body}):
        for reader in (read_completion, read_response):
            try:
                reader(whole, {})
            except CallFailed as exc:
                assert exc.status in (AnswerStatus.UNAVAILABLE, AnswerStatus.REFUSED, AnswerStatus.BLOCKED)


@pytest.fixture
def raw_server() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that answers every POST with what the dictionary says: `body`, `type`, `date`."""
    says: dict[str, Any] = {"type": "application/json", "date": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response_only(200)
            for name, value in (("Date", says["date"]), ("Content-Type", says["type"])):
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(says["body"])))
            self.end_headers()
            self.wfile.write(says["body"])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", says
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("opened", [gemini, openai])
@pytest.mark.parametrize("date", ["Mon, 23 Nov 2026 12:00:00 -0000", "Mon Nov 23 12:00:00 2026", "later", ""])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
async def test_odd_headers_and_a_byte_order_mark_cost_no_answer(
    raw_server: tuple[str, dict[str, Any]], opened: Open, date: str, content_type: str
) -> None:
    url, says = raw_server
    text = "\ufeff" + json.dumps({**LOOK, "events": [{**SEEN, "severity": "DANGER"}]})
    candidate = {"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}
    body = {
        **completion(choices=[{"message": {"content": text}}], usage={"prompt_tokens": 12.5}),
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": "12", "promptTokensDetails": "x"},
    }
    says |= {"body": b"\xef\xbb\xbf" + json.dumps(body).encode(), "date": date, "type": content_type}
    model = opened(url, RecordingClock())
    answer = await ask(model, look())
    await model.close()
    assert answer.status is AnswerStatus.OK, answer.error
    assert [one.severity for one in answer.observations] == ["danger"]
    assert answer.server_utc in (None, NOW)


async def test_the_schema_is_heard_in_the_text_and_refused_parameters_are_remembered() -> None:
    with OpenAIServer(models=("llava:latest",)) as server:
        server.answer(LOOK)
        for fault in (Fault.FORMAT_REFUSED, Fault.MAX_TOKENS_REFUSED, Fault.FORMAT_IGNORED):
            server.fail(fault)
        settings = Settings(openai_compat={"base_url": server.base_url, "model": "llava:latest"})
        model = open_openai_compat(settings, RecordingClock())
        for _ in range(2):
            assert (await ask(model, look())).status is AnswerStatus.OK
        await model.close()
    assert [request.status for request in server.requests] == [400, 400, 200, 200]
    last = server.requests[-1]
    assert "response_format" not in last.body and "max_tokens" not in last.body
    assert last.body["max_completion_tokens"] == TERMS.options.max_output_tokens
    assert '"box_2d"' in last.text


async def test_blanks_after_the_answer_until_it_is_cut_off_cost_nothing() -> None:
    for server_class, opened in WIRES:
        with server_class() as server:
            model = opened(server.url, RecordingClock())
            server.answer(json.dumps(LOOK) + " \n" * 5000)
            answer = await ask(model, look())
            assert (answer.status, answer.finish_reason.lower()[-6:]) in (("ok", "tokens"), ("ok", "length"))
            server.answer(json.dumps(LOOK) + "\n{" + "x" * 9000)
            assert (await ask(model, look())).status is AnswerStatus.TRUNCATED
            await model.close()


async def test_a_server_without_a_list_of_models_is_asked_all_the_same() -> None:
    with OpenAIServer() as server:
        model = openai(server.url, RecordingClock())
        server.fail(Fault.NOT_FOUND, on=Endpoint.MODELS)
        assert await model.check() == "canned-vision"
        server.fail(Fault.EMPTY_OBJECT, on=Endpoint.MODELS)
        with pytest.raises(ModelError, match="it has: none"):
            await model.check()
        await model.close()


async def test_a_tag_that_ollama_implies_is_the_same_model() -> None:
    with OpenAIServer(models=("llava:latest", "qwen:7b")) as server:
        for name, known in (("llava", True), ("llava:latest", True), ("qwen", False)):
            model = open_openai_compat(
                Settings(openai_compat={"base_url": server.base_url, "model": name}), RecordingClock()
            )
            try:
                await model.wire.check(name)
                assert known
            except CallFailed as exc:
                assert not known, exc
            await model.close()


class TestTooLarge:
    SHOWN = tuple(frames([room()] * 60, noise=0))
    STUDY = Study("cam", SHOWN[0].utc, 600, SHOWN)

    @pytest.mark.parametrize(("server_class", "opened"), WIRES)
    @pytest.mark.parametrize("layout", Layout)
    async def test_a_study_is_sent_smaller_until_it_is_taken(
        self, server_class: type[GeminiServer] | type[OpenAIServer], opened: Open, layout: Layout
    ) -> None:
        options = STUDY_TERMS.options.model_copy(update={"layout": layout})
        with server_class() as server:

            def one_picture(request: dict[str, Any]) -> Any:
                if str(request).count("image/jpeg") > 1:
                    raise Refused(400, "At most 1 image(s) may be provided in one prompt.")
                return STUDY

            server.answer(one_picture)
            model = opened(server.url, RecordingClock())
            answer = await ask(model, self.STUDY, PromptTerms(STUDY_TERMS.prompt, options))
            await model.close()
        assert answer.status is AnswerStatus.OK, answer.error
        assert answer.result is not None and answer.result["incidents"][0]["severity"] == "danger"
        assert answer.parameters["of_frames"] == 60
        assert answer.attempts == len(server.requests) == (3 if layout is Layout.SHEET else 4)

    @pytest.mark.parametrize(("server_class", "opened"), WIRES)
    async def test_what_is_too_large_in_its_smallest_form_is_refused_and_never_failed(
        self, server_class: type[GeminiServer] | type[OpenAIServer], opened: Open
    ) -> None:
        with server_class() as server:
            server.fail(Fault.TOO_MANY_TOKENS, times=100)
            model = opened(server.url, RecordingClock())
            answer = await ask(model, self.STUDY, STUDY_TERMS)
            await model.close()
        assert (answer.status, answer.cost_usd) == (AnswerStatus.REFUSED, 0.0)
        breaker = Breaker(RecordingClock())
        breaker.record(answer)
        assert not breaker.resting, "looks may be small enough"
        assert "too large" in str(answer.error)
        assert answer.attempts == 7, "60 frames, 30, 15, 8, 4, 2, 1"

    async def test_frames_keep_their_numbers_and_the_last_is_shown(self) -> None:
        with OpenAIServer() as server:
            server.answer({**LOOK, "events": [{**SEEN, "frames": [8]}]})
            server.fail(Fault.TOO_LARGE, times=2)
            model = openai(server.url, RecordingClock())
            shown = look(8)
            answer = await ask(model, shown, PromptTerms(TERMS.prompt, ModelOptions(layout="parts")))
            smallest = server.requests[-1]
            answered = await ask(model, shown, PromptTerms(TERMS.prompt, ModelOptions()))
            await model.close()
        assert answer.observations[0].evidence_utcs == answered.observations[0].evidence_utcs == (shown.frames[7].utc,)
        assert len(smallest.media) == 1 and "4 pictures" in smallest.text

    def test_more_pictures_than_a_model_takes_are_sheets(self) -> None:
        model = gemini("http://127.0.0.1:9", RecordingClock())
        options = STUDY_TERMS.options.model_copy(update={"layout": Layout.PARTS})
        many = replace(self.STUDY, frames=self.SHOWN * 2)
        requests = [model.prepare(one, PromptTerms(STUDY_TERMS.prompt, options)).request for one in (self.STUDY, many)]
        assert [len(request.pictures) for request in requests if request] == [60, 5]

    def test_more_bytes_than_google_takes_are_never_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("livemon.vlm.hosted.gemini.MOST_PICTURE_BYTES", 60_000)
        model = gemini("http://127.0.0.1:9", RecordingClock())
        prepared = model.prepare(self.STUDY, STUDY_TERMS)
        assert prepared.request is not None
        assert 0 < prepared.request.media_bytes <= 60_000
        assert prepared.request.of_frames == 60
