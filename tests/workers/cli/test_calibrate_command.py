"""`extractor calibrate` over a store of decisions."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from extractor.deciding.redecide import Given, recover_evidence
from extractor.values.result import Kind
from models.calibration import SHIPPED, CalibrationError, read_card
from tests.workers.reports import field, forms, report, result
from workers.cli.entry import run_cli
from workers.service.reviewing.decisions import DecisionStore, Step
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.queue import FieldKey, open_review
from workers.service.service import open_service
from workers.service.settings import read_settings
from workers.service.store.database import Database
from workers.service.store.jobs import JobStore
from workers.service.store.records import Finished

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

#: Fields without sums: nothing settles them but a person.
_SURE = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
_KEYS = [key for key in forms()["gio-2021"].specs() if key.startswith("disclosure.")]


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "service"


def _decide_all(data: Path, documents: int, wrong: int, share: float = 0.0) -> None:
    """Documents whose fields read 3; people find the first `wrong` of each, the least sure, to be 8."""
    data.mkdir()
    settings = read_settings(data=data)
    database = Database(settings.database)
    database.migrate()
    store, decisions, plan = JobStore(database), DecisionStore(database), ReviewPlan(forms(), share)
    made = report(
        **{
            key.replace(".", "__"): field("3", sure, ("8", 0.1))
            for key, sure in zip(_KEYS, _SURE, strict=True)
        }
    )
    evidence = recover_evidence(made, forms())
    for number in range(documents):
        document = hashlib.sha256(str(number).encode()).hexdigest()
        job, _ = store.submit(document, 9, "年报.pdf", settings.read_options.fingerprint())
        claim = store.claim(job.id, "worker")
        assert claim is not None
        finished = Finished(result="f" * 64, status="complete", pages=1)
        store.complete(claim, finished, lambda c, job=job: open_review(c, job.id, result(made), plan))
        for place, key in enumerate(_KEYS):
            value = 8.0 if place < wrong else 3.0
            step = Step(FieldKey(job.id, 0, key), "anna", 0, 1.0)
            decisions.decide([(step, Given(Kind.NUMBER, value, f"{value:g}"))], made, evidence)
    database.close()


def test_what_people_decided_is_learned_once_and_installed(data, capsys):
    _decide_all(data, documents=30, wrong=1)
    before = read_settings(data=data).read_options.fingerprint()
    assert run_cli(["calibrate", "--data", str(data), "--dry-run"]) == 0
    assert "would be installed" in capsys.readouterr().out
    assert not (data / "calibration.json").exists()
    assert run_cli(["calibrate", "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert f"{30 * len(_KEYS)} decisions of people, the machine was wrong in 30" in said
    assert "installed" in said
    settings = read_settings(data=data)
    assert settings.card == data / "calibration.json"
    assert len(read_card(settings.card).corrections) == 1
    assert read_card(SHIPPED).corrections == ()
    assert settings.read_options.fingerprint() != before
    # The decisions belong to the calibrator before: they are not counted twice.
    assert run_cli(["calibrate", "--data", str(data)]) == 0
    assert "0 decisions of people" in capsys.readouterr().out


def test_too_few_errors_teach_nothing(data, capsys):
    _decide_all(data, documents=20, wrong=0)
    assert run_cli(["calibrate", "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert "the machine wrong in 5" in said
    assert "nothing changes" in said
    assert not (data / "calibration.json").exists()


def test_a_folder_without_a_service_is_told_and_not_made(data, capsys):
    assert run_cli(["calibrate", "--data", str(data)]) == 1
    assert "there is no service in" in capsys.readouterr().err
    assert not data.exists()


def test_a_card_that_is_none_is_refused_at_the_start(data):
    data.mkdir()
    (data / "calibration.json").write_text("{}")
    with pytest.raises(CalibrationError, match=r"calibration\.json"):
        open_service(read_settings(data=data, broker_url="redis://127.0.0.1:1/0"))
