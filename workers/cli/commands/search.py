"""`extractor search`: words in the prose of all results of a folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from extractor.seams.errors import ExitCode
from workers.cli.commands.paths import NamedPath
from workers.shown.speech import tell
from workers.shown.terminal import printable


@click.command("search", no_args_is_help=True)
@click.argument("results", metavar="RESULTS_DIR", type=NamedPath(exists=True, file_okay=False))
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def search_command(results: Path, words: tuple[str, ...], *, limit: int, as_json: bool) -> int:
    # Imported here: the command line starts without SQLite.
    from workers.report.search import search_results

    hits = search_results(results, words, limit)
    for hit in hits:
        if as_json:
            click.echo(json.dumps(asdict(hit), ensure_ascii=False))
            continue
        page = "" if hit.page is None else tell("report.p", page=hit.page)
        columns = (hit.document, page, f"{hit.organ} {hit.year or ''}".strip(), hit.passage)
        click.echo("\t".join(printable(column) for column in columns))
    if not hits:
        click.echo(tell("messages.search.none"), err=True)
    elif len(hits) == limit:
        click.echo(tell("messages.search.more", count=limit), err=True)
    return ExitCode.OK
