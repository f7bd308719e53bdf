"""Why links in messages and pushes cannot work, in sentences with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from livemon.base.messages.catalog import hint, text
from livemon.base.settings.settings import Settings
from livemon.notify.reachability import unreachable_because

GOOD: dict[str, Any] = {
    "public_url": "https://cameras.example",
    "allowed_hosts": ("cameras.example",),
    "access": {"login": "password", "https": True, "proxy": True},
}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"public_url": ""}, ["reach.no_public_url"]),
        ({"public_url": "http://localhost:8000"}, ["reach.loopback"]),
        ({"public_url": "https://127.0.0.1:8443"}, ["reach.loopback"]),
        ({"public_url": "http://cameras.example"}, ["reach.no_https"]),
        ({"allowed_hosts": ()}, ["reach.host_refused"]),
        ({"access": {"login": "password", "proxy": True}}, ["reach.cookies_not_secure"]),
        (
            {"public_url": "https://cameras.example/nursery", "access": {"login": "password", "https": True}},
            ["reach.other_path"],
        ),
        (
            {
                "public_url": "https://cameras.example/nursery/",
                "access": {"login": "password", "https": True, "root_path": "/nursery"},
            },
            [],
        ),
    ],
)
def test_each_reason_is_said_with_what_to_do(changed: dict[str, Any], codes: list[str]) -> None:
    found = unreachable_because(Settings(**(GOOD | changed)))
    assert [one.code for one in found] == codes
    for one in found:
        assert text(one) and hint(one), one.code
