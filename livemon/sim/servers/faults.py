"""Faults: what a stand-in server can be told to do wrong, and the queue they wait in.

A fault's name, its effect and its stage are defined here. Its bytes live with the servers: errors in each server's
base/errors.py, bad answers in answers.py, broken connections in http.py.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Endpoint(StrEnum):
    """Kinds of request, so that a fault can wait for one of them."""

    GENERATE = "generate"
    COUNT = "count"
    UPLOAD = "upload"
    FILE = "file"
    BATCH = "batch"
    CACHE = "cache"
    MODELS = "models"
    ANY = "any"


class FaultStage(Enum):
    """Stage of a request at which a fault strikes."""

    REFUSE = auto()
    TRANSPORT = auto()
    ANSWER = auto()
    FILE = auto()
    UPLOAD = auto()
    BATCH = auto()


class Fault(StrEnum):
    """A fault; the values are the names that the command line takes. `FAULTS` describes each."""

    RATE_LIMITED = "rate-limited"
    QUOTA_SPENT = "quota-spent"
    BAD_KEY = "bad-key"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    TOO_LARGE = "too-large"
    PAYMENT_REQUIRED = "payment-required"
    BAD_PARAMETER = "bad-parameter"
    MAX_TOKENS_REFUSED = "max-tokens-refused"
    FORMAT_REFUSED = "format-refused"
    TOO_MANY_TOKENS = "too-many-tokens"
    TOO_MANY_IMAGES = "too-many-images"
    SERVER_ERROR = "server-error"
    BAD_GATEWAY = "bad-gateway"
    OVERLOADED = "overloaded"
    CDN_ERROR = "cdn-error"
    SITE_OVERLOADED = "site-overloaded"
    DEADLINE = "deadline"
    DELAY = "delay"
    DRIP = "drip"
    CLOSE = "close"
    NOT_JSON = "not-json"
    EMPTY_OBJECT = "empty-object"
    HTML_ERROR = "html-error"
    ERROR_AS_REPLY = "error-as-reply"
    CLOCK_SKEW = "clock-skew"
    ODD_DATE = "odd-date"
    SAFETY = "safety"
    RECITATION = "recitation"
    BLOCKED = "blocked"
    REFUSAL = "refusal"
    NO_ANSWER = "no-answer"
    CUT = "cut"
    ALL_THINKING = "all-thinking"
    CONTINUATION = "continuation"
    ODD_USAGE = "odd-usage"
    CONTENT_PARTS = "content-parts"
    FORMAT_IGNORED = "format-ignored"
    FENCED = "fenced"
    PROSE = "prose"
    ODD_FIELDS = "odd-fields"
    INVALID_JSON = "invalid-json"
    TWO_JSONS = "two-jsons"
    MISSING_FIELD = "missing-field"
    EXTRA_FIELD = "extra-field"
    WRONG_ENUM = "wrong-enum"
    WRONG_TYPE = "wrong-type"
    FILE_PROCESSING = "file-processing"
    FILE_FAILED = "file-failed"
    UPLOAD_BREAKS = "upload-breaks"
    BATCH_EXPIRED = "batch-expired"
    BATCH_ITEM_FAILED = "batch-item-failed"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """Effect of a fault, its stage, and the meaning of its number (`unit` is empty when it takes none)."""

    text: str
    stage: FaultStage
    on: Endpoint = Endpoint.ANY
    unit: str = ""
    amount: float = 0.0


_ANSWER, _GENERATE = FaultStage.ANSWER, Endpoint.GENERATE

FAULTS: dict[Fault, FaultKind] = {
    Fault.RATE_LIMITED: FaultKind("429, too many this minute", FaultStage.REFUSE, unit="seconds to wait", amount=17),
    Fault.QUOTA_SPENT: FaultKind("429, too many today", FaultStage.REFUSE, unit="seconds to wait", amount=17),
    Fault.BAD_KEY: FaultKind("the key is not valid (Gemini 400, OpenAI 401)", FaultStage.REFUSE),
    Fault.FORBIDDEN: FaultKind("403", FaultStage.REFUSE),
    Fault.NOT_FOUND: FaultKind("404", FaultStage.REFUSE),
    Fault.TOO_LARGE: FaultKind("413", FaultStage.REFUSE),
    Fault.PAYMENT_REQUIRED: FaultKind("402, the account has no money left", FaultStage.REFUSE),
    Fault.BAD_PARAMETER: FaultKind("400, a parameter is not taken", FaultStage.REFUSE, _GENERATE),
    Fault.MAX_TOKENS_REFUSED: FaultKind("400, max_completion_tokens is wanted", FaultStage.REFUSE, _GENERATE),
    Fault.FORMAT_REFUSED: FaultKind("400, response_format is not supported", FaultStage.REFUSE, _GENERATE),
    Fault.TOO_MANY_TOKENS: FaultKind("400, more tokens than the model takes", FaultStage.REFUSE, _GENERATE),
    Fault.TOO_MANY_IMAGES: FaultKind("400, more pictures than the model takes", FaultStage.REFUSE, _GENERATE),
    Fault.SERVER_ERROR: FaultKind("500", FaultStage.REFUSE),
    Fault.BAD_GATEWAY: FaultKind("502", FaultStage.REFUSE),
    Fault.OVERLOADED: FaultKind("503, the model is overloaded", FaultStage.REFUSE),
    Fault.CDN_ERROR: FaultKind("520, Retry-After as a date", FaultStage.REFUSE, unit="seconds to wait", amount=7),
    Fault.SITE_OVERLOADED: FaultKind(
        "529, Retry-After in seconds", FaultStage.REFUSE, unit="seconds to wait", amount=7
    ),
    Fault.DEADLINE: FaultKind("504, the deadline passed", FaultStage.REFUSE),
    Fault.DELAY: FaultKind("the right reply, late", FaultStage.TRANSPORT, unit="seconds", amount=5),
    Fault.DRIP: FaultKind("the right reply, byte by byte", FaultStage.TRANSPORT, unit="seconds in all", amount=5),
    Fault.CLOSE: FaultKind("the connection closes without a reply", FaultStage.TRANSPORT),
    Fault.NOT_JSON: FaultKind("200 with a body that is not JSON", FaultStage.TRANSPORT),
    Fault.EMPTY_OBJECT: FaultKind("200 with the body {}", FaultStage.TRANSPORT),
    Fault.HTML_ERROR: FaultKind("an error with an HTML body", FaultStage.TRANSPORT, unit="HTTP status", amount=502),
    Fault.ERROR_AS_REPLY: FaultKind("200 with an error as the body", FaultStage.TRANSPORT),
    Fault.CLOCK_SKEW: FaultKind("the right reply, its Date header wrong", FaultStage.TRANSPORT, unit="hours", amount=5),
    Fault.ODD_DATE: FaultKind("the right reply, its Date header as asctime with -0000", FaultStage.TRANSPORT),
    Fault.SAFETY: FaultKind("the answer is withheld for safety", _ANSWER, _GENERATE),
    Fault.RECITATION: FaultKind("the answer is withheld as a recitation", _ANSWER, _GENERATE),
    Fault.BLOCKED: FaultKind("the prompt is blocked: no candidate", _ANSWER, _GENERATE),
    Fault.REFUSAL: FaultKind("the model refuses in words", _ANSWER, _GENERATE),
    Fault.NO_ANSWER: FaultKind("an empty list of answers", _ANSWER, _GENERATE),
    Fault.CUT: FaultKind("the answer ends in its middle, out of tokens", _ANSWER, _GENERATE),
    Fault.ALL_THINKING: FaultKind("all tokens went into thinking: no text", _ANSWER, _GENERATE),
    Fault.CONTINUATION: FaultKind("half an answer, and a token for the rest", _ANSWER, _GENERATE),
    Fault.ODD_USAGE: FaultKind("counts of tokens that are null or no numbers", _ANSWER, _GENERATE),
    Fault.CONTENT_PARTS: FaultKind("the content is a list of parts", _ANSWER, _GENERATE),
    Fault.FORMAT_IGNORED: FaultKind("prose, unless the text of the prompt has the schema", _ANSWER, _GENERATE),
    Fault.FENCED: FaultKind("the JSON within a Markdown fence", _ANSWER, _GENERATE),
    Fault.PROSE: FaultKind("thoughts and prose around the JSON", _ANSWER, _GENERATE),
    Fault.ODD_FIELDS: FaultKind("confidences, boxes and severities of odd forms", _ANSWER, _GENERATE),
    Fault.INVALID_JSON: FaultKind("text that is not JSON", _ANSWER, _GENERATE),
    Fault.TWO_JSONS: FaultKind("the JSON twice, one after the other", _ANSWER, _GENERATE),
    Fault.MISSING_FIELD: FaultKind("the first required field is missing", _ANSWER, _GENERATE),
    Fault.EXTRA_FIELD: FaultKind("a field that the schema does not know", _ANSWER, _GENERATE),
    Fault.WRONG_ENUM: FaultKind("a value outside its enum; without one, a wrong type", _ANSWER, _GENERATE),
    Fault.WRONG_TYPE: FaultKind("the first field has a wrong type", _ANSWER, _GENERATE),
    Fault.FILE_PROCESSING: FaultKind("the uploaded file stays PROCESSING", FaultStage.FILE, Endpoint.UPLOAD),
    Fault.FILE_FAILED: FaultKind("the uploaded file becomes FAILED", FaultStage.FILE, Endpoint.UPLOAD),
    Fault.UPLOAD_BREAKS: FaultKind(
        "the connection closes at a chunk",
        FaultStage.UPLOAD,
        Endpoint.UPLOAD,
        unit="number of the chunk, from 1",
        amount=1,
    ),
    Fault.BATCH_EXPIRED: FaultKind("the batch expires", FaultStage.BATCH, Endpoint.BATCH),
    Fault.BATCH_ITEM_FAILED: FaultKind("the batch's first request fails", FaultStage.BATCH, Endpoint.BATCH),
}


@dataclass(frozen=True, slots=True)
class Queued:
    """A fault that waits for its request."""

    fault: Fault
    amount: float
    on: Endpoint

    @property
    def stage(self) -> FaultStage:
        """Stage at which it strikes."""
        return FAULTS[self.fault].stage


class FaultQueue:
    """Faults in the order in which they were asked for; each strikes once. Any thread may use it."""

    def __init__(self) -> None:
        self._waiting: list[Queued] = []
        self._lock = threading.Lock()

    def put(self, queued: Queued, times: int) -> None:
        """Queue a fault so many times."""
        with self._lock:
            self._waiting += [queued] * times

    def take(self, endpoint: Endpoint, *stages: FaultStage) -> Queued | None:
        """Remove and return the first fault that waits for this kind of request at one of these stages."""
        with self._lock:
            for index, queued in enumerate(self._waiting):
                if queued.on in (endpoint, Endpoint.ANY) and queued.stage in stages:
                    return self._waiting.pop(index)
        return None
