"""What is printed and does not fit together; never a correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractor.forms import Identity
from extractor.result import Field, Finding, Kind

_STATED = (Kind.NUMBER, Kind.BLANK, Kind.DASH)


def check_identities(fields: Mapping[str, Field], identities: Sequence[Identity]) -> list[Finding]:
    """A finding for every identity that the printed figures break; those with unread fields are not judged.

    Blanks and dashes count nothing; a sum whose total is blank is not judged, for offices leave totals empty.
    """
    findings = []
    for identity in identities:
        parts = [fields[key] for key in identity.fields if key in fields]
        if len(parts) != len(identity.fields) or any(part.kind not in _STATED for part in parts):
            continue
        left = [fields[key] for key in identity.left]
        right = [fields[key] for key in identity.right]
        if any(part.value is None for part in right) and any(part.value for part in left):
            continue
        difference = sum(part.value or 0 for part in left) - sum(part.value or 0 for part in right)
        if abs(difference) > 1e-6:
            findings.append(
                Finding(
                    rule=identity.id,
                    kind="arithmetic",
                    severity="warning",
                    message=f"{identity.message}: {_sum(left)} ≠ {_sum(right)}",
                    fields=identity.fields,
                )
            )
    return findings


def _sum(fields: Sequence[Field]) -> str:
    """The non-zero summands and their sum, as a person would write them."""
    terms = [f.value for f in fields if f.value]
    total = sum(terms)
    return f"{total:g}" if len(terms) < 2 else f"{' + '.join(f'{t:g}' for t in terms)} = {total:g}"
