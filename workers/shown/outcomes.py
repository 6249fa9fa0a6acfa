"""What became of a document: small, picklable, and enough for the summary and the exit code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.seams.errors import EncryptedError, ExitCode, StorageError
from extractor.values.result import ResultStatus
from workers.shown.terminal import printable

#: Issue codes by which a document is known to have failed for want of a password.
_ENCRYPTED = EncryptedError.code


@dataclass(frozen=True, slots=True)
class Outcome:
    """One document's line of the summary.

    reason and code are empty unless it failed; output is None when no JSON could be written for it;
    resumed is true when an earlier run's result was kept; seconds is wall-clock time of this run;
    duplicate_of is the document of the same bytes whose reading it was given, empty when it was read itself.
    """

    name: str
    output: str | None
    status: ResultStatus
    code: str = ""
    reason: str = ""
    pages: int = 0
    accepted: int = 0
    review: int = 0
    findings: int = 0
    seconds: float = 0.0
    resumed: bool = False
    duplicate_of: str = ""

    @property
    def failed(self) -> bool:
        return self.status is ResultStatus.FAILED

    @property
    def failure(self) -> str:
        """The failure in one line for people, which names the document once."""
        return describe_failure(self.name, self.reason)


def describe_failure(name: str, reason: str) -> str:
    """Which document failed and why, in one line; a reason that begins with the document needs no other name."""
    names_itself = re.match(rf"(.*/)?{re.escape(name)}[: ]", reason)
    return printable(f"failed: {reason}" if names_itself else f"failed: {name}: {reason}")


def summarise(
    payload: dict[str, Any], name: str, output: str, *, seconds: float = 0.0, resumed: bool = False
) -> Outcome:
    """The outcome told by a result JSON."""
    reports = payload["reports"]
    statuses = [field["status"] for report in reports for field in report["fields"].values()]
    issue = payload["issues"][0] if payload["status"] == "failed" and payload["issues"] else {}
    return Outcome(
        name=name,
        output=output,
        status=ResultStatus(payload["status"]),
        code=issue.get("code", ""),
        reason=issue.get("message", ""),
        pages=payload["source"]["pages"],
        accepted=statuses.count("accepted"),
        review=statuses.count("review"),
        findings=sum(len(report["findings"]) for report in reports),
        seconds=seconds,
        resumed=resumed,
        duplicate_of=duplicate_of(payload) or "",
    )


def duplicate_of(payload: Mapping[str, Any]) -> str | None:
    """The document of the same bytes whose reading a result is; None for one read itself.

    Documents are named by their result's path in the results folder, without `.json`.
    """
    told = payload["source"].get("duplicate_of")
    return told if isinstance(told, str) and told else None


def exit_code(outcomes: Sequence[Outcome]) -> ExitCode:
    """The exit code of a run that came to its end, by the contract."""
    failed = [outcome for outcome in outcomes if outcome.failed]
    if not outcomes or all(outcome.output is None for outcome in outcomes):
        is_unreadable = any(outcome.code == StorageError.code for outcome in outcomes)
        return ExitCode.STORAGE if is_unreadable else ExitCode.NO_INPUT
    if not failed:
        return ExitCode.OK
    if len(failed) == len(outcomes) and all(outcome.code == _ENCRYPTED for outcome in failed):
        return ExitCode.ENCRYPTED
    return ExitCode.SOME_FAILED
