"""The heights at which horizontal rulings run, in pixels of the straight page."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.values.geometry import overlap

#: A ruling runs along a table or its columns when it is seen along this share of their width.
_ALONG = 0.8


@dataclass(frozen=True, slots=True)
class Level:
    """All horizontal segments at one height: their common y and their extents."""

    y: float
    extents: tuple[tuple[float, float], ...]

    @property
    def left(self) -> float:
        return min(e[0] for e in self.extents)

    @property
    def right(self) -> float:
        return max(e[1] for e in self.extents)

    def runs_along(self, left: float, right: float, share: float = _ALONG) -> bool:
        """Whether it is seen along most of what lies between two sides, or such a share of it."""
        return sum(overlap(left, right, *ends) for ends in self.extents) >= share * (right - left)
