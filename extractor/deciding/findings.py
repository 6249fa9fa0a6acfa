"""What is printed and does not fit together; never a correction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from extractor.deciding.rounding import find_slack
from extractor.forms.definition import Identity
from extractor.values.reason import FindingCode
from extractor.values.result import Field, Finding, Kind

#: Sums of one sort whose parts are all blank from which on the parts were left out on purpose.
#: ±20 %: nothing.
_SEVERAL = 3
_STATED = (Kind.NUMBER, Kind.BLANK, Kind.DASH)


def check_identities(fields: Mapping[str, Field], identities: Sequence[Identity]) -> list[Finding]:
    """A finding for every identity that the printed figures break; those with unread fields are not judged.

    Blanks and dashes count nothing. Where totals of a sort are left empty as a rule they are not judged; a lone one
    among others that are printed is. Sums of which a form has but one each are of one sort.
    """
    told = [identity for identity in identities if _is_told(identity, fields)]
    times = Counter(identity.sort for identity in told)
    sorts = {identity.id: identity.sort if times[identity.sort] > 1 else "" for identity in told}
    empty = Counter(sorts[identity.id] for identity in told if _has_empty_total(identity, fields))
    printed = Counter(sorts[identity.id] for identity in told if _has_total(identity, fields))
    findings = []
    for identity in told:
        sort = sorts[identity.id]
        is_lone = empty[sort] < _SEVERAL and empty[sort] < printed[sort]
        if _has_empty_total(identity, fields) and not is_lone:
            continue
        left = [fields[key] for key in identity.left]
        right = [fields[key] for key in identity.right]
        difference = sum(part.value or 0 for part in left) - sum(part.value or 0 for part in right)
        if abs(difference) > 1e-6 + find_slack([part.raw for part in left], [part.raw for part in right]):
            findings.append(
                Finding(
                    rule=identity.id,
                    kind="arithmetic",
                    severity="warning",
                    code=FindingCode.SUM_BROKEN,
                    parameters={
                        "identity": identity.message,
                        "left": _amounts(left),
                        "right": _amounts(right),
                    },
                    fields=identity.fields,
                )
            )
    return findings


def _is_told(identity: Identity, fields: Mapping[str, Field]) -> bool:
    """Whether all its fields are there and read."""
    return all(key in fields and fields[key].kind in _STATED for key in identity.fields)


def _has_empty_total(identity: Identity, fields: Mapping[str, Field]) -> bool:
    """Whether something is printed that should add up to what was left empty."""
    return any(fields[key].value is None for key in identity.right) and any(
        fields[key].value for key in identity.left
    )


def _has_total(identity: Identity, fields: Mapping[str, Field]) -> bool:
    return all(fields[key].value is not None for key in identity.right)


def leave_out_unfilled(identities: Sequence[Identity], kinds: Mapping[str, Kind | None]) -> list[Identity]:
    """Sums that are meant to hold: without those of a breakdown that was left empty, in which only totals are filled.

    One total beside empty parts is an error in print; several of the same sort say that the parts were not asked
    for. kinds: what each field shows, None where that is not known.
    """
    empty = [i for i in identities if _is_unfilled(i, kinds)]
    times = Counter(identity.sort for identity in empty)
    unfilled = {identity.id for identity in empty if times[identity.sort] >= _SEVERAL}
    return [identity for identity in identities if identity.id not in unfilled]


def _is_unfilled(identity: Identity, kinds: Mapping[str, Kind | None]) -> bool:
    return all(kinds.get(key) is Kind.BLANK for key in identity.left) and any(
        kinds.get(key) is Kind.NUMBER for key in identity.right
    )


def _amounts(fields: Sequence[Field]) -> tuple[float, ...]:
    return tuple(field.value for field in fields if field.value)
