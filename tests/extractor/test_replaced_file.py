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


@pytest.mark.parametrize("after_page", [0, 1])
@pytest.mark.parametrize("how", ["in place", "by another", "gone"])
def test_a_file_replaced_while_it_is_read_changes_nothing(fixtures_folder, tmp_path, how, after_page):
    scans = fixtures_folder / "scans"
    engine = load_engine(f"replay:{fixtures_folder / 'recordings' / 'dongfeng-2025-born.npz'}")
    options = Options(searchable=tmp_path / "copy.pdf")
    path = tmp_path / "report.pdf"
    shutil.copy(scans / "dongfeng-2025-born.pdf", path)

    def read(progress=None):
        readers = Readers(engine, None, load_labeller())
        return extract_document(path, name="r.pdf", readers=readers, options=options, progress=progress)

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
    told = read(strike)
    with pdfplumber.open(tmp_path / "copy.pdf") as copy:
        assert "政府信息公开" in "".join(page.extract_text() for page in copy.pages).replace("\n", "")
    shutil.copy(scans / "dongfeng-2025-born.pdf", path)
    undisturbed = read()
    assert told.source.sha256 == digest
    assert result_to_json(replace(told, timing={})) == result_to_json(replace(undisturbed, timing={}))
