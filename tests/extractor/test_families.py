"""The forms that come along, and two more, read invented bodies' tables, whose rows, columns and number differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.forms.definition import list_families
from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.values.result import FieldStatus, Kind
from fixtures.generator import families
from fixtures.generator.settlement_family import FORM_ID, generate
from models.calibration import load_judge
from models.engines import load_readers

#: Real engines read whole documents.
pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.issue(24)]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("index", "born", "least"), [(1, True, 1.0), (5, False, 0.97)])
def test_every_figure_is_read_as_printed_or_in_review(index, born, least, tmp_path):
    document = generate("office", 8103, index, born=born)
    report = read_as_printed(document, FORM_ID, least, tmp_path)
    assert {row.table for row in report.open_rows} == {"income", "spending", "general", "basic"}


def test_tables_in_another_order_are_read_each_as_itself(tmp_path):
    document = generate("office", 8401, 0, born=True, arrangement="shuffled")
    read_as_printed(document, FORM_ID, 1.0, tmp_path)


@pytest.mark.parametrize("family", families.FAMILIES)
def test_the_other_families_are_read_as_printed(family, tmp_path):
    document = families.generate(family, "office", 8701, 2, born=True)
    report = read_as_printed(document, family, 1.0, tmp_path)
    # Rows that a body leaves out are not told as missing.
    assert not [field for field in report.fields if field.kind is Kind.MISSING]


def test_of_columns_and_tables_that_differ_none_is_named_wrongly_on_a_scan(tmp_path):
    document = families.generate("yearbook", "office", 9001, 3)
    report = read_as_printed(document, "yearbook", 0.9, tmp_path)
    wanted = document.truth["reports"][0]["fields"]
    accepted = {field.id for field in report.fields if field.status is FieldStatus.ACCEPTED}
    assert accepted <= wanted.keys()


def read_as_printed(document, form, least, folder):
    """The report of a document, at least so much of which is right and all that is accepted."""
    path = folder / "document.pdf"
    path.write_bytes(document.pdf)
    own = ROOT / "fixtures" / "forms" / f"{form}.yaml"
    options = Options(judge=load_judge(1.0), forms=(list_families().get(form, own),))
    (report,) = extract_document(path, name=path.name, readers=load_readers(), options=options).reports
    wanted = document.truth["reports"][0]["fields"]
    found = report.by_id
    right = {
        key for key, value in wanted.items() if key in found and found[key].value == value
        and found[key].kind not in (Kind.MISSING, Kind.UNREADABLE)
    }  # fmt: skip
    assert len(right) >= least * len(wanted)
    assert {key for key in wanted if key in found and found[key].status is FieldStatus.ACCEPTED} <= right
    assert (report.form, report.organ.value) == (form, document.truth["reports"][0]["organ"])
    return report
