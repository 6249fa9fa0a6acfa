"""Whether a document that a worker does not find is lost: the API, which took it, has to find it missing too.

The store of one machine may have the right mark and not what others put there: a copy that stayed behind when the
store was moved, a mount that remembers for a minute that a file was not there. The worker asks in a row of the
database; every API looks for such rows.
"""

from __future__ import annotations

import logging
import threading
import time

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from workers.service.service import Service
from workers.service.store.blobs import LostBlobError, digest_file
from workers.service.store.records import Claim, NoSuchJobError
from workers.service.store.schema import facts

_LOG = logging.getLogger(__name__)
#: What the facts are called that ask, before the job's id; their value is empty until somebody answers.
_ASKED = "lost:"
_LOST, _THERE = "lost", "there"
#: Seconds between two looks: of a worker for the answer, of an API for what is asked.
_LOOK, _PAUSE = 0.2, 1.0
#: Seconds for which a worker waits for the answer: longer than an API takes to read a document of 200 MB.
_PATIENCE = 30.0


def is_lost(service: Service, claim: Claim, stop: threading.Event) -> bool:
    """Whether an API misses the document of a claim too; False where it has it, or none answers in time.

    stop: set when nobody is to wait any more. Raises ServiceError and StorageError when the database does not answer.
    """
    key, database = _ASKED + claim.job, service.database
    with database.write() as connection:
        connection.execute(sa.delete(facts).where(facts.c.key == key))
        database.insert_new(connection, facts, {"key": key, "value": ""})
    until, answer = time.monotonic() + _PATIENCE, ""
    while not answer and time.monotonic() < until and not stop.wait(_LOOK):
        with database.read() as connection:
            answer = str(
                connection.execute(sa.select(facts.c.value).where(facts.c.key == key)).scalar() or ""
            )
    with database.write() as connection:
        connection.execute(sa.delete(facts).where(facts.c.key == key))
    if answer == _THERE:
        _LOG.error(
            "the document %s is there for the API, and not here: is EXTRACTOR_STORE the same on this machine, and "
            "mounted anew?",
            claim.document,
        )
    return answer == _LOST


class Witness:
    """Looks, on the side that takes documents, for those that workers do not find."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def run(self, stop: threading.Event) -> None:
        """Answers until `stop` is set; what cannot be answered now is in a while."""
        while not stop.wait(_PAUSE):
            try:
                self.answer()
            except ExtractorError as error:
                _LOG.debug("%s; what workers do not find is looked for again", error)

    def answer(self) -> None:
        """Answers whatever is asked. Raises ServiceError and StorageError when the store does not answer."""
        database = self._service.database
        # As a range, which every database looks up in the index of keys.
        asked = sa.select(facts.c.key).where(facts.c.key.between(_ASKED, f"{_ASKED}g"), facts.c.value == "")
        with database.read() as connection:
            keys = list(connection.execute(asked).scalars())
        for key in keys:
            told = _THERE if self._has(key.removeprefix(_ASKED)) else _LOST
            with database.write() as connection:
                connection.execute(sa.update(facts).where(facts.c.key == key).values(value=told))

    def _has(self, job: str) -> bool:
        try:
            document = self._service.jobs.get(job).document
            with self._service.blobs.local(document) as path:
                return digest_file(path) == document
        except (LostBlobError, NoSuchJobError):
            return False
