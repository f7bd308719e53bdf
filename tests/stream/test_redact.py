import pytest

from livemon.errors import SourceError
from livemon.stream.redact import Redactor, redact_url
from livemon.stream.url_source import UrlSource
from livemon.streaming import ModeSetting


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:s3cret@10.0.0.7:554/s?channel=1", "rtsp://admin:***@10.0.0.7:554/s?channel=1"),
        ("rtsp://a.b%40c:p%3Aw@cam/s", "rtsp://a.b%40c:***@cam/s"),
        ("rtsp://user:with@at@cam/s", "rtsp://user:***@cam/s"),
        ("rtsp://user:a/slash#and?more@cam/s", "rtsp://***@cam/s"),
        ("rtsp://user:12/34secret@cam/s", "rtsp://***@cam/s"),
        ("rtsp://user:#secret@cam/s", "rtsp://***@cam/s"),
        ("rtsp://user:?secret@cam/s", "rtsp://***@cam/s"),
        ("rtsp://user:a[bracket@cam/s", "rtsp://***@cam/s"),
        ("rtsp://user:s3cr\u2100t@cam/s", "rtsp://***@cam/s"),
        ("rtsp://[fe80::1/s", "rtsp://***@[fe80::1/s"),
        ("rtsp://cam/s@2x", "rtsp://cam/s@2x"),
        ("http://10.0.0.7:88/v?usr=a@b&pwd=p@ss", "http://10.0.0.7:88/v?usr=a@b&pwd=***"),
        ("http://cam/video?user=a&password=x&token=y", "http://cam/video?user=a&password=***&token=***"),
        ("rtsp:/user:s3cret@cam/s", "rtsp:***@cam/s"),
        ("user:s3cret@cam/s", "user:***@cam/s"),
        ("rtsp://cam/s", "rtsp://cam/s"),
        ("rtmp://cam/live/x7f3-key", "rtmp://cam/live/***"),
        ("rtmps://user:s3cret@cam:443/app/deep/key?token=x", "rtmps://user:***@cam:443/app/***?token=***"),
        ("RTMP://cam//live/x7f3", "rtmp://cam//live/***"),
        ("rtmp://cam/live", "rtmp://cam/live"),
        ("rtmp://cam/", "rtmp://cam/"),
        ("http://cam/live/x7f3-key", "http://cam/live/x7f3-key"),
        ("videos/camera-1", "videos/camera-1"),
    ],
)
def test_a_url_loses_its_secrets_and_nothing_else(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "said",
    [
        "rtsp://admin:s3cr%3at%40@cam/s: Server returned 401 Unauthorized",
        "[tcp @ 0x1] password s3cr:t@ refused",
        "opening rtsp://admin:s3cr%3At%40@cam:554/other",
    ],
)
def test_a_known_password_is_hidden_however_it_is_spelled(said: str) -> None:
    shown = Redactor("rtsp://admin:s3cr%3at%40@cam/s")(said)
    assert "s3cr" not in shown
    assert "***" in shown


def test_a_stream_key_is_hidden_where_ffmpeg_names_it() -> None:
    hide = Redactor("rtmp://cam/live/x7f3-key")
    assert hide("Opening rtmp://cam/live/x7f3-key for reading") == "Opening rtmp://cam/live/*** for reading"
    assert "x7f3" not in hide("Server error: no stream with the name x7f3-key in live")


@pytest.mark.parametrize("url", ["rtsp://user:12/34secret@cam/s", "rtsp://user:a[34secret@cam/s", "rtsp://[fe80::1/s"])
def test_a_url_that_cannot_be_taken_apart_is_refused_in_a_sentence_without_its_password(url: str) -> None:
    source = UrlSource(url, ModeSetting.AUTO, keep_audio=True)
    with pytest.raises(SourceError, match="cannot be taken apart") as raised:
        source.check()
    assert "34secret" not in str(raised.value)
    assert "34secret" not in source.redact(f"opening {url[len('rtsp://') :]}")


def test_ordinary_text_is_left_alone() -> None:
    assert Redactor("rtsp://cam/s")("Connection refused") == "Connection refused"
