"""What an open column is called, and which of a table's columns may be called otherwise than they are read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

from rapidfuzz.distance import Hamming

from extractor.forms.definition import normalise
from extractor.matching.wording import CERTAIN
from extractor.values.page import ReadCell

#: Between the words that span a column and its own; no word has it.
JOINT = "_"
#: Letters of words from which on others that differ in one are likelier them misread: 东城区 and 西城区 are two.
_LEAST_NEAR = 4
_FIGURE = re.compile(r"\d+")
#: Columns that are numbered in a row, as months and years are.
_SERIES = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A printed column. path, label: what stands above it, in cells, on page page_no.

    is_whole: those cells fill the header, each above its own columns. is_legible: they can be read.
    """

    path: tuple[str, ...]
    label: str
    is_whole: bool
    is_legible: bool
    page_no: int = 0
    cells: tuple[ReadCell, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(map(normalise, (*self.path, self.label)))

    @property
    def is_sure(self) -> bool:
        return self.is_whole and self.is_legible


def doubt_figures(named: Sequence[Named]) -> list[Named]:
    """The columns, those in doubt whose words hold figures that a scan may have misread and no series bears out.

    So is one without any that is called as the others are but for theirs: it may have lost its own.
    """
    is_certain = all(map(_is_certain, named))
    figures = [[int(text) for text in _FIGURE.findall("".join(one.words))] for one in named]
    if is_certain or not any(figures):
        return list(named)
    rest = [JOINT.join(_FIGURE.sub("", word) for word in one.words) for one in named]
    borne_out = set(_find_series(figures, rest))
    with_figures = {text for text, own in zip(rest, figures, strict=True) if own}
    return [
        replace(one, is_legible=one.is_legible and (place in borne_out or rest[place] not in with_figures))
        for place, one in enumerate(named)
    ]


def doubt_near(named: Sequence[Named]) -> list[Named]:
    """The columns of a scan, those in doubt that are called as another is but for one letter: it may be that one."""
    labels = {one.words[-1] for one in named}
    return [
        replace(
            one, is_legible=one.is_legible and (_is_certain(one) or not _is_nearly(one.words[-1], labels))
        )
        for one in named
    ]


def _is_certain(one: Named) -> bool:
    """Whether a file says itself what stands above a column."""
    return all(line.score >= CERTAIN for cell in one.cells for line in cell.lines)


def _is_nearly(label: str, others: Collection[str]) -> bool:
    return (
        len(label) >= _LEAST_NEAR
        and any(len(other) == len(label) and Hamming.distance(label, other) == 1 for other in others)
        and _FIGURE.search(label) is None
    )


def _find_series(figures: Sequence[Sequence[int]], rest: Sequence[str]) -> Iterator[int]:
    """Places of columns side by side that are called alike but for one figure, which goes up or down by one."""
    steps = [
        figures[i + 1][0] - figures[i][0]
        if len(figures[i]) == len(figures[i + 1]) == 1 and rest[i] == rest[i + 1]
        else 0
        for i in range(len(figures) - 1)
    ]
    at = 0
    for step, members in groupby(steps):
        count = len(list(members))
        if abs(step) == 1 and count + 1 >= _SERIES:
            yield from range(at, at + count + 1)
        at += count


def agree(pieces: Sequence[Sequence[Named]]) -> list[Named]:
    """The columns of a block by all of its pieces with a header: those of the first, in doubt where others differ.

    One that cannot be read in one piece may be in another, where the columns beside it are the same.
    """
    first, *others = pieces
    out = list(first)
    for other in others:
        if len(other) != len(first):
            continue
        same = [one.words == two.words for one, two in zip(out, other, strict=True)]
        for place, two in enumerate(other):
            one = out[place]
            if same[place]:
                out[place] = one if one.is_sure else two
            elif two.is_sure and not one.is_sure and median(same) == 1:
                out[place] = two
            elif two.is_sure:
                out[place] = replace(one, is_legible=False)
    return out
