"""A spaCy pipeline that finds the numbers these reports state: blank Chinese with components of our own.

Sentences, then quantities (a number with its unit), years, whole districts, and from them the statements of
`facts.yaml`. A trained pipeline was not measured: no weights come inside a package.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from extractor.seams.errors import UsageError
from extractor.seams.statements import Statement
from extractor.wording.said import say
from models.quantities import Quantity, find_quantities, flatten

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

#: What ships with this project.
SHIPPED = Path(__file__).parent / "facts.yaml"
_SENTENCE_ENDS = list("。！？；!?;\n")
#: Most characters a … of a phrase stands for.
_GAP = 24
_KEYS = {"id", "units", "says", "not", "denied", "same_as"}
_YEAR = re.compile(r"(20\d\d)\s?年")
#: 上年结转 is counted this year, and what is compared with last year is of this one.
_LAST_YEAR = re.compile(r"(?<![较比与同转])(?:上年|去年|上一年|前年|往年|历年)(?!度?(?:相比|结转|同期))")
_FUTURE = re.compile(r"计划|力争|预计|争取|拟于")
_THIS_YEAR = re.compile(r"本年|今年|全年|当年|一年来")
_CHANGE = re.compile(r"同比|环比|相比|[较比](?:上|去|前)[一]?年|增长|增加|减少|下降|上升|提高|多了|少了")
_AREA = re.compile(
    r"全(?:县|市|区|省|旗|州|镇|乡|系统)|各(?:县|区|乡镇|镇街|街道|部门|单位|科室|级)|辖区|下属|所属|基层单位"
)
_DENIAL = re.compile(r"未|没有|无|不存在")
#: 区政府办代表区政府受理: a table of the district counts the others too.
_PART = re.compile(r"代表|本级|机关本部")
_CLAUSE = re.compile(r"[^，,。；;！!？?：:\n]+")
_JOINED = re.compile(r"(?:案件|申请|、|和|及|与|或|以及|的|被|提起|，|引发|发生|数量|情况){0,4}")


class FactsError(UsageError):
    """A file of facts cannot be used."""

    code = "facts"


@dataclass(frozen=True, slots=True)
class FactPattern:
    """How a fact is said.

    says: over what stands before its number. around: over what ends before it, and over what begins after it.
    excludes: over the clause. denied: over what a denial denies. same_as: as of `extractor.statements.Statement`.
    """

    id: str
    units: tuple[str, ...]
    says: re.Pattern[str]
    around: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    excludes: re.Pattern[str] | None
    denied: re.Pattern[str] | None
    same_as: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """A fact named in front of a number. start, end: of its phrase in the text."""

    fact: FactPattern
    start: int
    end: int


class SpacyFinder:
    """Finds statements (`extractor.facts.FactFinder`). The pipeline is built with the first text."""

    def __init__(self, facts: Sequence[FactPattern], fingerprint: str) -> None:
        self._facts, self._fingerprint = tuple(facts), fingerprint

    @property
    def fingerprint(self) -> str:
        """Changes with the patterns, this code and spaCy."""
        return self._fingerprint

    def find(self, text: str) -> list[Statement]:
        """Statements of a paragraph, in printed order."""
        statements: list[Statement] = self._pipeline(flatten(text))._.statements
        return statements

    @cached_property
    def _pipeline(self) -> Language:
        return build_pipeline(self._facts)


def load_finder(files: Iterable[Path] = ()) -> SpacyFinder:
    """The finder of the facts that ship and of those in files of the user's own.

    Raises:
        FactsError: a file cannot be read or understood; the message names it and the fact.
    """
    facts: dict[str, FactPattern] = {}
    digest = hashlib.sha256(version("spacy").encode())
    for module in (Path(__file__), Path(__file__).with_name("quantities.py")):
        digest.update(module.read_bytes())
    for path in (SHIPPED, *files):
        facts |= {fact.id: fact for fact in read_facts(path)}
        digest.update(path.read_bytes())
    return SpacyFinder(list(facts.values()), digest.hexdigest()[:16])


def read_facts(path: Path) -> list[FactPattern]:
    """The facts of a file.

    Raises:
        FactsError: it cannot be read or understood; the message names it and the fact.
    """
    try:
        return list(_parse_facts(path.read_bytes(), path))
    except (OSError, yaml.YAMLError) as error:
        raise FactsError(say("models.facts.unreadable", path=path, why=error)) from error


# Whoever reads many documents asks for the same facts with each, and to parse them takes as long as a page of text.
@lru_cache(maxsize=16)
def _parse_facts(content: bytes, path: Path) -> tuple[FactPattern, ...]:
    found = yaml.safe_load(content)
    if not isinstance(found, dict) or not isinstance(found.get("facts"), list):
        raise FactsError(say("models.facts.no_list", path=path))
    return tuple(_parse_fact(item, path) for item in found["facts"])


def _parse_fact(item: Any, path: Path) -> FactPattern:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        raise FactsError(say("models.facts.no_id", path=path))
    name = item["id"]
    unknown = sorted(set(map(str, item)) - _KEYS)
    if unknown:
        known = ", ".join(sorted(_KEYS))
        raise FactsError(say("models.facts.unknown_key", path=path, name=name, key=unknown[0], known=known))
    for key in ("units", "says"):
        if not _is_texts(item.get(key)) or not item[key]:
            raise FactsError(say("models.facts.texts", path=path, name=name, key=key))
    for key in ("not", "denied"):
        if not _is_texts(item.get(key, [])):
            raise FactsError(say("models.facts.texts", path=path, name=name, key=key))
    sums = item.get("same_as", [])
    if not isinstance(sums, list) or not all(_is_texts(keys) and keys for keys in sums):
        raise FactsError(say("models.facts.lists", path=path, name=name))
    return FactPattern(
        name,
        tuple(item["units"]),
        _compile([phrase for phrase in item["says"] if "#" not in phrase]),
        tuple(_compile_around(phrase) for phrase in item["says"] if "#" in phrase),
        _compile(item["not"]) if item.get("not") else None,
        _compile(item["denied"]) if item.get("denied") else None,
        tuple(map(tuple, sums)),
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and text for text in value)


def _compile(phrases: Sequence[str]) -> re.Pattern[str]:
    """Phrases as one pattern, longest first; the last place where one ends is what counts."""
    parts = [_to_pattern(phrase) for phrase in sorted(phrases, key=len, reverse=True)]
    return re.compile(f"(?=({'|'.join(parts) or '(?!)'}))")


def _compile_around(phrase: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    before, _, after = phrase.partition("#")
    return re.compile(f"({_to_pattern(before)}).{{0,2}}$"), re.compile(_to_pattern(after))


def _to_pattern(phrase: str) -> str:
    return f"[^，,。；;！!？?\\d]{{0,{_GAP}}}?".join(map(re.escape, phrase.split("…")))


def _holds(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None


def _scope(text: str) -> str:
    """Whose number it is that follows: "own", "area" of all bodies of a district, "part" of one of several."""
    if _PART.search(text):
        return "part"
    return "area" if _AREA.search(text) else "own"


def _clause_start(text: str, at: int) -> int:
    """Where the clause begins in which a character stands."""
    return max(text.rfind(mark, 0, at) for mark in "，,：:；;") + 1


def build_pipeline(facts: Sequence[FactPattern]) -> Language:
    """Blank Chinese, cut by character, with sentences, quantities and statements.

    Documents carry `_.statements`; quantities are `doc.spans["quantities"]`, labelled by their units.
    """
    import spacy
    from spacy.language import Language
    from spacy.tokens import Doc, Span

    for owner, name in ((Doc, "statements"), (Span, "quantity")):
        if not owner.has_extension(name):
            owner.set_extension(name, default=None)
    if not Language.has_factory("extractor_quantities"):
        Language.component("extractor_quantities", func=_mark_quantities)
        Language.factory("extractor_statements", func=_Statements.make)
    pipeline = spacy.blank("zh")
    pipeline.add_pipe("sentencizer", config={"punct_chars": _SENTENCE_ENDS})
    pipeline.add_pipe("extractor_quantities")
    pipeline.add_pipe("extractor_statements")
    pipeline.get_pipe("extractor_statements").facts = tuple(facts)  # type: ignore[attr-defined]
    return pipeline


def _mark_quantities(doc: Doc) -> Doc:
    spans = []
    for quantity in find_quantities(doc.text):
        span = doc.char_span(quantity.start, quantity.end, label=quantity.unit, alignment_mode="expand")
        if span is not None:
            span._.quantity = quantity
            spans.append(span)
    doc.spans["quantities"] = spans
    return doc


class _Statements:
    """The component that links quantities to what is counted."""

    def __init__(self) -> None:
        self.facts: tuple[FactPattern, ...] = ()

    @staticmethod
    def make(nlp: Language, name: str) -> _Statements:
        return _Statements()

    def __call__(self, doc: Doc) -> Doc:
        found: list[Statement] = []
        quantities: list[Quantity] = [span._.quantity for span in doc.spans["quantities"]]
        for sentence in doc.sents:
            mine = [q for q in quantities if sentence.start_char <= q.start < sentence.end_char]
            found += _Sentence(doc.text, sentence.start_char, sentence.end_char, self.facts).read(mine)
        doc._.statements = sorted(found, key=lambda statement: statement.at)
        return doc


@dataclass(slots=True)
class _Sentence:
    """One sentence. start, end: its characters in `text`."""

    text: str
    start: int
    end: int
    facts: tuple[FactPattern, ...]

    def read(self, quantities: Sequence[Quantity]) -> list[Statement]:
        found: dict[str, Statement] = {}
        waiting: list[_Named] = []
        before = self.start
        for quantity in quantities:
            named = self._named(before, quantity)
            if waiting and not named:
                # 分别为3件和1件: one after the other.
                named, waiting = waiting[:1], waiting[1:]
            elif len(named) > 1 and "分别" in self.text[named[0].end : quantity.start]:
                named, waiting = named[:1], named[1:]
            elif len(named) > 1 and not self._is_shared(named[-1], quantity):
                named = []
            for item in named:
                found.setdefault(item.fact.id, self._state(item.fact, quantity.value, quantity))
            before = quantity.end
        for statement in self._denied(quantities):
            found.setdefault(statement.id, statement)
        return list(found.values())

    def _named(self, before: int, quantity: Quantity) -> list[_Named]:
        """What the quantity counts: one fact, or several named together; none where it counts something else."""
        lead = self.text[before : quantity.start]
        named: list[_Named] = []
        for fact in self.facts:
            ends = [(m.end(1), m.start(1)) for m in fact.says.finditer(lead)]
            ends += [(m.end(1), m.start(1)) for m in self._around(fact, lead, quantity)]
            if not ends or quantity.unit not in fact.units:
                continue
            end, start = max(ends)
            if fact.excludes is not None and _holds(fact.excludes, lead[_clause_start(lead, start) :]):
                continue
            named.append(_Named(fact, before + start, before + end))
        named.sort(key=lambda item: (item.end, -item.start))
        if not named or self._speaks_of_another(named[-1], before, quantity):
            return []
        together = [named[-1]]
        for item in reversed(named[:-1]):
            between = self.text[item.end : together[0].start]
            is_same = (item.start, item.end) == (together[0].start, together[0].end)
            if is_same or (item.end <= together[0].start and _JOINED.fullmatch(between)):
                together.insert(0, item)
        return together

    def _around(self, fact: FactPattern, lead: str, quantity: Quantity) -> Iterable[re.Match[str]]:
        """Where a phrase ends before the number that goes on after it: 收到 3件 申请."""
        for before, after in fact.around:
            found = before.search(lead)
            if found and after.match(self.text, quantity.end, self.end):
                yield found

    def _speaks_of_another(self, named: _Named, before: int, quantity: Quantity) -> bool:
        lead, after = self.text[before : quantity.start], self.text[named.end : quantity.start]
        if _CHANGE.search(after) or _FUTURE.search(lead):
            return True
        told = self.text[self.start : named.end]
        last = [found.start() for found in _LAST_YEAR.finditer(told)]
        if last and last[-1] > max((found.start() for found in _THIS_YEAR.finditer(told)), default=-1):
            return True
        # 未办结2件 is not what was 办结, 减少行政诉讼2件 not how many there were.
        return bool(
            re.search(r"(?:未|尚未|没有|不予|待|减少|增加|下降|上升)$", self.text[before : named.start])
        )

    def _is_shared(self, named: _Named, quantity: Quantity) -> bool:
        """Whether a number stands for each of several things: 均为0件, 受理并办结6件; a bare 0 too."""
        said = self.text[named.start : quantity.start]
        return quantity.value == 0 or re.search("均|都|各|并", said) is not None

    def _state(self, fact: FactPattern, value: float, quantity: Quantity) -> Statement:
        told = self.text[self.start : quantity.start]
        years = [(m.start(), int(m[1])) for m in _YEAR.finditer(told)]
        this = [m.start() for m in _THIS_YEAR.finditer(told)]
        year = years[-1][1] if years and years[-1][0] > max(this, default=-1) else None
        return Statement(
            id=fact.id,
            value=value,
            unit=quantity.unit,
            start=self.start,
            end=self.end,
            at=quantity.start,
            approximate=quantity.approximate,
            scope=_scope(told),
            year=year,
            same_as=fact.same_as,
        )

    def _denied(self, quantities: Sequence[Quantity]) -> Iterable[Statement]:
        """未收到…申请, 未发生行政复议、行政诉讼: nothing of it."""
        for clause in _CLAUSE.finditer(self.text, self.start, self.end):
            denial = _DENIAL.search(clause[0])
            counted = [q for q in quantities if clause.start() <= q.start < clause.end()]
            if denial is None or any(self.text[q.start - 1] != "无" for q in counted):
                continue
            rest = clause[0][denial.end() :]
            for fact in self.facts:
                if fact.denied is None or not _holds(fact.denied, rest):
                    continue
                if _LAST_YEAR.search(clause[0]):
                    continue
                at = clause.start() + denial.start()
                nothing = Quantity(at, at + len(denial[0]), 0.0, fact.units[0], approximate=False)
                yield self._state(fact, 0.0, nothing)
