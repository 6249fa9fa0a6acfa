"""A form of the user's own, made by the documented way alone: scans of 收入支出决算总表 are read with `--forms`.

`python -m pytest tests/extractor/test_forms_own.py --regenerate` records the readings anew.
"""

from __future__ import annotations

import json

import pytest
import yaml

from extractor.forms.definition import load_forms
from extractor.output.result_json import result_to_json
from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from models.engines import load_engine
from models.pages import load_labeller
from models.replay import RecordingEngine
from tests.extractor.schema import check_schema
from tests.paths import ROOT

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FOLDER = ROOT / "fixtures" / "forms"
_SCANS = sorted(path.stem for path in (_FOLDER / "scans").glob("*.pdf"))


def read(pdf, recording, forms=(_FOLDER,), *, regenerate=False):
    engine = RecordingEngine(load_engine("fast")) if regenerate else load_engine(f"replay:{recording}")
    result = extract_document(
        pdf,
        name=pdf.name,
        readers=Readers(engine, None, load_labeller()),
        options=Options(forms=tuple(forms)),
    )
    if regenerate:
        engine.save(recording)
    return result_to_json(result)


@pytest.fixture(scope="module")
def settlement(regenerate):
    """Result and truth of one of the scans, read once."""
    done = {}

    def get(name):
        if name not in done:
            pdf = _FOLDER / "scans" / f"{name}.pdf"
            truth = json.loads(pdf.with_suffix(".truth.json").read_text(encoding="utf-8"))["reports"][0]
            payload = read(pdf, _FOLDER / "recordings" / f"{name}.npz", regenerate=regenerate)
            done[name] = payload, truth
        return done[name]

    return get


def test_there_are_scans_enough():
    assert len(_SCANS) >= 4


@pytest.mark.parametrize("name", _SCANS)
def test_every_field_is_exact_and_nothing_else_is_told(settlement, name):
    payload, truth = settlement(name)
    (report,) = payload["reports"]
    fields = report["fields"]
    assert {key: field["value"] for key, field in fields.items()} == truth["fields"]
    assert {field["kind"] for field in fields.values()} <= {"number", "blank"}
    assert report["findings"] == []


@pytest.mark.parametrize("name", _SCANS)
def test_most_fields_need_no_person(settlement, name):
    fields = settlement(name)[0]["reports"][0]["fields"].values()
    assert sum(field["status"] == "accepted" for field in fields) >= 0.9 * len(fields)


@pytest.mark.parametrize("name", _SCANS)
def test_form_organ_year_and_pages_are_right(settlement, name):
    payload, truth = settlement(name)
    report = payload["reports"][0]
    assert payload["status"] == "complete"
    assert (report["form"], report["pages"]) == (truth["form"], truth["pages"])
    assert (report["organ"]["value"], report["year"]["value"]) == (truth["organ"], truth["year"])


def test_without_the_form_the_document_holds_none():
    payload = read(
        _FOLDER / "scans" / "settlement-scan.pdf", _FOLDER / "recordings" / "settlement-scan.npz", ()
    )
    assert (payload["status"], payload["reports"]) == ("no_form_found", [])


@pytest.mark.parametrize("name", ["dongfeng-2025", "jinhu-2023-rough"])
def test_annual_reports_are_read_as_before_beside_it(fixtures_folder, name):
    """The worn labels of the second fit any form of one column, if labels count for nothing."""
    pdf, recording = fixtures_folder / "scans" / f"{name}.pdf", fixtures_folder / "recordings" / f"{name}.npz"
    (alone,), (beside,) = (read(pdf, recording, forms)["reports"] for forms in ((), (_FOLDER,)))
    assert beside["form"] == "gio-2021"
    assert beside["fields"] == alone["fields"]


def test_the_form_follows_the_schema(fixtures_folder):
    schema = ROOT / "extractor" / "form_files" / "form.schema.json"
    data = yaml.safe_load((_FOLDER / "gkjs-2021.yaml").read_text(encoding="utf-8"))
    assert check_schema(data, json.loads(schema.read_text(encoding="utf-8"))) == []
    form = load_forms([_FOLDER])["gkjs-2021"]
    assert (len(form.specs()), len(form.identities)) == (42, 5)


@pytest.mark.parametrize("name", _SCANS)
def test_truth_holds_the_form_s_sums(name):
    truth = json.loads((_FOLDER / "scans" / f"{name}.truth.json").read_text(encoding="utf-8"))["reports"][0][
        "fields"
    ]
    for identity in load_forms([_FOLDER])["gkjs-2021"].identities:
        left, right = (sum(truth[key] or 0 for key in side) for side in (identity.left, identity.right))
        assert left == pytest.approx(right, abs=1e-6)
