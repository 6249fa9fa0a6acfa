"""What is known of a field, by name: the names are the order of a calibrator's input, and nothing agrees by position.

Everything here is known without truth, and nothing depends on which form, body or year it is. All are numbers, truths
0 or 1; a field that says nothing has 0 everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from extractor.seams.calibrator import Matrix


@dataclass(frozen=True, slots=True)
class ReadingEvidence:
    """Log odds of the belief chosen, of its pixels alone, of the next best, and that none of the options is right."""

    posterior: float = 0.0
    pixels: float = 0.0
    rival: float = 0.0
    escaped: float = 0.0


@dataclass(frozen=True, slots=True)
class ContentEvidence:
    """What is read: a blank, a dash, a nought, how many digits, whether words stand beside them."""

    blank: float = 0.0
    dash: float = 0.0
    zero: float = 0.0
    digits: float = 0.0
    annotated: float = 0.0


@dataclass(frozen=True, slots=True)
class SumEvidence:
    """Sums of the field that hold and break, and how sure its partners are in the best that holds, 0 to 1.

    explained: figures in the least of its sums that break, where other fields explain all of these; 0 where none
    breaks, nothing explains one, or the field itself explains any.
    """

    sums_hold: float = 0.0
    sums_break: float = 0.0
    sums_support: float = 0.0
    explained: float = 0.0


@dataclass(frozen=True, slots=True)
class PlaceEvidence:
    """Its row's name and its table.

    label: how much speaks for the row's name; counted: 1 where the form prints no label and their number named the
    row's values. table_placed: share of its table's fields whose cells were found, whatever can be read in them;
    table_found, table_clear, table_sums: shares of those that were read, of their beliefs, of its sums that hold.
    style_share, style_count: how many cells of the table print nothing the same way (log for the count). row_clear,
    row_worst: beliefs of the row's fields, mean and least.
    """

    label: float = 0.0
    counted: float = 0.0
    table_placed: float = 0.0
    table_found: float = 0.0
    table_clear: float = 0.0
    table_sums: float = 0.0
    style_share: float = 0.0
    style_count: float = 0.0
    row_clear: float = 0.0
    row_worst: float = 0.0


@dataclass(frozen=True, slots=True)
class PageEvidence:
    """Ink of a blank cell, score of its reading, the second reader's share (-1 to 1), the page, sums not judged."""

    dust: float = 0.0
    score: float = 0.0
    second: float = 0.0
    dpi: float = 0.0
    page_score: float = 0.0
    sums_open: float = 0.0


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """What the rest of the report says of it.

    accused, suspect: sums that would hold if the field were another. sums_across, broken_across: of several rows,
    which alone speak for a row's name. joint: log odds of both readers. sums_terms: figures in the best sum that
    holds. row_across: the row's columns in which such a sum holds, less those in which it breaks. stray: how far the
    figures of the row stand from their columns, in widths of a column. unclaimed: figures of the row in no column.
    """

    accused: float = 0.0
    suspect: float = 0.0
    sums_across: float = 0.0
    broken_across: float = 0.0
    joint: float = 0.0
    sums_terms: float = 0.0
    report_sums: float = 0.0
    table_labels: float = 0.0
    row_blank: float = 0.0
    column_blank: float = 0.0
    style_report: float = 0.0
    report_found: float = 0.0
    report_second: float = 0.0
    second_margin: float = 0.0
    pinned: float = 0.0
    report_pixels: float = 0.0
    report_doubt: float = 0.0
    stray: float = 0.0
    unclaimed: float = 0.0
    row_across: float = 0.0


@dataclass(frozen=True, slots=True)
class InkEvidence:
    """How the ink lies in the cell, and whether it is as much as was read.

    trouble_…: whether the cell is blank where others are not, its columns have no header, it was cut wrongly.
    gap_side, gap_level: from the ink to the nearest side, in heights of a digit. digit_width, digit_height: over what
    is usual in the table. glyph_pixels: that height. sealed: share under coloured ink. contrast, grain: gray levels.
    likeness, compared, report_likeness: how like the report's other digits these are, whether they could be compared,
    and what is usual. room: height of the cell in heights of a digit. crossed: ink over a side of the cell, -1 to 1.
    left_out: longest side of what the reading leaves out of the cell's ink, in heights of a digit. extra: figures
    that stand apart in the ink more (less: negative) than were read. run: longest level run of ink, in heights of a
    digit. tone, darker: its darkness less what is usual on its page, and less that of the darker figures there, gray
    levels. foreign, outside: how sure it is that ink nobody printed lies on it, and that writing stands outside of
    what was read, 0 to 1. marked: share of its page under ink that nobody printed. oddness: how much wider or
    narrower a digit is than the report's others of its name, in heights, beyond what these differ. step: how far its
    digits are from standing in one line, in heights. shade: how much darker the darkest is than the palest, gray
    levels; both 0 for a number that its cell wraps.
    """

    trouble_blank: float = 0.0
    trouble_header: float = 0.0
    trouble_cut: float = 0.0
    gap_side: float = 0.0
    gap_level: float = 0.0
    digit_width: float = 0.0
    digit_height: float = 0.0
    glyph_pixels: float = 0.0
    sealed: float = 0.0
    contrast: float = 0.0
    grain: float = 0.0
    ruled: float = 0.0
    annotation: float = 0.0
    likeness: float = 0.0
    compared: float = 0.0
    report_likeness: float = 0.0
    room: float = 0.0
    crossed: float = 0.0
    left_out: float = 0.0
    extra: float = 0.0
    run: float = 0.0
    tone: float = 0.0
    foreign: float = 0.0
    outside: float = 0.0
    marked: float = 0.0
    oddness: float = 0.0
    step: float = 0.0
    shade: float = 0.0
    darker: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one field."""

    reading: ReadingEvidence = ReadingEvidence()
    content: ContentEvidence = ContentEvidence()
    sums: SumEvidence = SumEvidence()
    place: PlaceEvidence = PlaceEvidence()
    page: PageEvidence = PageEvidence()
    report: ReportEvidence = ReportEvidence()
    ink: InkEvidence = InkEvidence()

    def having(self, **known: float) -> Evidence:
        """The same with these features instead.

        Raises:
            KeyError: there is no such feature.
        """
        changes: dict[str, dict[str, float]] = {}
        for name, value in known.items():
            changes.setdefault(_GROUP_OF[name], {})[name] = value
        return replace(self, **{part: replace(getattr(self, part), **new) for part, new in changes.items()})


_GROUP_OF = {
    item.name: group.name
    for group in fields(Evidence)
    for item in fields(type(getattr(Evidence(), group.name)))
}
#: Names of all features, in the order of a matrix's columns.
FEATURES = tuple(_GROUP_OF)
_PLACES: Mapping[str, int] = {name: place for place, name in enumerate(FEATURES)}


def to_matrix(found: Iterable[Evidence]) -> Matrix:
    """Features of fields, n × `FEATURES`."""
    rows = [[getattr(getattr(item, group), name) for name, group in _GROUP_OF.items()] for item in found]
    return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))


def column(features: Matrix, name: str) -> Matrix:
    """One feature of all fields of a matrix.

    Raises:
        KeyError: there is no such feature.
    """
    return features[:, _PLACES[name]]


def columns(features: Matrix, names: Sequence[str]) -> Matrix:
    """These features of all fields, in this order.

    Raises:
        KeyError: one of them is none.
    """
    return features[:, [_PLACES[name] for name in names]]
