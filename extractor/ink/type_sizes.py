"""How high labels and figures of a table are printed, which tells one from the other where no grid does.

All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.values.words import WordLine

#: Digits are at most this high beside the characters of a header.
DIGIT_HEIGHT = 0.87
#: Figures are lower than labels by this where their heights tell one from the other.
_LOWER = 0.95
#: Columns on the right that hold figures for sure; what is lower than this, in heights of a character, is none.
_TOLD, _HALF = 3, 0.5
#: Characters are so many times as high as figures at least.
_OVER_DIGITS = 1.3
#: A label is at least so wide, in heights of a character.
LABEL_WIDTH = 3.0
#: Two characters are at least so wide, one figure less.
_PAIR_WIDTH, _SINGLE_WIDTH = 1.8, 0.9


def label_height(region: Sequence[WordLine], height: float) -> float:
    """Usual height of the words that are long enough for labels; where there are none, above that of figures.

    Where words of two characters are clearly higher than what is as narrow as a figure, theirs.
    """
    words = [w for line in region for w in line.words if w.height >= _HALF * height]
    found = [w.height for w in words if w.width >= LABEL_WIDTH * height]
    if found:
        return float(np.median(found))
    pairs = [w.height for w in words if w.width >= _PAIR_WIDTH * height]
    single = [w.height for w in words if w.width < _SINGLE_WIDTH * height]
    if pairs and single and float(np.median(pairs)) * DIGIT_HEIGHT > float(np.median(single)):
        return float(np.median(pairs))
    return _OVER_DIGITS * height


def digit_height(region: Sequence[WordLine], columns: Sequence[tuple[float, float]], height: float) -> float:
    """How high figures are at most where no header tells them from labels, as those of the last columns show, pixels.

    columns: left and right ends of what may be columns of figures, from left to right.
    """
    usual = label_height(region, height)
    shown = [
        w.height
        for line in region
        for w in line.words
        if w.height >= _HALF * height and any(low <= w.center_x <= high for low, high in columns[-_TOLD:])
    ]
    typical = float(np.median(shown)) if shown else usual
    return (typical + usual) / 2 if typical < _LOWER * usual else DIGIT_HEIGHT * usual
