"""Printed rows named by a form's rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extractor.forms.definition import Block, Form, FormTable, Row
from extractor.values.printed import PrintedRow


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row of a form as a target of alignment; row None for a heading or header of the block."""

    table: FormTable
    block: Block
    row: Row | None
    words: tuple[str, ...]

    @property
    def is_data(self) -> bool:
        return self.row is not None and self.row.id is not None


class NamedBy(StrEnum):
    """What names a printed row before sums are asked."""

    #: Its label, by how much that is like the form's.
    LABEL = "label"
    #: The form prints no label; the row shows as many values as the form's.
    COUNT = "count"
    #: No label can be read, or the row is one of several that it may be; only its place in the order speaks for it.
    NEIGHBOURS = "neighbours"
    #: Not even that: it shows more, or other cells than the form's row.
    NOTHING = "nothing"


#: Likeness of a label to the form's from which on it names its row without help, and tells that the form is there.
SURE_LABEL = 0.75
#: How much speaks for a name where no labels are compared: what a neutral likeness would, and less.
_EVIDENCE = {NamedBy.COUNT: 0.5, NamedBy.NEIGHBOURS: 0.3, NamedBy.NOTHING: 0.0}


@dataclass(frozen=True, slots=True)
class RowName:
    """By what a printed row is named; likeness of its label to the form's 0 to 1, 0 where none is compared.

    other: the label is legible, and says something else than the form's. is_key_sure: False where the row's id is
    read from the label, as of rows that a form leaves open, and may be misread. printed: the label as it was read,
    normalised; empty where none is compared.
    """

    by: NamedBy
    likeness: float = 0.0
    other: bool = False
    is_key_sure: bool = True
    printed: str = ""

    @property
    def evidence(self) -> float:
        """How much speaks for the name, 0 to 1: the likeness of the label, or what stands for it."""
        return self.likeness if self.by is NamedBy.LABEL else _EVIDENCE[self.by]

    @property
    def is_sure(self) -> bool:
        """Whether it needs no other evidence."""
        return self.evidence >= SURE_LABEL and not self.other

    def weakened(self) -> RowName:
        """The name of a row whose figures may be another's: no more than its neighbours speak for it."""
        weak = RowName(NamedBy.NEIGHBOURS)
        return self if self.evidence <= weak.evidence else weak


@dataclass(frozen=True, slots=True)
class RowMatch:
    """A printed row, the form's row it shows, and what names it."""

    printed: PrintedRow
    target: FormRow
    name: RowName
    score: float


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A printed column with figures under words that are none of the form's.

    table: id of the form's table. place: from the left among the printed columns of figures, from 1. fields: those
    of the form's column that stands in its place, if one does. is_named: its words are not those of the column beside
    it, which a ruling too many may have parted.
    """

    table: str
    page_no: int
    place: int
    words: str
    fields: tuple[str, ...] = ()
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class TableMatch:
    """A form's table as found in a report; share of its data rows that were found, 0 to 1."""

    form: Form
    table: FormTable
    matches: tuple[RowMatch, ...]
    score: float
    share: float
