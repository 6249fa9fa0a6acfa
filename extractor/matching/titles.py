"""Which of a form's tables a printed one is: by the title above it, and by labels that no other of them has.

A title is a whole line, or two, but for the body and the year before it: 政府性基金支出决算表 is no 支出决算表, and
of several titles that a line ends in the longest is its.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rapidfuzz.distance import Hamming

from extractor.forms.definition import Form, FormTable, normalise
from extractor.forms.titles import find_body, fold_title
from extractor.matching.align import align_rows, compare_labels, form_rows
from extractor.matching.wording import PER_LETTER, is_other, label_similarity, unify
from extractor.values.matched import SURE_LABEL
from extractor.values.printed import PrintedRow

#: What kind of table a title says that it is of.
_TABLE_TITLE = re.compile(r"[\u4e00-\u9fff（）()“”]{2,40}?(决算|预算|明细|登记|汇总|统计)(?:总|收支|情况)?表")
#: How much of a title a scan is trusted to have read.
#: ±20 %: nothing.
_TITLE_READ = 0.95
#: What stands beside a title or below it on its line.
_BESIDE = re.compile(r"公开\s*\d*\s*表|(?:金额|计量|编制|填报)?(?:单位|部门)\s*[:：].*|[（(]?续表?[）)]?$")
#: What may stand before a title: a number, a body and its year.
_BEFORE = re.compile(
    r"(?:.*(?:年度?|[部厅局委办院署会处室校馆]门?)(?:部门|本级)?|附?[件表]?[一二三四五六七八九十\d]{0,3})"
)
#: Lines that one title is printed on at most, and those above a table among which it is looked for.
#: By one more or less: nothing, of 2,835 fields of nine settlements, their tables in other orders or some alone.
_LINES, _NEAR = 2, 5
#: Rows, and share of those with a label that one table of a form has and the others have not, that tell which it is.
#: ±20 %: nothing, of the same. Without them 3,576 instead of 3,732 of 3,857 fields of eight others are exact, five of
#: them scanned.
_FEWEST, _MOST = 3, 0.8
#: Likenesses that differ by less are the same; tables of a form between which there is a choice.
#: ±20 %, and five times as much: nothing, of the same.
_EQUAL, _SEVERAL = 0.01, 2

#: What stands between a table's title and the table: a unit, a year, something in brackets, the number of the table.
_USUAL = re.compile(
    r".*单位.*|金额.*|[(].*[)]|20\d\d年.{0,8}|(?:公开|附)?表?[\d一二三四五六七八九十-]+(?:表|页)?|续表?"
)


def find_title(words: str, tables: Iterable[FormTable]) -> FormTable | None:
    """The table whose title stands above a printed one, the nearest above it; None where none does.

    words: the lines above it, from the top.
    """
    lines = [text for line in words.split("\n") if (text := unify(normalise(_BESIDE.sub("", line))))]
    titled = sorted(
        (table for table in tables if table.title), key=lambda table: -len(normalise(table.title))
    )
    for end in range(len(lines), max(0, len(lines) - _NEAR), -1):
        for start in range(max(0, end - _LINES), end):
            found = next((table for table in titled if _ends_in("".join(lines[start:end]), table)), None)
            if found is not None:
                return found
    return None


def name_tables(form: Form, rows: Sequence[PrintedRow], titles: Mapping[int, str]) -> dict[int, str]:
    """By the index of a printed table the id of the form's that it is; without those of which nothing tells.

    A title is believed where a label or the header below it is that table's, too, and most labels are no other's.
    """
    found = {}
    voted = _vote(form, rows)
    for index, members in groupby(
        sorted(rows, key=lambda row: row.table_index), key=lambda row: row.table_index
    ):
        table = find_title(titles.get(index, ""), form.tables)
        told = voted.get(index, "")
        if table is not None and told in {"", table.id} and _bears_out(list(members), table):
            found[index] = table.id
        elif told and table is None:
            found[index] = told
    return found


def _vote(form: Form, rows: Sequence[PrintedRow]) -> dict[int, str]:
    """By the index of a printed table that of the form's whose labels most of its rows have, and no other's."""
    targets = [target for target in form_rows(form.tables) if target.is_data and any(target.words)]
    printed = [row for row in rows if row.label and row.values]
    if not printed or len({target.table.id for target in targets}) < _SEVERAL:
        return {}
    alike = compare_labels([row.label for row in printed], targets)
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for row, own in zip(printed, alike, strict=True):
        best = {
            target.table.id for target, one in zip(targets, own, strict=True) if one >= own.max() - _EQUAL
        }
        if own.max() >= SURE_LABEL and len(best) == 1:
            votes[row.table_index][best.pop()] += 1
    likest = {index: counts.most_common(1)[0] for index, counts in votes.items()}
    return {
        index: table
        for index, (table, count) in likest.items()
        if count >= max(_FEWEST, _MOST * votes[index].total())
    }


def _bears_out(rows: Sequence[PrintedRow], table: FormTable) -> bool:
    targets = form_rows([table])
    is_worded = any(target.is_data and any(target.words) for target in targets)
    return any(
        match.name.is_sure or (match.score > 0 and not match.target.is_data and not is_worded)
        for match in align_rows(rows, targets)
    )


def _ends_in(line: str, table: FormTable) -> bool:
    """Whether a line is the title of a table, with nothing before it but what may stand there."""
    own = unify(normalise(table.title))
    at = len(line) - len(own)
    if at < 0 or not _BEFORE.fullmatch(line[:at]):
        return False
    misread = sum(1 for one, other in zip(line[at:], own, strict=True) if one != other)
    return misread <= 1 + len(own) // PER_LETTER and not is_other(line[at:], [own], _TITLE_READ)


def has_words_below(words: str, table: FormTable) -> bool:
    """Whether lines between a table's title and the table say more than the unit, the year and whose it is.

    They may be the upper part of its header, which names its columns too. words: the lines above it, from the top;
    where the title is not among them the last two count.
    """
    lines = [line for line in words.split("\n") if normalise(line)]
    unified = [unify(normalise(_BESIDE.sub("", line))) for line in lines]
    ends = (
        end
        for end in range(len(lines), 0, -1)
        if any(_ends_in("".join(unified[start:end]), table) for start in range(max(0, end - _LINES), end))
    )
    below = lines[next(ends, max(0, len(lines) - _LINES)) :]
    return not all(_USUAL.fullmatch(fold_title(line)) or find_body(line) for line in below)


def is_other_title(words: str, table: FormTable) -> bool:
    """Whether the title that stands above a table is another's: a budget's for that of an account, or other words."""
    found = list(_TABLE_TITLE.finditer(words.replace("\n", "")))
    wanted = _TABLE_TITLE.search(table.title)
    if not found or wanted is None:
        return False
    own = normalise(table.title)
    if len(found) > 1 and normalise(found[-2][0]) == own and _is_read_twice(*found[-2:]):
        return False
    return found[-1][1] != wanted[1] or is_other(normalise(found[-1][0])[-len(own) :], [own], _TITLE_READ)


def _is_read_twice(title: re.Match[str], again: re.Match[str]) -> bool:
    """Whether a title is the other one but for a letter, not that of its kind.

    Of a line that leans half the letters are read once more.
    """
    is_like = len(title[0]) == len(again[0]) and Hamming.distance(title[0], again[0]) <= 1
    return is_like and title[1] == again[1]


def is_foreign(words: str, tables: Sequence[FormTable]) -> bool:
    """Whether the title above a table is that of none of a form's."""
    return all(is_other_title(words, table) for table in tables if table.title)


def title_likeness(words: str, table: FormTable) -> float:
    """How like what stands above a table is to the title of a form's, 0 to 1."""
    return label_similarity(normalise(words), normalise(table.title)) if table.title else 0.0
