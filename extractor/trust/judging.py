"""Posterior → confidence and verdict: which fields are accepted, and why the others are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.deciding.candidates import escaped
from extractor.deciding.suspects import (
    find_mendable,
    find_suspects,
    find_unsigned,
    find_unvouched,
    measure_excess,
)
from extractor.seams.calibrator import ACCEPT, MAX_CONFIDENCE, Judge, Matrix
from extractor.trust.bounds import BOUND, SUSPECT, find_doubts, hold_back, is_named_by_sums
from extractor.trust.naming import WEAK_LABEL
from extractor.values.decoded import Decoded
from extractor.values.matched import NamedBy
from extractor.values.option import Option
from extractor.values.reason import Reason, ReasonCode, Trouble
from extractor.values.result import Kind
from extractor.values.slot import MISNAMING, Header, Slot

#: Share of a table's fields that must be readable for it to be trusted in full, and what each further loss costs.
#: ±20 %: 197 statuses.
_WHOLE, _LOSS_WEIGHT = 0.95, 0.25
#: Factors on the confidence of a field whose row its neighbours name, and of one cut from a doubtful cell.
#: ±20 %: nothing.
_WEAK_ROW_FACTOR, _TROUBLE_FACTOR = 0.97, 0.5
#: Least confidence in a field that is accepted by hand and taken from the file's own text.
#: ±20 %: confidence by 0.2 at most (read on 2 of 22 documents).
_FROM_FILE = 0.9995
#: Share of a cell from which on coloured ink over it is worth telling: a stroke of a seal's rim crosses it.
#: ±20 %: no value, status or confidence.
_SEALED = 0.04
#: Reasons of what the words above a column say.
_HEADERS = {
    Header.OTHER: ReasonCode.HEADER_OTHER,
    Header.UNIT: ReasonCode.UNIT_OTHER,
    Header.KEY: ReasonCode.COLUMN_KEY_UNSURE,
}
#: Doubts whose reason is told with what it is made of.
_TOLD_ELSEWHERE = frozenset(
    {ReasonCode.SUM_BROKEN, ReasonCode.TABLE_INCOMPLETE, ReasonCode.CELL_DIVIDED, ReasonCode.ODD_BLANK}
)


def tell_confidences(decoded: Decoded, features: Matrix, judge: Judge) -> list[float]:
    """Probability that each field is right, 0 to `MAX_CONFIDENCE`; 0 for fields that say nothing.

    features: of the fields in order, as `measure` gives them.
    """
    by_hand = tell_by_hand(decoded)
    from_file = _find_told_by_file(decoded)
    learnt = np.asarray(by_hand) if judge.calibrator is None else judge.calibrator.probabilities(features)
    told = [
        _tell_from_file(plain, judge) if slot.spec.id in from_file or not plain else min(MAX_CONFIDENCE, held)
        for slot, plain, held in zip(
            decoded.slots, by_hand, hold_back(learnt, features).tolist(), strict=True
        )
    ]
    doubted = (find_mendable(decoded) | find_unsigned(decoded)) - from_file
    misnamed = _find_misnamed(decoded, features).tolist()
    most = [
        BOUND if is_misnamed or _is_cut(slot) else SUSPECT if slot.spec.id in doubted else MAX_CONFIDENCE
        for slot, is_misnamed in zip(decoded.slots, misnamed, strict=True)
    ]
    return [min(confidence, limit) for confidence, limit in zip(told, most, strict=True)]


def _is_cut(slot: Slot) -> bool:
    """Whether a part of a figure stands in no column, or its decimals are cut off: its whole column may be cut so."""
    return slot.trouble is Trouble.ODD_PLACES or (slot.trouble is Trouble.DIVIDED and slot.unclaimed > 0)


def _find_misnamed(decoded: Decoded, features: Matrix) -> NDArray[np.bool_]:
    """Fields of rows whose legible label says something else than the form's, and of columns whose header does.

    A sum down a column names a row nevertheless. None names a column: sums hold whatever their columns are called.
    """
    row_other = np.array([slot.row_name.other for slot in decoded.slots], dtype=bool)
    column_other = np.array([slot.header in MISNAMING for slot in decoded.slots], dtype=bool)
    return np.asarray((row_other & ~is_named_by_sums(features)) | column_other, dtype=np.bool_)


def tell_by_hand(decoded: Decoded) -> list[float]:
    """Probability that each field is right by its posterior and its table's alone, 0 to `MAX_CONFIDENCE`."""
    suspects = find_suspects(decoded) - _find_told_by_file(decoded)
    return [
        min(told, SUSPECT) if slot.spec.id in suspects else told
        for slot, told in zip(decoded.slots, _plain_confidences(decoded), strict=True)
    ]


def _tell_from_file(plain: float, judge: Judge) -> float:
    """No calibrator knows what a file says of itself: nothing in it is misread, only its place may be mistaken."""
    if judge.calibrator is None:
        return plain
    return plain if plain < ACCEPT else max(plain, _FROM_FILE)


def _find_told_by_file(decoded: Decoded) -> frozenset[str]:
    """Fields whose text was taken from the file, blanks that were seen to be blank among them."""
    return frozenset(
        slot.spec.id
        for slot in decoded.slots
        if slot.cell is not None and slot.cell.reading is not None and slot.cell.reading.certain
    )


def _plain_confidences(decoded: Decoded) -> list[float]:
    trust = table_trust(decoded.slots, decoded.options)
    out = []
    for slot in decoded.slots:
        belief = max(decoded.beliefs[slot.spec.id], default=0.0)
        factor = 1.0 if slot.row_name.evidence >= WEAK_LABEL else _WEAK_ROW_FACTOR
        factor *= _TROUBLE_FACTOR if slot.trouble else 1.0
        out.append(min(MAX_CONFIDENCE, belief) * factor * trust[slot.spec.table])
    return out


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


def explain(decoded: Decoded, features: Matrix) -> dict[str, tuple[Reason, ...]]:
    """Why a person should look, by field; for every field, whether it is accepted or not."""
    trust = table_trust(decoded.slots, decoded.options)
    broken, unvouched = _broken_sums(decoded), find_unvouched(decoded)
    doubts = _list_doubts(decoded, features)
    told = {
        slot.spec.id: (*doubts[slot.spec.id], *_reasons(slot, decoded, broken, trust[slot.spec.table]))
        for slot in decoded.slots
    }
    otherwise = {slot.spec.id: _weakness(slot, unvouched) for slot in decoded.slots}
    return {key: reasons or (otherwise[key],) for key, reasons in told.items()}


def _list_doubts(decoded: Decoded, features: Matrix) -> dict[str, list[Reason]]:
    """By field what is seen in its ink that is not of the print or not of its reading, of cells that say anything."""
    found: dict[str, list[Reason]] = {slot.spec.id: [] for slot in decoded.slots}
    for code, doubted in find_doubts(features).items():
        for slot, is_doubted in zip(decoded.slots, doubted.tolist(), strict=True):
            if is_doubted and code not in _TOLD_ELSEWHERE:
                found[slot.spec.id].append(Reason(code))
    return found


def _weakness(slot: Slot, unvouched: Collection[str]) -> Reason:
    """What is weak about a field against which nothing speaks."""
    if slot.is_blank and slot.row_name.by is NamedBy.COUNT:
        return Reason(ReasonCode.BLANK_UNLABELLED)
    return Reason(ReasonCode.UNCONFIRMED if slot.spec.id in unvouched else ReasonCode.LOW_CONFIDENCE)


def _reasons(
    slot: Slot, decoded: Decoded, broken: Mapping[str, list[Reason]], trust: float
) -> tuple[Reason, ...]:
    key = slot.spec.id
    options, belief = decoded.options[key], decoded.beliefs[key]
    if not options:
        if slot.cell is None:
            return (_of_absence(slot),)
        return (_of_trouble(slot.trouble) if slot.trouble else Reason(ReasonCode.NO_NUMBER),)
    order = sorted(range(len(options)), key=lambda i: -belief[i])
    reasons = [Reason(_HEADERS[slot.header])] if slot.header in _HEADERS else []
    reasons += [_of_trouble(slot.trouble)] if slot.trouble else []
    likely = [options[i] for i in order if belief[i] >= 0.01][:3]
    if len(likely) > 1:
        readings = tuple(_shown(option) for option in likely)
        reasons.append(Reason(ReasonCode.READS_EITHER, {"readings": readings}))
    elif escaped(options) > 0.02:
        reading = _shown(likely[0] if likely else options[order[0]])
        reasons.append(Reason(ReasonCode.READS_UNCLEARLY, {"reading": reading}))
    opinion, best = decoded.opinions.get(key), decoded.best(key)
    if opinion is not None and best is not None and opinion.content != best.content:
        reasons.append(Reason(ReasonCode.SECOND_READER, {"text": opinion.text}))
    if _is_sealed(slot, decoded):
        reasons.append(Reason(ReasonCode.SEALED))
    if any(page.image.damaged for page in decoded.pages if page.page_no == slot.page_no):
        reasons.append(Reason(ReasonCode.PICTURE_DAMAGED))
    reasons += broken.get(key, [])[:2] + _row_reasons(slot)
    if trust < 1.0 - 1e-9:
        reasons.append(Reason(ReasonCode.TABLE_INCOMPLETE))
    return tuple(reasons)


def _of_absence(slot: Slot) -> Reason:
    """Why a field has no cell."""
    if slot.header is not Header.ABSENT:
        return Reason(ReasonCode.NOT_FOUND)
    return Reason(ReasonCode.COLUMN_MISSING, {"column": slot.spec.column_label})


def _of_trouble(trouble: Trouble) -> Reason:
    return Reason(ReasonCode(trouble.value))


def _row_reasons(slot: Slot) -> list[Reason]:
    """What is doubtful about the row a field stands in."""
    reasons = [] if slot.row_name.is_key_sure else [Reason(ReasonCode.ROW_KEY_UNSURE)]
    if slot.is_blank and slot.unclaimed:
        reasons.append(Reason(ReasonCode.FIGURE_BESIDE))
    if slot.row_name.evidence < WEAK_LABEL:
        reasons.append(
            _of_label(ReasonCode.LABEL_OTHER if slot.row_name.other else ReasonCode.LABEL_ILLEGIBLE, slot)
        )
    elif slot.row_name.other:
        reasons.append(_of_label(ReasonCode.LABEL_OTHER, slot))
    elif slot.row_name.by is NamedBy.LABEL and not slot.row_name.is_sure:
        reasons.append(_of_label(ReasonCode.LABEL_UNLIKE, slot))
    return reasons


def _of_label(code: ReasonCode, slot: Slot) -> Reason:
    """A doubt about the label, with its words where some were read."""
    return Reason(code, {"printed": slot.row_name.printed} if slot.row_name.printed else {})


def _is_sealed(slot: Slot, decoded: Decoded) -> bool:
    if slot.cell is None:
        return False
    images = (page.image for page in decoded.pages if page.page_no == slot.page_no)
    return any(image.coloured_share(slot.cell.cell.box) >= _SEALED for image in images)


def _broken_sums(decoded: Decoded) -> dict[str, list[Reason]]:
    """By field the sums that do not add up as read."""
    out: dict[str, list[Reason]] = defaultdict(list)
    for identity in decoded.identities:
        if not measure_excess(decoded, identity):
            continue
        best = [[decoded.best(key) for key in side] for side in (identity.left, identity.right)]
        left, right = (tuple(o.amount for o in side if o) for side in best)
        for key in identity.fields:
            out[key].append(Reason(ReasonCode.SUM_BROKEN, {"left": left, "right": right}))
    return out


def _shown(option: Option) -> str:
    """A reading as it is told; "" is a blank."""
    return "" if option.content.kind is Kind.BLANK else option.raw
