"""Trains the page network: python -m models.training.pages --pages FOLDER --output models/shipped/pages.onnx.

A fully convolutional network over the page at 100 dots an inch: a stride-2 stem, three scales, each block the
features beside their means over long thin strips along both directions (strip pooling, Hou et al. 2020) and a 3×3
convolution. It tells for every pixel whether a ruling runs across it, down it, whether it is printed writing, and
whether it is ink that nobody printed. Truth is drawn (`models.training.page_truth`). Needs the extra `train`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

#: What a pixel may be, in the order of the network's outputs.
CLASSES = ("across", "down", "writing", "foreign")
#: Pixels of a crop, by how much it is drawn larger or smaller, batches after which the loss is told.
_CROP, _ZOOM, TOLD = 320, 0.2, 200
#: Weight of a pixel that is of a class against one that is not: rulings and pens take a fiftieth of a page.
_POSITIVE = (5.0, 5.0, 2.0, 4.0)


#: Crops of a batch, highest rate of learning, seed.
_BATCH, _RATE, _SEED = 32, 4e-3, 9103


class StripBlock(nn.Module):  # type: ignore[misc]
    """Features beside their means over strips of `reach` pixels along both directions, convolved; residual."""

    def __init__(self, channels: int, reach: int) -> None:
        super().__init__()
        self.across = nn.AvgPool2d((1, reach), 1, (0, reach // 2))
        self.down = nn.AvgPool2d((reach, 1), 1, (reach // 2, 0))
        self.mix = nn.Conv2d(3 * channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.norm(self.mix(torch.cat([x, self.across(x), self.down(x)], 1)))
        return x + functional.relu(mixed)


class PageNet(nn.Module):  # type: ignore[misc]
    """Gray page (n × 1 × h × w, ink 1, paper 0) → logits of `CLASSES` (n × 4 × h × w); h and w multiples of 8."""

    def __init__(self, wide: tuple[int, int, int] = (8, 16, 32)) -> None:
        super().__init__()
        half, quarter, eighth = wide
        self.stem = nn.Sequential(nn.Conv2d(1, half, 4, 2, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU())
        self.to_quarter = _down(half, quarter)
        self.quarter = nn.Sequential(StripBlock(quarter, 21), StripBlock(quarter, 21))
        self.to_eighth = _down(quarter, eighth)
        self.eighth = nn.Sequential(StripBlock(eighth, 21), StripBlock(eighth, 21))
        self.from_eighth = nn.Conv2d(eighth, quarter, 1)
        self.quarter_again = StripBlock(quarter, 15)
        self.from_quarter = nn.Conv2d(quarter, half, 1)
        self.half_again = StripBlock(half, 15)
        self.head = nn.Conv2d(half, 4 * len(CLASSES), 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        half = self.stem(x)
        quarter = self.quarter(self.to_quarter(half))
        eighth = self.eighth(self.to_eighth(quarter))
        quarter = self.quarter_again(quarter + _twice(self.from_eighth(eighth)))
        half = self.half_again(half + _twice(self.from_quarter(quarter)))
        return functional.pixel_shuffle(self.head(half), 2)


def _down(before: int, after: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, 2, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


Page = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def load_pages(folder: Path) -> dict[str, Page]:
    """Pages of a folder with their masks by their names, in the order of these."""
    pages = {}
    for path in sorted(folder.glob("*.webp")):
        gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        masks = cv2.imread(str(path.with_suffix(".masks.png")), cv2.IMREAD_UNCHANGED)
        pages[path.stem] = (np.asarray(gray, np.uint8), np.asarray(masks, np.uint8))
    return pages


class Crops(Dataset[tuple[Tensor, Tensor]]):  # type: ignore[misc]
    """Batches of crops by number, the same every time: ink (n × 1 × h × w) and masks (n × 4 × h × w), 0 to 1."""

    def __init__(self, pages: list[Page], batches: int) -> None:
        self._pages, self._batches = pages, batches

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((_SEED, number))
        crops = [cut_crop(self._pages[int(rng.integers(len(self._pages)))], rng) for _ in range(_BATCH)]
        grays = np.stack([gray for gray, _ in crops])[:, None]
        masks = np.stack([mask for _, mask in crops]).transpose(0, 3, 1, 2)
        return torch.from_numpy(255 - grays), torch.from_numpy(np.ascontiguousarray(masks))


def cut_crop(page: Page, rng: np.random.Generator) -> Page:
    """A piece of a page, a little larger or smaller and lighter or darker, always as large, and its masks."""
    gray, masks = page
    side = round(_CROP * float(rng.uniform(1 - _ZOOM, 1 + _ZOOM)))
    high, wide = min(side, gray.shape[0]), min(side, gray.shape[1])
    # A crop with a ruling or a pen in it teaches more than one without: of two the fuller.
    corners = [
        rng.integers(0, (gray.shape[0] - high + 1, gray.shape[1] - wide + 1)).tolist() for _ in range(2)
    ]
    areas = [np.s_[top : top + high, left : left + wide] for top, left in corners]
    area = max(areas, key=lambda place: int(masks[place][..., (0, 1, 3)].sum()))
    size = (_CROP, _CROP)
    drawn = cv2.resize(gray[area], size, interpolation=cv2.INTER_AREA).astype(np.float32)
    told = np.asarray(cv2.resize(masks[area], size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    lift = float(rng.uniform(0.8, 1.1))
    return np.clip(255 - (255 - drawn) * lift, 0, 255).astype(np.uint8), told


def measure_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Binary cross-entropy, pixels of a class weighed, plus one minus Dice."""
    weight = torch.tensor(_POSITIVE, device=logits.device)[None, :, None, None]
    cross = functional.binary_cross_entropy_with_logits(logits, masks, pos_weight=weight)
    told = torch.sigmoid(logits)
    shared = (told * masks).sum((0, 2, 3))
    dice = (2 * shared + 1) / (told.sum((0, 2, 3)) + masks.sum((0, 2, 3)) + 1)
    return cross + (1 - dice).mean()


def train(batches: DataLoader[tuple[Tensor, Tensor]], network: PageNet) -> PageNet:
    """The network after all batches, back on the processor; tells its loss as it goes."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = network.to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=len(batches), pct_start=0.1)
    start, seen = time.monotonic(), 0.0
    for step, (inks, masks) in enumerate(batches, 1):
        ink = inks.to(device, torch.float32).contiguous(memory_format=torch.channels_last) / 255.0
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = network(ink)
        loss = measure_loss(logits.float(), masks.to(device, torch.float32) / 255.0)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        seen += loss.item()
        if step % TOLD == 0:
            sys.stdout.write(f"{step} {seen / TOLD:.4f} {time.monotonic() - start:.0f} s\n")
            sys.stdout.flush()
            seen = 0.0
    network.cpu().eval()
    return network


def evaluate(network: PageNet, pages: list[Page], reach: int = 1) -> dict[str, dict[str, float]]:
    """Recall and precision by class of pixels told at one half, right within `reach` pixels."""
    counts = np.zeros((len(CLASSES), 4))
    near = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    for gray, masks in pages:
        high, wide = (side // 8 * 8 for side in gray.shape)
        ink = 1.0 - torch.from_numpy(gray[:high, :wide].astype(np.float32))[None, None] / 255.0
        with torch.inference_mode():
            told = (network(ink)[0] > 0).numpy().astype(np.uint8)
        for place in range(len(CLASSES)):
            true = np.asarray(masks[:high, :wide, place] > 127, dtype=np.uint8)
            found, missed = told[place] > 0, cv2.dilate(told[place], near) == 0
            counts[place] += (
                true.sum() - (true[missed]).sum(),
                true.sum(),
                (cv2.dilate(true, near)[found] > 0).sum(),
                found.sum(),
            )
    return {
        name: {
            "recall": round(float(c[0] / max(1, c[1])), 4),
            "precision": round(float(c[2] / max(1, c[3])), 4),
        }
        for name, c in zip(CLASSES, counts, strict=True)
    }


def export(network: PageNet, path: Path) -> None:
    """Writes the network as ONNX, probabilities as its output, height and width free."""
    # Its mode is that of all within it, and is put back afterwards.
    told = nn.Sequential(network, nn.Sigmoid()).eval()
    free = {0: "n", 2: "height", 3: "width"}
    torch.onnx.export(
        told,
        (torch.zeros(1, 1, 64, 64),),
        str(path),
        input_names=["ink"],
        output_names=["told"],
        dynamic_axes={"ink": free, "told": free},
        opset_version=17,
        dynamo=False,
    )


def write_card(network: PageNet, test: Path, output: Path, course: Mapping[str, Any]) -> None:
    """Tells what a network was taught and how it does on a folder's pages, and writes that beside its weights."""
    card = {
        "weights": sum(p.numel() for p in network.parameters()),
        **course,
        "test": evaluate(network, list(load_pages(test).values())),
    }
    told = json.dumps(card, indent=1) + "\n"
    output.with_suffix(".json").write_text(told, encoding="utf-8")
    sys.stdout.write(told)


@click.command()
@click.option("--pages", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True)
@click.option("--steps", default=9_000, show_default=True, help="Batches.")
@click.option(
    "--jobs", default=1, show_default=True, help="Threads on a CPU; processes that cut crops for a GPU."
)
def main(*, pages: Path, test: Path, output: Path, steps: int, jobs: int) -> None:
    """Trains on the pages of one folder, tells how it does on another's, writes network and figures."""
    is_cpu = not torch.cuda.is_available()
    torch.set_num_threads(jobs if is_cpu else 1)
    cv2.setNumThreads(1)
    torch.manual_seed(_SEED)
    known = list(load_pages(pages).values())
    sys.stdout.write(f"{len(known)} pages\n")
    batches = DataLoader(Crops(known, steps), batch_size=None, num_workers=0 if is_cpu else jobs)
    network = train(batches, PageNet())
    export(network, output)
    write_card(network, test, output, {"pages": len(known), "steps": steps, "batch": _BATCH, "seed": _SEED})


if __name__ == "__main__":
    main()
