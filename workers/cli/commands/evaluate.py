"""`extractor evaluate`: results against truth, in figures and in pictures of what went wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import UsageError
from workers.files.storage import OutputError
from workers.scoring.metrics import (
    AspectFigures,
    Burden,
    GroupFigures,
    ReliabilityBin,
    figures_by_aspect,
    figures_by_group,
    measure_burden,
    reliability,
    worst_fields,
)
from workers.scoring.truth import ScoredDocument, ScoredField, score_folder

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)

_EPILOG = """\b
Examples:
  extractor evaluate results truth
  extractor evaluate results truth --worst 20 --pdfs scans --crops look
      writes a picture of each of the 20 worst cells to look/
  extractor evaluate results truth --json figures.json --plot reliability
"""


@click.command("evaluate", epilog=_EPILOG, no_args_is_help=True)
@click.argument("results", metavar="OUTDIR", type=_FOLDER)
@click.argument("truths", metavar="TRUTHDIR", type=_FOLDER)
@click.option("--worst", type=click.IntRange(0), default=10, show_default=True, help="Wrong fields to list.")
@click.option("--pdfs", metavar="DIR", type=_FOLDER, help="Where the documents are, for --crops.")
@click.option("--crops", metavar="DIR", type=click.Path(path_type=Path), help="Write pictures of the worst.")
@click.option(
    "--plot",
    metavar="STEM",
    type=click.Path(path_type=Path),
    help="Draw STEM.png and STEM.svg.",
)
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Figures as JSON.")
def evaluate_command(results: Path, truths: Path, **values: Any) -> None:
    """Score result JSONs against truth files, by group and overall.

    exact and accepted are percent of the fields; silent_errors are fields accepted and wrong;
    straight_through counts documents with every field right and accepted; ece is the expected calibration
    error. Below: what each confidence promised and kept, silent errors by origin, state of the sums and kind of
    damage, and the wrong fields that do most harm.
    """
    if (values["crops"] is None) != (values["pdfs"] is None):
        raise UsageError("--crops and --pdfs need each other: where to write, and where the documents are")
    documents = score_folder(results, truths)
    missing = [document.name for document in documents if not (results / f"{document.name}.json").exists()]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        click.echo(f"no result in {results} for {', '.join(missing[:3])}{more}: counted as wrong", err=True)
    scored = [field for document in documents for field in document.fields]
    groups, bins = figures_by_group(documents), reliability(scored)
    worst = worst_fields(scored, values["worst"])
    burden = measure_burden(documents)
    aspects = figures_by_aspect(documents)
    parts = [_group_lines(groups), _bin_lines(bins), _aspect_lines(aspects), _burden_lines(burden)]
    click.echo("\n\n".join("\n".join(lines) for lines in parts))
    if worst:
        click.echo("\n".join(["", *(_describe(field) for field in worst)]))
    if values["json_file"] is not None:
        figures = _figures(documents, groups, bins, worst) | {"burden": asdict(burden)}
        figures["aspects"] = [asdict(aspect) for aspect in aspects]
        _write_json(values["json_file"], figures)
    if values["plot"] is not None:
        from workers.scoring.plots import write_reliability

        click.echo(f"drawn: {', '.join(map(str, write_reliability(scored, values['plot'])))}", err=True)
    if values["crops"] is not None:
        from workers.scoring.crops import write_crops

        written = write_crops(worst, values["pdfs"], values["crops"])
        click.echo(f"{len(written)} pictures in {values['crops']}", err=True)


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _group_lines(groups: Sequence[GroupFigures]) -> list[str]:
    names = [field.name for field in fields(GroupFigures)]
    return _align([names, *([str(getattr(group, name)) for name in names] for group in groups)])


def _aspect_lines(aspects: Sequence[AspectFigures]) -> list[str]:
    names = [field.name for field in fields(AspectFigures)]
    return _align([names, *([str(getattr(aspect, name)) for name in names] for aspect in aspects)])


def _bin_lines(bins: Sequence[ReliabilityBin]) -> list[str]:
    header = ["confidence from", "fields", "promised", "exact", "accepted", "silent_errors"]
    rows = [
        [
            f"{b.low:g}",
            str(b.fields),
            f"{b.confidence:.5f}",
            f"{b.exact:.5f}",
            f"{b.accepted:.3f}",
            str(b.silent_errors),
        ]
        for b in bins
    ]
    return _align([header, *rows])


def _burden_lines(burden: Burden) -> list[str]:
    return [
        f"silent errors: {burden.silent_errors} in {burden.accepted} accepted fields, {burden.rate:g} in 10,000 "
        f"(95 % interval {burden.low:g} to {burden.high:g}; by document up to {burden.high_by_document:g}), "
        f"in {burden.silent_documents} documents",
        f"for a person: {burden.review} fields in {burden.review_documents} of {burden.documents} documents",
        f"Brier score: {burden.brier:g}",
    ]


def _describe(field: ScoredField) -> str:
    status = "ACCEPTED" if field.accepted else "review"
    return (
        f"{field.document}: {field.id} truth {field.truth} got {field.value} ({field.raw!r}) "
        f"{status} {field.confidence:.4f}"
    )


def _figures(
    documents: Sequence[ScoredDocument],
    groups: Sequence[GroupFigures],
    bins: Sequence[ReliabilityBin],
    worst: Sequence[ScoredField],
) -> dict[str, Any]:
    return {
        "groups": [asdict(group) for group in groups],
        "reliability": [asdict(bin_) for bin_ in bins],
        "worst": [asdict(field) for field in worst],
        "documents": [
            {"name": d.name, "group": d.group, "exact": d.exact, "straight_through": d.straight_through}
            for d in documents
        ],
    }


def _write_json(path: Path, figures: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
