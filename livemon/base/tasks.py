"""survive: what keeps an endless loop alive when one of its steps fails.

Only for loops that must go on whatever happens; how long to rest after a failure, and what to tell people, is the
loop's own affair.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine

from livemon.base.errors import LivemonError

log = logging.getLogger(__name__)


MOST_REMEMBERED = 1000
_told: dict[str, str] = {}
"""What fails, and the sentence that was logged of it."""


async def survive(step: Coroutine[None, None, None], what: str) -> None:
    """Run one step of an endless loop; an error ends the step, is logged, and does not end the loop.

    A step that fails again for the same known reason, on a full disk for example, is logged once until it succeeds.
    """
    try:
        await step
    except (LivemonError, OSError) as exc:
        if _told.get(what) != str(exc):
            log.error("%s failed: %s", what, exc)
            if len(_told) >= MOST_REMEMBERED:
                _told.clear()
            _told[what] = str(exc)
    except Exception:
        log.exception("%s failed", what)
    else:
        if _told.pop(what, None) is not None:
            log.warning("%s works again", what)
