"""What is odd in a form, and no fault: words that are missing or come twice, what its specimen shows besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from extractor.drafting.sums import DraftSum, find_sums
from extractor.drafting.tables import DraftBlock, DraftTable
from extractor.forms.definition import Block, Form, normalise
from extractor.matching.wording import are_same
from extractor.wording.said import Said, say

#: Rows of a specimen's block that a form lacks, and their share of it, from which on they are told: a half of a
#: table, or a table, and not a row that somebody took out.
_LEAST, _HALF = 2, 0.5
#: Rows and sums that are named in one sentence.
_NAMED = 3


def look_over(form: Form) -> list[Said]:
    """What is odd in a form by itself, sentence by sentence: rows and columns without words, or called alike."""
    return [told for table in form.tables for block in table.blocks for told in _look_at(table.id, block)]


def compare(form: Form, tables: Sequence[DraftTable]) -> list[Said]:
    """What a specimen shows that its form does not have: rows, above all of halves that were lost, columns, and sums.

    tables: as they are drafted from the specimen.
    """
    return [told for table in tables for block in table.blocks for told in _compare(form, table, block)]


def _look_at(table: str, block: Block) -> Iterator[Said]:
    fields = [row for row in block.rows if row.id is not None]
    bare = [str(row.id) for row in fields if not normalise(row.label) and len(fields) > 1]
    if bare:
        yield say("forms.looks.bare_rows", table=table, count=len(bare), names=", ".join(bare[:_NAMED]))
    bare = [column.id for column in block.columns if not normalise(column.label) and len(block.columns) > 1]
    if bare:
        yield say("forms.looks.bare_columns", table=table, count=len(bare), names=", ".join(bare[:_NAMED]))
    if twice := _find_twice((*column.path, column.label) for column in block.columns):
        yield say("forms.looks.doubled_columns", table=table, words=", ".join(twice[:_NAMED]))
    # Rows that all print are told apart by their order.
    loose = {normalise(row.label) for row in fields if row.optional}
    if twice := _find_twice((*row.group, row.label) for row in fields if normalise(row.label) in loose):
        yield say("forms.looks.doubled_rows", table=table, words=", ".join(twice[:_NAMED]))


def _find_twice(lines: Iterable[Sequence[str]]) -> list[str]:
    """Words that more than one line has, its groups and its own."""
    words = Counter("/".join(map(normalise, line)) for line in lines)
    return [text for text, count in words.items() if count > 1 and text.strip("/")]


def _compare(form: Form, table: DraftTable, block: DraftBlock) -> Iterator[Said]:
    best = _find_block(form, block)
    if best is None or best.open_rows is None:
        fields = [row.label for row in block.rows if row.is_field and normalise(row.label)]
        known = [
            words for own in form.tables for one in own.blocks for row in one.rows for words in row.labels
        ]
        lost = [label for label in fields if not _is_known(label, known)]
        if len(lost) >= max(_LEAST, _HALF * len(fields)):
            told = {"count": len(lost), "first": lost[0], "last": lost[-1], "title": table.title}
            yield say("forms.looks.lost_rows", **told)
    if best is None:
        return
    known = [normalise(words) for column in best.columns for words in (column.label, *column.aliases)]
    lost = [column.label for column in block.columns if not _is_known(column.label, known)]
    if lost and best.open_columns is None:
        yield say("forms.looks.lost_columns", title=table.title, words=", ".join(lost[:_NAMED]))
    if not block.is_open and best.open_rows is None and best.open_columns is None:
        yield from _find_undeclared(form, best, block)


def _find_block(form: Form, block: DraftBlock) -> Block | None:
    """The form's block that has most of a drafted one's words; None where it has none of them."""

    def count(own: Block) -> int:
        rows = [words for row in own.rows for words in row.labels]
        columns = [normalise(words) for column in own.columns for words in (column.label, *column.aliases)]
        found = sum(_is_known(row.label, rows) for row in block.rows if own.open_rows is None)
        return found + sum(_is_known(column.label, columns) for column in block.columns)

    blocks = [own for table in form.tables for own in table.blocks]
    best = max(blocks, key=count)
    return best if count(best) else None


def _is_known(label: str, known: Sequence[str]) -> bool:
    words = normalise(label)
    return any(are_same(words, one) for one in known)


def _find_undeclared(form: Form, own: Block, block: DraftBlock) -> Iterator[Said]:
    """Sums that hold in a specimen and of which the form says nothing."""
    totals = {side[0] for one in form.identities for side in (one.left, one.right) if len(side) == 1}
    rows = {i: _match(row.label, [(r.labels, r.id) for r in own.rows]) for i, row in enumerate(block.rows)}
    wordings = [((normalise(c.label), *map(normalise, c.aliases)), c.id) for c in own.columns]
    columns = {i: _match(column.label, wordings) for i, column in enumerate(block.columns)}
    for found in find_sums(block):
        lines = columns if found.across else rows
        total = lines[found.total]
        if total is None or any(lines[part] is None for part in found.parts):
            continue
        ids = {
            own.field.replace("{row}", total if not found.across else other)
            .replace("{column}", total if found.across else other)
            for other in (rows if found.across else columns).values()
            if other is not None
        }  # fmt: skip
        if not ids & totals:
            yield say("forms.looks.undeclared", sum=_tell_sum(found, block))


def _match(label: str, wordings: Sequence[tuple[Sequence[str], str | None]]) -> str | None:
    """The id of what is called so; None where nothing is, or it has none."""
    return next((name for words, name in wordings if _is_known(label, words)), None)


def _tell_sum(found: DraftSum, block: DraftBlock) -> str:
    labels = [line.label for line in (block.columns if found.across else block.rows)]
    parts = [labels[part] for part in found.parts]
    shown = parts if len(parts) <= _NAMED + 1 else [*parts[: _NAMED - 1], "…", parts[-1]]
    return f"{labels[found.total]} = {' + '.join(shown)}"
