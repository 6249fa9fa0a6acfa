"""Lines of prose → sections and their paragraphs, each sentence with its place on the page.

Headings are known by what they say rather than by how they are numbered. Edges of the text are quantiles over a page:
specks beside a line reach into its box, and a speck must not part a paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from rapidfuzz import fuzz

from extractor.forms.definition import normalise
from extractor.prose.heading import PlacedLine
from extractor.values.geometry import Box
from extractor.values.result import Section

#: How like a section's printed title a line must be to be its heading.
#: ±20 %: no value, status or confidence.
_ALIKE = 0.72
#: ±20 %: no value, status or confidence.
_LONGEST_HEADING = 30
#: A line indented by this many character heights starts a paragraph; one that ends so many before the edge is short.
#: ±20 %: nothing.
_INDENT, _SHORT = 1.2, 2.5
#: Shares of a page's lines that begin left of the text's left edge, and end left of its right edge.
#: ±20 %: no value, status or confidence.
_LEFT_SHARE, _RIGHT_SHARE = 0.2, 0.8
#: Specks read at the ends of a line; no Chinese sentence begins or ends with them.
_SPECKS = " .·'`,_|~"
_ENDS = tuple("。！？；：!?;:”）)")
_NUMERALS = "一二三四五六七八九十"
_NUMBERING = re.compile(
    rf"^\s*(?:第?[{_NUMERALS}]{{1,3}}(?:部分)?[、.．,，:：\s]|[(（]?(?:[{_NUMERALS}]{{1,3}}|\d{{1,2}})[)）]|\d{{1,2}}[.．、])\s*"
)
_HEADING = re.compile(rf"^\s*([{_NUMERALS}]{{1,2}})[、.．,，:：]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """text: without line ends. lines: each with the offset in the text at which it begins, ascending."""

    text: str
    lines: tuple[tuple[int, PlacedLine], ...]

    def lines_of(self, start: int, end: int) -> list[PlacedLine]:
        """Lines that hold the characters from `start` up to `end`."""
        offsets = [offset for offset, _ in self.lines]
        first = max(0, bisect_right(offsets, start) - 1)
        last = max(first + 1, bisect_right(offsets, max(start, end - 1)))
        return [line for _, line in self.lines[first:last]]

    def place(self, start: int, end: int) -> tuple[int, Box]:
        """Page and box, in PDF points, of the characters from `start` up to `end`; of those on the first page."""
        lines = self.lines_of(start, end)
        boxes = [line.box for line in lines if line.page_no == lines[0].page_no]
        return lines[0].page_no, reduce(Box.union, boxes)

    def score(self, start: int, end: int) -> float:
        """How sure the recogniser was of the lines that hold these characters, 0 to 1."""
        return min(line.line.score for line in self.lines_of(start, end))


@dataclass(frozen=True, slots=True)
class Passage:
    """A section with its paragraphs; `title` is as printed, empty where the heading is missing."""

    number: int
    title: str
    paragraphs: tuple[Paragraph, ...]
    pages: tuple[int, ...]

    @property
    def section(self) -> Section:
        """What a result tells of it."""
        return Section(self.number, self.title, "\n".join(p.text for p in self.paragraphs), self.pages)


def read_passages(
    lines: Sequence[PlacedLine], titles: Sequence[tuple[int, str]], first: int = 0
) -> tuple[Passage, ...]:
    """Sections in printed order; a form's sections are known by their titles, others by their numbering.

    first: index of the line after the report's title; prose between it and the first heading, if that is not the
    form's first, is a first section whose heading is missing.
    """
    starts: list[tuple[int, int, str]] = []
    for i, placed in enumerate(lines):
        number = _section_number(placed, titles, starts)
        if number is not None:
            starts.append((i, number, _clean(placed.line.text)))
    edges = _find_edges(lines)
    if starts and titles and starts[0][1] > titles[0][0] and _is_prose(lines[first : starts[0][0]]):
        starts.insert(0, (first - 1, titles[0][0], ""))
    passages = []
    for k, (start, number, title) in enumerate(starts):
        end = starts[k + 1][0] if k + 1 < len(starts) else len(lines)
        body = lines[start + 1 : end]
        pages = sorted({p.page_no for p in lines[max(start, 0) : end]})
        passages.append(Passage(number, title, tuple(join_paragraphs(body, edges)), tuple(pages)))
    return tuple(passages)


def _is_prose(lines: Sequence[PlacedLine]) -> bool:
    return any(line.line.text.strip().endswith("。") for line in lines)


def _section_number(
    placed: PlacedLine, titles: Sequence[tuple[int, str]], starts: Sequence[tuple[int, int, str]]
) -> int | None:
    text = _clean(placed.line.text)
    if len(text) > _LONGEST_HEADING or text.endswith(("。", "；", ";")):
        return None
    plain = normalise(_NUMBERING.sub("", text))
    known = {number for _, number, _ in starts}
    best = max(titles, key=lambda item: fuzz.ratio(plain, normalise(item[1])), default=None)
    if best and fuzz.ratio(plain, normalise(best[1])) / 100 >= _ALIKE and best[0] not in known:
        return best[0]
    numbered = _HEADING.match(text)
    if not numbered:
        return None
    if not starts:
        return titles[0][0] if numbered[1] == _NUMERALS[0] and titles else None
    following = [number for number, _ in titles if number > starts[-1][1]]
    return following[0] if following else starts[-1][1] + 1


def join_paragraphs(
    lines: Sequence[PlacedLine], edges: Mapping[int, tuple[float, float]] | None = None
) -> list[Paragraph]:
    """Lines joined to paragraphs; page breaks part none.

    edges: of the text by page number, left and right in the page's frame; None to find them from these lines.
    """
    edges = _find_edges(lines) if edges is None else edges
    groups: list[list[PlacedLine]] = []
    for placed in lines:
        if not groups or placed.after_table or _is_parted(groups[-1][-1], placed, edges):
            groups.append([])
        groups[-1].append(placed)
    return [_join(group) for group in groups]


def _is_parted(above: PlacedLine, below: PlacedLine, edges: Mapping[int, tuple[float, float]]) -> bool:
    text = _clean(above.line.text)
    has_ended = text.endswith(_ENDS)
    is_numbered = bool(_NUMBERING.match(_clean(below.line.text)))
    right = edges[above.page_no][1]
    is_short = above.line.box.right < right - _SHORT * above.line.box.height
    is_indented = below.line.box.left - edges[below.page_no][0] > _INDENT * below.line.box.height
    if has_ended:
        return is_short or is_numbered or is_indented
    # What has not come to an end goes on, unless it is a heading of its own.
    return is_short and is_indented and (is_numbered or bool(_NUMBERING.match(text)) or _is_far(above, right))


def _is_far(above: PlacedLine, right: float) -> bool:
    """Whether a line ends so early that it cannot have been broken there."""
    return above.line.box.right < right - 2 * _SHORT * above.line.box.height


def _find_edges(lines: Sequence[PlacedLine]) -> dict[int, tuple[float, float]]:
    """Left and right edge of the text by page number, in the page's frame."""
    boxes: dict[int, list[Box]] = {}
    for placed in lines:
        boxes.setdefault(placed.page_no, []).append(placed.line.box)
    return {
        page_no: (
            float(np.quantile([box.left for box in found], _LEFT_SHARE)),
            float(np.quantile([box.right for box in found], _RIGHT_SHARE)),
        )
        for page_no, found in boxes.items()
    }


def _join(lines: Sequence[PlacedLine]) -> Paragraph:
    text, places = "", []
    for placed in lines:
        places.append((len(text), placed))
        text += _clean(placed.line.text)
    return Paragraph(text, tuple(places))


def _clean(text: str) -> str:
    return text.strip(_SPECKS)
