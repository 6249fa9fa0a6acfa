from __future__ import annotations

import pytest
import sqlalchemy as sa

from workers.service.store.machines import MachineStore
from workers.service.store.pages import PAGE_TIMEOUT
from workers.service.store.records import PageRead
from workers.service.store.schema import stretches as table
from workers.service.store.schema import workers
from workers.service.store.stretches import StretchStore

#: Whole documents, or processes and servers of its own.
pytestmark = [pytest.mark.slow, pytest.mark.issue(25)]

_DOCUMENT = "d" * 64


@pytest.fixture
def stretches(store):
    return StretchStore(store.database, "pipeline", lease=1000.0)


@pytest.fixture
def claim(store):
    job, _ = store.submit(_DOCUMENT, 10, "a.pdf", "pipeline")
    return store.claim(job.id, "holder")


def _fall_silent(store):
    """Every worker's last sign of life is long ago."""
    with store.database.write() as connection:
        connection.execute(sa.update(table).values(seen=1.0))


def test_each_stretch_is_read_by_one(stretches, claim):
    assert stretches.part(claim, 25, 10) == 3
    taken = [stretches.take(claim.job, f"worker {number}") for number in range(4)]
    assert [(one.first, one.last) for one in taken[:3]] == [(1, 10), (11, 20), (21, 25)]
    assert taken[3] is None
    assert (taken[0].document, taken[0].name) == (_DOCUMENT, "a.pdf")
    for one in taken[:3]:
        stretches.end(one, is_done=True)
    assert stretches.count_left(claim.job) == 0


def test_whose_worker_is_silent_is_read_by_another(store, stretches, claim):
    stretches.part(claim, 10, 10)
    lost = stretches.take(claim.job, "frozen")
    assert stretches.take(claim.job, "another") is None
    _fall_silent(store)
    again = stretches.take(claim.job, "another")
    assert (again.first, again.fence) == (1, lost.fence + 1)
    assert not stretches.beat(lost)
    assert not stretches.page_done(lost, PageRead(1, 10, 0.1, "a" * 64))
    stretches.end(lost, is_done=True)
    assert stretches.count_left(claim.job) == 1
    assert stretches.page_done(again, PageRead(1, 10, 0.1, "a" * 64))
    assert store.find_pages(claim.job).checkpoints == {1: "a" * 64}


def test_where_all_who_had_any_are_gone_each_can_be_taken_at_once(stretches, claim):
    stretches.part(claim, 20, 10)
    lost = stretches.take(claim.job, "gone")
    stretches.free()
    assert stretches.take(claim.job, "another").first == lost.first
    assert not stretches.beat(lost)


def test_pages_are_counted_however_they_come(store, stretches, claim):
    stretches.part(claim, 20, 10)
    first, second = (stretches.take(claim.job, f"worker {number}") for number in range(2))
    for stretch, number in ((second, 11), (second, 12), (first, 1)):
        assert stretches.page_done(stretch, PageRead(number, 20, 0.1, "a" * 64))
    job = store.get(claim.job)
    assert (job.pages, job.pages_done) == (20, 3)


def test_what_has_been_read_is_not_parted_again(store, stretches, claim):
    stretches.part(claim, 20, 10)
    stretch = stretches.take(claim.job, "holder")
    for number in stretch.pages:
        stretches.page_done(stretch, PageRead(number, 20, 0.1, "a" * 64))
    store.spoil_page(claim.job, 11, PAGE_TIMEOUT)
    store.fail(claim, "crashed", "killed", final=False)
    with store.database.write() as connection:
        connection.execute(sa.delete(table))
    again = store.claim(claim.job, "another")
    assert stretches.part(again, 20, 10) == 1
    assert stretches.take(claim.job, "another").first == 11


def test_runs_are_understood_by_one_each_and_what_they_say_is_known(stretches, claim):
    stretches.part(claim, 4, 10)
    stretches.end(stretches.take(claim.job, "holder"), is_done=True)
    assert stretches.part_runs(claim, [[(1, 2)], [(4, 3)]]) == 2
    taken = [stretches.take(claim.job, f"worker {number}") for number in range(3)]
    assert [one.runs for one in taken[:2]] == [((1, 2),), ((4, 3),)]
    assert [one.pages for one in taken[:2]] == [(1, 2), (3, 4)]
    assert taken[2] is None
    stretches.end(taken[0], is_done=True, kept="a" * 64)
    stretches.end(taken[1], is_done=False)
    assert stretches.list_kept(claim.job) == ["a" * 64]
    assert stretches.take(claim.job, "another").runs == ((4, 3),)
    # A page was left out meanwhile: others belong together now.
    assert stretches.part_runs(claim, [[(1, 2)], [(4,)]]) == 1
    assert stretches.list_kept(claim.job) == ["a" * 64]
    assert stretches.take(claim.job, "another").runs == ((4,),)


@pytest.mark.parametrize("end", ["cancelled", "handed back", "failed", "lost"])
def test_nobody_reads_pages_of_a_job_that_nobody_reads(store, stretches, claim, end):
    stretches.part(claim, 20, 10)
    stretch = stretches.take(claim.job, "helper")
    match end:
        case "cancelled":
            store.cancel(claim.job)
        case "handed back":
            store.hand_back(claim, "shut down")
        case "failed":
            store.fail(claim, "damaged_pdf", "broken", final=True)
        case "lost":
            store.expire(store.pulses()[0], "silent")
    assert not stretches.beat(stretch)
    assert not stretches.page_done(stretch, PageRead(1, 20, 0.1, "a" * 64))
    assert stretches.take(claim.job, "another") is None


def test_workers_of_another_pipeline_read_none(store, stretches, claim):
    stretches.part(claim, 20, 10)
    assert StretchStore(store.database, "newer", lease=1000.0).take(claim.job, "new") is None
    assert stretches.take(claim.job, "old") is not None


def test_a_job_that_has_ended_or_begins_anew_has_no_stretches(store, stretches, claim):
    stretches.part(claim, 20, 10)
    store.fail(claim, "damaged_pdf", "broken", final=True)
    assert stretches.count_left(claim.job) == 0
    store.retry(claim.job)
    again = store.claim(claim.job, "another")
    assert stretches.part(again, 30, 10) == 3


def test_who_helps_is_told_with_what_it_reads(store, stretches, claim):
    machines = MachineStore(store.database, heartbeat=10.0)
    for name in ("holder", "helper"):
        machines.tell(name, version="1", pipeline="pipeline", slots=2, store="")
    stretches.part(claim, 20, 10)
    for name in ("holder", "helper"):
        stretches.take(claim.job, name)
    told = {machine.name: [one.job for one in machine.in_hand] for machine in machines.list()}
    assert told == {"holder": [claim.job], "helper": [claim.job]}


def test_only_who_can_read_counts(store):
    machines = MachineStore(store.database, heartbeat=10.0)
    for name, pipeline, problem in [
        ("one", "pipeline", ""),
        ("away", "pipeline", "not mounted"),
        ("other", "newer", ""),
    ]:
        machines.tell(name, version="1", pipeline=pipeline, slots=3, store=problem)
    assert machines.count_slots("pipeline") == 3
    assert machines.count_slots("older") == 0
    with store.database.write() as connection:
        connection.execute(sa.update(workers).values(seen=1.0))
    assert machines.count_slots("pipeline") == 0
