"""A document as a whole: its pages with every field framed, and its tables as the printed form filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extractor.values.result import FieldStatus
from workers.api.reviewing.cards import ReportView
from workers.service.reviewing.desk import ReviewDesk
from workers.service.store.records import Job
from workers.shown.labels import LaidBlock, lay_out

#: How a page is turned upright, by the degrees it needs, as a matrix in its own points.
_TURNS = {
    90: "matrix(0 1 -1 0 {height} 0)",
    180: "matrix(-1 0 0 -1 {width} {height})",
    270: "matrix(0 -1 1 0 0 {width})",
}


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A frame on a page. kind: accepted, review, corrected or finding."""

    report: int
    field: str
    kind: str
    title: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page, its size as it lies upright, and how it is turned to lie so."""

    number: int
    width: float
    height: float
    upright_width: float
    upright_height: float
    turn: str
    boxes: tuple[ShownBox, ...]


@dataclass(frozen=True, slots=True)
class ShownTable:
    title: str
    blocks: tuple[LaidBlock, ...]


@dataclass(frozen=True, slots=True)
class ShownReport:
    """view: the report as it stands; findings: fields that contradict others."""

    view: ReportView
    tables: tuple[ShownTable, ...]
    findings: tuple[Mapping[str, Any], ...]

    @property
    def sums(self) -> list[dict[str, Any]]:
        """All sums of the report, for scripts."""
        return [self.view.sum(identity).model_dump(mode="json") for identity in self.view.identities]

    def kind(self, key: str) -> str:
        """How a field is coloured in the table: accepted, review, corrected or settled."""
        return _kind(self.view.fields[key])

    def name(self, key: str) -> str:
        """The field's labels in one line, for readers of screens."""
        label = self.view.label(key)
        return " › ".join(part for part in (*label.row, *label.column) if part)


def show_document(desk: ReviewDesk, job: Job) -> dict[str, Any]:
    """What the template of the document view is filled with. Raises NotDoneError."""
    reviewed = desk.reviewed(job)
    reports = []
    for position, report in enumerate(reviewed["reports"]):
        view = ReportView(desk, job, position)
        tables = tuple(
            ShownTable(table.title, tuple(lay_out(block) for block in table.blocks)) for table in view.tables
        )
        reports.append(ShownReport(view, tables, tuple(report["findings"])))
    pages = [_page(page, reports) for page in reviewed["pages"] if page["width"]]
    return {
        "job": job,
        "reports": reports,
        "pages": pages,
        "steps": list(reversed(desk.decisions.history(job.id))),
    }


def _page(page: Mapping[str, Any], reports: list[ShownReport]) -> ShownPage:
    boxes = [
        _box(report, key, field)
        for report in reports
        for key, field in report.view.fields.items()
        if field["page"] == page["number"] and field["bbox"] is not None
    ]
    width, height = page["width"], page["height"]
    lies = page["rotation"] in {90, 270}
    return ShownPage(
        number=page["number"],
        width=width,
        height=height,
        upright_width=height if lies else width,
        upright_height=width if lies else height,
        turn=_TURNS.get(page["rotation"], "").format(width=width, height=height),
        boxes=tuple(boxes),
    )


def _box(report: ShownReport, key: str, field: Mapping[str, Any]) -> ShownBox:
    left, top, right, bottom = field["bbox"]
    broken = {other for finding in report.findings for other in finding["fields"]}
    kind = _kind(field)
    shown = {"settled": "corrected"}.get(kind, "finding" if kind == "accepted" and key in broken else kind)
    title = f"{report.name(key)}: {field['raw'] or field['kind']}"
    return ShownBox(
        report.view.position, key, shown, title, left, top, round(right - left, 1), round(bottom - top, 1)
    )


def _kind(field: Mapping[str, Any]) -> str:
    if field["origin"] == "settled":
        return "settled"
    if field["origin"] == "person":
        return "corrected"
    return "review" if field["status"] == FieldStatus.REVIEW else "accepted"
