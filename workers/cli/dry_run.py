"""What a run would do, told without doing it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from extractor.scan.office import OFFICE_ENDINGS
from extractor.seams.errors import ExitCode
from extractor.values.result import ResultStatus
from extractor.wording.said import say
from workers.batch.inputs import Input, LeftOut
from workers.batch.runner import list_inputs
from workers.batch.settings import RunSettings
from workers.files.storage import read_result
from workers.reading.page_counts import PageCounter
from workers.shown.left_out import tell_left_out
from workers.shown.outcomes import describe_failure
from workers.shown.speech import tell
from workers.shown.terminal import printable

#: What would become of a document, as it is written to stdout.
READ, KEEP, FAIL = "read", "keep", "fail"


@dataclass(slots=True)
class _Plan:
    """What would become of documents. nowhere: paths without a file. pages: to be read; None where nobody knows."""

    counts: Counter[str] = field(default_factory=Counter)
    nowhere: int = 0
    pages: int | None = 0

    def count(self, item: Input, counter: PageCounter) -> str:
        """Counts the pages of a document that is to be read; why it cannot be, empty where nothing is known."""
        if item.archive or item.name.lower().endswith(OFFICE_ENDINGS):
            self.pages = None
            return ""
        files = item.parts or (item.path,)
        found = [counter.count(path) for path in files]
        if 0 in found:
            is_empty = files[found.index(0)].stat().st_size == 0
            return say(f"documents.{'empty_file' if is_empty else 'unopened'}", name=item.name)
        if self.pages is not None:
            self.pages += sum(filter(None, found))
        return ""


def tell_plan(paths: Sequence[Path], settings: RunSettings, *, as_json: bool) -> ExitCode:
    """Writes a line for every document to stdout, what would become of it and its name, or all as one JSON object.

    A result that is kept is one that is there, of a document of the same size; whether what reads has changed since
    only the run itself finds out.
    """
    plan = _Plan()
    left_out = LeftOut()
    with PageCounter() as counter:
        for item in list_inputs(paths, settings, left_out.add):
            plan.nowhere += bool(item.problem)
            problem = item.problem
            what = FAIL if problem else _foresee(item, settings)
            if what == READ:
                problem = plan.count(item, counter)
                what = FAIL if problem else READ
            plan.counts[what] += 1
            if problem:
                click.echo(describe_failure(item.name, problem), err=True)
            if not as_json:
                click.echo(f"{what}\t{printable(item.name)}")
    pages = plan.pages
    counts = {name: plan.counts[name] for name in (READ, KEEP, FAIL)}
    if as_json:
        told_of = {"documents": plan.counts.total(), **counts, "pages": pages, "left_out": left_out.counts}
        click.echo(json.dumps(told_of, ensure_ascii=False))
    told = {
        "documents": plan.counts.total(),
        "read": counts[READ],
        "kept": counts[KEEP],
        "failed": counts[FAIL],
    }
    if pages is None:
        click.echo(tell("messages.run.would_uncounted", **told), err=True)
    else:
        click.echo(tell("messages.run.would", pages=pages, **told), err=True)
    for line in tell_left_out(left_out.counts):
        click.echo(line, err=True)
    if plan.nowhere == plan.counts.total():
        return ExitCode.NO_INPUT
    return ExitCode.SOME_FAILED if counts[FAIL] else ExitCode.OK


def _foresee(item: Input, settings: RunSettings) -> str:
    result = None if settings.force else read_result(settings.output / item.output)
    if result is None or result.status is ResultStatus.FAILED:
        return READ
    # Members of archives are listed, not copied, and pictures not bound: of those nobody knows the size.
    is_same = bool(item.archive or item.parts) or result.source.bytes == item.path.stat().st_size
    return KEEP if is_same else READ
