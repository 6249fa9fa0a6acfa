"""`extractor evaluate`: results against truth, in figures and in pictures of what went wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import UsageError
from extractor.wording.said import say, tell_os_error
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
from workers.shown.speech import tell

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("evaluate", no_args_is_help=True)
@click.argument("results", metavar="OUTDIR", type=_FOLDER)
@click.argument("truths", metavar="TRUTHDIR", type=_FOLDER)
@click.option("--worst", type=click.IntRange(0), default=10, show_default=True)
@click.option("--pdfs", metavar="DIR", type=_FOLDER)
@click.option("--crops", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--plot",
    metavar="STEM",
    type=click.Path(path_type=Path),
)
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path))
def evaluate_command(results: Path, truths: Path, **values: Any) -> None:
    if (values["crops"] is None) != (values["pdfs"] is None):
        raise UsageError(say("messages.evaluate.need_each_other"))
    documents = score_folder(results, truths)
    missing = [document.name for document in documents if not (results / f"{document.name}.json").exists()]
    if missing:
        more = "_more" if len(missing) > 3 else ""
        names, count = ", ".join(missing[:3]), len(missing) - 3
        told = tell(f"messages.evaluate.no_result{more}", folder=results, names=names, count=count)
        click.echo(told, err=True)
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

        files = ", ".join(map(str, write_reliability(scored, values["plot"])))
        click.echo(tell("messages.evaluate.drawn", files=files), err=True)
    if values["crops"] is not None:
        from workers.scoring.crops import write_crops

        written = write_crops(worst, values["pdfs"], values["crops"])
        told = tell("messages.evaluate.pictures", count=len(written), folder=values["crops"])
        click.echo(told, err=True)


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
        tell(
            "messages.evaluate.silent",
            errors=burden.silent_errors,
            accepted=burden.accepted,
            rate=burden.rate,
            low=burden.low,
            high=burden.high,
            high_by_document=burden.high_by_document,
            documents=burden.silent_documents,
        ),
        tell(
            "messages.evaluate.for_people",
            review=burden.review,
            with_review=burden.review_documents,
            documents=burden.documents,
        ),
        tell("messages.evaluate.brier", score=burden.brier),
    ]


def _describe(field: ScoredField) -> str:
    return tell(
        "messages.evaluate.field",
        document=field.document,
        field=field.id,
        truth=_tell_value(field.truth),
        got=_tell_value(field.value),
        raw=f"“{field.raw}”",
        status=say(f"messages.evaluate.{'accepted' if field.accepted else 'review'}"),
        confidence=field.confidence,
    )


def _tell_value(value: object) -> str:
    return say("messages.evaluate.nothing") if value is None else str(value)


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
        raise OutputError(say("system.cannot_write", path=path, why=tell_os_error(error))) from error
