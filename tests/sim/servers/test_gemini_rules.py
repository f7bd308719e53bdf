"""Each rule of the Gemini stand-in lets a right request pass and refuses a wrong one, through the real SDK."""

from __future__ import annotations

import base64
from enum import StrEnum
from typing import Any, Literal

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, ConfigDict

from livemon.sim.servers import GeminiServer
from tests.sim.servers.conftest import MODEL, Ask, connect, image_part, picture


class Severity(StrEnum):
    DANGER = "danger"
    INFO = "info"


class Event(BaseModel):
    severity: Severity
    title: str
    place: str | None
    box: list[int]


class Seen(BaseModel):
    summary: str
    score: int
    mood: Literal["calm", "wild"]
    events: list[Event]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    summary: str


JSON: dict[str, Any] = {"response_mime_type": "application/json"}


def refused(match: str, code: int = 400) -> Any:
    """Expect a refusal in Google's shape."""

    class Refusal:
        def __enter__(self) -> None:
            return None

        def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
            assert isinstance(error, errors.ClientError), f"was not refused: {error!r}"
            assert (error.code, match in str(error.message)) == (code, True), error
            return True

    return Refusal()


def post(server: GeminiServer, body: dict[str, Any], path: str = f"/v1beta/models/{MODEL}:generateContent") -> Any:
    return httpx2.post(server.url + path, json=body, headers={"x-goog-api-key": "anything"}).json()


def test_it_listens_on_this_machine_only(gemini: GeminiServer) -> None:
    assert gemini.url.startswith("http://127.0.0.1:")


def test_a_key_is_needed_and_has_to_be_right(gemini: GeminiServer) -> None:
    assert httpx2.get(f"{gemini.url}/v1beta/models").status_code == 403
    with GeminiServer(api_key="right") as strict:
        with connect(strict) as client, refused("API key not valid"):
            client.models.generate_content(model=MODEL, contents="Hello")
        reason = httpx2.get(f"{strict.url}/v1beta/models?key=wrong").json()["error"]["details"][0]["reason"]
        assert reason == "API_KEY_INVALID"
        assert httpx2.get(f"{strict.url}/v1beta/models?key=right").status_code == 200


def test_known_models_answer_and_others_are_not_found(ask: Ask, client: genai.Client) -> None:
    for model in client.models.list():
        assert ask(model=str(model.name)).model_version == str(model.name).removeprefix("models/")
        assert "Stand-in" in str(client.models.get(model=str(model.name)).display_name)
    with refused("is not found for API version v1beta", 404):
        ask(model="gemini-9-flash")


def test_2_5_is_gone_for_new_users_only(ask: Ask) -> None:
    with refused("no longer available to new users", 404):
        ask(model="gemini-2.5-flash")
    with GeminiServer(allow_2_5=True) as old, connect(old) as client:
        assert client.models.generate_content(model="gemini-2.5-flash", contents="Hello").text


def test_v1_lacks_what_only_v1beta_has(gemini: GeminiServer) -> None:
    flex = types.GenerateContentConfig(service_tier=types.ServiceTier.FLEX)
    with connect(gemini, "v1") as client:
        assert client.models.generate_content(model=MODEL, contents="Hello").text
        with refused("not found for API version v1", 404):
            client.models.generate_content(model="gemini-flash-lite-latest", contents="Hello")
        with refused("serviceTier"):
            client.models.generate_content(model=MODEL, contents="Hello", config=flex)
        with refused("not found", 404):
            client.caches.create(model=MODEL)
    with connect(gemini) as client:
        assert client.models.generate_content(model=MODEL, contents="Hello", config=flex).text
        latest = client.models.generate_content(model="gemini-flash-lite-latest", contents="Hello")
        assert latest.model_version == MODEL


def test_a_deadline_is_at_least_ten_seconds(gemini: GeminiServer) -> None:
    with connect(gemini, timeout=10_000) as client:
        assert client.models.generate_content(model=MODEL, contents="Hello").text
    with connect(gemini, timeout=5_000) as client, refused("Manually set deadline 5s is too short"):
        client.models.generate_content(model=MODEL, contents="Hello")


@pytest.mark.parametrize(
    "body",
    [
        {"bogus": 1},
        {"generationConfig": {"max_tokens": 1}},
        {"contents": [{"parts": [{"text": "x", "mime": "y"}]}]},
        {"generationConfig": {"thinkingConfig": {"level": "LOW"}}},
    ],
)
def test_unknown_names_are_refused_at_any_depth(gemini: GeminiServer, body: dict[str, Any]) -> None:
    answer = post(gemini, {"contents": [{"parts": [{"text": "Hello"}]}]} | body)["error"]
    assert answer["status"] == "INVALID_ARGUMENT"
    assert "Cannot find field." in answer["message"]
    assert answer["details"][0]["fieldViolations"]


def test_both_ways_of_writing_names_are_taken_but_not_at_once(gemini: GeminiServer) -> None:
    turn = {"contents": [{"parts": [{"text": "Hello"}]}]}
    assert "candidates" in post(gemini, turn | {"generation_config": {"max_output_tokens": "100"}})
    assert "candidates" in post(gemini, turn | {"generationConfig": {"maxOutputTokens": 100}})
    assert gemini.requests[0].body == gemini.requests[1].body
    both = {"generationConfig": {"maxOutputTokens": 100, "max_output_tokens": 100}}
    assert "set twice" in post(gemini, turn | both)["error"]["message"]


@pytest.mark.parametrize(
    "config", [{"maxOutputTokens": "many"}, {"maxOutputTokens": 0}, {"responseMimeType": 5}, {"seed": 1.5}]
)
def test_values_of_a_wrong_type_are_refused(gemini: GeminiServer, config: dict[str, Any]) -> None:
    assert "error" in post(gemini, {"contents": [{"parts": [{"text": "Hello"}]}], "generationConfig": config})


def test_a_body_that_is_no_json_is_refused(gemini: GeminiServer) -> None:
    url = f"{gemini.url}/v1beta/models/{MODEL}:generateContent"
    for body in (b"{", b"[]", b'{"x": NaN}'):
        assert httpx2.post(url, content=body, headers={"x-goog-api-key": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        ([], "contents is not specified"),
        ([{"role": "robot", "parts": [{"text": "x"}]}], "valid role"),
        ([{"role": "user", "parts": []}], "must not be empty"),
        ([{"role": "user", "parts": [{"text": ""}]}], "must not be empty"),
        ([{"role": "user", "parts": [{}]}], "required oneof field 'data'"),
        ([{"role": "user", "parts": [{"text": "x", "inlineData": {}}]}], "already set"),
        ([{"role": "user", "parts": [{"text": "x"}]}, {"role": "model", "parts": [{"text": "y"}]}], "user turn"),
    ],
)
def test_turns_and_parts_make_sense(gemini: GeminiServer, contents: list[Any], text: str) -> None:
    assert text in post(gemini, {"contents": contents})["error"]["message"]


def test_several_turns_are_taken(ask: Ask, gemini: GeminiServer) -> None:
    turns = [types.Content(role=role, parts=[types.Part(text=role)]) for role in ("user", "model", "user")]
    assert ask(turns, system_instruction="Be brief.").text
    assert gemini.requests[-1].text == "Be brief.\nuser\nmodel\nuser"


def test_system_instruction_is_text_only(ask: Ask, jpeg: bytes) -> None:
    with refused("only text parts"):
        ask(system_instruction=[image_part(jpeg)])


def test_pictures_are_decoded(ask: Ask, gemini: GeminiServer, jpeg: bytes) -> None:
    ask([image_part(jpeg), image_part(picture(32, 16, ".png"), "image/png"), "What is there?"])
    assert [media.size_px for media in gemini.requests[-1].media] == [(64, 48), (32, 16)]
    assert gemini.requests[-1].media[0].data == jpeg


@pytest.mark.parametrize(
    ("data", "mime", "text"),
    [
        (b"\xff\xd8\xff rubbish \xff\xd9", "image/jpeg", "cannot be decoded"),
        (picture()[:300], "image/jpeg", "ends in its middle"),
        (picture(extension=".png"), "image/jpeg", "does not begin"),
        (picture(), "video/mp4", "does not begin"),
        (b"\0\0\0\x20ftypisom rubbish", "video/mp4", "cannot be opened"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "video/avi", "cannot be opened"),
        (b"", "image/jpeg", "no data"),
        (picture(), "image/tiff", "Unsupported MIME type"),
    ],
)
def test_media_that_is_something_else_is_refused(ask: Ask, data: bytes, mime: str, text: str) -> None:
    with refused(text):
        ask([image_part(data, mime)])


def test_both_alphabets_of_base64_are_taken(gemini: GeminiServer, jpeg: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        blob = {"mimeType": "image/jpeg", "data": encode(jpeg).decode()}
        assert "candidates" in post(gemini, {"contents": [{"parts": [{"inlineData": blob}]}]})
    blob = {"mimeType": "image/jpeg", "data": "no base64!"}
    assert "Base64" in post(gemini, {"contents": [{"parts": [{"inlineData": blob}]}]})["error"]["message"]


def test_a_body_beyond_twenty_megabytes_is_refused(ask: Ask, film: bytes) -> None:
    assert ask([image_part(film, "video/mp4")]).text
    with refused("payload size exceeds"):
        ask([image_part(film + bytes(16_000_000), "video/mp4")])


def test_a_schema_needs_json_and_comes_alone(ask: Ask) -> None:
    assert isinstance(ask(response_schema=Seen, **JSON).parsed, Seen)
    assert ask(response_json_schema=Seen.model_json_schema(), **JSON).parsed
    with refused("needs response_mime_type"):
        ask(response_schema=Seen)
    with refused("Only one of"):
        ask(response_schema=Seen, response_json_schema=Seen.model_json_schema(), **JSON)
    with refused("response mime type"):
        ask(response_mime_type="application/xml")


def schema(**fields: Any) -> dict[str, Any]:
    return {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}} | fields


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (schema(type="object"), "Invalid value"),
        (schema(additionalProperties=False), "additionalProperties"),
        ({"$ref": "#/x"}, "$ref"),
        (schema(type=["OBJECT", "NULL"]), "Invalid value"),
        (schema(required=["b"]), "not defined"),
        (schema(propertyOrdering=["b"]), "not defined"),
        (schema(properties={}), "non-empty"),
        ({"type": "ARRAY"}, "missing field"),
        (schema(properties={"a": {"type": "INTEGER", "enum": ["1"]}}), "only allowed for STRING"),
        (schema(properties={"a": {"type": "STRING", "enum": [""]}}), "cannot be empty"),
        (schema(properties={"a": {"type": "STRING", "format": "email"}}), "are supported for STRING"),
        (schema(properties={"a": {"type": "STRING", "minLength": 3, "maxLength": 2}}), "greater"),
        (schema(properties={"a": {"description": "no type"}}), "must be specified"),
        (schema(properties={"a": {"type": "ARRAY", "items": schema(required=["c"])}}), "not defined"),
    ],
)
def test_response_schemas_keep_to_geminis_dialect(gemini: GeminiServer, wrong: dict[str, Any], text: str) -> None:
    turn = {"contents": [{"parts": [{"text": "Hello"}]}]}
    config = {"responseMimeType": "application/json", "responseSchema": schema()}
    assert "candidates" in post(gemini, turn | {"generationConfig": config})
    config["responseSchema"] = wrong
    assert text in post(gemini, turn | {"generationConfig": config})["error"]["message"]


def test_a_model_that_forbids_extras_is_refused(ask: Ask) -> None:
    with refused("additional_properties"):
        ask(response_schema=Closed, **JSON)
    assert ask(response_json_schema=Closed.model_json_schema(), **JSON).parsed


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "thing"},
        {"type": "object", "properties": {"a": 5}},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
    ],
)
def test_json_schemas_make_sense(ask: Ask, wrong: dict[str, Any]) -> None:
    with refused("response_json_schema"):
        ask(response_json_schema=wrong, **JSON)


def test_media_resolution_is_one_of_the_documented(ask: Ask, gemini: GeminiServer, jpeg: bytes) -> None:
    level = types.PartMediaResolution(level=types.PartMediaResolutionLevel.MEDIA_RESOLUTION_ULTRA_HIGH)
    assert ask([image_part(jpeg)], media_resolution="MEDIA_RESOLUTION_LOW").text
    assert ask([image_part(jpeg, media_resolution=level)]).text
    for wrong in ("MEDIA_RESOLUTION_ULTRA_HIGH", "LOW"):
        answer = post(
            gemini, {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"mediaResolution": wrong}}
        )
        assert "Invalid value" in answer["error"]["message"]
    with refused("only a media part"):
        ask([types.Part(text="Hello", media_resolution=level)])
    with GeminiServer(allow_2_5=True) as old, connect(old) as client, refused("not supported by gemini-2.5-flash"):
        client.models.generate_content(model="gemini-2.5-flash", contents=[image_part(jpeg, media_resolution=level)])


def test_video_metadata_fits_the_video(ask: Ask, film: bytes, jpeg: bytes) -> None:
    def metadata(**fields: Any) -> dict[str, Any]:
        return {"video_metadata": types.VideoMetadata(**fields)}

    right = metadata(fps=24, start_offset="0s", end_offset="1.5s")
    assert ask([image_part(film, "video/mp4", **right)]).text
    for wrong in ({"fps": 24.1}, {"start_offset": "1s", "end_offset": "1s"}, {"end_offset": "3s"}):
        with refused("video_metadata"):
            ask([image_part(film, "video/mp4", **metadata(**wrong))])
    with refused("Invalid value"):
        ask([image_part(film, "video/mp4", **metadata(start_offset="00:01"))])
    with refused("only a video part"):
        ask([image_part(jpeg, **metadata(fps=1))])


def thinking(**fields: Any) -> dict[str, Any]:
    return {"thinking_config": types.ThinkingConfig(**fields)}


@pytest.mark.parametrize(
    ("model", "config", "works"),
    [
        (MODEL, {"thinking_level": "minimal"}, True),
        (MODEL, {"thinking_level": "HIGH"}, True),
        (MODEL, {"thinking_level": "LOW", "thinking_budget": 10}, False),
        (MODEL, {"thinking_budget": 0}, False),
        ("gemini-3.6-flash", {"thinking_level": "MINIMAL"}, True),
        ("gemini-3.8-flash", {"thinking_level": "MINIMAL"}, False),
        ("gemini-3.8-flash", {"thinking_level": "LOW"}, True),
        ("gemini-2.5-flash", {"thinking_level": "LOW"}, False),
        ("gemini-2.5-flash", {"thinking_budget": 0}, True),
    ],
)
def test_thinking_is_set_as_each_model_has_it(model: str, config: dict[str, Any], works: bool) -> None:
    with GeminiServer(allow_2_5=True) as server, connect(server) as client:
        wanted = types.GenerateContentConfig(**thinking(**config))
        if works:
            assert client.models.generate_content(model=model, contents="Hello", config=wanted).text
        else:
            with refused("hinking"):
                client.models.generate_content(model=model, contents="Hello", config=wanted)


def test_level_and_budget_exclude_each_other(ask: Ask) -> None:
    with refused("only one of thinking budget and thinking level"):
        ask(**thinking(thinking_level="LOW", thinking_budget=10))


def test_a_misspelt_thinking_level_is_refused(gemini: GeminiServer) -> None:
    # Not by the SDK: on Python 3.11.2 it fails over a word that it does not know before it sends anything.
    config = {"thinkingConfig": {"thinkingLevel": "bogus"}}
    answer = post(gemini, {"contents": [{"parts": [{"text": "Hello"}]}], "generationConfig": config})
    assert answer["error"]["code"] == 400
    assert "Invalid value" in answer["error"]["message"]


@pytest.mark.parametrize("setting", [{"temperature": 0.0}, {"top_p": 0.5}, {"top_k": 5}])
def test_newer_models_refuse_sampling(ask: Ask, setting: dict[str, Any]) -> None:
    assert ask(model="gemini-3.1-flash-lite", **setting).text
    with refused("not supported"):
        ask(**setting)


def test_there_is_one_candidate(ask: Ask) -> None:
    assert ask(candidate_count=1).text
    with refused("candidate"):
        ask(candidate_count=2)


def test_a_rejected_request_is_remembered_with_its_reason(ask: Ask, gemini: GeminiServer) -> None:
    ask()
    with refused("candidate"):
        ask(candidate_count=2)
    assert [request.status for request in gemini.requests] == [200, 400]
    assert [request.reason for request in gemini.rejected] == ["Multiple candidates is not enabled for this model"]


def test_messages_and_lists_are_what_they_are(gemini: GeminiServer) -> None:
    assert "Expected a list" in post(gemini, {"contents": {}})["error"]["message"]
    assert "Expected an object" in post(gemini, {"contents": ["Hello"]})["error"]["message"]
    assert "contents is not specified" in post(gemini, {})["error"]["message"]


def test_a_schema_may_have_alternatives(ask: Ask, gemini: GeminiServer) -> None:
    alternatives: dict[str, Any] = {"anyOf": [{"type": "INTEGER"}, {"type": "STRING"}]}
    assert ask(response_schema=alternatives, **JSON).text == "0"
    alternatives["anyOf"].append({"type": "ARRAY"})
    with refused("any_of[2].items: missing field"):
        ask(response_schema=alternatives, **JSON)


def test_other_methods_and_paths_are_not_there(gemini: GeminiServer) -> None:
    turn = {"contents": [{"parts": [{"text": "Hello"}]}]}
    path = f"/v1beta/models/{MODEL}:streamGenerateContent"
    assert "does not support" in post(gemini, turn, path)["error"]["message"]


def test_other_paths_are_not_there(gemini: GeminiServer) -> None:
    assert httpx2.get(f"{gemini.url}/v2/models").status_code == 404
    assert gemini.rejected
