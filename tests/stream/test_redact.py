import pytest

from livemon.stream.redact import Redactor, redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:s3cret@10.0.0.7:554/s?channel=1", "rtsp://admin:***@10.0.0.7:554/s?channel=1"),
        ("rtsp://a.b%40c:p%3Aw@cam/s", "rtsp://a.b%40c:***@cam/s"),
        ("rtsp://user:with@at@cam/s", "rtsp://user:***@cam/s"),
        ("rtsp://user:a/slash#and?more@cam/s", "rtsp://***@cam/s"),
        ("http://cam/video?user=a&password=x&token=y", "http://cam/video?user=a&password=***&token=***"),
        ("rtsp://cam/s", "rtsp://cam/s"),
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


def test_ordinary_text_is_left_alone() -> None:
    assert Redactor("rtsp://cam/s")("Connection refused") == "Connection refused"
