"""Digits compared with the others of the same report: a report is set in one type, so its 3s look alike.

A recogniser repeats its mistakes on the same strokes, and a second one often shares them; the report's own digits are
a witness of another kind. Nothing is read here: it is only asked whether what was read looks as that digit does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box

#: Size of a glyph's picture: rows, columns.
#: ±20 %: 22 statuses.
_ROWS, _COLUMNS = 20, 16
#: Components as tall as this share of the tallest are digits, and smaller ones belong to none.
#: ±20 %: confidence by 0.00027 at most.
_TALL = 0.6
#: Posterior of the fields whose digits show how digits look, and how many of a digit it takes.
#: ±20 %: 10 statuses.
_SURE, _ENOUGH = 0.99, 3
#: Two pieces above each other share this much of the narrower one's width.
#: ±20 %: confidence by 0.00089 at most.
_ABOVE = 0.3
#: Pixels of a side below which nothing is a digit.
_LEAST = 4
#: A digit's width is odd by what it differs more than so many times as the others' do among themselves. Of 27,690
#: figures 187 are then too odd to be sure of (`bounds`), 52 of these misread; with 6 it is 172 and 47.
_SPREAD = 4.0
#: A digit is as dark as its darkest pixels, the rest of them in percent.
_INK_SHARE = 95
#: Ink is what is from paper this share of the darkest, where the palest ink counts. Of 35 figures that show too many
#: or too few glyphs in 20 documents none then differs by `bounds._SHADE`, of 111 with stamps and strokes of pens 19
#: do, of which 18 are misread; with .25 it is none, 17 and 16, with .30 one, 17 and 16.
_PALE = 0.2

Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Glyph:
    """A digit in the ink. aspect: its width over its height. top, bottom: rows of its field's ink. tone: darkness."""

    digit: str
    picture: Picture
    aspect: float
    top: int
    bottom: int
    tone: float


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of a report in the ink.

    of_fields: of every field that shows as many glyphs as it was read to have digits. sure: by name, those of fields
    whose reading is sure.
    """

    of_fields: Mapping[str, Sequence[_Glyph]]
    sure: Mapping[str, Sequence[_Glyph]]


def cut_digits(decoded: Decoded) -> Digits:
    """The digits of a report, cut out of its pages."""
    of_fields = _cut_glyphs(decoded)
    sure: dict[str, list[_Glyph]] = defaultdict(list)
    for key, found in of_fields.items():
        if max(decoded.beliefs[key]) >= _SURE:
            for glyph in found:
                sure[glyph.digit].append(glyph)
    return Digits(of_fields, sure)


def compare_digits(digits: Digits) -> dict[str, float]:
    """By field how much more its digits look like the report's own digits of that name than like any other, -2 to 2.

    The least of a field's digits counts. Fields with digits of which the report shows too few are left out.
    """
    usual = {
        digit: (np.sum([glyph.picture for glyph in found], axis=0), found)
        for digit, found in digits.sure.items()
        if len(found) >= _ENOUGH
    }
    return {
        key: min(_margin(glyph, usual) for glyph in found)
        for key, found in digits.of_fields.items()
        if all(glyph.digit in usual for glyph in found) and len(usual) > 1
    }


def measure_oddness(digits: Digits) -> dict[str, float]:
    """By field how much wider or narrower one of its digits is than the report's others of that name, in heights.

    Beyond what these differ among themselves, 0 where it is no more than that: a stroke of a pen is read as 1, and
    has neither its flag nor its foot. Fields with no digit of which the report shows enough are left out.
    """
    odd = {
        key: [_oddness(glyph, digits.sure.get(glyph.digit, ())) for glyph in found]
        for key, found in digits.of_fields.items()
    }
    known = {key: [value for value in found if value is not None] for key, found in odd.items()}
    return {key: max(found) for key, found in known.items() if found}


def measure_steps(digits: Digits) -> dict[str, float]:
    """By field how far the heads or the feet of its digits are from standing in one line, in heights of a digit.

    What was stamped or written beside a figure is seldom as high, or on the same line. Fields of one digit are left
    out.
    """
    return {key: _step(found) for key, found in digits.of_fields.items() if len(found) > 1}


def measure_shades(decoded: Decoded, digits: Digits) -> dict[str, float]:
    """By field how much darker its darkest digit is than its palest, gray levels; those of one digit are left out.

    Where a figure shows another number of glyphs than it was read to have digits, because the palest fall apart or
    digits touch, pieces of it that stand apart are compared.
    """
    tones = {key: [glyph.tone for glyph in found] for key, found in digits.of_fields.items()}
    for key, read, patch in _list_figures(decoded):
        if key not in tones and len(read) > 1:
            tones[key] = [_measure_tone(piece) for _, piece in _cut(patch, _find_pale(patch))]
    return {key: max(found) - min(found) for key, found in tones.items() if len(found) > 1}


def _step(found: Sequence[_Glyph]) -> float:
    heads, feet = [glyph.top for glyph in found], [glyph.bottom for glyph in found]
    height = median(glyph.bottom - glyph.top for glyph in found)
    return max(max(heads) - min(heads), max(feet) - min(feet)) / max(1.0, height)


def _oddness(glyph: _Glyph, alike: Sequence[_Glyph]) -> float | None:
    others = [other.aspect for other in alike if other is not glyph]
    if len(others) < _ENOUGH:
        return None
    usual = median(others)
    spread = median(abs(aspect - usual) for aspect in others)
    return max(0.0, abs(glyph.aspect - usual) - _SPREAD * spread)


def _margin(glyph: _Glyph, usual: Mapping[str, tuple[Picture, Sequence[_Glyph]]]) -> float:
    """Likeness to the digit's other pictures, less that to the likest other digit."""
    alike = {
        name: _likeness(glyph.picture, total) for name, (total, _) in usual.items() if name != glyph.digit
    }
    total, found = usual[glyph.digit]
    is_own = any(other is glyph for other in found)
    mine = total - glyph.picture if is_own and len(found) > 1 else total
    return _likeness(glyph.picture, mine) - max(alike.values())


def _likeness(picture: Picture, total: Picture) -> float:
    length = float(np.linalg.norm(total))
    return float((picture * total).sum()) / length if length > 0 else 0.0


def _cut_glyphs(decoded: Decoded) -> dict[str, list[_Glyph]]:
    """The digits of every field that shows as many glyphs as it was read to have digits."""
    out = {}
    for key, digits, patch in _list_figures(decoded):
        dark = _cut(patch, _find_dark(patch))
        if len(dark) == len(digits):
            out[key] = [
                _make_glyph(digit, top, glyph) for digit, (top, glyph) in zip(digits, dark, strict=True)
            ]
    return out


def _list_figures(decoded: Decoded) -> Iterator[tuple[str, list[str], Gray]]:
    """Every field that shows digits and nothing in Chinese: its digits as read, and its ink."""
    images = {page.page_no: page.image for page in decoded.pages}
    for slot in decoded.slots:
        best, cell = decoded.best(slot.spec.id), slot.cell
        if best is None or cell is None or cell.ink is None or slot.page_no not in images:
            continue
        digits = [c for c in best.raw if c.isdigit()]
        if not digits or not best.raw.isascii():
            continue
        patch = _cut_patch(images[slot.page_no].flat, cell.ink)
        if min(patch.shape) >= _LEAST:
            yield slot.spec.id, digits, patch


def _make_glyph(digit: str, top: int, dark: Gray) -> _Glyph:
    height, width = dark.shape
    return _Glyph(digit, _picture(dark), width / height, top, top + height, _measure_tone(dark))


def _measure_tone(dark: Gray) -> float:
    return float(np.percentile(dark, _INK_SHARE))


def _cut_patch(gray: Gray, box: Box) -> Gray:
    top, left = max(0, round(box.top) - 1), max(0, round(box.left) - 1)
    return gray[top : round(box.bottom) + 1, left : round(box.right) + 1]


def _find_dark(patch: Gray) -> Gray:
    """Where ink is as far from paper as most of it, other than 0."""
    _, ink = cv2.threshold(patch, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.asarray(ink, dtype=np.uint8)


def _find_pale(patch: Gray) -> Gray:
    """Where any ink is, as 1."""
    return np.asarray(patch < 255.0 - _PALE * (255.0 - float(patch.min())), dtype=np.uint8)


def _cut(patch: Gray, ink: Gray) -> list[tuple[int, Gray]]:
    """The glyphs of a patch, left to right, dark being 255, each with the row that it begins in."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = sorted(stats[1:count, :4].tolist())
    whole: list[list[int]] = []
    for x, y, wide, high in boxes:
        right, bottom = x + wide, y + high
        if whole and min(right, whole[-1][2]) - max(x, whole[-1][0]) > _ABOVE * min(
            wide, whole[-1][2] - whole[-1][0]
        ):
            last = whole[-1]
            whole[-1] = [min(last[0], x), min(last[1], y), max(last[2], right), max(last[3], bottom)]
        else:
            whole.append([x, y, right, bottom])
    tallest = max((b[3] - b[1] for b in whole), default=0)
    return [(b[1], 255 - patch[b[1] : b[3], b[0] : b[2]]) for b in whole if b[3] - b[1] >= _TALL * tallest]


def _picture(dark: Gray) -> Picture:
    """A glyph scaled to the common height, in the middle of the common width, of unit length."""
    height, width = dark.shape
    wide = min(_COLUMNS, max(1, round(width * _ROWS / height)))
    scaled = cv2.resize(dark, (wide, _ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
    out = np.zeros((_ROWS, _COLUMNS), dtype=np.float32)
    start = (_COLUMNS - wide) // 2
    out[:, start : start + wide] = scaled
    out -= out.mean()
    return np.asarray(out / max(float(np.linalg.norm(out)), 1e-6), dtype=np.float32)
