"""What turning a number changes in results, and the table that tells it (`sensitivity`)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TextIO

from extractor.values.result import Field, Report, Result

_NEVER, _BOUND, _NOTHING = "never used", "bound where it is defined, not turned", "changes nothing"
_INSIDE = "changes nothing in results"
_PAGES, _BESIDE = "changes pages", "changes only what stands beside values"
_CONFIDENCE, _STATUS, _FIELDS = "changes only confidence", "changes statuses", "changes fields"


@dataclass(slots=True)
class Effect:
    """What turning a number one way changed, over all documents seen.

    documents: with another result. fields: with another value or kind. statuses: accepted ones now in review and the
    other way round. confidence: the most one moved.
    """

    documents: int = 0
    fields: int = 0
    statuses: int = 0
    confidence: float = 0.0

    def add(self, other: Effect) -> None:
        self.documents += other.documents
        self.fields += other.fields
        self.statuses += other.statuses
        self.confidence = max(self.confidence, other.confidence)


@dataclass(slots=True)
class Row:
    """One number in the table.

    seen: documents looked at. used: those of them on which it is read. inside: names of stages' functions that gave
    something else for the same input. raised: what went wrong with it turned. is_bound: a class or a decorator read
    it when it was made, where turning it does not reach.
    """

    stage: str
    module: str
    name: str
    position: str
    value: float
    turned_down: float
    turned_up: float
    seen: int = 0
    used: int = 0
    down: Effect = field(default_factory=Effect)
    up: Effect = field(default_factory=Effect)
    changes_pages: bool = False
    is_bound: bool = False
    inside: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        """The most that it changes."""
        both = (self.down, self.up)
        told = (
            (_FIELDS, any(effect.fields for effect in both)),
            (_STATUS, any(effect.statuses for effect in both)),
            (_CONFIDENCE, any(effect.confidence for effect in both)),
            (_BESIDE, any(effect.documents for effect in both)),
            (_PAGES, self.changes_pages),
            (_INSIDE, bool(self.inside)),
            (_NOTHING, bool(self.used)),
            (_BOUND, self.is_bound),
        )
        return next((verdict for verdict, holds in told if holds), _NEVER)

    def to_table(self) -> dict[str, object]:
        """Its cells by the names of the columns."""
        out: dict[str, object] = {"verdict": self.verdict}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Effect):
                out |= {f"{key}_{item.name}": told for key, told in asdict(value).items()}
            elif isinstance(value, set):
                out[item.name] = " ".join(sorted(value))
            else:
                out[item.name] = int(value) if isinstance(value, bool) else value
        return {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in out.items()}

    def take(self, told: Mapping[str, str]) -> None:
        """Go on from what a table tells."""
        self.seen, self.used = int(told["seen"]), int(told["used"])
        self.changes_pages = told["changes_pages"] == "1"
        self.inside, self.raised = set(told["inside"].split()), set(told["raised"].split())
        for way in ("down", "up"):
            documents, changed, statuses = (
                int(told[f"{key}_{way}"]) for key in ("documents", "fields", "statuses")
            )
            setattr(self, way, Effect(documents, changed, statuses, float(told[f"confidence_{way}"])))


def compare(before: Result, after: Result) -> Effect:
    """What differs between two results; reports are compared in their order, fields by their ids."""
    if before == after:
        return Effect()
    effect = Effect(documents=1)
    for place in range(max(len(before.reports), len(after.reports))):
        old, new = (_list_fields(result.reports[place : place + 1]) for result in (before, after))
        for key in old | new:
            was, now = old.get(key), new.get(key)
            if was is None or now is None:
                effect.fields += 1
                continue
            effect.fields += (was.value, was.kind) != (now.value, now.kind)
            effect.statuses += was.status != now.status
            effect.confidence = max(effect.confidence, abs(was.confidence - now.confidence))
    return effect


def _list_fields(found: Sequence[Report]) -> dict[str, Field]:
    return {item.id: item for report in found for item in report.fields}


def write_table(rows: Iterable[Row], file: TextIO) -> None:
    """The table with a header, columns apart by tabs."""
    told = [row.to_table() for row in rows]
    writer = csv.DictWriter(file, [*[k for k in told[0] if k != "verdict"], "verdict"], delimiter="\t")
    writer.writeheader()
    writer.writerows(told)


def read_table(path: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Rows of a table that was written, by module, name and position; none where there is no file."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        found = csv.DictReader(file, delimiter="\t")
        return {(row["module"], row["name"], row["position"]): row for row in found}
