"""Figures over years as a picture: a line for each body, and every point a link to where it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from markupsafe import Markup

#: Pixels: the drawing, and what the scales take of it on each side.
_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 26
_RADIUS = 4.5
#: Lines that can be told apart by their colours (classes l0 to l5).
MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a year. is_sure: it was accepted, by the machine or a person. link: to where it is printed."""

    year: int
    value: float
    is_sure: bool
    link: str


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of a body, in the order of years."""

    name: str
    points: tuple[Point, ...]


def draw_lines(lines: Sequence[Line], title: str) -> Markup:
    """An SVG of some lines; points in doubt are hollow, and years without a figure part a line. title: for readers.

    Nothing of it is styled: colours are those of the page's classes `l0` to `l5`, `doubtful`, `scale`.
    """
    points = [point for line in lines for point in line.points]
    svg = ElementTree.Element(
        "svg",
        {"class": "series", "viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "aria-label": title},
    )
    if points:
        scale = _Scale(points)
        svg.extend(scale.marks())
        for number, line in enumerate(lines):
            svg.append(_draw(line, scale, f"l{number % MOST_LINES}"))
    return Markup(ElementTree.tostring(svg, encoding="unicode"))


def tell(value: float) -> str:
    """A figure as people write it."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


class _Scale:
    """Where years and values stand. Values begin at 0 where none is below."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._years = sorted({point.year for point in points})
        self._low = min(0.0, *(point.value for point in points))
        self._high = max(self._low + 1.0, *(point.value for point in points))

    def place(self, year: int, value: float) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        span = max(1, self._years[-1] - self._years[0])
        across = 0.5 if len(self._years) == 1 else (year - self._years[0]) / span
        up = (value - self._low) / (self._high - self._low)
        left = _LEFT + across * (_WIDTH - _LEFT - _RIGHT)
        return round(left, 1), round(_HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM), 1)

    def marks(self) -> Iterator[ElementTree.Element]:
        for year in self._years:
            left, _ = self.place(year, self._low)
            yield _element("text", str(year), x=left, y=_HEIGHT - 8, **{"class": "scale middle"})
        for value in dict.fromkeys((self._low, (self._low + self._high) / 2, self._high)):
            _, top = self.place(self._years[0], value)
            yield _element("text", tell(value), x=_LEFT - 8, y=top + 4, **{"class": "scale end"})
            yield _element("line", "", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=top, y2=top, **{"class": "scale"})


def _draw(line: Line, scale: _Scale, kind: str) -> ElementTree.Element:
    group = _element("g", "", **{"class": kind})
    for before, after in pairwise(line.points):
        if after.year - before.year == 1:
            (x1, y1), (x2, y2) = (scale.place(point.year, point.value) for point in (before, after))
            group.append(_element("line", "", x1=x1, y1=y1, x2=x2, y2=y2))
    for point in line.points:
        left, top = scale.place(point.year, point.value)
        link = _element("a", "", href=point.link)
        dot = _element("circle", "", cx=left, cy=top, r=_RADIUS)
        if not point.is_sure:
            dot.set("class", "doubtful")
        dot.append(_element("title", f"{line.name} {point.year}: {tell(point.value)}"))
        link.append(dot)
        group.append(link)
    return group


def _element(name: str, text: str, **told: object) -> ElementTree.Element:
    made = ElementTree.Element(name, {key: str(value) for key, value in told.items()})
    made.text = text or None
    return made
