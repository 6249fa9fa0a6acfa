"""Beliefs → fields: value, confidence, place, and whether a person has to look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from extractor.calibrator import MAX_CONFIDENCE, Judge
from extractor.candidates import Option
from extractor.columns import Slot
from extractor.decoding import Belief
from extractor.geometry import Box
from extractor.judging import explain, tell_confidences
from extractor.result import Candidate, Field, FieldStatus, Kind
from extractor.solving import Decoded

#: Where at least so many cells print 0 or a dash for nothing, blanks below this share of all nothings are odd.
_PRINTED_NOTHINGS, _ODD_BLANKS = 5, 0.3
_ODD_BLANK = "blank, where the table prints nothing as 0 or a dash elsewhere"
#: Candidates shown; less likely ones are noise.
_SHOWN, _SHOWN_MIN = 5, 1e-4

#: Page number and box in the page's own frame → box in PDF points.
ToPoints = Callable[[int, Box], Box]


def make_fields(decoded: Decoded, to_points: ToPoints, judge: Judge) -> tuple[Field, ...]:
    """The fields of a report, in the order of its slots."""
    doubted = replace(decoded, slots=doubt_odd_blanks(decoded.slots, decoded.options))
    confidences, reasons, threshold = tell_confidences(doubted, judge), explain(doubted), judge.threshold
    return tuple(
        _make_field(
            slot, doubted, to_points, confidence, () if confidence >= threshold else reasons[slot.spec.id]
        )
        for slot, confidence in zip(doubted.slots, confidences, strict=True)
    )


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


def _make_field(
    slot: Slot, decoded: Decoded, to_points: ToPoints, confidence: float, reasons: tuple[str, ...]
) -> Field:
    """A field; one with reasons to look at it is in review."""
    place = slot.cell.cell.box if slot.cell is not None else None
    box = to_points(slot.page_no, place) if place is not None and slot.page_no is not None else None
    best = decoded.best(slot.spec.id)
    return Field(
        id=slot.spec.id,
        value=best.content.value if best else None,
        raw=best.raw if best else slot.cell.text if slot.cell else "",
        kind=best.content.kind if best else Kind.UNREADABLE if slot.cell else Kind.MISSING,
        confidence=confidence if best else 0.0,
        status=FieldStatus.REVIEW if reasons or best is None else FieldStatus.ACCEPTED,
        page_no=slot.page_no,
        box=box,
        candidates=_candidates(decoded.options[slot.spec.id], decoded.beliefs[slot.spec.id]),
        reasons=reasons,
    )


def _candidates(options: Sequence[Option], belief: Belief) -> tuple[Candidate, ...]:
    order = sorted(range(len(options)), key=lambda i: -belief[i])
    return tuple(
        Candidate(options[i].raw, min(belief[i], MAX_CONFIDENCE))
        for i in order[:_SHOWN]
        if belief[i] >= _SHOWN_MIN
    )
