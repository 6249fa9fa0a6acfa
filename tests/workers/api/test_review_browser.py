"""The review by keyboard in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

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
from tests.workers.reports import doubtful_row, field, report, result, with_fields

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what both do alike is tested without a browser."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


def _review(browser, address: str, answers: dict[str, tuple[str, ...]]) -> list[str]:
    """Settles everything by keys; the fields in the order they were shown."""
    browser.get(f"{address}/review")
    order: list[str] = []
    empty = "return !document.getElementById('empty').hidden"
    while True:
        before = order[-1] if order else None
        # Nobody is so fast that the sums could not settle the next field before it is seen.
        wait(lambda: browser.execute_script("return unwritten.length === 0"))
        wait(lambda: shown(browser) not in {"", before} or browser.execute_script(empty))  # noqa: B023
        name = shown(browser)
        if not name:
            return order
        order.append(name)
        press(browser, *answers[name])


_ANSWERS = {
    "disclosure.fees.amount": ("1", "2", ".", "5", Keys.ENTER, Keys.ENTER),
    "disclosure.penalties.decisions": ("/",),
    "disclosure.coercion.decisions": ("b",),
    "disclosure.licensing.decisions": ("?",),
    "disclosure.regulations.issued": ("~2",),
    "requests.granted.natural_person": (Keys.ENTER,),
    "requests.granted.total": (Keys.ENTER,),
    "requests.total.natural_person": ("7", Keys.ENTER, "p"),
    "requests.total.total": ("7", Keys.ENTER, "p"),
}


def test_every_doubt_is_settled_by_keyboard_alone(client, browser, address, load):
    doubts = {
        "disclosure.fees.amount": field("1", 0.5, ("8", 0.4)),
        "disclosure.penalties.decisions": field("1", 0.6, ("/", 0.3)),
        "disclosure.coercion.decisions": field("1", 0.6),
        "disclosure.licensing.decisions": field("1", 0.6),
        "disclosure.regulations.issued": field("3", 0.6, ("8", 0.3)),
    }
    job = load(result(with_fields(doubtful_row(), doubts)))
    order = _review(browser, address, _ANSWERS)
    # One of the two that decide each other was settled by the other.
    assert len(order) == len(set(order)) == len(_ANSWERS) - 1
    report_now = wait(
        lambda: (found := client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0])["reviewed"] and found
    )
    fields = report_now["fields"]
    assert fields["disclosure.fees.amount"]["value"] == 12.5
    kinds = {
        key: fields[f"disclosure.{key}.decisions"]["kind"] for key in ("penalties", "coercion", "licensing")
    }
    assert kinds == {"penalties": "dash", "coercion": "blank", "licensing": "unreadable"}
    assert fields["disclosure.regulations.issued"]["value"] == 8
    assert fields["requests.total.total"]["printed_so"]
    origins = {fields[f"requests.granted.{key}"]["origin"] for key in ("natural_person", "total")}
    assert origins == {"person", "settled"}
    milliseconds = browser.execute_script("return timings")
    assert sorted(milliseconds)[len(milliseconds) // 2] < 100
    faults = [entry for entry in browser.get_log("browser") if "favicon" not in entry["message"]]
    assert faults == []


@at_both_sizes
def test_a_decision_is_taken_back_and_the_card_comes_again(client, browser, address, load, percent):
    zoom(browser, percent)
    changed = {
        key: field("1", 0.6) for key in ("disclosure__fees__amount", "disclosure__regulations__issued")
    }
    job = load(result(report(**changed)))
    browser.get(f"{address}/review")
    first = wait(lambda: shown(browser))
    before = wait(lambda: waiting(browser))
    press(browser, "5", Keys.ENTER)
    wait(lambda: shown(browser) not in {"", first} and waiting(browser) == before - 1)
    press(browser, "u")
    wait(lambda: shown(browser) == first and waiting(browser) == before)
    press(browser, Keys.ARROW_UP if "fees" in first else Keys.ARROW_DOWN)
    wait(lambda: shown(browser) not in {"", first})
    acts = [step["act"] for step in client.get(f"/v1/jobs/{job}/history").json()["steps"]]
    assert acts == ["decide", "undo"]


def test_what_waits_is_counted_once_while_a_decision_is_taken_back(client, browser, address, load):
    job = load(result(report(disclosure__fees__amount=field("1", 0.6))))
    browser.get(f"{address}/review")
    wait(lambda: shown(browser))
    press(browser, "5", Keys.ENTER)
    wait(lambda: waiting(browser) == 0 and not browser.execute_script("return unwritten.length"))
    late = (
        "const real = fetch; fetch = async (address, ...rest) => {"
        "  const answer = await real(address, ...rest);"
        "  if (String(address).endsWith('/undo')) await new Promise((go) => { window.go = go; });"
        "  return answer; };"
    )
    browser.execute_script(late)
    press(browser, "u")
    wait(lambda: [act for act, _ in decided(client, job)] == ["decide", "undo"])
    # What comes next is asked for after the service took it back, and before the page knows.
    browser.execute_async_script("prefetch().then(arguments[arguments.length - 1])")
    wait(lambda: browser.execute_script("return Boolean(window.go)"))
    browser.execute_script("window.go()")
    wait(lambda: browser.execute_script("return changes") == 2)
    wait(lambda: shown(browser))
    assert waiting(browser) == 1


@at_both_sizes
def test_letters_are_commands_only_while_nothing_is_typed(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(result(report(disclosure__fees__amount=field("1", 0.6))))
    browser.get(f"{address}/review?lang=en")
    wait(lambda: shown(browser))
    box = browser.find_element(By.ID, "value")
    press(browser, *"12abugp?/", Keys.ENTER)
    assert box.get_attribute("value") == "12abugp?/"
    assert "not a number" in browser.find_element(By.ID, "said").text
    assert decided(client, job) == []
    press(browser, Keys.ESCAPE)
    assert box.get_attribute("value") == "1"
    press(browser, "b")
    wait(lambda: decided(client, job) == [("decide", "blank")])


@at_both_sizes
def test_what_nobody_can_read_leaves_no_text(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(result(report(disclosure__fees__amount=field("17", 0.6))))
    browser.get(f"{address}/review")
    wait(lambda: shown(browser))
    press(browser, "?")
    wait(lambda: decided(client, job) == [("decide", "unreadable")])
    reviewed = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"]
    assert reviewed["disclosure.fees.amount"]["raw"] == ""


@pytest.mark.parametrize(("last", "percent"), [(Keys.ENTER, 100), ("p", 100), ("p", 200)])
def test_a_figure_that_breaks_a_sum_wants_a_second_key(client, browser, address, load, last, percent):
    zoom(browser, percent)
    # Nought stands in its row and its column, and the sums hold.
    job = load(result(report(requests__granted__business=field("0", 0.6, ("6", 0.3)))))
    browser.get(f"{address}/review?lang=en")
    wait(lambda: shown(browser))
    press(browser, "6", Keys.ENTER)
    assert "sum will not hold" in asked(browser)
    press(browser, Keys.BACKSPACE, "8", Keys.ENTER)
    assert "8" in asked(browser)
    assert decided(client, job) == []
    press(browser, last)
    wait(lambda: decided(client, job) == [("decide", "number")])
    told = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"]["requests.granted.business"]
    assert (told["value"], told.get("printed_so", False)) == (8, last == "p")


@at_both_sizes
def test_a_figure_far_from_every_reading_is_asked_back_once(client, browser, address, load, percent):
    zoom(browser, percent)
    changed = {
        "disclosure__fees__amount": field("12", 0.6),
        "disclosure__regulations__issued": field("31", 0.6),
    }
    job = load(result(report(**changed)))
    browser.get(f"{address}/review?lang=zh")
    first = wait(lambda: shown(browser))
    press(browser, "5", "7", Keys.ENTER)
    assert "相差甚远" in asked(browser)
    press(browser, Keys.ENTER)
    second = wait(lambda: shown(browser) not in {"", first} and shown(browser))
    # One figure of two is near; nothing at all instead of two figures is far.
    press(browser, "b")
    assert "相差甚远" in asked(browser)
    press(browser, *("12" if "fees" in second else "32"), Keys.ENTER)
    wait(lambda: decided(client, job) == [("decide", "number")] * 2)


@at_both_sizes
def test_decisions_are_taken_back_many_times_after_a_reload_and_elsewhere(
    client, browser, address, load, percent
):
    zoom(browser, percent)
    changed = {
        key: field("1", 0.6)
        for key in (
            "disclosure__fees__amount",
            "disclosure__regulations__issued",
            "disclosure__penalties__decisions",
        )
    }
    job = load(result(report(**changed)))
    for number, key in enumerate(changed):
        name = f"/v1/jobs/{job}/fields/0/{key.replace('__', '.')}"
        told = {"kind": "number", "raw": str(number + 2), "session": "another-machine"}
        assert client.patch(name, json=told, headers={"If-Match": '"0"'}).status_code == 200
    browser.get(f"{address}/review?lang=en")
    wait(browser.find_element(By.ID, "empty").is_displayed)
    said = browser.find_element(By.ID, "said")
    for number, key in reversed(list(enumerate(changed))):
        press(browser, "u")
        wait(lambda: shown(browser) == key.replace("__", "."))  # noqa: B023
        wait(lambda: f"= {number + 2}, decided" in said.text)  # noqa: B023
    assert waiting(browser) == 3
    browser.refresh()
    wait(lambda: shown(browser))
    press(browser, "u")
    wait(lambda: "No decision of yours" in browser.find_element(By.ID, "said").text)
    assert wait(lambda: waiting(browser)) == 3


def test_an_empty_desk_under_a_condition_says_so_and_leads_to_all(browser, address, load):
    load(result(report(disclosure__fees__amount=field("1", 0.6))))
    browser.get(f"{address}/review?year=1901&lang=en")
    empty = wait(lambda: browser.find_element(By.ID, "empty"))
    wait(empty.is_displayed)
    assert "fits these conditions" in empty.text
    assert empty.find_element(By.TAG_NAME, "a").get_attribute("href") == f"{address}/review"


def test_a_reason_that_is_none_is_refused_in_words(browser, address):
    browser.get(f"{address}/review?reason=xyz&lang=zh")
    assert "没有“xyz”这种待复核原因" in browser.page_source


def test_a_reload_loses_nothing_and_goes_on_where_it_was(client, browser, address, load):
    changed = {
        key: field("1", 0.6) for key in ("disclosure__fees__amount", "disclosure__regulations__issued")
    }
    job = load(result(report(**changed)))
    browser.get(f"{address}/review")
    first = wait(lambda: shown(browser))
    press(browser, Keys.ENTER)
    second = wait(lambda: shown(browser) not in {"", first} and shown(browser))
    # At once: what was decided may still be on its way.
    browser.refresh()
    wait(lambda: decided(client, job) == [("decide", "number")])
    browser.refresh()
    assert wait(lambda: shown(browser)) == second
    assert decided(client, job) == [("decide", "number")]


@at_both_sizes
def test_the_whole_document_is_edited_as_the_printed_form(client, browser, address, load, percent):
    zoom(browser, percent)
    job = load(result(report(requests__granted__business=field("5", 0.9))))
    browser.get(f"{address}/jobs/{job}/review#0/requests.granted.business")
    wait(
        lambda: (
            browser.execute_script("return document.activeElement.dataset.field")
            == "requests.granted.business"
        )
    )
    assert "✗" in browser.find_element(By.CSS_SELECTOR, ".off").text
    press(browser, "0")
    assert "✗" not in browser.find_element(By.CSS_SELECTOR, ".off").text
    press(browser, Keys.ENTER)
    wait(lambda: client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["reviewed"])
    # What a document says stays text.
    assert browser.find_elements(By.CSS_SELECTOR, ".prose b, li i") == []


@pytest.mark.parametrize("path", ["/review", "/"])
def test_pages_stay_readable_at_twice_the_size(browser, address, load, path):
    load(result(doubtful_row()))
    browser.set_window_size(700, 500)
    browser.get(address + path)
    wait(lambda: path == "/" or shown(browser))
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(script) <= 1
