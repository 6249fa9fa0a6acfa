"""A file that becomes another one while it is read: all of a result is of the bytes whose digest it names."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace

import pdfplumber
import pytest

from extractor.output.result_json import result_to_json
from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from models.engines import load_engine
from models.pages import load_labeller

pytestmark = [pytest.mark.slow, pytest.mark.issue(26)]


def _read(scans, path, copy, progress=None):
    engine = load_engine(f"replay:{scans.parent / 'recordings' / 'dongfeng-2025-born.npz'}")
    readers = Readers(engine, None, load_labeller())
    options = Options(searchable=copy)
    return extract_document(path, name="r.pdf", readers=readers, options=options, progress=progress)


@pytest.fixture(scope="module")
def undisturbed(fixtures_folder, tmp_path_factory):
    """What the document says when nothing happens to it."""
    scans = fixtures_folder / "scans"
    copy = tmp_path_factory.mktemp("undisturbed") / "copy.pdf"
    told = _read(scans, scans / "dongfeng-2025-born.pdf", copy)
    return result_to_json(replace(told, timing={}))


@pytest.mark.parametrize("after_page", [0, 1])
@pytest.mark.parametrize("how", ["in place", "by another", "gone"])
def test_a_file_replaced_while_it_is_read_changes_nothing(
    fixtures_folder, tmp_path, undisturbed, how, after_page
):
    scans = fixtures_folder / "scans"
    path = tmp_path / "report.pdf"
    shutil.copy(scans / "dongfeng-2025-born.pdf", path)

    def strike(done, _):
        if done != after_page:
            return
        if how == "in place":
            path.write_bytes((scans / "wrong-total.pdf").read_bytes())
        elif how == "by another":
            shutil.copy(scans / "wrong-total.pdf", tmp_path / "other.pdf")
            (tmp_path / "other.pdf").replace(path)
        else:
            path.unlink()

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    told = _read(scans, path, tmp_path / "copy.pdf", strike)
    with pdfplumber.open(tmp_path / "copy.pdf") as copy:
        assert "政府信息公开" in "".join(page.extract_text() for page in copy.pages).replace("\n", "")
    assert told.source.sha256 == digest
    assert result_to_json(replace(told, timing={})) == undisturbed
