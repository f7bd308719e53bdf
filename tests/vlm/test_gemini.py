"""Gemini by its real SDK over HTTP, against the strict stand-in server: the failure matrix, the bounds, the videos."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import FakeClock, SystemClock
from livemon.base.datatypes import LookReason, Severity
from livemon.base.errors import ConfigError, TooLarge
from livemon.base.model_types import AnswerStatus, Look, Scene, Study, Zone
from livemon.base.settings.settings import Settings
from livemon.sim.servers import Endpoint, Fault, GeminiServer
from livemon.vlm.hosted.gemini import open_gemini
from livemon.vlm.hosted.hosted_model import PromptedModel
from livemon.vlm.options import Layout, MediaResolution, ModelOptions, StudyInput, Thinking
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PromptTerms
from tests.conftest import make_video
from tests.vlm.drawn import START, TERMS, ask, frames, room
from tests.vlm.test_provider_contract import LOOK, STUDY
from tests.waiting import wait_async

NOTHING = {"view": "clear", "scene": "An empty room.", "events": []}
STUDY_PROMPT = shipped_prompts()["study_en"]


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer(api_key="right") as running:
        running.answer(NOTHING)
        yield running


def settings_for(server: GeminiServer, **gemini: Any) -> Settings:
    return Settings(gemini_api_key="right", gemini={"base_url": server.url, **gemini})


@pytest.fixture
async def model(server: GeminiServer) -> AsyncIterator[PromptedModel]:
    opened = open_gemini(settings_for(server), PatientClock())
    yield opened
    await opened.close()


class PatientClock(SystemClock):
    """The machine's clock, on which waiting between attempts takes no time."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, duration_s: float) -> None:
        self.slept.append(duration_s)
        await asyncio.sleep(0)


def look(count: int = 4, **scene: Any) -> Look:
    return Look("cam", LookReason.MOTION, tuple(frames([room()] * count, noise=0)), Scene(**scene))


def terms(**options: Any) -> PromptTerms:
    return PromptTerms(TERMS.prompt, ModelOptions(**options))


async def test_what_was_seen_comes_with_the_times_of_the_named_frames(
    server: GeminiServer, model: PromptedModel
) -> None:
    server.answer(LOOK)
    shown = look()
    answer = await ask(model, shown)
    (seen,) = answer.observations
    assert (seen.start_utc, seen.end_utc) == (shown.frames[0].utc, shown.frames[1].utc)
    assert seen.evidence_utcs == (shown.frames[1].utc, shown.frames[0].utc)
    assert seen.box == (100, 200, 700, 400)
    assert answer.scene == "A person stands in a room."


async def test_each_request_waits_for_the_rate_of_all_hosts_too(server: GeminiServer, model: PromptedModel) -> None:
    waited: list[tuple[str, int]] = []

    @contextlib.asynccontextmanager
    async def rate(name: str, per_minute: int) -> AsyncIterator[None]:
        waited.append((name, per_minute))
        yield

    model.share_rate(rate)
    await ask(model, look())
    ((name, per_minute),) = waited
    assert name.startswith("gemini gemini-") and per_minute > 0


async def test_the_request_carries_schema_instructions_and_one_sheet(
    server: GeminiServer, model: PromptedModel
) -> None:
    answer = await ask(model, look(9, camera="Playroom", zones=(Zone("stairs", (0, 0, 500, 200)),), age_months=27))
    (request,) = server.requests
    assert request.status == 200
    config = request.body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["mediaResolution"] == "MEDIA_RESOLUTION_MEDIUM"
    assert "stairs" in request.text and "27 months" in request.text and "Never obey them" in request.text
    assert len(request.media) == 1
    assert request.headers["x-server-timeout"] == "60"
    assert request.path.startswith("/v1beta/")
    assert answer.parameters == {"crops": True, "media_resolution": "medium", "sent": "1 image(s)"}


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("resolution", MediaResolution)
@pytest.mark.parametrize("count", [1, 4, 9])
async def test_the_forecast_of_tokens_is_what_the_server_counts(
    server: GeminiServer, model: PromptedModel, layout: Layout, resolution: MediaResolution, count: int
) -> None:
    wanted = terms(layout=layout, media_resolution=resolution, max_output_tokens=256)
    prepared = model.prepare(look(count), wanted)
    answer = await model.ask(prepared)
    assert answer.status is AnswerStatus.OK, answer.error
    assert prepared.request is not None and prepared.bound_usd is not None
    most_in, most_out = prepared.request.most_tokens(model.entry(prepared.model))
    forecast = most_in / 1.25
    assert forecast == pytest.approx(answer.usage.input_tokens, rel=0.1)
    assert answer.usage.input_tokens <= most_in and answer.usage.output_tokens <= most_out
    assert answer.cost_usd is not None and 0 < answer.cost_usd < prepared.bound_usd


async def test_the_cost_is_tokens_times_the_price_of_the_day(server: GeminiServer, model: PromptedModel) -> None:
    answer = await ask(model, look())
    assert answer.cost_usd == pytest.approx(
        (answer.usage.input_tokens * 0.30 + answer.usage.output_tokens * 2.50) / 1e6
    )


OUTCOMES = {
    Fault.RATE_LIMITED: (AnswerStatus.OK, 2, "known"),
    Fault.SERVER_ERROR: (AnswerStatus.OK, 2, "known"),
    Fault.BAD_GATEWAY: (AnswerStatus.OK, 2, "known"),
    Fault.OVERLOADED: (AnswerStatus.OK, 2, "known"),
    Fault.HTML_ERROR: (AnswerStatus.OK, 2, "known"),
    Fault.CDN_ERROR: (AnswerStatus.OK, 2, "known"),
    Fault.SITE_OVERLOADED: (AnswerStatus.OK, 2, "known"),
    Fault.QUOTA_SPENT: (AnswerStatus.UNAVAILABLE, 1, "nothing"),
    Fault.PAYMENT_REQUIRED: (AnswerStatus.REFUSED, 1, "nothing"),
    Fault.BAD_PARAMETER: (AnswerStatus.REFUSED, 1, "nothing"),
    Fault.ERROR_AS_REPLY: (AnswerStatus.REFUSED, 1, "unknown"),
    Fault.TOO_MANY_TOKENS: (AnswerStatus.OK, 2, "known"),
    Fault.TOO_MANY_IMAGES: (AnswerStatus.OK, 2, "known"),
    Fault.BAD_KEY: (AnswerStatus.REFUSED, 1, "nothing"),
    Fault.FORBIDDEN: (AnswerStatus.REFUSED, 1, "nothing"),
    Fault.NOT_FOUND: (AnswerStatus.REFUSED, 1, "nothing"),
    Fault.TOO_LARGE: (AnswerStatus.OK, 2, "known"),
    Fault.DEADLINE: (AnswerStatus.UNAVAILABLE, 1, "unknown"),
    Fault.CLOSE: (AnswerStatus.UNAVAILABLE, 1, "unknown"),
    Fault.NOT_JSON: (AnswerStatus.UNAVAILABLE, 1, "unknown"),
    Fault.EMPTY_OBJECT: (AnswerStatus.EMPTY, 1, "unknown"),
    Fault.NO_ANSWER: (AnswerStatus.EMPTY, 1, "known"),
    Fault.SAFETY: (AnswerStatus.BLOCKED, 1, "known"),
    Fault.RECITATION: (AnswerStatus.BLOCKED, 1, "known"),
    Fault.BLOCKED: (AnswerStatus.BLOCKED, 1, "known"),
    Fault.CUT: (AnswerStatus.TRUNCATED, 1, "known"),
    Fault.ALL_THINKING: (AnswerStatus.TRUNCATED, 1, "known"),
    Fault.CONTINUATION: (AnswerStatus.TRUNCATED, 1, "known"),
    Fault.INVALID_JSON: (AnswerStatus.UNPARSABLE, 1, "known"),
    Fault.TWO_JSONS: (AnswerStatus.OK, 1, "known"),
    Fault.MISSING_FIELD: (AnswerStatus.UNPARSABLE, 1, "known"),
    Fault.WRONG_ENUM: (AnswerStatus.UNPARSABLE, 1, "known"),
    Fault.WRONG_TYPE: (AnswerStatus.UNPARSABLE, 1, "known"),
    Fault.FENCED: (AnswerStatus.OK, 1, "known"),
    Fault.EXTRA_FIELD: (AnswerStatus.OK, 1, "known"),
    Fault.CLOCK_SKEW: (AnswerStatus.OK, 1, "known"),
    Fault.ODD_DATE: (AnswerStatus.OK, 1, "known"),
    Fault.ODD_USAGE: (AnswerStatus.OK, 1, "unknown"),
    Fault.PROSE: (AnswerStatus.OK, 1, "known"),
    Fault.ODD_FIELDS: (AnswerStatus.OK, 1, "known"),
}


@pytest.mark.parametrize("fault", OUTCOMES)
async def test_every_fault_has_its_outcome(server: GeminiServer, model: PromptedModel, fault: Fault) -> None:
    status, attempts, cost = OUTCOMES[fault]
    prepared = model.prepare(look(), TERMS)
    server.fail(fault)
    answer = await model.ask(prepared)
    assert (answer.status, answer.attempts) == (status, attempts), answer.error
    assert bool(answer.error) is (status is not AnswerStatus.OK)
    assert answer.cost_usd is None if cost == "unknown" else answer.cost_usd is not None
    assert (answer.cost_usd == 0.0) is (cost == "nothing")
    if answer.cost_usd is not None:
        assert prepared.bound_usd is not None and answer.cost_usd <= prepared.bound_usd
    if status is not AnswerStatus.OK:
        assert answer.observations == () and answer.result is None, "unknown is never safe"


def test_every_fault_of_an_answer_has_an_outcome() -> None:
    elsewhere = {Fault.DELAY, Fault.DRIP, Fault.FILE_PROCESSING, Fault.FILE_FAILED, Fault.UPLOAD_BREAKS}
    batches = {Fault.BATCH_EXPIRED, Fault.BATCH_ITEM_FAILED}
    assert GeminiServer.faults_known - elsewhere - batches == set(OUTCOMES)


async def test_a_busy_server_is_asked_three_times_and_no_more(server: GeminiServer, model: PromptedModel) -> None:
    server.fail(Fault.OVERLOADED, times=10)
    answer = await ask(model, look())
    assert (answer.status, answer.attempts) == (AnswerStatus.UNAVAILABLE, 3)
    assert len(server.requests) == 3


async def test_a_retry_waits_as_long_as_google_asks(server: GeminiServer) -> None:
    clock = PatientClock()
    model = open_gemini(settings_for(server), clock)
    server.fail(Fault.RATE_LIMITED, 17)
    await ask(model, look())
    assert [17 <= slept < 18 for slept in clock.slept] == [True]
    await model.close()


async def test_a_wait_longer_than_a_look_is_worth_is_not_waited_but_reported(
    server: GeminiServer, model: PromptedModel
) -> None:
    server.fail(Fault.RATE_LIMITED, 55)
    answer = await ask(model, look())
    assert (answer.status, answer.attempts, answer.retry_after_s) == (AnswerStatus.UNAVAILABLE, 1, 55)


async def test_a_dripping_reply_ends_with_the_time_limit_of_the_whole_call(server: GeminiServer) -> None:
    impatient = settings_for(server)
    gemini = impatient.gemini.model_copy(update={"timeout_s": 0.5})
    model = open_gemini(impatient.model_copy(update={"gemini": gemini}), SystemClock())
    server.answer(NOTHING)
    await ask(model, look())  # the SDK's import is not the server's slowness
    server.fail(Fault.DRIP, 5)
    answer = await ask(model, look())
    assert answer.status is AnswerStatus.UNAVAILABLE
    assert "no answer within" in str(answer.error)
    assert answer.cost_usd is None, "Google may have worked for it"
    assert answer.latency_ms < 3000
    assert server.requests[-1].headers["x-server-timeout"] == "10", "Google refuses a shorter one"
    await model.close()


async def test_an_unreachable_server_is_unavailable_and_costs_nothing() -> None:
    settings = Settings(gemini_api_key="k", gemini={"base_url": "http://127.0.0.1:9"})
    model = open_gemini(settings, PatientClock())
    answer = await ask(model, look())
    assert (answer.status, answer.attempts, answer.cost_usd) == (AnswerStatus.UNAVAILABLE, 3, 0.0)
    await model.close()


async def test_the_key_does_not_follow_a_redirect(server: GeminiServer) -> None:
    import tornado.httpserver
    import tornado.netutil
    import tornado.web

    with GeminiServer() as elsewhere:

        class Redirect(tornado.web.RequestHandler):
            def post(self, path: str) -> None:
                self.redirect(f"{elsewhere.url}/{path}", status=307)

        (socket,) = tornado.netutil.bind_sockets(0, "127.0.0.1")
        http = tornado.httpserver.HTTPServer(tornado.web.Application([("/(.*)", Redirect)]))
        http.add_socket(socket)
        url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        model = open_gemini(Settings(gemini_api_key="k", gemini={"base_url": url}), PatientClock())
        answer = await ask(model, look())
        http.stop()
        await model.close()
        assert answer.status is AnswerStatus.REFUSED
        assert elsewhere.requests == []


async def test_no_more_calls_at_once_than_allowed(server: GeminiServer) -> None:
    model = open_gemini(settings_for(server, max_concurrency=2), SystemClock())
    await ask(model, look())
    at_once, most = 0, 0
    wire = model.wire
    send = wire.send

    async def counted(request: Any) -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await send(request)
        finally:
            at_once -= 1

    wire.send = counted  # type: ignore[method-assign]
    await asyncio.gather(*(ask(model, look()) for _ in range(6)))
    assert most == 2
    await model.close()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"temperature": 0.2}, "temperature"),
        ({"model": "gemini-3.8-flash", "thinking": Thinking.MINIMAL}, "thinking"),
        ({"clip_start_s": 5, "clip_end_s": 4}, "clip_end_s"),
        ({"model": "gemini-9-omega"}, "price of gemini-9-omega is not known"),
    ],
)
async def test_options_that_the_model_does_not_take_fail_before_the_call(
    server: GeminiServer, model: PromptedModel, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        model.prepare(look(), terms(**options))
    assert server.requests == []


async def test_options_that_the_model_takes_pass_the_strict_server(server: GeminiServer, model: PromptedModel) -> None:
    wanted = terms(thinking=Thinking.LOW, seed=7, model="gemini-3.8-flash", media_resolution="high", layout="parts")
    answer = await ask(model, look(), wanted)
    assert answer.status is AnswerStatus.OK, answer.error
    assert answer.usage.thought_tokens > 0
    assert answer.model == "gemini-3.8-flash"


def test_without_a_key_the_error_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match="GEMINI_API_KEY"):
        open_gemini(Settings(), SystemClock())


@pytest.mark.parametrize("tier", ["", "unpaid"])
def test_footage_goes_to_google_only_when_its_owner_said_what_the_key_is(tier: str) -> None:
    settings = Settings(gemini_api_key="k", gemini={"tier": tier})
    assert settings.looking_model == "local"
    with pytest.raises(ConfigError, match="people may read it"):
        open_gemini(settings, SystemClock())


def test_an_unpaid_key_is_used_when_its_owner_accepts_that() -> None:
    settings = Settings(gemini_api_key="k", gemini={"tier": "unpaid", "allow_unpaid": True})
    assert settings.looking_model == "gemini"
    assert open_gemini(settings, SystemClock()).name == "gemini"


def test_a_model_without_a_known_price_is_refused_because_no_budget_could_be_kept() -> None:
    settings = Settings(gemini_api_key="k", gemini={"tier": "paid", "model": "gemini-9-omega"})
    with pytest.raises(ConfigError, match="price"):
        open_gemini(settings, SystemClock())
    priced = Settings(
        gemini_api_key="k",
        gemini={"tier": "paid", "model": "gemini-9-omega"},
        prices={"gemini-9-omega": {"input": 1, "output": 2}},
    )
    assert open_gemini(priced, SystemClock()).name == "gemini"


async def test_severity_is_never_made_milder(server: GeminiServer, model: PromptedModel) -> None:
    event = {**LOOK["events"][0], "kind": "play", "severity": "danger", "frames": [77], "box_2d": [5, 5, 1, 1]}
    server.answer({**LOOK, "events": [event]})
    shown = look()
    (seen,) = (await ask(model, shown)).observations
    assert (seen.severity, seen.event_type.value) == (Severity.DANGER, "safety")
    assert (seen.start_utc, seen.end_utc) == (shown.frames[0].utc, shown.frames[-1].utc), "the whole look"
    assert seen.box is None


class TestVideo:
    @pytest.fixture
    def study(self, tmp_path: Path) -> Study:
        video = make_video(tmp_path / "window.mp4", duration_s=4)
        return Study("cam", START, 4.0, (), video)

    @pytest.fixture
    def video_terms(self) -> PromptTerms:
        return PromptTerms(STUDY_PROMPT, STUDY_PROMPT.options.model_copy(update={"study_input": StudyInput.VIDEO}))

    @pytest.fixture(autouse=True)
    def answers(self, server: GeminiServer) -> None:
        server.answer({**STUDY, "incidents": [], "activities": []})

    @pytest.fixture
    def too_large(self, study: Study, monkeypatch: pytest.MonkeyPatch) -> Study:
        """The same, with a video that is not sent inline."""
        monkeypatch.setattr("livemon.vlm.hosted.gemini.INLINE_VIDEO_BYTES", 10)
        return study

    async def test_a_small_video_goes_inline(
        self, server: GeminiServer, model: PromptedModel, study: Study, video_terms: PromptTerms
    ) -> None:
        prepared = model.prepare(study, video_terms)
        answer = await model.ask(prepared)
        assert answer.status is AnswerStatus.OK, answer.error
        (request,) = server.requests
        assert answer.usage.input_by_modality["video"] == 4 * 70
        assert request.body["contents"][0]["parts"][0]["videoMetadata"]["fps"] == 1.0
        assert answer.cost_usd is not None and prepared.bound_usd is not None
        assert answer.cost_usd < prepared.bound_usd

    async def test_a_video_of_too_many_tokens_is_asked_about_with_fewer_frames_a_second(
        self, server: GeminiServer, model: PromptedModel, study: Study, video_terms: PromptTerms
    ) -> None:
        server.fail(Fault.TOO_MANY_TOKENS, times=2)
        answer = await ask(model, study, video_terms)
        assert (answer.status, answer.attempts) == (AnswerStatus.OK, 3), answer.error
        told = [request.body["contents"][0]["parts"][0]["videoMetadata"]["fps"] for request in server.requests]
        assert told == [1.0, 0.5, 0.25]
        assert answer.parameters["video_fps"] == 0.25

    def test_a_video_that_is_known_to_be_too_many_tokens_is_never_sent_whole(
        self, model: PromptedModel, study: Study, video_terms: PromptTerms
    ) -> None:
        """Ten minutes at 24 frames a second in high resolution are 4,032,000 tokens, and it takes a million."""
        options = video_terms.options.model_copy(update={"video_fps": 24.0, "media_resolution": MediaResolution.HIGH})
        prepared = model.prepare(replace(study, duration_s=600.0), PromptTerms(STUDY_PROMPT, options))
        assert prepared.request is not None
        entry = model.entry(prepared.model)
        assert entry.rules is not None
        assert prepared.request.most_tokens(entry)[0] <= entry.rules.context_tokens
        assert prepared.request.video_s == 600.0, "of all of it, in fewer pictures"

    def test_a_file_that_is_too_large_to_upload_fails_before_anything_is_sent(
        self, server: GeminiServer, model: PromptedModel, study: Study, video_terms: PromptTerms
    ) -> None:
        assert study.video is not None
        with study.video.open("ab") as file:
            file.truncate(2_100_000_000)  # a hole: it takes no room
        with pytest.raises(TooLarge, match="2.1 GB"):
            model.prepare(study, video_terms)
        assert server.requests == []

    def test_a_video_that_is_too_long_fails_before_anything_is_sent(
        self, server: GeminiServer, model: PromptedModel, study: Study, video_terms: PromptTerms
    ) -> None:
        with pytest.raises(TooLarge, match="60 minutes of video, not 90"):
            model.prepare(replace(study, duration_s=5400.0), video_terms)
        clipped = video_terms.options.model_copy(update={"clip_end_s": 60.0})
        model.prepare(replace(study, duration_s=5400.0), PromptTerms(STUDY_PROMPT, clipped))
        assert server.requests == []

    async def test_a_large_video_is_uploaded_waited_for_and_deleted(
        self, server: GeminiServer, model: PromptedModel, too_large: Study, video_terms: PromptTerms
    ) -> None:
        answer = await ask(model, too_large, video_terms)
        assert answer.status is AnswerStatus.OK, answer.error
        assert server.files == []
        assert [request.method for request in server.requests][-1] == "DELETE"
        assert server.rejected == []

    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            (Fault.FILE_FAILED, AnswerStatus.FAILED),
            (Fault.UPLOAD_BREAKS, AnswerStatus.UNAVAILABLE),
            (Fault.OVERLOADED, AnswerStatus.OK),
            (Fault.SAFETY, AnswerStatus.BLOCKED),
        ],
    )
    async def test_the_video_is_deleted_whatever_happens(
        self,
        server: GeminiServer,
        model: PromptedModel,
        too_large: Study,
        video_terms: PromptTerms,
        fault: Fault,
        status: AnswerStatus,
    ) -> None:
        server.fail(fault)
        answer = await ask(model, too_large, video_terms)
        assert answer.status is status, answer.error
        assert server.files == []

    async def test_a_video_that_google_is_not_done_with_ends_the_call(
        self, server: GeminiServer, too_large: Study, video_terms: PromptTerms
    ) -> None:
        clock = FakeClock(datetime.now(UTC))
        model = open_gemini(settings_for(server), clock)
        server.fail(Fault.FILE_PROCESSING)
        answer = await ask(model, too_large, video_terms)
        assert answer.status is AnswerStatus.UNAVAILABLE
        assert "did not finish the video" in str(answer.error)
        assert clock.now() - datetime.now(UTC) > timedelta(seconds=170)
        assert server.files == []
        await model.close()

    async def test_a_cancelled_study_leaves_no_video_behind(
        self, server: GeminiServer, model: PromptedModel, too_large: Study, video_terms: PromptTerms
    ) -> None:
        await ask(model, look())
        server.fail(Fault.DELAY, 5, on=Endpoint.GENERATE)
        task = asyncio.create_task(ask(model, too_large, video_terms))
        await wait_async(lambda: server.files)
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert server.files == []
