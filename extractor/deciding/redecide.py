"""What people decided about some fields of a report → what the sums now say about the others.

Works on a report of a result, whose candidates carry posteriors: the form's sums are in them already. So what
the pixels alone said is recovered first, as the evidence from which the same sums lead to the same posteriors; then
they are passed on again with what was decided as certain, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from extractor.deciding.decoding import decode
from extractor.deciding.findings import leave_out_unfilled
from extractor.deciding.rounding import find_slack
from extractor.forms.definition import FieldSpec, Form, Identity
from extractor.forms.opening import open_forms
from extractor.forms.sums import choose_identities
from extractor.reading.numbers import parse_annotated, parse_content
from extractor.seams.calibrator import ACCEPT, MAX_CONFIDENCE
from extractor.values.option import Belief, Content, Option
from extractor.values.result import Field, FieldStatus, Kind, Report

_STATED = (Kind.NUMBER, Kind.BLANK, Kind.DASH)
#: Least change of a probability that counts as something learned.
#: ±20 %: not read.
_LEARNED = 1e-3
#: Rounds of recovering evidence, the distance from the posteriors at which it ends, and how far each round goes.
#: ±20 %: not read.
_ROUNDS, _CLOSE, _STEP = 12, 2e-3, 0.7
#: Probabilities below this are as good as nothing.
#: ±20 %: not read.
_FLOOR = 1e-7


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says a field holds. printed_so: it stands there although a sum it is in does not hold."""

    kind: Kind
    value: float | None
    raw: str
    printed_so: bool = False


#: What a sum is judged by: a field of a result, or what a person says one holds.
Stated: TypeAlias = Field | Given


@dataclass(frozen=True, slots=True)
class Settled:
    """A field in review whose machine value is now beyond doubt; confidence: at least `calibrator.ACCEPT`."""

    field: str
    confidence: float


def read_raw(raw: str, *, decimals: bool) -> Content | None:
    """What a printed text says: a number, with a unit or note perhaps, a dash or nothing; None for anything else."""
    return parse_content(raw, decimals=decimals) or parse_annotated(raw, decimals=decimals)


def report_specs(report: Report, forms: Mapping[str, Form]) -> dict[str, FieldSpec]:
    """What the forms know of a report's fields; a report that mixes forms has fields of several."""
    found: dict[str, FieldSpec] = {}
    for form in _own_first(report, forms):
        found = {**form.specs(), **found}
    return {item.id: found[item.id] for item in report.fields if item.id in found}


def report_identities(report: Report, forms: Mapping[str, Form]) -> tuple[Identity, ...]:
    """The sums all of whose fields the report has, each once."""
    kinds = {item.id: item.kind for item in report.fields}
    return tuple(leave_out_unfilled(choose_identities(_own_first(report, forms), kinds), kinds))


def sum_difference(identity: Identity, fields: Mapping[str, Stated]) -> float | None:
    """Left side less right side as `fields` say; None where it is not to be judged.

    An unread field cannot be judged, and neither can a total that is left empty (whether it is a lone one among
    printed ones only all sums together tell, `findings`), nor one that its rounded parts miss in the last place.
    """
    parts = [fields[key] for key in identity.fields]
    if any(part.kind not in _STATED for part in parts):
        return None
    left = [fields[key].value for key in identity.left]
    right = [fields[key].value for key in identity.right]
    if any(value is None for value in right) and any(left):
        return None
    difference = float(round(sum(value or 0 for value in left) - sum(value or 0 for value in right), 4))
    raws = [[fields[key].raw for key in side] for side in (identity.left, identity.right)]
    return None if difference and abs(difference) <= find_slack(*raws) else difference


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the pixels say about a report's fields, and what couples them."""

    options: Mapping[str, tuple[Option, ...]]
    identities: tuple[Identity, ...]
    tables: Mapping[str, str]


def recover_evidence(report: Report, forms: Mapping[str, Form]) -> Evidence:
    """Options of every field as they were before the sums were passed on, as near as that can be told."""
    specs = report_specs(report, forms)
    wanted = {item.id: _options(item, specs.get(item.id)) for item in report.fields}
    identities = report_identities(report, forms)
    tables = {key: specs[key].table if key in specs else "" for key in wanted}
    options = dict(wanted)
    for _ in range(_ROUNDS):
        found = decode(options, identities, tables)
        moved = {
            key: _towards(options[key], wanted[key], found[key]) for key in options if len(options[key]) > 0
        }
        options |= {key: item for key, (item, _) in moved.items()}
        if max((distance for _, distance in moved.values()), default=0.0) < _CLOSE:
            break
    return Evidence(options, identities, tables)


def find_settled(report: Report, evidence: Evidence, given: Mapping[str, Given]) -> list[Settled]:
    """Fields in review that nobody decided and whose machine value is now as good as certain.

    Never another reading than the machine's own, none that is not among its candidates, and none of a field whose
    reading is another's however sure it is. `evidence` is that of the report.
    """
    fields = report.by_id
    reached = _coupled(evidence.identities, given)
    wanted = [
        key
        for key, field in fields.items()
        if field.status is FieldStatus.REVIEW
        and key not in given
        and key in reached
        and not any(reason.is_final for reason in field.reasons)
        and evidence.options[key]
    ]
    if not wanted:
        return []
    told = dict(evidence.options)
    told |= {key: _certain(item) for key, item in given.items() if key in told}
    beliefs = decode(told, _still_sums(evidence.identities, fields, given), evidence.tables, wanted)
    found = (_judge(fields[key], evidence.options[key], beliefs[key]) for key in wanted)
    return [settled for settled in found if settled is not None]


def _own_first(report: Report, forms: Mapping[str, Form]) -> list[Form]:
    return sorted(
        open_forms(forms, report.open_rows, report.open_columns, report.repeated_tables).values(),
        key=lambda form: form.id != report.form,
    )


def _options(field: Field, spec: FieldSpec | None) -> tuple[Option, ...]:
    """The candidates of a field; one whose text says nothing that counts is left out."""
    decimals = spec is not None and spec.decimals
    out = []
    for candidate in field.candidates:
        content = read_raw(candidate.raw, decimals=decimals)
        if content is not None:
            out.append(Option(candidate.raw, content, candidate.probability))
    return tuple(out)


def _certain(given: Given) -> tuple[Option, ...]:
    """The one option of a decided field; none for one that a person cannot read either."""
    if given.kind not in _STATED:
        return ()
    return (Option(given.raw, Content(given.kind, given.value), MAX_CONFIDENCE),)


def _coupled(identities: Sequence[Identity], given: Mapping[str, Given]) -> set[str]:
    """Fields that sums lead to from a decided one, over any number of sums."""
    reached, left = set(given), list(identities)
    while True:
        touched = [identity for identity in left if reached.intersection(identity.fields)]
        if not touched:
            return reached
        left = [identity for identity in left if identity not in touched]
        reached.update(field for identity in touched for field in identity.fields)


def _still_sums(
    identities: Sequence[Identity], fields: Mapping[str, Field], given: Mapping[str, Given]
) -> list[Identity]:
    """The sums without those a person said are printed wrong."""
    now: dict[str, Stated] = {**fields, **given}
    odd = {key for key, item in given.items() if item.printed_so}
    return [i for i in identities if not (odd.intersection(i.fields) and sum_difference(i, now))]


def _judge(field: Field, options: Sequence[Option], belief: Belief) -> Settled | None:
    """The field settled, None where doubt is left or another reading than the machine's came out on top."""
    best = belief.index(max(belief))
    content = options[best].content
    if content.kind is not field.kind or content.value != field.value:
        return None
    before = next(c.probability for c in field.candidates if c.raw == options[best].raw)
    # What lowers confidence beside the reading (a weak row, a table half lost) goes on lowering it.
    trust = min(1.0, field.confidence / max(before, 1e-9))
    confidence = min(MAX_CONFIDENCE, belief[best]) * trust
    has_learned = belief[best] > before + _LEARNED
    return Settled(field.id, confidence) if has_learned and confidence >= ACCEPT else None


def _towards(
    options: Sequence[Option], wanted: Sequence[Option], found: Belief
) -> tuple[tuple[Option, ...], float]:
    """Options moved so that the sums lead nearer to the posteriors wanted, and how far from them they led."""
    aims = [option.probability for option in wanted]
    aims.append(max(0.0, 1.0 - sum(aims)))
    now = [option.probability for option in options]
    now.append(max(0.0, 1.0 - sum(now)))
    led = [*found, max(0.0, 1.0 - sum(found))]
    moved = [
        have * (max(aim, _FLOOR) / max(got, _FLOOR)) ** _STEP
        for have, aim, got in zip(now, aims, led, strict=True)
    ]
    total = sum(moved)
    distance = max(abs(aim - got) for aim, got in zip(aims, led, strict=True))
    if total <= 0:
        return tuple(options), 0.0
    return tuple(
        Option(option.raw, option.content, share / total)
        for option, share in zip(options, moved[:-1], strict=True)
    ), distance
