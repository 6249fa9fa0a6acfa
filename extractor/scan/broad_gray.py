"""Gray that is broader than strokes of type, of words printed behind it and of shadows, is divided out of a page."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.scan.tones import count_tones
from extractor.seams.engine import Gray

#: A watermark has strokes broader than the first, in inches, and as long as the last, and none narrower than the
#: second; a character of small type, blurred into a block, is shorter.
#: ±20 %, of 1,598 fields of 9 documents: broad 20 exact fewer with .04, 105 with .06, for strokes are as broad;
#: narrow 8 fewer and 9 more; long nothing.
_BROAD_INCH, _NARROW_INCH, _LONG_INCH = 0.05, 0.035, 0.25
#: Tones of broad strokes that are neither type nor paper, of 0 to 255.
#: ±20 %, of the same: darkest nothing, 10 exact fewer; palest 118 and 161 fewer: 164 leaves out pale watermarks, and
#: with 246 paper counts.
_DARKEST, _PALEST = 100, 205
#: Share of a page that broad strokes of such a tone take at least.
#: ±20 %: nothing.
_SOME = 0.004
#: What part of a watermark is darker than its tone is taken to be, per cent.
#: ±20 %: 6 exact fewer; 37 fewer, 16 accepted more.
_DARKER = 10.0
#: Share of a page's pixels, in percent, that is as dark as its type, and how much paler a watermark is at least.
#: ±20 %: 2 accepted more, 5 fewer.
#: Were type only divided by the tone, three figures of a soft scan would be lost under a dark watermark; of five
#: documents 98.4 % be accepted for 96.4.
_TYPE, _APART = 0.7, 20.0
#: No stroke is as wide as this, in inches: where more than this share of a page is gray so far, a shadow lies on it.
#: Of 16 pages with watermarks nothing is, of 10 with shadows and folds .003 to .035.
#: With .24 and .30 the same fields are exact and accepted, with .36 a badly damaged document loses its form; a fifth
#: more or less of the share changes nothing.
_WIDE_INCH, _SHADED = 0.27, 0.0005
#: Share of the page's shorter side that its border is wide. Of a photograph under a shadow, whose rim was half of all
#: broad gray, dense characters became paper of the rim's tone: 40 of 198 fields were lost. With .02 and .035 the same
#: fields of it and of another photograph are exact and accepted; with .05 five fewer of 384 are exact.
_RIM_SHARE = 0.03
#: How far from a broad stroke narrower ones of it are, and how far its rim reaches, in inches.
#: ±20 %: near 1 exact and 16 accepted more, 5 accepted more; rim nothing, 7 and 2 more.
_NEAR_INCH, _RIM_INCH = 0.15, 0.015


def lift_broad_gray(flat: Gray, dpi: float) -> Gray:
    """The flat page with broad gray made paper, and type on it as dark as elsewhere."""
    broad, tones = _find_strokes(flat, _BROAD_INCH * dpi)
    broad = _leave_rim(broad)
    told, least = count_tones(tones, broad), _SOME * flat.size
    if told is None or cv2.countNonZero(broad) < least or _measure_long(broad, _LONG_INCH * dpi) < least:
        return flat
    narrow, _ = _find_strokes(flat, _NARROW_INCH * dpi)
    strokes = np.minimum(narrow, _widen(broad, _NEAR_INCH * dpi))
    tone, dark = told.percentile(_DARKER), _measure_dark(flat)
    # What is as gray becomes paper. Type that is printed on gray is as dark as elsewhere; in a shadow it is darker.
    kept = dark * 255.0 / tone if _is_shadow(flat, broad, dpi) else dark
    stretched = 255.0 - (tone - flat.astype(np.float32)) * ((255.0 - kept) / (tone - dark))
    lifted = np.clip(stretched, 0.0, 255.0)
    return np.where(_widen(strokes, _RIM_INCH * dpi) > 0, lifted, flat).astype(np.uint8)


def _leave_rim(broad: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The strokes without those at the page's border: the desk around a photographed page is as broad and as gray."""
    rim = round(_RIM_SHARE * min(broad.shape))
    inner = np.zeros_like(broad)
    inner[rim:-rim, rim:-rim] = broad[rim:-rim, rim:-rim]
    return inner


def _is_shadow(flat: Gray, broad: NDArray[np.uint8], dpi: float) -> bool:
    """Whether some of the gray is broader than any stroke: a fold's, a hand's."""
    wide, _ = _find_strokes(flat, _WIDE_INCH * dpi)
    return cv2.countNonZero(np.minimum(wide, broad)) > _SHADED * flat.size


def _measure_dark(flat: Gray) -> float:
    """How dark the page's type is, darker than any watermark."""
    tones = count_tones(flat[::3, ::3])
    return min(tones.percentile(_TYPE), _DARKEST - _APART) if tones is not None else 0.0


def _find_strokes(flat: Gray, width: float) -> tuple[NDArray[np.uint8], Gray]:
    """Where gray strokes are at least so many pixels wide, as 255; and the page without all that is narrower."""
    side = max(3, round(width) | 1)
    ground = np.asarray(
        cv2.morphologyEx(flat, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), dtype=np.uint8
    )
    return np.asarray(cv2.inRange(ground, np.array(_DARKEST), np.array(_PALEST)), dtype=np.uint8), ground


def _measure_long(found: NDArray[np.uint8], least: float) -> float:
    """Pixels of strokes at least so many pixels long."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(found)
    sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    return float(stats[1:, cv2.CC_STAT_AREA][sides >= least].sum())


def _widen(found: NDArray[np.uint8], by: float) -> NDArray[np.uint8]:
    side = 2 * round(by) + 1
    return np.asarray(cv2.dilate(found, np.ones((side, side), np.uint8)), dtype=np.uint8)
