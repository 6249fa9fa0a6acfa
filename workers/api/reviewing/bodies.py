"""The JSON of reviews, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path as InPath
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from extractor.values.result import Kind
from workers.api.reviewing.together import Bond
from workers.service.reviewing.doubts import Doubt

#: What stands in a cell, or a name.
ToldKind = Kind | Literal["text"]
#: A text that a store can keep: PostgreSQL knows no NUL.
TEXT = r"^[^\x00]*$"
JOB = r"^[0-9a-f]{32}$"
SESSION = r"^[0-9A-Za-z-]{0,64}$"
#: Reports of one document, at most.
MAX_REPORT = 9999
#: The same within a path.
ReportInPath = Annotated[int, InPath(ge=0, le=MAX_REPORT)]
FieldInPath = Annotated[str, InPath(max_length=300, pattern=TEXT)]
Wanted = Annotated[str, Field(max_length=200, pattern=TEXT)]


def _no_text(value: object) -> object:
    # What JSON calls a whole number, 3.0 too, and nothing else that Python would take for one.
    if isinstance(value, bool | str):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic takes no other
    return value


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldName(Body):
    """Which field. report: position in the result, from 0."""

    job: Annotated[str, Field(pattern=JOB)]
    report: Annotated[int, Field(ge=0, le=MAX_REPORT), BeforeValidator(_no_text)]
    field: Annotated[str, Field(max_length=300, pattern=TEXT)]


class NextRequest(Body):
    """Which field is wanted next. session: of the page that asks; a person may have several.

    held: fields the page has in hand already. organ matches parts; not_job leaves a document out.
    """

    session: Annotated[str, Field(pattern=SESSION)] = ""
    held: Annotated[list[FieldName], Field(max_length=400)] = []
    form: Wanted = ""
    year: Wanted = ""
    organ: Wanted = ""
    job: Wanted = ""
    reason: Doubt | None = None
    not_job: Wanted = ""
    batch: Wanted = ""


class WholeRequest(FieldName):
    """All that is open in the row, column or table of a field, for one session."""

    whole: Literal["row", "column", "table"]
    session: Annotated[str, Field(pattern=SESSION)] = ""


class AlikeRequest(FieldName):
    """All that is open and reads what a field does, of those that the filters of `NextRequest` let through."""

    session: Annotated[str, Field(pattern=SESSION)] = ""
    form: Wanted = ""
    year: Wanted = ""
    organ: Wanted = ""
    batch: Wanted = ""
    only_job: Annotated[str, Field(pattern=rf"{JOB}|^$")] = ""


class DecisionRequest(Body):
    """What is printed in the cell. raw: as printed; for a number it says the value, for others it may be empty.

    A text is the report's organ, whose field is `organ`; its year is the number of the field `year`.

    Of what nobody can read, or is not printed, no raw is kept.

    printed_so: it is printed so although a sum does not hold. seconds: how long it took to decide.
    """

    kind: Literal["number", "blank", "dash", "unreadable", "missing", "text"]
    raw: Annotated[str, Field(max_length=200, pattern=TEXT)] = ""
    printed_so: Annotated[bool, Field(strict=True)] = False
    seconds: Annotated[float, Field(ge=0, le=86_400, strict=True)] = 0.0
    session: Annotated[str, Field(pattern=SESSION)] = ""


class TogetherDecision(Body):
    """One of several decisions. version: of the field as it was seen; the rest as `DecisionRequest` has it."""

    field: Annotated[str, Field(max_length=300, pattern=TEXT)]
    version: Annotated[int, Field(ge=0, le=999_999_999), BeforeValidator(_no_text)]
    kind: Literal["number", "blank", "dash", "unreadable", "missing", "text"]
    raw: Annotated[str, Field(max_length=200, pattern=TEXT)] = ""
    printed_so: Annotated[bool, Field(strict=True)] = False


class TogetherRequest(Body):
    """What is printed in several cells of one report. seconds: how long it took to decide them all."""

    report: Annotated[int, Field(ge=0, le=MAX_REPORT), BeforeValidator(_no_text)]
    decisions: Annotated[list[TogetherDecision], Field(min_length=1, max_length=400)]
    seconds: Annotated[float, Field(ge=0, le=86_400, strict=True)] = 0.0
    session: Annotated[str, Field(pattern=SESSION)] = ""


class UndoRequest(Body):
    """seconds: how long it took to decide."""

    seconds: Annotated[float, Field(ge=0, le=86_400, strict=True)] = 0.0
    session: Annotated[str, Field(pattern=SESSION)] = ""


class UndoLastRequest(UndoRequest):
    """job: of which document alone; empty for whatever was decided last."""

    job: Annotated[str, Field(pattern=rf"{JOB}|^$")] = ""


class Reading(Body):
    """What a cell says, and how sure that is."""

    kind: ToldKind
    value: float | None
    raw: str
    confidence: float


class CandidateBody(Body):
    """A reading the pixels allow. kind: null where the text says nothing that counts."""

    raw: str
    kind: ToldKind | None
    value: float | None
    probability: float


class SumPart(Body):
    """A field of a sum as it stands. label: the innermost labels of its row and column.

    printed_so: somebody says it is printed so although a sum does not hold. bbox: as in `Place`, on that page.
    """

    field: str
    label: str
    kind: Kind
    value: float | None
    open: bool
    printed_so: bool
    page: int | None
    bbox: list[float] | None


class SumBody(Body):
    """What should add up: left = right. difference: null where that cannot be judged."""

    id: str
    message: str
    left: list[SumPart]
    right: list[SumPart]
    difference: float | None


class Place(Body):
    """Where the cell is. bbox: left, top, right, bottom in PDF points of the page as a viewer shows it.

    rotation: degrees clockwise by which the page is to be turned to be upright. frame: the cell in its crop, as
    shares of the crop's width and height from its top left corner. label, header: where the name of its row and the
    header of its column are; row, column: all of them, with their names. None for a field of no table.
    """

    page: int
    bbox: list[float]
    width: float
    height: float
    rotation: int
    frame: list[float]
    label: list[float] | None
    header: list[float] | None
    row: list[float] | None
    column: list[float] | None


class FieldState(Body):
    """A field as it stands. origin: whose value it is. version: what If-Match has to name.

    label: the innermost labels of its row and column. open: whether it waits in the queue.
    """

    job: str
    report: int
    field: str
    label: str
    open: bool
    version: int
    kind: ToldKind
    value: float | None
    raw: str
    confidence: float
    status: Literal["accepted", "review"]
    origin: Literal["machine", "person", "settled"]
    printed_so: bool
    machine: Reading


class ReasonBody(Body):
    """Why a field is in review, as a code with what its sentence is filled with."""

    code: str
    parameters: dict[str, Any]


class CommentBody(Body):
    """What somebody said about a field."""

    who: str
    made: AwareDatetime
    text: str


class CommentRequest(Body):
    """What is to be said about a field."""

    text: Annotated[str, Field(min_length=1, max_length=500, pattern=TEXT)]


class FieldCard(FieldState):
    """A field with all that a person needs to decide. name: of the document; waiting: open fields of it.

    reasons: in English; reasons_in: the same by language. printed_label, printed_header: the words that are printed
    in place of the form's, where those of its row or column are in doubt and were read.
    """

    name: str
    form: str
    organ: str
    year: str
    table: str
    heading: str
    row: list[str]
    column: list[str]
    unit: str
    decimals: bool
    doubt: Doubt | None
    reasons: list[str]
    reason_codes: list[ReasonBody]
    reasons_in: dict[str, list[str]]
    printed_label: str
    printed_header: str
    candidates: list[CandidateBody]
    sums: list[SumBody]
    place: Place | None
    pages: list[int]
    neighbours: dict[str, str]
    waiting: int
    comments: list[CommentBody]


class AskedCard(FieldCard):
    """The field that is asked about. together: all fields its question settles, itself among them; none if alone.

    bond: what they have in common.
    """

    bond: Bond | None
    together: list[FieldCard]


class TwinsBody(Body):
    """Accepted fields that look like one that was corrected, the likest first. compared: with how many it was."""

    fields: list[FieldCard]
    compared: int


class NextBody(Body):
    """field: null when nobody has to be asked anything any more. waiting: open fields that match."""

    field: AskedCard | None
    claimed_until: AwareDatetime | None
    waiting: int


class Decided(Body):
    """What a decision did. settled, reopened: other fields of the report that the sums settled or gave back.

    reviewed: whether nothing is open in the report. contradicted: fields of the same body's other years that were
    accepted unseen and are not what they would have to be by this decision.
    """

    field: FieldState
    settled: list[FieldState]
    reopened: list[FieldState]
    reviewed: bool
    contradicted: list[FieldState]


class DecidedTogether(Body):
    """What decisions did. fields: those decided, in their order; the rest as `Decided` has it."""

    fields: list[FieldState]
    settled: list[FieldState]
    reviewed: bool
    contradicted: list[FieldState]


class StepBody(Body):
    """A step in the history of a field. who: "settled" for the sums. cause: the step that it came of or with."""

    id: int
    report: int
    field: str
    act: Literal["decide", "settle", "undo"]
    who: str
    made: AwareDatetime
    seconds: float
    reading: Reading
    printed_so: bool
    audit: bool
    cause: int | None
    undoes: int | None


class Undone(Body):
    """What was taken back. field: as it stands now; taken: the decision about it; reopened: as `Decided` has it."""

    field: FieldState
    taken: StepBody
    reopened: list[FieldState]


class HistoryBody(Body):
    """Oldest first."""

    steps: list[StepBody]


class AuditBody(Body):
    """The audit sample. rate: share of accepted fields that are wrong, null before any was looked at.

    low, high: its 95 % interval.
    """

    right: int
    wrong: int
    open: int
    rate: float | None
    low: float
    high: float


class ReviewBody(Body):
    """The queue in short. waiting: open fields by what is doubtful about them."""

    waiting: dict[str, int]
    audit: AuditBody


class Released(Body):
    """How many fields were given back."""

    released: int
