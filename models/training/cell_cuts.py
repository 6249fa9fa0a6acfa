"""Cells as this program cuts them from generated scans, with what is printed in them: python -m … --help.

A document is drawn and damaged, read as the program reads it, and every crop of a field whose row and column are
beyond doubt gets the text that the generator printed there. So the network sees what the cutter leaves in its crops:
pieces of rulings, specks, seals. Short labels of the same tables are what is no number.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import click
import cv2
import numpy as np

from extractor.forms.definition import load_forms
from extractor.pipeline import read_pages
from extractor.reports import find_reports
from extractor.reread import read_report
from extractor.seams.engine import FIGURE_SCALE, Gray, OcrEngine, Reading
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from fixtures.generator.documents import generate_document
from fixtures.generator.figures import draw_figures, plant_errors
from fixtures.generator.printing import print_figures
from fixtures.generator.profiles import draw_spec
from fixtures.generator.specs import DocumentSpec, FormId
from models.engines import load_engine
from models.pages import load_labeller
from models.training.cell_text import LIKE_SYMBOLS, OTHER, to_labels

_FORMS: tuple[FormId, ...] = ("gio-2021", "gio-2019", "gio-2014")
#: A report is used of which this share of fields is read right: then its rows and columns are where they are.
_RIGHT = 0.95
#: A label is no number where it was read with this score at least.
_LABEL_SCORE = 0.9
#: A crop, what is printed there, and what the cascade read.
Cut: TypeAlias = tuple[Gray, str, str]


class _Listening:
    """Passes crops on to an engine and keeps each with its reading."""

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self.name, self.fingerprint, self.lineage = engine.name, engine.fingerprint, engine.lineage
        self.heard: dict[int, tuple[Gray, Reading]] = {}

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        readings = self._engine.read(crops, width_scale=width_scale)
        if width_scale == FIGURE_SCALE:
            self.heard |= {
                id(reading): (crop, reading) for crop, reading in zip(crops, readings, strict=True)
            }
        return readings


def cut_document(spec: DocumentSpec, engine: OcrEngine) -> list[Cut]:
    """Crops of number cells of one generated document, what each says in the alphabet of `cell_text`, and as read."""
    listening = _Listening(engine)
    forms = load_forms(())
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder, "document.pdf")
        document = generate_document(spec)
        pdf.write_bytes(document.pdf)
        readers = Readers(listening, None, load_labeller())
        runs = find_reports(read_pages(pdf, readers, Options()), forms)
        found = [
            printed.decoded for _, printed in (read_report(run, forms, readers) for run in runs) if printed
        ]
    if len(found) != len(spec.reports):
        return []
    cells: list[Cut] = []
    for place, (decoded, truth) in enumerate(zip(found, document.truth["reports"], strict=True)):
        cells += _cut_report(decoded, truth["fields"], _print_again(spec, place), listening)
    if cells:
        cells += [(crop, to_labels(r.text), r.text) for crop, r in listening.heard.values() if _is_label(r)]
    return cells


def _is_label(reading: Reading) -> bool:
    han = {c for c in reading.text if "\u3400" <= c <= "\u9fff"}
    # A dash reads as the numeral one.
    return not han <= LIKE_SYMBOLS and reading.score >= _LABEL_SCORE and OTHER in to_labels(reading.text)


def _print_again(spec: DocumentSpec, place: int) -> dict[str, str]:
    """What stands in each cell of a report of the document."""
    from fixtures.generator.documents import _draw_seed

    seed, report = _draw_seed(spec, place), spec.reports[place]
    figures = plant_errors(draw_figures(report, seed), report.planted, seed)
    return {name: figure.text for name, figure in print_figures(figures, report, seed).items()}


def _cut_report(
    decoded: Any, fields: dict[str, float | None], texts: dict[str, str], listening: _Listening
) -> list[Cut]:
    best = {slot.spec.id: decoded.best(slot.spec.id) for slot in decoded.slots}
    right = [
        best[name] is not None and best[name].content.value == value
        for name, value in fields.items()
        if name in best
    ]
    if not right or np.mean(right) < _RIGHT:
        return []
    cells = []
    for slot in decoded.slots:
        text = texts.get(slot.spec.id)
        heard = listening.heard.pop(id(slot.cell.reading), None) if slot.cell and slot.cell.reading else None
        if heard is not None and text is not None and _may_say(heard[1].text, text):
            cells.append((heard[0], to_labels(text), heard[1].text))
    return cells


def _may_say(said: str, text: str) -> bool:
    """Whether a crop may be of the cell that says so: figures that share no digit are another cell's."""
    both = len(said) > 1 and len(text) > 1 and said.isdigit() and text.isdigit()
    return not both or bool(set(said) & set(text))


_loaded: dict[str, OcrEngine] = {}


def _write(task: tuple[str, int, int, Path]) -> int:
    profile, seed, number, folder = task
    cv2.setNumThreads(1)
    if "engine" not in _loaded:
        _loaded["engine"] = load_engine("cascade")
    cells = cut_document(draw_spec(profile, seed, number, _FORMS), _loaded["engine"])  # type: ignore[arg-type]
    crops: dict[str, Any] = {f"crop{i}": crop for i, (crop, _, _) in enumerate(cells)}
    np.savez_compressed(
        folder / f"{profile}-{seed}-{number:04}.npz",
        texts=np.array([text for _, text, _ in cells]),
        said=np.array([said for _, _, said in cells]),
        **crops,
    )
    return len(cells)


@click.command()
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--seed", default=9201, show_default=True, help="9201 trains, 9202 tests.")
@click.option("--count", default=120, show_default=True, help="Documents of each of both profiles.")
@click.option("--first", default=0, show_default=True, help="Number of the first document.")
@click.option("--jobs", default=2, show_default=True)
def main(output: Path, seed: int, count: int, first: int, jobs: int) -> None:
    """Cuts cells of generated documents into a folder."""
    output.mkdir(parents=True, exist_ok=True)
    tasks = [
        (profile, seed, number, output)
        for number in range(first, first + count)
        for profile in ("office", "hard")
    ]
    with ProcessPoolExecutor(jobs) as pool:
        cells = 0
        for done, found in enumerate(pool.map(_write, tasks), 1):
            cells += found
            sys.stderr.write(f"{done} of {len(tasks)} documents, {cells} cells\n")


if __name__ == "__main__":
    main()
