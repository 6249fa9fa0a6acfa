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

_BATCH, _SEED = 96, 9203
#: Drawn cells kept for training, drawn once.
_DRAWN = 60_000

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
    return [(crop, text) for crop, text in cells if crop.size and text]


def _draw_some(task: tuple[int, int]) -> list[Cell]:
    cv2.setNumThreads(1)
    rng = open_stream(_SEED, "drawn", task[0])
    return [draw_cell(rng) for _ in range(task[1])]


def draw_cells(count: int, jobs: int) -> list[Cell]:
    """So many drawn cells, the same every time."""
    with ProcessPoolExecutor(jobs) as pool:
        parts = pool.map(_draw_some, [(place, 500) for place in range(-(-count // 500))])
        return [cell for part in parts for cell in part]


def to_batch(cells: list[Cell], rng: np.random.Generator | None) -> tuple[Tensor, list[Tensor]]:
    """Ink and classes of cells; with a source of chance a little shifted, stretched and lighter or darker."""
    shown = [_vary(fit_cell(crop), rng) if rng is not None else fit_cell(crop) for crop, _ in cells]
    widest = max(crop.shape[1] for crop in shown)
    width = next(w for w in WIDTHS if widest <= w)
    ink = np.zeros((len(cells), 1, HEIGHT, width), dtype=np.float32)
    for row, crop in zip(ink, shown, strict=True):
        row[0, :, : crop.shape[1]] = 1.0 - crop.astype(np.float32) / 255.0
    symbols = NUMERIC_ALPHABET + OTHER
    return torch.from_numpy(ink), [torch.tensor([1 + symbols.index(c) for c in text]) for _, text in cells]


def _vary(crop: Gray, rng: np.random.Generator) -> Gray:
    width = int(np.clip(round(crop.shape[1] * rng.uniform(0.88, 1.12)), 4, WIDTHS[-1]))
    varied: NDArray[np.uint8] = np.asarray(cv2.resize(crop, (width, HEIGHT)), dtype=np.uint8)
    down = int(rng.integers(-2, 3))
    varied = np.roll(varied, down, axis=0)
    if down:
        varied[:down] = 255 if down > 0 else varied[:down]
        if down < 0:
            varied[down:] = 255
    lift = float(rng.uniform(0.75, 1.15))
    return np.clip(255 - (255 - varied.astype(np.float32)) * lift, 0, 255).astype(np.uint8)


def draw_batches(
    drawn: list[Cell], cuts: list[Cell], rng: np.random.Generator
) -> Iterator[tuple[Tensor, list[Tensor]]]:
    """Endless batches, of one width each so that little is padded: half drawn, half cut."""
    # Long figures and cells that say more than nothing are rarer in reports than here.
    weights = (
        np.array([0.35 if text in ("0", "/", "-", "—") else 1.0 for _, text in cuts]) if cuts else np.zeros(0)
    )
    odds = weights / weights.sum() if cuts else weights
    while True:
        half = _BATCH // 2 if cuts else 0
        cells = [drawn[i] for i in rng.integers(len(drawn), size=_BATCH - half)]
        cells += [cuts[i] for i in rng.choice(len(cuts), half, p=odds)] if cuts else []
        cells.sort(key=lambda cell: cell[0].shape[1] / cell[0].shape[0])
        narrow = [c for c in cells if _width(c) <= WIDTHS[0]]
        wide = [c for c in cells if WIDTHS[0] < _width(c) <= WIDTHS[1]]
        for group in (narrow, wide, [c for c in cells if _width(c) > WIDTHS[1]]):
            if len(group) > 2:
                yield to_batch(group, rng)


def _width(cell: Cell) -> int:
    return int(1.1 * fit_cell(cell[0]).shape[1])


def train(drawn: list[Cell], cuts: list[Cell], minutes: float, seed: int) -> CellNet:
    """A network after so many minutes; tells its loss as it goes."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = CellNet()
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    batches = draw_batches(drawn, cuts, rng)
    start, seen, step = time.monotonic(), 0.0, 0
    while (done := (time.monotonic() - start) / (60 * minutes)) < 1:
        rate = 2e-3 * min(1.0, done / 0.03) * 0.5 * (1 + np.cos(np.pi * done)) + 1e-5
        for group in optimizer.param_groups:
            group["lr"] = rate
        ink, classes = next(batches)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(ink)
        steps = functional.log_softmax(logits.float(), 2).transpose(0, 1)
        lengths = torch.full((len(classes),), steps.shape[0], dtype=torch.long)
        sizes = torch.tensor([len(c) for c in classes])
        loss = functional.ctc_loss(steps, torch.cat(classes), lengths, sizes, zero_infinity=True)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        seen, step = seen + loss.item(), step + 1
        if step % 200 == 0:
            sys.stdout.write(f"{step} {seen / 200:.4f} {time.monotonic() - start:.0f} s\n")
            sys.stdout.flush()
            seen = 0.0
    network.eval()
    return network


def read_cells(network: CellNet, cells: list[Cell]) -> list[str]:
    """What the network reads, greedily, cell by cell."""
    symbols = NUMERIC_ALPHABET + OTHER
    texts = []
    for cell in cells:
        ink, _ = to_batch([cell], None)
        with torch.inference_mode():
            best = network(ink)[0].argmax(1).tolist()
        texts.append(
            "".join(symbols[c - 1] for c, before in zip(best, [0, *best], strict=False) if c and c != before)
        )
    return texts


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
@click.option("--minutes", default=25.0, show_default=True)
@click.option("--threads", default=1, show_default=True)
def main(cuts: Path, test: Path, output: Path, minutes: float, threads: int) -> None:
    """Trains on drawn and cut cells, tells how it does on cells of other documents, writes network and figures."""
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    drawn, known, others = draw_cells(_DRAWN, threads), load_cuts(cuts), load_cuts(test)
    sys.stdout.write(f"{len(drawn)} drawn, {len(known)} cut, {len(others)} to test\n")
    sys.stdout.flush()
    network = train(drawn, known, minutes, _SEED)
    export(network, output)
    read = read_cells(network, others)
    right = [text == said for (_, text), said in zip(others, read, strict=True)]
    longer = [r for (_, text), r in zip(others, right, strict=True) if len(text) > 1 and OTHER not in text]
    card = {
        "weights": sum(p.numel() for p in network.parameters()),
        "drawn": len(drawn), "cut": len(known), "minutes": minutes, "seed": _SEED,
        "test": {
            "cells": len(others),
            "right": round(float(np.mean(right)), 5),
            "several": round(float(np.mean(longer)), 5),
        },
    }  # fmt: skip
    output.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
