"""What a camera's model costs: spent today, budget, forecast; and its calls, each with the reply as it came."""

from __future__ import annotations

from typing import Any

from livemon.api.base import ApiHandler, NotThere
from livemon.api.values import records
from livemon.calls import Purpose

DEFAULT_LIMIT = 100


class Costs(ApiHandler):
    """GET /costs/{camera_id}."""

    async def get(self, camera_id: str) -> None:
        """Answer with what was spent today, how the budget stands, and what a day will cost; null is unknown."""
        self.write_json(await self.blocking(self._read, camera_id))

    def _read(self, camera_id: str) -> dict[str, Any]:
        money = self.monitor.money
        balance = money.balance(camera_id)
        live = self.monitor.prompts.live(camera_id, Purpose.LOOK)
        return {
            "camera_id": camera_id,
            "look_prompt": {"name": live.name, "version": live.prompt.version},
            "spent_today": records(money.spent(camera_id=camera_id)),
            "step": {"number": balance.step.value, "words": balance.step.words, "reason": balance.reason},
            "budget": records(money.budget(camera_id)),
            "forecast": records(money.forecast(camera_id)),
        }


class Calls(ApiHandler):
    """GET /calls/{camera_id}?limit=."""

    async def get(self, camera_id: str) -> None:
        """Answer with the camera's calls, newest first."""
        limit = self.int_argument("limit", 1, 1000) or DEFAULT_LIMIT
        self.write_json({"calls": records(await self.blocking(self.monitor.money.calls, camera_id, limit))})


class Call(ApiHandler):
    """GET /calls/{camera_id}/{call_id}."""

    async def get(self, camera_id: str, call_id: str) -> None:
        """Answer with everything that is kept of one call: frames, parameters, the reply as it came."""
        self.monitor.camera(camera_id)
        found = await self.blocking(self.monitor.money.call, int(call_id))
        if found is None or found["camera_id"] != camera_id:
            raise NotThere(f"{camera_id} has no call {call_id}.", "GET /calls/{camera_id} lists them.")
        self.write_json(found)
