"""Which characters of a recogniser are, in a cell that is due a number, one of the numeric symbols.

A look-alike is folded only where the printed shape is the same and the other meaning cannot stand in such
a cell. Letters that a damaged digit merely resembles (S and 5, Z and 2, B and 8) stay out: the probability
that escapes to them is the sign that the cell is damaged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import NUMERIC_ALPHABET

#: Characters folded onto each numeric symbol, in reading order of the reasons below each line.
LOOK_ALIKES: dict[str, str] = {
    # Full width; the ring shapes a lone small zero is read as (measured: O, 。 and ° most of all); what a zero with a
    # dot or a stroke in it is read as (日 in 116 of 3,440 damaged zeros of the faces that have one, for other digits
    # of 43 faces in 4 of 40,000 and then with at most 0.41; 曰 is not so true to it).
    "0": "０OoＯｏ。°º〇○◯⚪⁰₀日θΘØø∅ΦφǾ",
    # Full width; an upright stroke without serif.
    "1": "１lI|｜丨ǀⅠ¹₁",
    # Full width, and the raised or lowered shapes a digit cut off-centre is read as.
    "2": "２²₂",
    "3": "３³₃",
    "4": "４⁴₄",
    "5": "５⁵₅",
    "6": "６⁶₆",
    "7": "７⁷₇",
    "8": "８⁸₈",
    # And the nine of a written hand (97 of 17,200 digits in 43 faces, all of them nines).
    "9": "９⁹₉q",
    # Decimal point: full width, and a dot that lost its height to the crop.
    ".": "．·・∙⋅",
    # Thousands separator: full width, the Chinese list comma, and a comma that lost its height.
    ",": "，、'’‘`′",
    # Short strokes: minus sign and full-width hyphen.
    "-": "－−",
    "/": "／∕丿ノ",
    # Long strokes: every dash, the Han numeral one, the kana length mark, a ruled line.
    "—": "–―━ー一",
    "+": "＋⁺₊",
}


def numeric_columns(charset: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the numeric symbols stand in a recogniser's output.

    Args:
        charset: the output classes in order, the CTC blank first.

    Returns:
        Classes to gather, and for each the column of `Reading.numeric` its probability is added to
        (ascending; every column is fed by at least one class).

    Raises:
        ValueError: the alphabet lacks one of the numeric symbols.
    """
    index = {character: position for position, character in enumerate(charset) if position}
    sources, targets = [0], [0]
    for column, symbol in enumerate(NUMERIC_ALPHABET, start=1):
        classes = [index[shape] for shape in symbol + LOOK_ALIKES[symbol] if shape in index]
        if not classes:
            raise ValueError(f"the recogniser cannot read {symbol!r}")
        sources += classes
        targets += [column] * len(classes)
    return np.array(sources, dtype=np.intp), np.array(targets, dtype=np.intp)
