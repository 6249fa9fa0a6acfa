"""Everything a review needs of a service, in one place: the queue, the decisions, results and pictures."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import Any

from extractor.deciding.redecide import Evidence, recover_evidence
from extractor.seams.errors import ExtractorError
from workers.service.reviewing.applying import review_result
from workers.service.reviewing.decisions import SETTLED, DecisionStore, standing_decisions
from workers.service.reviewing.doubts import plan_review
from workers.service.reviewing.queue import FieldKey, ReviewQueue
from workers.service.reviewing.renderer import Renderer
from workers.service.service import Service
from workers.service.store.records import Job

#: Results kept as parsed; reviewers go through documents one after the other.
_KEPT = 16


class NoSuchFieldError(ExtractorError):
    """The result has no such field."""

    code = "no_such_field"


class NotDoneError(ExtractorError):
    """The job has no result yet, or never will."""

    code = "not_done"


class ReviewDesk:
    """For all threads of one process; methods raise ServiceError or StorageError when the store does not answer."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.plan = plan_review(service.settings)
        self.queue = ReviewQueue(service.database)
        self.decisions = DecisionStore(service.database)
        self.renderer = Renderer(service.blobs)
        self._lock = threading.Lock()
        self._results: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._evidence: OrderedDict[tuple[str | None, int], Evidence] = OrderedDict()

    def result(self, job: Job) -> dict[str, Any]:
        """The machine's result JSON of a job; not to be changed.

        Raises:
            NotDoneError: the job has none.
        """
        if job.result is None:
            raise NotDoneError(f"the job is {job.state.value}; it has no result to review")
        with self._lock:
            known = self._results.get(job.result)
            if known is not None:
                self._results.move_to_end(job.result)
                return known
        with self.service.blobs.local(job.result) as path:
            payload: dict[str, Any] = json.loads(path.read_bytes())
        with self._lock:
            self._results[job.result] = payload
            while len(self._results) > _KEPT:
                self._results.popitem(last=False)
        return payload

    def report(self, job: Job, key: FieldKey) -> dict[str, Any]:
        """The machine's report a field is in.

        Raises:
            NotDoneError: the job has no result.
            NoSuchFieldError: the result has no such report, or the report no such field.
        """
        reports = self.result(job)["reports"]
        if not 0 <= key.report < len(reports) or key.field not in reports[key.report]["fields"]:
            raise NoSuchFieldError("the result has no such field")
        found: dict[str, Any] = reports[key.report]
        return found

    def evidence(self, job: Job, position: int) -> Evidence:
        """What the pixels say about the fields of a report of a job that is done."""
        key = (job.result, position)
        with self._lock:
            known = self._evidence.get(key)
        if known is not None:
            return known
        found = recover_evidence(self.result(job)["reports"][position], self.plan.forms)
        with self._lock:
            self._evidence[key] = found
            while len(self._evidence) > _KEPT:
                self._evidence.popitem(last=False)
        return found

    def reviewed(self, job: Job) -> dict[str, Any]:
        """The result as it stands with all decisions; as `reviewed.review_result`.

        Raises:
            NotDoneError: the job has no result.
        """
        payload = self.result(job)
        return review_result(payload, self.decisions.history(job.id), self.plan)

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
