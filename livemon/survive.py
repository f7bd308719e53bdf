"""survive: what keeps an endless loop alive when one of its steps fails.

Only for loops that must go on whatever happens; how long to rest after a failure, and what to tell people, is the
loop's own affair.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine

from livemon.errors import LivemonError

log = logging.getLogger(__name__)


async def survive(step: Coroutine[None, None, None], what: str) -> None:
    """Run one step of an endless loop; an error ends the step, is logged, and does not end the loop."""
    try:
        await step
    except (LivemonError, OSError) as exc:  # a full disk, say: a sentence says it all, again and again
        log.error("%s failed: %s", what, exc)
    except Exception:
        log.exception("%s failed", what)
