from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.forms.definition import Form, FormTable, load_forms, table_specs
from extractor.output.result_json import result_to_json
from extractor.pipeline import extract_document
from extractor.seams.engine import OcrEngine
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from models.engines import load_engine
from models.pages import load_labeller
from models.prose import load_finder
from models.replay import RecordingEngine
from tests.extractor.printed import Cells, list_rows

#: Result JSON and truth of one document.
Read = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="session")
def read_fixture(fixtures_folder: Path, request: pytest.FixtureRequest) -> Callable[[str], Read]:
    """Reads a document of fixtures/scans by replay, once per session; its result JSON and its truth."""
    done: dict[str, Read] = {}
    regenerate = bool(request.config.getoption("--regenerate"))
    engines: list[OcrEngine] = []

    def fast() -> OcrEngine:
        if not engines:
            engines.append(load_engine("fast"))
        return engines[0]

    def read(name: str) -> Read:
        if name not in done:
            recording = fixtures_folder / "recordings" / f"{name}.npz"
            recorder = RecordingEngine(fast()) if regenerate else None
            engine = recorder or load_engine(f"replay:{recording}")
            pdf = fixtures_folder / "scans" / f"{name}.pdf"
            options = Options(finder=load_finder())
            result = extract_document(
                pdf, name=pdf.name, readers=Readers(engine, None, load_labeller()), options=options
            )
            if recorder is not None:
                recorder.save(recording)
            truth = json.loads(pdf.with_suffix(".truth.json").read_text(encoding="utf-8"))
            done[name] = result_to_json(result), truth
        return done[name]

    return read


@pytest.fixture(scope="session")
def forms() -> dict[str, Form]:
    return load_forms()


@pytest.fixture(scope="session")
def table(forms: dict[str, Form]) -> FormTable:
    """Table three of the form of 2021."""
    found = forms["gio-2021"].table("requests")
    assert found is not None
    return found


@pytest.fixture
def printed(table: FormTable) -> tuple[list[Cells], dict[str, str]]:
    """Its rows, printed with a number of its own for every field, and these by field."""
    expected = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    return list_rows(table, expected.values()), expected
