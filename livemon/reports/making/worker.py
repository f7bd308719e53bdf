"""The report's own process: run a notebook with papermill, then export it (`python -m livemon.reports.making.worker`).

Takes an order as a line of JSON on stdin, and reports progress and outcome on stdout, in lines of JSON. When stdin
closes before, its client is gone, and it ends with its kernel. Files are written where the order says; putting them in
place is the reporter's (reporter.py).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message, Told, from_text, message, to_text
from livemon.base.private_files import write_bytes, write_text
from livemon.reports.making import export
from livemon.reports.making.kill import kill_marked

KERNEL_START_S = 60
EXPORTING = 0.8
"""Share of the work that is done when all cells are."""

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """The order of files to make in the working directory: report.ipynb, report.html and report.pdf."""

    notebook: str
    parameters: dict[str, Any]
    title: str
    language: str
    pdf: bool


@dataclass(frozen=True, slots=True)
class WorkerMessage:
    """A line from the worker.

    Attributes
    ----------
    share
        Progress, 0 to 1.
    doing
        The current step.
    finished
        All files are there.
    failed
        Why not.
    no_pdf
        Why there is no PDF though one was ordered.
    """

    share: float = 0.0
    doing: Told = ""
    finished: bool = False
    failed: Told = ""
    no_pdf: Told = ""

    def to_line(self) -> str:
        """Return the line."""
        told = {name: to_text(getattr(self, name)) for name in ("doing", "failed", "no_pdf")}
        return json.dumps({**asdict(self), **told}) + "\n"

    @classmethod
    def from_line(cls, line: bytes) -> WorkerMessage:
        """Return what `to_line` made."""
        read: dict[str, Any] = json.loads(line)
        doing, failed, no_pdf = (from_text(read.pop(name)) for name in ("doing", "failed", "no_pdf"))
        return cls(doing=doing, failed=failed, no_pdf=no_pdf, **read)


def main() -> None:
    """Carry out one order."""
    import papermill  # noqa: F401 - takes a second, in which the order is made

    order = Order(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_when_left_alone, daemon=True).start()
    try:
        _say(WorkerMessage(finished=True, no_pdf=_carry_out(order)))
    except Exception as exc:  # any error is reported to the client
        _say(WorkerMessage(failed=_reason(exc)))
        sys.exit(1)


def _carry_out(order: Order) -> Told:
    """Run and export; returns why there is no PDF."""
    ran = _run(order)
    _say(WorkerMessage(EXPORTING, Message("report.writing_page")))
    html = export.page(ran, order.title, order.language)
    write_text(Path("report.html"), html)
    if not order.pdf:
        return ""
    trouble = export.pdf_trouble()
    if trouble:
        return trouble
    _say(WorkerMessage(0.5 + EXPORTING / 2, Message("report.writing_pdf")))
    try:
        pdf = export.to_pdf(html)
    except Exception as exc:  # the page must not be lost for a PDF that WeasyPrint cannot lay out
        return _reason(exc)
    write_bytes(Path("report.pdf"), pdf)
    return ""


def _run(order: Order) -> Any:
    """Run the notebook in a kernel of this same Python; returns it with its outputs."""
    import nbformat
    import papermill
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from papermill.engines import NBClientEngine, papermill_engines
    from traitlets import Unicode

    class ThisPython(AsyncKernelManager):
        """Starts this Python, whatever other kernels are installed; its files stay in our folder."""

        connection_file = Unicode(str(Path("kernel.json").absolute()))

        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**get_kernel_dict())

    class Telling(NBClientEngine):  # type: ignore[misc]
        """Says which cell is run."""

        @classmethod
        def execute_managed_notebook(cls, manager: Any, kernel_name: str, **kwargs: Any) -> Any:
            start, count = manager.cell_start, len(manager.nb.cells)

            def cell_start(cell: Any, cell_index: int | None = None, **more: Any) -> None:
                number = (cell_index or 0) + 1
                _say(
                    WorkerMessage(
                        EXPORTING * number / (count + 1), message("report.running_cell", number=number, count=count)
                    )
                )
                start(cell, cell_index=cell_index, **more)

            manager.cell_start = cell_start
            return super().execute_managed_notebook(manager, kernel_name, **kwargs)

    papermill_engines.register("livemon", Telling)
    _say(WorkerMessage(0.0, Message("report.starting_kernel")))
    # papermill takes braces in a path for placeholders: it is given the notebook itself, and a name without a folder.
    return papermill.execute_notebook(
        nbformat.read(order.notebook, as_version=4),  # type: ignore[no-untyped-call]
        "report.ipynb",
        parameters=order.parameters,
        engine_name="livemon",
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        language="python",
        start_timeout=KERNEL_START_S,
        progress_bar=False,
        cwd=Path(order.notebook).parent,
    )


def _reason(exc: Exception) -> Told:
    """Return what went wrong, in a line."""
    if isinstance(exc, LivemonError):
        return exc.said
    name, said = type(exc).__name__, str(exc)
    cell = getattr(exc, "ename", "")  # papermill's, of the error in a cell
    if cell:
        name, said = cell, str(getattr(exc, "evalue", ""))
    return f"{name}: {' '.join(said.split())}"[:LONGEST_REASON]


def _say(said: WorkerMessage) -> None:
    sys.stdout.write(said.to_line())
    sys.stdout.flush()


def _end_when_left_alone() -> None:
    sys.stdin.read()
    kill_marked(Path.cwd(), but=os.getpid())
    os._exit(1)


if __name__ == "__main__":
    main()
