"""The tables of access: users, sessions, tokens, links, audit log; and of change messages to subscribers.

Accounts are read and written in users.py, tokens in tokens.py, the audit log in audit_log.py, change messages in
changes.py. Rules live in base/roles.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from livemon.store.tables.columns import JsonOf, TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime


class User(Base):
    """A user who may log in."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(TextColumn(200), primary_key=True, comment="what they type, or the provider says")
    password_hash: Mapped[str] = mapped_column(TextColumn(), comment="Argon2id; empty for those who log in by OAuth")
    role: Mapped[str] = mapped_column(TextColumn(16), comment="viewer, operator or admin")
    cameras: Mapped[list[str] | None] = mapped_column(JsonOf(list), comment="their cameras; NULL is all")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when they were added")


class LoginSession(Base):
    """A browser in which a user is logged in. Deleted at the logout, and with a change of the password."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index("ix_login_sessions_user", "user_name"),)

    token_sha256: Mapped[str] = mapped_column(TextColumn(64), primary_key=True, comment="hash of the cookie's value")
    user_name: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"), comment="who logged in")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when")
    used_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was last used, to the minute")


class ApiToken(Base):
    """A secret of a program. Only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(TextColumn(200), comment="what it is for")
    token_sha256: Mapped[str] = mapped_column(TextColumn(64), unique=True, comment="hash of the secret")
    role: Mapped[str] = mapped_column(TextColumn(16), comment="viewer, operator or admin")
    cameras: Mapped[list[str] | None] = mapped_column(JsonOf(list), comment="its cameras; NULL is all")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was made")
    expires_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="NULL: never")
    used_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was last used, to the minute")
    revoked_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="NULL: it works")


class SignedLink(Base):
    """A part of livemon that may be seen for a while without a login.

    The address that opens it is kept nowhere.
    """

    __tablename__ = "signed_links"
    __table_args__ = (Index("ix_signed_links_camera", "camera_id"),)

    id: Mapped[str] = mapped_column(TextColumn(16), primary_key=True, comment="what the signed text refers to")
    camera_id: Mapped[str] = mapped_column(TextColumn(64), comment="whose footage; no key: it outlives the camera")
    path: Mapped[str] = mapped_column(
        TextColumn(), comment="what it opens, below the API's root; * at its end: all that begins so"
    )
    who: Mapped[str] = mapped_column(TextColumn(200), comment="who made it")
    proof: Mapped[str] = mapped_column(TextColumn(16), comment="how they were known: local, session or token")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was made")
    until_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="it works until then; deleted: revoked")


class AuditEntry(Base):
    """An action that a user did, or tried."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_time", "at_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when")
    who: Mapped[str] = mapped_column(TextColumn(200), comment="user, token or local; empty for nobody known")
    proof: Mapped[str] = mapped_column(TextColumn(16), comment="local, session, token or link; empty for nobody known")
    address: Mapped[str] = mapped_column(TextColumn(64), comment="where from: an IP address, or page or command line")
    action: Mapped[str] = mapped_column(TextColumn(200), comment="POST /reset/{camera_id}, login, start ...")
    camera_id: Mapped[str | None] = mapped_column(
        TextColumn(64), comment="which camera; no key: it outlives the camera"
    )
    outcome: Mapped[int] = mapped_column(comment="HTTP status, or what would be one")
    detail: Mapped[str] = mapped_column(TextColumn(), comment="a sentence; never a secret")


class ChangeRow(Base):
    """One message to subscribers.

    Ids grow in the order of commits, so that one number marks the messages sent so far.
    """

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_camera", "camera_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    at_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was written")
    kind: Mapped[str] = mapped_column(TextColumn(16), comment="event, status, analysis, hour or report")
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    severity: Mapped[str] = mapped_column(TextColumn(16), comment="of an event; empty for the others")
    payload: Mapped[dict[str, Any]] = mapped_column(JsonOf(dict), comment="what is told")
