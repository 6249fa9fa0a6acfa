"""A second look at pages whose tables leave much in doubt: found by their words alone, without their rulings.

Rulings that are mostly gone mislead more than they help, and which tables' those are shows in what comes of them. The
look that leaves less in doubt is kept, table by table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractor.deciding.second_words import read_words_again
from extractor.forms.definition import Form
from extractor.prose.heading import is_title, list_lines
from extractor.reading.page_reader import read_page
from extractor.reports import PrintedReport, decode_report
from extractor.seams.engine import OcrEngine
from extractor.seams.readers import Readers
from extractor.trust.bounds import BOUND
from extractor.trust.judging import tell_by_hand
from extractor.values.geometry import Box, overlap
from extractor.values.grid import Grid
from extractor.values.page import Page
from extractor.values.result import Kind
from extractor.values.slot import MISNAMING, Slot

#: Mean confidence of a report's fields from which on nothing is looked at again.
#: ±20 %: 40 fields, 63 statuses.
_CLEAR = 0.95
#: What a blank counts beside a figure when two looks at a page are compared.
#: ±20 %: nothing (read on 2 of 22 documents).
_BLANK = 0.6
#: Areas that share so much of the lower one's height are the same. Of five scans in which single tables are looked at
#: none differs with .2 or .8.
_MOST = 0.5
#: Tables of a page up to which each is looked at alone: each look reads the page once more, and a hundred small ones
#: made 26 s of three. A page of these reports prints four at most, and of other forms drawn so far six.
_FEW = 8


def read_report(
    pages: Sequence[Page], forms: Mapping[str, Form], readers: Readers
) -> tuple[Sequence[Page], PrintedReport | None]:
    """The pages of one report, some of them read once more, and what they say; None when they print no known form.

    The second reader is asked for the cells in doubt; without one they stay as they are. Pages that neither print a
    form nor bear a report's title are not looked at again.
    """
    printed = decode_report(pages, forms, readers.second)
    pages, printed = _read_words(pages, printed, forms, readers.second)
    titled = printed is not None or any(is_title(line) for line in list_lines(pages))
    if _clearness(printed) >= _CLEAR or not titled:
        return pages, printed
    best = _look_again(pages, forms, readers.engine)
    if all(now is before for now, before in zip(best, pages, strict=True)):
        return pages, printed
    return _read_words(best, decode_report(best, forms, readers.second), forms, readers.second)


def _read_words(
    pages: Sequence[Page],
    printed: PrintedReport | None,
    forms: Mapping[str, Form],
    second: OcrEngine | None,
) -> tuple[Sequence[Page], PrintedReport | None]:
    """The same with words that are not the form's read once more, if fewer of them are not then."""
    if printed is None or second is None or not _count_misnamed(printed):
        return pages, printed
    again = read_words_again(pages, printed.matches, printed.decoded.slots, second)
    if all(now is before for now, before in zip(again, pages, strict=True)):
        return pages, printed
    other = decode_report(again, forms, second)
    if (
        other is None
        or other.form.id != printed.form.id
        or _count_misnamed(other) >= _count_misnamed(printed)
    ):
        return pages, printed
    return again, other


def _count_misnamed(printed: PrintedReport) -> int:
    return sum(_is_misnamed(slot) for slot in printed.decoded.slots)


def _look_again(pages: Sequence[Page], forms: Mapping[str, Form], engine: OcrEngine) -> list[Page]:
    best, printed = list(pages), decode_report(pages, forms)
    for place, page in enumerate(pages):
        if _clearness(printed) >= _CLEAR:
            break
        if not page.is_recognised:
            continue
        for without in _list_looks(page.image.grids):
            again = read_page(page.page_no, page.image, (page.width, page.height), engine, without=without)
            if len(without) < len(page.image.grids):
                again = _exchange(best[place], again, without[0].box)
            other = decode_report([*best[:place], again, *best[place + 1 :]], forms)
            if _is_better(other, printed):
                best[place], printed = again, other
    return best


def _list_looks(grids: Sequence[Grid]) -> list[Sequence[Grid]]:
    """The tables of a page whose rulings may mislead: all of them, and of several each alone."""
    alone = [[grid] for grid in grids] if 1 < len(grids) <= _FEW else []
    return [grids, *alone] if grids else []


def _exchange(page: Page, again: Page, area: Box) -> Page:
    """A page with the tables that another look found in an area."""
    found = [table for table in again.tables if _are_same(table.grid.box, area)]
    taken = [area, *(table.grid.box for table in found)]
    kept = [table for table in page.tables if not any(_are_same(table.grid.box, other) for other in taken)]
    tables = sorted((*kept, *found), key=lambda table: table.grid.box.top)
    lines = [line for line in again.lines if not any(_are_same(line.box, own.grid.box) for own in kept)]
    return replace(again, tables=tuple(tables), lines=tuple(lines))


def _are_same(one: Box, two: Box) -> bool:
    """Whether two areas share most of the lower one's height, and some width."""
    high = overlap(one.top, one.bottom, two.top, two.bottom)
    return (
        high > _MOST * min(one.height, two.height) and overlap(one.left, one.right, two.left, two.right) > 0
    )


def _is_better(other: PrintedReport | None, printed: PrintedReport | None) -> bool:
    """Whether another look leaves less in doubt.

    Two forms have fields of their own, whose confidences do not compare: of these the one is better whose rows and
    headings are more like what is printed.
    """
    if other is not None and printed is not None and other.form.id != printed.form.id:
        return _likeness(other) > _likeness(printed)
    return (
        _yield(other) > _yield(printed) if _count(other) == _count(printed) else _sum(other) > _sum(printed)
    )


def _count(printed: PrintedReport | None) -> int:
    return 0 if printed is None else len(printed.decoded.slots)


def _sum(printed: PrintedReport | None) -> float:
    """How many fields are read rightly by their confidences: a look that finds fewer open rows is not better."""
    return _yield(printed) * _count(printed)


def _likeness(printed: PrintedReport) -> float:
    return sum(match.score for match in printed.matches)


def _yield(printed: PrintedReport | None) -> float:
    """Mean confidence of its fields, 0 to 1; those under other words than the form's count as the doubts they are.

    Blanks count less: what looks empty may be no cell at all.
    """
    if printed is None:
        return 0.0
    decoded = printed.decoded
    best = [decoded.best(slot.spec.id) for slot in decoded.slots]
    told = [
        min(confidence, BOUND) if _is_misnamed(slot) else confidence
        for slot, confidence in zip(decoded.slots, tell_by_hand(decoded), strict=True)
    ]
    weights = [_BLANK if o is not None and o.content.kind is Kind.BLANK else 1.0 for o in best]
    return _mean([w * c for w, c in zip(weights, told, strict=True)])


def _is_misnamed(slot: Slot) -> bool:
    name = slot.row_name
    return name.other or not name.is_key_sure or slot.header in MISNAMING


def _clearness(printed: PrintedReport | None) -> float:
    """Mean confidence of its fields, 0 to 1."""
    return 0.0 if printed is None else _mean(tell_by_hand(printed.decoded))


def _mean(confidences: Sequence[float]) -> float:
    """0 for none: what a form leaves open may not be found, and then it has no field."""
    return sum(confidences) / len(confidences) if confidences else 0.0
