"""A document as a whole: its pages with every field framed, and its tables as the printed form filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from extractor.output.sentences import tell_finding
from extractor.values.geometry import Box
from extractor.values.result import Field, FieldStatus, Finding, Origin, PageFacts
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
    findings: tuple[Finding, ...]

    @property
    def sums(self) -> list[dict[str, Any]]:
        """All sums of the report, for scripts."""
        return [self.view.sum(identity).model_dump(mode="json") for identity in self.view.identities]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Of every finding its kind, and its sentence as the result has it."""
        return [(finding.kind, tell_finding(finding)) for finding in self.findings]

    def kind(self, key: str) -> str:
        """How a field is coloured in the table: accepted, review, corrected or settled."""
        return _kind(self.view.fields[key])

    def name(self, key: str) -> str:
        """The field's labels in one line, for readers of screens."""
        label = self.view.label(key)
        return " › ".join(part for part in (*label.row, *label.column) if part)


def show_document(desk: ReviewDesk, job: Job, viewer: str) -> dict[str, Any]:
    """What the template of the document view is filled with, for whoever looks. Raises NotDoneError."""
    reviewed = desk.reviewed(job)
    reports = []
    for position, report in enumerate(reviewed.reports):
        view = ReportView(desk, job, position, viewer)
        tables = tuple(
            ShownTable(table.title, tuple(lay_out(block) for block in table.blocks)) for table in view.tables
        )
        reports.append(ShownReport(view, tables, report.findings))
    pages = [_page(page, reports) for page in reviewed.pages if page.width]
    return {
        "job": job,
        "reports": reports,
        "pages": pages,
        "steps": [
            step
            for step in reversed(desk.decisions.history(job.id))
            if not reports[step.report].view.is_unseen(step.field)
        ],
    }


def _page(page: PageFacts, reports: list[ShownReport]) -> ShownPage:
    boxes = [
        _box(report, field, field.box)
        for report in reports
        for field in report.view.fields.values()
        if field.page_no == page.number and field.box is not None
    ]
    width, height = page.width, page.height
    lies = page.rotation in {90, 270}
    return ShownPage(
        number=page.number,
        width=width,
        height=height,
        upright_width=height if lies else width,
        upright_height=width if lies else height,
        turn=_TURNS.get(page.rotation, "").format(width=width, height=height),
        boxes=tuple(boxes),
    )


def _box(report: ShownReport, field: Field, box: Box) -> ShownBox:
    broken = {other for finding in report.findings for other in finding.fields}
    kind = _kind(field)
    shown = {"settled": "corrected"}.get(
        kind, "finding" if kind == "accepted" and field.id in broken else kind
    )
    title = f"{report.name(field.id)}: {field.raw or field.kind}"
    return ShownBox(
        report=report.view.position,
        field=field.id,
        kind=shown,
        title=title,
        left=box.left,
        top=box.top,
        width=round(box.width, 1),
        height=round(box.height, 1),
    )


def _kind(field: Field) -> str:
    if field.origin is Origin.SETTLED:
        return "settled"
    if field.origin is Origin.PERSON:
        return "corrected"
    return "review" if field.status is FieldStatus.REVIEW else "accepted"
