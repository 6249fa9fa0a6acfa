from __future__ import annotations

import re

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.report.series import MANY, gathered, of_year
from tests.workers.reports import field, put
from workers.cli.entry import run_cli
from workers.report import series


def _of(year, value, organ="某市公安局", sure=0.999):
    return of_year(year, organ, requests__new_received__total=field(value, sure))


def test_a_field_is_kept_by_body_and_year_with_what_is_in_doubt():
    told = gathered([_of(2021, "10"), _of(2022, "20", sure=0.5), _of(2022, "3", "某县财政局")])
    county, city = told.series.of(MANY)
    assert (county.name, city.name) == ("某县财政局", "某市公安局")
    assert {year: (one.value, one.is_sure) for year, one in city.years.items()} == {
        2021: (10.0, True),
        2022: (20.0, False),
    }
    # A line takes two years.
    assert told.series.first(MANY, 6) == [city]
    assert told.series.of("no.such") == []


def test_of_many_bodies_those_with_most_years_and_most_to_count_are_kept(monkeypatch):
    monkeypatch.setattr(series, "_MOST_BODIES", 2)
    results = [_of(2021, "999", "一年局"), _of(2021, "7", "小局"), _of(2022, "7", "小局")]
    results += [_of(2021, "70", "大局"), _of(2022, "70", "大局")]
    told = gathered(results)
    assert [body.name for body in told.series.of(MANY)] == ["大局", "小局"]
    assert [body.name for body in told.series.first(MANY, 1)] == ["大局"]


@pytest.fixture
def archive(tmp_path):
    for year, value, sure in ((2021, "10", 0.999), (2022, "20", 0.5)):
        put(tmp_path / "results", f"甲/{year}", _of(year, value, sure=sure))
        (tmp_path / "scans" / "甲").mkdir(parents=True, exist_ok=True)
        write_blank(tmp_path / "scans" / "甲" / f"{year}.pdf", pages=3)
    return tmp_path


@pytest.mark.slow
def test_the_page_marks_what_is_in_doubt_and_leads_to_the_page_of_the_document(archive):
    results = str(archive / "results")
    assert run_cli(["report", results, "--pdfs", str(archive / "scans")]) == 0
    page = (archive / "results" / "report.html").read_text(encoding="utf-8")
    chart = page[page.index('<svg class="series"') :].partition("</svg>")[0]
    links = re.findall(r'href="(.+?)"', chart)
    assert [link.rpartition("/")[2] for link in links] == ["2021.pdf#page=1", "2022.pdf#page=1"]
    assert chart.count('class="doubtful"') == 1
    assert all(
        (archive / "results" / link.partition("#")[0].replace("%E7%94%B2", "甲")).is_file() for link in links
    )
    assert run_cli(["report", results]) == 0
    page = (archive / "results" / "report.html").read_text(encoding="utf-8")
    assert "#page=" not in page and 'href="./%E7%94%B2/2022.json"' in page
