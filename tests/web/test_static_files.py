"""Scripts and styles go out compressed, are kept by browsers, and are the same bytes as on disk."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.pages.parts.player import STATIC
from livemon.web.server import static_files
from tests.conftest import FAST
from tests.waiting import PATIENCE_S

PLAYER = "components/livemon.web.pages.parts.player/PlayerPane/_bundle_path/static/panel_player.bundle.js"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("files")
    with Monitor(Settings(data_dir=folder / "data"), profile=FAST) as monitor:
        yield f"{monitor.serve().url}/"


def ask(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = Request(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def scripts_of_a_page(url: str) -> list[str]:
    page = ask(url)[2].decode()
    return [urljoin(url, found) for found in re.findall(r"src=\"([^\"]+\.js[^\"]*)\"", page)]


def test_every_script_of_a_page_is_compressed_and_kept_for_a_year(url: str) -> None:
    scripts = scripts_of_a_page(url)
    assert len(scripts) > 3
    for script in scripts:
        plain, packed = ask(script), ask(script, Accept_Encoding="gzip, br")
        assert "content-encoding" not in plain[1] and packed[1]["content-encoding"] == "gzip", script
        assert gzip.decompress(packed[2]) == plain[2]
        assert len(packed[2]) == int(packed[1]["content-length"]) < len(plain[2]) / 2 + 1000
        assert "Accept-Encoding" in plain[1]["vary"] and "Accept-Encoding" in packed[1]["vary"]
        assert plain[1]["etag"] != packed[1]["etag"]
        if "?" in script:
            assert packed[1]["cache-control"] == "max-age=31536000, immutable"


def test_a_component_of_livemon_is_asked_for_again_and_not_sent_twice(url: str) -> None:
    _, headers, content = ask(url + PLAYER, Accept_Encoding="gzip")
    on_disk = (STATIC / "panel_player.bundle.js").read_bytes()
    assert hashlib.sha256(gzip.decompress(content)).digest() == hashlib.sha256(on_disk).digest()
    assert "immutable" not in headers.get("cache-control", ""), "its address names no version"
    with pytest.raises(OSError, match="304"):
        ask(url + PLAYER, Accept_Encoding="gzip", If_None_Match=headers["etag"])


def test_a_part_of_a_file_is_a_part_of_the_plain_one(url: str) -> None:
    status, headers, content = ask(url + PLAYER, Accept_Encoding="gzip", Range="bytes=10-19")
    assert (status, "content-encoding" in headers) == (206, False)
    assert content == (STATIC / "panel_player.bundle.js").read_bytes()[10:20]


def test_a_file_that_changed_is_compressed_anew(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    for text in ("one", "another"):
        file.write_text(text)
        assert gzip.decompress(static_files.compressed(str(file))).decode() == text
