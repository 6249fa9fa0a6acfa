"""What became of a document: small, picklable, and enough for the summary and the exit code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractor.seams.calibrator import UNCALIBRATED_CODE
from extractor.seams.errors import EncryptedError, ExitCode, StorageError
from extractor.values.result import NO_COPY, NOT_ARCHIVAL, FieldStatus, Issue, Report, Result, ResultStatus
from extractor.wording.said import Said, say
from workers.shown.speech import in_words, tell
from workers.shown.terminal import printable

#: Issue codes by which a document is known to have failed for want of a password.
_ENCRYPTED = EncryptedError.code


@dataclass(frozen=True, slots=True)
class Outcome:
    """One document's line of the summary.

    reason and code are empty unless it failed or is partial; output is None when no JSON could be written for it;
    resumed is true when an earlier run's result was kept; seconds is wall-clock time of this run;
    duplicate_of is the document of the same bytes whose reading it was given, empty when it was read itself;
    uncalibrated: the calibrator was fitted with other readers than read it;
    copy_lack: why there is no searchable copy, or none as was asked for, empty where there is.
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
    uncalibrated: bool = False
    copy_lack: str = ""

    @property
    def failed(self) -> bool:
        return self.status is ResultStatus.FAILED

    @property
    def is_lacking(self) -> bool:
        """Whether something of the document was not read, so that somebody has to look at it."""
        return self.status in {ResultStatus.FAILED, ResultStatus.PARTIAL}

    @property
    def failure(self) -> str:
        """What was not read and why, in one line for people, which names the document once."""
        return describe_failure(self.name, self.reason, self.status)


def describe_failure(name: str, reason: str, status: ResultStatus = ResultStatus.FAILED) -> str:
    """Which document failed and why, in one line; a reason that begins with the document needs no other name."""
    why = in_words(reason)
    key = "named_failure" if re.match(rf"(.*/)?{re.escape(name)}[:： ]", why) else "failure"
    return printable(tell(f"messages.outcomes.{key}", status=say_status(status), name=name, why=why))


def say_status(status: ResultStatus) -> Said:
    """What became of a document, in a word or two."""
    return say(f"messages.outcomes.status.{status.value}")


def summarise(
    result: Result, name: str, output: str, *, seconds: float = 0.0, resumed: bool = False
) -> Outcome:
    """The outcome told by a result."""
    failure, counts = failure_of(result) or lack_of(result), count_fields(result.reports)
    return Outcome(
        name=name,
        output=output,
        status=result.status,
        code=failure.code if failure is not None else "",
        reason=failure.message if failure is not None else "",
        pages=result.source.pages,
        accepted=counts[FieldStatus.ACCEPTED],
        review=counts[FieldStatus.REVIEW],
        findings=sum(len(report.findings) for report in result.reports),
        seconds=seconds,
        resumed=resumed,
        duplicate_of=result.source.duplicate_of,
        uncalibrated=any(issue.code == UNCALIBRATED_CODE for issue in result.issues),
        copy_lack=next((one.message for one in result.issues if one.code in {NO_COPY, NOT_ARCHIVAL}), ""),
    )


def failure_of(result: Result) -> Issue | None:
    """Why a document failed; None where it did not, or nothing says why."""
    return result.issues[0] if result.status is ResultStatus.FAILED and result.issues else None


def lack_of(result: Result) -> Issue | None:
    """Which pages of a partial document were not read, and why the first was not."""
    lost = [page.number for page in result.pages if page.issues]
    told = [issue for issue in result.issues if issue.page_no in lost]
    if result.status is not ResultStatus.PARTIAL or not told:
        return None
    message = say(
        "messages.outcomes.lost_pages", lost=len(lost), count=len(result.pages), why=told[0].message
    )
    return Issue(told[0].code, message, None)


def count_fields(reports: Iterable[Report]) -> Counter[FieldStatus]:
    """Fields of some reports by status."""
    return Counter(item.status for report in reports for item in report.fields)


def exit_code(outcomes: Sequence[Outcome]) -> ExitCode:
    """The exit code of a run that came to its end, by the contract."""
    failed = [outcome for outcome in outcomes if outcome.is_lacking]
    if not outcomes or all(outcome.output is None for outcome in outcomes):
        is_unreadable = any(outcome.code == StorageError.code for outcome in outcomes)
        return ExitCode.STORAGE if is_unreadable else ExitCode.NO_INPUT
    if not failed:
        return ExitCode.OK
    if len(failed) == len(outcomes) and all(outcome.code == _ENCRYPTED for outcome in failed):
        return ExitCode.ENCRYPTED
    return ExitCode.SOME_FAILED
