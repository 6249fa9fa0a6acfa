"""Pages whose every pixel is known, as the page network sees them: python -m models.training.page_truth --help.

A document is drawn with its text and its rulings apart, damaged, and brought through the program's own first step
(`extractor.scan.cleaning`) to the resolution the network reads.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.scan.cleaning import darken_pale, erase_edges, flatten_light
from extractor.seams.labeller import LABEL_DPI
from fixtures.generator.canvas import engine as canvas_engine
from fixtures.generator.damage.layers import KnownPage, damage_layers
from fixtures.generator.html import engine as html_engine
from fixtures.generator.profiles import draw_spec
from fixtures.generator.randomness import happens, open_stream
from fixtures.generator.reports import write_report
from fixtures.generator.specs import DamageSpec, FormId

_FORMS: tuple[FormId, ...] = ("gio-2021", "gio-2019", "gio-2014")
_CLEAN = DamageSpec(dpi=200)
#: Share of documents scanned far too light.
_THIN = 0.2
#: As pages are kept: 77 KB each, a sixth of what they take without loss. A pixel is of what covers a quarter of it.
_QUALITY, _TOLD = 60, 64


def is_thin(seed: int, number: int) -> bool:
    """Whether a document is one that was scanned far too light."""
    return happens(open_stream(seed, "profile", number), _THIN)


def draw_document(seed: int, number: int) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Pages of one document: gray at `LABEL_DPI` and its masks (height × width × 4, 0 to 255)."""
    spec = draw_spec("thin" if is_thin(seed, number) else "mixed", seed, number, _FORMS)
    damage = spec.damage or _CLEAN
    rng = open_stream(spec.seed, "layers", number)
    report = write_report(spec.reports[0], spec.seed)
    engine = canvas_engine if spec.layout.engine == "canvas" else html_engine
    layers = engine.print_layers(report.printed, spec.layout, open_stream(spec.seed, "layout"), damage.dpi)
    pages = []
    for place, page in enumerate(layers):
        # Prose alone teaches little; every page with a table is taken.
        if not (page.rulings < 200).any() and not happens(rng, 0.35):
            continue
        back = layers[place - 1].whole
        if back.shape != page.whole.shape:
            back = cv2.resize(back, page.whole.shape[::-1])
        pages.append(_see(damage_layers(page, back, damage, rng, report.printed.organ), damage.dpi))
    return pages


def _see(page: KnownPage, dpi: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    flat = darken_pale(erase_edges(flatten_light(page.gray, dpi), dpi))
    scale = LABEL_DPI / dpi
    size = round(flat.shape[1] * scale), round(flat.shape[0] * scale)
    gray = cv2.resize(flat, size, interpolation=cv2.INTER_AREA)
    masks = cv2.resize(page.masks, size, interpolation=cv2.INTER_AREA)
    return np.asarray(gray, np.uint8), np.asarray(np.clip(masks * 255, 0, 255), np.uint8)


def _write(task: tuple[int, int, Path]) -> int:
    seed, number, folder = task
    cv2.setNumThreads(1)
    pages = draw_document(seed, number)
    for place, (gray, masks) in enumerate(pages):
        name = f"{seed}-{number:04}-{place}"
        cv2.imwrite(str(folder / f"{name}.webp"), gray, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
        cv2.imwrite(
            str(folder / f"{name}.masks.png"),
            np.where(masks >= _TOLD, np.uint8(255), np.uint8(0)),
            [cv2.IMWRITE_PNG_COMPRESSION, 9],
        )
    return len(pages)


@click.command()
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--seed", default=9101, show_default=True, help="9101 trains, 9102 tests.")
@click.option("--count", default=600, show_default=True, help="Documents.")
@click.option("--jobs", default=2, show_default=True)
def main(output: Path, seed: int, count: int, jobs: int) -> None:
    """Draws pages and what each of their pixels is into a folder."""
    output.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool:
        pages = sum(pool.map(_write, [(seed, number, output) for number in range(count)]))
    sys.stdout.write(f"{pages} pages of {count} documents\n")


if __name__ == "__main__":
    main()
