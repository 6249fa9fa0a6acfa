"""No dependency has an advisory known here (`.ci/advisories.tsv`), but one that is shown not to be reached."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.issue(26)

#: Pinned by PaddleX; `test_architecture.test_no_file_of_a_picture_is_decoded_by_opencv` keeps the code from it.
_NOT_REACHED = {"opencv-contrib-python": "CVE-2025-53644"}


def _rows() -> list[list[str]]:
    lines = (ROOT / ".ci" / "advisories.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")][1:]


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"[\d.]+", text)[0].strip(".").split("."))


_PINS = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_no_pinned_and_no_installed_version_has_a_known_advisory(row):
    package, since, advisories, what = row
    assert re.fullmatch(r"(CVE-\d{4}-\d{4,}(, )?)+", advisories)
    assert what
    try:
        found = [_PINS[package], version(package)]
    except PackageNotFoundError:
        found = [_PINS[package]]
    safe = [_parts(each) >= _parts(since) for each in found]
    # An exception that is none any more goes.
    assert safe == [package not in _NOT_REACHED] * len(found)
    assert _NOT_REACHED.get(package, advisories) == advisories


def test_every_package_is_listed_once_and_in_order():
    names = [row[0] for row in _rows()]
    assert names == sorted(set(names))
    assert _NOT_REACHED.keys() <= set(names)
