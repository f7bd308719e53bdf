"""Each fault of the Gemini stand-in gives what the real SDK makes of the real failure."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any, Literal

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from livemon.sim.servers import FAULTS, Endpoint, Fault, GeminiServer, Refused
from tests.sim.servers.conftest import MODEL, Ask, connect, file_part, upload


class Seen(BaseModel):
    mood: Literal["calm", "wild"]
    summary: str


SEEN = {"mood": "calm", "summary": "A child plays."}
AS_SEEN: dict[str, Any] = {"response_schema": Seen, "response_mime_type": "application/json"}


def finish(response: types.GenerateContentResponse) -> str:
    assert response.candidates and response.candidates[0].finish_reason
    return response.candidates[0].finish_reason.value


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault.RATE_LIMITED, 429, "RESOURCE_EXHAUSTED"),
        (Fault.QUOTA_SPENT, 429, "RESOURCE_EXHAUSTED"),
        (Fault.BAD_KEY, 400, "INVALID_ARGUMENT"),
        (Fault.FORBIDDEN, 403, "PERMISSION_DENIED"),
        (Fault.NOT_FOUND, 404, "NOT_FOUND"),
        (Fault.TOO_LARGE, 413, "INVALID_ARGUMENT"),
        (Fault.SERVER_ERROR, 500, "INTERNAL"),
        (Fault.BAD_GATEWAY, 502, "UNAVAILABLE"),
        (Fault.OVERLOADED, 503, "UNAVAILABLE"),
        (Fault.DEADLINE, 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_error_replies_strike_once(ask: Ask, gemini: GeminiServer, fault: Fault, code: int, status: str) -> None:
    gemini.fail(fault)
    with pytest.raises(errors.ServerError if code >= 500 else errors.ClientError) as caught:
        ask()
    assert (caught.value.code, caught.value.status) == (code, status)
    assert ask().text
    assert [request.fault for request in gemini.requests] == [fault, None]
    assert gemini.rejected == []


@pytest.mark.parametrize(("fault", "per"), [(Fault.RATE_LIMITED, "PerMinute"), (Fault.QUOTA_SPENT, "PerDay")])
def test_a_429_says_which_quota_and_when_to_come_again(ask: Ask, gemini: GeminiServer, fault: Fault, per: str) -> None:
    gemini.fail(fault, 3.2)
    with pytest.raises(errors.ClientError) as caught:
        ask()
    quota, retry = caught.value.details["error"]["details"]
    assert per in quota["violations"][0]["quotaId"]
    assert retry["retryDelay"] == "4s"


def test_a_late_reply_meets_an_impatient_client(gemini: GeminiServer) -> None:
    headers = {"X-Server-Timeout": "10"}
    with connect(gemini, timeout=2000, headers=headers) as client:
        gemini.fail(Fault.DELAY, 600)
        with pytest.raises(httpx2.ReadTimeout):
            client.models.generate_content(model=MODEL, contents="x")
        assert client.models.generate_content(model=MODEL, contents="x").text


def test_a_dripping_reply_outlives_the_clients_timeout(gemini: GeminiServer) -> None:
    with connect(gemini, timeout=2000, headers={"X-Server-Timeout": "10"}) as client:
        gemini.fail(Fault.DRIP, 3)
        start = time.monotonic()
        assert client.models.generate_content(model=MODEL, contents="x").text
        assert time.monotonic() - start > 2


def test_a_connection_closes(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.CLOSE)
    with pytest.raises(httpx2.RemoteProtocolError):
        ask()
    assert ask().text


def test_a_reply_that_is_no_json(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.NOT_JSON)
    with pytest.raises(json.JSONDecodeError):
        ask()


def test_an_empty_object(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.EMPTY_OBJECT)
    response = ask()
    assert (response.text, response.candidates, response.usage_metadata) == (None, None, None)


@pytest.mark.parametrize("status", [502, 413])
def test_an_error_in_html(ask: Ask, gemini: GeminiServer, status: int) -> None:
    gemini.fail(Fault.HTML_ERROR, status)
    with pytest.raises(errors.APIError, match="<html>") as caught:
        ask()
    assert caught.value.code == status


def test_a_skewed_clock(ask: Ask, gemini: GeminiServer) -> None:
    def date(response: types.GenerateContentResponse) -> float:
        assert response.sdk_http_response and response.sdk_http_response.headers
        return email.utils.parsedate_to_datetime(response.sdk_http_response.headers["date"]).timestamp()

    gemini.fail(Fault.CLOCK_SKEW, -7)
    assert date(ask()) - date(ask()) == pytest.approx(-7 * 3600, abs=5)


@pytest.mark.parametrize("fault", [Fault.SAFETY, Fault.RECITATION])
def test_a_withheld_answer(ask: Ask, gemini: GeminiServer, fault: Fault) -> None:
    gemini.fail(fault)
    response = ask(**AS_SEEN)
    assert (response.text, response.parsed, finish(response)) == (None, None, fault.name)
    assert response.usage_metadata and response.usage_metadata.prompt_token_count


def test_a_blocked_prompt(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.BLOCKED)
    response = ask(**AS_SEEN)
    assert (response.text, response.parsed, response.candidates) == (None, None, None)
    assert response.prompt_feedback and response.prompt_feedback.block_reason


def test_no_candidates(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.NO_ANSWER)
    assert ask().candidates == []


def test_an_answer_that_is_cut(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer(SEEN)
    gemini.fail(Fault.CUT)
    response = ask(**AS_SEEN)
    assert response.parsed is None
    assert json.dumps(SEEN).startswith(str(response.text))
    assert finish(response) == "MAX_TOKENS"


def test_an_answer_that_is_all_thinking(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.ALL_THINKING)
    response = ask(max_output_tokens=70)
    assert (response.text, finish(response)) == (None, "MAX_TOKENS")
    assert response.usage_metadata and response.usage_metadata.thoughts_token_count == 70


def test_an_answer_in_two_halves(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer(SEEN)
    gemini.fail(Fault.CONTINUATION)
    response = ask(**AS_SEEN)
    assert json.loads(str(response.text)) == SEEN
    assert len(gemini.requests) == 2
    assert gemini.requests[1].body["continuationToken"]
    with pytest.raises(errors.ClientError, match="token is not valid"):
        ask(continuation_token=b"made up")


@pytest.mark.parametrize(
    "fault",
    [Fault.FENCED, Fault.INVALID_JSON, Fault.TWO_JSONS, Fault.MISSING_FIELD, Fault.WRONG_ENUM, Fault.WRONG_TYPE],
)
def test_a_bad_answer_is_parsed_to_nothing_and_no_error(ask: Ask, gemini: GeminiServer, fault: Fault) -> None:
    gemini.answer(SEEN)
    gemini.fail(fault)
    response = ask(**AS_SEEN)
    assert response.text
    assert (response.parsed, finish(response)) == (None, "STOP")
    assert ask(**AS_SEEN).parsed == Seen(**SEEN)


def test_a_wrong_enum_is_found_deep_in_the_answer(ask: Ask, gemini: GeminiServer) -> None:
    class Day(BaseModel):
        title: str
        hours: list[Seen | None]

    gemini.answer({"title": "Monday", "hours": [None, SEEN]})
    gemini.fail(Fault.WRONG_ENUM)
    response = ask(response_schema=Day, response_mime_type="application/json")
    assert response.parsed is None
    spoilt = json.loads(str(response.text))
    assert spoilt["title"] == "Monday"
    assert spoilt["hours"][1]["mood"] not in ("calm", "wild")


def test_spoiling_leaves_text_alone_that_is_no_object(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer("no JSON", "[1]")
    gemini.fail(Fault.WRONG_TYPE, times=2)
    assert [ask().text, ask().text] == ["no JSON", "[[1]]"]


def test_an_answer_that_cannot_be_made_up_is_said(ask: Ask) -> None:
    with pytest.raises(errors.ServerError, match="Script one"):
        ask(response_schema={"type": "STRING", "pattern": "^xyz$"}, response_mime_type="application/json")


def test_an_extra_field(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.EXTRA_FIELD)
    response = ask(**AS_SEEN)
    assert "unexpected" in str(response.text)
    assert isinstance(response.parsed, Seen)


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Fault.FILE_PROCESSING, types.FileState.PROCESSING), (Fault.FILE_FAILED, types.FileState.FAILED)],
)
def test_files_that_never_get_ready(
    client: genai.Client, gemini: GeminiServer, film: bytes, fault: Fault, state: types.FileState
) -> None:
    gemini.fail(fault)
    file = upload(client, film)
    assert client.files.get(name=str(file.name)).state is state
    with pytest.raises(errors.ClientError, match="not in an ACTIVE state"):
        client.models.generate_content(model=MODEL, contents=[file_part(file)])
    assert upload(client, film).state is types.FileState.ACTIVE


def test_an_upload_that_breaks_at_a_chunk(client: genai.Client, gemini: GeminiServer, film: bytes) -> None:
    gemini.fail(Fault.UPLOAD_BREAKS, 2)
    with pytest.raises(httpx2.RemoteProtocolError):
        upload(client, film + bytes(8 * 1024 * 1024))
    assert gemini.files == []
    assert [request.fault for request in gemini.requests] == [None, None, Fault.UPLOAD_BREAKS]
    assert upload(client, film).state is types.FileState.ACTIVE


def test_faults_wait_for_their_kind_of_request(client: genai.Client, gemini: GeminiServer, film: bytes) -> None:
    gemini.fail(Fault.OVERLOADED, times=2, on=Endpoint.GENERATE)
    gemini.fail(Fault.FORBIDDEN, on=Endpoint.FILE)
    file = upload(client, film, wait=False)
    with pytest.raises(errors.ClientError, match="403"):
        client.files.get(name=str(file.name))
    for _ in range(2):
        with pytest.raises(errors.ServerError):
            client.models.generate_content(model=MODEL, contents="x")
    assert client.models.generate_content(model=MODEL, contents="x").text


def test_a_wrong_request_leaves_the_fault_waiting(ask: Ask, gemini: GeminiServer) -> None:
    gemini.fail(Fault.OVERLOADED)
    with pytest.raises(errors.ClientError):
        ask(candidate_count=2)
    with pytest.raises(errors.ServerError):
        ask()


def test_a_fault_of_another_api_is_no_fault_here(gemini: GeminiServer) -> None:
    with pytest.raises(ValueError, match="GeminiServer has no fault 'refusal'"):
        gemini.fail(Fault.REFUSAL)


def test_every_fault_is_described() -> None:
    assert list(FAULTS) == list(Fault)


def test_answers_are_scripted_in_order_and_the_last_one_stays(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer("one", "two")
    assert [ask().text for _ in range(3)] == ["one", "two", "two"]
    gemini.answer()
    assert "canned" in str(ask().text)


def test_a_callable_sees_the_request(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer(lambda request: request["contents"][0]["parts"][0]["text"].upper())
    assert ask("echo").text == "ECHO"


def test_a_callable_may_refuse(ask: Ask, gemini: GeminiServer) -> None:
    def refuse(_request: dict[str, Any]) -> str:
        raise Refused(403, "Your API key was reported as leaked.")

    gemini.answer(refuse)
    with pytest.raises(errors.ClientError, match="leaked"):
        ask()
    assert gemini.rejected == []


def test_a_callable_that_fails_is_reported(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer(lambda request: request["nothing"])
    with pytest.raises(errors.ServerError, match="KeyError"):
        ask()
    assert "KeyError" in gemini.rejected[0].reason


def test_a_scripted_value_obeys_the_schema_but_text_goes_out_as_it_is(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer({"mood": "bored"})
    with pytest.raises(errors.ServerError, match=r"\$.summary is missing; \$.mood is 'bored'"):
        ask(**AS_SEEN)
    gemini.answer('{"mood": "bored"}')
    assert ask(**AS_SEEN).text == '{"mood": "bored"}'
