"""Text of a form file → plain data, with the line and column of every part of it.

Only what a form needs of YAML is let in: no anchors, no tags, no keys twice, no bottomless nesting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from extractor.wording.said import say

#: Where a part stands in the data: keys and list indices from the top.
Path = tuple[str | int, ...]
#: Characters and nesting of the largest text that is looked at; a form of 200 fields has 8000 and 6.
_MAX_LENGTH, _MAX_DEPTH = 1_000_000, 24
_NOT_YAML = yaml.reader.Reader.NON_PRINTABLE
_STANDARD = "tag:yaml.org,2002:"
#: The parser written in C is ten times as fast; PyYAML is also installed without it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a form file; line and column count from 1.

    is_unknown_key: all else can be looked at as if the key were not there.
    """

    line: int
    column: int
    message: str
    is_unknown_key: bool = False


class FormTextError(Exception):
    """The text is not the YAML that a form may be written in."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class FormText:
    """The data of a form file and where each part of it begins, line and column from 1."""

    data: Any
    places: Mapping[Path, tuple[int, int]]

    def problem(self, path: Path, message: str, *, is_unknown_key: bool = False) -> Problem:
        """A problem at that part, or at the nearest one around it that is written down."""
        while path and path not in self.places:
            path = path[:-1]
        return Problem(*self.places.get(path, (1, 1)), message, is_unknown_key)


def read_form_text(text: str) -> FormText:
    """The data in a YAML text.

    Scalars come as YAML reads them: text, int, float, bool or None; everything else that YAML knows is refused.

    Raises:
        FormTextError: it is not YAML, or uses more of it than a form may.
    """
    if len(text) > _MAX_LENGTH:
        message = say("forms.yaml.long", count=len(text), most=_MAX_LENGTH)
        raise FormTextError([Problem(1, 1, message)])
    odd = _NOT_YAML.search(text)
    if odd is not None:
        line, column = text.count("\n", 0, odd.start()) + 1, odd.start() - text.rfind("\n", 0, odd.start())
        message = say("forms.yaml.character", code=f"U+{ord(odd[0]):04X}")
        raise FormTextError([Problem(line, column, message)])
    try:
        _refuse_excess(text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise FormTextError([_explain(error)]) from error
    reader = _Reader()
    data = reader.read(node, ()) if node is not None else None
    if reader.problems:
        raise FormTextError(reader.problems)
    return FormText(data, reader.places)


def _refuse_excess(text: str) -> None:
    """Look at the text piece by piece, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            message = say("forms.yaml.anchors")
            raise FormTextError([_at(event.start_mark, message)])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise FormTextError([_at(event.start_mark, say("forms.yaml.deep"))])


def _at(mark: Any, message: str) -> Problem:
    return Problem(mark.line + 1, mark.column + 1, message)


def _explain(error: yaml.YAMLError) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(1, 1, say("forms.yaml.invalid", why=error))
    began, mark = error.context_mark, error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.context, error.problem) if part)
    if mark is None:
        return Problem(1, 1, say("forms.yaml.invalid", why=said))
    if began is not None and began.line < mark.line:
        return _at(mark, say("forms.yaml.since", why=said, line=began.line + 1))
    return _at(mark, say("forms.yaml.invalid", why=said))


class _Reader:
    """Nodes → data; bounded by the depth that was looked at before."""

    def __init__(self) -> None:
        self.places: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def read(self, node: yaml.Node, path: Path) -> Any:
        self.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._read_scalar(node)

    def _read_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if key_node.tag != _STANDARD + "str" or not isinstance(key, str):
                shown = repr(key if isinstance(key, str) else "a list")
                self.problems.append(_at(key_node.start_mark, say("forms.yaml.no_word", key=shown)))
                continue
            if key in out:
                self.problems.append(_at(key_node.start_mark, say("forms.yaml.second", key=repr(key))))
            out[key] = self.read(value_node, (*path, key))
            # An error in a value is shown where its key stands: that is what a person looks for.
            self.places[*path, key] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        return out

    def _read_scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_STANDARD)
        if kind == "str":
            return node.value
        if kind == "null":
            return None
        if kind == "bool":
            return node.value.lower() in ("true", "yes", "on")
        if kind == "int" and node.value.isascii() and node.value.isdigit() and len(node.value) < 10:
            return int(node.value)
        # Whatever else YAML sees in it (a date, a number like 1_000, 0x1F or 12:30) was hardly meant.
        return Unquoted(node.value, kind)


@dataclass(frozen=True, slots=True)
class Unquoted:
    """Something written without quotation marks that YAML takes for more than words: a date, a number, a tag."""

    text: str
    kind: str
