"""A field of a result → what a person needs to see to decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from extractor.deciding.redecide import read_raw, sum_difference
from extractor.forms.definition import Identity
from extractor.output.result_json import field_to_json
from extractor.output.sentences import tell_reason
from extractor.values.geometry import Box
from extractor.values.reason import FindingCode
from extractor.values.result import Field, FieldStatus, Kind, Origin
from extractor.wording.catalogue import Language
from workers.api.queue.bodies import moment
from workers.api.reviewing.bodies import (
    AskedCard,
    CandidateBody,
    CommentBody,
    FieldCard,
    FieldState,
    Place,
    Reading,
    SumBody,
    SumPart,
    ToldKind,
)
from workers.api.reviewing.cuts import cut_box, frame_in_cut
from workers.api.reviewing.surroundings import find_surroundings
from workers.api.reviewing.together import Bond, find_together, find_whole
from workers.service.reviewing.applying import review_field
from workers.service.reviewing.decisions import standing_decisions
from workers.service.reviewing.desk import ReviewDesk
from workers.service.reviewing.doubts import ROW_DOUBTS, Doubt
from workers.service.reviewing.queue import FieldKey
from workers.service.reviewing.titles import ORGAN, TITLE_LABELS, all_fields, review_titles
from workers.service.store.records import Job
from workers.shown.labels import FieldLabel

_TITLES = {
    key: FieldLabel("", "", (name,), ("",), "", decimals=False, neighbours={})
    for key, name in TITLE_LABELS.items()
}
_NOWHERE = FieldLabel("", "", ("",), ("",), "", decimals=False, neighbours={})


def find_label(labels: Mapping[str, FieldLabel], key: str) -> FieldLabel:
    """The place of a field or title in a form; empty for one that no form knows any more."""
    return labels.get(key) or _TITLES.get(key, _NOWHERE)


class ReportView:
    """One report as it stands: the machine's fields with the decisions about them. A snapshot.

    viewer: for whom; what another person decided of a field that this one is to read as well is not shown. Empty for
    what stands, whoever looks.
    """

    def __init__(self, desk: ReviewDesk, job: Job, position: int, viewer: str = "") -> None:
        self.job, self.position, self._desk = job, position, desk
        self.pages = desk.result(job).pages
        self.machine = desk.result(job).reports[position]
        standing = standing_decisions(desk.decisions.history(job.id, position))
        self._read = all_fields(self.machine)
        self._viewer = viewer
        self._rows = desk.queue.places(job.id)
        decided = {
            key: review_field(self._read[key], decision)
            for key, decision in standing.items()
            if key in self._read and not self.is_unseen(key)
        }
        self.fields = {**desk.undecided(job, position), **decided}
        layout = desk.layout(job, position)
        self.tables, self.labels, self.identities = layout.tables, layout.labels, layout.identities
        self._titles = review_titles(self.machine, standing)

    @property
    def is_reviewed(self) -> bool:
        """Whether no field of the report is open."""
        return all(field.status is FieldStatus.ACCEPTED for field in self.fields.values())

    @property
    def told_by(self) -> tuple[str, str]:
        """Organ and year as they stand; empty where they were not found."""
        return _told(self._titles.organ.value), _told(self._titles.year.value)

    def state(self, key: str) -> FieldState:
        """A field as it stands."""
        return FieldState(**self._state(key))

    def label(self, key: str) -> FieldLabel:
        """The field's place in the form; empty for one that no form knows any more."""
        return find_label(self.labels, key)

    def sums(self, key: str) -> list[SumBody]:
        """The sums a field takes part in."""
        return [self.sum(identity) for identity in self.identities if key in identity.fields]

    def sum(self, identity: Identity) -> SumBody:
        """A sum as it stands."""
        return SumBody(
            id=identity.id,
            message=identity.message,
            left=[self._part(field) for field in identity.left],
            right=[self._part(field) for field in identity.right],
            difference=sum_difference(identity, self.fields),
        )

    def card(self, key: str) -> FieldCard:
        """A field with all that is needed to decide it."""
        field, label = self.fields[key], self.label(key)
        row = self._rows.get((self.position, key))
        return FieldCard(
            **self._state(key),
            name=self.job.name,
            form=self.machine.form,
            organ=_told(self._titles.organ.value),
            year=_told(self._titles.year.value),
            table=label.table,
            heading=label.heading,
            row=[part for part in label.row if part],
            column=[part for part in label.column if part],
            unit=label.unit,
            decimals=label.decimals,
            doubt=Doubt(row.doubt) if row is not None else None,
            **_tell_reasons(self._read[key]),
            printed_label=_printed_label(self._read[key]),
            printed_header=self._printed_header(key),
            candidates=self._bodies() if key == ORGAN else _candidates(field, label),
            sums=self.sums(key),
            place=self._place(field),
            pages=self._likely_pages(key),
            neighbours=dict(label.neighbours),
            waiting=sum(row.is_open_to(self._viewer) for row in self._rows.values()),
            comments=self._comments.get(key, []),
        )

    def asked(self, key: str) -> AskedCard:
        """The card of a field, with those of all that are asked about with it."""
        found = find_together(key, self.fields, self._open, self.labels, self.identities)
        bond, keys = found if found is not None else (None, ())
        return self._asked(key, bond, keys)

    def whole(self, key: str, whole: Bond) -> AskedCard:
        """The card of a field, with those of all that is open in its row, column or table."""
        return self._asked(key, whole, find_whole(key, whole, self._open, self.labels))

    @property
    def _open(self) -> set[str]:
        rows = self._rows.items()
        return {
            field for (report, field), row in rows if row.is_open_to(self._viewer) and report == self.position
        }

    @cached_property
    def _comments(self) -> dict[str, list[CommentBody]]:
        """By field what people said about it; asked for by cards only."""
        told = self._desk.comments.of_report(self.job.id, self.position)
        names = self._desk.people() if told else {}
        found: dict[str, list[CommentBody]] = {}
        for item in told:
            body = CommentBody(who=names.get(item.who, item.who), made=moment(item.made), text=item.text)
            found.setdefault(item.field, []).append(body)
        return found

    def is_unseen(self, key: str) -> bool:
        """Whether the viewer is to read the field without knowing what others decided."""
        row = self._rows.get((self.position, key))
        return row is not None and row.is_unseen_by(self._viewer)

    def _asked(self, key: str, bond: Bond | None, keys: Sequence[str]) -> AskedCard:
        own = self.card(key)
        cards = [own if other == key else self.card(other) for other in keys]
        return AskedCard(**own.model_dump(), bond=bond, together=cards)

    def _state(self, key: str) -> dict[str, Any]:
        field, machine = self.fields[key], self._read[key]
        row = self._rows.get((self.position, key))
        return {
            "job": self.job.id,
            "report": self.position,
            "field": key,
            "label": self.label(key).short or key,
            "open": row is not None and row.is_open_to(self._viewer),
            "version": row.version if row is not None else 0,
            "kind": told_kind(key, field.kind),
            "value": field.value,
            "raw": field.raw,
            "confidence": field.confidence,
            "status": field.status.value,
            "origin": (field.origin or Origin.MACHINE).value,
            "printed_so": field.printed_so,
            "machine": Reading(
                kind=told_kind(key, machine.kind),
                value=machine.value,
                raw=machine.raw,
                confidence=machine.confidence,
            ),
        }

    def _bodies(self) -> list[CandidateBody]:
        """What the organ may be called: as it was read, and as documents here call bodies like it."""
        read = self._read[ORGAN]
        own = [(read.raw, read.confidence)] if read.raw else []
        others = [(name, 0.0) for name in self._desk.names_like(read.raw)]
        return [
            CandidateBody(raw=raw, kind="text", value=None, probability=share)
            for raw, share in (*own, *others)
        ]

    def _part(self, key: str) -> SumPart:
        field = self.fields[key]
        return SumPart(
            field=key,
            label=self.label(key).short,
            kind=field.kind,
            value=field.value,
            open=field.status is FieldStatus.REVIEW,
            printed_so=field.printed_so,
            page=field.page_no,
            bbox=_sides(field.box) if field.box is not None else None,
        )

    def _printed_header(self, key: str) -> str:
        """The words above a field's column that are not the form's; empty where none were read."""
        said = (
            finding.parameters.get("words")
            for finding in self.machine.findings
            if finding.code is FindingCode.UNKNOWN_COLUMN and key in finding.fields
        )
        return _told(next(said, ""))

    def _place(self, field: Field) -> Place | None:
        box = field.box
        page = next((page for page in self.pages if page.number == field.page_no), None)
        if page is None or box is None or not page.width:
            return None
        width, height, turn = page.width, page.height, page.rotation
        around = find_surroundings(field.id, self.fields, self.labels, page)
        return Place(
            page=page.number,
            bbox=_sides(box),
            width=width,
            height=height,
            rotation=turn,
            frame=frame_in_cut(box, cut_box(box, width, height, turn), turn),
            label=_sides(around.label) if around else None,
            header=_sides(around.header) if around else None,
            row=_sides(around.row) if around else None,
            column=_sides(around.column) if around else None,
        )

    def _likely_pages(self, key: str) -> list[int]:
        """Where to look for a field: its own page, or those of its table's other fields, or all of the report."""
        own = self.fields[key].page_no
        if own is not None:
            return [own]
        table = self.label(key).table
        beside = {
            field.page_no
            for other, field in self.fields.items()
            if self.label(other).table == table and field.page_no is not None
        }
        first, last = self.machine.pages
        return sorted(beside) or list(range(first, last + 1))


def find_card(desk: ReviewDesk, job: Job, key: FieldKey, viewer: str = "") -> AskedCard:
    """The card of a field. Raises NotDoneError, NoSuchFieldError."""
    desk.report(job, key)
    return ReportView(desk, job, key.report, viewer).asked(key.field)


def find_alike(desk: ReviewDesk, key: FieldKey, alike: Sequence[FieldKey], viewer: str = "") -> AskedCard:
    """The card of a field, with those of fields of any document that read the same.

    Raises:
        NoSuchJobError, NotDoneError, NoSuchFieldError: there is no such field.
    """
    views: dict[tuple[str, int], ReportView] = {}

    def card(of: FieldKey) -> FieldCard:
        if (of.job, of.report) not in views:
            job = desk.service.jobs.get(of.job)
            desk.report(job, of)
            views[of.job, of.report] = ReportView(desk, job, of.report, viewer)
        return views[of.job, of.report].card(of.field)

    own = card(key)
    bond = Bond.ALIKE if len(alike) > 1 else None
    return AskedCard(**own.model_dump(), bond=bond, together=[card(other) for other in alike])


def told_kind(key: str, kind: Kind) -> ToldKind:
    """The kind of a reading as it is told: a name is a text."""
    return "text" if key == ORGAN and kind is Kind.NUMBER else kind


def _candidates(field: Field, label: FieldLabel) -> list[CandidateBody]:
    found = [(item.raw, item.probability) for item in field.candidates]
    machine = field.machine or field
    if not found and machine.kind is Kind.NUMBER:
        # Nothing was likely enough to be told; what the machine gave is still worth a key.
        found = [(machine.raw, machine.confidence)]
    out = []
    for raw, probability in found:
        content = read_raw(raw, decimals=label.decimals)
        kind, value = (content.kind, content.value) if content is not None else (None, None)
        out.append(CandidateBody(raw=raw, kind=kind, value=value, probability=probability))
    return out


def _sides(box: Box) -> list[float]:
    return [round(side, 2) for side in (box.left, box.top, box.right, box.bottom)]


def _told(value: object) -> str:
    return "" if value is None else str(value)


def _printed_label(machine: Field) -> str:
    """The label of the field's row as it was read, where it is in doubt."""
    said = (reason.parameters.get("printed") for reason in machine.reasons if reason.code in ROW_DOUBTS)
    return _told(next(said, ""))


def _tell_reasons(machine: Field) -> dict[str, Any]:
    """Why the machine doubts a field: codes, sentences as a result has them, and in the other languages of pages."""
    told = field_to_json(machine)
    others = [language for language in Language if language is not Language.ENGLISH]
    return {
        "reasons": told["reasons"],
        "reason_codes": told["reason_codes"],
        "reasons_in": {
            language.value: [tell_reason(reason, language) for reason in machine.reasons]
            for language in others
        },
    }
