"""Worn rulings of a straight page are led on from crossing to crossing, as far as their table is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from extractor.rulings.tracking import DIRECTIONS, Direction, Ruling, seen_along
from extractor.seams.engine import Gray

#: Rulings this near to each other (inches) are one.
_SAME_INCH = 0.02
#: A ruling fills a span between two crossings if it stands in this share of it, and is seen in one if it is printed
#: along this share of it.
_FILLS, _SEEN = 0.5, 0.15
#: Spans a ruling is followed over in which nothing is left of it.
_PASSED_OVER = 2

Span = tuple[float, float]


def complete_rulings(
    pictures: Mapping[Direction, Gray], rulings: Sequence[Ruling], dpi: float
) -> list[Ruling]:
    """Rulings that stand on one line made one, from the first crossing between which they are seen to the last.

    A span in which nothing is left of a ruling is bridged where other rulings beside it are there: between two
    tables none is. pictures: by direction the straight page with nothing on it but strokes of that direction.
    """
    across, upright = ([r for r in rulings if r.direction == direction] for direction in DIRECTIONS)
    upright = _complete(pictures["vertical"], upright, across, dpi)
    return [*_complete(pictures["horizontal"], across, upright, dpi), *upright]


def _complete(
    picture: Gray, rulings: Sequence[Ruling], crossing: Sequence[Ruling], dpi: float
) -> list[Ruling]:
    spans = _list_spans(crossing, dpi)
    ruled = [any(_fill(span, ruling) >= _FILLS for ruling in rulings) for span in spans]
    return [whole for line in _group(rulings, dpi) for whole in _lead_on(picture, line, spans, ruled, dpi)]


def _place(ruling: Ruling) -> float:
    return float(np.median(ruling.across))


def _list_spans(crossing: Sequence[Ruling], dpi: float) -> list[Span]:
    """What lies between the places of crossing rulings, in order."""
    places = sorted(_place(ruling) for ruling in crossing)
    return [(start, end) for start, end in pairwise(places) if end - start > _SAME_INCH * dpi]


def _group(rulings: Sequence[Ruling], dpi: float) -> list[list[Ruling]]:
    lines: list[list[Ruling]] = []
    for ruling in sorted(rulings, key=_place):
        if lines and _place(ruling) - _place(lines[-1][-1]) <= _SAME_INCH * dpi:
            lines[-1].append(ruling)
        else:
            lines.append([ruling])
    return lines


def _fill(span: Span, ruling: Ruling) -> float:
    """Share of a span a ruling stands in."""
    start, end = max(span[0], float(ruling.along[0])), min(span[1], float(ruling.along[-1]))
    return max(0.0, end - start) / (span[1] - span[0])


def _lead_on(
    picture: Gray, line: Sequence[Ruling], spans: Sequence[Span], ruled: Sequence[bool], dpi: float
) -> list[Ruling]:
    guide = _merge(line)
    runs: list[list[int]] = []
    for i in (i for i, span in enumerate(spans) if any(_fill(span, part) >= _FILLS for part in line)):
        if runs and all(ruled[runs[-1][1] + 1 : i]):
            runs[-1][1] = i
        else:
            runs.append([i, i])
    is_seen = [
        is_ruled and _is_seen(picture, guide, span, dpi) for span, is_ruled in zip(spans, ruled, strict=True)
    ]
    for run in runs:
        run[0] = _follow(run[0], -1, is_seen, ruled)
        run[1] = _follow(run[1], 1, is_seen, ruled)
        # The last column and the last row of a table are hardly ever merged.
        if run[1] + 1 < len(spans) and ruled[run[1] + 1] and not any(ruled[run[1] + 2 : run[1] + 3]):
            run[1] += 1
    ends = [(spans[first][0], spans[last][1]) for first, last in runs]
    ends += [(float(part.along[0]), float(part.along[-1])) for part in line]
    return [_between(guide, start, end) for start, end in _unite(ends)]


def _follow(start: int, step: int, is_seen: Sequence[bool], ruled: Sequence[bool]) -> int:
    """The last span of those a ruling is seen in one after the other, passing over few in which it is not."""
    end, place = start, start + step
    while 0 <= place < len(ruled) and ruled[place] and abs(place - end) <= _PASSED_OVER + 1:
        if is_seen[place]:
            end = place
        place += step
    return end


def _unite(spans: Sequence[Span]) -> list[Span]:
    """Spans that overlap or touch made one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return whole


def _merge(line: Sequence[Ruling]) -> Ruling:
    """All points of the parts in order; of two parts side by side the longer one's."""
    kept: list[Ruling] = []
    for part in sorted(line, key=lambda r: -r.length):
        if all(part.along[0] > other.along[-1] or part.along[-1] < other.along[0] for other in kept):
            kept.append(part)
    kept.sort(key=lambda r: float(r.along[0]))
    along, across = np.concatenate([r.along for r in kept]), np.concatenate([r.across for r in kept])
    return Ruling(kept[0].direction, along, across, float(np.median([r.strength for r in kept])))


def _between(guide: Ruling, start: float, end: float) -> Ruling:
    inside = guide.along[(guide.along > start) & (guide.along < end)]
    along = np.concatenate([[start], inside, [end]])
    return Ruling(guide.direction, along, guide.at(along), guide.strength)


def _is_seen(picture: Gray, guide: Ruling, span: Span, dpi: float) -> bool:
    length = picture.shape[1] if guide.direction == "horizontal" else picture.shape[0]
    start, end = max(0.0, span[0]), min(span[1], length - 1.0)
    if end - start < 2:
        return False
    return bool(seen_along(picture, _between(guide, start, end), dpi)[1].mean() >= _SEEN)
