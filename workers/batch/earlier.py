"""Results that are there already: kept, taken over by documents of the same bytes, or left as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from extractor.output.result_json import result_to_json
from extractor.values.result import Issue, Result, ResultStatus, Source
from workers.batch.inputs import Input
from workers.files.digests import file_digest
from workers.files.storage import read_result, write_result
from workers.reading.protocol import RUN_KEY
from workers.shown.outcomes import Outcome, summarise


def keep(item: Input, target: Path, fingerprint: Callable[[], str]) -> Outcome | None:
    """The outcome of an earlier run if its result still stands: same bytes, same makers, not failed."""
    payload = read_result(target)
    if payload is None or payload["status"] == ResultStatus.FAILED.value:
        return None
    try:
        is_same = payload["source"]["sha256"] == file_digest(item.path)
        if not is_same or payload["engine"].get(RUN_KEY) != fingerprint():
            return None
        return summarise(payload, item.name, str(target), resumed=True)
    except (KeyError, TypeError, AttributeError, ValueError):
        # Of the right outline and yet no result of ours: done again.
        return None


def take_over(item: Input, output: Path, fingerprint: Callable[[], str]) -> dict[str, Any] | None:
    """The result JSON of the document of the same bytes, under this one's name; None when it has none to give.

    A failure is taken over too: the same bytes would fail again, and may have taken a process along.
    """
    payload = read_result(output / item.original)
    if payload is None:
        return None
    has_failed = payload["status"] == ResultStatus.FAILED.value
    try:
        is_current = has_failed or payload["engine"].get(RUN_KEY) == fingerprint()
        if not is_current or payload["source"]["sha256"] != file_digest(item.path):
            return None
        told = {"name": item.name, "duplicate_of": item.original.removesuffix(".json")}
        return {**payload, "source": {**payload["source"], **told}, "timing": {}}
    except (KeyError, TypeError, AttributeError):
        return None


def fail_document(item: Input, target: Path, code: str, message: str) -> Outcome:
    """Writes the result JSON of a document that failed, with the reason, and returns its outcome.

    What an earlier run read of the same document stays, as does a file that is no result: a wrong option must not
    cost an archive.

    Raises:
        OutputError: the result cannot be written.
    """
    try:
        # The path of a member that cannot be had is its archive's.
        size, digest = (0, "") if item.problem else (item.path.stat().st_size, file_digest(item.path))
    except OSError:
        size, digest = 0, ""
    result = Result(
        source=Source(name=item.name, sha256=digest, bytes=size, pages=0),
        status=ResultStatus.FAILED,
        issues=(Issue(code=code, message=message),),
    )
    payload = result_to_json(result)
    if _is_to_stay(target, digest):
        return replace(
            summarise(payload, item.name, str(target)), reason=f"{message} ({target} is left as it was)"
        )
    write_result(target, payload)
    return summarise(payload, item.name, str(target))


def _is_to_stay(target: Path, digest: str) -> bool:
    if not target.exists():
        return False
    earlier = read_result(target)
    if earlier is None:
        return True
    source = earlier["source"]
    # Of bytes that cannot be had nobody knows that they are others.
    is_same = isinstance(source, dict) and (not digest or source.get("sha256") == digest)
    return is_same and earlier["status"] != ResultStatus.FAILED.value
