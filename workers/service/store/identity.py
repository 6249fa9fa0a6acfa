"""Which store of blobs is a service's own: one with the mark that its database knows.

A share that is not mounted is an empty folder, and a mistyped bucket an empty one: either would be taken for a store
that has lost everything.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from extractor.seams.errors import ServiceError
from extractor.wording.said import say
from workers.service.store.blobs import AwayError, Blob, BlobStore, FolderBlobs, LostBlobError
from workers.service.store.database import Database
from workers.service.store.remote_blobs import RemoteBlobs
from workers.service.store.schema import documents, facts
from workers.shown.addresses import mask_url

#: Fact under which the store's mark is kept.
_FACT = "store"
#: Documents of a database from before stores had marks that are looked for in what is taken for its store.
_WITNESSES = 3


class KnownBlobs:
    """A `BlobStore` that answers only as long as it has its mark; otherwise every method raises AwayError.

    Only of one that has it, and has it still afterwards, is it said that a blob is lost.
    """

    def __init__(self, blobs: BlobStore, mark: str, url: str) -> None:
        self._blobs, self._mark, self._url = blobs, mark, mask_url(url)

    def check(self) -> None:
        """Raises AwayError where the store is not there, or another one is; StorageError."""
        found = self._blobs.read_mark()
        if found != self._mark:
            raise AwayError(say(f"messages.service.{'other' if found else 'absent'}_store", url=self._url))

    def put(self, stream: BinaryIO, limit: int | None = None) -> Blob:
        self.check()
        return self._blobs.put(stream, limit)

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        with ExitStack() as stack:
            try:
                path = stack.enter_context(self._blobs.local(sha256))
            except LostBlobError:
                self.check()
                # It may have come back between the two looks.
                path = stack.enter_context(self._blobs.local(sha256))
            yield path

    def exists(self, sha256: str) -> bool:
        if self._blobs.exists(sha256):
            return True
        self.check()
        return self._blobs.exists(sha256)

    def delete(self, sha256: str) -> None:
        self.check()
        self._blobs.delete(sha256)

    def list(self, digits: str) -> Iterator[tuple[str, float]]:
        self.check()
        yield from self._blobs.list(digits)

    def unfinished(self) -> Iterator[tuple[str, float]]:
        self.check()
        yield from self._blobs.unfinished()

    def discard(self, name: str) -> None:
        self.check()
        self._blobs.discard(name)

    def read_mark(self) -> str:
        return self._blobs.read_mark()

    def leave_mark(self, mark: str) -> None:
        self._blobs.leave_mark(mark)

    def probe(self) -> None:
        self.check()
        self._blobs.probe()


def find_blobs(url: str) -> BlobStore:
    """Whatever is at a folder or URL, known or not. Raises UsageError for a URL of a kind that cannot be used."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        return FolderBlobs(Path(rest if separator else url))
    return RemoteBlobs(url)


def known_mark(database: Database) -> str:
    """The mark of the service's store; empty as long as it has none."""
    with database.read() as connection:
        return _known_mark(connection)


def open_blobs(database: Database, url: str, *, may_found: bool) -> KnownBlobs:
    """The store of a service, at a folder or URL.

    may_found: whether this process may make it one, where the service has none yet. Workers may not: of many
    machines one whose share is not mounted would be the first.

    Raises:
        UsageError: the URL is of a kind that cannot be used.
        AwayError: what is there is not this service's store, or does not answer.
        StorageError: it cannot be written.
        ServiceError: the service has no store yet, or its database does not answer.
    """
    blobs = find_blobs(url)
    mark = known_mark(database)
    if not mark:
        if not may_found:
            raise ServiceError(say("messages.service.no_store_yet"))
        mark = _found(database, blobs, url)
    known = KnownBlobs(blobs, mark, url)
    known.check()
    return known


def _found(database: Database, blobs: BlobStore, url: str) -> str:
    """Makes it the store of the service, unless somebody else was first; the mark of the one that is."""
    with database.write() as connection:
        mark = blobs.read_mark()
        # The row first: whoever comes at the same time waits here until it is committed.
        if not database.insert_new(connection, facts, {"key": _FACT, "value": mark or uuid.uuid4().hex}):
            return _known_mark(connection)
        if not mark:
            _check_witnesses(connection, blobs, url)
            mark = _known_mark(connection)
            blobs.leave_mark(mark)
        return mark


def _known_mark(connection: sa.Connection) -> str:
    return str(connection.execute(sa.select(facts.c.value).where(facts.c.key == _FACT)).scalar() or "")


def _check_witnesses(connection: sa.Connection, blobs: BlobStore, url: str) -> None:
    newest = sa.select(documents.c.sha256).order_by(documents.c.created.desc()).limit(_WITNESSES)
    witnesses = list(connection.execute(newest).scalars())
    if witnesses and not any(map(blobs.exists, witnesses)):
        raise AwayError(say("messages.service.strange_store", url=mask_url(url)))
