"""Confidence made truer from the page of whoever leads."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from starlette.testclient import TestClient

from extractor.deciding.redecide import Given, recover_evidence
from extractor.values.result import Kind
from models.calibration import read_card
from tests.workers.api.browsing import at_both_sizes, needs_browser, press, tab_to, wait, zoom
from tests.workers.reports import field, forms, report, result
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.reviewing.decisions import DecisionStore, Step
from workers.service.reviewing.queue import FieldKey
from workers.service.settings import read_settings

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_KEYS = [key for key in forms()["gio-2021"].specs() if key.startswith("disclosure.")]
_PAGE = {"Accept": "text/html", "Origin": "http://localhost"}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what is learned does not depend on it."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


@pytest.fixture
def app(service) -> FastAPI:
    """A service that reads with what it says it does."""
    object.__setattr__(service, "pipeline", service.settings.read_options.fingerprint())
    return create_app(service, access=AccessPolicy(required=False))


@pytest.fixture
def asked(app) -> TestClient:
    """Somebody at that service."""
    return TestClient(app, base_url="http://localhost", headers=_PAGE)


def _decide(service, review, count: int) -> None:
    """Documents whose fields read 3, some with little confidence; of those people find the first to be 8."""
    sure = [0.5 + 0.05 * place for place in range(len(_KEYS))]
    made = report(
        **{
            key.replace(".", "__"): field("3", share, ("8", 0.1))
            for key, share in zip(_KEYS, sure, strict=True)
        }
    )
    evidence, store = recover_evidence(made, forms()), DecisionStore(service.database)
    for _ in range(count):
        job = review(result(made))
        for place, key in enumerate(_KEYS):
            value = 3.0 if place else 8.0
            step = Step(FieldKey(job, 0, key), "anna", 0, 1.0)
            store.decide([(step, Given(Kind.NUMBER, value, f"{value:g}"))], made, evidence)


def test_what_is_better_is_shown_before_and_after_and_installed_once(asked, service, review):
    _decide(service, review, 12)
    page = asked.get("/review/calibration?lang=en").text
    assert f"{12 * len(_KEYS)} decisions of people; the machine was wrong in 12" in page
    assert "can be installed" in page
    assert "Promised and kept" in page
    done = asked.post("/review/calibration?lang=en").text
    assert "Installed." in done
    assert len(read_card(service.settings.own_calibration).corrections) == 1
    # Until the service starts anew with it, it is not learned once more.
    assert asked.post("/review/calibration").status_code == 409
    assert read_settings(data=service.settings.data).card == service.settings.own_calibration


def test_too_little_is_said_to_be(asked, service, review):
    _decide(service, review, 1)
    page = asked.get("/review/calibration?lang=zh").text
    assert "可学的太少" in page
    assert "<button>安装" not in page
    assert asked.post("/review/calibration").status_code == 409


@needs_browser
@at_both_sizes
def test_it_is_installed_by_keys(service, review, browser, address, percent):
    _decide(service, review, 12)
    zoom(browser, percent)
    browser.get(f"{address}/review/calibration?lang=en")
    main = browser.find_element(By.TAG_NAME, "main")
    assert "can be installed" in main.text
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    tab_to(browser, "main form button")
    press(browser, Keys.ENTER)
    wait(lambda: "Installed." in browser.find_element(By.TAG_NAME, "main").text)
    assert len(read_card(service.settings.own_calibration).corrections) == 1
