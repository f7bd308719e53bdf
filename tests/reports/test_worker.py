"""The worker's own decisions, without a kernel; and its end when it is left alone, with one."""

import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from livemon.base.messages.message import message
from livemon.reports.making import export, worker
from livemon.reports.making.kill import MARK
from livemon.reports.making.worker import Order
from tests.waiting import PATIENCE_S, wait_until


def section(*outputs: Any, tags: tuple[str, ...] = ("section",)) -> Any:
    return new_code_cell("x", metadata={"tags": list(tags)}, outputs=list(outputs))


def shown(**data: str) -> Any:
    return new_output("display_data", data={name.replace("__", "/"): text for name, text in data.items()})


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """An order that is carried out in a folder of its own, by a notebook that has run."""
    ran = new_notebook(cells=[section(shown(text__html="<p>hello</p>"))])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(worker, "_run", lambda _order: ran)
    return Order("unused.ipynb", {}, "Playroom", "en", pdf=True)


def test_the_page_holds_the_outputs_of_sections_and_nothing_else() -> None:
    cells = [
        section(shown(text__html="<p>one</p>", text__plain="one")),
        section(new_output("stream", text="a < b"), tags=()),
        section(new_output("stream", text="two < three")),
        section(shown(image__png="iVBORw0=\n")),
        section(new_output("execute_result", data={"text/plain": "<Figure>"})),
    ]
    page = export.page(new_notebook(cells=cells), "A & B", "ko")
    assert "<p>one</p>" in page
    assert "a &lt; b" not in page
    assert "<pre>two &lt; three</pre>" in page
    assert '<img alt="" src="data:image/png;base64,iVBORw0=">' in page
    assert "<pre>&lt;Figure&gt;</pre>" in page
    assert '<html lang="ko">' in page
    assert "<title>A &amp; B</title>" in page


def test_warnings_stay_in_the_notebook_because_they_name_folders() -> None:
    said = [
        new_output("stream", name="stderr", text="/srv/family/livemon/day.py:12: UserWarning: old"),
        new_output("stream", name="stdout", text="A quiet day"),
    ]
    cell = new_code_cell("1", outputs=said, metadata={"tags": ["section"]})
    page = export.page(new_notebook(cells=[cell]), "A", "en")
    assert "A quiet day" in page and "/srv/family" not in page


def test_a_pdf_has_no_links_to_files_beside_it() -> None:
    pdf = export.to_pdf('<p><a href="2026-11-22/120000.mp4">clip</a> <a href="https://example.org/">site</a></p>')
    packed = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    written = b"".join(zlib.decompress(one) for one in packed)
    assert b"https://example.org/" in written
    assert b"120000.mp4" not in written


@pytest.mark.parametrize(
    "link",
    [
        "href='2026-11-22/1.mp4'",
        "class=x href=1.mp4",
        'HREF="/api/x"',
        'href="javascript:x"',
        'href="#gone"',
        'href=""',
    ],
)
def test_no_link_on_paper_leads_nowhere(link: str) -> None:
    html = export.on_paper(f'<h2 id="there">T</h2><a {link}>words</a><a href="#there">up</a>')
    assert html == '<h2 id="there">T</h2><span class="unlinked">words</span><a href="#there">up</a>'


def test_a_pdf_fetches_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"no picture")
    export.to_pdf(f'<img src="{secret.as_uri()}">')
    assert "disallowed protocol" in caplog.text


def test_without_pango_there_is_a_page_and_it_is_said(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "pdf_trouble", lambda: message("report.no_pango", reason="libpango"))
    assert str(worker._carry_out(order)) == "WeasyPrint finds no Pango: libpango."
    assert Path("report.html").is_file()
    assert not Path("report.pdf").exists()


def test_a_page_that_cannot_be_laid_out_is_a_page_all_the_same(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_html: str) -> bytes:
        raise IndexError("box")

    monkeypatch.setattr(export, "to_pdf", broken)
    assert worker._carry_out(order) == "IndexError: box"
    assert Path("report.html").is_file()


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert str(export.pdf_trouble()) == "WeasyPrint is not installed."


def test_a_worker_whose_parent_is_gone_ends_with_its_kernel(tmp_path: Path) -> None:
    import nbformat

    notebook = tmp_path / "slow.ipynb"
    cells = [new_code_cell("1"), new_code_cell("import time; time.sleep(600)")]
    nbformat.write(new_notebook(cells=cells), notebook)
    work = tmp_path / "work"
    work.mkdir()

    def alive() -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(work):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    started = subprocess.Popen(
        [sys.executable, "-m", "livemon.reports.making.worker"],
        cwd=work,
        env={**os.environ, MARK: str(work)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdin and started.stdout
    try:
        started.stdin.write(json.dumps(asdict(Order(str(notebook), {}, "", "en", pdf=False))) + "\n")
        started.stdin.flush()
        while str(worker.WorkerMessage.from_line(started.stdout.readline().encode()).doing) != "cell 2 of 2":
            pass
        assert any("ipykernel" in one for one in alive())
        started.stdin.close()
        assert started.wait(PATIENCE_S) == 1
        wait_until(lambda: not alive(), "something of it is alive")
    finally:
        started.kill()
        started.wait()
        started.stdout.close()
