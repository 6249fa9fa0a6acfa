"""Fields that sums accuse: whoever reads them with confidence may have lost a digit of them.

A misread figure breaks its row and its column by the same amount, which hardly anything else does. And a figure in
a sum that does not hold, which no other sum vouches for, is as likely misread as it is misprinted.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from extractor.deciding.rounding import find_slack
from extractor.forms.definition import Identity
from extractor.values.decoded import Decoded
from extractor.values.result import Kind

#: Amounts are compared to this many places.
#: ±20 %: nothing.
_PLACES = 4
#: Probability from which on another sign counts: of figures without a minus it is .002 or less.
#: ±20 %: 1 status of 4,660 fields.
_SIGNED = 0.01
#: Probability from which on another reading counts.
#: ±20 %: nothing.
_RIVAL = 1e-3


def find_suspects(decoded: Decoded) -> frozenset[str]:
    """Ids of the fields that are not to be trusted whatever the recogniser says of them."""
    unvouched = find_unvouched(decoded)
    return frozenset(
        key for key, times in count_accusations(decoded).items() if key in unvouched or times > 1
    )


def find_mendable(decoded: Decoded) -> set[str]:
    """Ids of the fields another reading of which would mend a sum that breaks, whatever else holds with this one.

    A thin stroke that a scan loses is lost wherever the figure stands: 412.74 is 112.74 in its row, in its column and
    in the totals of both, where the sums hold.
    """
    return {key for identity in decoded.identities for key in _list_menders(decoded, identity)}


def find_culprits(decoded: Decoded) -> dict[str, set[str]]:
    """By id of every sum that breaks, its fields that explain it; none where nothing does, as of a misprint.

    Another reading of such a field would mend the sum, or by the same amount another of its sums breaks, too: two
    sums meet in one field, and no two errors are alike but by chance.
    """
    amounts = _list_amounts(decoded)
    found = {}
    for identity in decoded.identities:
        if measure_excess(decoded, identity):
            needed = _list_needed(decoded, identity)
            twice = {key for key, amount in needed.items() if amounts[key][amount] > 1}
            found[identity.id] = twice | _list_menders(decoded, identity)
    return found


def _list_menders(decoded: Decoded, identity: Identity) -> set[str]:
    """The fields of a sum that breaks another reading of which would mend it."""
    found = set()
    for key, amount in _list_needed(decoded, identity).items():
        best = decoded.best(key)
        wanted = round((best.amount if best is not None else 0.0) + amount, _PLACES)
        options = (o for o in decoded.options[key] if o.probability >= _RIVAL)
        if any(round(option.amount, _PLACES) == wanted for option in options):
            found.add(key)
    return found


def _list_needed(decoded: Decoded, identity: Identity) -> dict[str, float]:
    """By field of a sum that breaks what would have to be added to it for the sum to hold; none of any other."""
    excess = measure_excess(decoded, identity)
    if not excess:
        return {}
    return dict.fromkeys(identity.left, -excess) | dict.fromkeys(identity.right, excess)


def find_unsigned(decoded: Decoded) -> set[str]:
    """Ids of the fields that may be as much below nothing as they are read above it, or the other way round.

    Where all of a column have lost their minus its sums hold all the same. Columns that are told to be signed look
    for it in the ink.
    """
    found: set[str] = set()
    for slot in decoded.slots:
        key = slot.spec.id
        best = decoded.best(key)
        if best is None or not best.amount or slot.spec.signed:
            continue
        is_rival = any(o.amount == -best.amount and o.probability >= _SIGNED for o in decoded.options[key])
        # A level stroke before the digits that the reading does not have; counts are none below nothing.
        is_seen = slot.spec.decimals and slot.cell is not None and slot.cell.shape.minus and best.amount > 0
        if is_rival or is_seen:
            found.add(key)
    return found


def count_accusations(decoded: Decoded) -> dict[str, int]:
    """For every field in a sum that breaks, how many would hold if one and the same amount were added to it."""
    return {key: max(amounts.values()) for key, amounts in _list_amounts(decoded).items()}


def _list_amounts(decoded: Decoded) -> dict[str, Counter[float]]:
    """For every field in a sum that breaks, how many would hold by what is added to it."""
    found: dict[str, Counter[float]] = defaultdict(Counter)
    for identity in decoded.identities:
        for key, amount in _list_needed(decoded, identity).items():
            found[key][amount] += 1
    return found


def find_unvouched(decoded: Decoded) -> frozenset[str]:
    """Ids of the fields that are in no sum that holds as read: nothing speaks for them but their own reading."""
    holding = [i for i in decoded.identities if measure_excess(decoded, i) == 0.0]
    return frozenset(slot.spec.id for slot in decoded.slots).difference(*(i.fields for i in holding))


def measure_excess(decoded: Decoded, identity: Identity) -> float | None:
    """By how much the left side is larger than the right one as read.

    None when a field of it cannot be read, where the total is left empty beside parts that are not, or where they
    differ by no more than rounded figures do.
    """
    sides = [[decoded.best(key) for key in side] for side in (identity.left, identity.right)]
    if any(option is None for side in sides for option in side):
        return None
    left, right = (sum(option.amount for option in side if option) for side in sides)
    if left and all(option is not None and option.content.kind is Kind.BLANK for option in sides[1]):
        return None
    excess = round(left - right, _PLACES) + 0.0
    slack = find_slack(*([option.raw for option in side if option] for side in sides)) if excess else 0.0
    return None if excess and abs(excess) <= slack else excess
