"""One printed cell for one canonical field, before anything is decided about what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extractor.forms.definition import FieldSpec
from extractor.values.matched import RowName
from extractor.values.page import ReadCell
from extractor.values.reason import Trouble


class Header(StrEnum):
    """What the words above a field's column say of it; a header that is lost or illegible says nothing."""

    #: Nothing against it.
    FITS = "fits"
    #: They are not the column's.
    OTHER = "other"
    #: They, or those above the table, state another unit of money than the form.
    UNIT = "unit"
    #: They are what the column is known by, where a form leaves columns open, and may be misread.
    KEY = "key"
    #: The column's own stand above none.
    ABSENT = "absent"


#: What a figure is not that stands under them: of another column, or of another size, or of one that is not known.
MISNAMING = frozenset({Header.OTHER, Header.UNIT, Header.KEY})


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a field stands. cell None: the row or the cell was not found. row_name: what names its row.

    trouble: why the cell cannot be trusted as cut or named, None when it can. unclaimed: cells of its row that show a
    figure and stand in none of the columns.
    """

    spec: FieldSpec
    cell: ReadCell | None
    page_no: int | None
    row_name: RowName
    trouble: Trouble | None = None
    unclaimed: int = 0
    header: Header = Header.FITS

    @property
    def is_placed(self) -> bool:
        """Whether the cell was found and is no other field's, whatever can be read in it."""
        return self.cell is not None and self.trouble is not Trouble.RUN_TOGETHER

    @property
    def is_blank(self) -> bool:
        """Whether the cell was found and shows no ink."""
        return self.cell is not None and self.cell.ink is None


def row_of(slot: Slot) -> tuple[str, int, int]:
    """Table, page and height of the printed row a field stands in; page and height 0 where it was not found."""
    if slot.cell is None:
        return slot.spec.table, 0, 0
    return slot.spec.table, slot.page_no or 0, round(slot.cell.cell.box.top)


def column_of(slot: Slot) -> str:
    """A table's column of values, by what its field ids end in."""
    return f"{slot.spec.table}:{slot.spec.id.rpartition('.')[2]}"
