"""What names a printed row: its label, or a sum over several rows; what nothing names is not trusted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from extractor.seams.calibrator import Matrix
from extractor.trust.evidence import column
from extractor.values.matched import SURE_LABEL

#: Rows whose label is less like the form's than this are named by their neighbours only.
#: ±20 %: 14 statuses.
WEAK_LABEL = 0.5
#: Rows whose label is less like the form's than this are not named by it where a sum over several rows breaks.
#: ±20 %: 126 statuses.
_PLAIN_LABEL = 0.9
#: Columns of a row more in which a sum over several rows holds than breaks from which on they name the row, whatever
#: is left of its label; fewer do for a label that is much like the form's.
#: ±20 %: nothing.
_WEAK_ACROSS = 3
#: Rows less high than this, in heights of a digit, may be the strip between a ruling and its ghost if this share of
#: their cells is blank: a speck is no figure.
#: ±20 %: nothing.
_STRIP_ROOM, _EMPTY = 2.0, 0.9
#: In a cell lower than this, in heights of a digit, no digit can be seen: that it is blank says nothing. Of 5,300
#: fields of 40 badly damaged documents that are accepted none is in one.
_NO_ROOM = 1.0
#: Figures of a row stand under its columns if they stray no further, as a share of a column's width: of a row with
#: blanks that has no label, and of any other.
#: ±20 %: nothing.
_ADRIFT, _ASTRAY = 0.25, 0.4
#: The features that tell.
_ASKED = (
    "label", "counted", "sums_across", "row_across", "broken_across", "pinned", "sums_terms", "sums_hold",
    "sums_break", "sums_open", "row_blank", "blank", "room", "stray", "ruled", "unclaimed", "trouble_header",
)  # fmt: skip
#: Most confidence in a field of a row that nothing names.
#: ±20 %: 22 statuses.
UNNAMED = 0.9

Mask = NDArray[np.bool_]


def doubt_unnamed(told: NDArray[np.float64], features: Matrix) -> NDArray[np.float64]:
    """Confidences, those at most `UNNAMED` of fields of which nothing tells that they are the form's.

    These are fields of a row that neither its label, nor its neighbours, nor sums over several rows name; of one
    whose columns nothing bears out; of a strip that is no row, or too low for one; and blanks beside figures that
    stand in no column.

    Rows taken for their neighbours, and strips of nothing taken for rows, are rare, and all of one is wrong together,
    its own sum holding: too few are seen in fitting to learn from. features: n × `FEATURES`.
    """
    known = {name: column(features, name) for name in _ASKED}
    has_label = known["counted"] < 1
    is_strip = (
        (known["label"] <= WEAK_LABEL)
        & (known["sums_terms"] < 1)
        & (known["row_blank"] >= _EMPTY)
        & (known["room"] < _STRIP_ROOM)
    )
    is_strip |= (known["blank"] > 0) & (known["room"] > 0) & (known["room"] < _NO_ROOM)
    # Beside a figure that stands in no column a blank is more likely that figure's than empty.
    is_beside = (known["blank"] > 0) & (known["unclaimed"] > 0)
    is_doubted = (has_label & _is_nameless(known)) | is_strip | _is_adrift(known, has_label) | is_beside
    return np.asarray(np.where(is_doubted, np.minimum(told, UNNAMED), told), dtype=np.float64)


def _is_nameless(known: Mapping[str, Matrix]) -> Mask:
    """Fields whose row has a label that does not name it, where nothing else does."""
    label = known["label"]
    # A wrong figure breaks the sum of its column; a row that is taken for another breaks most of them.
    is_borne = known["row_across"] >= np.where(label < SURE_LABEL, _WEAK_ACROSS, 1)
    is_weak = (label < SURE_LABEL) | ((label < _PLAIN_LABEL) & (known["broken_across"] > 0))
    return np.asarray(
        is_weak & ~is_borne & (known["sums_across"] < 1) & (known["pinned"] < 1), dtype=np.bool_
    )


def _is_adrift(known: Mapping[str, Matrix], has_label: Mask) -> Mask:
    """Fields of a row whose columns are borne out neither by rulings, nor by its figures, nor by sums."""
    blank, stray, is_unruled = known["row_blank"], known["stray"], known["ruled"] < 1
    # Without rulings, which column a figure is in and which are blank is told by nothing but how the figures stand.
    is_placed = np.where(has_label, (stray <= _ASTRAY) | (blank >= 1), (stray <= _ADRIFT) | (blank <= 0))
    # Nor do rulings tell of columns that were cut at a stray one, where no sum does either.
    is_alone = known["sums_hold"] + known["sums_break"] + known["sums_open"] < 1
    furthest = np.where(known["trouble_header"] > 0, _ADRIFT, _ASTRAY)
    found = (is_unruled & ~is_placed) | (is_alone & (stray > furthest) & (blank < 1))
    # A sum holds whichever of its columns a figure stands in: of a row with blanks it does not tell them either.
    found |= ~has_label & (stray > _ASTRAY) & (blank > 0) & (blank < 1)
    # A stray ruling makes a column too many: a figure is left over, and the others stand beside their columns.
    found |= (known["unclaimed"] > 0) & (stray > _ADRIFT) & (blank < 1)
    # Where most columns' sums break at a row, it is another than it was taken for, or its columns are.
    return np.asarray(found | (is_unruled & (known["row_across"] <= -_WEAK_ACROSS)), dtype=np.bool_)
