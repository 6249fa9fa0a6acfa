"""What whoever watches and the process that reads say to each other, and what comes of it.

The first line on the process's stdin holds the options and the limits; it answers "ready" with its fingerprint, or
"unready" with a message. Every further line is a `ReadRequest`, answered by "open" with the number of pages, a "page"
for each with its number, seconds and checkpoint, then "done", "long" where it has more pages than were asked for,
"failed" with the fields of `Failure`, or "exhausted" where memory was refused. All are lines of JSON, none longer
than `LINE_BYTES`; what a document made the process say otherwise is not listened to.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from extractor.values.read_page import Run
from extractor.wording.said import said_from_json, said_to_json

#: Key of a result's `engine` that tells what made it, to know whether to make it again.
RUN_KEY = "run"
#: Bytes of a line of the process: a failure is a sentence or two and a path.
LINE_BYTES = 1 << 16


class BrokenEventError(Exception):
    """What the process that reads said is no event."""


class Lack(StrEnum):
    """What a document would have needed more of."""

    NOTHING = ""
    PAGE_TIME = "page_time"
    DOCUMENT_TIME = "document_time"
    #: More than it was allowed.
    ALLOWED_MEMORY = "allowed_memory"
    #: More than there was.
    MEMORY = "memory"


class How(StrEnum):
    """How a reading ended.

    LONG: nothing was read, for the document has more pages than asked for. FAILED: the process said why. HUNG: it
    passed a limit. STOPPED: the watcher asked.
    """

    DONE = "done"
    LONG = "long"
    FAILED = "failed"
    DIED = "died"
    HUNG = "hung"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading may take: seconds of a page and of a document, resident megabytes; see `docs/service.md`.

    documents: after so many a process is replaced, which bounds what native libraries leak.
    """

    page_timeout: float = 180.0
    document_timeout: float = 3600.0
    memory_mb: int = 4096
    documents: int = 500


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A document to read, or a part of the work.

    output: where the result JSON goes. work: folder for checkpoints. left_out: pages not to be read, by number, with
    the reason their issue gives. checkpoints: of pages read before. stretch: the first and the last page to read, of
    which only checkpoints are kept, and no result; None for the whole. most_pages: of a document that has more,
    nothing is read; None for no bound. overlays: folder for pictures of what each stage decided; searchable: file for
    a copy with its text, PDF/A if `is_archival`; None for neither. drawn: the PDF that was made of a document which
    is neither a PDF nor a picture, None for others.
    """

    pdf: Path
    name: str
    output: Path
    work: Path
    left_out: Mapping[int, str] = field(default_factory=dict)
    checkpoints: tuple[Path, ...] = ()
    stretch: tuple[int, int] | None = None
    runs: tuple[Run, ...] | None = None
    most_pages: int | None = None
    overlays: Path | None = None
    searchable: Path | None = None
    is_archival: bool = False
    drawn: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """The request as `from_json` takes it."""
        told = {item.name: getattr(self, item.name) for item in fields(self)}
        paths = {name: str(value) for name, value in told.items() if isinstance(value, Path)}
        checkpoints = [str(path) for path in self.checkpoints]
        left_out = {page: [reason, said_to_json(reason)] for page, reason in self.left_out.items()}
        return told | paths | {"left_out": left_out, "checkpoints": checkpoints}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ReadRequest:
        """The request of `to_json`, through JSON, where numbers of pages have become text."""
        names = ("pdf", "output", "work", "overlays", "searchable", "drawn")
        paths = {name: None if told[name] is None else Path(told[name]) for name in names}
        left_out = {int(page): said_from_json(*reason) for page, reason in told["left_out"].items()}
        checkpoints = tuple(map(Path, told["checkpoints"]))
        stretch = None if told["stretch"] is None else tuple(told["stretch"])
        runs = None if told["runs"] is None else tuple(tuple(run) for run in told["runs"])
        read = {"left_out": left_out, "checkpoints": checkpoints, "stretch": stretch, "runs": runs}
        return cls(**{**told, **paths, **read})


@dataclass(frozen=True, slots=True)
class PageEvent:
    """A page has been read; checkpoint is a local file, None for a document of one page."""

    number: int
    total: int
    seconds: float
    checkpoint: Path | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document was not read. retryable: whether it may succeed later without anybody changing anything."""

    code: str
    message: str
    retryable: bool = False
    lack: Lack = Lack.NOTHING

    def to_json(self) -> dict[str, Any]:
        """The facts of the event that tells it."""
        return {**asdict(self), "wording": said_to_json(self.message)}


@dataclass(frozen=True, slots=True)
class ReadEnd:
    """How a reading ended; None as `failure` when it is done or was stopped.

    page: the one in hand when the process died or hung, None before the first and after the last. total: pages of the
    document, None while it was not open. seconds: from the request to the end. is_fresh: whether the process had read
    no document before this one.
    """

    how: How
    failure: Failure | None = None
    page: int | None = None
    total: int | None = None
    seconds: float = 0.0
    is_fresh: bool = True


#: Facts of each event, and what they are; others are none of ours.
_EVENTS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "ready": {"fingerprint": (str,)},
    "unready": {"message": (str,)},
    "open": {"total": (int,)},
    "page": {"number": (int,), "total": (int,), "seconds": (int, float), "checkpoint": (str, type(None))},
    "failed": {"code": (str,), "message": (str,), "retryable": (bool,), "lack": (str,)},
    "exhausted": {},
    "long": {},
    "done": {},
}


def parse_event(line: bytes) -> dict[str, Any]:
    """The event on a line, with the facts that belong to it and no others.

    Raises:
        BrokenEventError: it is none.
    """
    try:
        told = json.loads(line)
        facts = _EVENTS[told["event"]]
        is_sound = all(isinstance(told[name], kinds) for name, kinds in facts.items())
        is_sound = is_sound and told.get("lack", "") in set(Lack)
        if "message" in facts and is_sound:
            told["message"] = said_from_json(told["message"], told.get("wording"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenEventError(f"no event: {error}") from error
    if not is_sound:
        raise BrokenEventError("an event without its facts")
    return {"event": told["event"], **{name: told[name] for name in facts}}


class Watcher(ABC):
    """What a supervisor is told and asks while a document is read; each answers whether to go on."""

    @abstractmethod
    def page(self, event: PageEvent) -> bool:
        """Called after every page."""

    @abstractmethod
    def alive(self) -> bool:
        """Called every few tenths of a second."""
