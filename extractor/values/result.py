"""The result of one document as frozen values (`output.result_json` writes and reads them as JSON).

Boxes here are PDF points, origin at the top left of the page as a viewer shows it; pages count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from extractor.forms.opening import OpenColumn, OpenRow
from extractor.forms.repeating import RepeatedTable
from extractor.values.geometry import Box
from extractor.values.reason import FindingCode, Parameter, Reason

SCHEMA_VERSION = "1"


class Kind(StrEnum):
    """What stands in a cell."""

    NUMBER = "number"
    BLANK = "blank"
    DASH = "dash"
    UNREADABLE = "unreadable"
    #: The form has this field and the document does not print it.
    MISSING = "missing"


class FieldStatus(StrEnum):
    ACCEPTED = "accepted"
    REVIEW = "review"


class ResultStatus(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    NO_FORM_FOUND = "no_form_found"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about the data that a user should know; `page_no` None is the whole document."""

    code: str
    message: str
    page_no: int | None = None


#: Codes of what is told of a document's searchable copy: that there is none, and that it is not declared PDF/A.
NO_COPY, NOT_ARCHIVAL = "no_copy", "not_archival"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible reading of a cell with its posterior probability, 0 to 1."""

    raw: str
    probability: float


class Origin(StrEnum):
    """Who a value of a reviewed result is from; settled: it follows from what people decided, and sums."""

    MACHINE = "machine"
    PERSON = "person"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class MachineReading:
    """What the machine had of a field that was decided otherwise since."""

    value: float | None
    raw: str
    kind: Kind
    confidence: float
    status: FieldStatus


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical datum. `value` is what is printed; None for blank, dash, unreadable and missing.

    origin: None where the result was not reviewed. machine: None where the value is the machine's own. printed_so: a
    person said that the document prints it so, although sums say otherwise.
    """

    id: str
    value: float | None
    raw: str
    kind: Kind
    confidence: float
    status: FieldStatus
    page_no: int | None = None
    box: Box | None = None
    candidates: tuple[Candidate, ...] = ()
    reasons: tuple[Reason, ...] = ()
    origin: Origin | None = None
    machine: MachineReading | None = None
    printed_so: bool = False


@dataclass(frozen=True, slots=True)
class TextField:
    """The organ (text) or the year (a whole number); value None where it was not found."""

    value: str | int | None
    confidence: float
    status: FieldStatus
    page_no: int | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A section of prose; paragraphs of `text` are separated by a line feed."""

    number: int
    title: str
    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number the prose states; `text` is its sentence.

    approximate: said so (余, 约). scope: "own", "area" for all bodies of a district, "part" for
    one of several. year: the calendar year it is
    said of, None for the report's own. confidence: that it is read rightly.
    """

    id: str
    value: float
    unit: str
    text: str
    page_no: int
    box: Box | None
    confidence: float
    approximate: bool = False
    scope: str = "own"
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction or oddity of what is printed; `kind` is arithmetic, prose, date or form."""

    rule: str
    kind: str
    severity: str
    code: FindingCode
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One annual report; `pages` are the first and the last page number.

    reviewed: whether no field is open any more; None where the result was not reviewed. open_rows,
    open_columns: those that it prints where its form leaves them open, in printed order. repeated_tables: the
    tables that it prints several times.
    """

    form: str
    title: str
    pages: tuple[int, int]
    organ: TextField
    year: TextField
    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    reviewed: bool | None = None
    open_rows: tuple[OpenRow, ...] = ()
    open_columns: tuple[OpenColumn, ...] = ()
    repeated_tables: tuple[RepeatedTable, ...] = ()

    @property
    def by_id(self) -> dict[str, Field]:
        """Its fields by their ids, in the form's order."""
        return {item.id: item for item in self.fields}


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Width and height in PDF points as shown; rotation clockwise in degrees to turn upright; skew in degrees."""

    number: int
    width: float
    height: float
    kind: str
    rotation: int = 0
    skew: float = 0.0
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The file. duplicate_of: the document of the same bytes that was read instead, "" where it was read itself."""

    name: str
    sha256: str
    bytes: int
    pages: int
    duplicate_of: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Everything read from one document."""

    source: Source
    status: ResultStatus
    reports: tuple[Report, ...] = ()
    pages: tuple[PageFacts, ...] = ()
    issues: tuple[Issue, ...] = ()
    engine: dict[str, str] = field(default_factory=dict)
    #: Seconds by stage.
    timing: dict[str, float] = field(default_factory=dict)
