from __future__ import annotations

import pytest

from tests.workers.reports import doubtful_row, field, report, result
from tests.workers.service.processes import wait_until
from workers.api.reviewing import waiting
from workers.api.reviewing.waiting import Waiting
from workers.service.reviewing.queue import FieldKey, ReviewFilter, ReviewQueue

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_GRANTED = "requests.granted.natural_person"


def test_what_is_left_out_is_not_counted(service, review):
    row = review(result(doubtful_row()))
    one = review(result(report(requests__granted__business=field("5", 0.9, ("6", 0.05)))))
    queue = ReviewQueue(service.database)
    counted = Waiting(queue)
    chosen = [ReviewFilter(), ReviewFilter(not_job=row), ReviewFilter(job=one), ReviewFilter(doubt="sum")]
    chosen += [ReviewFilter(job=one, not_job=one), ReviewFilter(doubt="sum", not_job=row)]
    assert [counted.count(one) for one in chosen] == [queue.count(one) for one in chosen]
    assert counted.count(ReviewFilter(not_job=row)) == 1


def test_no_card_waits_for_a_long_queue_to_be_counted(service, review, monkeypatch):
    job = review(result(doubtful_row()))
    monkeypatch.setattr(waiting, "_QUICK", 0.0)
    queue = ReviewQueue(service.database)
    counted = Waiting(queue)
    before = counted.count(ReviewFilter())
    service.delete(job)
    assert queue.get(FieldKey(job, 0, _GRANTED)) is None
    # The next one is made beside, and what was known is told meanwhile.
    assert before == 4
    wait_until(lambda: counted.count(ReviewFilter()) == 0, what="another count")
