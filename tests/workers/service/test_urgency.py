"""What a person waits for is read before archives, however long their queue is."""

from __future__ import annotations

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage
from workers.service.store.schema import JobState
from workers.service.urgency import Urgency

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def stage(tmp_path, database_url):
    opened = Stage(tmp_path / "data", database_url, window=8)
    yield opened
    opened.close()


def _send(stage, pdf, urgency):
    with pdf.open("rb") as stream:
        return stage.service.submit(stream, pdf.name, urgency)[0]


def test_what_is_urgent_overtakes_what_waits(stage, tmp_path):
    bulk = [
        _send(stage, write_blank(tmp_path / f"{n}.pdf", pages=n % 3 + 1), Urgency.BULK) for n in range(20)
    ]
    urgent = [
        _send(stage, write_blank(tmp_path / f"{n}-u.pdf", pages=2), Urgency.INTERACTIVE) for n in range(3)
    ]
    stage.start_worker()
    ended = stage.wait_for_end(*(job.id for job in (*bulk, *urgent)))
    assert {job.state for job in ended} == {JobState.DONE}
    started = {job.id: job.started for job in ended}
    order = sorted(started, key=lambda job: started[job])
    # One may be under way before the others are seen.
    assert {job.id for job in urgent} <= set(order[:4])


def test_what_waits_becomes_urgent_when_a_person_sends_it_too(stage, tmp_path):
    pdf = write_blank(tmp_path / "a.pdf", pages=1)
    job = _send(stage, pdf, Urgency.BULK)
    assert stage.service.bell.waiting(Urgency.INTERACTIVE) == 0
    again = _send(stage, pdf, Urgency.INTERACTIVE)
    assert (again.id, again.urgency) == (job.id, Urgency.INTERACTIVE)
    assert stage.service.bell.waiting(Urgency.INTERACTIVE) == 1
    # And does not become less so.
    assert _send(stage, pdf, Urgency.BULK).urgency is Urgency.INTERACTIVE
