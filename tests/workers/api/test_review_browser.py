"""The review by keyboard in a real browser."""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from PIL import Image, ImageDraw
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from extractor.values.result import Result
from tests.workers.api.browsing import needs_browser, press, shown, wait
from tests.workers.reports import doubtful_row, field, report, result, with_fields

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture
def address(app) -> Iterator[str]:
    """The service on a real port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def _page() -> bytes:
    image = Image.new("RGB", (595, 842), "white")
    ImageDraw.Draw(image).text((120, 102), "3", fill="black")
    out = io.BytesIO()
    image.save(out, "PDF", resolution=72.0)
    return out.getvalue()


@pytest.fixture
def load(client, review):
    """Has a document done that has a page to look at."""

    def submit(made: Result) -> str:
        count = os.urandom(4).hex().encode()
        answer = client.post("/v1/jobs", files={"file": ("page.pdf", _page() + b"\n%" + count)})
        return review(made, job=answer.json()["id"])

    return submit


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
    "disclosure.fees.amount": ("1", "2", ".", "5", Keys.ENTER),
    "disclosure.penalties.decisions": ("/",),
    "disclosure.coercion.decisions": ("b",),
    "disclosure.licensing.decisions": ("?",),
    "disclosure.regulations.issued": ("~2",),
    "requests.granted.natural_person": (Keys.ENTER,),
    "requests.granted.total": (Keys.ENTER,),
    "requests.total.natural_person": ("7", "p"),
    "requests.total.total": ("7", "p"),
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


def test_a_decision_is_taken_back_and_the_card_comes_again(client, browser, address, load):
    changed = {
        key: field("1", 0.6) for key in ("disclosure__fees__amount", "disclosure__regulations__issued")
    }
    job = load(result(report(**changed)))
    browser.get(f"{address}/review")
    first = wait(lambda: shown(browser))
    waiting = wait(lambda: _waiting(browser))
    press(browser, "5", Keys.ENTER)
    wait(lambda: shown(browser) not in {"", first} and _waiting(browser) == waiting - 1)
    press(browser, "u")
    wait(lambda: shown(browser) == first and _waiting(browser) == waiting)
    press(browser, Keys.ARROW_UP if "fees" in first else Keys.ARROW_DOWN)
    wait(lambda: shown(browser) not in {"", first})
    acts = [step["act"] for step in client.get(f"/v1/jobs/{job}/history").json()["steps"]]
    assert acts == ["decide", "undo"]


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


def _waiting(browser):
    return int(browser.find_element(By.ID, "waiting").text or 0)


def test_a_reload_loses_nothing_and_goes_on_where_it_was(client, browser, address, load):
    changed = {
        key: field("1", 0.6) for key in ("disclosure__fees__amount", "disclosure__regulations__issued")
    }
    job = load(result(report(**changed)))
    browser.get(f"{address}/review")
    first = wait(lambda: shown(browser))
    press(browser, Keys.ENTER)
    second = wait(lambda: shown(browser) not in {"", first} and shown(browser))
    browser.refresh()
    assert wait(lambda: shown(browser)) == second
    assert len(client.get(f"/v1/jobs/{job}/history").json()["steps"]) == 1


def test_the_whole_document_is_edited_as_the_printed_form(client, browser, address, load):
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
    time.sleep(1.0)
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(script) <= 1
