"""The end of a run in figures: for people on stderr, for programs as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from extractor.seams.errors import ExitCode, NoInputError
from extractor.values.result import ResultStatus
from workers.batch.runner import RunReport
from workers.batch.settings import RunSettings
from workers.shown.durations import say_duration
from workers.shown.left_out import tell_left_out
from workers.shown.outcomes import Outcome
from workers.shown.speech import in_words, tell
from workers.shown.terminal import printable

#: Documents that were not read, or not whole, listed in the summary; the rest is counted (each is in its own JSON).
_LISTED = 20
_SHOWN = (
    "documents", "nowhere", "complete", "partial", "no_form_found", "failed", "resumed", "duplicates", "accepted",
    "review", "findings",
)  # fmt: skip
#: Told even where there are none, if anything was read.
_ALWAYS = frozenset({"accepted", "review"})


def _is_nowhere(outcome: Outcome) -> bool:
    """Whether there is nothing at a path that was given, or nothing that could be a document."""
    return outcome.output is None and outcome.code == NoInputError.code


def _count(told: tuple[Outcome, ...]) -> dict[str, int]:
    outcomes = [outcome for outcome in told if not _is_nowhere(outcome)]
    statuses = Counter(outcome.status for outcome in outcomes)
    return {
        "documents": len(outcomes),
        "nowhere": len(told) - len(outcomes),
        **{status.value: statuses[status] for status in ResultStatus},
        "resumed": sum(outcome.resumed for outcome in outcomes),
        "duplicates": sum(bool(outcome.duplicate_of) for outcome in outcomes),
        "pages": sum(outcome.pages for outcome in outcomes),
        "accepted": sum(outcome.accepted for outcome in outcomes),
        "review": sum(outcome.review for outcome in outcomes),
        "findings": sum(outcome.findings for outcome in outcomes),
    }


def summary_to_json(report: RunReport, code: ExitCode) -> dict[str, Any]:
    """The run as one JSON object: the counts, then every document's outcome."""
    return {
        **_count(report.outcomes),
        "seconds": round(report.seconds, 3),
        "interrupted": report.interrupted,
        "unread": report.unread,
        "left_out": dict(report.left_out),
        "exit_code": int(code),
        "results": [asdict(outcome) | {"status": outcome.status.value} for outcome in report.outcomes],
    }


def print_summary(
    console: Console, report: RunReport, output: Path, settings: RunSettings | None = None
) -> None:
    """Writes the counts, the speed and the failures with their reasons to the console.

    settings: of a run on this machine, None for documents read by a service.
    """
    counts = _count(report.outcomes)
    read = sum(
        outcome.pages for outcome in report.outcomes if not outcome.resumed and not outcome.duplicate_of
    )
    is_any_read = counts["documents"] > counts["failed"]
    lines = [
        f"{counts[key]:>9}  {tell(f'messages.summary.{key}', count=counts[key])}"
        for key in _SHOWN
        if counts[key] or (key == "documents" and not counts["nowhere"]) or (is_any_read and key in _ALWAYS)
    ]
    if read:
        speed = read / max(report.seconds, 1e-9)
        time = say_duration(report.seconds)
        lines.append(tell("messages.summary.speed", pages=read, time=time, speed=speed))
    lacking = [outcome for outcome in report.outcomes if outcome.is_lacking]
    lines += [outcome.failure for outcome in lacking[:_LISTED]]
    if len(lacking) > _LISTED:
        lines.append(tell("messages.summary.more", count=len(lacking) - _LISTED))
    copies = [f"{one.name}: {in_words(one.copy_lack)}" for one in report.outcomes if one.copy_lack]
    lines += [printable(line) for line in copies[:_LISTED]]
    if len(copies) > _LISTED:
        lines.append(tell("messages.summary.more_copies", count=len(copies) - _LISTED))
    lines += tell_left_out(report.left_out)
    uncalibrated = sum(outcome.uncalibrated for outcome in report.outcomes)
    if uncalibrated:
        lines.append(tell("messages.summary.uncalibrated", count=uncalibrated))
    if not report.outcomes and not report.interrupted:
        is_retry = settings is not None and settings.retry_failed
        lines.append(tell(f"messages.summary.{'nothing_failed' if is_retry else 'nothing_found'}"))
    elif not report.interrupted and console.is_terminal:
        # There the paths were not told one by one.
        lines.append(tell("messages.summary.folder", folder=output))
    if report.interrupted:
        if report.unread:
            lines.append(tell("messages.summary.unread", count=report.unread))
        lines.append(tell("messages.summary.interrupted", folder=output))
        if settings is not None and settings.dataset_formats:
            formats = ",".join(settings.dataset_formats)
            lines.append(tell("messages.summary.no_dataset", folder=output, formats=formats))
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
