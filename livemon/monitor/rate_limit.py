"""RateLimiter: limits of login attempts and requests.

Counts in memory, by address; a restart forgives.

Authentication lives in authenticator.py. The `limits` package counts.
"""

from __future__ import annotations

import ipaddress

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond, strategies
from limits.storage import MemoryStorage

from livemon.base.clock import Clock
from livemon.base.errors import TooManyRequests
from livemon.base.messages.message import message
from livemon.base.settings.access import AccessSettings

TRIES_PER_MINUTES = 15
TRIES_OF_A_NAME = 10
"""So many times the tries of one address are let through for one name, from anywhere, before strangers are slowed."""
STRANGERS_WAIT_S = 5
"""One stranger in so many seconds may try a name after that: it is slowed, and never locked."""
BAD_TOKENS_PER_MINUTE = 30


class RateLimiter:
    """Counts tries and requests. May be used from any thread."""

    def __init__(self, access: AccessSettings, clock: Clock) -> None:
        self._clock = clock
        storage = MemoryStorage()
        self._tries = strategies.MovingWindowRateLimiter(storage)
        self._requests = strategies.SlidingWindowCounterRateLimiter(storage)
        self._per_address = RateLimitItemPerMinute(access.login_tries, TRIES_PER_MINUTES)
        self._per_name = RateLimitItemPerMinute(access.login_tries * TRIES_OF_A_NAME, TRIES_PER_MINUTES)
        self._slowly = RateLimitItemPerSecond(1, STRANGERS_WAIT_S)
        self._per_minute = RateLimitItemPerMinute(access.requests_per_minute)
        self._bad_tokens = RateLimitItemPerMinute(BAD_TOKENS_PER_MINUTE)

    def count_login(self, name: str, address: str, browser: str = "") -> None:
        """Count a try before it is checked, so that those that come at the same moment count, too.

        Parameters
        ----------
        browser
            Number of a browser in which this name logged in before. It has tries of its own, so that strangers who try
            the name lock no user out (OWASP: device cookies). Empty for a stranger.

        Raises
        ------
        TooManyRequests
            After too many of this browser; of a stranger's address, or of strangers for this name within seconds.
        """
        if browser:
            self._hit(self._tries, self._per_address, "browser", browser)
            return
        self._hit(self._tries, self._per_address, "login", network(address))
        if not self._tries.hit(self._per_name, "name", name):
            self._hit(self._tries, self._slowly, "slowly", name)

    def forgive(self, address: str, browser: str = "") -> None:
        """Forget the tries of a browser, or of a stranger's address: the last one was right."""
        if browser:
            self._tries.clear(self._per_address, "browser", browser)
        else:
            self._tries.clear(self._per_address, "login", network(address))

    def count_bad_token(self, address: str) -> None:
        """Count an invalid token. Good ones are never refused for it: others may share the address.

        Raises
        ------
        TooManyRequests
            After too many.
        """
        self._hit(self._tries, self._bad_tokens, "token", network(address))

    def count_request(self, client: str) -> None:
        """Count a request; TooManyRequests when there were too many in the last minute."""
        self._hit(self._requests, self._per_minute, "request", client)

    def worth_noting(self, address: str) -> bool:
        """Whether a refusal of this address is written down: of a flood only the first are."""
        return self._tries.hit(self._bad_tokens, "noted", network(address))

    def _hit(self, limiter: strategies.RateLimiter, limit: RateLimitItem, *key: str) -> None:
        if not limiter.hit(limit, *key):
            raise self._refusal(limiter, limit, *key)

    def _refusal(self, limiter: strategies.RateLimiter, limit: RateLimitItem, *key: str) -> TooManyRequests:
        wait_s = max(1.0, limiter.get_window_stats(limit, *key).reset_time - self._clock.now().timestamp())
        wait = (
            message("wait.minutes", n=round(wait_s / 60)) if wait_s > 90 else message("wait.seconds", n=round(wait_s))
        )
        return TooManyRequests("access.too_often", wait=wait, wait_s=wait_s)


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def network(address: str) -> str:
    """Return what one attacker has at hand: an IPv4 address, or the 64 bits of an IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
