"""A browser worked by keyboard."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

_CHROMIUM, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(not (_CHROMIUM and _DRIVER), reason="needs chromium and chromedriver")
_SECONDS = 20.0
#: Keys that go from one field of a page to the next, at most.
_TABS = 60
#: What is seen of a page, in pixels: a small screen of an office.
_SIZE = (1280, 720)
#: Tests that are done at both sizes at which everything has to be reached.
at_both_sizes = pytest.mark.parametrize("percent", [100, 200])


@contextmanager
def open_browser(folder: Path) -> Iterator[Any]:
    """A browser with an empty profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM or ""
    arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
    ]
    for argument in (
        *arguments,
        f"--window-size={_SIZE[0]},{_SIZE[1]}",
        f"--user-data-dir={folder / 'browser'}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(_DRIVER, env=os.environ | {"HOME": str(folder)})
    opened = webdriver.Chrome(options=options, service=service)
    try:
        yield opened
    finally:
        opened.quit()


def forget(browser: Any) -> None:
    """Leaves what an earlier test had open, with its cookies and faults, at the size of an office's screen."""
    browser.get("about:blank")
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get_log("browser")
    rim = browser.execute_script("return [outerWidth - innerWidth, outerHeight - innerHeight]")
    browser.set_window_rect(0, 0, *(seen + more for seen, more in zip(_SIZE, rim, strict=True)))


def zoom(browser: Any, percent: int) -> None:
    """Zooms what is in the window."""
    share = percent / 100
    size = {"width": round(_SIZE[0] / share), "height": round(_SIZE[1] / share)}
    told = {**size, "deviceScaleFactor": share, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", told)


def wait(condition: Callable[[], Any], seconds: float = _SECONDS) -> Any:
    """What a condition gives as soon as it is true; fails when it never is.

    While one page gives way to the next nothing of either is there: no more than not yet, as `WebDriverWait` has it.
    """
    end = time.monotonic() + seconds
    while True:
        with suppress(NoSuchElementException, StaleElementReferenceException):
            if found := condition():
                return found
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def shown(browser: Any) -> str:
    """Id of the field on the card, "" while there is none."""
    script = "return document.getElementById('card').hidden ? '' : document.getElementById('whole').hash"
    return str(browser.execute_script(script).rpartition("/")[2])


def press(browser: Any, *keys: str) -> None:
    """Presses keys; one that begins with ~ together with Alt."""
    chain = webdriver.ActionChains(browser)
    for key in keys:
        chain = (
            chain.key_down(Keys.ALT).send_keys(key[1]).key_up(Keys.ALT)
            if key[0] == "~"
            else chain.send_keys(key)
        )
    chain.perform()


def tab_to(browser: Any, selector: str) -> None:
    """Goes to what a selector names by the key that does so."""
    for _ in range(_TABS):
        press(browser, Keys.TAB)
        if browser.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
    raise AssertionError(f"{selector} is not reached by keys")


def waiting(browser: Any) -> int:
    """How many fields the page says wait."""
    return int(
        browser.execute_script("return document.getElementById('waiting').textContent").strip("… ") or 0
    )


def asked(browser: Any) -> str:
    """What the page asks back, "" for nothing."""
    return str(browser.find_element(By.ID, "asked").text)


def decided(client: Any, job: str) -> list[tuple[str, str]]:
    """What was done to a job's fields: of each step its act and its kind."""
    steps = client.get(f"/v1/jobs/{job}/history").json()["steps"]
    return [(step["act"], step["reading"]["kind"]) for step in steps]
