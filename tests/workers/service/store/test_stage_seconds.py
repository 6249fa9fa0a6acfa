from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from workers.service.store import stage_seconds
from workers.service.store.catalog import JobCatalog
from workers.service.store.jobs import JobStore
from workers.service.store.records import Finished
from workers.service.store.schema import stages

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_SECONDS = {"reading": 1.5, "layout": 0.5}


def _claimed(store, number):
    job, _ = store.submit(f"{number:064x}", 9, "a.pdf", "pipeline")
    return store.claim(job.id, "worker")


def _finished():
    return Finished("f" * 64, "complete", 1, organ="某局", stages=_SECONDS)


def test_all_that_was_added_is_told_with_what_versions_before_had(database, store):
    with database.write() as connection:
        connection.execute(sa.insert(stages).values(stage="reading", seconds=100.0))
    for number in range(100):
        assert store.complete(_claimed(store, number), _finished())
    told = JobCatalog(database).sum_stages()
    assert told == {"reading": pytest.approx(250.0), "layout": pytest.approx(50.0)}


def test_completions_do_not_queue_for_one_row(new_database, monkeypatch):
    """Eight rows serialised them: over a disk that takes 30 ms for a commit, 30 documents a second and no more."""
    from workers.service.store.database import Database

    database = Database(new_database())
    database.migrate()
    store = JobStore(database)
    # The rows are there, so that who adds has to wait for whoever else does.
    for slot in (0, 1):
        monkeypatch.setattr(stage_seconds.random, "randrange", lambda _, slot=slot: slot)
        store.complete(_claimed(store, slot), _finished())
    first, second = _claimed(store, 8), _claimed(store, 9)
    slots = iter([0, 1])
    monkeypatch.setattr(stage_seconds.random, "randrange", lambda _: next(slots))
    is_committing, may_commit = threading.Event(), threading.Event()

    def commit_slowly(_connection):
        is_committing.set()
        assert may_commit.wait(20)

    slow = threading.Thread(target=store.complete, args=(first, _finished(), commit_slowly))
    slow.start()
    assert is_committing.wait(20)
    quick = threading.Thread(target=store.complete, args=(second, _finished()))
    quick.start()
    quick.join(10)
    has_ended = not quick.is_alive()
    may_commit.set()
    slow.join()
    quick.join()
    assert has_ended
    database.close()
