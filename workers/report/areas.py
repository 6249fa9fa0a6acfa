"""Which public body is part of which: told by the areas that names begin with, and not where two could be meant.

江苏省淮安市金湖县财政局 is part of 金湖县人民政府, and that of 淮安市人民政府. Areas are told by how they end
(省 市 县 区 镇 …); a file of divisions says in what a county lies whose names do not.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from extractor.seams.errors import UsageError
from extractor.wording.said import say, tell_os_error
from workers.report.organs import PROVINCES, normalise

#: Names of areas, from the largest to the smallest.
Chain = tuple[str, ...]

_MUNICIPALITIES = ("北京市", "上海市", "天津市", "重庆市")
_PROVINCE = "|".join((*PROVINCES, *_MUNICIPALITIES))
# No city's name holds the end of another level; a few districts' do.
_NAME = r"[^\W省市县区旗]"
_AREAS = re.compile(
    rf"(?P<province>{_PROVINCE})?"
    rf"(?P<city>{_NAME}{{2,9}}?(?:市|自治州|地区|盟))?"
    rf"(?P<county>(?:市中|市北|市南|沙市|{_NAME}{{1,14}}?)(?:县|区|旗|市))?"
    r"(?P<town>[^\W省市县区旗镇乡]{1,8}?(?:镇|乡|街道))?"
    r"(?P<rest>\w*)"
)
#: What follows the area in the name of the body that stands for all of it.
_GOVERNMENTS = frozenset(["", "人民政府", "政府", "管理委员会", "管委会", "办事处"])
#: Bodies in an area that are led from outside it: what they count is in no figures of its government.
_LED_FROM_ABOVE = re.compile(
    r"(?:税务局|海关|海事局|气象局|地震局|烟草专卖局|邮政管理局|通信管理局|消防救援(?:局|总队|支队|大队)|调查队|金融监管局)$"
)
#: Rows of official lists that are no areas of their own.
_BETWEEN = frozenset(["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"])
_COLUMNS = ("code", "name", "parent")
#: Levels of a list of divisions: a file that goes deeper leads in a circle.
_MOST_LEVELS = 8


@dataclass(frozen=True, slots=True)
class Divisions:
    """A list of divisions: by name, the chains of areas that end in it. Empty where the user gave none."""

    chains: Mapping[str, tuple[Chain, ...]] = field(default_factory=dict)
    _within: Counter[Chain] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self._within.update(chain[:-1] for chains in self.chains.values() for chain in chains)

    def expand(self, chain: Chain) -> Chain:
        """The chain with all areas around it; as it is where none or more than one of the list fits."""
        if not chain:
            return chain
        known = self.chains.get(chain[-1], ())
        if not known:
            return (*self.expand(chain[:-1]), chain[-1])
        fitting = [full for full in known if _is_within(chain, full)]
        return fitting[0] if len(fitting) == 1 else chain

    def count_within(self, body: _Body) -> int:
        """How many divisions of the list lie directly in the area that a body stands for; 0 if it stands for none."""
        return self._within.get(body.chain, 0) if body.is_government else 0

    def is_in(self, body: _Body, parent: _Body) -> bool:
        """Whether a body stands for a division that lies directly in the area of the other."""
        is_listed = bool(body.chain) and body.chain in self.chains.get(body.chain[-1], ())
        is_within = parent.is_government and body.chain[:-1] == parent.chain
        return is_listed and body.is_government and is_within

    def is_shared(self, area: str) -> bool:
        """Whether several areas have the name."""
        return len(self.chains.get(area, ())) > 1


def read_divisions(path: Path) -> Divisions:
    """A CSV file with the columns code, name and parent (the code of what an area lies in; empty for provinces).

    Raises:
        UsageError: it cannot be read, lacks a column, or a parent is not in it or leads in a circle.
    """
    rows = _read_rows(path)
    chains: dict[str, list[Chain]] = {}
    for code, (name, _) in rows.items():
        if name not in _BETWEEN:
            chains.setdefault(name, []).append(_chain(path, code, rows))
    return Divisions({name: tuple(found) for name, found in chains.items()})


def _read_rows(path: Path) -> dict[str, tuple[str, str]]:
    """Name and parent by code."""
    rows: dict[str, tuple[str, str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(say("messages.files.no_column", path=path, column=missing[0]))
            for row in reader:
                code, name, parent = ((row[key] or "").strip() for key in _COLUMNS)
                if not code or not normalise(name):
                    raise UsageError(say("messages.files.no_code", path=path, line=reader.line_num))
                rows[code] = (normalise(name), parent)
    except OSError as error:
        raise UsageError(say("messages.files.unreadable", path=path, why=tell_os_error(error))) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(say("messages.files.no_csv", path=path, why=error)) from error
    return rows


def _chain(path: Path, code: str, rows: Mapping[str, tuple[str, str]]) -> Chain:
    chain: list[str] = []
    at = code
    for _ in range(_MOST_LEVELS):
        name, parent = rows[at]
        if name not in _BETWEEN:
            chain.insert(0, name)
        if not parent:
            return tuple(chain)
        if parent not in rows:
            told = say("messages.files.no_parent", path=path, name=name, code=at, parent=parent)
            raise UsageError(told)
        at = parent
    raise UsageError(say("messages.files.deep", path=path, name=rows[code][0], code=code, most=_MOST_LEVELS))


@dataclass(frozen=True, slots=True)
class Kinship:
    """Which body is part of which. parents: the body that each is part of, both by normalised name.

    listed: for a body that stands for an area, how many divisions lie directly in it by the user's list; left out
    where that has none. divisions: bodies that stand for one of those, directly in the area of their parent.
    """

    parents: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, int] = field(default_factory=dict)
    divisions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Body:
    """A body by its areas. is_government: it stands for the last of them as a whole."""

    key: str
    chain: Chain
    is_government: bool


def find_parents(names: Iterable[str], divisions: Divisions, told: Mapping[str, str]) -> Kinship:
    """The body that each of the normalised names is part of, the nearest of those there are.

    told: what the user says of it, by normalised name, which goes before all else.
    """
    bodies = [_parse(name, divisions) for name in names]
    areas = _Areas(divisions)
    for body in bodies:
        areas.add(body)
    known = {body.key: body for body in bodies}
    found = {body.key: told.get(body.key) or areas.find_parent(body) for body in bodies}
    parents = {child: parent for child, parent in found.items() if parent in known}
    listed = {key: divisions.count_within(known[key]) for key in set(parents.values())}
    return Kinship(
        parents,
        {key: count for key, count in listed.items() if count},
        frozenset(key for key, parent in parents.items() if divisions.is_in(known[key], known[parent])),
    )


def _parse(name: str, divisions: Divisions) -> _Body:
    found = _AREAS.fullmatch(name)
    if found is None:
        return _Body(name, (), is_government=False)
    chain = tuple(area for area in found.group("province", "city", "county", "town") if area)
    return _Body(name, divisions.expand(chain), is_government=bool(chain) and found["rest"] in _GOVERNMENTS)


@dataclass(slots=True)
class _Areas:
    """Areas that names tell: by the last name, all their chains, and who stands for them."""

    divisions: Divisions
    chains: dict[str, set[Chain]] = field(default_factory=dict)
    governments: dict[str, list[_Body]] = field(default_factory=dict)
    shared: dict[str, bool] = field(default_factory=dict)

    def add(self, body: _Body) -> None:
        for length in range(1, len(body.chain) + 1):
            chain = body.chain[:length]
            self.chains.setdefault(chain[-1], set()).add(chain)
        if body.is_government:
            self.governments.setdefault(body.chain[-1], []).append(body)

    def find_parent(self, body: _Body) -> str:
        """Key of the nearest body it is part of; empty for none, and where more than one could be meant."""
        if _LED_FROM_ABOVE.search(body.key):
            return ""
        last = len(body.chain) - body.is_government
        for length in range(last, 0, -1):
            chain = body.chain[:length]
            same = (one for one in self.governments.get(chain[-1], ()) if self._is_same(chain, one.chain))
            # A name that repeats its area would be its own parent.
            found = [one.key for one in same if one.key != body.key]
            if found:
                return found[0] if len(found) == 1 else ""
        return ""

    def _is_same(self, one: Chain, other: Chain) -> bool:
        """Whether two chains that end alike are one area. 朝阳区 is several: there only the whole chain tells."""
        if self._is_shared(one[-1]):
            return one == other and len(one) > 1
        return _is_alike(one, other)

    def _is_shared(self, area: str) -> bool:
        known = self.shared.get(area)
        if known is None:
            pairs = combinations(self.chains[area], 2)
            known = self.divisions.is_shared(area) or any(not _is_alike(*pair) for pair in pairs)
            self.shared[area] = known
        return known


def _is_alike(one: Chain, other: Chain) -> bool:
    return _is_within(one, other) or _is_within(other, one)


def _is_within(chain: Chain, full: Chain) -> bool:
    """Whether the chain leaves out areas of the full one only."""
    rest = iter(full)
    return all(area in rest for area in chain)
