"""What one thread of a worker works with, and how it gets at the store, which may be away for a while."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_any,
    stop_when_event_set,
    wait_random_exponential,
)

from extractor.seams.errors import ServiceError, StorageError
from workers.reading.reader import Reader
from workers.service.running.store_watch import StoreWatch
from workers.service.service import Service
from workers.service.store.blobs import Blob, LostBlobError, digest_file
from workers.service.store.records import Job

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_K = TypeVar("_K")
#: Seconds for which a store that does not answer is asked again before the work is left to the reconciler.
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Workplace:
    """What one thread works with. stop: set when the worker shuts down. ended: told of every job that ended."""

    service: Service
    reader: Reader
    worker: str
    stop: threading.Event
    store: StoreWatch
    ended: Callable[[Job], None] = lambda job: None


def bring(place: Workplace, document: str, work: Path) -> Path:
    """A copy of the document in the work folder: once it is read, no store can go away under it.

    Raises:
        LostBlobError: the store is there and does not have it, or has it spoilt.
        StorageError: it cannot be read.
    """
    blobs, path = place.service.blobs, work / document
    for _ in range(2):
        with blobs.local(document) as kept:
            shutil.copyfile(kept, path)
        if digest_file(path) == document:
            return path
        # Of a store that went away meanwhile, or is another one now, anything may have been read.
        blobs.check()
    raise LostBlobError(f"the document {document} is spoilt in the store: run `extractor fsck`")


def fetch(place: Workplace, checkpoints: Mapping[_K, str], work: Path, suffix: str) -> dict[_K, Path]:
    """Local copies of parts read before, by what they are called; one that is gone costs only time."""
    found = {}
    for name, sha256 in checkpoints.items():
        path = work / f"known-{name}{suffix}"
        try:
            with place.service.blobs.local(sha256) as kept:
                if digest_file(kept) != sha256:
                    raise LostBlobError(f"{sha256} is spoilt")
                shutil.copyfile(kept, path)
        except StorageError as error:
            _LOG.warning("a checkpoint is gone: %s", error)
        else:
            found[name] = path
    return found


def keep(place: Workplace, path: Path) -> str | None:
    """The blob of a page that was read; None where it cannot be kept, which costs time only should work be lost."""
    try:
        with path.open("rb") as stream:
            return place.service.blobs.put(stream).sha256
    except StorageError as error:
        _LOG.warning("a checkpoint cannot be kept: %s", error)
        place.store.doubt()
        return None


def put_patiently(place: Workplace, path: Path) -> Blob:
    """Keeps a result; a store that is away is asked again for a while, for the document has been read by now."""

    def put() -> Blob:
        with path.open("rb") as stream:
            return place.service.blobs.put(stream)

    return persist(put, until_stopped(place))


def until_stopped(place: Workplace) -> Callable[[RetryCallState], bool]:
    """Has `persist` give up when the worker shuts down."""
    return stop_any(stop_after_delay(_PATIENCE), stop_when_event_set(place.stop))


def persist(step: Callable[[], _T], stop: Callable[[RetryCallState], bool] | None = None) -> _T:
    """A transition is worth waiting for: a store that restarts is asked again."""
    for attempt in Retrying(
        retry=retry_if_exception_type((ServiceError, StorageError)),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        stop=stop or stop_after_delay(_PATIENCE),
        before_sleep=_tell_once,
        reraise=True,
    ):
        with attempt:
            return step()
    raise AssertionError("a retry ends by returning or raising")


def _tell_once(state: RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome is not None:
        _LOG.warning("asking again for up to %g s: %s", _PATIENCE, state.outcome.exception())
