"""Printed header → which of a block's columns the values under it are.

Counting columns is not enough: a table with open sides or a lost label column shows as many cells one column
off, and its sums still hold. The words above the values decide; without words, the places of columns that had them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.forms.definition import Block, normalise
from extractor.matching.align import label_similarity
from extractor.matching.rows import is_label
from extractor.values.geometry import overlap
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow

#: Mean similarity that another order of columns must win by to be believed.
#: ±20 %: nothing.
_CLEAR_WIN = 0.18
#: Similarity from which a header word counts as evidence.
#: ±20 %: nothing.
_SOME = 0.3


def header_texts(rows: Sequence[PrintedRow], values: Sequence[ReadCell]) -> list[str]:
    """Normalised words printed above each value cell, by the header rows of the same piece of the table."""
    texts = []
    for value in values:
        box = value.cell.box
        words = [
            cell.text
            for row in rows
            for cell in row.cells
            if is_label(cell)
            and overlap(box.left, box.right, cell.cell.box.left, cell.cell.box.right)
            > 0.6 * min(box.width, cell.cell.box.width)
            and cell.cell.box.width < 1.8 * box.width
        ]
        texts.append(normalise("".join(words)))
    return texts


def order_columns(texts: Sequence[str], block: Block) -> list[int | None]:
    """For every printed value column the block's column it is; None where it is none of them.

    Printed order is kept (monotone). As many texts as columns in the expected order is the usual answer.
    """
    count, wanted = len(texts), len(block.columns)
    alike = np.zeros((count, wanted))
    for i, text in enumerate(texts):
        for j, column in enumerate(block.columns):
            labels = (column.label, *column.aliases)
            alike[i, j] = max(label_similarity(text, normalise(label)) for label in labels) if text else 0.0
    plain: list[int | None] = [i if i < wanted else None for i in range(count)]
    best = _best_order(alike)
    if count == wanted:
        straight = float(np.trace(alike)) / wanted
        reordered = sum(alike[i, j] for i, j in enumerate(best) if j is not None) / wanted
        if reordered < straight + _CLEAR_WIN:
            return plain
    return best


def _best_order(alike: NDArray[np.float64]) -> list[int | None]:
    """Monotone alignment that maximises the similarity beyond what chance gives."""
    count, wanted = alike.shape
    gain = alike - _SOME
    best = np.zeros((count + 1, wanted + 1))
    for i in range(1, count + 1):
        for j in range(1, wanted + 1):
            best[i, j] = max(best[i - 1, j], best[i, j - 1], best[i - 1, j - 1] + gain[i - 1, j - 1])
    order: list[int | None] = [None] * count
    i, j = count, wanted
    while i > 0 and j > 0:
        if best[i, j] == best[i - 1, j]:
            i -= 1
        elif best[i, j] == best[i, j - 1]:
            j -= 1
        else:
            order[i - 1] = j - 1
            i, j = i - 1, j - 1
    return order
