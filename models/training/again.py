"""Teaches the page network more: python -m models.training.again --pages FOLDER --output models/shipped/pages.onnx.

What a network learns anew costs it of what it knew: taught again on all pages, it told rulings of scans set too
light and lost rows as tight as their type. So the network goes on from where it is, and only the pages it reads
badly are taught by their truth; of all others its own word is the truth (learning without forgetting, Li and Hoiem
2016), except that what it takes there for foreign ink and is none is told to be none. Half of those others are
pages with rows as tight as their type, which are rare and were lost first. Needs the extra `train`.
"""

from __future__ import annotations

import sys
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from models.training.page_truth import is_thin
from models.training.pages import (
    CLASSES,
    TOLD,
    Page,
    PageNet,
    cut_crop,
    export,
    load_pages,
    measure_loss,
    write_card,
)

_SEED, _RATE = 9312, 1.2e-3
#: Crops of a batch that are taught, of pages with tight rows, and of others.
_TAUGHT, _TIGHT, _OTHER = 4, 2, 2
#: What leaving its own word costs, against an error where it is taught: with 6 the loss of it sinks to .0024 a pixel.
_KEEP = 6.0
#: Rows are tight that are as high as this many pixels at 100 dots an inch, type of 10.5 points being 15; by the lower
#: third of a page's rows.
_TIGHT_ROW, _LOWER = 21, 0.3
#: Pixels around foreign ink within which its own word on foreign ink stands.
_AROUND = 7
_FOREIGN = CLASSES.index("foreign")


def load_network(path: Path) -> PageNet:
    """A network from its ONNX, ready to go on: the norms are within the convolutions there, and stay so."""
    told = onnx.load(path)
    values = {item.name: numpy_helper.to_array(item) for item in told.graph.initializer}
    network: PageNet = PageNet()
    modules = dict(network.named_modules())
    for module in modules.values():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.zero_()
            module.running_var.fill_(1 - module.eps)
    kept = [node for node in told.graph.node if node.op_type == "Conv"]
    for name, node in zip(_order(network), kept, strict=True):
        module = modules[name]
        module.weight.data.copy_(torch.tensor(values[node.input[1]].copy()))
        holder = module if module.bias is not None else modules[_norm_of(name)]
        holder.bias.data.copy_(torch.tensor(values[node.input[2]].copy()))
    network.eval()
    return network


def _order(network: PageNet) -> list[str]:
    """Names of the convolutions in the order in which they are done."""
    done: list[str] = []
    hooks = [
        module.register_forward_hook(lambda _module, _given, _told, name=name: done.append(name))
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d)
    ]
    network.eval()(torch.zeros(1, 1, 64, 64))
    for hook in hooks:
        hook.remove()
    return done


def _norm_of(convolution: str) -> str:
    """Within a block the norm is called so; in a sequence it comes after its convolution."""
    parent, _, own = convolution.rpartition(".")
    return f"{parent}.norm" if own == "mix" else f"{parent}.{int(own) + 1}"


def is_tight(masks: NDArray[np.uint8]) -> bool:
    """Whether a page's rows are as tight as their type, by its rulings across."""
    across = np.flatnonzero((masks[..., 0] > 127).sum(1) > 0.3 * masks.shape[1])
    if len(across) < 8:
        return False
    rulings = across[np.r_[True, np.diff(across) > 2]]
    rows = np.diff(rulings)
    rows = rows[rows > 6]
    return len(rows) > 3 and float(np.quantile(rows, _LOWER)) <= _TIGHT_ROW


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages that are taught, those among the others with tight rows, and the others."""

    taught: list[Page]
    tight: list[Page]
    other: list[Page]

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of a step: ink (n × 1 × h × w, 0 to 1) and masks (n × 4 × h × w), the taught first."""
        rng = np.random.default_rng((_SEED, step))
        chosen = [self.taught] * _TAUGHT + [self.tight] * _TIGHT + [self.other] * _OTHER
        crops = [cut_crop(pages[int(rng.integers(len(pages)))], rng) for pages in chosen]
        ink = torch.from_numpy(255 - np.stack([gray for gray, _ in crops])[:, None]).float() / 255
        masks = np.ascontiguousarray(np.stack([mask for _, mask in crops]).transpose(0, 3, 1, 2))
        return ink.contiguous(memory_format=torch.channels_last), torch.from_numpy(masks).float() / 255


def sort_pages(folder: Path) -> Pages:
    """The pages of a folder that `models.training.page_truth` filled."""
    known = load_pages(folder)
    taught = [page for name, page in known.items() if is_thin(*map(int, name.split("-")[:2]))]
    other = [page for name, page in known.items() if not is_thin(*map(int, name.split("-")[:2]))]
    return Pages(taught, [page for page in other if is_tight(page[1])], other)


def keep_word(logits: Tensor, own: Tensor, masks: Tensor) -> Tensor:
    """What it costs to say something else than before, foreign ink twice; own: probabilities it told before."""
    near = functional.max_pool2d(masks[:, _FOREIGN:], _AROUND, 1, _AROUND // 2)
    own = torch.cat([own[:, :_FOREIGN], own[:, _FOREIGN:] * near], 1)
    cross = functional.binary_cross_entropy_with_logits
    least = cross(torch.logit(own.clamp(1e-4, 1 - 1e-4)), own)
    return cross(logits, own) - least + cross(logits[:, _FOREIGN], own[:, _FOREIGN])


def teach(network: PageNet, pages: Pages, steps: int) -> PageNet:
    """The network after so many batches; tells both losses as it goes."""
    before = deepcopy(network).eval().to(memory_format=torch.channels_last)
    network.to(memory_format=torch.channels_last)
    # The norms stay what they are: a batch of crops says nothing of how a page is to be weighed.
    network.eval()
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.1)
    start, seen = time.monotonic(), np.zeros(2)
    for step in range(1, steps + 1):
        ink, masks = pages.draw(step)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(ink)
            with torch.no_grad():
                own = torch.sigmoid(before(ink[_TAUGHT:]).float())
        taught = measure_loss(logits[:_TAUGHT].float(), masks[:_TAUGHT])
        kept = keep_word(logits[_TAUGHT:].float(), own, masks[_TAUGHT:])
        optimizer.zero_grad()
        (taught + _KEEP * kept).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        seen += (taught.item(), kept.item())
        if step % TOLD == 0:
            told, left = seen / TOLD
            sys.stdout.write(f"{step} {told:.4f} {left:.4f} {time.monotonic() - start:.0f} s\n")
            sys.stdout.flush()
            seen = np.zeros(2)
    network.to(memory_format=torch.contiguous_format)
    return network


@click.command()
@click.option(
    "--start", type=click.Path(exists=True, path_type=Path), default=Path("models/shipped/pages.onnx")
)
@click.option("--pages", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True)
@click.option("--steps", default=3_200, show_default=True, help="Batches.")
@click.option("--jobs", default=2, show_default=True, help="Threads.")
def main(*, start: Path, pages: Path, test: Path, output: Path, steps: int, jobs: int) -> None:
    """Goes on from a network, tells how it does on another folder's pages, writes network and card."""
    torch.set_num_threads(jobs)
    cv2.setNumThreads(1)
    torch.manual_seed(_SEED)
    sorted_pages = sort_pages(pages)
    network = teach(load_network(start), sorted_pages, steps)
    export(network, output)
    counts = {
        "taught": len(sorted_pages.taught),
        "tight": len(sorted_pages.tight),
        "other": len(sorted_pages.other),
    }
    write_card(network, test, output, {"pages": counts, "steps": steps, "seed": _SEED})


if __name__ == "__main__":
    main()
