"""What happens inside a worker process: one document in, its result JSON on disk, a small outcome back.

A worker dies with its parent, prints nothing to stdout, uses one thread, and keeps its engines for life.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, MutableSequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractor.forms.definition import load_forms
from extractor.output.result_json import result_to_json
from extractor.seams.engine import OcrEngine
from extractor.seams.errors import DocumentError, ExtractorError
from extractor.seams.options import Options
from extractor.values.result import Issue, Result, ResultStatus, Source
from models.engines import load_engine
from workers.batch.inputs import Input
from workers.batch.settings import RunSettings, run_fingerprint
from workers.exports.formats import ARCHIVAL, SEARCHABLE, asks_for_copies, beside, is_newer, write_exports
from workers.files.digests import file_digest
from workers.files.storage import read_result, replacing, write_result
from workers.shown.outcomes import Outcome, summarise

#: prctl option: the signal the kernel sends to this process when its parent dies.
_PR_SET_PDEATHSIG = 1
#: Key of the result's `engine` that tells what made it, to know whether to make it again.
RUN_KEY = "run"


class SetupError(ExtractorError):
    """An engine or a form does not load: no document of this run can be read."""

    code = "setup"


@dataclass(frozen=True, slots=True)
class _Worker:
    """What a process keeps from one document to the next; `board` holds pages done and known by slot."""

    settings: RunSettings
    board: MutableSequence[int]
    engine: OcrEngine
    second: OcrEngine | None
    fingerprint: str


_start: tuple[RunSettings, MutableSequence[int]] | None = None
_worker: _Worker | None = None


def start_process(settings: RunSettings, board: MutableSequence[int], parent: int) -> None:
    """Prepares a new worker process; engines are loaded with the first document, where errors can be told."""
    global _start
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Native libraries print where they like; stdout belongs to the parent's data.
    os.dup2(sys.stderr.fileno(), 1)
    _start = (settings, board)


def die_with_parent(parent: int) -> None:
    """Has the kernel kill this process when the one that started it ends, however it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def process_document(item: Input, slot: int) -> Outcome:
    """Extracts one document and writes its result, or keeps the one that is there.

    Raises:
        SetupError: an engine does not load.
        OutputError: the result cannot be written.
        ExtractorError: the document cannot be read.
    """
    started = time.monotonic()
    worker = _load_worker()
    target = worker.settings.output / item.output
    if not worker.settings.force:
        kept = _keep(item, target, worker.fingerprint)
        if kept is not None and not _lacks(target, worker.settings):
            _export(read_result(target), target, worker.settings)
            return kept
        if target.exists() and read_result(target) is None:
            raise DocumentError(
                f"{target} is there and is no result; --force replaces it", code="output_exists"
            )

    payload = _take_over(item, worker) if item.original else None
    if payload is not None:
        write_result(target, payload)
        _copy_searchable(item, target, worker.settings)
    elif asks_for_copies(worker.settings.exports):
        payload = _read_searchable(item, slot, worker, target)
    else:
        payload = _read(item, slot, worker, worker.settings.options)
        write_result(target, payload)
    _export(payload, target, worker.settings)
    return summarise(payload, item.name, str(target), seconds=time.monotonic() - started)


def _lacks(target: Path, settings: RunSettings) -> bool:
    """Whether something is asked for that is only made while a document is read."""
    if settings.options.overlays is not None:
        return True
    return asks_for_copies(settings.exports) and not is_newer(beside(target, SEARCHABLE), target)


def _read_searchable(item: Input, slot: int, worker: _Worker, target: Path) -> dict[str, Any]:
    """Reads a document and writes its result, and a copy of it that can be searched."""
    copy = beside(target, SEARCHABLE)
    if copy.exists() and copy.samefile(item.path):
        raise DocumentError(
            f"{copy} is the scan itself, which its searchable copy would replace: choose another --output",
            code="output_exists",
        )
    with replacing(copy) as temporary:
        asked = worker.settings
        options = replace(asked.options, searchable=temporary, is_archival=ARCHIVAL in asked.exports)
        payload = _read(item, slot, worker, options)
        write_result(target, payload)
    return payload


def _copy_searchable(item: Input, target: Path, settings: RunSettings) -> None:
    """Gives a document of the same bytes the copy that was made of the one that was read."""
    made = beside(settings.output / item.original, SEARCHABLE)
    if asks_for_copies(settings.exports) and made.exists():
        with replacing(beside(target, SEARCHABLE)) as temporary:
            shutil.copyfile(made, temporary)


def _read(item: Input, slot: int, worker: _Worker, options: Options) -> dict[str, Any]:
    """The result JSON of a document that is read."""

    def report(done: int, total: int) -> None:
        worker.board[2 * slot], worker.board[2 * slot + 1] = done, total

    if options.overlays is not None:
        options = replace(options, overlays=options.overlays / item.output.removesuffix(".json"))
    result = worker.settings.extract(
        item.path,
        name=item.name,
        engine=worker.engine,
        second=worker.second,
        options=options,
        progress=report,
    )
    payload = result_to_json(result)
    payload["engine"] = {**payload["engine"], RUN_KEY: worker.fingerprint}
    return payload


def _take_over(item: Input, worker: _Worker) -> dict[str, Any] | None:
    """The result JSON of the document of the same bytes, under this one's name; None when it has none to give.

    A failure is taken over too: the same bytes would fail again, and may have taken a process along.
    """
    payload = read_result(worker.settings.output / item.original)
    if payload is None:
        return None
    has_failed = payload["status"] == ResultStatus.FAILED.value
    try:
        is_current = has_failed or payload["engine"].get(RUN_KEY) == worker.fingerprint
        if not is_current or payload["source"]["sha256"] != file_digest(item.path):
            return None
        told = {"name": item.name, "duplicate_of": item.original.removesuffix(".json")}
        return {**payload, "source": {**payload["source"], **told}, "timing": {}}
    except (KeyError, TypeError, AttributeError):
        return None


def _export(payload: Mapping[str, Any] | None, target: Path, settings: RunSettings) -> None:
    if payload is not None and settings.exports:
        write_exports(payload, target, settings.exports, load_forms(settings.options.forms))


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


def _load_worker() -> _Worker:
    global _worker
    if _worker is None:
        if _start is None:
            raise SetupError("start_process was not called in this process")
        settings, board = _start
        try:
            engine = load_engine(settings.engine)
            second = load_engine(settings.second_engine) if settings.second_engine else None
        except ExtractorError as error:
            raise SetupError(str(error)) from error
        _worker = _Worker(settings, board, engine, second, run_fingerprint(settings, engine, second))
    return _worker


def _keep(item: Input, target: Path, fingerprint: str) -> Outcome | None:
    """The outcome of an earlier run if its result still stands: same bytes, same makers, not failed."""
    payload = read_result(target)
    if payload is None or payload["status"] == ResultStatus.FAILED.value:
        return None
    try:
        is_same = payload["source"]["sha256"] == file_digest(item.path)
        if payload["engine"].get(RUN_KEY) != fingerprint or not is_same:
            return None
        return summarise(payload, item.name, str(target), resumed=True)
    except (KeyError, TypeError, AttributeError, ValueError):
        # Of the right outline and yet no result of ours: done again.
        return None
