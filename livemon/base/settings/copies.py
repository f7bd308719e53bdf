"""The group of settings about copies off the premises: [copies]. settings.py reads it; credentials are not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from livemon.base.settings.hours import Hours

FOREVER_DAYS = 36_500
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
SCHEMES = ("s3", "sftp", "webdav+http", "webdav+https", "file", "")


class CopySettings(BaseModel):
    """`[copies]`: the selection of copies, their bucket, and their times."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        "",
        max_length=300,
        description="s3://bucket/folder, sftp://host/folder, webdav+https://host/folder or a folder; none when empty.",
    )
    endpoint: str = Field(
        "", pattern=r"^(https?://[^\s/?#@]+/?)?$", description="Address of an S3 server that is not AWS."
    )
    region: str = Field("", max_length=50, description="Region of the S3 bucket, where its server wants one.")
    encrypt: bool = Field(True, description="Encrypt before anything leaves; false: the bucket's owner can watch.")
    archives: Literal["all", "moving", "none"] = Field(
        "moving", description="Which ten-minute archives are copied: all, those in which anything moved, or none."
    )
    reports: bool = Field(True, description="Copy daily reports.")
    database: bool = Field(True, description="Copy the nightly copy of the database, prompts and settings.")
    max_mbit_s: float = Field(0, ge=0, le=1_000_000, description="Average rate of sending; 0 for unlimited.")
    hours: Hours = Field("", description="Local times in which archives are sent: 22:00-06:00; events at any time.")
    queue_gb: float = Field(5, gt=0, le=1000, description="Footage of events that waits to be sent, at most.")
    clip_days: float = Field(
        30, gt=0, le=FOREVER_DAYS, description="Keep copies of events' footage and pictures this long."
    )
    archive_days: float = Field(
        30, gt=0, le=FOREVER_DAYS, description="Keep copies of archives this long; pinned ones stay."
    )
    report_days: float = Field(365, gt=0, le=FOREVER_DAYS, description="Keep copies of reports this long.")
    database_copies: int = Field(7, ge=1, le=1000, description="Keep this many copies of the database.")
    ssh_key: Path | None = Field(None, description="Private key for SFTP; the secret is then its passphrase.")
    known_hosts: Path | None = Field(None, description="Host keys for SFTP; ~/.ssh/known_hosts when not given.")

    @field_validator("url")
    @classmethod
    def _is_an_address_without_secrets(cls, url: str) -> str:
        at = urlsplit(url)
        if at.scheme not in SCHEMES:
            raise ValueError("must begin with s3://, sftp://, webdav+https:// or be a folder")
        if at.scheme == "webdav+http" and at.hostname not in THIS_MACHINE:
            raise ValueError("must begin with webdav+https://: without TLS the password can be read on its way")
        if at.password is not None or (at.username is not None and at.scheme != "sftp"):
            raise ValueError("must not hold credentials: give them by LIVEMON_COPIES_USER and LIVEMON_COPIES_SECRET")
        if at.scheme not in ("file", "") and not at.hostname:
            raise ValueError("must name a bucket or host")
        return url.rstrip("/") if len(url) > 1 else url

    @property
    def enabled(self) -> bool:
        """Whether anything is copied."""
        return bool(self.url)
