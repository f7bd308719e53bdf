import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.errors import SourceError
from livemon.base.stream_types import ModeSetting, StreamProfile
from livemon.stream.redact import Redactor, name_host, redact_url
from livemon.stream.sources.network import UrlSource
from livemon.stream.sources.registry import open_source

XM = "rtsp://192.168.1.20:554/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream"


@pytest.mark.parametrize(
    ("url", "operators", "viewers"),
    [
        ("rtsp://admin:s3cret@10.0.0.7:554/s?channel=1", "rtsp://10.0.0.7:554/…?channel=1", "rtsp://10.0.0.7"),
        ("http://cam:88/v.cgi?loginuse=a&loginpas=x", "http://cam:88/…?…", "http://cam"),
        ("http://cam/v?psw=x&subtype=0&pw=y&credential=z", "http://cam/…?subtype=0&…", "http://cam"),
        ("http://cam/?channel=s3cret", "http://cam/?…", "http://cam"),
        ("http://cam/v?resolution=1280x720&s3cret", "http://cam/…?resolution=1280x720&…", "http://cam"),
        (XM, "rtsp://192.168.1.20:554/…?…", "rtsp://192.168.1.20"),
        ("rtsp://cam/s#s3cret", "rtsp://cam/…#…", "rtsp://cam"),
        ("rtsp://a.b%40c:p%3Aw@cam/s", "rtsp://cam/…", "rtsp://cam"),
        ("rtsp://s3cret@cam/s", "rtsp://cam/…", "rtsp://cam"),
        ("rtsp://user:with@at@cam/s", "rtsp://cam/…", "rtsp://cam"),
        ("rtsp://user:a/slash#and?more@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://user:12/34secret@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://tok/en@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://user:#secret@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://user:?secret@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://user:a[bracket@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://user:s3cr\u2100t@cam/s", "rtsp://…", "rtsp://…"),
        ("rtsp://[fe80::1/s", "rtsp://…", "rtsp://…"),
        ("rtsp://[fe80::1]:554/s", "rtsp://[fe80::1]:554/…", "rtsp://[fe80::1]"),
        ("http://10.0.0.7:88/v?usr=a@b&pwd=p@ss", "http://10.0.0.7:88/…?…", "http://10.0.0.7"),
        ("rtsp:/user:s3cret@cam/s", "rtsp://…", "rtsp://…"),
        ("user:s3cret@cam/s", "…", "…"),
        ("10.0.0.7/user=admin_password=x", "…", "…"),
        ("//user:s3cret@cam/s", "…", "…"),
        ("rtsp://cam", "rtsp://cam", "rtsp://cam"),
        ("RTMP://cam//live/x7f3", "rtmp://cam/…", "rtmp://cam"),
        ("rtmp://cam/", "rtmp://cam/", "rtmp://cam"),
        ("videos/camera-1", "videos/camera-1", "videos/camera-1"),
        ("/srv/date=2026-01-01/a@b", "/srv/date=2026-01-01/a@b", "/srv/date=2026-01-01/a@b"),
        ("test-pattern", "test-pattern", "test-pattern"),
    ],
)
def test_of_an_address_only_what_is_known_to_be_harmless_is_shown(url: str, operators: str, viewers: str) -> None:
    assert redact_url(url) == operators
    assert name_host(url) == viewers


def test_a_local_folder_with_the_look_of_an_address_is_still_a_folder(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "lobby@12:30").mkdir()
    monkeypatch.chdir(folder)
    source = open_source("lobby@12:30", folder / "cache", StreamProfile(), lambda _name, _reason: None)
    assert source.label == "lobby@12:30"


@pytest.mark.parametrize(
    "said",
    [
        "rtsp://admin:s3cr%3at%40@cam/s: Server returned 401 Unauthorized",
        "[tcp @ 0x1] password s3cr:t@ refused",
        "opening rtsp://admin:s3cr%3At%40@cam:554/other",
        "Authorization: Basic YWRtaW46czNjcjp0QA==",
    ],
)
def test_a_known_password_is_hidden_however_it_is_spelled(said: str) -> None:
    shown = Redactor("rtsp://admin:s3cr%3at%40@cam/s")(said)
    assert "s3cr" not in shown
    assert "YWRtaW46czNjcjp0" not in shown


def test_a_text_of_ffmpeg_keeps_of_any_address_its_scheme_and_host() -> None:
    hide = Redactor("rtmp://cam/live/x7f3-key")
    assert hide("Opening rtmp://cam/live/x7f3-key for reading") == "Opening rtmp://cam for reading"
    assert "x7f3" not in hide("Server error: no stream with the name x7f3-key in live")
    assert hide("Moved to 'http://other:81/v?ticket=abc'.") == "Moved to 'http://other'."
    assert hide("Connection to tcp://10.0.0.7:554?timeout=5 failed") == "Connection to tcp://10.0.0.7 failed"


def test_values_in_a_path_are_hidden_by_themselves_too() -> None:
    said = Redactor(XM)("DESCRIBE of tlJwpbo6 failed: 404 Stream Not Found")
    assert said == "DESCRIBE of … failed: 404 Stream Not Found"


@pytest.mark.parametrize("url", ["rtsp://user:12/34secret@cam/s", "rtsp://user:a[34secret@cam/s", "rtsp://[fe80::1/s"])
def test_a_url_that_cannot_be_taken_apart_is_refused_in_a_sentence_without_its_password(url: str) -> None:
    source = UrlSource(url, ModeSetting.AUTO, keep_audio=True)
    with pytest.raises(SourceError, match="cannot be taken apart") as raised:
        source.check()
    assert "34secret" not in str(raised.value)
    assert "34secret" not in source.redact(f"opening {url[len('rtsp://') :]}")


def test_ordinary_text_is_left_alone() -> None:
    assert Redactor("rtsp://cam/live/stream1")("Connection refused: live stream") == "Connection refused: live stream"


PLACES = (
    "rtsp://{}@cam/s",
    "rtsp://{}:x@cam/s",
    "rtsp://admin:{}@cam:554/s?channel=1",
    "rtsp://10.0.0.7/{}",
    "rtmp://cam/app/{}",
    "rtsp://10.0.0.7:554/user=admin_password={}_channel=1_stream=0.sdp",
    "http://10.0.0.7/a;token={}/b",
    "http://10.0.0.7/v?{}",
    "http://10.0.0.7/v?loginpas={}&channel=2",
    "http://10.0.0.7/v?channel={}",
    "http://10.0.0.7/v?a=b#{}",
    "http:/admin:{}@cam/s",
    "admin:{}@cam/s",
)
# Escaped where the URL wants it, or typed as it is.
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=4, max_size=12).map(
    "Zq7".__add__
)


@given(st.sampled_from(PLACES), SECRETS, st.booleans())
def test_a_secret_in_any_part_of_an_address_is_never_shown(place: str, secret: str, escaped: bool) -> None:
    typed = quote(secret, safe="") if escaped else secret
    url = place.format(typed)
    hide = Redactor(url)
    texts = [f"Error opening input {url}: I/O", f"{url.partition('//')[2]} failed", f"method '{typed}' 404"]
    if escaped:
        texts += [f"({secret})", url.replace(typed, secret)]
    for shown in (redact_url(url), name_host(url), *map(hide, texts)):
        assert secret not in shown
        assert typed not in shown
        assert not re.search("Zq7", shown)
