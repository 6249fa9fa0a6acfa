"""Ruled tables as PDFs with a text layer, written on the spot: what a user prints from a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pypdfium2

#: The page, where the table begins, a row's height and the width of the labels, points.
_PAGE, _LEFT, _TOP, _HEIGHT, _LABEL, _WIDTH = (595, 842), 60, 740, 26, 160, 475
_SIZE = 11
#: A font that every reader of PDF knows without having it in the file; codes are UTF-16.
_FONT = (
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 7 0 R>>",
    b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
    b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
)
_DIGITS = frozenset("0123456789.")


def write_table(
    path: Path,
    title: str,
    *tables: Sequence[Sequence[str]],
    apart: float = 0.0,
    head: float | None = None,
) -> Path:
    """A page of tables below each other under a title; the first row of each is its header.

    apart: points between the frames of neighbouring cells; 0 for tables that are ruled. head: gray that headers are
    filled with, 0 to 1, their words being white; None for words on paper.
    """
    marks = [_write(title, _PAGE[0] / 2, _TOP + 40)]
    top = float(_TOP)
    for rows in tables:
        step = (_WIDTH - _LABEL) / (len(rows[0]) - 1)
        edges = [_LEFT, *(_LEFT + _LABEL + step * i for i in range(len(rows[0])))]
        levels = [top - _HEIGHT * i for i in range(len(rows) + 1)]
        if head is not None:
            marks.append(f"{head} g {edges[0]} {levels[1]} {edges[-1] - edges[0]:.1f} {_HEIGHT} re f 0 g")
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                middle = (edges[c] + edges[c + 1]) / 2
                is_light = head is not None and r == 0
                shown = _write(text, middle, top - _HEIGHT * (r + 0.5) - _SIZE * 0.35)
                marks.append(f"1 g {shown} 0 g" if is_light else shown)
        marks += _frame(edges, levels, apart) if apart else _rule(edges, levels)
        top = levels[-1] - 2 * _HEIGHT
    path.write_bytes(_bind("\n".join(marks).encode("ascii")))
    return path


def scan(path: Path) -> Path:
    """The first page of a PDF as a picture beside it, as a good scanner makes it."""
    document = pypdfium2.PdfDocument(path)
    picture = document[0].render(scale=200 / 72, grayscale=True).to_pil()
    document.close()
    picture.save(path.with_suffix(".png"), dpi=(200, 200))
    return path.with_suffix(".png")


def _rule(edges: Sequence[float], levels: Sequence[float]) -> list[str]:
    upright = [f"{x:.1f} {levels[0]:.1f} m {x:.1f} {levels[-1]:.1f} l S" for x in edges]
    return upright + [f"{edges[0]:.1f} {y:.1f} m {edges[-1]:.1f} {y:.1f} l S" for y in levels]


def _frame(edges: Sequence[float], levels: Sequence[float], apart: float) -> list[str]:
    half = apart / 2
    return [
        f"{left + half:.1f} {bottom + half:.1f} {right - left - apart:.1f} {top - bottom - apart:.1f} re S"
        for left, right in pairwise(edges)
        for top, bottom in pairwise(levels)
    ]


def _write(text: str, middle: float, level: float) -> str:
    """Digits in the one font, everything else in the other."""
    runs = re.findall(r"[0-9.]+|[^0-9.]+", text)
    shown = []
    left = middle - sum(map(_measure, runs)) / 2
    for run in runs:
        font, code = ("D", f"({run})") if run[0] in _DIGITS else ("F", f"<{run.encode('utf-16-be').hex()}>")
        shown.append(f"BT /{font} {_SIZE} Tf {left:.1f} {level:.1f} Td {code} Tj ET")
        left += _measure(run)
    return "\n".join(shown)


def _measure(run: str) -> float:
    """Width of a run of digits or of others, points."""
    return _SIZE * len(run) * (0.556 if run[0] in _DIGITS else 1.0)


def _bind(content: bytes) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F 5 0 R/D 8 0 R>>>>"
        b"/Contents 4 0 R>>" % _PAGE,
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        *_FONT,
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, told in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, told)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return body + tail % (size, table, size, len(body))
