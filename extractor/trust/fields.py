"""Beliefs → fields: value, confidence, place, and whether a person has to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from extractor.seams.calibrator import MAX_CONFIDENCE, Judge
from extractor.trust.features import measure
from extractor.trust.judging import explain, tell_confidences
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box
from extractor.values.option import Belief, Option
from extractor.values.reason import Reason
from extractor.values.result import Candidate, Field, FieldStatus, Kind
from extractor.values.slot import Slot

#: Candidates shown; less likely ones are noise.
#: ±20 %: no value, status or confidence.
_SHOWN, _SHOWN_MIN = 5, 1e-4

#: Page number and box in the page's own frame → box in PDF points.
ToPoints = Callable[[int, Box], Box]


def make_fields(decoded: Decoded, to_points: ToPoints, judge: Judge) -> tuple[Field, ...]:
    """The fields of a report, in the order of its slots."""
    features = measure(decoded)
    confidences, reasons = tell_confidences(decoded, features, judge), explain(decoded, features)
    made = []
    for slot, confidence in zip(decoded.slots, confidences, strict=True):
        told = reasons[slot.spec.id]
        is_accepted = confidence >= judge.threshold and not any(reason.is_final for reason in told)
        made.append(_make_field(slot, decoded, to_points, confidence, () if is_accepted else told))
    return tuple(made)


def _make_field(
    slot: Slot, decoded: Decoded, to_points: ToPoints, confidence: float, reasons: tuple[Reason, ...]
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
