"""What livemon replaces in Panel, Bokeh and param is looked at first."""

import logging
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from livemon.web.server import page_thread, panel_patches
from livemon.web.server.patch_targets import fits, fits_context_manager, fits_list


class Library:
    names: ClassVar[list[str]] = []

    def kept(self, message: str) -> None: ...


@contextmanager
def edited(_thing: object) -> Any:
    yield


def test_every_replacement_fits_the_installed_versions() -> None:
    code = (
        "import logging; logging.basicConfig()\n"
        "from bokeh.server.tornado import BokehTornado\n"
        "from livemon.web.server.panel_patches import make_room_for_a_thread\n"
        "from livemon.web.server.sessions import let_go_at_once\n"
        "print(make_room_for_a_thread()); let_go_at_once(BokehTornado({}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert "is not what livemon knows" not in done.stderr


def test_what_is_as_it_was_fits(caplog: pytest.LogCaptureFixture) -> None:
    assert fits(Library, "kept", ("self", "message"))
    assert fits_list(Library, "names")
    assert fits_context_manager(edited)
    assert caplog.records == []


@pytest.mark.parametrize(
    "check",
    [
        lambda: fits(Library, "gone", ("self",)),
        lambda: fits(Library, "kept", ("self", "message", "more")),
        lambda: fits(Library, "names", ()),
        lambda: fits_list(Library, "kept"),
        lambda: fits_context_manager(len),
        lambda: fits_context_manager(Library.kept),
    ],
)
def test_what_has_changed_is_left_out_with_a_warning(check: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert not check()
    assert "is left as it is" in caplog.text


def test_without_what_keeps_threads_apart_pages_are_built_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_patches, "_done", [False])
    added: list[object] = []
    application = SimpleNamespace(application=SimpleNamespace(add=added.append))
    page_thread.build_beside(SimpleNamespace(_applications={"/": application})).stop()  # type: ignore[arg-type]
    assert added == []
