"""Runner: many questions about many items, some items at once, until done, out of budget or without answers.

The questions of one item live in ask_item.py. Experiments, replays and the optimiser all run here.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from livemon.base.clock import Clock
from livemon.base.engine import Engine
from livemon.base.errors import LabError, LivemonError, StoreError
from livemon.base.file_lock import try_lock
from livemon.base.private_files import make_folder, open_private
from livemon.base.settings.settings import Settings
from livemon.base.tasks import run_to_completion
from livemon.lab.data.dataset import Item
from livemon.lab.data.footage import Places
from livemon.lab.experiments.arms import Arm
from livemon.lab.experiments.ask_item import Counts, ItemAsker
from livemon.lab.experiments.live_plan import PlannedQuestion
from livemon.lab.experiments.spend_cap import SpendCap, StopReason
from livemon.store import lab as store
from livemon.store.lab import ExperimentStatus
from livemon.store.session import Database

INTERRUPTED = "interrupted; run it again to go on"

LAST_WORDS_S = 10.0
"""So long an interrupted run may take to write down what was under way."""

Told = Callable[[int, str], None]
"""Called with how many tasks are done, and with what was done last."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Services that the lab's parts share."""

    settings: Settings
    database: Database
    clock: Clock
    engine: Engine
    places: Places


@dataclass(frozen=True, slots=True)
class Task:
    """An item to ask an arm about; `questions` and `seen` as `ItemAsker.ask` takes them."""

    arm: Arm
    item: Item
    repeat: int = 0
    questions: tuple[PlannedQuestion, ...] | None = None
    seen: tuple[str, datetime] | None = None


def run(
    tools: Tools,
    experiment_id: int,
    tasks: Sequence[Task],
    spend_cap: SpendCap,
    *,
    at_once: int = 1,
    told: Told | None = None,
) -> tuple[Counts, str]:
    """Ask all tasks, and say in the experiment's row how far it came; blocks.

    Returns
    -------
    counts, str
        The counts, and the reason of a stop; empty when it is done.

    Raises
    ------
    LabError
        When another process runs this experiment.
    BaseException
        Any interruption; answers so far are kept, and the row is marked as stopped.
    """
    database, counts, reason = tools.database, Counts(), INTERRUPTED
    ended = threading.Event()

    async def ask_all() -> str:
        try:
            return await _ask_all(tools, experiment_id, tasks, spend_cap, counts, at_once, told)
        finally:
            ended.set()

    with _alone(tools.settings.data_dir / "lab" / f"experiment-{experiment_id}.lock", experiment_id):
        store.set_status(database, experiment_id, ExperimentStatus.RUNNING, cap_usd=spend_cap.cap_usd)
        try:
            reason = tools.engine.call(ask_all(), None)
        finally:
            ended.wait(LAST_WORDS_S)  # who interrupts may end the process next: what was paid must be written
            status = ExperimentStatus.STOPPED if reason else ExperimentStatus.DONE
            done_utc = None if reason else tools.clock.now()
            store.set_status(database, experiment_id, status, reason=reason, finished_utc=done_utc)
    return counts, reason


async def _ask_all(
    tools: Tools,
    experiment_id: int,
    tasks: Sequence[Task],
    spend_cap: SpendCap,
    counts: Counts,
    at_once: int,
    told: Told | None,
) -> str:
    gateway = ItemAsker(experiment_id, tools.settings, tools.database, tools.clock)
    waiting = iter(tasks)
    stopped: list[str] = []
    done = 0

    async def worker() -> None:
        nonlocal done
        for task in waiting:
            if stopped:
                return
            item = task.item
            where = item.camera_id, item.start_utc, item.end_utc, item.title
            try:
                place = await asyncio.to_thread(tools.places.place, *where)
                await gateway.ask(
                    task.arm, item, place, task.repeat, spend_cap, counts, questions=task.questions, seen=task.seen
                )
            except StopReason as exc:
                stopped.append(str(exc))
            except StoreError as exc:
                stopped.append(exc.message)
            except LivemonError as exc:
                counts.left_out[item.title or item.id] = exc.message
            done += 1
            if told is not None:
                told(done, item.title)

    # Not gather: when one fails or is cancelled, the others must have ended before this returns.
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, at_once)):
                group.create_task(worker())
    finally:
        await run_to_completion(gateway.write_copies())
    if not stopped and counts.left_out:
        stopped.append(
            f"{len(counts.left_out)} items could not be shown: {'; '.join(sorted(set(counts.left_out.values())))}"
        )
    return stopped[0] if stopped else ""


@contextmanager
def _alone(path: Path, experiment_id: int) -> Iterator[None]:
    """Keep other processes from running the same experiment: each would spend the whole cap."""
    make_folder(path.parent)
    with open_private(path, "a") as file:
        if not try_lock(file):
            raise LabError("lab.experiment_runs", experiment_id=experiment_id)
        yield


@contextmanager
def progress_bar(total: int, what: str, *, show: bool) -> Iterator[Callable[[int], None]]:
    """Show a progress bar, in a notebook as a widget; gives what is called with how much is done."""
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=what, unit="item", disable=not show, leave=False) as bar:

        def told(done: int) -> None:
            bar.update(max(0, done - bar.n))

        yield told
