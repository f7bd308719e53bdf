"""A livemon without a dashboard, as a process of its own: cameras, gate, archives, looks whose model says nothing.

    python benchmarks/watching.py DATA_DIR URL COUNT MODE [WITHOUT]

WITHOUT is "detector" or "studies": the part left out, so that its cost is the difference. The cost of a model is
measured elsewhere; here frames are decoded and handed to one, as for any model.
"""

from __future__ import annotations

import sys
import time

from livemon.base.model_types import Answer, AnswerStatus, Question
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.vlm import registry
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms


class NoModel:
    name = "nothing"

    def appetite(self, terms: PromptTerms) -> InputSpec:
        return InputSpec(self.name, 16, 640, free=True)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        return PreparedCall(question, terms, self.name, 0.0, "")

    async def ask(self, prepared: PreparedCall) -> Answer:
        return Answer(self.name, AnswerStatus.OK)

    async def close(self) -> None:
        pass


def main(data_dir: str, url: str, count: int, mode: str, without: str = "") -> None:
    registry.MODELS["nothing"] = lambda _settings, _clock, _new_watcher: NoModel()
    cameras = {f"c{n}": {"source": url, "mode": mode} for n in range(count)}
    left_out: dict[str, object] = {}
    if without == "detector":
        left_out = {"detector": "none"}
    elif without == "studies":
        left_out = {"analysis": {"enabled": False}}
    with Monitor(Settings(data_dir=data_dir, model="nothing", cameras=cameras, **left_out)) as monitor:
        monitor.start_all()
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
