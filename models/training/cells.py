"""Trains the reader of number cells: python -m models.training.cells --cuts FOLDER --test FOLDER --output FILE.onnx.

Half of every batch is drawn (`models.training.cell_drawn`), half is cut from generated scans by the program itself
(`models.training.cell_cuts`). Needs the extra `train`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from extractor.seams.engine import NUMERIC_ALPHABET, Gray
from fixtures.generator.randomness import open_stream
from models.cells import HEIGHT, OTHER_CLASS, WIDTHS, fit_cell
from models.training.cell_drawn import draw_cell
from models.training.cell_text import OTHER

_BATCH, _SEED, _RATE = 96, 9203, 3e-3
#: Drawn cells kept for training, drawn once; the share of a batch that is cut from scans; and how often a cell that
#: says nothing or 0, as most do, is taken beside another.
_DRAWN, _CUT_SHARE, _COMMON = 50_000, 0.5, 0.35
#: Batches after which the loss is told.
_TOLD = 200

Cell = tuple[Gray, str]


class CellNet(nn.Module):  # type: ignore[misc]
    """Ink (n × 1 × 32 × w, w a multiple of 4) → logits (n × w/4 × classes): blank, alphabet, other."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_layer(1, 16), nn.MaxPool2d(2), *_layer(16, 32), nn.MaxPool2d(2), *_layer(32, 64),
            *_layer(64, 64), nn.MaxPool2d((2, 1)), *_layer(64, 96), nn.MaxPool2d((2, 1)), *_layer(96, 96),
        )  # fmt: skip
        self.fold = nn.Sequential(nn.Conv2d(96, 96, (2, 1), bias=False), nn.BatchNorm2d(96), nn.ReLU())
        self.along = nn.Sequential(
            nn.Conv2d(96, 96, (1, 3), padding=(0, 1), bias=False), nn.BatchNorm2d(96), nn.ReLU()
        )
        self.head = nn.Conv2d(96, OTHER_CLASS + 1, 1)

    def forward(self, ink: Tensor) -> Tensor:
        found = self.head(self.along(self.fold(self.features(ink))))
        return found.squeeze(2).transpose(1, 2)


def _layer(before: int, after: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()


def load_cuts(folder: Path) -> list[Cell]:
    """Cells cut from documents, by the documents' names."""
    cells: list[Cell] = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as kept:
            cells += [(kept[f"crop{i}"], str(text)) for i, text in enumerate(kept["texts"])]
    return [(crop, text) for crop, text in cells if crop.size]


def _draw_some(task: tuple[int, int]) -> list[Cell]:
    cv2.setNumThreads(1)
    rng = open_stream(_SEED, "drawn", task[0])
    return [draw_cell(rng) for _ in range(task[1])]


def draw_cells(count: int, jobs: int) -> list[Cell]:
    """So many drawn cells, the same every time."""
    with ProcessPoolExecutor(jobs) as pool:
        parts = pool.map(_draw_some, [(place, 500) for place in range(-(-count // 500))])
        return [cell for part in parts for cell in part]


def to_batch(cells: list[Cell]) -> tuple[Tensor, list[Tensor]]:
    """Ink and classes of cells that fit one width, as the network sees them."""
    widest = max(crop.shape[1] for crop, _ in cells)
    width = next(w for w in WIDTHS if widest <= w)
    ink = np.zeros((len(cells), 1, HEIGHT, width), dtype=np.float32)
    for row, (crop, _) in zip(ink, cells, strict=True):
        row[0, :, : crop.shape[1]] = 1.0 - crop.astype(np.float32) / 255.0
    symbols = NUMERIC_ALPHABET + OTHER
    classes = [torch.tensor([1 + symbols.index(c) for c in text], dtype=torch.long) for _, text in cells]
    return torch.from_numpy(ink), classes


def _vary(crop: Gray, rng: np.random.Generator) -> Gray:
    """A little shifted, stretched, lighter or darker, softer or noisier."""
    width = int(np.clip(round(crop.shape[1] * rng.uniform(0.88, 1.12)), 4, WIDTHS[-1]))
    across, down = float(rng.normal(0, 0.7)), float(rng.normal(0, 1.0))
    grown = float(rng.uniform(0.94, 1.06))
    stretch = np.array(
        [
            [width / crop.shape[1], 0, across],
            [float(rng.normal(0, 0.01)), grown, down + HEIGHT / 2 * (1 - grown)],
        ]
    )
    varied: NDArray[np.float32] = cv2.warpAffine(
        crop, stretch, (width, HEIGHT), borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    if rng.random() < 0.2:
        varied = cv2.GaussianBlur(varied, (0, 0), float(rng.uniform(0.3, 0.9))).astype(np.float32)
    if rng.random() < 0.2:
        varied += rng.normal(0, float(rng.uniform(2, 14)), varied.shape).astype(np.float32)
    lift = float(rng.uniform(0.7, 1.15))
    return np.clip(255 - (255 - varied) * lift, 0, 255).astype(np.uint8)


def draw_batches(
    drawn: list[Cell], cuts: list[Cell], rng: np.random.Generator
) -> Iterator[tuple[Tensor, list[Tensor]]]:
    """Endless batches of cells of about one width, so that little is padded: half drawn, half cut."""
    # Long figures and cells that say more than nothing are rarer in reports than here.
    weights = np.array([_COMMON if text in ("0", "/", "-", "—") else 1.0 for _, text in cuts])
    odds = np.cumsum(weights / weights.sum()) if cuts else weights
    waiting: dict[int, list[Cell]] = {width: [] for width in WIDTHS}
    while True:
        if cuts and rng.random() < _CUT_SHARE:
            cell = cuts[min(int(np.searchsorted(odds, rng.random())), len(cuts) - 1)]
        else:
            cell = drawn[int(rng.integers(len(drawn)))]
        varied = _vary(fit_cell(cell[0]), rng), cell[1]
        width = next(w for w in WIDTHS if varied[0].shape[1] <= w)
        waiting[width].append(varied)
        if len(waiting[width]) == _BATCH:
            yield to_batch(waiting[width])
            waiting[width] = []


def train(drawn: list[Cell], cuts: list[Cell], steps: int, seed: int) -> CellNet:
    """A network after so many batches; tells its loss as it goes."""
    torch.manual_seed(seed)
    batches = draw_batches(drawn, cuts, np.random.default_rng(seed))
    network: CellNet = CellNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.05)
    start, seen = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        ink, classes = next(batches)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(ink.contiguous(memory_format=torch.channels_last))
        loss = measure_loss(logits.float(), classes)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        seen += loss.item()
        if step % _TOLD == 0:
            sys.stdout.write(f"{step} {seen / _TOLD:.4f} {time.monotonic() - start:.0f} s\n")
            sys.stdout.flush()
            seen = 0.0
    network.eval()
    return network


def measure_loss(logits: Tensor, classes: list[Tensor]) -> Tensor:
    """CTC loss of a batch, per cell."""
    steps = functional.log_softmax(logits, 2).transpose(0, 1)
    lengths = torch.full((len(classes),), steps.shape[0], dtype=torch.long)
    sizes = torch.tensor([len(own) for own in classes])
    losses = functional.ctc_loss(
        steps, torch.cat(classes), lengths, sizes, reduction="none", zero_infinity=True
    )
    return losses.mean()


def read_cells(network: CellNet, cells: list[Cell]) -> list[str]:
    """What the network reads, greedily, cell by cell."""
    symbols = NUMERIC_ALPHABET + OTHER
    texts = []
    for cell in cells:
        ink, _ = to_batch([(fit_cell(cell[0]), cell[1])])
        with torch.inference_mode():
            best = network(ink)[0].argmax(1).tolist()
        texts.append(
            "".join(symbols[c - 1] for c, before in zip(best, [0, *best], strict=False) if c and c != before)
        )
    return texts


def evaluate(network: CellNet, cells: list[Cell]) -> dict[str, float]:
    """Share of figures read right to the glyph, and of words that are taken for none."""
    said = read_cells(network, cells)
    figures = [text == read for (_, text), read in zip(cells, said, strict=True) if OTHER not in text]
    words = [OTHER in read or not read for (_, text), read in zip(cells, said, strict=True) if OTHER in text]
    return {
        "figures": len(figures),
        "right": round(float(np.mean(figures)), 5),
        "words": len(words),
        "told_from_figures": round(float(np.mean(words)), 5),
    }


def export(network: CellNet, path: Path) -> None:
    """Writes the network as ONNX, probabilities as its output, width and count free."""
    free = {0: "n", 3: "width"}
    torch.onnx.export(
        nn.Sequential(network, nn.Softmax(2)),
        (torch.zeros(2, 1, HEIGHT, 96),),
        str(path),
        input_names=["ink"],
        output_names=["told"],
        dynamic_axes={"ink": free, "told": {0: "n", 1: "steps"}},
        opset_version=17,
        dynamo=False,
    )


@click.command()
@click.option("--cuts", type=click.Path(path_type=Path), required=True)
@click.option("--test", type=click.Path(path_type=Path), required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True)
@click.option("--steps", default=4_000, show_default=True)
@click.option("--about", default="", help="Kept in the card: which documents cells were cut from.")
@click.option("--threads", default=1, show_default=True)
def main(*, cuts: Path, test: Path, output: Path, steps: int, about: str, threads: int) -> None:
    """Trains on drawn and cut cells, tells how it does on cells of other documents, writes network and figures."""
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    drawn, known, others = draw_cells(_DRAWN, threads), load_cuts(cuts), load_cuts(test)
    sys.stdout.write(f"{len(drawn)} drawn, {len(known)} cut, {len(others)} to test\n")
    sys.stdout.flush()
    network = train(drawn, known, steps, _SEED)
    export(network, output)
    card = {
        "about": about,
        "weights": sum(p.numel() for p in network.parameters()),
        "drawn": len(drawn), "cut": len(known), "steps": steps, "seed": _SEED,
        "test": evaluate(network, others),
    }  # fmt: skip
    card_text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    output.with_suffix(".json").write_text(card_text, encoding="utf-8")
    sys.stdout.write(card_text)


if __name__ == "__main__":
    main()
