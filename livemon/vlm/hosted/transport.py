"""Transport, the protocol of sending to a provider, with its results: Reply or CallFailed.

The shared part of prompted models (retries, limits, cost) lives in hosted_model.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from livemon.base.messages.message import Message, Told
from livemon.base.model_types import AnswerStatus, Usage
from livemon.base.settings.models import ServiceTier
from livemon.vlm.request import Request


@dataclass(frozen=True, slots=True)
class Reply:
    """The raw reply of the server.

    Attributes
    ----------
    status
        OK when the provider says that the text is whole.
    usage
        None when the provider did not say.
    server_utc
        The server's clock, when it told.
    tier
        In which tier it was answered, when the server told; that is what is billed.
    """

    text: str
    status: AnswerStatus = AnswerStatus.OK
    reason: Told = ""
    finish_reason: str = ""
    usage: Usage | None = None
    server_utc: datetime | None = None
    tier: ServiceTier | None = None


class CallFailed(Exception):
    """No reply. Never leaves vlm: it becomes an Answer.

    Parameters
    ----------
    status, reason
        Kind of the failure, and its message.
    again
        Whether another attempt may help and cannot have been paid for already.
    retry_after_s
        Wait that the provider asks for.
    free
        Whether it is certain that nothing is billed.
    too_large
        Whether a smaller request would be taken: fewer bytes, tokens or pictures.
    """

    def __init__(
        self,
        status: AnswerStatus,
        reason: Message,
        *,
        again: bool = False,
        retry_after_s: float | None = None,
        free: bool = True,
        too_large: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.again = again
        self.retry_after_s = retry_after_s
        self.free = free
        self.too_large = too_large


class Transport(Protocol):
    """One provider's way of sending a request."""

    async def send(self, request: Request) -> Reply:
        """Send once, without retries. A server that wants the same said in other words is obeyed within it.

        Raises
        ------
        CallFailed
            When no reply came; foreign exceptions are translated here.
        """
        ...

    async def check(self, model: str) -> None:
        """Ask the provider whether key and model are right; costs nothing.

        Raises
        ------
        CallFailed
            When they are not, or the server does not answer.
        """
        ...

    async def close(self) -> None:
        """Close connections; harmless when called again."""
        ...
