"""Slots → beliefs: what each cell says, decoded together with the sums, in doubt read a second time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractor.deciding.candidates import list_options
from extractor.deciding.decoding import decode
from extractor.deciding.findings import leave_out_unfilled
from extractor.deciding.rounding import count_places
from extractor.deciding.second_reader import ask_second, weigh_opinion
from extractor.deciding.suspects import find_unvouched
from extractor.forms.definition import Identity
from extractor.seams.engine import OcrEngine
from extractor.values.decoded import Decoded
from extractor.values.option import Option
from extractor.values.page import Page
from extractor.values.reason import Trouble
from extractor.values.result import Kind
from extractor.values.slot import Slot, column_of

#: Where at least so many cells print 0 or a dash for nothing, blanks below this share of all nothings are odd.
#: ±20 %: nothing.
_PRINTED_NOTHINGS, _ODD_BLANKS = 5, 0.3
#: The same of a column of which all cells but very few print something.
#: ±20 %: nothing.
_ODD_IN_COLUMN = 0.12
#: Share of a table's figures that must have the same decimals for others to be odd.
#: ±20 %: nothing.
_NEARLY_ALL = 0.75


def decode_slots(
    slots: Sequence[Slot],
    identities: Sequence[Identity],
    pages: Sequence[Page],
    second: OcrEngine | None,
) -> Decoded:
    """Beliefs of all slots; `second` reads the cells in doubt once more, None leaves them as they are.

    identities: sums of fields that all have a slot.
    """
    options = {slot.spec.id: list_options(slot) for slot in slots}
    usable = leave_out_unfilled(identities, {key: _likeliest_kind(found) for key, found in options.items()})
    tables = {slot.spec.id: slot.spec.table for slot in slots}
    beliefs = decode(options, usable, tables)
    slots = doubt_odd_places(doubt_odd_blanks(slots, options), options)
    if second is None:
        return Decoded(slots, options, beliefs, usable, {}, pages)
    images = {page.page_no: page.image for page in pages if page.is_recognised}
    unvouched = find_unvouched(Decoded(slots, options, beliefs, usable, {}, pages))
    said = ask_second(slots, options, beliefs, images, second, unvouched)
    options |= {key: weigh_opinion(options[key], opinion) for key, opinion in said.items()}
    return Decoded(slots, options, decode(options, usable, tables), usable, said, pages)


def doubt_odd_blanks(slots: Sequence[Slot], options: Mapping[str, Sequence[Option]]) -> list[Slot]:
    """Slots, those in doubt that are blank where the table prints 0 or a dash for nothing, or its column anything.

    A report has one way of printing nothing; a whole blank row is more often the rest of a row that a page break cut.
    """
    in_table: dict[str, list[Kind]] = defaultdict(list)
    in_column: dict[str, list[Kind]] = defaultdict(list)
    for slot in slots:
        found = options[slot.spec.id]
        if found:
            in_column[column_of(slot)].append(found[0].content.kind)
        if found and not found[0].content.value:
            in_table[slot.spec.table].append(found[0].content.kind)
    tables = {name for name, kinds in in_table.items() if _are_odd(kinds, _ODD_BLANKS)}
    unfilled = {name for name, kinds in in_column.items() if _is_unfilled(kinds)}
    columns = {name for name, kinds in in_column.items() if _are_odd(kinds, _ODD_IN_COLUMN)}
    return [
        replace(slot, trouble=Trouble.ODD_BLANK)
        if slot.is_blank
        and not slot.trouble
        and column_of(slot) not in unfilled
        and (slot.spec.table in tables or column_of(slot) in columns)
        else slot
        for slot in slots
    ]


def doubt_odd_places(slots: Sequence[Slot], options: Mapping[str, Sequence[Option]]) -> list[Slot]:
    """Slots, those in doubt whose figure has other decimals than nearly all of its table: some of it may be cut off.

    A ruling seen where the points of figures stand above each other cuts them all alike, and their sums hold. Numbers
    of things, which a form says have no decimals, are compared with their like.
    """
    places: dict[tuple[str, bool], dict[str, int]] = defaultdict(dict)
    for slot in slots:
        found = options[slot.spec.id]
        if found and found[0].content.value:
            places[_sort_of(slot)][slot.spec.id] = count_places(found[0].raw)
    usual = {sort: _find_usual(list(counts.values())) for sort, counts in places.items()}
    return [
        replace(slot, trouble=Trouble.ODD_PLACES)
        if not slot.trouble
        and usual.get(_sort_of(slot))
        and places[_sort_of(slot)].get(slot.spec.id, usual[_sort_of(slot)]) != usual[_sort_of(slot)]
        else slot
        for slot in slots
    ]


def _sort_of(slot: Slot) -> tuple[str, bool]:
    return slot.spec.table, slot.spec.decimals


def _find_usual(places: Sequence[int]) -> int:
    """The decimals that nearly all figures have; 0 where these differ, or are too few to tell."""
    [(usual, times)] = Counter(places).most_common(1)
    return usual if len(places) >= _PRINTED_NOTHINGS and times >= _NEARLY_ALL * len(places) else 0


def _are_odd(kinds: Sequence[Kind], share: float) -> bool:
    """Whether blanks are so few among these that they are out of the ordinary."""
    blanks = kinds.count(Kind.BLANK)
    return len(kinds) - blanks >= _PRINTED_NOTHINGS and blanks < share * len(kinds)


def _is_unfilled(kinds: Sequence[Kind]) -> bool:
    """A column of which nothing at all is printed was left empty on purpose."""
    return len(kinds) >= _PRINTED_NOTHINGS and all(kind is Kind.BLANK for kind in kinds)


def _likeliest_kind(options: Sequence[Option]) -> Kind | None:
    return options[0].content.kind if options else None
