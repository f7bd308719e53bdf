"""The OpenAI-compatible stand-in: its rules and its faults, through the real SDK."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Literal

import httpx2
import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from livemon.base.clock import FakeClock
from livemon.sim.servers import Fault, OpenAIServer
from tests.sim.servers.conftest import NO_TLS, picture

MODEL = "canned-vision"


class Seen(BaseModel):
    mood: Literal["calm", "wild"]
    summary: str


SEEN = {"mood": "calm", "summary": "A child plays."}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as made:
        yield made


def connect(server: OpenAIServer, **options: Any) -> OpenAI:
    http = httpx2.Client(verify=NO_TLS)
    return OpenAI(base_url=server.base_url, http_client=http, **({"api_key": "anything", "max_retries": 0} | options))


@pytest.fixture
def client(server: OpenAIServer) -> Iterator[OpenAI]:
    with connect(server) as made:
        yield made


def text(value: str = "What is there?") -> list[dict[str, Any]]:
    return [{"role": "user", "content": value}]


def image(data: bytes, mime: str = "image/jpeg", **more: Any) -> dict[str, Any]:
    url = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url} | more}


def shown(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": list(parts)}]


def ask(client: OpenAI, messages: Any = None, **options: Any) -> Any:
    messages = text() if messages is None else messages
    return client.chat.completions.create(model=MODEL, messages=messages, **options)


def json_schema(**changes: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "seen", "schema": SCHEMA, "strict": True} | changes}


def test_a_picture_is_answered_by_the_schema(server: OpenAIServer, client: OpenAI, jpeg: bytes) -> None:
    parts = [{"type": "text", "text": "abcd"}, image(jpeg)]
    reply = client.chat.completions.parse(model=MODEL, messages=shown(*parts), response_format=Seen)  # type: ignore[arg-type]
    parsed = reply.choices[0].message.parsed
    assert parsed and parsed.mood == "calm" and "canned" in parsed.summary
    assert server.requests[0].media[0].data == jpeg
    assert server.requests[0].text == "Be brief.\nabcd"
    assert reply.usage and reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [((64, 48), "auto", 255), ((64, 48), "low", 85), ((640, 480), "high", 425), ((2000, 1000), "high", 1105)],
)
def test_pictures_cost_tiles(client: OpenAI, size: tuple[int, int], detail: str, tokens: int) -> None:
    plain = ask(client, shown({"type": "text", "text": "abcd"})).usage.prompt_tokens
    one = ask(client, shown({"type": "text", "text": "abcd"}, image(picture(*size), detail=detail)))
    assert one.usage.prompt_tokens == plain + tokens


def test_models_are_listed_and_others_not_found(server: OpenAIServer, client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL
    for path in ("/models/other", "/elsewhere"):
        with pytest.raises(openai.NotFoundError):
            client.get(path, cast_to=object)
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="other", messages=text())  # type: ignore[arg-type]
    assert caught.value.code == "model_not_found"


def test_a_key_is_checked_when_there_is_one() -> None:
    with OpenAIServer(api_key="right") as server:
        with connect(server, api_key="right") as client:
            assert ask(client).choices
        with connect(server, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
            ask(client)


@pytest.mark.parametrize(
    ("messages", "match"),
    [
        ([], "empty array"),
        (["x"], "expected an object"),
        ([{"role": "robot", "content": "x"}], "Supported values"),
        ([{"role": "user", "content": [{"type": "text", "text": 5}]}], "Invalid type"),
        ([{"role": "user", "content": 5}], "expected text or parts"),
        ([{"role": "user", "content": []}], "expected text or parts"),
        ([{"role": "user", "content": "x", "mood": "y"}], "Unknown parameter"),
        ([{"role": "user", "content": [{"type": "video", "video": "x"}]}], "Supported values"),
        ([{"role": "user", "content": [{"type": "text", "text": "x", "more": 1}]}], "nothing else"),
        ([{"role": "system", "content": "x"}], "none of the user"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.jpg"}}]}], "fetches no"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": "data:"}]}], "must have a url"),
        ([{"role": "user", "content": [image(picture(), detail="huge")]}], "huge"),
        ([{"role": "user", "content": [image(picture(), "image/png")]}], "does not begin"),
        ([{"role": "user", "content": [image(picture()[:300])]}], "ends in its middle"),
        ([{"role": "user", "content": [image(picture(), "video/mp4")]}], "data URL"),
        ([{"role": "system", "content": [image(picture())]}], "role 'user'"),
    ],
)
def test_messages_make_sense(client: OpenAI, messages: Any, match: str) -> None:
    with pytest.raises(openai.BadRequestError, match=match):
        ask(client, messages)


def test_a_url_safe_picture_is_refused(client: OpenAI) -> None:
    head = "data:image/jpeg;base64,"
    part = {"type": "image_url", "image_url": {"url": head + base64.urlsafe_b64encode(picture()).decode()}}
    with pytest.raises(openai.BadRequestError, match="data URL"):
        ask(client, shown(part))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"extra_body": {"bogus": 1}}, "Unknown parameter: 'bogus'"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "below"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "only one"),
        ({"seed": "x"}, "Invalid type"),
        ({"reasoning_effort": "hard"}, "hard"),
        ({"n": 2}, "'n'"),
        ({"stream": True}, "does not stream"),
    ],
)
def test_parameters_are_known_and_in_range(client: OpenAI, options: dict[str, Any], match: str) -> None:
    assert ask(client, temperature=0, max_tokens=50, seed=1, reasoning_effort="low").choices
    with pytest.raises(openai.BadRequestError, match=match):
        ask(client, **options)


def without(**changes: Any) -> dict[str, Any]:
    return SCHEMA | changes


@pytest.mark.parametrize(
    ("wanted", "match"),
    [
        ({"type": "xml"}, "xml"),
        ({"type": "json_object"}, "must contain the word 'json'"),
        ({"type": "json_schema"}, "json_schema"),
        (json_schema(name="with spaces"), "name"),
        (json_schema(schema=None), "schema"),
        (json_schema(bogus=1), "Unknown parameter"),
        (json_schema(schema=without(additionalProperties=True)), "additionalProperties"),
        (json_schema(schema=without(required=[])), "Missing 'a'"),
        (json_schema(schema=without(required=["a", "b"])), "no property"),
        (json_schema(schema={"type": "array", "items": SCHEMA}), 'type: "object"'),
        (json_schema(schema=without(properties={"a": {"type": "array"}})), "items"),
        (json_schema(schema=without(properties={"a": {}})), "'type' key"),
        (json_schema(schema=without(properties={"a": {"oneOf": [{"type": "null"}], "type": "null"}})), "not permitted"),
        (json_schema(schema=without(properties={"a": {"anyOf": [{"type": "thing"}]}})), "thing"),
        (json_schema(schema=without(properties={"a": {"type": "array", "items": 5}})), "must be an object"),
        (json_schema() | {"more": 1}, "Unknown parameter"),
        (json_schema(schema=without(properties={"a": {"$ref": "#/$defs/x"}})), "leads nowhere"),
        (json_schema(schema=without(properties={"a": {"type": "thing"}})), "thing"),
    ],
)
def test_response_formats_are_strict(client: OpenAI, wanted: dict[str, Any], match: str) -> None:
    with pytest.raises(openai.BadRequestError, match=match):
        ask(client, response_format=wanted)


def test_response_formats_that_pass(client: OpenAI) -> None:
    loose = {"type": "object", "properties": {"a": {"type": "integer"}}}
    for wanted in (json_schema(), json_schema(schema=loose, strict=False), {"type": "json_object"}):
        content = ask(client, text("Answer in JSON."), response_format=wanted).choices[0].message.content
        assert isinstance(json.loads(content), dict)


def test_the_answer_keeps_to_max_tokens(server: OpenAIServer, client: OpenAI) -> None:
    server.answer("abcdefgh")
    choice = ask(client, max_completion_tokens=1).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("abcd", "length")


def test_a_limit_a_minute() -> None:
    clock = FakeClock()
    with OpenAIServer(requests_per_minute=1, clock=clock) as server, connect(server) as client:
        ask(client)
        clock.advance(10)
        with pytest.raises(openai.RateLimitError) as caught:
            ask(client)
        assert caught.value.response.headers["retry-after"] == "50"
        clock.advance(50)
        assert ask(client).choices


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault.RATE_LIMITED, openai.RateLimitError, "rate_limit_exceeded"),
        (Fault.QUOTA_SPENT, openai.RateLimitError, "insufficient_quota"),
        (Fault.BAD_KEY, openai.AuthenticationError, "invalid_api_key"),
        (Fault.FORBIDDEN, openai.PermissionDeniedError, "access_denied"),
        (Fault.NOT_FOUND, openai.NotFoundError, "model_not_found"),
        (Fault.TOO_LARGE, openai.APIStatusError, "request_too_large"),
        (Fault.SERVER_ERROR, openai.InternalServerError, None),
        (Fault.BAD_GATEWAY, openai.InternalServerError, None),
        (Fault.OVERLOADED, openai.InternalServerError, None),
        (Fault.DEADLINE, openai.InternalServerError, None),
        (Fault.HTML_ERROR, openai.InternalServerError, None),
        (Fault.CLOSE, openai.APIConnectionError, None),
    ],
)
def test_error_replies_strike_once(
    server: OpenAIServer, client: OpenAI, fault: Fault, error: type[openai.APIError], code: str | None
) -> None:
    server.fail(fault)
    with pytest.raises(error) as caught:
        ask(client)
    assert caught.value.code == code
    assert ask(client).choices
    assert server.rejected == []


def test_a_retry_after_is_obeyed_by_the_client(server: OpenAIServer) -> None:
    server.fail(Fault.RATE_LIMITED, 0)
    with connect(server, max_retries=1) as client:
        assert ask(client).choices
    assert [request.status for request in server.requests] == [429, 200]


def test_late_and_dripping_replies(server: OpenAIServer) -> None:
    with connect(server, timeout=2) as client:
        server.fail(Fault.DELAY, 600)
        with pytest.raises(openai.APITimeoutError):
            ask(client)
        server.fail(Fault.DRIP, 3)
        assert ask(client).choices


def test_bodies_that_are_nothing(server: OpenAIServer, client: OpenAI) -> None:
    server.fail(Fault.NOT_JSON)
    assert isinstance(ask(client), str)
    server.fail(Fault.EMPTY_OBJECT)
    assert ask(client).choices is None
    server.fail(Fault.NO_ANSWER)
    assert ask(client).choices == []


@pytest.mark.parametrize(
    ("fault", "finish"), [(Fault.CUT, "length"), (Fault.ALL_THINKING, "length"), (Fault.SAFETY, "content_filter")]
)
def test_answers_that_do_not_finish(server: OpenAIServer, client: OpenAI, fault: Fault, finish: str) -> None:
    server.answer(SEEN)
    server.fail(fault)
    choice = ask(client).choices[0]
    assert choice.finish_reason == finish
    assert len(choice.message.content) < len(json.dumps(SEEN))


def test_a_refusal(server: OpenAIServer, client: OpenAI) -> None:
    server.fail(Fault.REFUSAL)
    message = ask(client).choices[0].message
    assert message.content is None
    assert "canned" in message.refusal


@pytest.mark.parametrize(
    "fault",
    [Fault.FENCED, Fault.INVALID_JSON, Fault.TWO_JSONS, Fault.MISSING_FIELD, Fault.WRONG_ENUM, Fault.WRONG_TYPE],
)
def test_answers_that_cannot_be_read(server: OpenAIServer, client: OpenAI, fault: Fault) -> None:
    server.answer(SEEN)
    server.fail(fault)
    wanted = json_schema(schema=Seen.model_json_schema() | {"additionalProperties": False})
    with pytest.raises(ValueError):
        Seen.model_validate_json(ask(client, response_format=wanted).choices[0].message.content)
    assert Seen.model_validate_json(ask(client, response_format=wanted).choices[0].message.content)


def test_faults_of_gemini_are_none_here(server: OpenAIServer) -> None:
    with pytest.raises(ValueError, match="has no fault"):
        server.fail(Fault.CONTINUATION)
