"""Why a document was not read, in words: what its process said, how it ended, or which limit it passed."""

from __future__ import annotations

import signal

from extractor.seams.errors import ExtractorError, StorageError
from workers.reading.protocol import Failure, Lack

#: Characters of an error's own words that are told: some libraries put into them what they found in the document.
_WORDS = 2000


def explain_error(error: BaseException) -> Failure:
    """The failure of a document whose reading, or what belongs to it, raised an error."""
    if isinstance(error, ExtractorError):
        return Failure(error.code, str(error)[:_WORDS], error.retryable)
    if isinstance(error, MemoryError):
        return Failure("memory", "not enough memory to read it", retryable=True, lack=Lack.MEMORY)
    if isinstance(error, OSError):
        told = f"the file cannot be read: {error.strerror or error}"
        return Failure(StorageError.code, told, StorageError.retryable)
    told = f"{type(error).__name__}: {str(error)[:_WORDS]} (a bug; please report it with the document)"
    return Failure("internal_error", told)


def explain_exit(code: int | None, when: str) -> Failure:
    """The failure of a document whose process ended.

    code: as `subprocess` tells it, None when it is not known. when: as in "while it read page 3".
    """
    if code is None or code >= 0:
        return Failure("crashed", f"the process that read it ended {when} (exit code {code})")
    name = signal.Signals(-code).name
    killed = code == -signal.SIGKILL
    hint, lack = (", perhaps for want of memory", Lack.MEMORY) if killed else ("", Lack.NOTHING)
    return Failure("crashed", f"the process that read it was killed {when} ({name}){hint}", lack=lack)


def explain_delay(what: str, allowed: float, lack: Lack = Lack.NOTHING) -> Failure:
    """The failure of something that was not done within the seconds allowed."""
    # It draws bars as well, which the process that reads never does.
    from workers.shown.progress import format_duration

    return Failure("timeout", f"{what} was not done after {format_duration(allowed)}, cut off", lack=lack)


def explain_size(what: str, used: float | None, allowed: int) -> Failure:
    """The failure of something that took more megabytes than allowed, or was refused them (None)."""
    if used is None:
        told = f"{what} wanted more memory than the {allowed:,} MB allowed"
    else:
        told = f"{what} took {used:,.0f} MB of memory, more than the {allowed:,} allowed"
    return Failure("memory", told, lack=Lack.ALLOWED_MEMORY)
