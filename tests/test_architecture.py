"""The house rules that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.paths import ROOT
from workers.cli.installation import find_opencv
from workers.shown.extras import DISTRIBUTION

_PRODUCT = ("extractor", "gio_extractor", "models", "workers", "fixtures")
_MAX_LINES = 400
_DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
#: Marks of one machine, one place or one workplace that have no business in the project.
_FOREIGN = re.compile(r"\.\./shared|/(?:work|home|root|Users)/|site-packages|index-url|pythonhosted")


def _sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", _sources(*_PRODUCT, "tests", "benchmarks"), ids=_name)
def test_file_is_short_and_its_name_says_what_is_in_it(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= _MAX_LINES
    assert path.stem not in _DRAWERS


@pytest.mark.parametrize("path", _sources(*_PRODUCT, "benchmarks"), ids=_name)
def test_product_code_knows_no_machine(path):
    assert not _FOREIGN.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", _sources(*_PRODUCT), ids=_name)
def test_module_states_its_rule(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_exactly_one_opencv_is_installed():
    assert len(find_opencv()) == 1


def _requirements() -> dict[str, list[Requirement]]:
    """What the project asks for, by extra; that of no extra is under the empty name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [*map(Requirement, requirements)] for extra, requirements in told.items()}


def _pins() -> dict[str, list[str]]:
    """Versions in constraints.txt by name; there are several where Pythons differ."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[\w.-]+==[\w.!+]+( ;.+)?", line)
            name, _, version = line.partition(" ;")[0].partition("==")
            found.setdefault(canonicalize_name(name), []).append(version)
    return found


def test_direct_dependencies_are_ranges_whose_pins_stand_in_the_constraints():
    pins = _pins()
    asked = [one for extra, told in _requirements().items() if extra not in {"train", "fuzz"} for one in told]
    assert len(asked) > 50
    for requirement in asked:
        if requirement.name == DISTRIBUTION:
            continue
        name = canonicalize_name(requirement.name)
        assert any(requirement.specifier.contains(version, prereleases=True) for version in pins[name]), name
        # What the next great version of something changes nobody knows.
        assert any(one.operator in {"<", "=="} for one in requirement.specifier), name


def test_one_opencv_is_asked_for():
    assert [name for name in _pins() if name.startswith("opencv")] == ["opencv-contrib-python"]
    asked = [one.name for told in _requirements().values() for one in told if "opencv" in one.name]
    assert asked == ["opencv-contrib-python"]


@pytest.mark.parametrize("package", ["extractor", "workers"])
def test_every_folder_stands_in_the_architecture_with_its_own_words(package):
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for folder in sorted(path.parent for path in (ROOT / package).glob("*/__init__.py")):
        rule = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        assert rule is not None
        assert f"| `{folder.name}/` | {rule.splitlines()[0]} |" in told


@pytest.mark.parametrize(
    "folder", sorted((ROOT / "extractor").glob("*/__init__.py")), ids=lambda p: p.parent.name
)
def test_every_module_of_a_stage_stands_in_the_architecture(folder):
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = told.partition(f"#### `{folder.parent.name}/`\n")[2].partition("\n#### ")[0]
    named = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE))))
    assert named == {path.stem for path in folder.parent.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("path", _sources("extractor", "workers", "models"), ids=_name)
def test_no_rule_asks_how_a_sentence_is_worded(path):
    """Meaning is an enum or a named field; a sentence is only ever made, and shown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [node for node in ast.walk(tree) if _tests_wording(node)]
    assert [node.lineno for node in asked] == []


def _tests_wording(node: ast.AST) -> bool:
    """Whether a sentence for people (`message`, `reason`, `trouble` …) is searched, or its beginning asked."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_search = node.func.attr in {"startswith", "endswith", "find", "index"}
        return is_search and _is_sentence(node.func.value)
    if isinstance(node, ast.Compare) and any(isinstance(how, ast.In | ast.NotIn) for how in node.ops):
        return isinstance(node.left, ast.Constant | ast.JoinedStr) and _is_sentence(node.comparators[0])
    return False


def _is_sentence(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"message", "reason", "reasons", "trouble", "sentence"}


@pytest.mark.issue(26)
@pytest.mark.parametrize("path", [p for p in _sources(*_PRODUCT) if "training" not in p.parts], ids=_name)
def test_no_file_of_a_picture_is_decoded_by_opencv(path):
    """The pinned version has CVE-2025-53644 in its JPEG reader; pictures of documents are decoded by PDFium.

    What trains decodes what it drew itself, and nothing that reads imports it.
    """
    assert "models.training" not in re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
    calls = [node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    assert not {"imread", "imreadmulti", "imdecode", "imdecodemulti", "VideoCapture"} & set(calls)


@pytest.mark.issue(26)
def test_nothing_that_reads_asks_a_clock_that_can_be_set():
    """Limits, resuming and what is left of killed writers hang on no date: a clock that jumps costs a run nothing."""
    asking = re.compile(r"\b(?:time\.time(?:_ns)?|datetime\.(?:now|today|utcnow)|date\.today)\(")
    sources = _sources("extractor", "models", "workers/batch", "workers/reading", "workers/files")
    assert [_name(path) for path in sources if asking.search(path.read_text(encoding="utf-8"))] == []
