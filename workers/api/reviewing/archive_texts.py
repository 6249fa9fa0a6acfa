"""The prose of all jobs that are done, looked for by an index of this process's machine.

The store knows nothing of it: it is made of results, a part at a time whenever somebody searches, and may be deleted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from workers.report.search import Hit, TextIndex, check_words
from workers.service.reviewing.desk import ReviewDesk
from workers.service.store.records import Job
from workers.service.store.schema import JobState, jobs

#: Jobs taken into the index by one search, some 5 ms each; and the file.
_AT_ONCE, _FILE = 300, "search.sqlite3"
#: Until when (seconds since 1970) jobs that ended are in the index; some that ended just before may be seen later.
_UNTIL, _MARGIN = "until", 5.0


class ArchiveTexts:
    """For all threads of one process; methods raise ServiceError when the store does not answer."""

    def __init__(self, desk: ReviewDesk) -> None:
        self._desk = desk
        folder = desk.service.settings.data
        if not os.access(folder, os.W_OK):
            # A machine of many needs no folder: there the index lasts as long as the process.
            folder = Path(tempfile.mkdtemp(prefix="search-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._place = folder / _FILE
        self._lock = threading.Lock()

    def search(self, words: list[str], limit: int) -> tuple[list[tuple[Job, Hit]], bool]:
        """Sections that hold all words, with their jobs; and whether all jobs are in the index by now.

        Raises:
            UsageError: no word was given.
        """
        wanted = check_words(words)
        with self._lock, TextIndex(self._place) as index:
            is_whole = False
            # Where another process holds it, what it knows is told.
            with suppress(sqlite3.DatabaseError):
                is_whole = self._update(index)
            hits = index.find(wanted, limit)
            marks = index.marks() if hits else {}
        there = self._there({hit.document for hit in hits})
        found = [
            (job, hit)
            for hit in hits
            if (job := there.get(hit.document)) is not None and marks[hit.document] == job.result
        ]
        return found, is_whole

    def _update(self, index: TextIndex) -> bool:
        """Takes some more jobs into the index; whether none is left."""
        known, until = index.marks(), index.note(_UNTIL)
        query = (
            sa.select(jobs)
            .where(jobs.c.state == JobState.DONE, jobs.c.finished >= until - _MARGIN)
            .order_by(jobs.c.finished, jobs.c.id)
        )
        taken = 0
        with self._desk.service.database.read() as connection:
            found = [Job.from_row(row) for row in connection.execute(query.limit(_AT_ONCE + 1 + len(known)))]
        with index.changing():
            for job in found:
                if known.get(job.id) == job.result:
                    continue
                if taken == _AT_ONCE:
                    return False
                taken += 1
                # A result that is lost has no words; `extractor fsck` tells of it.
                with suppress(ExtractorError):
                    index.put(job.id, str(job.result), self._desk.result(job))
                index.keep_note(_UNTIL, max(until, job.finished or 0.0))
        return True

    def _there(self, names: set[str]) -> dict[str, Job]:
        """The jobs that are still there, by id."""
        query = sa.select(jobs).where(jobs.c.id.in_(names))
        with self._desk.service.database.read() as connection:
            return {row.id: Job.from_row(row) for row in connection.execute(query)}
