"""Roles, identities, and the one permission check of every handler and page. Values only.

Authentication lives in monitor/authenticator.py, its rows in store/tables/access.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Role(StrEnum):
    """Permissions of a user; each role includes those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class Proof(StrEnum):
    """Proof by which an identity was established."""

    LOCAL = "local"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    LINK = "link"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, or a program, that makes requests."""

    name: str
    role: Role
    proof: Proof
    cameras: frozenset[str] | None = None
    """The cameras it may see; None is all, those to come too."""

    @classmethod
    def local(cls) -> Self:
        """Return who sits at this machine while no login is asked for."""
        return cls("local", Role.ADMIN, Proof.LOCAL)

    @property
    def shown_name(self) -> str:
        """The name for others to read; empty for the user of this machine."""
        return "" if self.proof is Proof.LOCAL else self.name

    def sees(self, camera_id: str) -> bool:
        """Whether a camera is among its own."""
        return self.cameras is None or camera_id in self.cameras

    def may(self, needed: Role, camera_id: str | None = None) -> bool:
        """Whether it may do what needs a role: on a camera, or, without one, on what belongs to all cameras."""
        in_reach = self.cameras is None if camera_id is None else self.sees(camera_id)
        return in_reach and self.role.covers(needed)
