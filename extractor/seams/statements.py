"""The seam between prose and how it is understood: what a sentence may state, and a small Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Statement:
    """A number that a paragraph states.

    id: of the fact. value, unit: as stated; a negation is 0. start, end: characters of the sentence in the paragraph;
    at: the first of the number. approximate: said so (余, 约). scope: "own", "area" for a whole district's bodies,
    "part" for one of several.
    year: the calendar year it is said of, None for the report's. same_as: sums of fields that say the same, any of
    which may be meant.
    """

    id: str
    value: float
    unit: str
    start: int
    end: int
    at: int
    approximate: bool = False
    scope: str = "own"
    year: int | None = None
    same_as: tuple[tuple[str, ...], ...] = ()


class FactFinder(Protocol):
    """Finds the numbers a paragraph states."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever another statement could be found."""
        ...

    def find(self, text: str) -> Sequence[Statement]:
        """Statements of a paragraph, in printed order."""
        ...
