"""Endpoints of costs: spent today, budget, forecast; and calls, each with its raw reply."""

from __future__ import annotations

from typing import Any

from livemon.base.messages.catalog import text
from livemon.base.messages.message import Message
from livemon.base.model_types import Purpose
from livemon.base.roles import Role
from livemon.web.api import answers
from livemon.web.api.base import ApiHandler, NotThere
from livemon.web.api.json import record, records
from livemon.web.api.operation import Cursor, Limit, RequestModel, operation


class CallsQuery(RequestModel):
    """Filter of calls."""

    limit: Limit = 100
    cursor: Cursor = None


class CostsHandler(ApiHandler):
    """/costs/{camera_id}."""

    @operation("What a camera's model costs", Role.VIEWER, answer=answers.Costs)
    async def get(self, camera_id: str) -> None:
        """Answer with what was spent today, how the budget stands, and what a day will cost; null is unknown.

        A user who may see only some cameras is told the caps of the camera, not those of all.
        """
        self.tell(answers.Costs, await self.blocking(self._read, camera_id))

    def _said(self, said: Message) -> str:
        return text(said, self.language)

    def _read(self, camera_id: str) -> dict[str, Any]:
        money = self.monitor.costs
        sees_all = self.identity is not None and self.identity.may(Role.VIEWER)
        balance = money.balance(camera_id)
        live, _ = self.monitor.prompts.in_use(camera_id, Purpose.LOOK)
        return {
            "camera_id": camera_id,
            "look_prompt": {"name": live.name, "version": live.prompt.version},
            "spent_today": records(money.spent(camera_id=camera_id)),
            "step": {"number": balance.step.value, "words": str(balance.step.said), "reason": balance.reason},
            "budget": records(money.budget(camera_id, shared=sees_all)),
            "forecast": records(
                money.forecast(camera_id).assign(based_on=lambda made: made["based_on"].map(self._said))
            ),
        }


class CallsHandler(ApiHandler):
    """/calls/{camera_id}."""

    @operation("Calls of models, newest first", Role.VIEWER, query=CallsQuery, answer=answers.Calls)
    async def get(self, camera_id: str) -> None:
        """Answer with the camera's calls."""
        asked = self.query(CallsQuery)
        rows = records(await self.blocking(self.monitor.costs.calls, camera_id, asked.limit, asked.cursor))
        self.tell(answers.Calls, {"calls": rows, "next_cursor": rows[-1]["id"] if len(rows) == asked.limit else None})


class CallHandler(ApiHandler):
    """/calls/{camera_id}/{call_id}."""

    @operation("One call", Role.VIEWER, answer=answers.WholeCall)
    async def get(self, camera_id: str, call_id: str) -> None:
        """Answer with everything that is kept of one call: frames, parameters, the reply as it came."""
        self.monitor.camera(camera_id)
        found = await self.blocking(self.monitor.costs.call, int(call_id))
        if found is None or found["camera_id"] != camera_id:
            raise NotThere("api.no_call", camera=camera_id, call_id=call_id)
        self.tell(answers.WholeCall, record(found))
