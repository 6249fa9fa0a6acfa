"""Why a field is in review and what does not fit together: codes with parameters, worded at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

#: What a sentence is filled with: texts as printed ("" is a blank), numbers, page numbers (None: not known), lists.
Parameter: TypeAlias = str | float | int | tuple[str, ...] | tuple[float, ...] | None


class Trouble(StrEnum):
    """Why a cell cannot be trusted as it was cut or named."""

    DIVIDED = "cell_divided"
    #: The cell holds the figures of several fields.
    RUN_TOGETHER = "cells_run_together"
    #: No header names the columns, and there are too few of them to be known by their number.
    NO_HEADER = "columns_unnamed"
    #: Blank, where the table prints something for nothing elsewhere.
    ODD_BLANK = "odd_blank"
    #: As many decimals as no other figure of its table has: some of it may be cut off, or its point lost.
    ODD_PLACES = "odd_decimals"


class ReasonCode(StrEnum):
    """Why a person should look at a field; parameters in brackets."""

    NOT_FOUND = "not_found"
    NO_NUMBER = "no_number"
    CELL_DIVIDED = Trouble.DIVIDED.value
    CELLS_RUN_TOGETHER = Trouble.RUN_TOGETHER.value
    COLUMNS_UNNAMED = Trouble.NO_HEADER.value
    ODD_BLANK = Trouble.ODD_BLANK.value
    ODD_DECIMALS = Trouble.ODD_PLACES.value
    #: The code or the name that the row is known by may be misread.
    ROW_KEY_UNSURE = "row_key_unsure"
    #: The words that the column is known by may be misread, or are two columns'.
    COLUMN_KEY_UNSURE = "column_key_unsure"
    #: (readings: texts, likeliest first)
    READS_EITHER = "reads_either"
    #: (reading)
    READS_UNCLEARLY = "reads_unclearly"
    #: (text)
    SECOND_READER = "second_reader"
    SEALED = "sealed"
    PICTURE_DAMAGED = "picture_damaged"
    #: Ink lies on the figure that nobody printed: a pen, a stamp, a streak.
    FOREIGN_INK = "foreign_ink"
    #: The figure is not of the report's own type: the width, height or blackness of its digits.
    OTHER_TYPE = "other_type"
    #: A stroke goes through the figure.
    STRUCK_OUT = "struck_out"
    #: Ink of the cell is none of what was read.
    INK_LEFT_OUT = "ink_left_out"
    #: (left, right: amounts of both sides)
    SUM_BROKEN = "sum_broken"
    FIGURE_BESIDE = "figure_beside"
    #: (printed: the label as it was read, normalised; none where nothing was, as of the next two)
    LABEL_ILLEGIBLE = "label_illegible"
    LABEL_UNLIKE = "label_unlike"
    #: The row's label can be read and says something else than the form's.
    LABEL_OTHER = "label_other"
    #: The words above the column are not those of the form's.
    HEADER_OTHER = "header_other"
    #: The unit of money above the table or the column is another than the form's.
    UNIT_OTHER = "unit_other"
    #: (column: as the form calls it) The words of the form's column stand above none.
    COLUMN_MISSING = "column_missing"
    TABLE_INCOMPLETE = "table_incomplete"
    BLANK_UNLABELLED = "blank_unlabelled"
    UNCONFIRMED = "unconfirmed"
    LOW_CONFIDENCE = "low_confidence"
    #: (sentence) of a result that was written before reasons had codes.
    TOLD = "told"


class FindingCode(StrEnum):
    """What does not fit together; parameters in brackets."""

    #: (identity: what the form says of the sum; left, right: amounts)
    SUM_BROKEN = "sum_broken"
    #: (fact, prose_page, said, table_page, printed, sentence)
    PROSE_DIFFERS = "prose_differs"
    #: (year, prose_page, said, sentence)
    YEAR_DIFFERS = "year_differs"
    #: (table, printed_as, form)
    MIXED_FORMS = "mixed_forms"
    #: (table, count)
    ROWS_MISSING = "rows_missing"
    #: (table) of a table whose rows are open, of which nothing is printed.
    TABLE_MISSING = "table_missing"
    #: (table, table_page) of a table that comes again though its form does not say that it may.
    TABLE_REPEATED = "table_repeated"
    #: (label, page, figures: texts as printed) of a row that the form does not have.
    UNKNOWN_ROW = "unknown_row"
    #: (table, form: its unit there) of a table that states another unit of money than its form.
    UNIT_DIFFERS = "unit_differs"
    #: (words, place: from the left among the columns of figures, from 1; table, table_page) of such a column.
    UNKNOWN_COLUMN = "unknown_column"
    #: (table, column, count) of a column whose words stand above none, count: of its fields.
    COLUMN_MISSING = "column_missing"
    #: (sentence) of a result that was written before findings had codes.
    TOLD = "told"


#: Of these what was read is not what was scanned, or not what the form asks for.
_FINAL = frozenset(
    {
        ReasonCode.PICTURE_DAMAGED,
        ReasonCode.HEADER_OTHER,
        ReasonCode.UNIT_OTHER,
        ReasonCode.ROW_KEY_UNSURE,
        ReasonCode.COLUMN_KEY_UNSURE,
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to look at a field."""

    code: ReasonCode
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether a field with it stays in review however sure its reading is: it is another's, or nobody's."""
        return self.code in _FINAL
