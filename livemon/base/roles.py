"""Who may do what: roles, identities, and the one question that every handler and page asks. Values only.

How somebody proves who they are does not belong here (monitor/authenticator.py), nor what is kept of them
(store/tables/access.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Role(StrEnum):
    """What somebody may do; each may what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class Proof(StrEnum):
    """How an identity was proven."""

    LOCAL = "local"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, or some program, that asks for something."""

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
        """The name for others to read; empty for whoever sits at this machine."""
        return "" if self.proof is Proof.LOCAL else self.name

    def sees(self, camera_id: str) -> bool:
        """Whether a camera is among its own."""
        return self.cameras is None or camera_id in self.cameras

    def may(self, needed: Role, camera_id: str | None = None) -> bool:
        """Whether it may do what needs a role: on a camera, or, without one, on what belongs to all cameras."""
        in_reach = self.cameras is None if camera_id is None else self.sees(camera_id)
        return in_reach and self.role.covers(needed)
