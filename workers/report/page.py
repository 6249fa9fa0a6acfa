"""The page: one file that asks for nothing else. All that comes from documents is escaped, and no script runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from extractor.wording.catalogue import Language, find_text
from extractor.wording.said import say, word
from workers.report.across import Rule, tell_value
from workers.report.gather import Gathered
from workers.report.kept import Source
from workers.report.series import BodySeries
from workers.report.tallies import BINS, MAIN_FIELDS
from workers.report.thumbnails import find_pdf
from workers.shown.chart import MOST_LINES, Line, Point, draw_lines
from workers.shown.labels import FieldLabel
from workers.shown.terminal import printable

#: File of the catalogue.
_TEXTS = "report"
#: Years in the table of bodies, the last ones: a misread year must not stretch it.
_MOST_YEARS = 30
#: Height of a bar chart and width of a bar, in pixels.
_HEIGHT, _BAR = 90, 34


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, in pixels. low: the least value it counts; label: all that it counts."""

    left: int
    top: float
    height: float
    low: int
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page is made with beside the counts. pictures: `data:` addresses by document.

    pdfs: folder of the documents, None where it was not told.
    """

    results: Path
    page: Path
    labels: Mapping[str, FieldLabel]
    pictures: Mapping[str, str]
    language: Language = Language.ENGLISH
    pdfs: Path | None = None


def render_page(told: Gathered, shown: Shown) -> bytes:
    """The page as a file holds it."""
    tallies = told.tallies
    years = sorted(told.years)[-_MOST_YEARS:]
    page = (
        _environment()
        .get_template("report.html")
        .render(
            told=told,
            tallies=tallies,
            years=years,
            forms=sorted(tallies.forms.items(), key=lambda item: (item[0][0], item[0][1] or 0)),
            rules=list(Rule),
            language=shown.language.value,
            t=lambda key, **values: word(say(f"{_TEXTS}.{key}", **values), shown.language),
            worded=lambda text: word(text, shown.language),
            state_of=lambda state: _known(("outcomes.status", "words"), state, shown.language),
            kind_of=lambda kind: _known(("kinds",), kind, shown.language),
            severity_of=lambda severity: _known(("words",), severity, shown.language),
            charts=[(key, draw_bars(tallies.distributions[key])) for key in _drawn(told)],
            pictures=shown.pictures,
            chart_width=_BAR * (len(BINS) + 1),
            chart_height=_HEIGHT,
            label=lambda key: _label(key, shown.labels),
            link=lambda document: link(document, shown),
            place=lambda source: place(source, shown),
            series=[_FieldShown.of(key, told, shown) for key in _drawn(told)],
        )
    )
    return page.encode("utf-8", errors="backslashreplace")


def _known(groups: tuple[str, ...], name: str, language: Language) -> str:
    """What a word of a result means; the word itself where it is none of ours."""
    keys = [key for group in groups if find_text(key := f"messages.{group}.{name}", language) is not None]
    return word(say(keys[0]), language) if keys else printable(name)


def link(document: str, shown: Shown) -> str:
    """Address of a result relative to the page; nothing in a name can make it another kind of address."""
    target = os.path.relpath(shown.results / f"{document}.json", shown.page.parent)
    return "./" + quote(os.fsencode(Path(target).as_posix()), safe="/")


def place(source: Source, shown: Shown) -> str:
    """Address of the page on which something stands, where the documents are known; else of its result."""
    found = find_pdf(source.document, shown.pdfs) if shown.pdfs is not None else None
    if found is None:
        return link(source.document, shown)
    target = os.path.relpath(found.resolve(), shown.page.parent)
    page = f"#page={source.page}" if source.page and found.suffix.lower() == ".pdf" else ""
    return "./" + quote(os.fsencode(Path(target).as_posix()), safe="/") + page


@dataclass(frozen=True, slots=True)
class _FieldShown:
    """A field over the years: a chart of a few bodies, and a table of many."""

    key: str
    chart: Markup
    drawn: tuple[str, ...]
    years: tuple[int, ...]
    bodies: tuple[BodySeries, ...]

    @classmethod
    def of(cls, key: str, told: Gathered, shown: Shown) -> _FieldShown:
        bodies = told.series.of(key)
        years = sorted({year for body in bodies for year in body.years})[-_MOST_YEARS:]
        chosen = told.series.first(key, MOST_LINES)
        lines = [_line(body, shown) for body in chosen]
        title = _label(key, shown.labels) or key
        names = tuple(line.name for line in lines)
        return cls(key, draw_lines(lines, printable(title)), names, tuple(years), tuple(bodies))


def _line(body: BodySeries, shown: Shown) -> Line:
    points = (
        Point(year, reading.value, reading.is_sure, place(reading.source, shown))
        for year, reading in sorted(body.years.items())
        if reading.value is not None
    )
    return Line(printable(body.name), tuple(points))


def draw_bars(counts: list[int]) -> list[Bar]:
    """Bars of a distribution, the highest as high as the chart; one that counts anything can be seen."""
    most = max(counts)
    labels = ["0", *(_bin(low, high) for low, high in pairwise((*BINS, None)))]
    bars = []
    for place, (count, low, label) in enumerate(zip(counts, (0, *BINS), labels, strict=True)):
        height = round(max(1.0, _HEIGHT * count / most), 1) if count else 0.0
        bars.append(Bar(place * _BAR, round(_HEIGHT - height, 1), height, low, label, count))
    return bars


def _bin(low: int | None, high: int | None) -> str:
    if high is None:
        return f"≥{low}"
    return f"{low}" if low == high - 1 else f"{low}–{high - 1}"


def _drawn(told: Gathered) -> list[str]:
    return [key for key in MAIN_FIELDS if key in told.tallies.distributions]


def _label(key: str, labels: Mapping[str, FieldLabel]) -> str:
    """A field's printed labels; empty where no known form has it."""
    found = labels.get(key)
    return "" if found is None else " › ".join(part for part in (*found.row, *found.column) if part)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _shade(review: int, fields: int) -> int:
    """Of a cell of the heat map, 0 (all accepted) to 5: a tenth in review is much, a half is all."""
    share = review / fields if fields else 0.0
    return sum(share > limit for limit in (0.0, 0.02, 0.05, 0.1, 0.3))


@cache
def _environment() -> Environment:
    loader = PackageLoader(__package__, "templates")
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["plain"] = lambda text: printable(str(text))
    tools: dict[str, Any] = {"percent": _percent, "shade": _shade, "value": tell_value}
    made.globals.update(tools)
    return made
