"""The document view by keyboard in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.workers.api.again import read_again
from tests.workers.api.browsing import at_both_sizes, decided, needs_browser, press, wait, zoom
from tests.workers.reports import field, report, result

pytestmark = [pytest.mark.slow, needs_browser]
_FIRST, _SECOND = "disclosure.regulations.issued", "disclosure.fees.amount"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what both do alike is tested without a browser."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


def _at(browser) -> str:
    return str(browser.execute_script("return document.activeElement.dataset.field ?? ''"))


def _told(browser) -> str:
    return str(browser.find_element(By.ID, "about").text)


@pytest.fixture
def job(load) -> str:
    doubts = {_FIRST: field("3", 0.6, ("8", 0.3)), _SECOND: field("1", 0.7)}
    return load(result(report(**{key.replace(".", "__"): item for key, item in doubts.items()})))


@at_both_sizes
def test_a_document_opens_at_its_first_doubt_and_keys_go_from_one_to_the_next(browser, address, job, percent):
    zoom(browser, percent)
    browser.get(f"{address}/jobs/{job}/review?lang=en")
    wait(lambda: _at(browser) == _FIRST)
    wait(lambda: "low confidence" in _told(browser) and "Alt 2" in _told(browser))
    press(browser, "n")
    wait(lambda: _at(browser) == _SECOND)
    wait(lambda: "70.0 %" in _told(browser))
    press(browser, "n")
    wait(lambda: _at(browser) == _FIRST)
    press(browser, "N")
    wait(lambda: _at(browser) == _SECOND)
    # What is typed is no command.
    press(browser, "5", "n", "y")
    assert browser.execute_script("return document.activeElement.value") == "5ny"
    assert _at(browser) == _SECOND


@at_both_sizes
def test_doubts_are_settled_where_they_stand_and_a_cell_tells_its_history(
    client, browser, address, job, percent
):
    zoom(browser, percent)
    browser.get(f"{address}/jobs/{job}/review?lang=en")
    wait(lambda: "Alt 2" in _told(browser))
    press(browser, "~2")
    wait(lambda: _at(browser) == _SECOND and "70.0 %" in _told(browser))
    press(browser, "y")
    wait(lambda: "No cell of this document is in doubt" in browser.find_element(By.ID, "said").text)
    assert decided(client, job) == [("decide", "number")] * 2
    fields = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"]
    assert [fields[key]["value"] for key in (_FIRST, _SECOND)] == [8, 1]
    wait(lambda: "decided · 1" in _told(browser))


def test_a_doubt_whose_sum_does_not_hold_is_gone_to_as_well(browser, address, load):
    total = "disputes.reconsideration.total"
    job = load(result(report(disputes__reconsideration__total=field("7", 0.6))))
    browser.get(f"{address}/jobs/{job}/review?lang=en")
    wait(lambda: _at(browser) == total)
    cell = browser.find_element(By.CSS_SELECTOR, f"td:has([data-field='{total}'])")
    wait(lambda: {"review", "finding"} <= set(cell.get_attribute("class").split()))
    press(browser, "n")
    assert _at(browser) == total
    press(browser, "y")
    wait(lambda: "No cell of this document is in doubt" in browser.find_element(By.ID, "said").text)
    assert {"corrected", "finding"} <= set(cell.get_attribute("class").split())


@at_both_sizes
def test_what_differs_between_two_runs_is_taken_over_by_keys(browser, client, address, job, service, percent):
    zoom(browser, percent)
    now = read_again(service, job, result(report(**{_FIRST.replace(".", "__"): field("8", 0.6)})))
    browser.get(f"{address}/jobs/{now}/compare?other={job}&lang=en")
    assert "2 differ" in browser.find_element(By.TAG_NAME, "main").text
    press(browser, Keys.SPACE, Keys.ARROW_DOWN, Keys.ENTER)
    wait(lambda: "1 field taken over" in browser.find_element(By.ID, "said").text)
    assert decided(client, now) == [("decide", "number")]
    assert client.get(f"/v1/jobs/{now}/reviewed").json()["reports"][0]["fields"][_FIRST]["value"] == 3


def test_a_document_is_reviewed_from_its_page_and_from_the_list(browser, address, job):
    for page in (f"/jobs/{job}", "/"):
        browser.get(f"{address}{page}?lang=en")
        link = browser.find_element(By.CSS_SELECTOR, f"a[href='/review?job={job}']")
        assert "2" in link.text
    link.send_keys(Keys.ENTER)
    wait(lambda: browser.current_url.endswith(f"/review?job={job}"))
    wait(lambda: browser.find_element(By.ID, "value").is_displayed())
