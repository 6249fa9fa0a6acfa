"""Ink of a page's own type, by which tables without rulings are found: neither what shines through nor paper's grain.

Both are paler than type, and make words, lines and columns where nothing is printed. What is read in the cells of a
table is looked at with all of its ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from extractor.ink.glyphs import Ink
from extractor.seams.engine import Gray
from extractor.values.labels import PageLabels

#: A component is of the page's type from this share of its usual darkness on: one as high as a character; a lower
#: one, whose strokes are thinner; and a dash, so many times as wide as high, which straightening makes paler yet. Of
#: 1,112 fields of seven documents, five of them under hard damage, 1,089 are exact and 968 accepted; with .52 and .78
#: it is 1,049 and 798, 1,075 and 953, with .4 and .6 of the lower 1,066 and 808, 1,090 and 967. Of 258 fields of a
#: table of dashes on a two-tone scan and of one that is shone through 243 are accepted; with .4 for dashes 221, with
#: 6 times 243.
_DARK, _DARK_LOW, _DARK_FLAT, _FLAT = 0.65, 0.5, 0.3, 4.0
#: Type around a component is what stands within this distance above and below (inches), in bands as high; it is as
#: dark as so many percent of the components are not.
#: ±20 %, of 898 fields of six documents of which 882 are exact and 819 accepted: the distance nothing, the share 1
#: status.
_AROUND_INCH, _TYPE_SHARE = 0.15, 65.0
#: As high as a character is what has this share of the page's usual height.
#: ±20 %, of the same: with .4 nothing, with .6 867 exact and 798 accepted.
_HIGH = 0.5
#: How sure the page network must be at some place that it is writing, 0 to 255, and of what is pale. Of 1,312 fields
#: of eight such documents 1,271 are exact and 1,121 accepted; with 0 it is 1,261 and 1,097, with 20 1,274 and 1,117.
#: With 128 for the pale one of them has 18 fields accepted instead of 187; of the 898 with 163 878 and 808, with 245
#: nothing.
_WRITTEN, _SURELY = 26, 204


def keep_own_type(ink: Ink, flat: Gray, labels: PageLabels) -> Ink:
    """The ink without components that are no writing, or much paler than the page's type and than that beside them.

    A table's type may be half as dark as the prose above it: what is pale is its own if it is surely writing, and no
    type stands around it that is darker.
    """
    boxes = ink.boxes
    high = boxes[:, 3] - boxes[:, 1] >= _HIGH * ink.glyph_height
    if not high.any():
        return ink
    depth = 255.0 - np.array([_cut(flat, box).min() for box in boxes.tolist()])
    is_flat = boxes[:, 2] - boxes[:, 0] >= _FLAT * (boxes[:, 3] - boxes[:, 1])
    share = np.where(high, _DARK, np.where(is_flat, _DARK_FLAT, _DARK_LOW))
    coarse = np.floor(boxes / labels.scale).astype(int) + np.array([0, 0, 1, 1])
    likely = np.array([_cut(labels.writing, box).max(initial=0) for box in coarse.tolist()])
    is_dark = (depth >= share * np.median(depth[high])) & (likely >= _WRITTEN)
    around = _measure_around((boxes[:, 1] + boxes[:, 3]) / 2, depth, high, ink.dpi)
    return replace(ink, boxes=boxes[is_dark | ((depth >= share * around) & (likely >= _SURELY))])


def _measure_around(
    middle: NDArray[np.float64], depth: NDArray[np.float64], high: NDArray[np.bool_], dpi: float
) -> NDArray[np.float64]:
    """How dark the type at the height of each component is, that of the page's darkest where there is none."""
    band = np.floor(middle / (_AROUND_INCH * dpi)).astype(int)
    around = np.full(len(depth), depth.max())
    for place in np.unique(band):
        near = high & (np.abs(band - place) <= 1)
        if near.any():
            around[band == place] = np.percentile(depth[near], _TYPE_SHARE)
    return around


def _cut(gray: Gray, box: Sequence[int]) -> Gray:
    left, top, right, bottom = box
    return gray[top:bottom, left:right]
