"""Accepted figures that look like a corrected one, offered and settled by keys in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from extractor.values.result import Kind
from tests.workers.api.browsing import asked, decided, needs_browser, press, shown, wait, waiting, zoom
from tests.workers.reports import IN_A_ROW, report, result, unread, with_fields

pytestmark = [pytest.mark.slow, needs_browser]
#: Whether what is offered is seen, and the page still fits its window.
_SIDES = """
const box = document.getElementById("twinskey").getBoundingClientRect();
const root = document.documentElement;
const isFit = root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight;
return [box.width > 0, box.left >= 0, box.right <= innerWidth, isFit];
"""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what both do alike is tested without a browser."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


def _values(client, job: str) -> list[float]:
    fields = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"]
    return [fields[key]["value"] for key in IN_A_ROW]


def _said_again(browser, *keys: str) -> None:
    press(browser, *keys)
    if asked(browser):
        press(browser, Keys.ENTER)


@pytest.mark.parametrize(("percent", "language"), [(100, "en"), (200, "zh")])
def test_figures_like_a_corrected_one_are_shown_by_a_key_and_said_to_be_the_same_by_another(
    client, browser, address, print_row, percent, language
):
    job = print_row(("3", "8", 0.6), ("3", "8", 0.999), ("8", "8", 0.999), ("3", "8", 0.999))
    zoom(browser, percent)
    browser.get(f"{address}/review?job={job}&lang={language}")
    wait(lambda: shown(browser) == IN_A_ROW[0])
    _said_again(browser, "3", Keys.ENTER)
    offered = browser.find_element(By.ID, "twinskey")
    wait(offered.is_displayed)
    assert "8 → 3" in offered.text
    assert browser.execute_script(_SIDES) == [True] * 4
    assert waiting(browser) == 0
    press(browser, "o")
    members = wait(lambda: browser.find_elements(By.CSS_SELECTOR, "#members b"))
    assert [item.text for item in members] == ["8", "8"]
    # What `s` writes is told.
    assert browser.find_element(By.ID, "question").text.rstrip(".。").endswith(" 3")
    assert not offered.is_displayed()
    _said_again(browser, "s", Keys.ENTER)
    wait(lambda: len(decided(client, job)) == 3)
    assert _values(client, job) == [3, 3, 8, 3]
    press(browser, "u")
    wait(lambda: _values(client, job) == [3, 8, 8, 8])
    # Nothing of it is open again: it stands as it was accepted.
    again = {"en": "1 stand again as they were accepted", "zh": "另有 1 项恢复为此前采信的读数"}[language]
    wait(lambda: again in browser.find_element(By.ID, "said").text)


def test_one_value_is_said_of_all_fields_that_were_not_found(client, browser, address, load):
    job = load(result(with_fields(report(), {key: unread(Kind.MISSING) for key in IN_A_ROW})))
    browser.get(f"{address}/review?lang=en")
    members = wait(lambda: browser.find_elements(By.CSS_SELECTOR, "#members b"))
    assert len(members) == len(IN_A_ROW)
    press(browser, "s")
    assert "Type a number first" in browser.find_element(By.ID, "said").text
    # A letter after a digit is typed.
    press(browser, "2", "s", Keys.ESCAPE, "b", "0", Keys.ARROW_DOWN, "s")
    members = browser.find_elements(By.CSS_SELECTOR, "#members b")
    assert [item.text for item in members] == ["0", "blank", "0", "0"]
    press(browser, "u", "s")
    assert decided(client, job) == []
    _said_again(browser, Keys.ENTER)
    wait(lambda: len(decided(client, job)) == len(IN_A_ROW))
    assert _values(client, job) == [0, None, 0, 0]


def test_equal_values_of_many_fields_are_told_once_and_what_was_complained_of_is_not_told_for_ever(
    client, browser, address, load
):
    row = [field.id for field in report().fields if field.id.startswith("requests.granted.")]
    load(result(with_fields(report(), {key: unread(Kind.MISSING) for key in row})))
    browser.get(f"{address}/review?lang=en")
    wait(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#members b")) == len(row) > 4)
    said = browser.find_element(By.ID, "said")
    press(browser, "1", "x", Keys.ENTER)
    assert said.text == "This is not a number."
    press(browser, Keys.ESCAPE)
    assert said.text == ""
    press(browser, "o")
    assert said.text == "Nothing looks like a corrected cell."
    press(browser, "5", Keys.ARROW_DOWN, "s", Keys.ENTER)
    assert f"With 5 in {len(row)} fields a sum will not hold" in asked(browser)


def test_what_s_writes_of_a_single_one_is_told(client, browser, address, print_row):
    job = print_row(("3", "8", 0.6), ("3", "8", 0.999))
    browser.get(f"{address}/review?job={job}&lang=en")
    wait(lambda: shown(browser) == IN_A_ROW[0])
    _said_again(browser, "3", Keys.ENTER)
    wait(browser.find_element(By.ID, "twinskey").is_displayed)
    press(browser, "o")
    wait(lambda: "s: this is 3" in browser.find_element(By.ID, "said").text)
    _said_again(browser, "s")
    wait(lambda: _values(client, job)[:2] == [3, 3])
