"""What is odd about how a form is printed: rows and columns more or less than it has, other units, other forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from extractor.forms.definition import Form, FormTable
from extractor.forms.opening import is_unfilled
from extractor.values.matched import TableMatch, UnknownColumn
from extractor.values.printed import PrintedRow
from extractor.values.reason import FindingCode, Parameter
from extractor.values.result import Finding
from extractor.values.slot import Header, Slot


def find_odd_print(matches: Sequence[TableMatch], slots: Sequence[Slot], form: Form) -> list[Finding]:
    """What of a report is printed by another form, missing, or in another unit than the form's.

    matches: the tables that were found. slots: of all of the form's.
    """
    findings = []
    for match in matches:
        if match.form.id != form.id and match.table != form.table(match.table.id):
            findings.append(
                Finding(
                    rule="mixed_forms",
                    kind="form",
                    severity="info",
                    code=FindingCode.MIXED_FORMS,
                    parameters={
                        "table": match.table.id,
                        "printed_as": match.form.id,
                        "form": form.id,
                    },
                )
            )
    missing = sorted({slot.spec.table for slot in slots if slot.page_no is None})
    for table in missing:
        absent = tuple(s.spec.id for s in slots if s.spec.table == table and s.page_no is None)
        findings.append(
            _warn("missing_rows", FindingCode.ROWS_MISSING, {"table": table, "count": len(absent)}, absent)
        )
    unfilled = [table for table in form.tables if is_unfilled(table)]
    return (
        findings
        + [_tell_unfilled(table) for table in unfilled]
        + _missing_columns(slots)
        + _other_units(slots)
    )


def _other_units(slots: Sequence[Slot]) -> list[Finding]:
    """A finding for every table whose figures are printed in another unit than the form's."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for slot in slots:
        if slot.header is Header.UNIT:
            found[slot.spec.table, slot.spec.unit].append(slot.spec.id)
    return [
        _warn("unit_differs", FindingCode.UNIT_DIFFERS, {"table": table, "form": unit}, tuple(fields))
        for (table, unit), fields in found.items()
    ]


def _tell_unfilled(table: FormTable) -> Finding:
    return _warn("missing_table", FindingCode.TABLE_MISSING, {"table": table.id})


def _missing_columns(slots: Sequence[Slot]) -> list[Finding]:
    """A finding for every column of a form whose words stand above none of the table's."""
    absent: dict[tuple[str, str], list[str]] = defaultdict(list)
    for slot in slots:
        if slot.header is Header.ABSENT:
            absent[slot.spec.table, slot.spec.column_label].append(slot.spec.id)
    return [
        _warn(
            "column_missing",
            FindingCode.COLUMN_MISSING,
            {"table": table, "column": column, "count": len(fields)},
            tuple(fields),
        )
        for (table, column), fields in absent.items()
    ]


def _warn(
    rule: str, code: FindingCode, parameters: Mapping[str, Parameter], fields: tuple[str, ...] = ()
) -> Finding:
    """What is odd about how a form is printed."""
    return Finding(rule, "form", "warning", code, parameters, fields)


def tell_unknown(rows: Sequence[PrintedRow], columns: Sequence[UnknownColumn]) -> list[Finding]:
    """A finding for each printed row and column with figures that the form does not have."""
    return [*map(_tell_row, rows), *map(_tell_column, columns)]


def tell_left_out(tables: Sequence[tuple[str, int]]) -> list[Finding]:
    """A finding for each table that comes again though its form does not say that it may; with the page it is on."""
    return [
        _warn("table_repeated", FindingCode.TABLE_REPEATED, {"table": table, "table_page": page})
        for table, page in tables
    ]


def _tell_row(row: PrintedRow) -> Finding:
    labels = row.cells[: len(row.cells) - len(row.values)]
    return _warn(
        "unknown_row",
        FindingCode.UNKNOWN_ROW,
        {
            "label": "".join(cell.text for cell in labels),
            "page": row.page_no,
            "figures": tuple(cell.text for cell in row.values),
        },
    )


def _tell_column(column: UnknownColumn) -> Finding:
    return _warn(
        "unknown_column",
        FindingCode.UNKNOWN_COLUMN,
        {
            "words": column.words,
            "place": column.place,
            "table": column.table,
            "table_page": column.page_no,
        },
        column.fields,
    )
