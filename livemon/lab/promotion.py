"""GoingLive: replay of the past, a shadow beside the live prompt, promotion on evidence, and going back.

The lab's datasets are datasets.py's, its experiments lab.py's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from livemon.base.clock import Clock
from livemon.base.engine import Engine
from livemon.base.errors import LabError
from livemon.base.model_types import Purpose
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import Live, PromptRegistry, require_purpose
from livemon.lab import promotion_guard
from livemon.lab.data.footage import Cameras
from livemon.lab.datasets import ME, Library
from livemon.lab.experiment import Experiment
from livemon.lab.experiments.arms import Arms
from livemon.lab.experiments.replay import Changes, Replayer
from livemon.lab.experiments.runner import Tools
from livemon.lab.promotion_guard import Promoted
from livemon.store import shadows
from livemon.store.session import Database

if TYPE_CHECKING:
    from livemon.vlm.prompt import Prompt


class GoingLive(Library):
    """Promotion of a prompt from trial to live.

    Its methods block, and may be called from any thread but the engine's.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        cameras: Cameras,
        pool: ModelPool,
        prompts: PromptRegistry,
        profile: StreamProfile,
        engine: Engine,
    ) -> None:
        super().__init__(settings, database, clock, cameras, profile)
        self._book = prompts
        self._arms = Arms(settings, clock, pool, prompts)
        self._tools = Tools(settings, database, clock, engine, self.places)
        self._replayer = Replayer(self._tools, prompts)

    def replay(
        self,
        prompt: str | Prompt | Mapping[str, Prompt],
        camera_id: str,
        since: datetime,
        until: datetime,
        *,
        model: str = "",
        cap_usd: float | None = None,
        progress: bool = True,
    ) -> Changes:
        """Ask a prompt about exactly the frames of past looks, and say what would be new, lost or graver.

        Parameters
        ----------
        cap_usd
            Spending cap; needed unless the model is free.

        Raises
        ------
        UnknownCamera, UnknownPrompt, LabError
            When there is no such camera or prompt, or no look was made.
        """
        (camera_id,) = self._known(camera_id)
        arm = self._arms.one(prompt, model, Purpose.LOOK)
        return self._replayer.replay(arm, camera_id, since, until, cap_usd, progress=progress)

    def shadow(
        self, prompt: str | Prompt, cameras: str | Sequence[str], hours: float = 24, *, by: str = ME
    ) -> list[int]:
        """Let a prompt look along with the live one for some hours, without notifications; returns the shadows' ids.

        The process that streams the camera asks it, from its next look on, out of the camera's budget.

        Raises
        ------
        UnknownCamera, UnknownPrompt, ConfigError, LabError
            When there is no such camera or prompt, it is for studies, or the model that looks takes no prompt.
        """
        version = self._kept(prompt)
        require_purpose(self._book.get(version), Purpose.LOOK, version)
        if not 0 < hours < math.inf:
            raise LabError("promote.wrong_hours", hours=hours)
        if self._arms.is_promptless:
            raise LabError("promote.model_without_prompt")
        now = self._clock.now()
        until = now + timedelta(hours=hours)
        return [shadows.begin_shadow(self._database, one, version, now, until, by) for one in self._known(cameras)]

    def end_shadow(self, shadow_id: int) -> None:
        """End a shadow before its time; harmless when it has ended."""
        shadows.end_shadow(self._database, shadow_id, self._clock.now())

    def shadows(self) -> pd.DataFrame:
        """Return the shadows there were, the newest first."""
        return shadows.shadows(self._database)

    def shadow_result(self, shadow_id: int) -> Changes:
        """Return what a shadow saw differently from what was live, so far; LabError when there is none."""
        return self._replayer.shadowed(shadow_id)

    def promote(
        self,
        prompt: str | Prompt,
        cameras: str | Sequence[str],
        evidence: Experiment | None = None,
        *,
        by: str = ME,
        note: str = "",
        force: bool = False,
        margin: float = promotion_guard.MARGIN,
    ) -> Promoted:
        """Make a prompt live for cameras, without a restart; who, when and on which evidence is kept.

        Parameters
        ----------
        evidence
            A finished experiment that compared it with what is live.
        force
            Make it live although the evidence speaks against it, or there is none.
        margin
            Share of the labelled dangers that it may lose against what is live, 0 to 1.

        Raises
        ------
        UnknownCamera, UnknownPrompt
            When there is no such camera or prompt.
        NotPromoted
            When it may lose more of the labelled dangers than the margin, or too few are labelled to tell; nothing is
            changed.
        """
        wanted = prompt if isinstance(prompt, str) else self._kept(prompt)
        model = self._arms.live_model(self._book.get(wanted))
        return promotion_guard.promote(
            self._book,
            wanted,
            self._known(cameras),
            evidence,
            by=by,
            note=note,
            force=force,
            live_model=model,
            margin=margin,
        )

    def roll_back(
        self, cameras: str | Sequence[str], purpose: str = "look", *, by: str = ME, note: str = ""
    ) -> dict[str, Live]:
        """Make live again what was live before; returns what is live now, by camera.

        Raises
        ------
        UnknownCamera, LabError
            When there is no such camera, or nothing was promoted for one of them; then none is changed.
        """
        meant, wanted = Purpose(purpose), self._known(cameras)
        for one in wanted:  # all of them, or none
            if self._book.history(one, meant).empty:
                raise LabError("promote.nothing_before", one=one)
        return {one: self._book.roll_back(one, meant, by=by, note=note) for one in wanted}

    def _kept(self, prompt: str | Prompt) -> str:
        """Return the version of a prompt, which is kept."""
        found = self._book.get(prompt) if isinstance(prompt, str) else prompt
        return self._book.keep(found, prompt if isinstance(prompt, str) else self._book.name_of(found))

    async def close(self) -> None:
        """Close the models that the lab opened."""
        await self._arms.close()
