"""What the ways of going through a queue take the same reviewer: one by one, by question, by table, by like figures.

`python benchmarks/reviewer_modes.py SCAN.pdf...`: starts `extractor serve` on a folder of its own, submits the scans
(truth beside each as .truth.json), and has a reviewer who answers from the truth settle everything four times, taking
all back in between. A look takes a second and a key a fifth of one (`--look`, `--key`). At first a look is at one
figure, however many are on the screen; then at all of a question, and at a row of a grid (`--row`), of which what is
unlike the others is seen without looking at each. Both are told.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reviewer import say, serve, submit, wrong_fields
from benchmarks.reviewer_keys import count_keys, decide, is_right, take_all_back, truth_of

Card = dict[str, Any]
#: By job the fields of each of its reports.
Truths = dict[str, list[dict[str, Any]]]
_GRID = ("whole_table", "alike")


@dataclass
class Spent:
    """screens: how many were shown; fields: on them; looks at figures one by one, or at several at once; keys."""

    screens: int = 0
    fields: int = 0
    looks: int = 0
    row_looks: int = 0
    keys: int = 0


def review(client: httpx.Client, truths: Truths, widen: Callable[[Card], Card], row: int) -> Spent:
    """Settles everything that waits. widen: what is shown for the card that comes."""
    spent = Spent()
    while card := client.post("/v1/review/next", json={}).json()["field"]:
        shown = widen(card)
        members = shown["together"] or [card]
        spent.screens += 1
        spent.fields += len(members)
        is_grid = shown["bond"] in _GRID
        spent.looks += len(members)
        spent.row_looks += math.ceil(len(members) / row) if is_grid else 1
        # One key asks for the grid, whose figures are settled by Enter, or typed each.
        spent.keys += int(is_grid)
        for mine in by_report(members):
            told = truth_of(truths[mine[0]["job"]][mine[0]["report"]])
            wrong = [item for item in mine if not is_right(item, told)]
            if is_grid:
                spent.keys += sum(1 + count_keys([item], 0, told) for item in wrong)
            else:
                spent.keys += count_keys(mine, mine.index(_own(card, mine)), told)
            decide(client, mine, told)
        spent.keys += int(is_grid)
    return spent


def by_report(members: list[Card]) -> Iterator[list[Card]]:
    """Fields of each report together, as they are written."""
    ordered = sorted(members, key=lambda item: (item["job"], item["report"]))
    for _, found in groupby(ordered, key=lambda item: (item["job"], item["report"])):
        yield list(found)


def _own(card: Card, members: list[Card]) -> Card:
    return next(item for item in members if item["field"] == card["field"])


def _ways(client: httpx.Client) -> dict[str, Callable[[Card], Card]]:
    def name(card: Card) -> dict[str, Any]:
        return {key: card[key] for key in ("job", "report", "field")}

    def ask(path: str, card: Card, **more: str) -> Card:
        found: Card = client.post(path, json=name(card) | more).raise_for_status().json()
        return found if len(found["together"]) > 1 else card | {"together": [], "bond": None}

    return {
        "one by one": lambda card: card | {"together": [], "bond": None},
        "by question": lambda card: card,
        "whole table": lambda card: ask("/v1/review/whole", card, whole="table"),
        "like figures": lambda card: ask("/v1/review/alike", card),
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--engine", default="fast")
    parser.add_argument("--look", type=float, default=1.0, help="seconds")
    parser.add_argument("--key", type=float, default=0.2, help="seconds")
    parser.add_argument("--row", type=int, default=5, help="figures in a row of the screen")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        process, address = serve(Path(name), arguments.engine)
        try:
            with httpx.Client(base_url=address, timeout=120) as client:
                truths: Truths = {}
                for scan in arguments.scans:
                    told = json.loads(scan.with_suffix(".truth.json").read_text("utf-8"))["reports"]
                    truths[submit(client, scan)] = told
                for way, widen in _ways(client).items():
                    spent = review(client, truths, widen, arguments.row)
                    wrong = sum(len(wrong_fields(client, job, told)) for job, told in truths.items())
                    paces = [
                        60 * spent.fields / max(1e-9, looks * arguments.look + spent.keys * arguments.key)
                        for looks in (spent.looks, spent.row_looks)
                    ]
                    say(
                        f"{way:12} {spent.fields} fields on {spent.screens} screens, {spent.looks} looks "
                        f"({spent.row_looks} at several), {spent.keys} keys, {paces[0]:.0f} fields a minute "
                        f"({paces[1]:.0f}), {wrong} wrong"
                    )
                    take_all_back(client)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


if __name__ == "__main__":
    main()
