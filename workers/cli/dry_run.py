"""What a run would do, told without doing it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from extractor.seams.errors import ExitCode
from extractor.values.result import ResultStatus
from workers.batch.inputs import Input, LeftOut
from workers.batch.runner import count_pages, list_inputs
from workers.batch.settings import RunSettings
from workers.cli.summary import tell_left_out
from workers.files.storage import read_result
from workers.shown.outcomes import describe_failure
from workers.shown.speech import tell
from workers.shown.terminal import printable

#: What would become of a document, as it is written to stdout.
READ, KEEP, FAIL = "read", "keep", "fail"


@dataclass(slots=True)
class _Plan:
    counts: Counter[str] = field(default_factory=Counter)
    to_read: list[Input] = field(default_factory=list)


def tell_plan(paths: Sequence[Path], settings: RunSettings, *, as_json: bool) -> ExitCode:
    """Writes a line for every document to stdout, what would become of it and its name, or all as one JSON object.

    A result that is kept is one that is there, of a document of the same size; whether what reads has changed since
    only the run itself finds out.
    """
    plan = _Plan()
    left_out = LeftOut()
    for item in list_inputs(paths, settings, left_out.add):
        what = _foresee(item, settings)
        plan.counts[what] += 1
        if what == FAIL:
            click.echo(describe_failure(item.name, item.problem), err=True)
        if what == READ:
            plan.to_read.append(item)
        if not as_json:
            click.echo(f"{what}\t{printable(item.name)}")
    pages = count_pages(plan.to_read)
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
    if not counts[READ] + counts[KEEP]:
        return ExitCode.NO_INPUT
    return ExitCode.SOME_FAILED if counts[FAIL] else ExitCode.OK


def _foresee(item: Input, settings: RunSettings) -> str:
    if item.problem:
        return FAIL
    result = None if settings.force else read_result(settings.output / item.output)
    if result is None or result.status is ResultStatus.FAILED:
        return READ
    # Members of archives are listed, not copied, and pictures not bound: of those nobody knows the size.
    is_same = bool(item.archive or item.parts) or result.source.bytes == item.path.stat().st_size
    return KEEP if is_same else READ
