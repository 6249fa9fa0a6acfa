"""Everything a review needs of a service, in one place: the queue, the decisions, results and pictures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from rapidfuzz import process

from extractor.deciding.redecide import Evidence, recover_evidence, report_identities
from extractor.forms.definition import Form, FormTable, Identity
from extractor.seams.errors import ExtractorError
from extractor.values.result import Field, Report, Result
from workers.files.storage import read_result
from workers.service.reviewing.applying import review_field, review_result
from workers.service.reviewing.comments import CommentStore
from workers.service.reviewing.decisions import SETTLED, Decision, DecisionStore, standing_decisions
from workers.service.reviewing.doubts import plan_review
from workers.service.reviewing.queue import FieldKey, ReviewQueue
from workers.service.reviewing.renderer import Renderer
from workers.service.reviewing.sharing import AssignmentStore
from workers.service.reviewing.titles import TITLES, all_fields, store_titles
from workers.service.service import Service
from workers.service.store.blobs import LostBlobError
from workers.service.store.records import Job
from workers.service.store.schema import organs
from workers.service.store.tokens import Role, Token, TokenStore
from workers.shown.labels import FieldLabel, label_fields, report_tables

#: Names that are told beside one in doubt, and how like it they are at least, of 100: one with a character of five
#: misread is that like the true one, and of 20 bodies with truth two are like each other.
_NAMES, _LIKE = 3, 80.0
_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")
#: Hash of a result, and the position of a report in it.
_Of = tuple[str | None, int]
#: Results kept as parsed; reviewers go through documents one after the other.
_KEPT = 16


class NoSuchFieldError(ExtractorError):
    """The result has no such field."""

    code = "no_such_field"


class NotDoneError(ExtractorError):
    """The job has no result yet, or never will."""

    code = "not_done"


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one report: the tables of its form, where its fields stand in them, and its sums."""

    tables: Sequence[FormTable]
    labels: Mapping[str, FieldLabel]
    identities: Sequence[Identity]


def _lay_out(report: Report, forms: Mapping[str, Form]) -> Layout:
    tables = report_tables(report, forms)
    return Layout(tables, label_fields(tables), report_identities(report, forms))


class ReviewDesk:
    """For all threads of one process; methods raise ServiceError or StorageError when the store does not answer."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.plan = plan_review(service.settings)
        self.queue = ReviewQueue(service.database)
        self.decisions = DecisionStore(service.database)
        self.comments = CommentStore(service.database)
        self.assignments = AssignmentStore(service.database)
        self.tokens = TokenStore(service.database)
        self.renderer = Renderer(service.blobs)
        self._lock = threading.Lock()
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._evidence: OrderedDict[_Of, Evidence] = OrderedDict()
        self._layouts: OrderedDict[_Of, Layout] = OrderedDict()
        self._undecided: OrderedDict[_Of, Mapping[str, Field]] = OrderedDict()

    def result(self, job: Job) -> Result:
        """The machine's result of a job.

        Raises:
            NotDoneError: the job has none.
            LostBlobError: what is kept as its result is none.
        """
        if job.result is None:
            raise NotDoneError(f"the job is {job.state.value}; it has no result to review")
        sha256 = job.result
        return self._remember(self._results, sha256, lambda: self._read(sha256))

    def _read(self, sha256: str) -> Result:
        with self.service.blobs.local(sha256) as path:
            result = read_result(path)
        if result is None:
            raise LostBlobError(f"{sha256} is no result: run `extractor fsck`")
        return result

    def report(self, job: Job, key: FieldKey) -> Report:
        """The machine's report a field is in.

        Raises:
            NotDoneError: the job has no result.
            NoSuchFieldError: the result has no such report, or the report no such field.
        """
        reports = self.result(job).reports
        found = reports[key.report] if 0 <= key.report < len(reports) else None
        if found is None or key.field not in all_fields(found):
            raise NoSuchFieldError("the result has no such field")
        return found

    def evidence(self, job: Job, position: int) -> Evidence:
        """What the pixels say about the fields of a report of a job that is done."""
        return self._remember(
            self._evidence,
            (job.result, position),
            lambda: recover_evidence(self.result(job).reports[position], self.plan.forms),
        )

    def layout(self, job: Job, position: int) -> Layout:
        """Where the fields of a report of a job that is done stand in its form."""
        return self._remember(
            self._layouts,
            (job.result, position),
            lambda: _lay_out(self.result(job).reports[position], self.plan.forms),
        )

    def undecided(self, job: Job, position: int) -> Mapping[str, Field]:
        """Fields and titles of a report of a job that is done as they stand before anybody decided."""
        return self._remember(
            self._undecided,
            (job.result, position),
            lambda: {
                key: review_field(item, None)
                for key, item in all_fields(self.result(job).reports[position]).items()
            },
        )

    def _remember(self, known: OrderedDict[_Key, _Kept], key: _Key, make: Callable[[], _Kept]) -> _Kept:
        """What is known under a key, or is made now; of those used longest ago nothing is kept."""
        with self._lock:
            if key in known:
                known.move_to_end(key)
                return known[key]
        made = make()
        with self._lock:
            known[key] = made
            while len(known) > _KEPT:
                known.popitem(last=False)
        return made

    def reviewed(self, job: Job) -> Result:
        """The result as it stands with all decisions; as `applying.review_result`.

        Raises:
            NotDoneError: the job has no result.
        """
        return review_result(self.result(job), self.decisions.history(job.id), self.plan)

    def history(self, key: FieldKey, viewer: str) -> list[Decision]:
        """Every decision about a field; none for whoever is to read it without knowing what others decided."""
        place = self.queue.places(key.job).get((key.report, key.field))
        if place is not None and place.is_unseen_by(viewer):
            return []
        return self.decisions.history(key.job, key.report, key.field)

    @property
    def double_share(self) -> float:
        """Share of what one person decided that another is asked about; none where there are no two to ask."""
        return self.service.settings.double_share if len(self.reviewing_tokens()) > 1 else 0.0

    def reviewing_tokens(self) -> list[Token]:
        """Those of people who may review."""
        good = (token for token in self.tokens.list() if token.revoked is None)
        return [token for token in good if token.role.covers(Role.REVIEW)]

    def people(self) -> dict[str, str]:
        """Names of those who have or had a token, by its id."""
        return {token.id: token.name for token in self.tokens.list()}

    def names_like(self, name: str) -> list[str]:
        """Names of bodies that documents here have and that are like this one, the likest first."""
        if not name:
            return []
        with self.service.database.read() as connection:
            known = connection.execute(
                sa.select(organs.c.name).where(organs.c.name.not_like("%, %"))
            ).scalars()
            found = process.extract(name, [other for other in known if other != name], limit=_NAMES)
        return [other for other, likeness, _ in found if likeness >= _LIKE]

    def tell_titles(self, job: Job, changed: Iterable[str]) -> None:
        """Has lists know the document by its organ and year as they stand, if they are among the fields changed."""
        if not set(TITLES).isdisjoint(changed):
            store_titles(self.service.database, job.id, self.reviewed(job))

    def reviewers(self, job: Job) -> dict[tuple[int, str], str]:
        """Whose decision stands, by report and field; those the sums settled are left out."""
        steps = self.decisions.history(job.id)
        return {
            (report, key): decision.who
            for report in {step.report for step in steps}
            for key, decision in standing_decisions(s for s in steps if s.report == report).items()
            if decision.who != SETTLED
        }

    def close(self) -> None:
        self.renderer.close()
