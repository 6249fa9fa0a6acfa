"""Joint decoding: a form's identities couple its cells.

Loopy belief propagation (Pearl 1988) over sparse sum factors: every message is the distribution of what the
other cells of an identity add up to, by prefix and suffix sums over their options. A printed error must stay
possible, so a violated identity costs a few nats and no more; probability moves between readings the pixels
allow and never to another.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from extractor.deciding.rounding import find_slack, find_unit
from extractor.forms.definition import Identity
from extractor.values.option import Belief, Option
from extractor.values.result import Kind

#: Cost in nats of an identity that does not hold as printed; offices do print wrong sums.
#: ±20 %: 2 statuses.
VIOLATION_NATS = 4.0
#: Options less likely than this beside the best are not offered to the sums.
#: ±20 %: no value, status or confidence.
_LEAST = 1e-5
#: ±20 %: no value, status or confidence.
_ROUNDS = 10
#: ±20 %: no value, status or confidence.
_DAMPING = 0.4
#: Largest change of a message at which passing on ends.
#: ±20 %: no value, status or confidence.
_SETTLED = 1e-4
#: Partial sums less likely than this are dropped.
#: ±20 %: no value, status or confidence.
_PRUNE = 1e-9
#: How likely rounded parts are to miss their total by one or another unit of the last place that is within their
#: reach, beside meeting it.
#: ±20 %: 1 status of 4,660 fields.
_ROUNDED = 0.5
#: Partial sums that are kept, the likeliest: those of amounts with decimals hardly ever meet, and of 27 figures in
#: doubt there are more than any memory holds.
#: ±20 %: nothing.
_MOST_SUMS = 500
#: From so many pairs on they are added as arrays.
#: ±20 %: nothing.
_MANY_SUMS = 256
#: Doubt about an empty cell that no sum takes in, or whose sums cannot be formed.
#: ±20 %: confidence by 8.4e-05 at most (read on 1 of 22 documents).
_UNCHECKED_EMPTY = 0.01
#: Least share of cells that print nothing in a way the rest of the table does not.
#: ±20 %: no value, status or confidence.
_OTHER_STYLE = 0.01

#: Amounts are added as whole numbers of this part of one: figures of a report have no more than four decimals, and
#: sums of whole numbers need no rounding to meet.
_PARTS = 10_000

#: Probability of each amount, in `_PARTS`.
_Sums = dict[int, float]


def decode(
    options: Mapping[str, Sequence[Option]],
    identities: Sequence[Identity],
    tables: Mapping[str, str],
    asked: Collection[str] | None = None,
) -> dict[str, Belief]:
    """Posterior probability of every option of every field; a field's sum is at most 1, the rest is illegible.

    Args:
        options: readings by field id, as the pixels give them.
        identities: sums that should hold; those with a field without options are left out.
        tables: table of each field; cells of one table share one way of printing nothing.
        asked: the fields whose posteriors are wanted, which are the same as if all were asked for; None for all.
    """
    beliefs = {key: _styled(found, style) for key, found, style in _with_styles(options, tables)}
    usable = [i for i in identities if _is_usable(i, options)]
    if asked is not None:
        usable = _bearing_on(asked, usable, options)
    factors = _Factors(usable, options, beliefs)
    factors.settle()
    return {key: factors.marginal(key) for key in (beliefs if asked is None else asked)}


def _bearing_on(
    asked: Iterable[str], identities: Sequence[Identity], options: Mapping[str, Sequence[Option]]
) -> list[Identity]:
    """The sums that say anything about these fields, in their order.

    A field of one option says the same to all its sums whatever they say to it, so nothing goes on through it.
    """
    reached, found = set(asked), set[int]()
    while True:
        new = {n for n, i in enumerate(identities) if n not in found and not reached.isdisjoint(i.fields)}
        if not new:
            return [identities[n] for n in sorted(found)]
        found |= new
        reached |= {field for n in new for field in identities[n].fields if len(options[field]) > 1}


class _Factors:
    """The sums of a form with the messages they send to their cells."""

    def __init__(
        self,
        identities: Sequence[Identity],
        options: Mapping[str, Sequence[Option]],
        beliefs: Mapping[str, Belief],
    ) -> None:
        self._identities, self._options, self._beliefs = identities, options, beliefs
        self._of: dict[str, list[int]] = defaultdict(list)
        for number, identity in enumerate(identities):
            for field in identity.fields:
                self._of[field].append(number)
        self._messages: dict[tuple[int, str], Belief] = {}

    def settle(self) -> None:
        """Pass messages until none changes any more, or the rounds are up; a sum is asked again only for a reason."""
        waiting = set(range(len(self._identities)))
        for _ in range(_ROUNDS):
            asked, waiting = sorted(waiting), set[int]()
            for number in asked:
                for field in self._pass_on(number):
                    waiting.update(self._of[field])

    def _pass_on(self, number: int) -> list[str]:
        """Send the messages of one sum; the fields whose message changed."""
        identity = self._identities[number]
        incoming = {field: self._without(field, number) for field in identity.fields}
        changed = []
        for field, message in _factor(identity, incoming, self._options).items():
            old = self._messages.get((number, field))
            if old is not None:
                message = [_DAMPING * o + (1 - _DAMPING) * m for o, m in zip(old, message, strict=True)]
            if old is None or max(abs(m - o) for m, o in zip(message, old, strict=True)) >= _SETTLED:
                changed.append(field)
            self._messages[number, field] = message
        return changed

    def _without(self, field: str, number: int) -> Belief:
        """Belief in a field's options by everything but one sum."""
        out = self._beliefs[field]
        for other in self._of[field]:
            if other != number and (other, field) in self._messages:
                out = [b * m for b, m in zip(out, self._messages[other, field], strict=True)]
        total = sum(out)
        return [b / total for b in out] if total > 0 else list(self._beliefs[field])

    def marginal(self, key: str) -> Belief:
        """Posterior with the illegible rest kept: the sums cannot vouch for what no option says."""
        belief, options = self._beliefs[key], self._options[key]
        if not belief:
            return []
        rest = max(0.0, 1.0 - sum(belief))
        out = list(belief)
        if not self._of[key] and _is_empty(options, belief):
            # Nothing but its own emptiness speaks for it.
            rest += _UNCHECKED_EMPTY
        support = 1.0
        for number in self._of[key]:
            out = [b * m for b, m in zip(out, self._messages[number, key], strict=True)]
            # A reading outside the options would satisfy a sum only by chance.
            support *= math.exp(-VIOLATION_NATS)
        # An empty cell may be one whose zero was lost, or no cell at all, which no sum tells from an empty one.
        total = sum(out) + rest * (1.0 if _is_empty(options, out) else support)
        return [b / total for b in out] if total > 0 else list(belief)


def _is_usable(identity: Identity, options: Mapping[str, Sequence[Option]]) -> bool:
    """All its fields can be read, and its total is not simply left empty."""
    if not all(options.get(field) for field in identity.fields):
        return False
    return not all(o.content.kind is Kind.BLANK for field in identity.right for o in options[field])


def _with_styles(
    options: Mapping[str, Sequence[Option]], tables: Mapping[str, str]
) -> list[tuple[str, Sequence[Option], dict[str, float]]]:
    """Each field with its table's shares of the ways of printing nothing: 0, dash, blank."""
    counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for key, found in options.items():
        for option in found:
            style = _style(option)
            if style:
                counts[tables[key]][style] += option.probability
    shares = {}
    for table, count in counts.items():
        total = sum(count.values()) + 1.0
        shares[table] = {
            style: max(_OTHER_STYLE, (count[style] + 1 / 3) / total) for style in ("0", "dash", "blank")
        }
    return [(key, found, shares.get(tables[key], {})) for key, found in options.items()]


def _style(option: Option) -> str:
    if option.content.kind is Kind.DASH:
        return "dash"
    if option.content.kind is Kind.BLANK:
        return "blank"
    return "0" if option.content.value == 0 else ""


def _styled(options: Sequence[Option], shares: Mapping[str, float]) -> Belief:
    """Probabilities weighed by how the table prints nothing.

    A cell that is empty where all others print a zero stays empty, but is no longer beyond doubt: it may not be
    the cell it is taken for.
    """
    if not options:
        return []
    likely = max(shares.values(), default=1.0)
    weights = [o.probability * (shares[_style(o)] / likely if _style(o) and shares else 1.0) for o in options]
    left = max(0.0, 1.0 - sum(o.probability for o in options))
    total = sum(weights) + left
    return [max(w / total, 1e-12) for w in weights]


def _is_empty(options: Sequence[Option], belief: Belief) -> bool:
    return options[belief.index(max(belief))].content.kind is Kind.BLANK


def _factor(
    identity: Identity, incoming: Mapping[str, Belief], options: Mapping[str, Sequence[Option]]
) -> dict[str, Belief]:
    """Message of a sum to each of its fields: how likely the others fit each option."""
    fields = list(identity.fields)
    signs = [1] * len(identity.left) + [-1] * len(identity.right)
    terms = [_terms(options[f], incoming[f], sign) for f, sign in zip(fields, signs, strict=True)]
    prefix: list[_Sums] = [{0: 1.0}]
    for term in terms:
        prefix.append(_convolve(prefix[-1], term))
    suffix: list[_Sums] = [{0: 1.0}]
    for term in reversed(terms):
        suffix.append(_convolve(suffix[-1], term))
    suffix.reverse()
    loose = math.exp(-VIOLATION_NATS)
    off = _list_rounded(identity, options)
    out = {}
    for i, (field, sign) in enumerate(zip(fields, signs, strict=True)):
        message = []
        for option in options[field]:
            wanted = -sign * _count_parts(option.amount)
            fits = _matching(prefix[i], suffix[i + 1], wanted)
            fits += _ROUNDED * sum(_matching(prefix[i], suffix[i + 1], wanted + step) for step in off)
            message.append(loose + (1.0 - loose) * min(1.0, fits))
        out[field] = message
    return out


def _count_parts(amount: float) -> int:
    return round(amount * _PARTS)


def _list_rounded(identity: Identity, options: Mapping[str, Sequence[Option]]) -> list[int]:
    """By what else than nothing the sides of a sum may differ, in `_PARTS`, where their figures are rounded."""
    left, right = ([options[field][0].raw for field in side] for side in (identity.left, identity.right))
    slack, unit = find_slack(left, right), find_unit([*left, *right])
    steps = round(slack / unit - 0.5) if slack else 0
    return [sign * _count_parts(step * unit) for step in range(1, steps + 1) for sign in (1, -1)]


def _terms(options: Sequence[Option], belief: Belief, sign: int) -> _Sums:
    best = max(belief)
    out: _Sums = {}
    for option, probability in zip(options, belief, strict=True):
        if probability >= _LEAST * best:
            amount = sign * _count_parts(option.amount)
            out[amount] = out.get(amount, 0.0) + probability
    return out


def _convolve(sums: _Sums, term: _Sums) -> _Sums:
    if len(term) == 1:
        (amount, probability), *_ = term.items()
        return {s + amount: p * probability for s, p in sums.items()}
    if len(sums) * len(term) > _MANY_SUMS:
        return _convolve_many(sums, term)
    out: _Sums = {}
    for s, p in sums.items():
        for amount, probability in term.items():
            weight = p * probability
            if weight > _PRUNE:
                out[s + amount] = out.get(s + amount, 0.0) + weight
    return out


def _convolve_many(sums: _Sums, term: _Sums) -> _Sums:
    """The same of many; the likeliest `_MOST_SUMS` of them."""
    # Fifteen digits and four decimals are more than an integer of 64 bits holds.
    amounts = np.add.outer(np.fromiter(sums, float), np.fromiter(term, float)).ravel()
    weights = np.outer(np.fromiter(sums.values(), float), np.fromiter(term.values(), float)).ravel()
    held = weights > _PRUNE
    keys, places = np.unique(amounts[held], return_inverse=True)
    found = np.bincount(places, weights[held], minlength=len(keys))
    kept = np.argsort(-found, kind="stable")[:_MOST_SUMS]
    return dict(zip(map(int, keys[kept].tolist()), found[kept].tolist(), strict=True))


def _matching(left: _Sums, right: _Sums, wanted: int) -> float:
    """Probability that a sum of each side together make the wanted amount."""
    if len(left) > len(right):
        left, right = right, left
    return sum(p * right[wanted - s] for s, p in left.items() if wanted - s in right)
