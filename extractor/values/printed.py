"""A row of a table as it is printed: what is label, what may be a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.forms.definition import normalise
from extractor.values.geometry import Box
from extractor.values.page import ReadCell

#: What stands in brackets at the end of words.
_EXPLANATION = re.compile(r"(?<=[\u4e00-\u9fff]{2})[（(][^（()）]*[)）]?$")


def leave_out_explanation(text: str) -> str:
    """Words without what stands behind them in brackets."""
    return _EXPLANATION.sub("", text)


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """One row of a table on one page.

    box: as wide as its table or half of a table. values: its trailing cells without Han text,
    left to right. label: normalised text of the cells before them.
    """

    table_index: int
    page_no: int
    box: Box
    cells: tuple[ReadCell, ...]
    values: tuple[ReadCell, ...]
    label: str

    @property
    def plain_label(self) -> str:
        """The label without the explanation in brackets that some put behind it, normalised."""
        count = len(self.cells) - len(self.values)
        return normalise(leave_out_explanation("".join(cell.text for cell in self.cells[:count])))

    @property
    def legibility(self) -> float:
        """Score of the worst line of its label, 0 to 1; 0 where there is none."""
        labels = self.cells[: len(self.cells) - len(self.values)]
        return min((line.score for cell in labels for line in cell.lines), default=0.0)

    @property
    def text(self) -> str:
        """Normalised text of the whole row."""
        return normalise("".join(cell.text for cell in self.cells))
