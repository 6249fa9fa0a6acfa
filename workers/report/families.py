"""A body beside the bodies that are part of it, year by year: what they come to together, and what cannot be true.

Most reports do not say whether their figures hold those of subordinate bodies, so a sum that differs is no finding,
but is told with how many of the bodies it counts. A finding is only a part that is greater than a whole which says
that it is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from extractor.wording.said import say
from workers.report.across import AcrossFinding, Compared, Rule, list_first, sources_of, tell_value
from workers.report.areas import Kinship
from workers.report.entities import Entity, EntityStore
from workers.report.kept import Reading
from workers.report.tallies import MAIN_FIELDS

#: Counts of cases: those of bodies add up. Documents in force, money and staff do not, or not in every report.
_ADDITIVE = ("requests.", "disputes.")


@dataclass(frozen=True, slots=True)
class FamilyLine:
    """A count of a body beside the sum of it over the bodies that are part of it.

    whole: the body's own; None where nothing that counts is printed. is_sure: it was accepted. parts: the sum of
    accepted values of `counted` bodies; reporting: bodies with a report of that year; bodies: all there are in the
    folder. listed: divisions that lie directly in its area by the user's list, None without one; listed_reporting:
    how many of them are among the reporting. covers: the sentence that says the body's figures are of its whole
    area; empty without one.
    """

    organ: str
    year: int
    field: str
    whole: float | None
    is_sure: bool
    parts: float
    counted: int
    reporting: int
    bodies: int
    listed: int | None
    listed_reporting: int
    covers: str


@dataclass(slots=True)
class _Sums:
    """Sums over the children of a body for one of its years. key → sum, and how many bodies it is of."""

    whole: Mapping[str, Reading]
    covers: str
    reporting: int = 0
    divisions: int = 0
    parts: dict[str, tuple[float, int]] = field(default_factory=dict)

    def add(self, readings: Mapping[str, Reading], *, is_division: bool) -> None:
        self.reporting += 1
        self.divisions += is_division
        for key in MAIN_FIELDS:
            reading = readings.get(key)
            if reading is not None and reading.is_sure and reading.amount is not None:
                total, count = self.parts.get(key, (0.0, 0))
                self.parts[key] = (total + reading.amount, count + 1)


class Families:
    """Bodies with parts; `compared` counts what was judged."""

    def __init__(self, entities: EntityStore, kinship: Kinship, compared: Compared) -> None:
        self._entities, self._kinship, self._compared = entities, kinship, compared
        self._children: dict[str, list[str]] = {}
        for child, parent in sorted(kinship.parents.items()):
            self._children.setdefault(parent, []).append(child)
        #: All lines, complete once `judge` is through.
        self.lines: list[FamilyLine] = []

    def judge(self) -> Iterator[AcrossFinding]:
        """Findings of every body with parts; bodies are unpacked one at a time."""
        for key in sorted(self._children):
            whole = self._entities.entity(key)
            sums = {told.year: _Sums(told.merged(), told.covers) for told in whole.years}
            for child in self._children[key]:
                yield from self._judge_part(whole, child, sums)
            self._add_lines(key, whole.name, sums)

    def _judge_part(self, whole: Entity, key: str, sums: Mapping[int, _Sums]) -> Iterator[AcrossFinding]:
        part = self._entities.entity(key)
        for told in part.years:
            known = sums.get(told.year)
            if known is None:
                continue
            readings = told.merged()
            known.add(readings, is_division=key in self._kinship.divisions)
            odd = self._exceeding(readings, known) if known.covers else []
            if odd:
                yield _finding(whole.name, part.name, told.year, odd, known.covers)

    def _exceeding(self, part: Mapping[str, Reading], known: _Sums) -> list[tuple[str, Reading, Reading]]:
        """Accepted counts of a part that are greater than those of the whole."""
        found = []
        for key, reading in part.items():
            whole = known.whole.get(key)
            if whole is None or not key.startswith(_ADDITIVE):
                continue
            own, all_of_it = reading.amount, whole.amount
            if own is None or all_of_it is None:
                continue
            self._compared.pairs[Rule.PART] += 1
            if own <= all_of_it:
                continue
            if reading.is_sure and whole.is_sure:
                found.append((key, reading, whole))
            else:
                self._compared.in_doubt[Rule.PART] += 1
        return found

    def _add_lines(self, body: str, organ: str, sums: Mapping[int, _Sums]) -> None:
        for year, known in sums.items():
            for key in MAIN_FIELDS:
                whole = known.whole.get(key)
                if whole is None or key not in known.parts:
                    continue
                total, counted = known.parts[key]
                self.lines.append(
                    FamilyLine(
                        organ=organ,
                        year=year,
                        field=key,
                        whole=whole.amount,
                        is_sure=whole.is_sure,
                        parts=total,
                        counted=counted,
                        reporting=known.reporting,
                        bodies=len(self._children[body]),
                        listed=self._kinship.listed.get(body),
                        listed_reporting=known.divisions,
                        covers=known.covers,
                    )
                )


def _finding(
    whole: str, part: str, year: int, odd: Sequence[tuple[str, Reading, Reading]], covers: str
) -> AcrossFinding:
    values = [f"{key} {tell_value(own.amount)} > {tell_value(total.amount)}" for key, own, total in odd]
    return AcrossFinding(
        rule=Rule.PART,
        severity="warning",
        organ=whole,
        years=(year,),
        fields=tuple(key for key, _, _ in odd),
        message=say(
            "report.across.part",
            part=part,
            year=year,
            whole=whole,
            values=list_first(values),
            covers=covers,
        ),
        documents=sources_of(reading for _, *both in odd for reading in both),
        weight=max((own.amount or 0.0) - (total.amount or 0.0) for _, own, total in odd),
    )
