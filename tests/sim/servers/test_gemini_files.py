"""Uploads, files, caches, batches and limits of the Gemini stand-in, through the real SDK."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import errors, types

from livemon.base.clock import FakeClock
from livemon.sim.servers import Endpoint, Fault, GeminiServer
from livemon.sim.servers.gemini.files import GRANULARITY_BYTES
from tests.sim.servers.conftest import MODEL, connect, file_part, upload

KEY = {"x-goog-api-key": "anything"}
LONG = "abcd" * 4096


@pytest.fixture
def gemini(clock: FakeClock) -> Iterator[GeminiServer]:
    with GeminiServer(clock=clock) as server:
        yield server


def ask(client: genai.Client, part: types.Part) -> types.GenerateContentResponse:
    return client.models.generate_content(model=MODEL, contents=[part, "What is there?"])


def begin(server: GeminiServer, size: int, body: dict[str, Any] | None = None, **headers: str) -> httpx2.Response:
    head = KEY | {
        "X-Goog-Upload-Protocol": "resumable",
        "X-Goog-Upload-Command": "start",
        "X-Goog-Upload-Header-Content-Length": str(size),
        "X-Goog-Upload-Header-Content-Type": "video/mp4",
    }
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.post(f"{server.url}/upload/v1beta/files", json=body or {}, headers=head)


def send(url: str, data: bytes, offset: int, command: str = "upload, finalize") -> httpx2.Response:
    head = {"X-Goog-Upload-Command": command, "X-Goog-Upload-Offset": str(offset)}
    return httpx2.post(url, content=data, headers=head)


def test_a_film_is_uploaded_processed_looked_at_and_deleted(
    gemini: GeminiServer, client: genai.Client, film: bytes
) -> None:
    file = upload(client, film, wait=False)
    states = [file.state, *(client.files.get(name=str(file.name)).state for _ in range(2))]
    assert [state and state.value for state in states] == ["PROCESSING", "PROCESSING", "ACTIVE"]
    assert str(file.uri).startswith(gemini.url)
    assert [held.name for held in gemini.files] == [file.name]
    assert ask(client, file_part(file)).text
    assert gemini.requests[-1].media[0].data == film
    client.files.delete(name=str(file.name))
    assert gemini.files == []
    with pytest.raises(errors.ClientError, match="403"):
        ask(client, file_part(file))


async def test_aiohttp_finds_the_upload_url_too(gemini: GeminiServer, film: bytes) -> None:
    client = connect(gemini)
    file = await client.aio.files.upload(file=io.BytesIO(film), config=types.UploadFileConfig(mime_type="video/mp4"))
    assert gemini.files[0].name == file.name
    await client.aio.aclose()


def test_a_file_that_is_not_ready_is_refused(client: genai.Client, film: bytes) -> None:
    with pytest.raises(errors.ClientError) as caught:
        ask(client, file_part(upload(client, film, wait=False)))
    assert (caught.value.code, caught.value.status) == (400, "FAILED_PRECONDITION")


def test_a_file_is_used_as_what_it_was_uploaded(client: genai.Client, film: bytes) -> None:
    file = upload(client, film)
    file.mime_type = "video/webm"
    with pytest.raises(errors.ClientError, match="is video/mp4, not video/webm"):
        ask(client, file_part(file))


@pytest.mark.parametrize(
    ("uri", "code"), [("gs://bucket/film.mp4", 400), ("http://elsewhere/v1beta/files/x", 403), ("", 400)]
)
def test_other_addresses_are_refused(client: genai.Client, uri: str, code: int) -> None:
    with pytest.raises(errors.ClientError, match=str(code)):
        ask(client, file_part(types.File(uri=uri, mime_type="video/mp4")))


def test_files_expire_after_two_days(gemini: GeminiServer, client: genai.Client, clock: FakeClock, film: bytes) -> None:
    file = upload(client, film)
    clock.advance(timedelta(hours=47, minutes=59).total_seconds())
    assert ask(client, file_part(file)).text
    clock.advance(60)
    with pytest.raises(errors.ClientError, match="403"):
        ask(client, file_part(file))
    assert gemini.files == []


def test_files_are_listed(client: genai.Client, film: bytes) -> None:
    names = {upload(client, film, wait=False).name for _ in range(2)}
    assert {file.name for file in client.files.list()} == names


def test_what_is_no_film_fails_in_processing(client: genai.Client) -> None:
    file = upload(client, b"no film at all")
    assert file.state is types.FileState.FAILED
    assert file.error and file.error.message


def test_an_upload_comes_in_contiguous_chunks(gemini: GeminiServer, client: genai.Client, film: bytes) -> None:
    long = film + bytes(GRANULARITY_BYTES)  # bytes after the last box do no harm
    assert upload(client, long).state is types.FileState.ACTIVE
    begun_and_sent = [request for request in gemini.requests if request.path.startswith("/upload")]
    assert len(begun_and_sent) == 3

    url = begin(gemini, len(film)).headers["x-goog-upload-url"]
    wrong = (
        (film, 1, "upload, finalize", "bytes have come"),
        (film[:-1], 0, "upload, finalize", "were announced"),
        (film[:100], 0, "upload", "multiple of"),
        (bytes(GRANULARITY_BYTES), 0, "upload", "were announced"),
        (film, 0, "start", "must be upload"),
        (film, 0, "upload, finalize, query", "must be upload"),
    )
    for data, offset, command, text in wrong:
        refusal = send(url, data, offset, command)
        assert refusal.status_code == 400
        assert text in refusal.json()["error"]["message"]
    assert send(url, film, 0).json()["file"]["sizeBytes"] == str(len(film))
    assert send(url, film, 0).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Goog_Upload_Protocol": "multipart"},
        {"X_Goog_Upload_Command": "upload"},
        {"X_Goog_Upload_Header_Content_Length": "many"},
        {"X_Goog_Upload_Header_Content_Type": "video/unknown"},
        {"X_Server_Timeout": "5"},
    ],
)
def test_an_upload_begins_with_its_headers(gemini: GeminiServer, headers: dict[str, str]) -> None:
    assert begin(gemini, 10).status_code == 200
    assert begin(gemini, 10, **headers).status_code == 400


@pytest.mark.parametrize(
    ("name", "status"), [("a-1", 200), ("A", 400), ("-a", 400), ("a" * 40, 200), ("a" * 41, 400), ("taken", 409)]
)
def test_file_names_are_short_and_plain(
    gemini: GeminiServer, client: genai.Client, film: bytes, name: str, status: int
) -> None:
    client.files.upload(file=io.BytesIO(film), config=types.UploadFileConfig(mime_type="video/mp4", name="taken"))
    assert begin(gemini, 10, {"file": {"name": f"files/{name}"}}).status_code == status


@pytest.mark.parametrize("file", [{"sizeBytes": 11}, {"mime_type": "video/webm"}])
def test_an_upload_says_the_same_in_body_and_headers(gemini: GeminiServer, file: dict[str, Any]) -> None:
    assert begin(gemini, 10, {"file": {"sizeBytes": "10", "mimeType": "video/mp4"}}).status_code == 200
    assert begin(gemini, 10, {"file": file}).status_code == 400


def test_a_file_of_requests_is_no_film(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="Unsupported MIME type"):
        ask(client, file_part(upload(client, b"{}", "jsonl")))


def test_an_upload_needs_a_key_but_its_chunks_do_not(gemini: GeminiServer, film: bytes) -> None:
    url = begin(gemini, len(film)).headers["x-goog-upload-url"]
    assert url.startswith(gemini.url)
    assert send(url, film, 0).status_code == 200
    assert httpx2.post(f"{gemini.url}/upload/v1beta/files", json={}).status_code == 403


def test_caches_must_not_be_small(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="total_token_count=1, min_total_token_count=4096"):
        client.caches.create(model=MODEL, config=types.CreateCachedContentConfig(contents="abcd"))


def test_a_cache_counts_in_the_prompt_until_it_expires(client: genai.Client, clock: FakeClock) -> None:
    made = client.caches.create(model=MODEL, config=types.CreateCachedContentConfig(system_instruction=LONG, ttl="60s"))
    config = types.GenerateContentConfig(cached_content=made.name)
    usage = client.models.generate_content(model=MODEL, contents="abcd", config=config).usage_metadata
    assert usage is not None
    assert (usage.cached_content_token_count, usage.prompt_token_count) == (4096, 4097)
    for model, more in (("gemini-3.6-flash", {}), (MODEL, {"system_instruction": "Be brief."})):
        with pytest.raises(errors.ClientError, match="400"):
            client.models.generate_content(
                model=model, contents="x", config=types.GenerateContentConfig(cached_content=made.name, **more)
            )
    clock.advance(50)
    client.caches.update(name=str(made.name), config=types.UpdateCachedContentConfig(ttl="60s"))
    clock.advance(50)
    assert client.caches.get(name=str(made.name)).usage_metadata
    assert [cache.name for cache in client.caches.list()] == [made.name]
    clock.advance(10)
    with pytest.raises(errors.ClientError, match="403"):
        client.models.generate_content(model=MODEL, contents="abcd", config=config)


def test_a_deleted_cache_is_gone(client: genai.Client) -> None:
    made = client.caches.create(model=MODEL, config=types.CreateCachedContentConfig(contents=LONG))
    client.caches.delete(name=str(made.name))
    with pytest.raises(errors.ClientError, match="403"):
        client.caches.get(name=str(made.name))


def batch(client: genai.Client, *requests: types.InlinedRequest) -> types.BatchJob:
    return client.batches.create(model=MODEL, src=list(requests))


def inlined(key: str, **config: Any) -> types.InlinedRequest:
    return types.InlinedRequest(
        contents=[types.Content(role="user", parts=[types.Part(text=key)])],
        metadata={"key": key},
        config=types.GenerateContentConfig(**config) if config else None,
    )


def states(client: genai.Client, job: types.BatchJob, count: int = 2) -> list[str]:
    got = [client.batches.get(name=str(job.name)) for _ in range(count)]
    return [str(each.state and each.state.value) for each in (job, *got)]


def test_a_batch_runs_and_each_request_fails_alone(client: genai.Client) -> None:
    job = batch(client, inlined("a"), inlined("b", candidate_count=2))
    assert states(client, job) == ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
    dest = client.batches.get(name=str(job.name)).dest
    assert dest and dest.inlined_responses
    good, bad = dest.inlined_responses
    assert good.response and "canned" in str(good.response.text)
    assert good.metadata == {"key": "a"}
    assert bad.response is None
    assert bad.error and bad.error.code == 3


def test_the_keys_of_a_batch_are_unique(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="must be unique"):
        batch(client, inlined("a"), inlined("a"))


def test_a_batch_beyond_twenty_megabytes_is_refused(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="payload size exceeds"):
        batch(client, inlined("x" * 21_000_000))


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({}, "either requests or file_name"),
        ({"requests": {"requests": []}}, "has no requests"),
        ({"requests": {"requests": [{"request": {}}]}, "fileName": "files/x"}, "either requests or file_name"),
        ({"fileName": "files/none"}, "may not exist"),
        ({"requests": {"requests": [{"bogus": {}}]}}, "Cannot find field"),
    ],
)
def test_a_batch_has_one_source(gemini: GeminiServer, config: dict[str, Any], match: str) -> None:
    url = f"{gemini.url}/v1beta/models/{MODEL}:batchGenerateContent"
    answer = httpx2.post(url, json={"batch": {"inputConfig": config}}, headers=KEY).json()
    assert match in answer["error"]["message"]


@pytest.mark.parametrize("data", [b"no JSON", b"[1]"])
def test_a_batch_file_is_jsonl(client: genai.Client, data: bytes) -> None:
    file = client.files.upload(file=io.BytesIO(data), config=types.UploadFileConfig(mime_type="jsonl"))
    with pytest.raises(errors.ClientError, match="400"):
        client.batches.create(model=MODEL, src=str(file.name))


def test_a_batch_is_cancelled_and_deleted(client: genai.Client) -> None:
    job = batch(client, inlined("a"))
    client.batches.cancel(name=str(job.name))
    assert states(client, job, 1)[-1] == "JOB_STATE_CANCELLED"
    assert [each.name for each in client.batches.list()] == [job.name]
    client.batches.delete(name=str(job.name))
    with pytest.raises(errors.ClientError, match="404"):
        client.batches.get(name=str(job.name))


def test_batches_expire_and_fail_when_told_to(gemini: GeminiServer, client: genai.Client) -> None:
    gemini.fail(Fault.BATCH_EXPIRED)
    assert states(client, batch(client, inlined("a")))[-1] == "JOB_STATE_EXPIRED"
    gemini.fail(Fault.BATCH_ITEM_FAILED)
    job = batch(client, inlined("a"), inlined("b"))
    states(client, job)
    dest = client.batches.get(name=str(job.name)).dest
    assert dest and [bool(each.error) for each in dest.inlined_responses or []] == [True, False]
    gemini.fail(Fault.SAFETY, on=Endpoint.BATCH)
    job = batch(client, inlined("a"))
    states(client, job)
    dest = client.batches.get(name=str(job.name)).dest
    response = (dest.inlined_responses or [])[0].response if dest else None
    assert response and response.candidates and response.candidates[0].finish_reason is types.FinishReason.SAFETY


def test_a_batch_comes_from_a_file_and_goes_to_one(client: genai.Client) -> None:
    lines = [{"key": key, "request": {"contents": [{"parts": [{"text": key}]}]}} for key in "ab"]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    file = client.files.upload(file=io.BytesIO(data), config=types.UploadFileConfig(mime_type="jsonl"))
    job = client.batches.create(model=MODEL, src=str(file.name))
    states(client, job)
    dest = client.batches.get(name=str(job.name)).dest
    assert dest and dest.file_name
    results = [json.loads(line) for line in client.files.download(file=dest.file_name).splitlines()]
    assert [result["key"] for result in results] == ["a", "b"]
    assert "canned" in results[0]["response"]["candidates"][0]["content"]["parts"][0]["text"]


@pytest.mark.parametrize(("free", "tier"), [(True, "-FreeTier"), (False, "")])
def test_limits_a_minute_and_a_day(clock: FakeClock, free: bool, tier: str) -> None:
    def quota() -> tuple[str, str]:
        with pytest.raises(errors.ClientError, match="RESOURCE_EXHAUSTED") as caught:
            client.models.generate_content(model=MODEL, contents="x")
        failure, retry = caught.value.details["error"]["details"]
        return failure["violations"][0]["quotaId"], retry["retryDelay"]

    limits = {"requests_per_minute": 2, "requests_per_day": 3}
    with GeminiServer(clock=clock, free_tier=free, **limits) as server, connect(server) as client:
        client.models.generate_content(model=MODEL, contents="x")
        clock.advance(20)
        client.models.generate_content(model=MODEL, contents="x")
        assert quota() == (f"GenerateRequestsPerMinutePerProjectPerModel{tier}", "40s")
        assert client.models.generate_content(model="gemini-3.6-flash", contents="x").text
        clock.advance(40)
        client.models.generate_content(model=MODEL, contents="x")
        assert quota() == (f"GenerateRequestsPerDayPerProjectPerModel{tier}", f"{8 * 3600 - 60}s")
        clock.advance(8 * 3600)
        assert client.models.generate_content(model=MODEL, contents="x").text
        assert len(server.rejected) == 2
