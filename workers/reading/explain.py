"""Why a document was not read, in words: what its process said, how it ended, or which limit it passed."""

from __future__ import annotations

import signal

from extractor.seams.errors import ExtractorError, StorageError
from extractor.wording.said import say, tell_os_error
from workers.reading.protocol import Failure, Lack
from workers.shown.durations import say_duration

#: Characters of an error's own words that are told: some libraries put into them what they found in the document.
_WORDS = 2000


def explain_error(error: BaseException) -> Failure:
    """The failure of a document whose reading, or what belongs to it, raised an error."""
    if isinstance(error, ExtractorError):
        return Failure(error.code, _shorten(str(error)), error.retryable)
    if isinstance(error, MemoryError):
        return Failure("memory", say("documents.process.memory"), retryable=True, lack=Lack.MEMORY)
    if isinstance(error, OSError):
        told = say("documents.process.unreadable", why=tell_os_error(error))
        return Failure(StorageError.code, told, StorageError.retryable)
    what = f"{type(error).__name__}: {str(error)[:_WORDS]}"
    return Failure("internal_error", say("documents.process.bug", what=what))


def _shorten(text: str) -> str:
    # What is cut is no sentence of ours any more.
    return text if len(text) <= _WORDS else text[:_WORDS]


def explain_exit(code: int | None, when: str) -> Failure:
    """The failure of a document whose process ended.

    code: as `subprocess` tells it, None when it is not known. when: as in "while it read page 3", said.
    """
    if code is None or code >= 0:
        return Failure("crashed", say("documents.process.ended", when=when, code=str(code)))
    name = signal.Signals(-code).name
    killed = code == -signal.SIGKILL
    key, lack = ("killed_memory", Lack.MEMORY) if killed else ("killed", Lack.NOTHING)
    return Failure("crashed", say(f"documents.process.{key}", when=when, signal=name), lack=lack)


def explain_delay(what: str, allowed: float, lack: Lack = Lack.NOTHING) -> Failure:
    """The failure of something that was not done within the seconds allowed."""
    told = say("documents.process.late", what=what, time=say_duration(allowed))
    return Failure("timeout", told, lack=lack)


def explain_size(what: str, used: float | None, allowed: int) -> Failure:
    """The failure of something that took more megabytes than allowed, or was refused them (None)."""
    if used is None:
        told = say("documents.process.wanted", what=what, most=allowed)
    else:
        told = say("documents.process.large", what=what, used=used, most=allowed)
    return Failure("memory", told, lack=Lack.ALLOWED_MEMORY)
