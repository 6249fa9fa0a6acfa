"""Cards in a real browser: several fields that one question settles, and what is seen on one screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import Kind
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
from tests.workers.reports import field, forms, report, result, unread, with_fields

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what both do alike is tested without a browser."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


def _row_in_doubt(*values: str):
    """A report whose row of what was granted is known by a label that was hardly read."""
    names = ("natural_person", "business", "research", "total")
    doubt = (Reason(ReasonCode.LABEL_UNLIKE),)
    cells = {
        f"requests.granted.{name}": replace(field(raw, 0.9), reasons=doubt)
        for name, raw in zip(names, values, strict=True)
    }
    return result(with_fields(report(), cells))


def _members(browser) -> list[str]:
    shown_ones = "[...document.querySelectorAll('#together:not([hidden]) b')]"
    script = (
        f"return document.getElementById('card').hidden ? [] : {shown_ones}.map((item) => item.textContent)"
    )
    return list(browser.execute_script(script))


def _values(client, job, *names: str) -> list[float | None]:
    fields = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"]
    return [fields[f"requests.granted.{name}"]["value"] for name in names]


@at_both_sizes
def test_a_row_that_was_guessed_is_settled_by_one_key(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(_row_in_doubt("0", "0", "0", "0"))
    browser.get(f"{address}/review?lang=en")
    wait(lambda: _members(browser) == ["0"] * 4)
    assert "4 fields, one question: is this the row?" in browser.find_element(By.ID, "question").text
    press(browser, Keys.ENTER)
    wait(lambda: len(decided(client, job)) == 4)
    wait(lambda: waiting(browser) == 0)
    press(browser, "u")
    wait(lambda: _members(browser) == ["0"] * 4 and waiting(browser) == 4)
    wait(lambda: "3 opened again" in browser.find_element(By.ID, "said").text)


@at_both_sizes
def test_one_of_a_row_is_typed_and_the_rest_are_right(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(_row_in_doubt("0", "0", "0", "4"))
    browser.get(f"{address}/review?lang=zh")
    wait(lambda: len(_members(browser)) == 4)
    while not shown(browser).endswith("natural_person"):
        press(browser, Keys.ARROW_UP)
    press(browser, Keys.ARROW_DOWN, "4", Keys.ARROW_DOWN, "b")
    assert _members(browser) == ["0", "4", "空白", "4"]
    press(browser, Keys.ENTER)
    if asked(browser):
        press(browser, Keys.ENTER)
    wait(lambda: len(decided(client, job)) == 4)
    assert _values(client, job, "natural_person", "business", "research", "total") == [0, 4, None, 4]


@at_both_sizes
def test_all_of_a_broken_sum_is_printed_so_by_one_key(client, browser, address, load, percent):
    zoom(browser, percent)
    cells = {f"requests.granted.{name}": field("1", 0.9) for name in ("business", "research")}
    job = load(result(with_fields(report(), cells)))
    browser.get(f"{address}/review")
    wait(lambda: _members(browser) == ["1", "1"])
    press(browser, "p")
    wait(lambda: len(decided(client, job)) == 2)
    steps = client.get(f"/v1/jobs/{job}/history").json()["steps"]
    assert [step["printed_so"] for step in steps] == [True, True]


@at_both_sizes
def test_a_table_that_the_document_does_not_have_is_one_question_asked_back(
    client, browser, address, load, percent
):
    zoom(browser, percent)
    names = [key for key in forms()["gio-2021"].specs() if key.startswith("requests.")]
    job = load(result(with_fields(report(), {name: unread(Kind.MISSING) for name in names})))
    browser.get(f"{address}/review?lang=en")
    wait(lambda: len(_members(browser)) == len(names) > 100)
    assert "the document does not have it" in browser.find_element(By.ID, "question").text
    press(browser, Keys.ENTER)
    assert f"None of these {len(names)} fields" in asked(browser)
    assert not decided(client, job)
    press(browser, Keys.ENTER)
    wait(lambda: len(decided(client, job)) == len(names))
    wait(lambda: waiting(browser) == 0)
    press(browser, "u")
    said = browser.find_element(By.ID, "said")
    wait(lambda: f"and {len(names) - 2} more" in said.text)


def test_a_desk_whose_fields_others_have_in_hand_says_so(client, browser, address, load):
    load(result(report(disclosure__fees__amount=field("1", 0.6))))
    assert client.post("/v1/review/next", json={"session": "another"}).json()["field"]
    browser.get(f"{address}/review?lang=en")
    wait(browser.find_element(By.ID, "empty").is_displayed)
    assert "1 fields are in somebody else's hands" in browser.find_element(By.ID, "said").text


def test_a_question_about_several_fields_can_be_asked_field_by_field(client, browser, address, load):
    job = load(_row_in_doubt("0", "0", "0", "0"))
    browser.get(f"{address}/review")
    wait(lambda: len(_members(browser)) == 4)
    press(browser, "x")
    for count in range(1, 5):
        wait(lambda: shown(browser) and not browser.find_element(By.ID, "together").is_displayed())
        press(browser, Keys.ENTER)
        wait(lambda: len(decided(client, job)) == count)  # noqa: B023


@at_both_sizes
def test_a_whole_table_is_looked_through_at_once(client, browser, address, load, percent):
    zoom(browser, percent)
    doubts = {f"requests.granted.{name}": field("0", 0.6) for name in ("business", "research")}
    doubts |= {
        "requests.partly_granted.public_welfare": field("0", 0.7),
        "disclosure.fees.amount": field("1", 0.6),
    }
    job = load(result(with_fields(report(), doubts)))
    browser.get(f"{address}/review?lang=en")
    wait(lambda: shown(browser))
    # Cards are fetched ahead with their pictures.
    wait(lambda: browser.execute_script("return ready.length") == 3)
    if "fees" in shown(browser):
        press(browser, Keys.ENTER)
        wait(lambda: shown(browser) and "fees" not in shown(browser))
    press(browser, "t")
    wait(lambda: _members(browser) == ["0", "0", "0"])
    assert "3 fields of the table" in browser.find_element(By.ID, "question").text
    press(browser, Keys.ENTER)
    wait(lambda: len(decided(client, job)) >= 3)
    fields = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"]
    assert {key for key in doubts if fields[key]["status"] == "review"} <= {"disclosure.fees.amount"}


@at_both_sizes
def test_figures_that_read_the_same_are_looked_through_at_once_and_wrong_ones_marked(
    client, browser, address, load, percent
):
    zoom(browser, percent)
    names = ("disclosure.fees.amount", "disclosure.regulations.issued")
    jobs = [load(result(with_fields(report(), {name: field("1", 0.6) for name in names}))) for _ in range(2)]
    browser.get(f"{address}/review?lang=en")
    first = wait(lambda: shown(browser))
    press(browser, "k")
    wait(lambda: _members(browser) == ["1"] * 4)
    assert "Space marks a wrong one" in browser.find_element(By.ID, "question").text
    press(browser, " ", Keys.ARROW_RIGHT, " ")
    assert sorted(_members(browser)) == ["1", "1", "wrong", "wrong"]
    press(browser, "u")
    assert sorted(_members(browser)) == ["1", "1", "1", "wrong"]
    press(browser, Keys.ENTER)
    wait(lambda: sum(len(decided(client, job)) for job in jobs) == 3)
    # What was marked is asked alone, and first.
    wait(lambda: shown(browser) == first and not browser.find_element(By.ID, "together").is_displayed())
    press(browser, "7", Keys.ENTER)
    wait(lambda: sum(len(decided(client, job)) for job in jobs) == 4)
    values = [
        client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"][name]["value"]
        for job in jobs
        for name in names
    ]
    assert sorted(values) == [1, 1, 1, 7]


#: What a decision needs that is not seen: out of the window, or under something else.
_UNSEEN = """
const needed = [
  "#label", "#reasons", "#labelcut", "#figurecut", "#value", "#sums .sum", "#candidates li", "#morekey",
];
const isSeen = (name) => {
  const element = document.querySelector(name);
  const { left, top, right, bottom } = element.getBoundingClientRect();
  if (left < 0 || top < 0 || right > innerWidth + 1 || bottom > innerHeight + 1) return false;
  const found = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return element.contains(found) || found.contains(element) || found.id === "frame";
};
const root = document.documentElement;
const isFit = root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth;
return [...needed, ...arguments].filter((name) => !isSeen(name)).concat(isFit ? [] : ["scrolls"]);
"""


#: Sides of the pictures of a strip: label, header, figure.
_STRIP = """
return ["label", "header", "figure"].map((of) => {
  const { left, top, right, bottom } = document.getElementById(`${of}cut`).getBoundingClientRect();
  return [left, top, right, bottom];
});
"""


def _is_one_strip(browser) -> bool:
    """Whether the label stands beside the figure and the header above it, as on the page, at one scale."""
    label, header, figure = browser.execute_script(_STRIP)
    pairs = (
        (label[2], figure[0]),
        (label[1], figure[1]),
        (header[0], figure[0]),
        (header[2], figure[2]),
        (header[3], figure[1]),
    )
    return all(abs(one - other) <= 2 for one, other in pairs)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("percent", [100, 200])
def test_all_that_a_decision_needs_is_on_one_screen(browser, address, load, percent, language):
    load(_row_in_doubt("0", "0", "0", "4"))
    zoom(browser, percent)
    browser.get(f"{address}/review?lang={language}")
    wait(lambda: len(_members(browser)) == 4)
    wait(lambda: browser.execute_script("return [...document.images].every((image) => image.complete)"))
    assert (
        browser.execute_script(_UNSEEN, "#members li", "#formwords .asked", "#sums .sum:nth-child(2)") == []
    )
    assert wait(lambda: _is_one_strip(browser))
    # What the form has stands in it, too, and the cell is not shown twice.
    assert "予以公开" in browser.find_element(By.CSS_SELECTOR, "#formwords .asked").text
    assert not browser.find_element(By.ID, "crop").is_displayed()
    press(browser, "x")
    wait(lambda: not browser.find_element(By.ID, "together").is_displayed())
    press(browser, "7", "7", "7", Keys.ENTER)
    assert asked(browser)
    assert browser.execute_script(_UNSEEN, "#asked") == []


@pytest.mark.parametrize("percent", [100, 200])
def test_the_header_of_a_column_in_doubt_is_on_that_screen_with_its_many_fields(
    browser, address, load, percent
):
    doubt = (Reason(ReasonCode.COLUMNS_UNNAMED),)
    names = [key for key in forms()["gio-2021"].specs() if key.endswith(".business")][:12]
    cells = {key: replace(field("0", 0.9), reasons=doubt) for key in names}
    load(result(with_fields(report(), cells)))
    zoom(browser, percent)
    browser.get(f"{address}/review?lang=en")
    wait(lambda: len(_members(browser)) == 12)
    wait(lambda: browser.execute_script("return [...document.images].every((image) => image.complete)"))
    script = _UNSEEN.replace('"#labelcut"', '"#headercut"').replace("#sums .sum", "#sums .part")
    assert browser.execute_script(script, "#members li") == []
    assert wait(lambda: _is_one_strip(browser))


def test_the_cell_is_as_wide_as_the_card_and_its_row_is_lit(browser, address, load):
    load(result(report(requests__granted__business=field("0", 0.6))))
    zoom(browser, 100)
    browser.get(f"{address}/review")
    wait(lambda: shown(browser))
    sizes = "['cut', 'card'].map((id) => document.getElementById(id).clientWidth)"
    wide = f"const [cut, all] = {sizes}; return cut / all"
    assert wait(lambda: browser.execute_script(wide)) > 0.4
    kinds = "return [...document.querySelectorAll('#sheet rect')].map((box) => box.getAttribute('class'))"
    assert browser.execute_script(kinds) == ["box lit", "box lit", "box here"]


#: By the reason that tells of it what is drawn beside or over the figure, and where, from left to right, in points.
_MARKS = {
    ReasonCode.STRUCK_OUT: (lambda pen: pen.line((112, 109, 150, 106), fill="black"), 112, 150),
    ReasonCode.INK_LEFT_OUT: (lambda pen: pen.text((150, 103), "7", fill="black"), 150, 156),
    ReasonCode.SEALED: (lambda pen: pen.rectangle((140, 101, 156, 117), fill="red"), 140, 156),
}


@pytest.mark.parametrize("code", list(_MARKS))
@at_both_sizes
def test_the_very_thing_that_is_doubtful_is_marked_on_the_picture(browser, address, load, code, percent):
    zoom(browser, percent)
    draw, left, right = _MARKS[code]
    doubted = replace(field("3", 0.9), reasons=(Reason(code),))
    load(result(report(disclosure__fees__amount=doubted)), draw)
    browser.get(f"{address}/review")
    wait(lambda: shown(browser))
    box = "document.querySelector('.mark').getBoundingClientRect()"
    sides = f"const {{left, right}} = {box}; return [left, right]"
    wait(lambda: browser.find_elements(By.CSS_SELECTOR, ".mark"))
    mark = browser.execute_script(sides)
    frame = browser.execute_script(sides.replace(".mark", "#frame"))
    # The frame is the cell, from 100 to 160.
    points = [100 + 60 * (side - frame[0]) / (frame[1] - frame[0]) for side in mark]
    assert points == pytest.approx([left, right], abs=3)


def test_what_is_not_marked_has_no_mark(browser, address, load):
    doubted = replace(field("3", 0.9), reasons=(Reason(ReasonCode.STRUCK_OUT),))
    load(result(report(disclosure__fees__amount=doubted)))
    browser.get(f"{address}/review")
    wait(lambda: shown(browser))
    wait(lambda: browser.execute_script("return document.getElementById('crop').naturalWidth > 0"))
    assert browser.find_elements(By.CSS_SELECTOR, ".mark") == []


def test_every_key_is_told_and_the_page_is_reached_by_one(browser, address, load):
    load(result(report(disclosure__fees__amount=field("1", 0.6))))
    zoom(browser, 200)
    browser.get(f"{address}/review")
    wait(lambda: shown(browser))
    more, sheet, card = (browser.find_element(By.ID, name) for name in ("more", "sheet", "label"))
    assert not more.is_displayed()
    assert not sheet.is_displayed()
    press(browser, "h")
    assert more.is_displayed()
    press(browser, "h", "v")
    assert sheet.is_displayed()
    assert not card.is_displayed()
    press(browser, "v")
    assert card.is_displayed()
