"""Findings across documents: the reports of one public body from year to year.

Only accepted values are judged. One in doubt raises nothing but a jump, which is marked; what else it hides is
counted. Fields are compared by id, so that the forms of 2019 and 2021 are alike where they print the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from itertools import combinations, pairwise

from extractor.wording.said import Said, say
from workers.report.entities import Entity, YearOfReports
from workers.report.jumps import LEAST, Jump, distance, find_jump
from workers.report.kept import Reading, Source, State


class Rule(StrEnum):
    """What was compared, in the order in which findings are told."""

    JUMP = "jump"
    CARRIED = "carried_forward"
    IN_FORCE = "in_force"
    DUPLICATE = "duplicate_report"
    PART = "part_exceeds_whole"


@dataclass(frozen=True, slots=True)
class AcrossFinding:
    """Something odd between reports.

    years: of a jump the odd one first. fields: ids. message: for people. documents: where the values stand,
    in the order of the years. weight: the larger the more telling,
    comparable within a rule only. in_doubt: a value compared is in review; of jumps only.
    """

    rule: Rule
    severity: str
    organ: str
    years: tuple[int, ...]
    fields: tuple[str, ...]
    message: Said
    documents: tuple[Source, ...]
    weight: float = 0.0
    in_doubt: bool = False


@dataclass(slots=True)
class Compared:
    """How often a rule could judge: pairs of values, and pairs that differ with one of them in doubt."""

    pairs: Counter[Rule] = field(default_factory=Counter)
    in_doubt: Counter[Rule] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Year:
    year: int
    readings: Mapping[str, Reading]


#: A year's neighbours are at most this far: over a gap of more anything may have changed.
_GAP = 2
#: Units of these are as printed, or they are differences themselves: neither can be compared with another year.
_INCOMPARABLE = (".change", ".procurement.amount")
_FORWARD, _OVER = "requests.carried_forward.", "requests.carried_over."
#: Of the 2021 form: in force, made, abolished. That of 2019 tells what is public, and nothing of what is abolished.
_IN_FORCE = tuple(
    tuple(f"disclosure.{what}.{part}" for part in ("in_force", "issued", "repealed"))
    for what in ("regulations", "normative_documents")
)
#: Differing fields named in a message; all are in `fields`.
_NAMED = 6
_LOOKS = {
    Jump.POINT: "point",
    Jump.ADDED: "added",
    Jump.LOST: "lost",
    Jump.CHANGED: "changed",
    Jump.TENFOLD: "tenfold",
}


def judge(entity: Entity, compared: Compared) -> Iterator[AcrossFinding]:
    """All findings between the reports of one body, jumps first; `compared` counts what was judged."""
    years = [_Year(told.year, told.merged()) for told in entity.years]
    for rule in (_jumps, _carried, _in_force, _duplicates):
        yield from rule(entity, years, compared)


def _jumps(entity: Entity, years: Sequence[_Year], compared: Compared) -> Iterator[AcrossFinding]:
    for key in dict.fromkeys(key for told in years for key in told.readings):
        if key.endswith(_INCOMPARABLE):
            continue
        line = [(told.year, told.readings[key]) for told in years if key in told.readings]
        if all(abs(reading.value or 0.0) < LEAST for _, reading in line):
            continue
        yield from _jumps_of(entity.name, key, line, compared)


def _jumps_of(
    organ: str, key: str, line: Sequence[tuple[int, Reading]], compared: Compared
) -> Iterator[AcrossFinding]:
    """Jumps of one field, those that two years show before those that one does.

    Beside a year that jumps its neighbour seems to jump too: that is the same finding, and is not told again.
    """
    made = []
    for place, (_, reading) in enumerate(line):
        beside = _beside(line, place)
        if reading.value is None or not beside:
            continue
        compared.pairs[Rule.JUMP] += len(beside)
        found = find_jump(reading.value, [other.value or 0.0 for _, other in beside])
        if found is not None:
            made.append(_jump(organ, key, line[place], beside, found))
    told: set[int] = set()
    for finding in sorted(made, key=lambda one: (-len(one.years), -one.weight, -one.years[0])):
        if told.isdisjoint(finding.years[1:]):
            told.add(finding.years[0])
            yield finding


def _beside(line: Sequence[tuple[int, Reading]], place: int) -> list[tuple[int, Reading]]:
    """Readings of the years before and after that can be relied on."""
    year = line[place][0]
    near = [line[at] for at in (place - 1, place + 1) if 0 <= at < len(line)]
    return [
        (other, reading)
        for other, reading in near
        if reading.state is State.ACCEPTED and abs(other - year) <= _GAP
    ]


def _jump(
    organ: str,
    key: str,
    here: tuple[int, Reading],
    beside: Sequence[tuple[int, Reading]],
    found: tuple[Jump, int],
) -> AcrossFinding:
    year, reading = here
    in_doubt = reading.state is State.DOUBTFUL
    first = [beside[found[1]], *(other for at, other in enumerate(beside) if at != found[1])]
    in_years = [
        say("report.across.in_year", value=tell_value(other.value), year=str(at)) for at, other in first
    ]
    both = (
        in_years[0]
        if len(in_years) == 1
        else say("report.across.two_years", first=in_years[0], second=in_years[1])
    )
    return AcrossFinding(
        rule=Rule.JUMP,
        severity="info" if in_doubt else "warning",
        organ=organ,
        years=(year, *(at for at, _ in first)),
        fields=(key,),
        message=say(
            "report.across.jump",
            field=key,
            value=tell_value(reading.value),
            doubt=say("report.across.doubt") if in_doubt else "",
            year=year,
            beside=both,
            looks=say(f"report.across.looks.{_LOOKS[found[0]]}"),
        ),
        documents=(reading.source, *(other.source for _, other in first)),
        weight=_weigh(reading, first),
        in_doubt=in_doubt,
    )


def _weigh(reading: Reading, beside: Sequence[tuple[int, Reading]]) -> float:
    """Two neighbours that agree tell more than one, and both more than two that do not."""
    values = [other.value or 0.0 for _, other in beside]
    far = min(distance(reading.value or 0.0, value) for value in values)
    agreeing = len(values) > 1 and distance(values[0], values[1]) < math.sqrt(far)
    return (100.0 if agreeing else 0.0) + math.log10(far)


def carried_partner(key: str) -> tuple[str, int] | None:
    """The field that holds the same number in the report of another year, and how many years later that is.

    What one year carries forward the next has carried over; None for fields that are neither.
    """
    if key.startswith(_FORWARD):
        return _carried_over(key), 1
    if key.startswith(_OVER):
        return _FORWARD + key.removeprefix(_OVER), -1
    return None


def _carried_over(forward: str) -> str:
    return _OVER + forward.removeprefix(_FORWARD)


def _carried(entity: Entity, years: Sequence[_Year], compared: Compared) -> Iterator[AcrossFinding]:
    for before, after in _following(years):
        pairs = [
            (key, other, before.readings[key], after.readings[other])
            for key in before.readings
            if key.startswith(_FORWARD) and (other := _carried_over(key)) in after.readings
        ]
        odd = [pair for pair in pairs if _differ(Rule.CARRIED, pair[2:], compared)]
        if not odd:
            continue
        told = [
            f"{key.rpartition('.')[2]} {tell_value(a.amount)} → {tell_value(b.amount)}"
            for key, _, a, b in odd
        ]
        yield AcrossFinding(
            rule=Rule.CARRIED,
            severity="warning",
            organ=entity.name,
            years=(before.year, after.year),
            fields=tuple(name for key, other, _, _ in odd for name in (key, other)),
            message=say(
                "report.across.carried", before=before.year, after=after.year, values=list_first(told)
            ),
            documents=sources_of(reading for _, _, *readings in odd for reading in readings),
            weight=max(abs((a.amount or 0.0) - (b.amount or 0.0)) for _, _, a, b in odd),
        )


def _in_force(entity: Entity, years: Sequence[_Year], compared: Compared) -> Iterator[AcrossFinding]:
    for before, after in _following(years):
        for stock, made, gone in _IN_FORCE:
            readings = (
                before.readings.get(stock),
                *(after.readings.get(key) for key in (made, gone, stock)),
            )
            terms = [reading for reading in readings if reading is not None]
            if len(terms) < len(readings) or not _differ(Rule.IN_FORCE, terms, compared):
                continue
            old, new, less, now = (reading.amount or 0.0 for reading in terms)
            due = (
                f"{tell_value(old)} + {tell_value(new)} − {tell_value(less)} = {tell_value(old + new - less)}"
            )
            yield AcrossFinding(
                rule=Rule.IN_FORCE,
                severity="info",
                organ=entity.name,
                years=(before.year, after.year),
                fields=(stock, made, gone),
                message=say(
                    "report.across.in_force",
                    before=before.year,
                    after=after.year,
                    due=due,
                    now=tell_value(now),
                ),
                documents=sources_of(terms),
                weight=abs(old + new - less - now),
            )


def _duplicates(entity: Entity, years: Sequence[_Year], compared: Compared) -> Iterator[AcrossFinding]:
    del years
    for told in entity.years:
        for one, other in combinations(told.reports[:_NAMED], 2):
            found = _differing(entity.name, told, (one, other), compared)
            if found is not None:
                yield found


def _differing(
    organ: str,
    told: YearOfReports,
    reports: tuple[Mapping[str, Reading], Mapping[str, Reading]],
    compared: Compared,
) -> AcrossFinding | None:
    one, other = reports
    pairs = [(key, one[key], other[key]) for key in one if key in other]
    odd = [pair for pair in pairs if _differ(Rule.DUPLICATE, pair[1:], compared)]
    if not odd:
        return None
    values = [f"{key} {tell_value(a.value)} / {tell_value(b.value)}" for key, a, b in odd]
    return AcrossFinding(
        rule=Rule.DUPLICATE,
        severity="warning",
        organ=organ,
        years=(told.year,),
        fields=tuple(key for key, _, _ in odd),
        message=say("report.across.duplicate", year=told.year, count=len(odd), values=list_first(values)),
        documents=sources_of(reading for _, *both in odd for reading in both),
        weight=float(len(odd)),
    )


def _differ(rule: Rule, readings: Sequence[Reading], compared: Compared) -> bool:
    """Whether accepted amounts do not fit: two are to be equal, four to be a + b − c = d."""
    amounts = [reading.amount for reading in readings]
    numbers = [amount for amount in amounts if amount is not None]
    if len(numbers) < len(amounts):
        return False
    compared.pairs[rule] += 1
    due = numbers[0] if len(numbers) == 2 else numbers[0] + numbers[1] - numbers[2]
    if math.isclose(due, numbers[-1], rel_tol=1e-9, abs_tol=1e-9):
        return False
    is_sure = all(reading.is_sure for reading in readings)
    compared.in_doubt[rule] += not is_sure
    return is_sure


def _following(years: Sequence[_Year]) -> Iterator[tuple[_Year, _Year]]:
    return ((a, b) for a, b in pairwise(years) if b.year == a.year + 1)


def sources_of(readings: Iterator[Reading] | Sequence[Reading]) -> tuple[Source, ...]:
    """Where readings stand, each place once."""
    return tuple(dict.fromkeys(reading.source for reading in readings))


def list_first(told: Sequence[str]) -> str:
    """The first few of what is told, and a sign that there is more."""
    return reduce(
        lambda before, value: say("report.across.listed", before=before, value=value),
        [*told[:_NAMED], *(["…"] if len(told) > _NAMED else [])],
    )


def tell_value(value: float | None) -> str:
    """A value for people."""
    return "–" if value is None else f"{value:.15g}"
