from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from extractor.output.result_json import result_to_json
from extractor.seams.errors import ExitCode
from tests.workers.pdfs import write_blank, write_truncated
from tests.workers.report.series import of_year
from tests.workers.reports import failed_result, field, put, report, result, told_finding
from workers.cli.entry import run_cli

_HOSTILE = "<script>alert(1)</script>"


class _Tags(HTMLParser):
    """Tags of a page, the addresses in it, and how many are open at the end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        told = dict(attrs)
        self.links += [told["href"] or ""] if "href" in told else []
        self.sources += [told["src"] or ""] if "src" in told else []
        assert not any(name.startswith("on") for name in told)
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three years of one body, one with a digit lost, one of hostile text, one failed, and a JSON that is none."""
    folder = tmp_path / "results"
    for year, raw in ((2021, "1250"), (2022, "125"), (2023, "1310")):
        carried = {"requests__carried_forward__total": field("5")}
        put(folder, f"甲/{year}", of_year(year, requests__new_received__total=field(raw), **carried))
    hostile = report("=1+1" + _HOSTILE, 2023, requests__granted__total=field("8", 0.6))
    hostile = replace(hostile, findings=(told_finding("<i>x</i>", _HOSTILE),))
    put(folder, "javascript:alert(1) #<b>", result(hostile))
    put(folder, "b", failed_result(_HOSTILE))
    (folder / "none.json").write_text("{}", encoding="utf-8")
    put_raw(folder, "lacking", {**result_to_json(result(report())), "reports": [{}]})
    return folder


def test_page_tells_jumps_first_and_the_files_are_told(results, tmp_path, capsys):
    page, findings = tmp_path / "out" / "page.html", tmp_path / "findings.json"
    assert run_cli(["report", str(results), "--output", str(page), "--json", str(findings)]) == ExitCode.OK
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(page), str(findings)]
    assert "2 JSON files are no results" in told.err
    listed = json.loads(findings.read_text(encoding="utf-8"))["findings"]
    assert [finding["rule"] for finding in listed] == ["jump", "carried_forward", "carried_forward"]
    text = page.read_text(encoding="utf-8")
    assert text.index("as if a digit were lost") < text.index("is not what 2022 carried over")
    assert "一、本年新收政府信息公开申请数量" in text


def test_page_asks_for_nothing_and_escapes_all(results, tmp_path):
    page = tmp_path / "page.html"
    assert run_cli(["report", str(results), "-o", str(page)]) == ExitCode.OK
    text = page.read_text(encoding="utf-8")
    parsed = _Tags(text)
    assert not parsed.open
    assert not parsed.tags & {"script", "link", "iframe", "object", "base", "form", "b"}
    assert not re.search(r"https?://|@import|url\(", text)
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert "&lt;script&gt;" in text
    assert "=1+1&lt;script" in text


def test_links_lead_to_the_results(results, tmp_path):
    page = tmp_path / "out" / "page.html"
    assert run_cli(["report", str(results), "-o", str(page)]) == ExitCode.OK
    links = _Tags(page.read_text(encoding="utf-8")).links
    assert links
    assert all(link.startswith("./../results/") for link in links)
    assert all((page.parent / unquote(link)).is_file() for link in links)


def test_page_is_in_the_folder_by_default_and_is_the_same_again(results):
    assert run_cli(["report", str(results)]) == ExitCode.OK
    first = (results / "report.html").read_bytes()
    assert run_cli(["report", str(results)]) == ExitCode.OK
    assert (results / "report.html").read_bytes() == first


def test_pictures_of_the_worst_are_in_the_page_and_broken_pdfs_have_none(results, tmp_path):
    pdfs, page = tmp_path / "pdfs", tmp_path / "page.html"
    pdfs.mkdir()
    for name in ("one", "two", "gone"):
        put(results, name, of_year(2020, name, requests__granted__total=field("8", 0.6)))
    write_blank(pdfs / "one.PDF", pages=1, size=(14_400, 14_400))
    write_truncated(pdfs / "two.pdf")
    assert run_cli(["report", str(results), "-o", str(page), "--pdfs", str(pdfs)]) == ExitCode.OK
    sources = _Tags(page.read_text(encoding="utf-8")).sources
    assert [source[:27] for source in sources] == ["data:image/jpeg;base64,/9j/"]
    assert len(sources[0]) < 40_000


def test_at_most_twelve_pictures_are_shown(tmp_path):
    results, page = tmp_path / "results", tmp_path / "page.html"
    for number in range(14):
        put(results, f"{number}", of_year(2020, f"{number}局", requests__granted__total=field("8", 0.6)))
        write_blank(results / f"{number}.pdf", pages=1)
    assert run_cli(["report", str(results), "-o", str(page), "--pdfs", str(results)]) == ExitCode.OK
    assert len(_Tags(page.read_text(encoding="utf-8")).sources) == 12


def test_aliases_join_bodies_on_the_page(results, tmp_path):
    put(results, "旧", of_year(2024, "市局", requests__carried_over__total=field("9")))
    aliases, findings = tmp_path / "names.yaml", tmp_path / "findings.json"
    aliases.write_text("aliases: {某市公安局: [市局]}", encoding="utf-8")
    options = ["--aliases", str(aliases), "--json", str(findings)]
    assert run_cli(["report", str(results), *options]) == ExitCode.OK
    listed = json.loads(findings.read_text(encoding="utf-8"))["findings"]
    assert [2023, 2024] in [finding["years"] for finding in listed]


def test_folder_without_results_is_no_input_and_leaves_no_file(tmp_path, capsys):
    folder, findings = tmp_path / "empty", tmp_path / "out" / "findings.json"
    folder.mkdir()
    assert run_cli(["report", str(folder), "--json", str(findings)]) == ExitCode.NO_INPUT
    assert "holds no result JSON" in capsys.readouterr().err
    assert not list(folder.iterdir())
    assert not list(findings.parent.iterdir())


@pytest.mark.parametrize("option", ["--output", "--json"])
def test_place_that_cannot_be_written_is_told(results, tmp_path, option):
    (tmp_path / "file").touch()
    assert run_cli(["report", str(results), option, str(tmp_path / "file" / "x")]) == ExitCode.STORAGE


@pytest.mark.parametrize("option", ["--output", "--json"])
def test_a_result_is_never_written_over(results, option):
    taken = results / "b.json"
    before = taken.read_bytes()
    assert run_cli(["report", str(results), option, str(taken)]) == ExitCode.STORAGE
    assert taken.read_bytes() == before


def test_one_file_cannot_be_both(results, tmp_path):
    same = str(tmp_path / "x")
    assert run_cli(["report", str(results), "-o", same, "--json", same]) == ExitCode.USAGE


def test_command_line_starts_without_heavy_modules():
    code = "import sys, workers.cli.entry; print({'jinja2', 'pyarrow', 'pypdfium2'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_bars_count_every_value_once_and_say_which(results, tmp_path):
    page = tmp_path / "page.html"
    assert run_cli(["report", str(results), "-o", str(page)]) == ExitCode.OK
    text = page.read_text(encoding="utf-8")
    chart = text[text.index('aria-label="requests.new_received.total"') :].partition("</svg>")[0]
    counted = dict(re.findall(r"<title>(.+?): (\d+)</title>", chart))
    # The three of the body, and the 0 of the report of hostile text.
    assert {label: count for label, count in counted.items() if count != "0"} == {
        "0": "1", "100–199": "1", "1000–1999": "2",
    }  # fmt: skip


def test_odd_results_are_told_and_not_trusted(tmp_path, capsys):
    folder, page = tmp_path / "results", tmp_path / "page.html"
    made = report("某局\u202e\ud800", 2023, requests__granted__total=field("8", 0.6))
    put_raw(folder, "a", result_to_json(result(made)))
    for name, year in (("b", 9_999_999), ("c", None), ("d", True), ("e", "2023")):
        put_raw(folder, name, result_to_json(result(report("某局", year))))  # type: ignore[arg-type]
    for name, odd in (("f", {"value": 10**400}), ("g", {"page": "x"}), ("h", {"value": float("nan")})):
        payload = result_to_json(result(made))
        payload["reports"][0]["fields"]["requests.granted.total"] |= odd
        put_raw(folder, name, payload)
    assert (
        run_cli(["report", str(folder), "-o", str(page), "--json", str(tmp_path / "f.json")]) == ExitCode.OK
    )
    assert "5 JSON files are no results" in capsys.readouterr().err
    text = page.read_text(encoding="utf-8")
    assert "\u202e" not in text
    assert "某局\\u202e\\ud800" in text


def put_raw(folder: Path, name: str, payload: dict[str, Any]) -> None:
    """A result of text that UTF-8 cannot hold."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(payload), encoding="utf-8")
