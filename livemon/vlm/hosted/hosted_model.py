"""PromptedModel: a vision model that is instructed in words, over any provider's transport.

The shared part is here: options checked before the call, limits, bounded retries, the time limit, the reply made into
an Answer with its cost. The request formats of providers live in gemini.py and openai_compat.py.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from livemon.base.clock import Clock
from livemon.base.errors import ModelError, TooLarge
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer, AnswerStatus, Look, Question, Study, Usage
from livemon.base.settings.models import ServiceTier
from livemon.vlm.answers import BadReply, LookAnswer, StudyAnswer, parse
from livemon.vlm.catalog import Catalog, ModelEntry, require_price
from livemon.vlm.hosted.transport import CallFailed, Reply, Transport
from livemon.vlm.interpret import observations, study_result
from livemon.vlm.json_text import is_one_object
from livemon.vlm.options import Layout, MediaResolution, ModelOptions
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms
from livemon.vlm.request import Request, make_request
from livemon.vlm.smaller import forms

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 30.0
"""A provider that wants to be left alone for longer is left alone: the call ends, the look is over by then."""

LONGEST_ERROR = 500
CHECK_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of a provider's calls. `timeout_s` is of the whole call, waiting and retries included."""

    concurrency: int
    requests_per_minute: int
    attempts: int
    timeout_s: float


@dataclass(slots=True)
class Tries:
    """Number of requests sent for a call."""

    count: int = 0


class PromptedModel:
    """A VisionModel over a `Transport`.

    Parameters
    ----------
    name
        The provider: ``gemini``.
    default_model
        The default model, when a prompt names none.
    study_timeout_s
        The time limit of a study, whose video may have to be uploaded first.
    flex_timeout_s
        The time limit of what is asked at flex; None for a provider without that tier.
    priced_only
        Refuse models whose price is not known, also those that a prompt names: no budget could be kept.
    tells_schema
        Say the answer's schema in the text too: the servers may ignore it elsewhere.
    most_bytes
        The most that pictures of a request may be, as base64; None when it is not known.
    most_video_bytes
        The largest file that is taken as a video; None when it is not known.
    """

    def __init__(
        self,
        name: str,
        wire: Transport,
        default_model: str,
        catalog: Catalog,
        limits: RequestLimits,
        clock: Clock,
        *,
        study_timeout_s: float,
        flex_timeout_s: float | None = None,
        priced_only: bool,
        tells_schema: bool = False,
        most_bytes: int | None = None,
        most_video_bytes: int | None = None,
    ) -> None:
        self.name = name
        self.wire = wire
        self._default_model = default_model
        self._catalog = catalog
        self._limits = limits
        self._clock = clock
        self._study_timeout_s = study_timeout_s
        self._flex_timeout_s = flex_timeout_s
        self._priced_only = priced_only
        self._tells_schema = tells_schema
        self._most_bytes = most_bytes
        self._most_video_bytes = most_video_bytes
        self._doors: dict[tuple[str, ServiceTier], tuple[asyncio.Semaphore, AsyncLimiter]] = {}
        self._shared_rate: Callable[[str, int], AbstractAsyncContextManager[object]] = lambda _name, _rate: (
            nullcontext()
        )

    def entry(self, model: str) -> ModelEntry:
        """Return what is known of one of its models."""
        return self._catalog.entry(model)

    def appetite(self, terms: PromptTerms) -> InputSpec:
        """Return what the prompt's options say; looking costs money.

        Crops are for sheets, and for models of which it is known that a larger sheet costs no more.
        """
        options = terms.options
        model = options.model or self._default_model
        crops = options.crops and options.layout is Layout.SHEET and self.entry(model).rules is not None
        return InputSpec(model, options.frames, options.frame_width, free=False, crops=crops)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        """Draw and encode what goes out, and say what it may cost at most; blocks for some milliseconds.

        Raises
        ------
        ConfigError
            When the model does not take the prompt's options.
        TooLarge
            When the video is longer, or the file larger, than is taken.
        """
        entry = self.require(terms)
        model = entry.name
        request = next(self._requests(question, terms, entry))
        entry.check_video(request.video_s)
        self._check_file(request)
        price = entry.price(self._clock.now().date())
        tokens_in, tokens_out = request.most_tokens(entry)
        most = Usage(tokens_in, tokens_out)
        bound_usd = None if price is None else price.cost_usd(most, entry.tier_factor(request.tier))
        return PreparedCall(question, terms, model, bound_usd, request.sha256, request)

    def _requests(self, question: Question, terms: PromptTerms, entry: ModelEntry) -> Iterator[Request]:
        """Yield the request, and then smaller ones; those that are known to be too large are left out."""
        request, yielded = None, False
        for form in forms(question, _options(terms, entry), resolutions=entry.rules is not None):
            request = make_request(
                *(question, terms.prompt, form.options, entry.name),
                every=form.every,
                tells_schema=self._tells_schema,
                rules=entry.rules,
            )
            request = replace(request, tier=self._tier(terms, entry))
            if self._fits(request, entry):
                yielded = True
                yield request
        if request is not None and not yielded:
            yield request  # the smallest there is; what it is too large for, the server will say

    def _fits(self, request: Request, entry: ModelEntry) -> bool:
        """Whether nothing is known that makes a request too large: bytes, pictures, tokens."""
        if self._most_bytes is not None and request.media_bytes > self._most_bytes:
            return False
        rules = entry.rules
        if rules is None:
            return True
        return len(request.pictures) <= rules.most_images and request.most_tokens(entry)[0] <= rules.context_tokens

    def _check_file(self, request: Request) -> None:
        if request.video is None or self._most_video_bytes is None:
            return
        size = request.video.stat().st_size
        if size > self._most_video_bytes:
            raise TooLarge(
                "model.video_too_large",
                size_gb=size / 1000000000.0,
                name=self.name,
                limit_gb=self._most_video_bytes / 1000000000.0,
            )

    def _tier(self, terms: PromptTerms, entry: ModelEntry) -> ServiceTier:
        """Return the wished tier, or standard where provider or model has no other."""
        has_flex = self._flex_timeout_s is not None and entry.flex_factor is not None
        return terms.tier if has_flex else ServiceTier.STANDARD

    def require(self, terms: PromptTerms) -> ModelEntry:
        """Return the model that these terms mean.

        Raises
        ------
        ConfigError
            When it does not take their options, or its price has to be known and is not.
        """
        entry = self.entry(terms.options.model or self._default_model)
        entry.check(_options(terms, entry))
        if self._priced_only:
            require_price(entry, self._clock.now().date())
        return entry

    async def ask(self, prepared: PreparedCall) -> Answer:
        """Send, wait and read; whatever goes wrong becomes an Answer that says so."""
        answer, request = unanswered(prepared), prepared.request
        assert request is not None, "prepared by this model"
        if not request.pictures and request.video is None:
            return replace(answer, error=Message("answer.nothing_to_see"), attempts=0)
        started_s, tries = self._clock.monotonic_s(), Tries()
        timeout_s = self._timeout_s(request, prepared.question)
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes just as the reply does.
            async with asyncio.timeout(timeout_s), self._door(request)[0]:
                reply, request = await self._sent(prepared, request, tries)
            answer = self.read_reply(replace(prepared, request=request), reply)
        except CallFailed as exc:
            answer = replace(
                answer,
                status=exc.status,
                error=exc.reason,
                # Another question may be small enough: the model need not rest.
                retry_after_s=0.0 if exc.too_large else exc.retry_after_s,
                cost_usd=0.0 if exc.free else None,
                too_large=exc.too_large,
            )
        except TimeoutError:
            error = message("answer.not_within", limit_s=timeout_s)
            # The provider may have worked, and charged, for an answer that no caller waited for.
            cost_usd = None if tries.count else 0.0
            answer = replace(answer, status=AnswerStatus.UNAVAILABLE, error=error, cost_usd=cost_usd)
        latency_ms = (self._clock.monotonic_s() - started_s) * 1000
        return replace(answer, attempts=tries.count, latency_ms=latency_ms)

    async def _sent(self, prepared: PreparedCall, request: Request, tries: Tries) -> tuple[Reply, Request]:
        """Send, and again what may pass; what is too large goes in smaller forms. Returns what was taken, too."""
        smaller: Iterator[Request] | None = None
        while True:
            try:
                async for attempt in self._retrying():
                    with attempt:
                        name = f"{self.name} {request.model} {request.tier.value}"
                        everywhere = self._shared_rate(name, self._limits.requests_per_minute)
                        async with self._door(request)[1], everywhere:
                            tries.count += 1
                            return await self.wire.send(request), request
            except CallFailed as exc:
                if not exc.too_large:
                    raise
                if smaller is None:
                    smaller = self._requests(prepared.question, prepared.terms, self.entry(prepared.model))
                    await asyncio.to_thread(next, smaller, None)  # this one was sent
                following = await asyncio.to_thread(next, smaller, None)
                if following is None:
                    raise
                log.info("%s: %s; it is sent smaller: %s", prepared.model, exc, following.parameters)
                request = following

    def share_rate(self, rate: Callable[[str, int], AbstractAsyncContextManager[object]]) -> None:
        """Let each request wait for a rate of all hosts, too: given a name and requests a minute, what to wait for."""
        self._shared_rate = rate

    async def check(self) -> str:
        """Ask the provider whether key and model are right, which costs nothing; returns the model's name.

        Raises
        ------
        ModelError
            When they are not, or the server does not answer.
        """
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                await self.wire.check(self._default_model)
        except TimeoutError as exc:
            raise ModelError("model.no_answer", name=self.name, timeout_s=CHECK_TIMEOUT_S) from exc
        except CallFailed as exc:
            away = exc.status is AnswerStatus.UNAVAILABLE
            raise ModelError("model.away" if away else "model.refused", reason=exc.reason) from exc
        return self._default_model

    async def close(self) -> None:
        """Close the provider's connections."""
        await self.wire.close()

    def _timeout_s(self, request: Request, question: Question) -> float:
        if request.tier is ServiceTier.FLEX and self._flex_timeout_s is not None:
            return self._flex_timeout_s
        return self._study_timeout_s if isinstance(question, Study) else self._limits.timeout_s

    def _door(self, request: Request) -> tuple[asyncio.Semaphore, AsyncLimiter]:
        """Return what a call must pass: so many at once, so many a minute, of each model.

        Flex has a door of its own: what waits there for minutes keeps no look waiting.
        """
        key = (request.model, request.tier)
        if key not in self._doors:
            per_minute = AsyncLimiter(self._limits.requests_per_minute, 60)
            self._doors[key] = (asyncio.Semaphore(self._limits.concurrency), per_minute)
        return self._doors[key]

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self._limits.attempts),
            retry=retry_if_exception(_may_try_again),
            wait=_wait_s,
            sleep=self._clock.sleep,
            reraise=True,
        )

    def read_reply(self, prepared: PreparedCall, reply: Reply, *, price_factor: float | None = None) -> Answer:
        """Return the answer in a reply, with what it cost.

        Parameters
        ----------
        price_factor
            That of a batch; when None, that of the tier in which it was answered.
        """
        cost_usd = self._cost_usd(prepared, reply, price_factor)
        answer = replace(
            unanswered(prepared),
            raw_text=reply.text,
            finish_reason=reply.finish_reason,
            usage=reply.usage or Usage(),
            cost_usd=cost_usd,
            server_utc=reply.server_utc,
        )
        # Some models go on with blanks after their answer until they are cut off.
        whole = reply.status is AnswerStatus.TRUNCATED and is_one_object(reply.text)
        if reply.status is not AnswerStatus.OK and not whole:
            return replace(answer, status=reply.status, error=reply.reason)
        try:
            return replace(answer, status=AnswerStatus.OK, **read(reply.text, prepared.question, prepared.terms))
        except BadReply as exc:
            return replace(answer, status=exc.status, error=exc.reason)

    def _cost_usd(self, prepared: PreparedCall, reply: Reply, factor: float | None) -> float | None:
        entry = self.entry(prepared.model)
        price = entry.price(self._clock.now().date())
        if price is None or reply.usage is None:
            return None
        if factor is None:
            asked = ServiceTier.STANDARD if prepared.request is None else prepared.request.tier
            factor = entry.tier_factor(asked if reply.tier is None else reply.tier)
        return price.cost_usd(reply.usage, factor)


def _options(terms: PromptTerms, entry: ModelEntry) -> ModelOptions:
    """Return the options to ask with: a low resolution that only the budget wants is nothing to a model without any."""
    own = terms.prompt.options.media_resolution
    if entry.rules is None and own is MediaResolution.AUTO:
        return terms.options.model_copy(update={"media_resolution": own})
    return terms.options


def unanswered(prepared: PreparedCall) -> Answer:
    """Return the record of a call to which nothing came back yet."""
    return Answer(
        model=prepared.model,
        status=AnswerStatus.FAILED,
        prompt_version=prepared.terms.prompt.version,
        parameters=prepared.request.parameters if prepared.request else {},
    )


def read(text: str, question: Question, terms: PromptTerms) -> Mapping[str, Any]:
    """Return the fields of an Answer that a whole reply's text fills.

    Raises
    ------
    BadReply
        When the text is not a valid answer.
    """
    odd: list[str] = []
    parsed = parse(text, terms.prompt.schema_class, odd)
    if isinstance(parsed, LookAnswer) and isinstance(question, Look):
        seen, scene = observations(parsed, question), parsed.scene.strip()
        return {"observations": seen, "scene": scene, "odd": tuple(odd)}
    assert isinstance(parsed, StudyAnswer) and isinstance(question, Study), "a prompt's answer suits its purpose"
    return {"result": study_result(parsed, question), "scene": parsed.summary.strip(), "odd": tuple(odd)}


def _may_try_again(exc: BaseException) -> bool:
    return isinstance(exc, CallFailed) and exc.again and (exc.retry_after_s or 0.0) <= LONGEST_WAIT_S


def _wait_s(state: RetryCallState) -> float:
    """Wait as long as the provider asks, else 1, 2, 4 ... seconds; never two cameras in step."""
    failed = state.outcome.exception() if state.outcome else None
    asked = failed.retry_after_s if isinstance(failed, CallFailed) else None
    wait_s = asked if asked is not None else min(LONGEST_WAIT_S, 2.0 ** (state.attempt_number - 1))
    return wait_s + random.uniform(0, 0.5)  # noqa: S311 - spreads calls, keeps no secret
