"""Words on one line of text, in pixels of the straight page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from extractor.values.geometry import Box

#: Gap between words that makes a line tabular, in heights of a character.
WIDE_GAP = 1.3


@dataclass(frozen=True, slots=True)
class WordLine:
    """Words of one line of text from left to right, and the box around them, in pixels of the straight page."""

    words: tuple[Box, ...]
    box: Box

    @property
    def is_tabular(self) -> bool:
        """Some gap between its words is wider than any in prose."""
        pairs = pairwise(self.words)
        return any(
            b.left - a.right >= WIDE_GAP * max(a.height, b.height, 0.8 * self.box.height) for a, b in pairs
        )
