"""What is installed from a wheel: nothing that could be called like something of a user's."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from extractor.wording.catalogue import Language, find_text
from hatch_build import HOME, fill_folder, rename_imports
from tests.paths import ROOT
from tests.workers.pdfs import write_blank
from workers.shown import extras
from workers.shown.extras import EXTRAS, extra_requirements, say_missing

_MOVED = {"models", "workers"}
#: Under the MPL, or the Artistic License (below frictionless), and only where tests run.
_OF_TESTS = {"hypothesis", "selenium-axe-python", "text-unidecode"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what a wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    fill_folder(ROOT, folder)
    return folder


def test_only_two_packages_and_a_module_for_celery_are_installed(wheel):
    assert {path.name for path in wheel.iterdir()} == {"extractor", HOME, "workers"}
    assert [path.name for path in (wheel / "workers").iterdir()] == ["celery_app.py"]
    assert not list(wheel.rglob("fixtures")) and not list(wheel.rglob("training"))
    weights = {path.name for path in (wheel / HOME / "models" / "shipped").glob("*.onnx")}
    assert weights == {path.name for path in (ROOT / "models" / "shipped").glob("*.onnx")}


def test_nothing_in_it_asks_for_a_package_of_the_repository_by_its_name_there(wheel):
    """By an import or as text: what is started with `python -m`, and where texts and templates lie."""
    asked = []
    for path in (wheel / "extractor").parent.rglob("*.py*"):
        if path.parent == wheel / "workers" or path.suffix not in {".py", ".pyi"}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                asked += [node.module] if (node.module or "").partition(".")[0] in _MOVED else []
            elif isinstance(node, ast.Import):
                asked += [name.name for name in node.names if name.name.partition(".")[0] in _MOVED]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                asked += [node.value] if _is_module(node.value) else []
    assert asked == []


def _is_module(text: str) -> bool:
    # Texts of the catalogue are called alike.
    if not re.fullmatch(r"(models|workers)(\.\w+)+", text) or find_text(text, Language.ENGLISH) is not None:
        return False
    place = ROOT.joinpath(*text.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()


def test_imports_are_renamed_and_nothing_else():
    source = (
        "from models.a import b\n    from workers import c\nfrom modelsx import d  # from workers import\n"
    )
    told = f"from {HOME}.models.a import b\n    from {HOME}.workers import c\n"
    assert rename_imports(source) == told + "from modelsx import d  # from workers import\n"


@pytest.mark.slow
def test_it_reads_beside_packages_of_a_user_that_are_called_like_ours(wheel, tmp_path):
    for name in _MOVED:
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / "__init__.py").write_text("raise RuntimeError('of the user')")
    write_blank(tmp_path / "a.pdf", pages=1)
    command = [sys.executable, "-c", f"from {HOME}.command import main; main()"]
    arguments = ["run", "a.pdf", "--output", "out", "--engine", "null", "--second-engine", "none"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'mine'}:{wheel}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "a.json").exists()


def test_what_an_extra_brings_is_told_where_it_is_missing(monkeypatch):
    told = [
        "click>=8",
        "pyarrow>=26; extra == 'dataset'",
        "celery>=5; extra == 'serve'",
        "x>=1; extra == 's3'",
    ]
    monkeypatch.setattr(extras, "_requirements", lambda: map(Requirement, told))
    assert [one.name for one in extra_requirements("dataset")] == ["pyarrow"]
    assert [one.name for one in extras.core_requirements()] == ["click"]
    missing = say_missing(ModuleNotFoundError("no", name="pyarrow.parquet"))
    assert missing is not None and "pip install 'gio-extractor[dataset]'" in missing
    assert "[serve]" in (say_missing(ModuleNotFoundError("no", name="kombu")) or "")
    assert say_missing(ModuleNotFoundError("no", name="click")) is None
    assert extras.find_missing("s3") == ["x"]


def test_no_extra_is_called_like_a_version():
    """Older ones of pip take `extra == 'v5'` for a comparison of versions, and install nothing."""
    for extra in EXTRAS:
        with pytest.raises(InvalidVersion):
            Version(extra)


def test_every_extra_for_users_is_told_and_is_part_of_all_but_the_reference():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    told = re.search(r"^all = \[\"gio-extractor\[(.+)\]\"\]", project, re.MULTILINE)
    assert told is not None and {*told[1].split(","), "paddle"} == {*EXTRAS}
    page = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    assert all(f"| `{extra}` |" in page for extra in EXTRAS)


def test_every_installed_package_under_a_licence_that_asks_for_more_is_named():
    page = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8").partition("## Licences")[2]
    named = {canonicalize_name(name) for name in re.findall(r"`([\w.-]+)`", page)}
    found = set()
    for distribution in distributions():
        told = [distribution.metadata.get(key) or "" for key in ("License-Expression", "License")]
        told += [kind for kind in distribution.metadata.get_all("Classifier") or [] if "License" in kind]
        if re.search(r"\b(L?GPL|MPL)|General Public|Mozilla Public", " ".join(told)[:2000]):
            found.add(canonicalize_name(distribution.metadata["Name"]))
    # Only what the project asks for, and what that asks for in turn, may be installed where tests run.
    assert {"img2pdf", "psycopg", "pikepdf"} <= found
    assert found - named <= _OF_TESTS
