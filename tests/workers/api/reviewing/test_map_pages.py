"""The archive as a table of bodies by years, and fields of bodies over the years."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.workers.reports import field, report, result, told_finding

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_TOTAL = "requests.new_received.total"
_BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def archive(review):
    """Three years of one body, of which the last is in doubt, and one of another."""

    def read(organ, year, value, sure=0.999):
        return review(result(report(organ, year, requests__new_received__total=field(value, sure))))

    return {
        **{("甲市公安局", year): read("甲市公安局", year, str(10 * year)) for year in (2021, 2022)},
        ("甲市公安局", 2024): read("甲市公安局", 2024, "7", 0.5),
        ("乙县财政局", 2022): read("乙县财政局", 2022, "300"),
    }


def _get(client, path, **params):
    page = client.get(path, params=params, headers=_BROWSER)
    assert page.status_code == 200, page.text
    return page.text


def _cells(page):
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    return {re.sub(r"<.*?>", "", row.partition("</th>")[0]).strip(): row for row in rows}


def test_every_body_and_year_is_a_cell_that_leads_to_its_document(client, archive):
    rows = _cells(_get(client, "/map"))
    assert list(rows) == ["乙县财政局", "甲市公安局"]
    for (organ, _), job in archive.items():
        assert f'href="/jobs/{job}"' in rows[organ]
        assert f'href="/jobs/{job}"' not in rows["甲市公安局" if organ.startswith("乙") else "乙县财政局"]
    # 2021, 2022, 2024: nobody has a report of 2023.
    assert rows["甲市公安局"].count("<td") == 3 and rows["乙县财政局"].count("<td></td>") == 2
    assert rows["甲市公安局"].count("heat0") == 2
    assert list(_cells(_get(client, "/map", organ="财政"))) == ["乙县财政局"]
    assert "No report has been read yet" in _get(client, "/map", organ="none such")


def test_a_year_read_twice_and_its_findings_are_told(client, review):
    made = replace(report("甲", 2023), findings=())
    review(result(replace(made, findings=(told_finding("sum", "1 ≠ 2"),))))
    review(result(made))
    page = _get(client, "/map")
    assert "×2" in page
    # The newest counts.
    assert "▲" not in page.replace("▲ findings", "")
    review(result(replace(made, findings=(told_finding("sum", "1 ≠ 2"),) * 2)))
    assert "▲2" in _get(client, "/map")


def test_bodies_come_in_pages(client, review, monkeypatch):
    monkeypatch.setattr("workers.api.reviewing.map_pages._PAGE", 2)
    for name in ("c", "a", "b"):
        review(result(report(name, 2024)))
    first = _get(client, "/map")
    assert list(_cells(first)) == ["a", "b"]
    assert '/map?organ=&amp;after=b"' in first
    rest = _get(client, "/map", after="b")
    assert list(_cells(rest)) == ["c"] and "/map?organ=&amp;after" not in rest


def test_a_field_of_two_bodies_over_the_years_leads_to_its_places(client, archive):
    page = _get(client, "/map/series", organ=["甲市公安局", "乙县财政局", ""], field=_TOTAL)
    job = archive["甲市公安局", 2024]
    link = f"/jobs/{job}/review#0/{_TOTAL}"
    # In the chart and in the table.
    assert page.count(f'href="{link}"') == 2
    assert page.count("<circle") == 4 and page.count('class="doubtful"') == 1
    rows = _cells(page)
    assert "20,210" in rows["甲市公安局"] and "300" in rows["乙县财政局"]
    assert rows["甲市公安局"].count('title="in review"') == 1
    assert "20,240" not in page


def test_what_was_decided_is_what_is_shown(client, archive):
    job = archive["甲市公安局", 2024]
    place = f"/v1/jobs/{job}/fields/0/{_TOTAL}"
    version = client.get(place).headers["ETag"]
    done = client.patch(place, json={"kind": "number", "raw": "77"}, headers={"If-Match": version})
    assert done.status_code == 200
    page = _get(client, "/map/series", organ="甲市公安局", field=_TOTAL)
    assert ">77<" in page and 'class="doubtful"' not in page


def test_odd_questions_are_answered(client, archive):
    assert "no figure" in _get(client, "/map/series")
    assert "no figure" in _get(client, "/map/series", organ="nobody", field="no.such")
    assert client.get("/map/series", params={"organ": ["a"] * 7}, headers=_BROWSER).status_code == 422
    nasty = "<script>alert(1)</script>"
    assert nasty not in _get(client, "/map/series", organ=nasty, field=nasty)
