"""Results that are there already: kept, taken over by documents of the same bytes, or left as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from extractor.values.result import Issue, Result, ResultStatus, Source
from extractor.wording.said import say
from workers.batch.inputs import Input
from workers.files.digests import file_digest
from workers.files.storage import read_result, write_result
from workers.reading.protocol import RUN_KEY
from workers.shown.outcomes import Outcome, summarise


def keep(item: Input, target: Path, fingerprint: Callable[[], str]) -> Outcome | None:
    """The outcome of an earlier run if its result still stands: same bytes, same makers, not failed."""
    result = read_result(target)
    if result is None or result.status is ResultStatus.FAILED:
        return None
    if result.source.sha256 != file_digest(item.path) or result.engine.get(RUN_KEY) != fingerprint():
        return None
    return summarise(result, item.name, str(target), resumed=True)


def take_over(item: Input, output: Path, fingerprint: Callable[[], str]) -> Result | None:
    """The result of the document of the same bytes, under this one's name; None when it has none to give.

    A failure is taken over too: the same bytes would fail again, and may have taken a process along.
    """
    result = read_result(output / item.original)
    if result is None:
        return None
    is_current = result.status is ResultStatus.FAILED or result.engine.get(RUN_KEY) == fingerprint()
    if not is_current or result.source.sha256 != file_digest(item.path):
        return None
    original = item.original.removesuffix(".json")
    return replace(result, source=replace(result.source, name=item.name, duplicate_of=original), timing={})


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
    if _is_to_stay(target, digest):
        return replace(
            summarise(result, item.name, str(target)),
            reason=say("messages.run.left_as_it_was", why=message, path=target),
        )
    write_result(target, result)
    return summarise(result, item.name, str(target))


def _is_to_stay(target: Path, digest: str) -> bool:
    if not target.exists():
        return False
    earlier = read_result(target)
    if earlier is None:
        return True
    # Of bytes that cannot be had nobody knows that they are others.
    is_same = not digest or earlier.source.sha256 == digest
    return is_same and earlier.status is not ResultStatus.FAILED
