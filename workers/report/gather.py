"""A stream of results → what the page tells: counts, coverage, and the findings across documents."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

from extractor.values.result import Result
from workers.report.across import AcrossFinding, Compared, Rule, judge
from workers.report.areas import Divisions, find_parents
from workers.report.entities import BodyCoverage, Entity, EntityStore
from workers.report.families import Families, FamilyLine
from workers.report.finding_file import FindingWriter
from workers.report.series import Series
from workers.report.tallies import Tallies, see

#: Findings of a rule on the page, bodies in its table, and lines of bodies beside their parts; the JSON has them all.
_MOST_FINDINGS, _MOST_BODIES, _MOST_LINES = 200, 200, 200


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the user knows of bodies. aliases: formal name by normalised name.

    parts: normalised name of the body that one is part of, by its own. divisions: which area lies in which.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    divisions: Divisions = field(default_factory=Divisions)


@dataclass(slots=True)
class Gathered:
    """All that is told. findings: the weightiest of each rule; found: how many there are of it.

    bodies: those with most in review first; body_count: how many there are; years: by year, how many bodies report.
    left_out: JSON files that are no results. families: bodies beside their parts, those with most parts first,
    where any of them has something to count; family_count: how many such lines there are.
    """

    tallies: Tallies = field(default_factory=Tallies)
    compared: Compared = field(default_factory=Compared)
    findings: dict[Rule, list[AcrossFinding]] = field(default_factory=dict)
    found: Counter[Rule] = field(default_factory=Counter)
    bodies: list[BodyCoverage] = field(default_factory=list)
    body_count: int = 0
    years: Counter[int] = field(default_factory=Counter)
    unplaced: int = 0
    left_out: int = 0
    families: list[FamilyLine] = field(default_factory=list)
    family_count: int = 0
    series: Series = field(default_factory=Series)


def gather(
    results: Iterable[tuple[str, Result | None]], knowledge: Knowledge, stream: IO[str] | None
) -> Gathered:
    """Reads the results once. stream: where all findings go as JSON."""
    told, entities = Gathered(), EntityStore(knowledge.aliases)
    for document, result in results:
        if result is None:
            told.left_out += 1
        else:
            told.tallies.add(see(document, result))
            # A copy would agree with what it is a copy of, and prove nothing.
            entities.add(document, () if result.source.duplicate_of else result.reports)
    told.tallies.finish()
    entities.merge_names()
    told.unplaced, told.body_count = entities.unplaced, len(entities)
    told.bodies = heapq.nsmallest(
        _MOST_BODIES, _covered(entities, told.years), key=lambda body: (-body.review, body.name)
    )
    kinship = find_parents(entities.keys(), knowledge.divisions, knowledge.parts)
    _judge_all(entities, Families(entities, kinship, told.compared), told, stream)
    return told


def _covered(entities: EntityStore, years: Counter[int]) -> Iterator[BodyCoverage]:
    for body in entities.covered():
        years.update(list(body.years))
        yield body


def _judge_all(entities: EntityStore, families: Families, told: Gathered, stream: IO[str] | None) -> None:
    with FindingWriter(stream) as file:
        within = (finding for entity in _seen(entities, told) for finding in judge(entity, told.compared))
        for finding in chain(within, families.judge()):
            file.add(finding)
            told.found[finding.rule] += 1
            _keep(told.findings.setdefault(finding.rule, []), finding)
        for line in families.lines:
            file.add_family(line)
    for found in told.findings.values():
        found.sort(key=_rank)
        del found[_MOST_FINDINGS:]
    lines = [line for line in families.lines if line.whole or line.parts]
    told.family_count = len(lines)
    told.families = heapq.nsmallest(
        _MOST_LINES, lines, key=lambda line: (-line.bodies, line.organ, -line.year, line.field)
    )


def _seen(entities: EntityStore, told: Gathered) -> Iterator[Entity]:
    """Every body, once what it reported over the years is kept."""
    for entity in entities.entities():
        told.series.add(entity)
        yield entity


def _keep(found: list[AcrossFinding], finding: AcrossFinding) -> None:
    found.append(finding)
    if len(found) >= 2 * _MOST_FINDINGS:
        found.sort(key=_rank)
        del found[_MOST_FINDINGS:]


def _rank(finding: AcrossFinding) -> tuple[bool, float, str, tuple[int, ...]]:
    return finding.in_doubt, -finding.weight, finding.organ, finding.years
