"""What is kept of a report until all results are seen: every value with its state and page, packed small.

Most values of a report are 0 and all reports of a form have the same ids, so a report of 200 fields packs into
some 200 bytes: those of 200,000 reports fit in memory together, and any field can be compared.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from extractor.values.result import Field, FieldStatus, Kind, Report

_MOST_PAGES = 65_535


class State(IntEnum):
    """How far a value may be relied on. EMPTY is printed blank or as a dash and accepted; NONE cannot be used."""

    NONE = 0
    ACCEPTED = 1
    DOUBTFUL = 2
    EMPTY = 3


@dataclass(frozen=True, slots=True)
class Source:
    """Where something stands. report: its number in the document, from 1. page: from 1; None for no one page."""

    document: str
    report: int
    page: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as it was read. value: None where nothing that counts is printed, or it is unreadable."""

    value: float | None
    state: State
    source: Source

    @property
    def amount(self) -> float | None:
        """What it counts for in a sum: a blank or a dash is 0; None for what cannot be used."""
        return 0.0 if self.state is State.EMPTY else self.value

    @property
    def is_sure(self) -> bool:
        """Whether it was accepted, by the machine or a person."""
        return self.state in {State.ACCEPTED, State.EMPTY}


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report, packed. document: index of its name in the store; layout: index of its ids there.

    fields, review: how many it has, and how many of them are in review, unreadable ones too. findings: how many
    things in it contradict each other. covers: the sentence that says its figures are of its body's whole area; empty
    without one.
    """

    document: int
    number: int
    year: int
    layout: int
    packed: bytes
    fields: int
    review: int
    findings: int = 0
    covers: str = ""


@dataclass(slots=True)
class ReportStore:
    """Packs reports and unpacks them. Names of documents and lists of ids are kept once."""

    documents: list[str] = field(default_factory=list)
    _layouts: list[tuple[str, ...]] = field(default_factory=list)
    _known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add_document(self, name: str) -> int:
        """Index of a document that is new."""
        self.documents.append(name)
        return len(self.documents) - 1

    def pack(self, document: int, number: int, year: int, report: Report, covers: str = "") -> KeptReport:
        """A report of a year; all its values are doubtful where its organ or its year is."""
        is_placed = all(told.status is FieldStatus.ACCEPTED for told in (report.organ, report.year))
        ids = tuple(item.id for item in report.fields)
        values, states, pages = array("d"), bytearray(), array("H")
        for item in report.fields:
            values.append(item.value or 0.0)
            states.append(_state(item, is_placed=is_placed))
            page = item.page_no or 0
            pages.append(page if 0 < page <= _MOST_PAGES else 0)
        packed = zlib.compress(values.tobytes() + bytes(states) + pages.tobytes())
        return KeptReport(
            document=document,
            number=number,
            year=year,
            layout=self._layout(ids),
            packed=packed,
            fields=len(ids),
            review=sum(item.status is FieldStatus.REVIEW for item in report.fields),
            findings=len(report.findings),
            covers=covers,
        )

    def unpack(self, kept: KeptReport) -> Iterator[tuple[str, Reading]]:
        """Its fields that can be used, by id."""
        ids = self._layouts[kept.layout]
        content, count = zlib.decompress(kept.packed), len(ids)
        values, pages = array("d"), array("H")
        values.frombytes(content[: 8 * count])
        states = content[8 * count : 9 * count]
        pages.frombytes(content[9 * count :])
        name = self.documents[kept.document]
        # Most cells of a page are alike: one reading serves them all.
        made: dict[tuple[float, int, int], Reading] = {}
        for key, value, state, page in zip(ids, values, states, pages, strict=True):
            if state == State.NONE:
                continue
            reading = made.get((value, state, page))
            if reading is None:
                told = None if state == State.EMPTY else value
                reading = Reading(told, State(state), Source(name, kept.number, page or None))
                made[value, state, page] = reading
            yield key, reading

    def _layout(self, ids: tuple[str, ...]) -> int:
        index = self._known.setdefault(ids, len(self._layouts))
        if index == len(self._layouts):
            self._layouts.append(ids)
        return index


def _state(item: Field, *, is_placed: bool) -> State:
    is_sure = is_placed and item.status is FieldStatus.ACCEPTED
    if item.value is not None:
        return State.ACCEPTED if is_sure else State.DOUBTFUL
    # An empty cell in doubt could hold any number: there is nothing to compare.
    return State.EMPTY if is_sure and item.kind in {Kind.BLANK, Kind.DASH} else State.NONE
