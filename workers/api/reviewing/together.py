"""Which open fields of a report one question settles: those of a row or column that was guessed, of a broken sum."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from extractor.deciding.redecide import sum_difference
from extractor.forms.definition import Identity
from extractor.values.reason import ReasonCode
from extractor.values.result import Field, Kind
from workers.service.reviewing.doubts import COLUMN_DOUBTS, ROW_DOUBTS
from workers.shown.labels import FieldLabel

#: Most fields one question is about: more are not taken in at a glance. And most that are looked through, or are of a
#: table that is not there, at once: as many as one request may decide.
_MOST, _MOST_WHOLE, _MOST_LOST = 24, 120, 400
_READ = frozenset({Kind.NUMBER, Kind.BLANK, Kind.DASH})


class Bond(StrEnum):
    """What fields have in common that are asked about together.

    row, column: its name was guessed. sum: it does not hold. mended: figures of a table that are doubted for sums
    alone, which hold by what was decided since. damaged: figures of a table on a page whose picture is damaged, and
    nothing else is odd about them. lost: they are of one row, and were not found. lost_table: nothing of their table
    was. whole_row, whole_column, whole_table: whatever is open there, for whoever asks for it. alike: they read the
    same, in any document. twins: they were accepted, and their pictures are like that of a field that was corrected.
    """

    ROW = "row"
    COLUMN = "column"
    SUM = "sum"
    MENDED = "mended"
    DAMAGED = "damaged"
    LOST = "lost"
    LOST_TABLE = "lost_table"
    WHOLE_ROW = "whole_row"
    WHOLE_COLUMN = "whole_column"
    WHOLE_TABLE = "whole_table"
    ALIKE = "alike"
    TWINS = "twins"


def find_together(
    key: str,
    fields: Mapping[str, Field],
    is_open: Collection[str],
    labels: Mapping[str, FieldLabel],
    identities: Sequence[Identity],
) -> tuple[Bond, tuple[str, ...]] | None:
    """What binds a field to others in doubt for the same thing, and all of these, in the order of the form.

    fields: as they stand. Those that nobody could read are asked one by one, those that were not found with their
    like. None where the field is alone.
    """
    if key not in labels or fields[key].kind is Kind.UNREADABLE:
        return None
    kinds = {fields[key].kind} - _READ or _READ
    asked = [
        other for other in labels if other in is_open and other in fields and fields[other].kind in kinds
    ]
    for bond, found in _bonds(key, fields, labels, identities):
        most = _MOST_LOST if bond is Bond.LOST_TABLE else _MOST
        bound = [other for other in asked if other in found]
        # Of more than fit those that stand with this one.
        first = bound.index(key) // most * most if key in bound else 0
        bound = bound[first : first + most]
        if len(bound) > 1 and key in bound:
            return bond, tuple(bound)
    return None


def find_whole(
    key: str, whole: Bond, is_open: Collection[str], labels: Mapping[str, FieldLabel]
) -> tuple[str, ...]:
    """The open fields of the row, column or table of a field, in the order of the form."""
    if key not in labels:
        return ()
    place = {Bond.WHOLE_ROW: _row, Bond.WHOLE_COLUMN: _column}.get(whole, _table)
    here = place(labels[key])
    found = [other for other, label in labels.items() if other in is_open and place(label) == here]
    return tuple(found[:_MOST_WHOLE])


def _bonds(
    key: str, fields: Mapping[str, Field], labels: Mapping[str, FieldLabel], identities: Sequence[Identity]
) -> Iterator[tuple[Bond, Collection[str]]]:
    """What binds the field, likeliest first, and whom to; the others need not be open."""
    if fields[key].kind is Kind.MISSING:
        of_table = {other for other, label in labels.items() if _table(label) == _table(labels[key])}
        if all(fields[other].kind is Kind.MISSING for other in of_table if other in fields):
            yield Bond.LOST_TABLE, of_table
        yield Bond.LOST, {other for other, label in labels.items() if _row(label) == _row(labels[key])}
        return
    for bond, doubts, place in (
        (Bond.ROW, ROW_DOUBTS, _row),
        (Bond.COLUMN, COLUMN_DOUBTS, _column),
    ):
        if _has(fields[key], doubts):
            yield bond, _sharing(key, fields, labels, doubts, place)
    broken = [item for item in identities if key in item.fields and sum_difference(item, fields)]
    for identity in sorted(broken, key=lambda item: len(item.fields)):
        yield Bond.SUM, set(identity.fields)
    of_table = {other for other in labels if other in fields and _table(labels[other]) == _table(labels[key])}
    if _is_doubted_only(fields[key], ReasonCode.SUM_BROKEN):
        accused = {other for item in identities if sum_difference(item, fields) for other in item.fields}
        alike = {other for other in of_table if _is_doubted_only(fields[other], ReasonCode.SUM_BROKEN)}
        yield Bond.MENDED, alike - accused
    if _is_doubted_only(fields[key], ReasonCode.PICTURE_DAMAGED):
        page = fields[key].page_no
        yield (
            Bond.DAMAGED,
            {
                other
                for other in of_table
                if fields[other].page_no == page
                and _is_doubted_only(fields[other], ReasonCode.PICTURE_DAMAGED)
            },
        )


def _sharing(
    key: str,
    fields: Mapping[str, Field],
    labels: Mapping[str, FieldLabel],
    doubts: Collection[ReasonCode],
    place: Callable[[FieldLabel], tuple[object, ...]],
) -> set[str]:
    here = place(labels[key])
    return {
        other
        for other, label in labels.items()
        if place(label) == here and other in fields and _has(fields[other], doubts)
    }


def _row(label: FieldLabel) -> tuple[object, ...]:
    return (label.table, label.heading, label.row)


def _table(label: FieldLabel) -> tuple[object, ...]:
    return (label.table,)


def _column(label: FieldLabel) -> tuple[object, ...]:
    return (label.table, label.heading, label.column)


def _is_doubted_only(field: Field, code: ReasonCode) -> bool:
    return {reason.code for reason in field.reasons} == {code}


def _has(field: Field, doubts: Collection[ReasonCode]) -> bool:
    return any(reason.code in doubts for reason in field.reasons)
