"""Units of money that a document prints above a table or a column, against those of its form.

A figure in 元 under a form that says 万元 is read rightly and means ten thousand times too much.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from extractor.values.matched import TableMatch
from extractor.values.slot import Header, Slot

#: Units of one thing that differ by powers of ten; the longer first, of which the shorter are parts.
MONEY = ("百万元", "亿元", "万元", "千元", "元")
_NAMES = "|".join(MONEY)
_UNIT = re.compile(rf"单位[:：为]?(?:人民币)?({_NAMES})|[(（]({_NAMES})[)）]")
_BRACKETED = re.compile(rf"[(（](?:单位[:：])?(?:{_NAMES})[)）]")


def find_unit(text: str) -> str:
    """The last unit of money that a text states, "" for none. A misread one is none."""
    folded = unicodedata.normalize("NFKC", text).replace(" ", "").replace("\n", "")
    found = ["".join(filter(None, match.groups())) for match in _UNIT.finditer(folded)]
    return found[-1] if found else ""


def leave_out_unit(text: str) -> str:
    """Words without the unit of money that they state in brackets."""
    return _BRACKETED.sub("", text)


def is_other_unit(printed: str, wanted: Iterable[str]) -> bool:
    """Whether words state a unit of money, and those that are wanted others; words without one say nothing."""
    unit, units = find_unit(printed), {found for text in wanted if (found := find_unit(text))}
    return bool(unit and units) and unit not in units


def doubt_units(slots: Sequence[Slot], match: TableMatch, titles: Mapping[int, str]) -> list[Slot]:
    """Slots of a table, those of money in doubt where the words above the table state another unit than the form.

    titles: by a table's index the words that stand above it.
    """
    units = _list_units(match, titles)
    return [
        replace(slot, header=Header.UNIT)
        if slot.header is Header.FITS and slot.cell is not None and _is_other(slot.spec.unit, units)
        else slot
        for slot in slots
    ]


def _is_other(wanted: str, printed: Collection[str]) -> bool:
    return wanted in MONEY and bool(printed) and wanted not in printed


def _list_units(match: TableMatch, titles: Mapping[int, str]) -> set[str]:
    """What is stated above the pieces of a table."""
    pieces = {row.printed.table_index for row in match.matches if row.target.is_data}
    return {unit for piece in pieces if (unit := find_unit(titles.get(piece, "")))}
