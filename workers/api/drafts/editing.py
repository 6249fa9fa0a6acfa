"""One correction of a form file: text → text, with its comments, its order and its quotation marks.

Sums name rows and columns by their ids: where a correction gives something another id, or takes it away, they follow.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from extractor.drafting.tables import is_total
from extractor.drafting.yaml_file import is_plain
from extractor.forms.meaning import INDENT, OPEN, TOTAL, fill_pattern, written_columns
from extractor.forms.yaml_text import Path, read_form_text
from extractor.matching.rows import CODE
from extractor.seams.errors import UsageError
from extractor.wording.said import say

#: Longer than any line of a form: lines are not broken.
_WIDTH = 1_000_000
#: Stand for every row and every column in the patterns of sums.
_ANY_ROW, _ANY_COLUMN = "{row}", "{column}"
_SIDES = ("left", "right")


class Act(StrEnum):
    """What a correction does to the part of the file at its path."""

    #: Gives it a value; none takes a key away.
    SET = "set"
    #: Takes a row, a column, a sum, a block or a table out.
    DELETE = "delete"
    #: Puts a row below a row.
    ADD_ROW = "add_row"
    #: Makes a row that holds fields one that holds none, or the other way round.
    FIELD = "field"
    #: Leaves the rows of a block open, or lists them.
    OPEN = "open"
    #: A sum: the row or column at the path is that of those at `parts`.
    SUM = "sum"
    #: A sum as it is written: `a + b = c`.
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction.

    path: keys and places from the top. value: of SET and FORMULA; of OPEN the labels of the rows that are listed.
    parts: of SUM, paths that may end in an id.
    """

    act: Act
    path: Path
    value: Any = None
    parts: tuple[Path, ...] = ()


def edit_text(text: str, edit: Edit) -> str:
    """The file's text with one correction.

    Raises:
        UsageError: there is nothing at its path, or it is not to be had there.
        FormTextError: the text is no YAML that a form may be written in.
    """
    read_form_text(text)
    yaml = _make_yaml(text)
    data = yaml.load(text)
    # What is taken out lives on until the names are compared: they go by what they are of.
    alive = list(_list_parts(data))
    try:
        before = _list_names(data)
        if edit.act in _LISTS and edit.path[-2] not in _LISTS[edit.act]:
            raise KeyError(edit.path)
        _ACTS[edit.act](data, edit)
        _follow(data, before, _list_names(data))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(say("messages.drafts.no_such_place")) from error
    alive.clear()
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _make_yaml(text: str) -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    # As the file itself sets lists in from their keys.
    found = re.search(r"^tables:[^\n]*\n(?:\s*#[^\n]*\n)*( *)-( +)", text, re.MULTILINE)
    if found:
        offset = len(found[1])
        yaml.indent(mapping=2, sequence=offset + 1 + len(found[2]), offset=offset)
    return yaml


def _at(data: Any, path: Sequence[str | int]) -> Any:
    """What is at a path. Raises KeyError for an id that no part of a list has, or more than one."""
    for step in path:
        data = _find_named(data, step) if isinstance(data, list) and isinstance(step, str) else data[step]
    return data


def _find_named(parts: Sequence[Any], name: str) -> Any:
    named = [part for part in parts if part.get("id") == name]
    if len(named) != 1:
        raise KeyError(name)
    return named[0]


def _word(value: Any) -> Any:
    """A value as it is written: words in quotation marks where YAML would take them for something else."""
    if isinstance(value, str):
        return value if is_plain(value) else DoubleQuotedScalarString(value)
    if isinstance(value, list):
        listed = CommentedSeq([_word(item) for item in value])
        listed.fa.set_flow_style()
        return listed
    return value


def _set(data: Any, edit: Edit) -> None:
    holder, key = _at(data, edit.path[:-1]), edit.path[-1]
    value = _levels(edit.value) if key == "levels" and edit.value else edit.value
    if value is None or value == []:
        holder.pop(key, None)
    else:
        holder[key] = _word(value)


def _levels(told: list[str]) -> str | list[int]:
    return INDENT if told == [INDENT] else [int(one) for one in told]


def _delete(data: Any, edit: Edit) -> None:
    del _at(data, edit.path[:-1])[edit.path[-1]]
    if edit.path[:-1] == ("identities",) and not data["identities"]:
        del data["identities"]


def _add_row(data: Any, edit: Edit) -> None:
    rows, place = _at(data, edit.path[:-1]), int(edit.path[-1])
    if not 0 <= place < len(rows):
        raise IndexError(place)
    rows.insert(place + 1, _make_map({"id": _free_id(rows), "label": ""}))


def _switch_field(data: Any, edit: Edit) -> None:
    row = _at(data, edit.path)
    if row.get("id") is None:
        row.insert(0, "id", _free_id(_at(data, edit.path[:-1])))
    else:
        del row["id"]


def _free_id(rows: Sequence[Any]) -> str:
    known = {row.get("id") for row in rows}
    return next(name for i in range(len(rows), 10_000) if (name := f"r{i + 1}") not in known)


def _make_map(told: Mapping[str, Any]) -> CommentedMap:
    made = CommentedMap({key: _word(value) for key, value in told.items()})
    made.fa.set_flow_style()
    return made


def _switch_open(data: Any, edit: Edit) -> None:
    block = _at(data, edit.path)
    if block["rows"] == OPEN:
        for key in ("key", "levels", "total"):
            block.pop(key, None)
        labels = [str(label) for label in edit.value or [""]]
        block["rows"] = CommentedSeq(
            [_make_map({"id": f"r{i + 1}", "label": label}) for i, label in enumerate(labels)]
        )
        return
    labels = [str(row["label"]) for row in block["rows"]]
    coded = [found[0] for label in labels if (found := CODE.match(label))]
    block["rows"] = OPEN
    block["key"] = "code" if 2 * len(coded) > len(labels) else "name"
    total = next(filter(is_total, labels), None)
    if total is not None:
        block["total"] = _word(total)


def _add_sum(data: Any, edit: Edit) -> None:
    paths = [*edit.parts, edit.path]
    if len(paths) < 2 or len({path[-2] for path in paths}) != 1:
        raise UsageError(say("messages.drafts.no_sum"))
    key = str(edit.path[-2])
    named = [_at(data, path) for path in paths]
    # Whether by place or by id: nothing is a part of itself, or twice a part.
    if len({id(part) for part in named}) < len(named):
        raise UsageError(say("messages.drafts.no_sum"))
    if key == "rows" and any(row.get("id") is None for row in named):
        raise UsageError(say("messages.drafts.no_field"))
    lone = len({path[:-2] for path in paths}) == 1 and len(data["tables"][edit.path[1]]["blocks"]) == 1
    blocks = [_at(data, path[:-2]) for path in paths]
    mine, theirs = ("row", "column") if key == "rows" else ("column", "row")
    spread = (
        [[f"{{{theirs}}}"] * len(paths)]
        if lone
        else zip(*[_list_ids(block, f"{theirs}s") for block in blocks], strict=True)
    )
    name = _free_sum(data)
    for others in spread:
        names = [
            fill_pattern(block["field"], {mine: item["id"], theirs: other})
            for block, item, other in zip(blocks, named, others, strict=True)
        ]
        told = [str(item["label"]) for item in named]
        message = f"{told[-1]} = {' + '.join(told[:-1])}"
        sum_of: dict[str, Any] = {"id": f"{name}.{others[-1]}", "message": message}
        if lone:
            sum_of[f"{theirs}s"] = str(data["tables"][edit.path[1]]["id"])
        _append_sum(data, sum_of | {"left": names[:-1], "right": names[-1:]})


def _list_ids(block: Any, key: str) -> list[str]:
    """Ids of a block's columns or rows that hold fields."""
    if block[key] == OPEN:
        return [TOTAL] if "total" in block else []
    return [str(item["id"]) for item in block[key] if item.get("id") is not None]


def _append_sum(data: Any, told: Mapping[str, Any]) -> None:
    data.setdefault("identities", CommentedSeq()).append(
        CommentedMap({key: _word(value) for key, value in told.items()})
    )


def _free_sum(data: Any) -> str:
    """What the ids of a sum may begin with."""
    known = {str(item["id"]).partition(".")[0] for item in data.get("identities", ())}
    return next(name for i in range(1, 10_000) if (name := f"sum{i}") not in known)


def _set_formula(data: Any, edit: Edit) -> None:
    left, equals, right = str(edit.value).partition("=")
    sides = [[name.strip() for name in side.split("+") if name.strip()] for side in (left, right)]
    if not equals or not all(sides):
        raise UsageError(say("messages.drafts.no_formula"))
    item = _at(data, edit.path)
    for side, names in zip(_SIDES, sides, strict=True):
        item[side] = _word(names)


#: Lists of which an act takes one part; SET takes any.
_LISTS: Mapping[Act, frozenset[str]] = {
    Act.DELETE: frozenset({"tables", "blocks", "columns", "rows", "identities"}),
    Act.ADD_ROW: frozenset({"rows"}),
    Act.FIELD: frozenset({"rows"}),
    Act.OPEN: frozenset({"blocks"}),
    Act.SUM: frozenset({"rows", "columns"}),
    Act.FORMULA: frozenset({"identities"}),
}
_ACTS = {
    Act.SET: _set,
    Act.DELETE: _delete,
    Act.ADD_ROW: _add_row,
    Act.FIELD: _switch_field,
    Act.OPEN: _switch_open,
    Act.SUM: _add_sum,
    Act.FORMULA: _set_formula,
}


#: By what is named, which is itself, its name: of fields and their patterns, and of tables.
_Names = dict[tuple[int, ...], str]


def _list_names(data: Any) -> dict[tuple[int, ...], str]:
    """What sums may name, by the objects that it is made of, which stay the same where their words change."""
    found: _Names = {}
    for table in data.get("tables", ()):
        found[(id(table),)] = str(table["id"])
        for block in table["blocks"]:
            rows = (
                [] if block["rows"] == OPEN else [row for row in block["rows"] if row.get("id") is not None]
            )
            named = [(id(row), str(row["id"])) for row in rows]
            if block["rows"] == OPEN and "total" in block:
                named.append((0, TOTAL))
            columns = [(id(column), str(column["id"])) for column in written_columns(block)]
            if block["columns"] == OPEN and "total_columns" in block:
                columns.append((0, TOTAL))
            for row, row_id in [*named, (1, _ANY_ROW)]:
                for column, column_id in [*columns, (1, _ANY_COLUMN)]:
                    values = {"row": row_id, "column": column_id}
                    found[id(block), row, column] = fill_pattern(str(block["field"]), values)
    return found


def _list_parts(data: Any) -> Iterator[Any]:
    if isinstance(data, (dict, list)):
        yield data
        for part in data.values() if isinstance(data, dict) else data:
            yield from _list_parts(part)


def _follow(data: Any, before: _Names, after: _Names) -> None:
    """Sums name what is called otherwise now by its new name, and what is gone no more."""
    kept = set(after.values())
    changed = {old: after[key] for key, old in before.items() if key in after and after[key] != old}
    gone = {old for key, old in before.items() if key not in after and old not in kept}
    sums = data.get("identities", ())
    for item in sums:
        for key in ("rows", "columns"):
            if item.get(key) in changed:
                item[key] = _word(changed[item[key]])
        for side in _SIDES:
            names = [changed.get(name, name) for name in item[side] if name not in gone]
            if names != list(item[side]):
                item[side] = _word(names)
    for i in reversed([i for i, item in enumerate(sums) if not all(item[side] for side in _SIDES)]):
        del sums[i]
    if "identities" in data and not sums:
        del data["identities"]
