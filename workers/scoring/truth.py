"""Results beside truth: every field that the truth names becomes one scored field, none is left out."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractor.seams.errors import NoInputError, UsageError
from extractor.values.result import Fact, Field, FieldStatus, Kind, Report, Result
from extractor.wording.said import say
from models.kinds import list_damage
from workers.files.storage import read_result

_SUFFIX = ".truth.json"
#: Values closer than this are the same number.
_EQUAL = 1e-9
#: Kinds that are no answer, so never right, whatever value they carry.
_NO_ANSWER = (Kind.MISSING, Kind.UNREADABLE)


@dataclass(frozen=True, slots=True)
class ScoredField:
    """A field of the truth with what was read; page_no and bbox (PDF points, top-left) tell where.

    broken_sum: a sum of it does not add up as read. origin: kind of the page it was read on, "" where it was not.
    """

    document: str
    id: str
    truth: float | None
    value: float | None
    raw: str
    exact: bool
    accepted: bool
    confidence: float
    page_no: int | None
    bbox: tuple[float, float, float, float] | None
    broken_sum: bool = False
    origin: str = ""

    @property
    def silent_error(self) -> bool:
        return self.accepted and not self.exact


@dataclass(frozen=True, slots=True)
class ScoredReport:
    """A report of the truth; organ is None where the truth names none.

    facts: how many the truth names, facts_right: how many of them were found, facts_extra: how many more of the same
    ids were found, which are wrong. A truth that names no facts judges none.
    """

    fields: tuple[ScoredField, ...]
    organ: bool | None
    year: bool
    form: bool
    facts: int = 0
    facts_right: int = 0
    facts_extra: int = 0


@dataclass(frozen=True, slots=True)
class ScoredDocument:
    """A document of the truth; `counted` is true when as many reports were found as there are.

    damage: what a generated one was damaged with, in words; nothing for any other.
    """

    name: str
    group: str
    reports: tuple[ScoredReport, ...]
    counted: bool
    damage: tuple[str, ...] = ()

    @property
    def fields(self) -> list[ScoredField]:
        return [field for report in self.reports for field in report.fields]

    @property
    def exact(self) -> bool:
        return self.counted and all(field.exact for field in self.fields)

    @property
    def straight_through(self) -> bool:
        """Whether nobody had to look: every field right and accepted."""
        return self.exact and all(field.accepted for field in self.fields)


def score_folder(results: Path, truths: Path) -> list[ScoredDocument]:
    """Scores every truth file against the result of the same name; one without a result is all wrong.

    Raises:
        NoInputError: the folder holds no truth file.
        UsageError: a file cannot be read as what it should be.
    """
    documents = [_score(path, results) for path in _truth_files(truths)]
    if not documents:
        raise NoInputError(say("messages.files.no_truth", suffix=_SUFFIX, folder=truths))
    return documents


def _truth_files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob(f"*{_SUFFIX}"))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(say("messages.options.unreadable_file", path=path, why=error)) from error
    if not isinstance(content, dict):
        raise UsageError(say("messages.files.no_object", path=path))
    return content


def _score(path: Path, results: Path) -> ScoredDocument:
    name = path.name.removesuffix(_SUFFIX)
    truth = _read_json(path)
    if not isinstance(truth.get("reports"), list) or "case" not in truth:
        raise UsageError(say("messages.files.no_truth_file", path=path))
    result = _result(results / f"{name}.json")
    reports = result.reports if result is not None else ()
    origins = {page.number: str(page.kind) for page in (result.pages if result is not None else ())}
    scored = [
        _score_report(name, expected, reports[index] if index < len(reports) else None, origins)
        for index, expected in enumerate(truth["reports"])
    ]
    counted = len(reports) == len(truth["reports"])
    return ScoredDocument(name, truth["case"], tuple(scored), counted, list_damage(truth))


def _result(path: Path) -> Result | None:
    """The result at `path`, None where there is no file."""
    if not path.exists():
        return None
    result = read_result(path)
    if result is None:
        raise UsageError(say("messages.show.no_result", path=path))
    return result


def _score_report(
    name: str, truth: dict[str, Any], report: Report | None, origins: Mapping[int, str]
) -> ScoredReport:
    found = report.by_id if report is not None else {}
    findings = report.findings if report is not None else ()
    broken = {key for finding in findings if finding.kind == "arithmetic" for key in finding.fields}
    fields = [
        replace(
            _score_field(name, id_, value, found.get(id_)),
            broken_sum=id_ in broken,
            origin=origins.get(found[id_].page_no or 0, "") if id_ in found else "",
        )
        for id_, value in truth["fields"].items()
    ]
    organ = report.organ.value if report is not None else None
    return ScoredReport(
        fields=tuple(fields),
        organ=_plain(truth["organ"]) == _plain(organ) if truth.get("organ") else None,
        year=report is not None and truth["year"] == report.year.value,
        form=report is not None and truth["form"] == report.form,
        **_score_facts(truth.get("facts") or {}, report.facts if report is not None else ()),
    )


def _score_facts(truth: dict[str, float], found: Sequence[Fact]) -> dict[str, int]:
    told = {(fact.id, fact.value) for fact in found if fact.id in truth}
    right = sum((key, value) in told for key, value in truth.items())
    return {"facts": len(truth), "facts_right": right, "facts_extra": len(told) - right}


def _score_field(document: str, field_id: str, truth: float | None, found: Field | None) -> ScoredField:
    if found is None:
        return ScoredField(
            document,
            field_id,
            truth,
            None,
            "",
            exact=False,
            accepted=False,
            confidence=0.0,
            page_no=None,
            bbox=None,
        )
    box = found.box
    return ScoredField(
        document=document,
        id=field_id,
        truth=truth,
        value=found.value,
        raw=found.raw,
        exact=found.kind not in _NO_ANSWER and _same(truth, found.value),
        accepted=found.status is FieldStatus.ACCEPTED,
        confidence=found.confidence,
        page_no=found.page_no,
        bbox=(box.left, box.top, box.right, box.bottom) if box is not None else None,
    )


def _same(truth: float | None, value: float | None) -> bool:
    if truth is None or value is None:
        return truth is value
    return abs(float(truth) - float(value)) < _EQUAL


def _plain(text: str | int | None) -> str:
    """Text as it counts for comparison: widths unified, blanks left out."""
    return unicodedata.normalize("NFKC", str(text or "")).replace(" ", "")
