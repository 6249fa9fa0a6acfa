"""A result → rows of the dataset's tables, each by the names of its columns; nothing is new but counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from extractor.forms.opening import find_columns, find_rows
from extractor.forms.repeating import find_repeated
from extractor.output.sentences import tell_finding
from extractor.values.geometry import Box
from extractor.values.result import FieldStatus, Origin, Report, Result
from workers.shown.outcomes import count_fields, failure_of

#: What a row has in every column of its table, by the column's name.
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ResultRows:
    """Rows that one result gives. document: its file's path in the results folder, without `.json`."""

    document: str
    result: Result

    def manifest(self) -> Row:
        """Its row of the manifest."""
        result, source = self.result, self.result.source
        failure = failure_of(result)
        return {
            "document": self.document,
            "path": source.name,
            "sha256": source.sha256 or None,
            "bytes": source.bytes,
            "pages": source.pages,
            "status": result.status.value,
            "reports": len(result.reports),
            "forms": _join(report.form for report in result.reports),
            "organs": _join(report.organ.value for report in result.reports),
            "years": _join(report.year.value for report in result.reports),
            **_counts(result.reports),
            "code": failure.code if failure is not None else None,
            "reason": failure.message if failure is not None else None,
            "output": f"{self.document}.json",
            "duplicate_of": source.duplicate_of or None,
        }

    def fields(self) -> Iterator[Row]:
        """Rows of `fields`."""
        for head, report in self._reports():
            ids = [item.id for item in report.fields]
            rows, columns = find_rows(ids, report.open_rows), find_columns(ids, report.open_columns)
            repeated = find_repeated(ids, report.repeated_tables)
            for item in report.fields:
                origin = item.origin or Origin.MACHINE
                row, column, table = rows.get(item.id), columns.get(item.id), repeated.get(item.id)
                yield {
                    **head,
                    "id": item.id,
                    "value": item.value,
                    "raw": item.raw,
                    "kind": item.kind.value,
                    "confidence": item.confidence,
                    "status": item.status.value,
                    "origin": origin.value,
                    "reviewed": origin is Origin.PERSON,
                    **_place(item.page_no, item.box),
                    "row": row and row.id,
                    "row_label": row and row.label,
                    "column": column and column.id,
                    "column_label": column and "/".join((*column.path, column.label)),
                    "table": table and table.table,
                    "table_name": table and table.name,
                }

    def wide(self, ids: Sequence[str]) -> Iterator[Row]:
        """Rows of `wide`, with a value for each of `ids`."""
        for head, report in self._reports():
            first, last = report.pages
            values = {item.id: item.value for item in report.fields}
            yield {
                **head,
                "title": report.title,
                "first_page": first,
                "last_page": last,
                "pages": last - first + 1,
                "reviewed": sum(item.origin is Origin.PERSON for item in report.fields),
                **_counts([report]),
                **{key: values.get(key) for key in ids},
            }

    def findings(self) -> Iterator[Row]:
        """Rows of `findings`."""
        for head, report in self._reports():
            for number, item in enumerate(report.findings, start=1):
                yield {
                    **head,
                    "finding": number,
                    "rule": item.rule,
                    "kind": item.kind,
                    "severity": item.severity,
                    "message": tell_finding(item),
                    "fields": " ".join(item.fields),
                }

    def facts(self) -> Iterator[Row]:
        """Rows of `facts`."""
        for head, report in self._reports():
            for number, item in enumerate(report.facts, start=1):
                yield {
                    **head,
                    "fact": number,
                    "id": item.id,
                    "value": item.value,
                    "unit": item.unit,
                    "text": item.text,
                    "approximate": item.approximate,
                    "scope": item.scope,
                    "of_year": item.year,
                    "confidence": item.confidence,
                    **_place(item.page_no, item.box),
                }

    def sections(self) -> Iterator[Row]:
        """Rows of `sections`."""
        for head, report in self._reports():
            for number, item in enumerate(report.sections, start=1):
                yield {
                    **head,
                    "section": number,
                    "number": item.number,
                    "title": item.title,
                    "text": item.text,
                    "first_page": item.pages[0] if item.pages else None,
                    "last_page": item.pages[-1] if item.pages else None,
                }

    def _reports(self) -> Iterator[tuple[Row, Report]]:
        """Every report, with the columns that all tables of reports begin with."""
        for number, report in enumerate(self.result.reports, start=1):
            head = {
                "document": self.document,
                "duplicate_of": self.result.source.duplicate_of or None,
                "report": number,
                "organ": report.organ.value,
                "year": report.year.value,
                "form": report.form,
            }
            yield head, report


def _counts(reports: Sequence[Report]) -> Row:
    states = count_fields(reports)
    return {
        "accepted": states[FieldStatus.ACCEPTED],
        "review": states[FieldStatus.REVIEW],
        "findings": sum(len(report.findings) for report in reports),
    }


def _place(page: int | None, box: Box | None) -> Row:
    return {
        "page": page,
        "bbox_left": box.left if box is not None else None,
        "bbox_top": box.top if box is not None else None,
        "bbox_right": box.right if box is not None else None,
        "bbox_bottom": box.bottom if box is not None else None,
    }


def _join(values: Iterable[object]) -> str | None:
    return "; ".join(dict.fromkeys(str(value) for value in values if value is not None)) or None
