"""The form of a 部门决算 that comes along reads invented departments' tables, whose rows differ."""

from __future__ import annotations

import pytest

from extractor.forms.definition import list_families
from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.values.result import FieldStatus, Kind
from fixtures.generator.settlement_family import FORM_ID, generate
from models.calibration import load_judge
from models.engines import load_readers

#: Real engines read whole documents.
pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.issue(24)]


@pytest.mark.parametrize(("index", "born", "least"), [(1, True, 1.0), (5, False, 0.97)])
def test_every_figure_is_read_as_printed_or_in_review(index, born, least, tmp_path):
    document = generate("office", 8103, index, born=born)
    path = tmp_path / "settlement.pdf"
    path.write_bytes(document.pdf)
    options = Options(judge=load_judge(1.0), forms=(list_families()[FORM_ID],))
    (report,) = extract_document(path, name=path.name, readers=load_readers(), options=options).reports
    wanted = document.truth["reports"][0]["fields"]
    found = report.by_id
    right = {
        key for key, value in wanted.items() if key in found and found[key].value == value
        and found[key].kind not in (Kind.MISSING, Kind.UNREADABLE)
    }  # fmt: skip
    assert len(right) >= least * len(wanted)
    assert {key for key in wanted if key in found and found[key].status is FieldStatus.ACCEPTED} <= right
    assert (report.form, report.organ.value) == (FORM_ID, document.truth["reports"][0]["organ"])
    assert {row.table for row in report.open_rows} == {"income", "spending", "general", "basic"}
