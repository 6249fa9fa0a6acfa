"""Several people at one desk in a real browser, signed in by keyboard: second readings, disputes, whose is what."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.workers.api.browsing import (
    asked,
    at_both_sizes,
    decided,
    needs_browser,
    press,
    shown,
    tab_to,
    wait,
    zoom,
)
from tests.workers.reports import field, report, result
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.store.tokens import Role, TokenStore

pytestmark = [pytest.mark.slow, needs_browser, pytest.mark.issue(28)]

_FEES = "disclosure.fees.amount"
_EMPTY = "return !document.getElementById('empty').hidden"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of store: what both do alike is tested without a browser."""
    return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"


@pytest.fixture
def app(service) -> FastAPI:
    """A service that wants a token of everybody, and has all that one decides read again."""
    object.__setattr__(service, "settings", service.settings.model_copy(update={"double_share": 1.0}))
    return create_app(service, access=AccessPolicy(required=True))


@pytest.fixture
def client(client, bearer):
    """Who sends the documents."""
    client.headers.update(bearer(Role.ADMIN))
    return client


@pytest.fixture
def sign_in(service, browser, address):
    """Signs somebody in with a token of theirs, made when they first come, and opens a page; all by keys."""
    secrets: dict[str, str] = {}

    def sign(name: str, path: str, role: Role = Role.REVIEW) -> None:
        if name not in secrets:
            secrets[name] = TokenStore(service.database).create(name, role)[1]
        browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        browser.get(f"{address}/login?lang=en&next={path}")
        press(browser, secrets[name], Keys.ENTER)
        wait(lambda: browser.execute_script("return location.pathname") == path)

    return sign


def _decide(browser, raw: str) -> str:
    """Types what a card's field is; what the card read before."""
    wait(lambda: shown(browser) == _FEES)
    before = browser.find_element(By.ID, "value").get_attribute("value")
    press(browser, raw, Keys.ENTER)
    if asked(browser):
        press(browser, Keys.ENTER)
    wait(lambda: browser.execute_script(_EMPTY))
    return str(before)


def _document(browser) -> str:
    """Which document the card is of, where it is told even if there is no room for it."""
    return str(browser.execute_script("return document.getElementById('document').textContent"))


@at_both_sizes
def test_what_two_read_differently_a_third_decides_and_the_lead_sees_it(
    client, browser, load, sign_in, percent
):
    zoom(browser, percent)
    job = load(result(report(disclosure__fees__amount=field("1", 0.6, ("7", 0.3)))))
    sign_in("王", "/review")
    assert _decide(browser, "1") == "1"
    sign_in("李", "/review")
    # Who reads it as well is not told what the first decided.
    assert _decide(browser, "7") == "1"
    sign_in("组长", "/review/people", Role.ADMIN)
    disputes = browser.find_elements(By.CSS_SELECTOR, f"a[href='/jobs/{job}/review#0/{_FEES}']")
    assert [item.is_displayed() for item in disputes] == [True]
    sign_in("张", "/review")
    assert _decide(browser, "7") == "1"
    assert client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"][_FEES]["value"] == 7
    assert len(decided(client, job)) == 3
    sign_in("组长", "/review/people", Role.ADMIN)
    main = browser.find_element(By.TAG_NAME, "main").text
    assert "0 / 1" in main
    assert all(name in main for name in ("王", "李", "张"))


@at_both_sizes
def test_a_body_is_given_to_somebody_and_taken_back_by_keys(client, browser, load, sign_in, percent):
    zoom(browser, percent)
    for name in ("甲局", "乙局"):
        load(result(report(name, disclosure__fees__amount=field("1", 0.6))))
    # Nobody has anything in hand yet.
    sign_in("王", "/")
    sign_in("组长", "/review/people", Role.ADMIN)
    tab_to(browser, "select[name=who]")
    press(browser, "王", Keys.TAB, "乙局", Keys.ENTER)
    taken = wait(lambda: browser.find_elements(By.CSS_SELECTOR, "form[action$=unassign]"))
    assert len(taken) == 1
    given = client.get("/v1/review/assignments").json()
    assert [(item["name"], item["organ"]) for item in given] == [("王", "乙局")]
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    sign_in("王", "/review")
    wait(lambda: shown(browser) == _FEES)
    assert "乙局" in _document(browser)
    sign_in("组长", "/review/people")
    tab_to(browser, "form[action$=unassign] button")
    press(browser, Keys.ENTER)
    wait(lambda: client.get("/v1/review/assignments").json() == [])
