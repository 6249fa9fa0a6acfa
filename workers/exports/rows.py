"""A result JSON → rows of the dataset's tables, in the order of their columns; nothing is new but counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.values.result import ResultStatus
from workers.shown.outcomes import duplicate_of

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Reported:
    """A report with the columns that all tables of reports begin with."""

    head: Row
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResultRows:
    """Rows that one result gives. document: its file's path in the results folder, without `.json`."""

    document: str
    payload: Mapping[str, Any]

    def manifest(self) -> Row:
        """Its row of the manifest."""
        payload, source = self.payload, self.payload["source"]
        reports = payload["reports"]
        has_failed = payload["status"] == ResultStatus.FAILED.value
        issue = payload["issues"][0] if has_failed and payload["issues"] else {}
        states = _count(report["fields"] for report in reports)
        return (
            self.document,
            source["name"],
            source["sha256"] or None,
            source["bytes"],
            source["pages"],
            payload["status"],
            len(reports),
            _join(report["form"] for report in reports),
            _join(report["organ"]["value"] for report in reports),
            _join(report["year"]["value"] for report in reports),
            states["accepted"],
            states["review"],
            sum(len(report["findings"]) for report in reports),
            issue.get("code"),
            issue.get("message"),
            f"{self.document}.json",
            duplicate_of(payload),
        )

    def fields(self) -> Iterator[Row]:
        """Rows of `fields`."""
        for told in self._reports():
            for key, item in told.report["fields"].items():
                origin = item.get("origin", "machine")
                yield (
                    *told.head,
                    key,
                    item["value"],
                    item["raw"],
                    item["kind"],
                    item["confidence"],
                    item["status"],
                    origin,
                    origin == "person",
                    item["page"],
                    *_edges(item["bbox"]),
                )

    def wide(self, ids: Sequence[str]) -> Iterator[Row]:
        """Rows of `wide`, with a value for each of `ids`."""
        for told in self._reports():
            report, fields = told.report, told.report["fields"]
            first, last = _ends(report["pages"])
            states = _count([fields])
            yield (
                *told.head,
                report["title"],
                first,
                last,
                last - first + 1 if first is not None and last is not None else None,
                sum(item.get("origin") == "person" for item in fields.values()),
                states["accepted"],
                states["review"],
                len(report["findings"]),
                *(fields[key]["value"] if key in fields else None for key in ids),
            )

    def findings(self) -> Iterator[Row]:
        """Rows of `findings`."""
        for told in self._reports():
            for number, item in enumerate(told.report["findings"], start=1):
                parts = (item[name] for name in ("rule", "kind", "severity", "message"))
                yield (*told.head, number, *parts, " ".join(item["fields"]))

    def facts(self) -> Iterator[Row]:
        """Rows of `facts`."""
        for told in self._reports():
            for number, item in enumerate(told.report["facts"], start=1):
                yield (
                    *told.head,
                    number,
                    *(item[name] for name in ("id", "value", "unit", "text")),
                    # Results made before facts told these do without them.
                    *(item.get(name) for name in ("approximate", "scope", "year")),
                    item["confidence"],
                    item["page"],
                    *_edges(item["bbox"]),
                )

    def sections(self) -> Iterator[Row]:
        """Rows of `sections`."""
        for told in self._reports():
            for number, item in enumerate(told.report["sections"], start=1):
                yield (*told.head, number, item["number"], item["title"], item["text"], *_ends(item["pages"]))

    def _reports(self) -> Iterator[_Reported]:
        copied = duplicate_of(self.payload)
        for number, report in enumerate(self.payload["reports"], start=1):
            told = (report["organ"]["value"], report["year"]["value"], report["form"])
            yield _Reported((self.document, copied, number, *told), report)


def _count(groups: Any) -> Counter[str]:
    return Counter(item["status"] for fields in groups for item in fields.values())


def _join(values: Iterator[object]) -> str | None:
    return "; ".join(dict.fromkeys(str(value) for value in values if value is not None)) or None


def _edges(box: Sequence[float] | None) -> Row:
    return tuple(box) if box else (None, None, None, None)


def _ends(pages: Sequence[int]) -> tuple[int | None, int | None]:
    return (pages[0], pages[-1]) if pages else (None, None)
