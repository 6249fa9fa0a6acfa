"""Posterior → field: value, confidence, and whether a person has to look, with the reasons in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from extractor.candidates import Option, escaped
from extractor.columns import Slot
from extractor.decoding import Belief
from extractor.geometry import Box
from extractor.result import Candidate, Field, FieldStatus, Kind

#: Least confidence of an accepted field.
ACCEPT = 0.985
#: Nothing is ever certain.
MAX_CONFIDENCE = 0.9999
#: Rows whose label is less like the form's than this are named by their neighbours only.
_WEAK_LABEL = 0.5
#: Share of a table's fields that must be readable for it to be trusted in full, and what each further loss costs.
_WHOLE, _LOSS_WEIGHT = 0.95, 0.2
#: Factor on the confidence of a field whose row is named by its neighbours only.
_WEAK_ROW_FACTOR = 0.97
#: Where at least so many cells print 0 or a dash for nothing, blanks below this share of all nothings are odd.
_PRINTED_NOTHINGS, _ODD_BLANKS = 5, 0.3
_ODD_BLANK = "blank, where the table prints nothing as 0 or a dash elsewhere"
#: Candidates shown; less likely ones are noise.
_SHOWN, _SHOWN_MIN = 5, 1e-4

#: Page number and box in the page's own frame → box in PDF points.
ToPoints = Callable[[int, Box], Box]


def table_trust(slots: Sequence[Slot], options: Mapping[str, Sequence[Option]]) -> dict[str, float]:
    """Factor on the confidence of a table's fields, 0 to 1: a table half of which is lost is trusted in nothing.

    Where rows or cells are missing, what is left may be one row or column off, and the sums that would show it
    cannot be formed.
    """
    found: dict[str, list[bool]] = defaultdict(list)
    for slot in slots:
        found[slot.spec.table].append(bool(options[slot.spec.id]) and not slot.trouble)
    shares = {table: sum(flags) / len(flags) for table, flags in found.items()}
    return {table: 1.0 - _LOSS_WEIGHT * max(0.0, _WHOLE - share) for table, share in shares.items()}


def doubt_odd_blanks(slots: Sequence[Slot], options: Mapping[str, Sequence[Option]]) -> list[Slot]:
    """Slots, those in doubt that are blank in a table which elsewhere prints 0 or a dash where there is nothing.

    A report has one way of printing nothing; a whole blank row is more often the rest of a row that a page break cut.
    """
    nothing: dict[str, list[Kind]] = defaultdict(list)
    for slot in slots:
        found = options[slot.spec.id]
        if found and (found[0].content.value is None or found[0].content.value == 0):
            nothing[slot.spec.table].append(found[0].content.kind)
    odd = {
        table
        for table, kinds in nothing.items()
        if len(kinds) - kinds.count(Kind.BLANK) >= _PRINTED_NOTHINGS
        and kinds.count(Kind.BLANK) < _ODD_BLANKS * len(kinds)
    }
    return [
        replace(slot, trouble=_ODD_BLANK)
        if slot.spec.table in odd and not slot.trouble and _is_blank(slot)
        else slot
        for slot in slots
    ]


def _is_blank(slot: Slot) -> bool:
    return slot.cell is not None and slot.cell.ink is None


def make_field(
    slot: Slot, options: Sequence[Option], belief: Belief, to_points: ToPoints, *, trust: float = 1.0
) -> Field:
    """The field of a slot from its options and their posterior; `trust` is that of its table."""
    place = slot.cell.cell.box if slot.cell is not None else None
    box = to_points(slot.page_no, place) if place is not None and slot.page_no is not None else None
    if not options:
        return _unread_field(slot, box)
    order = sorted(range(len(options)), key=lambda i: -belief[i])
    best = options[order[0]]
    factor = 1.0 if slot.row_similarity >= _WEAK_LABEL else _WEAK_ROW_FACTOR
    confidence = min(MAX_CONFIDENCE, belief[order[0]]) * factor * trust * (0.5 if slot.trouble else 1.0)
    accepted = confidence >= ACCEPT
    return Field(
        id=slot.spec.id,
        value=best.content.value,
        raw=best.raw,
        kind=best.content.kind,
        confidence=confidence,
        status=FieldStatus.ACCEPTED if accepted else FieldStatus.REVIEW,
        page_no=slot.page_no,
        box=box,
        candidates=tuple(
            Candidate(options[i].raw, min(belief[i], MAX_CONFIDENCE))
            for i in order[:_SHOWN]
            if belief[i] >= _SHOWN_MIN
        ),
        reasons=() if accepted else _reasons(slot, options, belief, order, trust),
    )


def _unread_field(slot: Slot, box: Box | None) -> Field:
    missing = slot.cell is None
    return Field(
        id=slot.spec.id,
        value=None,
        raw=slot.cell.text if slot.cell is not None else "",
        kind=Kind.MISSING if missing else Kind.UNREADABLE,
        confidence=0.0,
        status=FieldStatus.REVIEW,
        page_no=slot.page_no,
        box=box,
        reasons=(
            "the row or cell was not found"
            if missing
            else slot.trouble or "the cell holds no readable number",
        ),
    )


def _reasons(
    slot: Slot, options: Sequence[Option], belief: Belief, order: Sequence[int], trust: float
) -> tuple[str, ...]:
    reasons = [slot.trouble] if slot.trouble else []
    likely = [options[i] for i in order if belief[i] >= 0.01][:3]
    if len(likely) > 1:
        reasons.append("reads " + " or ".join(_shown(option) for option in likely))
    elif escaped(options) > 0.02:
        reasons.append(f"reads {_shown(likely[0] if likely else options[order[0]])}, but unclearly")
    if slot.row_similarity < _WEAK_LABEL:
        reasons.append("the row's label is illegible; the row is named by its neighbours")
    if trust < 1.0 - 1e-9:
        reasons.append("much of this table could not be read")
    return tuple(reasons) or ("low confidence",)


def _shown(option: Option) -> str:
    return "blank" if option.content.kind is Kind.BLANK else option.raw
