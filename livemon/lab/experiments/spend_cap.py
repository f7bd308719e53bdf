"""Spending cap of an experiment, which no call can pass, and the exception that ends the asking.

Forecasts do not belong here (arms.py), nor the budgets of cameras (inference/budget.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livemon.base.errors import LabError


class StopReason(Exception):
    """Reason to stop: the cap is reached, the model does not answer, or cannot be asked."""


@dataclass
class SpendCap:
    """Spending cap of an experiment. One loop uses it, so nothing is reserved twice."""

    cap_usd: float | None
    spent_usd: float = 0.0
    reserved_usd: float = 0.0

    @classmethod
    def of(cls, cap_usd: float | None, paid: Sequence[str]) -> SpendCap:
        """Return a spend_cap with this cap.

        Parameters
        ----------
        paid
            Names of the arms that cost money; without one no cap is needed.

        Raises
        ------
        LabError
            When a model is paid and the cap is missing or invalid.
        """
        if cap_usd is None and not paid:
            return cls(None)
        if isinstance(cap_usd, int | float) and 0 <= cap_usd < math.inf:
            return cls(float(cap_usd))
        if cap_usd is None:
            raise LabError("lab.costs_money", paid=paid[0])
        raise LabError("lab.wrong_cap", cap_usd=repr(cap_usd))

    def reserve(self, bound_usd: float | None) -> None:
        """Set aside the most that a question can cost.

        Raises
        ------
        Stop
            When the cap does not allow it, or what it costs is not known.
        """
        if bound_usd == 0.0:
            return
        if bound_usd is None:
            raise StopReason("the price of the model is not known, so no cap can be kept; say it under [prices]")
        left_usd = (self.cap_usd or 0.0) - self.spent_usd - self.reserved_usd
        if bound_usd > left_usd + 1e-12:
            raise StopReason(
                f"the next question may cost ${bound_usd:.4f}, and ${max(0.0, left_usd):.4f} of "
                f"${self.cap_usd or 0.0:.4f} are left; run it again with a higher cap to go on"
            )
        self.reserved_usd += bound_usd

    def settle(self, bound_usd: float | None, cost_usd: float | None) -> None:
        """Take in what a question cost; what is not known counts as the most that it can have been."""
        self.reserved_usd -= bound_usd or 0.0
        self.spent_usd += (bound_usd or 0.0) if cost_usd is None else cost_usd
