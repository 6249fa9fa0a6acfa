"""An archive in a watched folder: its documents are sent and followed as `submit` does it, some in each round."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from workers.batch.archives import Copies, archive_opener
from workers.batch.inputs import Input, LeftOut, find_inputs, may_be_document
from workers.remote.client import ServiceClient
from workers.remote.submitting import Submission
from workers.shown.outcomes import Outcome
from workers.shown.progress import QuietDisplay


@dataclass(slots=True)
class WatchedArchive:
    """One archive under way. Close it, whether it came to its end or not: copies of documents go then."""

    _submission: Submission
    _stream: Generator[Input, None, None]
    _copies: Copies
    _left_out: LeftOut
    _told: int = 0

    def advance(self) -> list[Outcome]:
        """Sends some documents and asks about some; what became of those that have ended since the last call.

        Raises:
            ServiceError: the service is away; the next call goes on where this one stopped.
            StorageError: a copy or a result cannot be written.
        """
        self._submission.advance(self._stream)
        new = self.outcomes[self._told :]
        self._told += len(new)
        return new

    @property
    def is_over(self) -> bool:
        return self._submission.is_over

    @property
    def outcomes(self) -> list[Outcome]:
        """Of all documents that have ended; of the archive itself, where something is wrong with it."""
        return self._submission.outcomes

    @property
    def left_out(self) -> dict[str, int]:
        """How many files in it are no documents, by the ending of their names."""
        return self._left_out.counts

    def close(self) -> None:
        self._stream.close()
        self._copies.close()


def open_archive(client: ServiceClient, path: Path, name: str, output: Path | None) -> WatchedArchive:
    """Nothing of it is read yet. name: of the folder in `output` that its results go to."""
    copies, left_out = Copies(output or Path(tempfile.gettempdir())), LeftOut()
    submission = Submission(
        client, QuietDisplay(), output=output, release=lambda item: copies.release(item.path)
    )
    opener = archive_opener(copies, leave_out=left_out.add, is_document=may_be_document)
    found = find_inputs([path], archives=opener)
    return WatchedArchive(submission, _called(found, name if name != path.name else ""), copies, left_out)


def _called(found: Iterator[Input], name: str) -> Generator[Input, None, None]:
    """The same with results below that name, for another archive has those of its own; empty to leave them."""
    for item in found:
        inside = PurePosixPath(item.output).parts[1:]
        output = str(PurePosixPath(name, *inside)) if inside else f"{name}.json"
        yield replace(item, output=output) if name else item
