"""usageMetadata follows the documented rules, so that code that counts costs can be tested."""

from __future__ import annotations

import io
from typing import Any

import pytest
from google import genai
from google.genai import types

from livemon.sim.servers import GeminiServer
from livemon.sim.servers.tokens import cut_to_tokens, text_tokens
from tests.sim.servers.conftest import MODEL, Ask, connect, file_part, image_part, picture, upload


def by_modality(response: types.GenerateContentResponse) -> dict[str, int]:
    assert response.usage_metadata is not None
    details = response.usage_metadata.prompt_tokens_details or []
    assert sum(each.token_count or 0 for each in details) == response.usage_metadata.prompt_token_count
    return {str(each.modality and each.modality.value): each.token_count or 0 for each in details}


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("아이가", 2), ("ab 아이가!", 3)])
def test_text_is_counted_by_its_script(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens
    assert cut_to_tokens(text, tokens) == text


def test_cutting_keeps_to_the_budget() -> None:
    assert cut_to_tokens("abcdefgh", 1) == "abcd"
    assert cut_to_tokens("아이가 웃는다", 2) == "아이가"
    assert cut_to_tokens("abc", 0) == ""


@pytest.mark.parametrize(
    ("resolution", "tokens"),
    [(None, 1120), ("MEDIA_RESOLUTION_LOW", 280), ("MEDIA_RESOLUTION_MEDIUM", 560), ("MEDIA_RESOLUTION_HIGH", 1120)],
)
def test_a_picture_costs_by_resolution(ask: Ask, jpeg: bytes, resolution: str | None, tokens: int) -> None:
    config = {"media_resolution": resolution} if resolution else {}
    counted = by_modality(ask([image_part(jpeg), image_part(jpeg), "abcd"], **config))
    assert counted == {"TEXT": 1, "IMAGE": 2 * tokens}


def test_a_part_s_own_resolution_wins(ask: Ask, jpeg: bytes) -> None:
    ultra = types.PartMediaResolution(level=types.PartMediaResolutionLevel.MEDIA_RESOLUTION_ULTRA_HIGH)
    response = ask(
        [image_part(jpeg, media_resolution=ultra), image_part(jpeg)], media_resolution="MEDIA_RESOLUTION_LOW"
    )
    assert by_modality(response) == {"IMAGE": 2240 + 280}


@pytest.mark.parametrize(
    ("metadata", "resolution", "frames", "per_frame", "sound"),
    [
        ({}, None, 4, 70, 128),
        ({"fps": 0.2}, None, 1, 70, 128),
        ({"fps": 2, "start_offset": "1s", "end_offset": "2.2s"}, None, 3, 70, 39),
        ({}, "MEDIA_RESOLUTION_LOW", 4, 70, 128),
        ({}, "MEDIA_RESOLUTION_HIGH", 4, 280, 128),
    ],
)
def test_a_film_costs_by_frames_and_sound(
    ask: Ask,
    client: genai.Client,
    film_with_sound: bytes,
    metadata: dict[str, Any],
    resolution: str | None,
    frames: int,
    per_frame: int,
    sound: int,
) -> None:
    file = upload(client, film_with_sound)
    # The container is a little longer than its pictures: say where it ends.
    part = file_part(file, video_metadata=types.VideoMetadata(**({"end_offset": "4s"} | metadata)))
    response = ask([part], **({"media_resolution": resolution} if resolution else {}))
    assert by_modality(response) == {"VIDEO": frames * per_frame, "AUDIO": sound}


def test_a_silent_film_costs_no_sound(ask: Ask, film: bytes) -> None:
    assert by_modality(ask([image_part(film, "video/mp4")])) == {"VIDEO": 2 * 70}


@pytest.mark.parametrize(
    ("size", "resolution", "tokens"),
    [((64, 48), None, 258), ((640, 480), None, 4 * 258), ((640, 480), "LOW", 64), ((640, 480), "MEDIUM", 256)],
)
def test_2_5_counts_pictures_in_tiles(size: tuple[int, int], resolution: str | None, tokens: int) -> None:
    with GeminiServer(allow_2_5=True) as server, connect(server) as client:
        config = types.GenerateContentConfig(
            media_resolution=types.MediaResolution(f"MEDIA_RESOLUTION_{resolution}") if resolution else None
        )
        response = client.models.generate_content(
            model="gemini-2.5-flash", contents=[image_part(picture(*size))], config=config
        )
        assert by_modality(response) == {"IMAGE": tokens}


@pytest.mark.parametrize(("resolution", "per_frame"), [(None, 258), ("LOW", 66)])
def test_2_5_counts_frames_dearer(film: bytes, resolution: str | None, per_frame: int) -> None:
    with GeminiServer(allow_2_5=True) as server, connect(server) as client:
        config = types.GenerateContentConfig(
            media_resolution=types.MediaResolution(f"MEDIA_RESOLUTION_{resolution}") if resolution else None
        )
        response = client.models.generate_content(
            model="gemini-2.5-flash", contents=[image_part(film, "video/mp4")], config=config
        )
        assert by_modality(response) == {"VIDEO": 2 * per_frame}


def test_schema_and_system_instruction_cost_text(ask: Ask) -> None:
    plain = by_modality(ask("abcd"))["TEXT"]
    assert by_modality(ask("abcd", system_instruction="efgh"))["TEXT"] == plain + 1
    wanted = {"type": "STRING", "description": "x" * 400}
    assert by_modality(ask("abcd", response_schema=wanted, response_mime_type="application/json"))["TEXT"] > plain + 100


@pytest.mark.parametrize(
    ("model", "level", "thoughts"),
    [
        (MODEL, None, None),
        (MODEL, "LOW", 100),
        (MODEL, "MEDIUM", 400),
        (MODEL, "HIGH", 1000),
        ("gemini-3-flash-preview", None, 1000),
    ],
)
def test_thinking_costs_by_level(ask: Ask, model: str, level: str | None, thoughts: int | None) -> None:
    config = {"thinking_config": types.ThinkingConfig(thinking_level=types.ThinkingLevel(level))} if level else {}
    usage = ask("abcd", model=model, **config).usage_metadata
    assert usage is not None
    assert usage.thoughts_token_count == thoughts  # zero is left out, as on the real wire
    answer = usage.candidates_token_count or 0
    assert answer > 0
    assert usage.total_token_count == 1 + answer + (thoughts or 0)


def test_thoughts_are_shown_when_asked_for(ask: Ask) -> None:
    config = types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW, include_thoughts=True)
    response = ask(thinking_config=config)
    assert response.candidates and response.candidates[0].content
    assert [part.thought for part in response.candidates[0].content.parts or []] == [True, None]
    assert "canned" in str(response.text)


def test_the_answer_keeps_to_max_output_tokens(ask: Ask, gemini: GeminiServer) -> None:
    gemini.answer("abcdefgh" * 10)
    short = ask(max_output_tokens=5)
    assert short.text == "abcdefgh" * 2 + "abcd"
    assert short.candidates and short.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    low = types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)
    spent = ask(max_output_tokens=50, thinking_config=low)
    assert spent.text is None
    assert spent.usage_metadata and spent.usage_metadata.thoughts_token_count == 50
    assert spent.candidates and spent.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_tokens_can_be_counted_before(client: genai.Client, jpeg: bytes) -> None:
    counted = client.models.count_tokens(model=MODEL, contents=[image_part(jpeg), "abcd"])
    assert counted.total_tokens == 1121


def test_a_prompt_beyond_the_model_is_refused(client: genai.Client, ask: Ask) -> None:
    with pytest.raises(genai.errors.ClientError, match="exceeds the maximum number of tokens"):
        ask("x" * 4_200_000)


def test_usage_is_remembered_with_the_request(ask: Ask, gemini: GeminiServer) -> None:
    response = ask("abcd")
    assert response.usage_metadata is not None
    assert gemini.requests[-1].usage["totalTokenCount"] == response.usage_metadata.total_token_count


def test_plain_text_files_cost_text(ask: Ask, client: genai.Client) -> None:
    file = client.files.upload(file=io.BytesIO(b"x" * 40), config=types.UploadFileConfig(mime_type="text/plain"))
    for _ in range(2):
        file = client.files.get(name=str(file.name))
    assert by_modality(ask([file_part(file)])) == {"TEXT": 10}
