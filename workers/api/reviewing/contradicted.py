"""Fields of other years' reports that a correction contradicts and that nobody looked at: they are offered next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor.values.result import Field, FieldStatus, Origin
from workers.api.reviewing.bodies import FieldState
from workers.api.reviewing.cards import ReportView
from workers.report.across import carried_partner
from workers.service.reviewing.desk import ReviewDesk
from workers.service.store.catalog import JobCatalog, JobFilter
from workers.service.store.records import Job
from workers.service.store.schema import JobState

#: Documents of one body and year that are looked at.
_LOOKED_AT = 10


def find_contradicted(view: ReportView, desk: ReviewDesk, keys: Iterable[str]) -> list[FieldState]:
    """What was accepted elsewhere and is not what it would have to be by fields that people changed.

    view: the report as it stands after their decisions.
    """
    changed = [key for key in keys if _is_corrected(view.fields[key])]
    return [state for key in changed for state in _contradicted_by(view, desk, key)]


def _is_corrected(field: Field) -> bool:
    return field.machine is not None and field.value is not None and field.value != field.machine.value


def _contradicted_by(view: ReportView, desk: ReviewDesk, key: str) -> Iterator[FieldState]:
    partner, (organ, year) = carried_partner(key), view.told_by
    if partner is None or not organ or not year.isdecimal():
        return
    other_key, later = partner
    wanted = (organ, str(int(year) + later))
    for job, position in _find_reports(desk, *wanted):
        other = ReportView(desk, job, position)
        field = other.fields.get(other_key)
        if other.told_by != wanted or field is None or field.value == view.fields[key].value:
            continue
        if field.status is FieldStatus.ACCEPTED and field.origin is Origin.MACHINE:
            yield other.state(other_key)


def _find_reports(desk: ReviewDesk, organ: str, year: str) -> Iterator[tuple[Job, int]]:
    wanted = JobFilter(state=JobState.DONE, organ=organ, year=year)
    for job in JobCatalog(desk.service.database).list(wanted, _LOOKED_AT):
        for position in range(len(desk.result(job).reports)):
            yield job, position
