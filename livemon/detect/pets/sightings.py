"""Credibility and reports of pets. Pure: detections of pictures in, sightings out.

The network calls people on the floor dogs and cats: an animal is believed only where no person is or was. It never
explains a person away. Finding them belongs to decode.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from livemon.base.detections import Pet, PetKind, Sighting

SURE_SCORE = 0.4
MOST_LOOKS = 3
LEAST_LOOKS = 2
"""An animal is told when it was found in two of three pictures."""

GONE_AFTER = timedelta(seconds=60)
TOLD_EVERY = timedelta(minutes=5)


class PetSightings:
    """Tells of the pets before one camera: when one is seen, and again every five minutes while it stays."""

    def __init__(self) -> None:
        self._looks: list[tuple[datetime, dict[PetKind, Pet]]] = []
        self._seen_utc: dict[PetKind, datetime] = {}
        self._told_utc: dict[PetKind, datetime] = {}

    @property
    def there(self) -> bool:
        """Whether a pet was seen in the last pictures."""
        return any(self._sure(kind) for kind in PetKind)

    def believed(self, pets: Sequence[Pet], was_person_at: Callable[[Pet], bool]) -> tuple[Pet, ...]:
        """Return the pets that are sure, and where no person is or was."""
        return tuple(one for one in pets if one.score >= SURE_SCORE and not was_person_at(one))

    def take(self, utc: datetime, pets: Sequence[Pet]) -> list[Sighting]:
        """Take in the believed pets of a picture, in time order; return the sightings to report."""
        best = {one.kind: one for one in sorted(pets, key=lambda one: one.score)}
        self._looks = [*self._looks[1 - MOST_LOOKS :], (utc, best)]
        said = []
        for kind, pet in best.items():
            away = utc - self._seen_utc.get(kind, utc - 2 * GONE_AFTER)
            if away > GONE_AFTER:
                self._told_utc.pop(kind, None)
            self._seen_utc[kind] = utc
            told_utc = self._told_utc.get(kind)
            if self._sure(kind) and (told_utc is None or utc - told_utc >= TOLD_EVERY):
                self._told_utc[kind] = utc
                since = next(at for at, found in self._looks if kind in found)
                evidence = tuple(dict.fromkeys((utc, since)))
                said.append(Sighting(f"{kind}_present", since, utc, evidence, round(pet.score, 2), box=pet.box))
        return said

    def _sure(self, kind: PetKind) -> bool:
        return sum(kind in found for _, found in self._looks) >= LEAST_LOOKS
