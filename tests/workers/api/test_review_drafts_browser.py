"""What is said and not written yet, and questions that are answered with no, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from extractor.values.reason import FindingCode, Reason, ReasonCode
from extractor.values.result import FieldStatus, Finding
from tests.workers.api.browsing import (
    asked,
    at_both_sizes,
    decided,
    needs_browser,
    press,
    shown,
    wait,
    waiting,
    zoom,
)
from tests.workers.reports import field, report, result, with_fields

pytestmark = [pytest.mark.slow, needs_browser]
_FEES = "disclosure.fees.amount"
_ROW = ("natural_person", "business", "research")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what both do alike is tested without a browser."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


def _doubted(*reasons: Reason, names: tuple[str, ...] = _ROW) -> dict:
    return {f"requests.granted.{name}": replace(field("0", 0.9), reasons=reasons) for name in names}


def _row(**changed):
    doubt = Reason(ReasonCode.LABEL_OTHER, {"printed": "予以答复"})
    return result(with_fields(report(**changed), _doubted(doubt)))


def _members(browser) -> list[str]:
    return [item.text for item in browser.find_elements(By.CSS_SELECTOR, "#members b")]


def _said(browser) -> str:
    return str(browser.find_element(By.ID, "said").text)


def _open(browser, address, job: str, language: str = "en") -> None:
    browser.get(f"{address}/review?job={job}&lang={language}")
    wait(lambda: shown(browser))


def test_what_is_not_written_is_taken_back_before_what_is(client, browser, address, load):
    older = load(result(report(organ="某县财政局", disclosure__fees__amount=field("1", 0.6))))
    told = {"kind": "number", "raw": "1"}
    client.patch(f"/v1/jobs/{older}/fields/0/{_FEES}", json=told, headers={"If-Match": "*"})
    job = load(_row())
    _open(browser, address, job)
    press(browser, "?")
    wait(lambda: "unreadable" in _members(browser))
    press(browser, "u")
    assert _members(browser) == ["0"] * 3
    assert "nothing was written" in _said(browser)
    assert decided(client, older) == [("decide", "number")]
    # Of a document that is reviewed alone nothing else's decision is taken back.
    press(browser, "u")
    wait(lambda: "in this document" in _said(browser))
    assert decided(client, older) == [("decide", "number")]
    press(browser, Keys.ENTER)
    wait(lambda: decided(client, job) == [("decide", "number")] * 3)


def test_what_is_asked_back_is_taken_back_by_the_same_key(client, browser, address, load):
    job = load(result(report(disclosure__fees__amount=field("12", 0.6))))
    _open(browser, address, job)
    press(browser, "b")
    assert asked(browser)
    press(browser, "u")
    assert not asked(browser)
    press(browser, Keys.ENTER)
    wait(lambda: decided(client, job) == [("decide", "number")])


@at_both_sizes
def test_a_row_that_is_not_the_one_asked_about_is_said_to_be_none(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(_row())
    _open(browser, address, job)
    press(browser, "n")
    assert _members(browser) == ["not printed"] * 3
    assert "None of these 3 fields" in asked(browser)
    assert decided(client, job) == []
    press(browser, "u")
    assert _members(browser) == ["0"] * 3
    press(browser, "n", Keys.ENTER)
    wait(lambda: decided(client, job) == [("decide", "missing")] * 3)


def test_a_single_field_is_not_printed_by_one_key(client, browser, address, load):
    job = load(result(report(disclosure__fees__amount=field("1", 0.6))))
    _open(browser, address, job)
    press(browser, "n")
    wait(lambda: decided(client, job) == [("decide", "missing")])


def test_a_name_in_doubt_is_quoted_as_printed_and_as_the_form_has_it(browser, address, load):
    _open(browser, address, load(_row()))
    reasons = browser.find_element(By.ID, "reasons")
    badge = browser.find_element(By.ID, "doubt")
    assert "printed “予以答复”, the form has “（一）予以公开”" in reasons.text
    assert badge.text == "Another label"
    made = with_fields(report(), _doubted(Reason(ReasonCode.HEADER_OTHER), names=("business",)))
    words = {"words": "外资企业", "place": 2, "table": "requests", "table_page": 1}
    finding = Finding(
        "unknown_column", "form", "warning", FindingCode.UNKNOWN_COLUMN, words, ("requests.granted.business",)
    )
    zoom(browser, 100)
    _open(browser, address, load(result(replace(made, findings=(finding,)))), "zh")
    assert "印作“外资企业”，表式为“商业企业”" in browser.find_element(By.ID, "reasons").text
    assert browser.find_element(By.ID, "doubt").text == "表头不同"
    wait(lambda: browser.execute_script("return [...document.images].every((image) => image.complete)"))
    # What has to be read is as high as what it is compared with at least.
    header, label = (browser.find_element(By.ID, name).size["height"] for name in ("headercut", "labelcut"))
    assert header >= max(label, 60)


@at_both_sizes
def test_an_organ_in_doubt_is_one_card_settled_by_one_key_or_typed(client, browser, address, load, percent):
    zoom(browser, percent)
    made = report("某市公女局")
    doubted = replace(made.organ, status=FieldStatus.REVIEW, confidence=0.6)
    job = load(result(replace(made, organ=doubted)))
    _open(browser, address, job)
    assert shown(browser) == "organ"
    assert browser.find_element(By.ID, "doubt").text == "Organ or year in doubt"
    box = browser.find_element(By.ID, "value")
    press(browser, "b")
    assert "name of the organ" in _said(browser)
    press(browser, *"某市公安局", Keys.ENTER)
    wait(lambda: decided(client, job) == [("decide", "text")])
    organ = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["organ"]
    assert (organ["value"], organ["status"]) == ("某市公安局", "accepted")
    press(browser, "u")
    wait(lambda: shown(browser) == "organ")
    assert box.get_attribute("value") == "某市公女局"
    press(browser, Keys.ENTER)
    wait(lambda: len(decided(client, job)) == 3)
    assert client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["organ"]["value"] == "某市公女局"


@at_both_sizes
def test_what_a_correction_contradicts_in_another_year_comes_next(client, browser, address, load, percent):
    zoom(browser, percent)
    other = load(result(report(year=2025, requests__carried_over__total=field("8"))))
    job = load(result(report(requests__carried_forward__total=field("8", 0.6, ("3", 0.3)))))
    _open(browser, address, job)
    press(browser, "~2")
    if asked(browser):
        press(browser, "p")
    wait(lambda: shown(browser) == "requests.carried_over.total")
    assert "accepted of 2025: it comes next" in _said(browser)
    press(browser, "3", Keys.ENTER)
    if asked(browser):
        press(browser, "p")
    wait(lambda: decided(client, other) == [("decide", "number")])


@at_both_sizes
def test_a_comment_is_written_and_read_on_the_card(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(result(report(disclosure__fees__amount=field("1", 0.6))))
    _open(browser, address, job)
    press(browser, "m", *"odd n", Keys.ENTER)
    comments = browser.find_element(By.ID, "comments")
    wait(lambda: "odd n" in comments.text)
    assert client.get(f"/v1/jobs/{job}/fields/0/{_FEES}").json()["comments"][0]["text"] == "odd n"
    assert decided(client, job) == []
    # The keys are those of the card again.
    press(browser, "m", "x", Keys.ESCAPE, Keys.ENTER)
    wait(lambda: decided(client, job) == [("decide", "number")])


def test_all_keys_are_put_away_by_escape_and_the_page_has_the_room_at_any_size(browser, address, load):
    job = load(result(report(disclosure__fees__amount=field("1", 0.6))))
    zoom(browser, 100)
    _open(browser, address, job)
    more, sheet, crop = (browser.find_element(By.ID, name) for name in ("more", "sheet", "crop"))
    press(browser, "h")
    assert more.is_displayed()
    press(browser, Keys.ESCAPE)
    assert not more.is_displayed()
    beside = sheet.size["width"]
    press(browser, "v")
    assert sheet.size["width"] > 1.5 * beside
    assert not crop.is_displayed()
    press(browser, "v")
    assert crop.is_displayed()
    assert waiting(browser) == 1


def test_keys_of_the_document_view_are_told_and_put_away_by_keys(browser, address, load):
    job = load(result(report(disclosure__fees__amount=field("1", 0.6))))
    browser.get(f"{address}/jobs/{job}/review?lang=en")
    help_ = browser.find_element(By.ID, "help")
    cell = wait(lambda: browser.switch_to.active_element)
    wait(lambda: browser.execute_script("return document.activeElement.dataset.field") == _FEES)
    press(browser, "h")
    assert help_.get_attribute("open") is not None
    press(browser, Keys.ESCAPE)
    assert help_.get_attribute("open") is None
    cell = browser.switch_to.active_element
    assert cell.get_attribute("value") == "1"
    press(browser, "5", Keys.ESCAPE)
    assert cell.get_attribute("value") == "1"
