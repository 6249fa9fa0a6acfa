"""What no calibrator may be sure of, whatever it learned: rules that hold where nothing was fitted.

A calibrator knows the damage it was fitted on. These do not depend on any: ink that a reading does not explain, ink
that is not of the print, and sums that do not add up are doubts by themselves. They hold for every judge.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from extractor.seams.calibrator import Matrix
from extractor.trust.evidence import column
from extractor.trust.naming import UNNAMED, doubt_unnamed
from extractor.values.reason import ReasonCode

# What these numbers do, on 247,092 fields left out of the fit, of which 235,034 are accepted and 14 of these
# wrong. Each turned by a fifth: `_TERMS` 1,355 fewer accepted if 3; `_FIGURE` 56 fewer, 13 more; `_FOREIGN` 12
# fewer, 7 more; `_OUTSIDE` 962 fewer, 165 more; `_RUN` 89 fewer (one wrong less), 72 more (one more); `_WIDER` 24
# fewer, 19 more; `_CROSSED` 2; `_NARROW` 22 more, 103 fewer (two wrong less); `_OTHER_HEIGHT` 8; `_DARKER` 119
# fewer (one wrong less), 50 more; `_UNLIKE` by .05 30 at most. Each rule left out: broken sums 1,342 more
# accepted (3 more wrong), ink left out 320 (0), tables without rulings 2,094 (5), struck out 243 (1), foreign ink
# 78 (2), other type 344 (1).

#: Figures other than nothing that a sum must hold through to vouch for its fields: 0 + 0 = 0 says nothing.
_TERMS = 2
#: What a reading leaves out of its cell is a figure from this height on, in heights of a digit (as
#: `ink.left_out` counts figures).
_FIGURE = 0.55
#: How sure the page network must be of foreign ink on a figure, and of writing beside what was read: of 34,990 blanks
#: 1.0 % are none, of those with .5 to .6 of writing 0.4 %, from .65 on 5.5 %.
_FOREIGN, _OUTSIDE = 0.5, 0.65
#: A level run of ink in a figure this long, in heights of a digit, is a stroke through it if the ink is so many times
#: as wide as its digits are, or the network is half sure of foreign ink: ten figures struck out all had 2.2 and .55;
#: digits that touch have runs as long, and are as wide as others.
_RUN, _WIDER, _CROSSED = 1.25, 1.5, 0.3
#: What is not of the report's own type: digits narrower than this share of what is usual, higher or lower by that,
#: darker than the darker ones of the page by so many gray levels, or unlike the report's digits of the same name. Of
#: 230,600 accepted figures 45, 9, 247 (than the usual ones; see `ink_features`) and 36 are so; of all that are, 49,
#: 76, 28 and 62 % are misread. Of 186 narrow ones of 508 damaged documents 69 look like the report's own (`_OWN`), 9
#: of them misread, none of the 21 that are sure otherwise.
_NARROW, _OTHER_HEIGHT, _DARKER, _UNLIKE = 0.7, 0.3, 20.0, 0.0
#: A digit is not of it either that is wider or narrower by so many heights than the report's others of its name,
#: where no sum of so many figures vouches for it: a stroke of a pen may stand in a figure and in its total. Of
#: 27,690 figures of 215 documents 187 are so, 52 of the 132 misread ones among them; 41 right ones would be
#: accepted. With .10 it is 245 and 56, with .16 150 and 41; were sums of two figures enough, two of three strokes
#: read as 1 would be accepted.
_ODD, _MANY = 0.12, 4
#: Nor is a figure of it whose digits are so many heights from standing in one line, or differ by so many gray levels,
#: where no sum of `_MANY` figures vouches for it: a number was stamped beside it. Of 647 such figures in 70 documents
#: with stamps and strokes of pens 83 are misread, and 58 are so, 54 of them misread; with .20 it is 52 and 48, with
#: 50 levels 59 and 55, with 70 levels 55 and 52. Of 75 in 20 documents without any none is so.
_STEP, _SHADE = 0.15, 60.0
#: Foreign ink changed nothing of a figure whose digits look so much more like the report's own of their names than
#: like any other, and are as wide, level and dark as those. Of 688 figures of 508 documents under foreign damage that
#: lie under foreign ink in no sum that vouches for them 160 are misread; of the 250 that look so 4, and of the 221 of
#: these that are sure otherwise none. With .05 it is 255 and 4, with .15 230 and 4.
_OWN = 0.1
#: Figures through which a sum must hold to vouch for one in another that breaks, or that a ruling too many may have
#: cut: all of its column may be cut alike, a thin stroke be lost wherever the figure stands, and 91 = 91 + 0 says the
#: same twice.
#: With 2 of 4,660 fields of settlements 19 more are accepted, with 4 it is 4 fewer.
_UNCUT = 3
#: Where this share of a table's sums breaks, one that holds does so by chance as likely: of a row so worn that an 8
#: and the 8 of its total are both read as 5 the sum holds. Of 17,500 fields of 90 documents none stands so.
_MOST_BREAK = 0.5
#: Most confidence in a field that one of these doubts, and in one that only a sum accuses: another of the sum may be
#: misprinted, which prose may bear out.
BOUND, SUSPECT = UNNAMED, 0.95

_ASKED = (
    "table_placed", "table_sums", "ruled", "sums_across", "row_across", "sums_break", "sums_terms", "explained",
    "left_out", "foreign", "outside",
    "run", "digits", "blank", "digit_width", "digit_height", "darker", "likeness", "compared", "annotation",
    "oddness", "trouble_cut", "trouble_blank", "step", "shade",
)  # fmt: skip
Mask = NDArray[np.bool_]


def hold_back(told: NDArray[np.float64], features: Matrix) -> NDArray[np.float64]:
    """Confidences, those at most `BOUND` or `SUSPECT` of fields that a rule doubts. features: n × `FEATURES`."""
    doubts = dict(find_doubts(features))
    held = np.where(doubts.pop(ReasonCode.SUM_BROKEN), np.minimum(told, SUSPECT), told)
    held = np.where(np.any([*doubts.values()], axis=0), np.minimum(held, BOUND), held)
    return doubt_unnamed(np.asarray(held, dtype=np.float64), features)


def is_named_by_sums(features: Matrix) -> Mask:
    """Fields of rows that a sum down a column names: it holds through figures other than nothing.

    Sums along a row hold whatever the row is called. features: n × `FEATURES`.
    """
    across, terms = column(features, "sums_across"), column(features, "sums_terms")
    return np.asarray((across >= 1) & (terms >= _TERMS), dtype=np.bool_)


def find_doubts(features: Matrix) -> Mapping[ReasonCode, Mask]:
    """By reason the fields it doubts; a field of a sum that breaks has that sum as its reason already.

    features: n × `FEATURES`.
    """
    known = {name: column(features, name) for name in _ASKED}
    vouched = (known["sums_terms"] >= _TERMS) & (known["blank"] < 1)
    # Where rows of a table without rulings were not found, any other may be one of them; all of two reports' silent
    # errors of 800 stood in such, each row's own sum holding.
    is_told = (known["sums_across"] >= 1) | (known["row_across"] >= 1)
    is_shifted = (known["table_placed"] < 1) & (known["ruled"] < 1) & ~is_told
    is_crossed = (known["foreign"] >= _CROSSED) | (known["digit_width"] >= _WIDER)
    is_struck = (known["run"] >= _RUN) & (known["digits"] > 0) & is_crossed
    is_ruined = known["table_sums"] < 1.0 - _MOST_BREAK
    is_uneven = (known["step"] >= _STEP) | (known["shade"] >= _SHADE)
    is_uneven |= known["oddness"] >= _ODD
    is_odd = is_uneven & (known["sums_terms"] < _MANY)
    is_own = (known["compared"] > 0) & (known["likeness"] > _OWN) & ~is_uneven
    # Another figure of the sum is to blame: with it amended the sum holds.
    is_borne = np.maximum(known["sums_terms"], known["explained"]) >= _UNCUT
    return {
        ReasonCode.SUM_BROKEN: (known["sums_break"] > 0) & (~is_borne | is_ruined),
        ReasonCode.INK_LEFT_OUT: (known["left_out"] >= _FIGURE) | ((known["outside"] >= _OUTSIDE) & ~vouched),
        ReasonCode.CELL_DIVIDED: (known["trouble_cut"] > 0) & (known["sums_terms"] < _UNCUT),
        # A note stuck over cells leaves clean paper, and of 0 + 0 = 0 every sum holds without them.
        ReasonCode.ODD_BLANK: known["trouble_blank"] > 0,
        ReasonCode.TABLE_INCOMPLETE: is_shifted,
        ReasonCode.STRUCK_OUT: is_struck,
        ReasonCode.FOREIGN_INK: (known["foreign"] >= _FOREIGN) & ~vouched & ~is_struck & ~is_own,
        ReasonCode.OTHER_TYPE: (_is_other_type(known, is_own) & ~vouched) | is_odd,
    }


def _is_other_type(known: Mapping[str, Matrix], is_own: Mask) -> Mask:
    """Figures whose ink is not like that of the report's others: a scratch beside a digit, a number stamped over it.

    A number that its cell wraps is as wide as one of its lines. is_own: digits as wide and of the look of the
    report's others of their names, as a 1 may be whose type is narrow.
    """
    is_other = (
        ((known["digit_width"] < _NARROW) & (known["annotation"] < 1) & ~is_own)
        | (np.abs(known["digit_height"] - 1.0) > _OTHER_HEIGHT)
        | (known["darker"] > _DARKER)
        | ((known["compared"] > 0) & (known["likeness"] < _UNLIKE))
    )
    return np.asarray(is_other & (known["digits"] > 0), dtype=np.bool_)
