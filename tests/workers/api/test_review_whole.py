"""The review from upload to workbook, in a browser before the service as it is started in earnest."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.paths import ROOT
from tests.workers.api.browsing import needs_browser, press, shown, wait

pytestmark = [pytest.mark.slow]
_FIXTURES = ROOT / "fixtures"
_NAME = "jinhu-2023-rough"
_SCAN = _FIXTURES / "scans" / f"{_NAME}.pdf"
_TRUTH = json.loads((_FIXTURES / "scans" / f"{_NAME}.truth.json").read_text("utf-8"))["reports"][0]["fields"]


class _Serve:
    """`extractor serve` on a folder, with recorded readings; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "log"
        self.start()

    def start(self) -> None:
        code = "from workers.cli.start import main; main()"
        command = [sys.executable, "-c", code, "serve", "--data", str(self._folder / "data"), "--port", "0"]
        engine = f"replay:{_FIXTURES / 'recordings' / _NAME}.npz"
        told = {
            "EXTRACTOR_ENGINE": engine,
            "EXTRACTOR_SECOND_ENGINE": "none",
            "EXTRACTOR_AUDIT_SHARE": "0",
        }
        with self._log.open("wb") as stream:
            self.process = subprocess.Popen([*command, "--jobs", "1"], env=os.environ | told, stderr=stream)
        found = wait(lambda: re.search(r"serving on (http://\S+)", self._log.read_text()), 60)
        self.address = found[1].rstrip("/")
        self.client = httpx.Client(base_url=self.address, timeout=30)
        wait(lambda: self.client.get("/readyz").status_code == 200, 60)

    def end(self, how: signal.Signals) -> None:
        self.client.close()
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[_Serve]:
    started = _Serve(tmp_path)
    yield started
    started.end(signal.SIGINT)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Serve]:
    """One for all who only look at its pages."""
    started = _Serve(tmp_path_factory.mktemp("looked-at"))
    yield started
    started.end(signal.SIGINT)


def _submit(serve: _Serve) -> str:
    sent = serve.client.post("/v1/jobs", files={"file": (_SCAN.name, _SCAN.read_bytes())})
    identifier = str(sent.json()["id"])
    wait(lambda: serve.client.get(f"/v1/jobs/{identifier}").json()["state"] == "done", 120)
    return identifier


def _fields(serve: _Serve, job: str) -> dict[str, Any]:
    reports = serve.client.get(f"/v1/jobs/{job}/reviewed").json()["reports"]
    return dict(reports[0]["fields"])


def _members(browser: Any) -> list[str]:
    """The fields that the card in hand asks about."""
    return list(browser.execute_script("return hand ? hand.members.map((field) => field.field) : []"))


def _answer(browser: Any) -> list[str]:
    """Says of every field of a card what is true, by keys alone; the fields."""
    fields = _members(browser)
    press(browser, *[Keys.ARROW_UP] * browser.execute_script("return hand.at"))
    for position, field in enumerate(fields):
        value = _TRUTH[field]
        # What is one key goes on by itself; so does Enter after the last.
        goes_on = (Keys.ARROW_DOWN,) if position + 1 < len(fields) else (Keys.ENTER,)
        press(browser, *(("b",) if value is None else (*f"{value:.10g}", *goes_on)))
    if _members(browser) == fields:
        press(browser, Keys.ENTER)
    return fields


@needs_browser
def test_a_scan_goes_from_upload_to_workbook_by_keyboard_alone(serve, browser):
    browser.get(serve.address)
    browser.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(_SCAN))
    browser.find_element(By.CSS_SELECTOR, "form[data-drop] button").send_keys(Keys.ENTER)
    jobs = wait(lambda: serve.client.get("/v1/jobs").json()["jobs"])
    job = jobs[0]["id"]
    browser.get(f"{serve.address}/jobs/{job}")
    wait(lambda: browser.find_elements(By.CSS_SELECTOR, ".state.done"), 120)
    in_review = {key for key, field in _fields(serve, job).items() if field["status"] == "review"}
    assert in_review
    browser.get(f"{serve.address}/review")
    seen: list[str] = []
    empty = "return !document.getElementById('empty').hidden"
    while True:
        wait(lambda: browser.execute_script("return unwritten.length === 0"))
        wait(lambda: shown(browser) not in {"", *seen} or browser.execute_script(empty))  # noqa: B023
        if not shown(browser):
            break
        seen += _answer(browser)
    assert set(seen) <= in_review
    fields = _fields(serve, job)
    assert all(field["status"] == "accepted" for field in fields.values())
    assert {key: field["value"] for key, field in fields.items() if key in in_review} == {
        key: _TRUTH[key] for key in in_review
    }
    book = openpyxl.load_workbook(io.BytesIO(serve.client.get(f"/v1/jobs/{job}/result.xlsx").content))
    names, *rows = book["fields"].iter_rows(values_only=True)
    told = {row["id"]: row for row in (dict(zip(names, row, strict=True)) for row in rows)}
    assert {key: told[key]["value"] for key in in_review} == {key: _TRUTH[key] for key in in_review}
    assert all(told[key]["reviewed by"] for key in seen)
    asked = serve.client.get(f"/v1/jobs/{job}/result.xlsx", headers={"Accept-Language": "zh-CN"})
    assert "字段" in openpyxl.load_workbook(io.BytesIO(asked.content)).sheetnames
    assert any("result.xlsx" in link.get_attribute("href") for link in _links(browser, serve, job))


def _links(browser: Any, serve: _Serve, job: str) -> list[Any]:
    browser.get(f"{serve.address}/jobs/{job}/review")
    return list(browser.find_elements(By.CSS_SELECTOR, "a[href]"))


def test_a_killed_service_loses_no_decision(serve):
    job = _submit(serve)
    held = serve.client.post("/v1/review/next", json={"session": "a"}).json()["field"]
    before = {"kind": "number", "raw": "77", "session": "a"}
    path = f"/v1/jobs/{job}/fields/0/{held['field']}"
    assert serve.client.patch(path, json=before, headers={"If-Match": '"0"'}).status_code == 200
    serve.end(signal.SIGKILL)
    serve.start()
    assert _fields(serve, job)[held["field"]]["value"] == 77
    again = serve.client.post("/v1/review/next", json={"session": "a"}).json()["field"]
    assert again is None or again["field"] != held["field"]
    acts = [step["act"] for step in serve.client.get(f"{path}/history").json()["steps"]]
    assert acts == ["decide"]


def test_two_reviewers_at_once_never_collide(serve):
    job = _submit(serve)
    decided: dict[str, list[tuple[str, int]]] = {"a": [], "b": []}

    def review(session: str) -> None:
        with httpx.Client(base_url=serve.address, timeout=30) as client:
            while True:
                field = client.post("/v1/review/next", json={"session": session}).json()["field"]
                if field is None:
                    return
                told = {"kind": "number", "raw": "1", "session": session}
                path = f"/v1/jobs/{job}/fields/0/{field['field']}"
                sent = client.patch(path, json=told, headers={"If-Match": f'"{field["version"]}"'})
                decided[session].append((field["field"], sent.status_code))

    threads = [threading.Thread(target=review, args=(session,)) for session in decided]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    both = [name for taken in decided.values() for name, _ in taken]
    assert both
    assert len(both) == len(set(both))
    assert {status for taken in decided.values() for _, status in taken} == {200}


@needs_browser
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_has_a_serious_fault_of_accessibility(looked_at, browser, language):
    axe = pytest.importorskip("selenium_axe_python")
    job = _submit(looked_at)
    found: dict[str, list[str]] = {}
    places = (
        "/review",
        f"/jobs/{job}/review",
        f"/jobs/{job}",
        "/",
        "/dashboard",
        "/map",
        "/map/series",
        "/search",
        "/search",
        "/docs",
        "/review/people",
    )
    for path in places:
        browser.get(f"{looked_at.address}{path}?lang={language}")
        if path == "/review":
            wait(lambda: shown(browser))
        # Pictures move what stands below them; colours told while that happens are another element's.
        wait(lambda: browser.execute_script("return [...document.images].every(image => image.complete)"))
        tester = axe.Axe(browser)
        tester.inject()
        serious = [
            f"{fault['id']}: {node['html'][:120]} {node['any'][0]['message']}"
            for fault in tester.run()["violations"]
            if fault["impact"] in {"serious", "critical"}
            for node in fault["nodes"]
        ]
        if serious:
            found[path] = serious
    assert found == {}


@needs_browser
def test_pages_are_read_at_twice_their_size(looked_at, browser):
    """A window of half the width is what zooming to 200 % makes of it: nothing to be scrolled sideways."""
    job = _submit(looked_at)
    browser.set_window_size(700, 900)
    pages = ("/review", f"/jobs/{job}/review", f"/jobs/{job}", "/", "/review/people", "/review/calibration")
    for path in pages:
        browser.get(f"{looked_at.address}{path}")
        if path == "/review":
            wait(lambda: shown(browser))
        sizes = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        wide, seen = browser.execute_script(sizes)
        assert wide <= seen, path
