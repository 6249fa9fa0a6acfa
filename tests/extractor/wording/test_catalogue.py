"""Every text of the product is there in every language, with the same parameters."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest
import yaml

from extractor.wording.catalogue import Language, fill, find_text, list_keys
from tests.paths import ROOT

_FILES = sorted(
    path for top in ("extractor", "models", "workers") for path in (ROOT / top).glob("**/texts/*.yaml")
)
#: Marks of an English sentence after a Chinese character.
_HALF_WIDTH = re.compile(r"[一-鿿][,;?!](?:\s|$)")


def _leaves(told: dict, above: str = "") -> dict[str, dict[str, str]]:
    found = {}
    for key, value in told.items():
        if set(value) & set(Language):
            found[f"{above}{key}"] = value
        else:
            found |= _leaves(value, f"{above}{key}.")
    return found


def _texts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in _FILES:
        found |= _leaves(yaml.safe_load(path.read_text(encoding="utf-8")), f"{path.stem}.")
    return found


def _parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _shown(text: str) -> set[str]:
    """Parameters that are told, not only asked for one word or the other."""
    return {name for _, name, how, _ in Formatter().parse(text) if name and "|" not in (how or "")}


_TEXTS = _texts()


def test_the_files_of_the_catalogue_are_found_by_their_names():
    assert len(_FILES) > 5
    assert len({path.name for path in _FILES}) == len(_FILES)


@pytest.mark.parametrize("key", _TEXTS)
def test_every_text_is_there_in_every_language_with_the_same_parameters(key):
    told = _TEXTS[key]
    assert set(told) == set(Language)
    assert all(told.values())
    # A Chinese sentence may tell more (a code in words), and leaves out an id that stands beside it in words.
    assert _shown(told["zh"]) >= _shown(told["en"]) - {"code", "field"}


@pytest.mark.parametrize("key", [key for key in _TEXTS if not key.startswith("commands.")])
def test_chinese_is_written_with_chinese_marks(key):
    # What stands in backticks is typed so.
    assert not _HALF_WIDTH.search(re.sub(r"`[^`]*`", "", _TEXTS[key]["zh"]))


def _calls() -> set[tuple[str, str, frozenset[str] | None]]:
    """Keys that the code names whole, where, and with which parameters (None where they are given as a dict)."""
    found = set()
    for path in [path for top in ("extractor", "models", "workers") for path in (ROOT / top).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            key = node.args[0]
            is_key = isinstance(key, ast.Constant) and isinstance(key.value, str)
            if node.func.id in {"say", "tell"} and is_key:
                named = [word.arg for word in node.keywords]
                given = None if None in named else frozenset(filter(None, named))
                found.add((key.value, path.relative_to(ROOT).as_posix(), given))
    return found


@pytest.mark.parametrize("call", sorted(_calls(), key=str), ids=lambda call: f"{call[1]}:{call[0]}")
def test_what_the_code_says_is_in_the_catalogue_with_its_parameters(call):
    key, _, given = call
    assert key in _TEXTS
    if given is not None:
        assert given >= _parameters(_TEXTS[key]["en"]) | _parameters(_TEXTS[key]["zh"])


def test_no_text_is_left_that_nobody_says():
    code = "".join(
        path.read_text(encoding="utf-8")
        for top in ("extractor", "models", "workers")
        for path in sorted((ROOT / top).rglob("*"))
        if path.suffix in {".py", ".html", ".js"}
    )
    made = re.findall(r'f"((?:documents|forms|messages|models|options|system|sheets|report)[\w.]*\.)\{', code)
    made += ["report.rules.", "messages.words.", "messages.outcomes.status.", "messages.kinds."]
    left = [
        key
        for key in _TEXTS
        if not key.startswith(("commands.", "results.", "pages."))
        and f'"{key}"' not in code
        and f't("{key.removeprefix("report.")}"' not in code
        and not key.startswith(tuple(made))
    ]
    assert left == []


@pytest.mark.parametrize(("count", "told"), [(0, "0 pages"), (1, "1 page"), (2, "2 pages")])
def test_one_is_told_as_one(count, told):
    assert fill("{count} {count:page|pages}", {"count": count}) == told


def test_numbers_are_written_as_the_text_asks():
    assert fill("{size:,} {share:.1f} {name}", {"size": 12345, "share": 0.25, "name": "x"}) == "12,345 0.2 x"


def test_what_is_not_there_is_none():
    assert find_text("documents.nothing_such", Language.ENGLISH) is None
    assert find_text("nothing.such", Language.CHINESE) is None
    assert list_keys("nothing") == []
    assert "documents.empty_file" in list_keys("documents")
