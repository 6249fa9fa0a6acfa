"""Printed header → which of a block's columns the values under it are.

Counting columns is not enough: a table with open sides or a lost label column shows as many cells one column
off, and its sums still hold. The words above the values decide; without words, the places of columns that had them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from extractor.forms.definition import Block, Column, normalise
from extractor.matching.rows import is_label
from extractor.matching.units import is_other_unit
from extractor.matching.wording import (
    HAN,
    differ_in_year,
    find_years,
    is_other,
    label_similarity,
    may_be_misread,
    says_other,
)
from extractor.values.geometry import overlap
from extractor.values.matched import SURE_LABEL
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow, leave_out_explanation

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
#: One column's words are among several's from this similarity on.
#: ±20 %: nothing.
_NAMED = 0.8
#: Words are beyond doubt a column's from this similarity on. Of these three, each a fifth up and down, only `_OTHERS`
#: at .2 reads one of the 164 headers of those documents otherwise.
_SURE = 0.9
#: What is left of a likeness where words that can be read contradict it: 年末数 is 年末数 before it is 年初数, and a
#: misread 本年废止件类 still more like its own column than like none. Of 929 columns with words of 35 documents, half
#: of them under damage, 3 are contradicted, all of them misread or cut; of their fields .4 changes none, .6 two more.
_CONTRADICTED = 0.5
#: Columns so few that neither is borne out by the others; the statutory tables have one, or three and more.
_PAIR = 2
#: Letters that anybody puts beside a column's words: 2023年度, 单位：万元.
_ANYWHERE = "度单位万亿元"


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """What is printed above a column, "" where nothing is.

    legibility: score of its worst line, 0 to 1. above: words that span it and others, outermost first.
    """

    printed: str = ""
    legibility: float = 0.0
    above: tuple[HeaderWords, ...] = ()

    @property
    def whole(self) -> str:
        """The words with those that span them."""
        return "".join((*(words.printed for words in self.above), self.printed))

    @property
    def text(self) -> str:
        """The words as labels are compared."""
        return normalise(self.printed)

    @property
    def plain_text(self) -> str:
        """The same without an explanation in brackets."""
        return normalise(leave_out_explanation(self.printed))


def read_headers(rows: Sequence[PrintedRow], values: Sequence[ReadCell], block: Block) -> list[HeaderWords]:
    """What is printed above each value cell, by the header rows of the same piece of the table."""
    cells = [
        cell for row in rows for cell in row.cells if is_label(cell) or (cell.text and is_of_figures(block))
    ]
    start = min((value.cell.box.left - 0.5 * value.cell.box.width for value in values), default=0.0)
    wide = [cell for cell in cells if cell.cell.box.left > start]
    return [
        replace(
            _leave_several(
                _join([cell for cell in cells if _stands_over(cell, value) and not _spans(cell, value)]),
                block,
            ),
            above=tuple(_join([cell]) for cell in wide if _stands_over(cell, value) and _spans(cell, value)),
        )
        for value in values
    ]


def is_of_figures(block: Block) -> bool:
    """Whether a form calls its columns by figures or letters alone, as 2023 or Q1: its header holds no words."""
    return not any(HAN.search(wording) for column in block.columns for wording in _wordings(column))


def _stands_over(header: ReadCell, value: ReadCell) -> bool:
    own, box = header.cell.box, value.cell.box
    return overlap(box.left, box.right, own.left, own.right) > 0.6 * min(box.width, own.width)


def _spans(header: ReadCell, value: ReadCell) -> bool:
    """Whether a header is of more columns than one."""
    return header.cell.box.width >= 1.8 * value.cell.box.width


def _join(cells: Sequence[ReadCell]) -> HeaderWords:
    scores = [line.score for cell in cells for line in cell.lines]
    return HeaderWords("".join(cell.text for cell in cells), min(scores, default=0.0))


def _leave_several(words: HeaderWords, block: Block) -> HeaderWords:
    """Words without those of several columns and nothing else, between which a ruling was lost: they tell of none."""
    rest, columns = words.text, set[int]()
    wordings = [(wording, at) for at, column in enumerate(block.columns) for wording in _wordings(column)]
    for wording, at in sorted(wordings, key=lambda one: -len(one[0])):
        while rest and len(wording) > 1:
            found = fuzz.partial_ratio_alignment(wording, rest, score_cutoff=100 * _NAMED)
            if found is None or found.dest_end - found.dest_start < len(wording) - 1:
                break
            columns.add(at)
            rest = rest[: found.dest_start] + "，" + rest[found.dest_end :]
    return HeaderWords() if len(columns) > 1 and not HAN.search(rest) else words


def order_columns(words: Sequence[HeaderWords], block: Block) -> list[int | None]:
    """For every printed value column the block's column it is; None where it is none of them.

    As many words as columns in the expected order is the usual answer. Printed order is kept (monotone), unless the
    words of every column are beyond doubt another's. A column over which another's words or another year stand is
    none; one over which none of the block's stand is where it is by its place (`find_others`).
    """
    alike = np.array([[_likeness(found, column, block) for column in block.columns] for found in words])
    order = _choose_order(alike.reshape(len(words), len(block.columns)))
    return [
        None if j is None or _is_anothers(words[i].text, alike[i], j, block) else j
        for i, j in enumerate(order)
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
    """Whether words are clearly more like another column than the one they were taken for, or name another year."""
    return bool(alike.max() >= alike[column] + _OTHERS) or _is_of_another_year(text, block.columns[column])


def _is_of_another_year(text: str, column: Column) -> bool:
    return all(differ_in_year(text, wording) for wording in _wordings(column))


def _names_a_year(text: str, column: Column, block: Block) -> bool:
    """Whether words name a year where the form names years, and none of this column."""
    named = any(find_years(wording) for other in block.columns for wording in _wordings(other))
    return named and bool(find_years(text)) and not any(map(find_years, _wordings(column)))


def find_others(words: Sequence[HeaderWords], order: Sequence[int | None], block: Block) -> list[bool]:
    """Of every printed column that was taken for one of the block's, whether the words above it are not that one's.

    As with rows: words that can be read and contradict all of its wordings, or name another year, or span it and
    contradict all that span the form's. Of two columns neither is borne out by the other: words that are little like
    its own are enough.
    """
    return [
        j is not None and _tells(found, block) and _are_others(found, block.columns[j], block)
        for found, j in zip(words, order, strict=True)
    ]


def _tells(words: HeaderWords, block: Block) -> bool:
    """Whether any words stand above a column that are not the block's own, left there by a ruling more or less."""
    return bool(words.text) and not is_of_block(words, block)


def is_of_block(words: HeaderWords, block: Block) -> bool:
    """Whether words are those above the labels, or above the block."""
    own = [normalise(text) for text in (*block.label_columns, block.corner, block.heading)]
    return any(
        label_similarity(words.text, text) >= SURE_LABEL
        and not is_other(words.text, [text], words.legibility, around=())
        for text in own
    )


def find_other_units(words: Sequence[HeaderWords], order: Sequence[int | None], block: Block) -> list[bool]:
    """Of every printed column taken for one of the block's, whether its words state another unit of money."""
    return [
        j is not None and is_other_unit(found.printed, _list_units(block.columns[j], block))
        for found, j in zip(words, order, strict=True)
    ]


def _list_units(column: Column, block: Block) -> tuple[str, ...]:
    return (column.label, *column.aliases, f"({column.unit or block.unit})")


def _are_others(words: HeaderWords, column: Column, block: Block) -> bool:
    if len(block.columns) == _PAIR and _likeness(words, column, block) < _OWN:
        return True
    return (
        _contradict(words, column, block)
        or _is_of_another_year(words.text, column)
        or _names_a_year(words.text, column, block)
        or _are_under_others(words, column, block)
    )


def _are_under_others(words: HeaderWords, column: Column, block: Block) -> bool:
    """Whether the nearest words that span a column can be read and are none of those that the form has there.

    What may be them misread is forgiven: rulings that are lost or added cut these. Of 35 documents two, a fax and a
    scan with verticals drawn over it, have eight columns under such words, all of them the columns' own.
    """
    path = [normalise(text) for text in column.path]
    if not path or not words.above:
        return False
    nearest = words.above[-1]
    texts = (nearest.text, nearest.plain_text)
    is_other = says_other(texts, nearest.legibility, path, _letters_around(block))
    return is_other and not _may_be_misread(nearest, path)


def is_misread(words: HeaderWords, column: Column) -> bool:
    """Whether words that are not a column's own may well be them misread, not they with others around them."""
    return words.text not in _wordings(column) and _may_be_misread(words, _wordings(column))


def _may_be_misread(words: HeaderWords, wordings: Sequence[str]) -> bool:
    return may_be_misread(
        max(fuzz.ratio(words.text, wording) / 100 for wording in wordings), words.legibility
    )


def bear_out(words: Sequence[HeaderWords], order: Sequence[int | None], block: Block) -> bool:
    """Whether the words above the columns are mostly those of the columns they were taken for."""
    told = [
        _likeness(found, block.columns[j], block)
        for found, j in zip(words, order, strict=True)
        if found.text and j is not None
    ]
    return 2 * sum(likeness >= _OWN for likeness in told) >= len(told)


def find_named(words: Sequence[HeaderWords], block: Block) -> set[int]:
    """Which of a block's columns stand under their own words."""
    order = order_columns(words, block)
    return {
        j
        for found, j in zip(words, order, strict=True)
        if j is not None and _likeness(found, block.columns[j], block) >= _OWN
    }


def _likeness(words: HeaderWords, column: Column, block: Block) -> float:
    """How like words are to a column's likest wording, 0 to 1; 0 under another year."""
    if not words.text or _is_of_another_year(words.text, column):
        return 0.0
    alike = max(label_similarity(words.text, wording) for wording in _wordings(column))
    return alike * _CONTRADICTED if _contradict(words, column, block) else alike


def _contradict(words: HeaderWords, column: Column, block: Block) -> bool:
    texts = (words.text, words.plain_text)
    return says_other(texts, words.legibility, _wordings(column), _letters_around(block))


@lru_cache(maxsize=1024)
def _letters_around(block: Block) -> frozenset[str]:
    """Letters of what a form prints in a block's header, and of what anybody does."""
    columns = [text for column in block.columns for text in (*column.path, *_wordings(column), column.unit)]
    return frozenset("".join((*columns, block.heading, block.corner, block.unit, _ANYWHERE)))


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
