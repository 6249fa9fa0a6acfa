"""What the cells of a report say once everything that speaks for them was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extractor.forms.definition import Identity
from extractor.values.opinion import Opinion
from extractor.values.option import Belief, Option
from extractor.values.page import Page
from extractor.values.slot import Slot


@dataclass(frozen=True, slots=True)
class Decoded:
    """A report's fields as read and decoded, in the order of `slots`.

    identities: sums that are meant to hold in this report. opinions: what a second reader reads; fields it was not
    asked about, or said nothing of, are left out.
    """

    slots: Sequence[Slot]
    options: Mapping[str, Sequence[Option]]
    beliefs: Mapping[str, Belief]
    identities: Sequence[Identity]
    opinions: Mapping[str, Opinion]
    pages: Sequence[Page]

    def best(self, key: str) -> Option | None:
        """The likeliest option of a field, None where it has none."""
        belief = self.beliefs[key]
        return self.options[key][belief.index(max(belief))] if belief else None
