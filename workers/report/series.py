"""A few main fields of every body over the years, to be looked at and compared."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.report.entities import Entity
from workers.report.kept import Reading
from workers.report.tallies import MAIN_FIELDS

#: Bodies in the table of a field: those with most years, and of those with as many the ones with most to count.
_MOST_BODIES = 100


@dataclass(frozen=True, slots=True)
class BodySeries:
    """What a body reported of a field, by year; every reading has a value."""

    name: str
    years: Mapping[int, Reading]

    @property
    def rank(self) -> tuple[int, float, str]:
        """By which bodies are chosen: the greatest first."""
        return len(self.years), max(abs(reading.value or 0.0) for reading in self.years.values()), self.name


@dataclass(slots=True)
class Series:
    """Fills with bodies one at a time. Of a field no more are kept than are shown."""

    _fields: dict[str, list[tuple[tuple[int, float, str], int, BodySeries]]] = field(default_factory=dict)
    _count: int = 0

    def add(self, entity: Entity) -> None:
        """A body with all its years."""
        found: dict[str, dict[int, Reading]] = {}
        for year in entity.years:
            merged = year.merged()
            for key in MAIN_FIELDS:
                reading = merged.get(key)
                if reading is not None and reading.value is not None:
                    found.setdefault(key, {})[year.year] = reading
        for key, years in found.items():
            self._keep(key, BodySeries(entity.name, years))

    def of(self, key: str) -> list[BodySeries]:
        """The bodies of a field, by name."""
        return sorted((body for _, _, body in self._fields.get(key, ())), key=lambda body: body.name)

    def first(self, key: str, count: int) -> list[BodySeries]:
        """The bodies of a field with most years and most to count, at most so many; none of one year."""
        chosen = heapq.nlargest(count, self._fields.get(key, ()))
        return [body for _, _, body in chosen if len(body.years) > 1]

    def _keep(self, key: str, body: BodySeries) -> None:
        kept = self._fields.setdefault(key, [])
        # Ranks can be equal; what follows never is.
        self._count += 1
        heapq.heappush(kept, (body.rank, self._count, body))
        if len(kept) > _MOST_BODIES:
            heapq.heappop(kept)
