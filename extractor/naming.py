"""What names a printed row: its label, or a sum over several rows; what nothing names is not trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from extractor.calibrator import Matrix
from extractor.features import FEATURES
from extractor.neighbours import SURE_LABEL

#: Rows whose label is less like the form's than this are named by their neighbours only.
WEAK_LABEL = 0.5
#: Rows whose label is less like the form's than this are not named by it where a sum over several rows breaks.
_PLAIN_LABEL = 0.9
#: Columns of a row more in which a sum over several rows holds than breaks from which on they name the row, whatever
#: is left of its label; fewer do for a label that is much like the form's.
_WEAK_ACROSS = 3
#: What stands for the similarity where the form prints no label.
NO_LABEL_PRINTED = 0.5
#: Rows less high than this, in heights of a digit, may be the strip between a ruling and its ghost if this share of
#: their cells is blank: a speck is no figure.
_STRIP_ROOM, _EMPTY = 2.0, 0.9
#: Figures of a row stand under its columns if they stray no further, as a share of a column's width: of a row with
#: blanks that has no label, and of one that has.
_ADRIFT, _ASTRAY = 0.25, 0.5
#: The same of a row that no sum takes in, rulings or not.
_ALONE = 0.4
#: Most confidence in a field of a row that nothing names.
UNNAMED = 0.9


def doubt_unnamed(told: NDArray[np.float64], features: Matrix) -> NDArray[np.float64]:
    """Confidences, those at most `UNNAMED` whose row neither label, neighbours nor a sum over several rows name.

    So are blanks of a row that shows more figures than were given to its columns.

    Rows taken for their neighbours, and strips of nothing taken for rows, are rare, and all of one is wrong together,
    its own sum holding: too few are seen in fitting to learn from. features: n × `FEATURES`.
    """

    def of(name: str) -> Matrix:
        return features[:, FEATURES.index(name)]

    label, across, blank = of("label"), of("sums_across"), of("row_blank")
    has_label = np.abs(label - NO_LABEL_PRINTED) > 1e-6
    # A wrong figure breaks the sum of its column; a row that is taken for another breaks most of them.
    is_borne = of("row_across") >= np.where(label < SURE_LABEL, _WEAK_ACROSS, 1)
    is_weak = ((label < SURE_LABEL) | ((label < _PLAIN_LABEL) & (of("broken_across") > 0))) & ~is_borne
    is_strip = (
        (label <= NO_LABEL_PRINTED) & (of("sums_terms") < 1) & (blank >= _EMPTY) & (of("room") < _STRIP_ROOM)
    )
    # Without rulings, which column a figure is in and which are blank is told by nothing but how the figures stand.
    is_placed = np.where(
        has_label, (of("stray") <= _ASTRAY) | (blank >= 1), (of("stray") <= _ADRIFT) | (blank <= 0)
    )
    # Nor do rulings tell of columns that were cut at a stray one, where no sum does either.
    is_alone = of("sums_hold") + of("sums_break") + of("sums_open") < 1
    furthest = np.where(of("trouble_header") > 0, _ADRIFT, _ALONE)
    is_adrift = ((of("ruled") < 1) & ~is_placed) | (is_alone & (of("stray") > furthest) & (blank < 1))
    # A sum holds whichever of its columns a figure stands in: of a row with blanks it does not tell them either.
    is_adrift |= ~has_label & (of("stray") > _ALONE) & (blank > 0) & (blank < 1)
    # A stray ruling makes a column too many: a figure is left over, and the others stand beside their columns.
    is_adrift |= (of("unclaimed") > 0) & (of("stray") > _ADRIFT) & (blank < 1)
    # Where most columns' sums break at a row, it is another than it was taken for, or its columns are.
    is_adrift |= (of("ruled") < 1) & (of("row_across") <= -_WEAK_ACROSS)
    # Beside a figure that stands in no column a blank is more likely that figure's than empty.
    is_beside = (of("blank") > 0) & (of("unclaimed") > 0)
    is_unnamed = (has_label & is_weak & (across < 1) & (of("pinned") < 1)) | is_strip | is_adrift | is_beside
    return np.asarray(np.where(is_unnamed, np.minimum(told, UNNAMED), told), dtype=np.float64)
