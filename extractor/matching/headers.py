"""Printed header → which of a block's columns the values under it are.

Counting columns is not enough: a table with open sides or a lost label column shows as many cells one column
off, and its sums still hold. The words above the values decide; without words, the places of columns that had them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.forms.definition import Block, Column, normalise
from extractor.matching.align import label_similarity
from extractor.matching.rows import is_label
from extractor.matching.wording import differ_in_year
from extractor.values.geometry import overlap
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow

#: Mean similarity that another order of columns must win by to be believed.
#: ±20 %: nothing.
_CLEAR_WIN = 0.18
#: Similarity from which a header word counts as evidence.
#: ±20 %: nothing.
_SOME = 0.3
#: Words over a column are its own from this similarity on, and another column's where they are so much more like
#: that one's. Of 1,214 columns of 35 documents, half of them under damage, 12 are less like their own, ten of these
#: where something else was taken for the table; 年初数 and 年末数 are .67 alike.
_OWN, _OTHERS = 0.5, 0.25
#: Words are beyond doubt a column's from this similarity on. Of these three, each a fifth up and down, only `_OTHERS`
#: at .2 reads one of the 164 headers of those documents otherwise.
_SURE = 0.9
#: Columns so few that each is named by its own words alone; the statutory tables have one, or three and more.
_FEW = 2


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

    As many texts as columns in the expected order is the usual answer. Printed order is kept (monotone), unless the
    words of every column are beyond doubt another's. A column over which another's words or another year stand is
    none.
    """
    alike = np.array([[_likeness(text, column) for column in block.columns] for text in texts])
    order = _choose_order(alike.reshape(len(texts), len(block.columns)))
    return [
        None if j is None or _is_anothers(texts[i], alike[i], j, block) else j for i, j in enumerate(order)
    ]


def _choose_order(alike: NDArray[np.float64]) -> list[int | None]:
    count, wanted = alike.shape
    likest = [int(row.argmax()) for row in alike] if wanted else []
    if count == wanted == len(set(likest)) and alike.max(axis=1).min() >= _SURE:
        return list(likest)
    best = _best_order(alike)
    if count == wanted:
        straight = float(np.trace(alike)) / wanted
        reordered = sum(alike[i, j] for i, j in enumerate(best) if j is not None) / wanted
        if reordered < straight + _CLEAR_WIN:
            return list(range(count))
    return best


def _is_anothers(text: str, alike: NDArray[np.float64], column: int, block: Block) -> bool:
    """Whether words are clearly more like another column than the one they were taken for, or name another year.

    Of two columns neither is borne out by the others: words that are not a column's own are enough.
    """
    if text and len(alike) <= _FEW and alike[column] < _OWN:
        return True
    of_another_year = all(differ_in_year(text, wording) for wording in _wordings(block.columns[column]))
    return bool(alike.max() >= alike[column] + _OTHERS) or of_another_year


def bear_out(texts: Sequence[str], order: Sequence[int | None], block: Block) -> bool:
    """Whether the words above the columns are mostly those of the columns they were taken for."""
    told = [
        _likeness(text, block.columns[j])
        for text, j in zip(texts, order, strict=True)
        if text and j is not None
    ]
    return 2 * sum(likeness >= _OWN for likeness in told) >= len(told)


def _likeness(text: str, column: Column) -> float:
    """How like words are to a column's likest wording, 0 to 1."""
    return max(label_similarity(text, wording) for wording in _wordings(column)) if text else 0.0


def _wordings(column: Column) -> list[str]:
    return [normalise(label) for label in (column.label, *column.aliases)]


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
