"""What a cell may say, and how likely."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.values.result import Kind

#: Log odds are cut here, either way: beyond, differences mean nothing.
MAX_LOGIT = 12.0


@dataclass(frozen=True, slots=True)
class Content:
    """What a cell says; value None for all but numbers. unit: as printed in the cell, "" when none is."""

    kind: Kind
    value: float | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a cell may say; probabilities of a cell's options need not sum to 1, the rest is illegible."""

    raw: str
    content: Content
    probability: float

    @property
    def amount(self) -> float:
        """What the cell contributes to a sum: blanks and dashes count nothing."""
        return self.content.value or 0.0


#: Probability of each option of a cell, in the order of its options.
Belief = list[float]
