"""Reports by public body and year: one body under all its names, one line of readings a year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from extractor.values.result import Report
from workers.report.coverage import told_area
from workers.report.kept import KeptReport, Reading, ReportStore, State
from workers.report.organs import merge_provinces, normalise

#: Spellings of one name that are shown; a name read badly can have as many as it has reports.
_MOST_NAMES = 20
#: Years that a report can be of: beyond them the year was misread, and neighbours would be made up.
_YEARS = range(1990, 2100)


@dataclass(frozen=True, slots=True)
class YearOfReports:
    """What a body reported of one year: each report's readings by id, in the order the documents came.

    covers: the sentence that says its figures are of its whole area; empty where no report has one.
    """

    year: int
    reports: tuple[Mapping[str, Reading], ...]
    covers: str = ""

    def merged(self) -> dict[str, Reading]:
        """One reading of every id; where accepted ones of two reports differ it is doubtful."""
        if len(self.reports) == 1:
            return dict(self.reports[0])
        merged: dict[str, Reading] = {}
        for report in self.reports:
            for key, reading in report.items():
                known = merged.get(key)
                if known is None or (reading.is_sure and not known.is_sure and known.state is State.DOUBTFUL):
                    merged[key] = reading
                elif known.is_sure and reading.is_sure and known.amount != reading.amount:
                    merged[key] = replace(known, state=State.DOUBTFUL)
        return merged


@dataclass(frozen=True, slots=True)
class Entity:
    """A public body. names: as printed, the one it is shown by first."""

    names: tuple[str, ...]
    years: tuple[YearOfReports, ...]

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True, slots=True)
class YearCoverage:
    """What there is of a body and a year. document: the last one with a report of it."""

    reports: int
    fields: int
    review: int
    findings: int
    document: str


@dataclass(frozen=True, slots=True)
class BodyCoverage:
    """A public body. others: its other names as printed."""

    name: str
    others: tuple[str, ...]
    years: Mapping[int, YearCoverage]

    @property
    def review(self) -> int:
        return sum(year.review for year in self.years.values())


@dataclass(slots=True)
class _Spelled:
    names: list[str] = field(default_factory=list)
    reports: list[KeptReport] = field(default_factory=list)

    def add_names(self, names: Sequence[str]) -> None:
        new = [name for name in names if name not in self.names]
        self.names += new[: max(0, _MOST_NAMES - len(self.names))]


@dataclass(slots=True)
class EntityStore:
    """Reports as they stream in. aliases: formal name by normalised name.

    unplaced: reports without an organ or a year that could be one; they are compared with none.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    unplaced: int = 0
    _store: ReportStore = field(default_factory=ReportStore)
    _organs: dict[str, _Spelled] = field(default_factory=dict)

    def add(self, document: str, reports: Sequence[Report]) -> None:
        """All reports of a document."""
        index = self._store.add_document(document)
        for number, report in enumerate(reports, start=1):
            printed, year = report.organ.value, report.year.value
            key = normalise(printed) if isinstance(printed, str) else ""
            if not (isinstance(printed, str) and key and isinstance(year, int) and year in _YEARS):
                self.unplaced += 1
                continue
            formal = self.aliases.get(key)
            spelled = self._organs.setdefault(normalise(formal) if formal else key, _Spelled())
            spelled.add_names([formal, printed] if formal else [printed])
            spelled.reports.append(self._store.pack(index, number, year, report, told_area(report)))

    def merge_names(self) -> None:
        """Puts names with and without their province together; call it once all reports are there."""
        for longer, shorter in merge_provinces(self._organs).items():
            if longer not in self.aliases:
                found = self._organs.pop(longer)
                self._organs[shorter].reports += found.reports
                self._organs[shorter].add_names(found.names)

    def entities(self) -> Iterator[Entity]:
        """Every body by its name, unpacked one at a time."""
        for key in sorted(self._organs):
            yield self.entity(key)

    def entity(self, key: str) -> Entity:
        """A body by its normalised name, unpacked."""
        spelled = self._organs[key]
        years: dict[int, list[Mapping[str, Reading]]] = {}
        covers: dict[int, str] = {}
        for kept in spelled.reports:
            years.setdefault(kept.year, []).append(dict(self._store.unpack(kept)))
            covers[kept.year] = covers.get(kept.year) or kept.covers
        told = (YearOfReports(year, tuple(years[year]), covers[year]) for year in sorted(years))
        return Entity(tuple(spelled.names), tuple(told))

    def keys(self) -> Iterator[str]:
        """Normalised names of all bodies."""
        return iter(self._organs)

    def covered(self) -> Iterator[BodyCoverage]:
        """How every body is covered; nothing is unpacked for it."""
        for spelled in self._organs.values():
            years: dict[int, YearCoverage] = {}
            for kept in spelled.reports:
                before = years.get(kept.year, YearCoverage(0, 0, 0, 0, ""))
                years[kept.year] = YearCoverage(
                    before.reports + 1,
                    before.fields + kept.fields,
                    before.review + kept.review,
                    before.findings + kept.findings,
                    self._store.documents[kept.document],
                )
            yield BodyCoverage(spelled.names[0], tuple(spelled.names[1:]), years)

    def __len__(self) -> int:
        return len(self._organs)
