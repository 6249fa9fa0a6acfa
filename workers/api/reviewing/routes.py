"""Fields over HTTP: decided under optimistic locks, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Request
from pydantic import RootModel
from starlette.responses import Response

from extractor.deciding.redecide import Given, read_raw
from extractor.output.result_json import result_to_json
from extractor.values.result import Kind
from extractor.wording.catalogue import Language
from workers.api.queue.bodies import PROBLEMS, RESULT_SCHEMA, answer
from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import (
    AskedCard,
    Decided,
    DecidedTogether,
    DecisionRequest,
    FieldInPath,
    HistoryBody,
    ReportInPath,
    TogetherDecision,
    TogetherRequest,
    UndoRequest,
)
from workers.api.reviewing.cards import ReportView, find_card, find_label
from workers.api.reviewing.contradicted import find_contradicted
from workers.api.reviewing.steps import holder, step_body
from workers.api.web.access import get_client, require
from workers.api.web.errors import ProblemError
from workers.api.web.rendering import language_of
from workers.exports.xlsx import to_xlsx
from workers.service.reviewing.decisions import StaleFieldError, Step
from workers.service.reviewing.desk import Layout, ReviewDesk
from workers.service.reviewing.queue import FieldKey
from workers.service.reviewing.titles import ORGAN, TITLES, YEAR
from workers.service.store.records import Job
from workers.service.store.tokens import Role

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)
_IfMatch = Annotated[
    str | None, Header(max_length=200, description="ETag of the field as it was seen: its version, quoted")
]
_RESULT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{RESULT_SCHEMA}"}}}},
    304: {"description": "What If-None-Match names is still right"},
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}},
}


class _Open(RootModel[dict[str, Any]]):
    """A JSON object that is described elsewhere."""


@dataclass(frozen=True, slots=True)
class FieldAt:
    """The field an address names, and who asks."""

    key: FieldKey
    client: str

    def job(self, desk: ReviewDesk) -> Job:
        """Raises NoSuchJobError."""
        return find_job(desk.service, self.key.job)

    def step(self, desk: ReviewDesk, if_match: str | None, seconds: float, session: str) -> Step:
        """A step on the field as If-Match says it was seen.

        Raises:
            ProblemError: If-Match is missing.
            StaleFieldError: the field is another by now.
        """
        if if_match is None:
            detail = "send If-Match with the ETag of the field as you saw it"
            raise ProblemError(428, "precondition_required", detail)
        known = desk.queue.get(self.key)
        version = known.version if known is not None else 0
        told = {int(number) for number in _TAG.findall(if_match)}
        if version not in told and if_match.strip() != "*":
            raise StaleFieldError(version)
        return Step(self.key, self.client, version, seconds, f"{self.client} {session}")


def _field_at(request: Request, job_id: str, report: ReportInPath, field_id: FieldInPath) -> FieldAt:
    return FieldAt(FieldKey(job_id, report, field_id), get_client(request).id)


_At = Annotated[FieldAt, Depends(_field_at)]


def fields_router(desk: ReviewDesk) -> APIRouter:
    """The routes of single fields, and of the result as it stands."""
    router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["review"], responses=PROBLEMS)
    may_review = require(Role.REVIEW)

    @router.get("/reviewed", response_class=Response, responses=_RESULT, dependencies=[require(Role.SUBMIT)])
    def get_reviewed(request: Request, job_id: str) -> Response:
        """The result with what people decided, and for every field where its value comes from."""
        return answer(request, _Open(result_to_json(desk.reviewed(find_job(desk.service, job_id)))))

    @router.get(
        "/result.xlsx", response_class=Response, responses=_WORKBOOK, dependencies=[require(Role.SUBMIT)]
    )
    def get_workbook(request: Request, job_id: str) -> Response:
        """The result as it stands now, as a workbook: the printed forms filled in, all fields, all findings.

        In the language of the pages: that of `?lang=`, of their cookie, or of Accept-Language; in English for a
        program that asks for none.
        """
        job = find_job(desk.service, job_id)
        language = Language(language_of(request, Language.ENGLISH))
        content = to_xlsx(desk.reviewed(job), desk.plan.forms, desk.reviewers(job), language)
        named = f"attachment; filename=\"result.xlsx\"; filename*=UTF-8''{quote(_xlsx_name(job), safe='')}"
        return Response(content, 200, {"Content-Disposition": named}, _XLSX)

    @router.get("/history", dependencies=[may_review])
    def get_history(job_id: str) -> HistoryBody:
        """Every decision about the job's fields, oldest first."""
        job = find_job(desk.service, job_id)
        return HistoryBody(steps=[step_body(step) for step in desk.decisions.history(job.id)])

    @router.get("/fields/{report}/{field_id}", response_model=AskedCard, dependencies=[may_review])
    def get_field(place: _At) -> Response:
        """A field with all that is needed to decide it."""
        card = find_card(desk, place.job(desk), place.key, place.client)
        return Response(card.model_dump_json(), 200, _tag(card.version), "application/json")

    @router.get("/fields/{report}/{field_id}/history", dependencies=[may_review])
    def get_field_history(place: _At) -> HistoryBody:
        """Every decision about a field, oldest first."""
        key = place.key
        desk.report(place.job(desk), key)
        steps = desk.history(key, place.client)
        return HistoryBody(steps=[step_body(step) for step in steps])

    @router.patch("/fields/{report}/{field_id}", response_model=Decided, dependencies=[may_review])
    def decide_field(place: _At, decision: DecisionRequest, if_match: _IfMatch = None) -> Response:
        """Says what is printed. The machine's value stays beside it; neighbours may settle by the sums."""
        job = place.job(desk)
        report = desk.report(job, place.key)
        given = _given(desk.layout(job, place.key.report), place.key.field, decision)
        step = place.step(desk, if_match, decision.seconds, decision.session)
        evidence = desk.evidence(job, place.key.report)
        settled = desk.decisions.decide([(step, given)], report, evidence, double=desk.double_share)
        desk.tell_titles(job, [place.key.field])
        return _decided(desk, job, place, settled=[item.field for item in settled])

    @router.post("/decisions", dependencies=[may_review])
    def decide_together(request: Request, job_id: str, told: TogetherRequest) -> DecidedTogether:
        """Says what is printed in several cells of a report, all or none; what is taken back is all of it.

        Each names its version as `PATCH` does in If-Match.
        """
        job = find_job(desk.service, job_id)
        keys = [FieldKey(job.id, told.report, item.field) for item in told.decisions]
        [report, *_] = [desk.report(job, key) for key in keys]
        if len(set(keys)) < len(keys):
            raise ProblemError(422, "invalid_request", "a field is named twice")
        layout = desk.layout(job, told.report)
        who, seconds = get_client(request).id, told.seconds / len(keys)
        steps = [
            (
                Step(key, who, item.version, seconds, holder(request, told.session)),
                _given(layout, item.field, item),
            )
            for key, item in zip(keys, told.decisions, strict=True)
        ]
        evidence = desk.evidence(job, told.report)
        settled = desk.decisions.decide(steps, report, evidence, double=desk.double_share)
        desk.tell_titles(job, [key.field for key in keys])
        view = ReportView(desk, job, told.report, who)
        return DecidedTogether(
            fields=[view.state(key.field) for key in keys],
            settled=[view.state(item.field) for item in settled],
            reviewed=view.is_reviewed,
            contradicted=find_contradicted(view, desk, [key.field for key in keys]),
        )

    @router.post("/fields/{report}/{field_id}/undo", response_model=Decided, dependencies=[may_review])
    def undo_field(place: _At, undo: UndoRequest, if_match: _IfMatch = None) -> Response:
        """Takes the last decision about a field back, and what the sums settled because of it."""
        job = place.job(desk)
        report = desk.report(job, place.key)
        step = place.step(desk, if_match, undo.seconds, undo.session)
        reopened = desk.decisions.undo(step, report)
        desk.tell_titles(job, [place.key.field, *reopened])
        return _decided(desk, job, place, reopened=reopened)

    return router


def _xlsx_name(job: Job) -> str:
    name = job.name[:-4] if job.name.lower().endswith(".pdf") else job.name
    return f"{name}.xlsx"


def _given(layout: Layout, field: str, told: DecisionRequest | TogetherDecision) -> Given:
    """What the request says is printed.

    Raises:
        ProblemError: a number is meant, and the text is none; or the text is no dash, or no blank.
    """
    kind = Kind.NUMBER if told.kind == "text" else Kind(told.kind)
    if (told.kind == "text") != (field == ORGAN) and kind is Kind.NUMBER:
        raise ProblemError(422, "not_such_a_text", f"{field} is not said by a {told.kind}")
    if kind in {Kind.UNREADABLE, Kind.MISSING}:
        return Given(kind, None, "", told.printed_so)
    if field in TITLES:
        return _given_title(field, told.raw.strip(), kind)
    raw = told.raw or ("/" if kind is Kind.DASH else "")
    content = read_raw(raw, decimals=find_label(layout.labels, field).decimals)
    if content is None or content.kind is not kind:
        raise ProblemError(422, "not_such_a_text", f"{raw!r} is not a {kind.value}, as forms print it")
    return Given(kind, content.value, raw, told.printed_so)


def _given_title(field: str, raw: str, kind: Kind) -> Given:
    """A name, or a year of four figures. Raises ProblemError."""
    is_year = field == YEAR and _YEAR.fullmatch(raw) is not None
    if kind is not Kind.NUMBER or not raw or (field == YEAR and not is_year):
        raise ProblemError(422, "not_such_a_text", f"{raw!r} is no {field}")
    return Given(Kind.NUMBER, float(raw) if is_year else None, raw)


def _decided(
    desk: ReviewDesk, job: Job, place: FieldAt, settled: Sequence[str] = (), reopened: Sequence[str] = ()
) -> Response:
    view = ReportView(desk, job, place.key.report, place.client)
    state = view.state(place.key.field)
    body = Decided(
        field=state,
        settled=[view.state(field) for field in settled],
        reopened=[view.state(field) for field in reopened],
        reviewed=view.is_reviewed,
        contradicted=find_contradicted(view, desk, [place.key.field]),
    )
    return Response(body.model_dump_json(), 200, _tag(state.version), "application/json")


def _tag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}
