"""A document that is read once more, by another pipeline."""

from __future__ import annotations

import io
import json

from extractor.output.result_json import result_to_json
from extractor.values.result import Result
from tests.workers.reports import forms
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.queue import open_review
from workers.service.running.work import summarise_result
from workers.service.service import Service
from workers.service.store.jobs import JobStore


def read_again(service: Service, then: str, made: Result) -> str:
    """Has the document read by another pipeline; the job's id."""
    store = JobStore(service.database)
    known = store.get(then)
    now, _ = store.submit(known.document, 9, known.name, "another")
    claim = store.claim(now.id, "worker")
    assert claim is not None
    kept = service.blobs.put(io.BytesIO(json.dumps(result_to_json(made)).encode()))
    plan = ReviewPlan(forms(), 0.0)
    store.complete(
        claim, summarise_result(made, kept.sha256), lambda link: open_review(link, now.id, made, plan)
    )
    return str(now.id)
