"""Addresses refused for a camera added over the API: this machine, its cloud, unassigned ones.

Cameras are on private networks, so these are allowed. A refused address would make livemon send requests, with its own
rights, that only this machine may send (SSRF). A camera in livemon.toml is its owner's own word, and not checked.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from livemon.base.errors import HostRefused, SourceError
from livemon.base.messages.message import message
from livemon.stream.redact import is_address, name_host, well_formed
from livemon.stream.sources.local import TEST_PATTERN
from livemon.stream.sources.network import PROTOCOLS, lists_addresses

DEVICE = re.compile(r"/dev/video[0-9]{1,3}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], list[str]]

METADATA = frozenset(
    map(
        ipaddress.ip_address,
        # AWS, Azure, Google and most others; AWS over IPv6; Alibaba; Oracle; AWS's own DNS and time.
        ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "169.254.169.253", "169.254.169.123"),
    )
)
# IPv4 behind a translator: the well-known prefix, and that of networks of one's own (RFC 6052, RFC 8215).
NAT64 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))


def is_on_this_machine(source: str) -> bool:
    """Whether a source is a device, file or folder of this machine, which may be another camera's."""
    return bool(source) and source != TEST_PATTERN and not is_address(source)


def check_api_source(
    text: str, allowed: Sequence[str], resolve: Resolve | None = None, folders: Sequence[Path] = ()
) -> None:
    """Refuse a source that must not be set over the API.

    Parameters
    ----------
    text
        As in a camera's `source` setting.
    allowed
        Host names, addresses and networks that are allowed all the same: the setting `camera_hosts`.
    resolve
        Returns the addresses of a host name; asks the system when None. Blocks.
    folders
        Folders of videos: folders and files in them are allowed, wherever links lead.

    Raises
    ------
    SourceError
        When it is not a URL of a camera, a capture device, or in `folders`: other files of this machine are named in
        livemon.toml.
    HostRefused
        When one of its addresses is this machine's, link-local, or no host's at all; or it would be read as a playlist.
    """
    if text == TEST_PATTERN or DEVICE.fullmatch(text) or _lies_in(text, folders):
        return
    scheme, slashes, _ = text.partition("://")
    # A text beyond plain ASCII may be read as one host by us, and as another by ffmpeg.
    plain = text.isascii() and text.isprintable() and " " not in text
    if not plain or not slashes or scheme.lower() not in PROTOCOLS or not well_formed(text):
        raise SourceError("source.not_allowed_here", text=name_host(text), protocols=PROTOCOLS)
    host = (urlsplit(text).hostname or "").rstrip(".")
    if not host:
        raise SourceError("source.no_host_added", text=name_host(text), scheme=scheme)
    if host in map(str.lower, allowed):
        return
    for address in addresses(host, resolve or _ask_system):
        if _within(address, allowed):
            continue
        reason = _refused(address)
        if reason:
            raise HostRefused("source.host_not_allowed", host=host, reason=message(reason))
        if lists_addresses(text):
            raise HostRefused("source.playlist_not_allowed", host=host)


def _lies_in(text: str, folders: Sequence[Path]) -> bool:
    if "://" in text or "\0" in text:
        return False
    try:
        path = Path(text).resolve()
    except OSError:
        return False
    return any(path.is_relative_to(folder.resolve()) for folder in folders)


def addresses(host: str, resolve: Resolve) -> list[Address]:
    """Return all addresses of a host, also of one that is spelt as one number; HostRefused when it has none."""
    try:
        return [ipaddress.ip_address(text.partition("%")[0]) for text in resolve(host)]
    except (OSError, ValueError, UnicodeError) as exc:
        raise HostRefused("source.no_address", host=host) from exc


def _ask_system(host: str) -> list[str]:
    # getaddrinfo reads 127.1, 0x7f000001 and 2130706433 as ffmpeg's does.
    return [str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _refused(address: Address) -> str:
    """Return what an address is that no camera has, as a code; empty when it may be a camera's."""
    if isinstance(address, ipaddress.IPv6Address):
        translated = any(address in network for network in NAT64)
        teredo = address.teredo[1] if address.teredo else None
        inner = address.ipv4_mapped or address.sixtofour or teredo or (_embedded(address) if translated else None)
        if inner is not None:
            return _refused(inner)
    for wrong, code in (
        (address in METADATA, "source.is_cloud"),
        (address.is_loopback, "source.is_this_machine"),
        (address.is_link_local, "source.is_link_local"),
        (address.is_unspecified, "source.is_no_address"),
        (address.is_multicast, "source.is_multicast"),
        (address.is_reserved, "source.is_reserved"),
    ):
        if wrong:
            return code
    return ""


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _within(address: Address, allowed: Sequence[str]) -> bool:
    for text in allowed:
        try:
            if address in ipaddress.ip_network(text, strict=False):
                return True
        except ValueError:
            continue  # a host name
    return False
