"""Exceptions stop work; issues describe data.

ExtractorError
├── UsageError         1  a wrong option, form file or configuration
├── DocumentError      2  this document cannot be read; the others go on
│   └── EncryptedError 8  a password is needed and none (or a wrong one) was given
├── NoInputError       4  nothing that could be read was given
├── StorageError       5  a file could not be read or written
├── ServiceError       9  the store or the broker does not answer
└── CancelledError   130  whoever asked for it broke it off
Each says what the user can do about it and carries the exit code of the command line.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; part of the contract."""

    OK = 0
    USAGE = 1
    SOME_FAILED = 2
    NO_INPUT = 4
    STORAGE = 5
    ENCRYPTED = 8
    SERVICE = 9
    INTERRUPTED = 130


class ExtractorError(Exception):
    """Base of all errors that are reported to the user without a traceback."""

    exit_code = ExitCode.USAGE
    #: Whether the same work may succeed later without anybody changing anything.
    retryable = False
    #: Stable, greppable name used in result JSON issues.
    code = "error"


class UsageError(ExtractorError):
    code = "usage"


class DocumentError(ExtractorError):
    exit_code = ExitCode.SOME_FAILED
    code = "unreadable_document"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class EncryptedError(DocumentError):
    exit_code = ExitCode.ENCRYPTED
    code = "encrypted"


class NoInputError(ExtractorError):
    exit_code = ExitCode.NO_INPUT
    code = "no_input"


class StorageError(ExtractorError):
    exit_code = ExitCode.STORAGE
    retryable = True
    code = "storage"


class ServiceError(ExtractorError):
    exit_code = ExitCode.SERVICE
    retryable = True
    code = "service"


class CancelledError(ExtractorError):
    exit_code = ExitCode.INTERRUPTED
    code = "cancelled"
