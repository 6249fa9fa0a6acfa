"""A drafted form corrected beside its specimen, by keyboard in a real browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.workers.api.browsing import needs_browser, press, wait, zoom
from tests.workers.api.drafts.specimens import FORM, make_specimen, write_form
from workers.api.drafts.app import create_draft_app
from workers.api.drafts.desk import DraftDesk

pytestmark = [pytest.mark.slow, needs_browser, pytest.mark.issue(24)]


#: Whether the page does not scroll, and its lines and keys are in sight.
_FITS = """
const root = document.documentElement;
const [keys, items] = [".keys", "#items"].map((part) => document.querySelector(part).getBoundingClientRect());
const isFit = root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight;
return [isFit, keys.bottom <= innerHeight && keys.right <= innerWidth, items.height >= 48, items.right <= innerWidth];
"""


@pytest.fixture
def form(tmp_path):
    return write_form(tmp_path)


@pytest.fixture
def app(form, tmp_path) -> FastAPI:
    return create_draft_app(DraftDesk(form, [make_specimen(tmp_path)]))


def _chosen(browser) -> str:
    return str(
        browser.execute_script("return document.querySelector('.item[aria-selected=true]').textContent")
    )


def _told(browser, part: str) -> str:
    return str(browser.execute_script("return document.getElementById(arguments[0]).textContent", part))


def _go(browser, words: str) -> None:
    """Goes down to the line that has these words, once the last correction is answered: until then keys wait."""
    wait(lambda: not browser.find_elements(By.CSS_SELECTOR, "[aria-busy]"))
    press(browser, Keys.HOME)
    for _ in browser.find_elements(By.CSS_SELECTOR, ".item"):
        if words in _chosen(browser):
            return
        press(browser, Keys.ARROW_DOWN)
    raise AssertionError(words)


def _type(browser, text: str) -> None:
    wait(lambda: browser.find_element(By.ID, "typing").is_displayed())
    press(browser, text, Keys.ENTER)


def test_names_rows_and_sums_are_corrected_by_keyboard_and_comments_stay(browser, address, form):
    browser.get(f"{address}/?lang=en")
    wait(lambda: "beyond doubt" in _told(browser, "state"))
    # The draft lies over the page: a misread row of the form is one that the page has otherwise.
    wait(lambda: browser.find_elements(By.CSS_SELECTOR, "#sheet image[href='/pages/0/1.png']"))
    assert len(browser.find_elements(By.CSS_SELECTOR, "#sheet rect.row")) >= 3
    _go(browser, "应收账欺")
    press(browser, Keys.ENTER)
    _type(browser, "应收账款")
    wait(lambda: "label: 应收账款" in form.read_text("utf-8"))
    wait(lambda: browser.find_elements(By.CSS_SELECTOR, "#sheet rect.here"))
    press(browser, "i")
    _type(browser, "receivables")
    wait(lambda: "t1.receivables.{column}" in form.read_text("utf-8"))
    # A sum is made of what is marked, and taken back.
    _go(browser, "货币资金")
    press(browser, " ")
    _go(browser, "资产总计")
    press(browser, "=")
    wait(lambda: "资产总计 = 货币资金" in form.read_text("utf-8"))
    wait(lambda: "holds in 0 of 2" in _told(browser, "items"))
    press(browser, "u")
    wait(lambda: "资产总计 = 货币资金" not in form.read_text("utf-8"))
    # What is refused and what is at fault is said; the file of a faulty form is told, and mended.
    _go(browser, "存货")
    press(browser, "i")
    _type(browser, "r1")
    wait(lambda: "stands already" in _told(browser, "faults"))
    assert "存货" in _chosen(browser)
    press(browser, "u")
    wait(lambda: "beyond doubt" in _told(browser, "state"))
    _go(browser, "货币资金")
    press(browser, "o")
    wait(lambda: "rows: open" in form.read_text("utf-8"))
    told = form.read_text("utf-8")
    assert "# What this is" in told and "# ids of the fields" in told and "# misread" in told
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_file_changed_in_an_editor_is_shown_and_not_written_over(browser, address, form):
    browser.get(f"{address}/?lang=zh")
    wait(lambda: "没有疑问" in _told(browser, "state"))
    other = FORM.replace("title: 资产情况表\ntables", "title: 另一个\ntables")
    form.write_text(other, encoding="utf-8")
    _go(browser, "存货")
    press(browser, Keys.DELETE)
    wait(lambda: "改动过" in _told(browser, "said"))
    assert form.read_text("utf-8") == other
    assert "另一个" in _told(browser, "items")


def test_marks_stay_with_their_rows_and_go_where_one_is_gone(browser, address, form):
    browser.get(f"{address}/?lang=en")
    wait(lambda: "beyond doubt" in _told(browser, "state"))
    _go(browser, "应收账欺")
    press(browser, " ", " ")
    _go(browser, "货币资金")
    press(browser, Keys.DELETE)
    wait(lambda: "货币资金" not in form.read_text("utf-8"))
    _go(browser, "资产总计")
    press(browser, "=")
    wait(lambda: "资产总计 = 应收账欺 + 存货" in form.read_text("utf-8"))
    _go(browser, "存货")
    press(browser, " ")
    _go(browser, "存货")
    press(browser, Keys.DELETE)
    wait(lambda: "the marks were taken off" in _told(browser, "said"))
    # Of a table more goes than one sees: it is asked once.
    press(browser, Keys.HOME, Keys.ARROW_DOWN, Keys.DELETE)
    assert "Press Delete again" in _told(browser, "said")
    wait(lambda: not browser.find_elements(By.CSS_SELECTOR, "[aria-busy]"))
    assert "tables: []" not in form.read_text("utf-8")
    press(browser, Keys.DELETE)
    wait(lambda: "tables: []" in form.read_text("utf-8"))


def test_the_page_fits_its_window_at_twice_the_size_and_tells_why_a_line_is_in_doubt(browser, address, form):
    form.write_text(form.read_text("utf-8").replace("title: 资产情况表", f"title: {'x' * 400}", 1), "utf-8")
    zoom(browser, 200)
    browser.get(f"{address}/?lang=zh")
    wait(lambda: "没有疑问" in _told(browser, "state"))
    assert browser.execute_script(_FITS) == [True] * 4
    press(browser, Keys.ENTER)
    assert browser.execute_script(_FITS) == [True] * 4
    press(browser, Keys.ESCAPE)
    _go(browser, "应收账欺")
    why = _told(browser, "said")
    press(browser, "d")
    wait(lambda: "decimals: true" in form.read_text("utf-8"))
    _go(browser, "应收账欺")
    press(browser, "d")
    wait(lambda: "decimals: true" not in form.read_text("utf-8"))
    wait(lambda: not browser.find_elements(By.CSS_SELECTOR, "[aria-busy]"))
    assert why and _told(browser, "said") == why
