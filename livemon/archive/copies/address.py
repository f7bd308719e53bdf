"""From settings to an open vault: the one place that knows which address needs which package."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from livemon.archive.copies.buckets.bucket import Bucket
from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.archive.copies.key_store import CopyKeys
from livemon.archive.copies.layout import outgoing_folder
from livemon.archive.copies.vault import Vault
from livemon.base.errors import ConfigError
from livemon.base.settings.settings import Settings


def open_vault(settings: Settings, keys: CopyKeys) -> Vault:
    """Open the bucket of the settings; nothing is sent yet.

    Raises
    ------
    ConfigError
        When a package that the address needs is not installed.
    BucketError
        When a host cannot be reached.
    """
    key = keys.raw if settings.copies.encrypt else None
    return Vault(_open_bucket(settings, keys), key, outgoing_folder(settings))


def bucket_label(settings: Settings) -> str:
    """Return the address of the bucket as rows have it, without opening it."""
    at = urlsplit(settings.copies.url)
    if at.scheme in ("", "file"):
        return str(Path(unquote(at.path)).expanduser().absolute())
    port = f":{at.port}" if at.port else ""
    host = at.netloc if at.scheme == "s3" else f"{at.hostname}{port}"
    return f"{at.scheme}://{host}{at.path}".rstrip("/")


def _open_bucket(settings: Settings, keys: CopyKeys) -> Bucket:
    own = settings.copies
    at = urlsplit(own.url)
    if at.scheme in ("", "file"):
        return FolderBucket(Path(unquote(at.path)).expanduser())
    user = settings.copies_user or keys.user
    secret = settings.copies_secret.get_secret_value() or keys.secret
    try:
        if at.scheme == "s3":
            from livemon.archive.copies.buckets.s3 import S3Bucket

            return S3Bucket(at.netloc, at.path, own.endpoint, own.region, user, secret)
        from livemon.archive.copies.buckets.remote import open_sftp, open_webdav

        if at.scheme == "sftp":
            return open_sftp(own.url, user, secret, own.ssh_key, own.known_hosts)
        return open_webdav(own.url, user, secret)
    except ImportError as exc:
        raise ConfigError("copies.not_installed", scheme=at.scheme, package=exc.name or "fsspec") from exc
